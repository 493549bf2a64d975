"""A follow-up to questions that stand alone, without a language model: what it leaves out is put back in.

The rules know English function words and nothing of any subject. Where they leave a choice ("her": the one asked
about, or the one answered?), every reading is given back, and the caller asks each and keeps the likeliest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from famqa.fragments import completed, is_fragment
from famqa.phrases import NUMBERED, names_in, several_in, things_in
from famqa.pronouns import is_date, pointing, remembered
from famqa.records import Turn
from famqa.terms import content_terms

_READINGS = 4
_OWN_WORDS = 3  # content words from which on a question without a verb may also stand alone


def readings(question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    """Questions that stand alone and may be what is meant, likeliest first; the question itself where it may be one.

    >>> readings("And who plays her?", [Turn("Who is Ann Lee married to?", "Bo Ray")])
    ('who plays Ann Lee?', 'who plays Bo Ray?')
    >>> readings("What about season 2?", [Turn("How many episodes has season 1?", "10")])
    ('How many episodes has season 2?',)
    """
    if not turns:
        return (question,)
    changed, told, asked = _opening(_CONTRACTED.sub(r"\1 is", " ".join(question.split())))
    if changed:
        return (asked,)
    asked = _OF_THEM.sub("", _MORE_ABOUT.sub("tell me about ", asked))
    last = turns[-1]
    topic = _topic(asked, turns)
    if _MORE.fullmatch(asked.strip(" ?.!")) and topic:
        found = [f"tell me about {topic}"]
    elif is_fragment(asked):
        pointed = pointing(asked, turns, told)
        found = completed(asked, last)
        if pointed:  # "her husband?" may go on with the last question, "her phone number?" asks by itself
            found = [reading for replaced in pointed for reading in (completed(replaced, last)[0], replaced)]
        elif len(content_terms(asked)) >= _OWN_WORDS:
            found.insert(1, asked)
    elif pointed := _done_by_them(asked, last) or pointing(asked, turns, told):
        found = pointed
    else:
        found = [asked, f"{asked.rstrip(' ?.!')} ({topic})?"] if topic else [asked]
    new = [reading for reading in dict.fromkeys(found) if _bare(reading) != _bare(last.question)]
    return tuple(new or [asked])[:_READINGS]


def _bare(question: str) -> str:
    return question.casefold().strip(" ?.!")


_CONTRACTED = re.compile(r"\b(what|who|where|when|how)['’]?s\b", re.IGNORECASE)
_OPENERS = re.compile(
    r"(?:and|but|so|ok|okay|well|then|now|also|hey|hi|hello|please|alright|right|thanks|thank you|great|cool|"
    r"(?:please )?tell me(?! (?:more )?about\b)|i see|got it|"
    r"(?:no|yes|sorry|actually|wait|oh|by the way)\b(?=[\s,]+\w)|"
    r"(?:no,? )?i (?:mean|meant)|(?:the )?same (?:for|with|in))\b[\s,:;.!–—-]*",
    re.IGNORECASE,
)
_NEW_SUBJECT = re.compile(
    r"(?:something(?: different| new)?|(?:a|one) (?:new|different|other)(?: question| thing| subject| topic)?|another|"
    r"different|new|next)"
    r"(?: (?:else|question|thing|subject|topic))?\s*[,:;–—-]\s*|"
    r"(?:never ?mind|forget (?:it|that))\s*[,:;.!–—-]+\s*|"
    r"(?:on another (?:note|subject)|changing (?:the )?(?:subject|topic)|unrelated)\s*[,:;–—-]\s*",
    re.IGNORECASE,
)
_MORE_ABOUT = re.compile(r"^(?:(?:some )?more|what else(?: is there)?) (?:about|on) ", re.IGNORECASE)
_MORE = re.compile(r"(?:tell me )?more|(?:anything|what) else|go on|details|more details", re.IGNORECASE)
_OF_THEM = re.compile(r"(?<=which) of (?:them|these|those)\b", re.IGNORECASE)
_BACK_TO = re.compile(r"(?:back to|about|regarding|as for|concerning|on) (?P<topic>[^,:;–—?]{2,60})[,:;–—]\s*", re.I)


def _opening(asked: str) -> tuple[bool, str, str]:
    """Whether a change of subject is announced, the subject that is named in front, and the rest of the question."""
    changed, told = False, ""
    while True:
        if (match := _NEW_SUBJECT.match(asked)) and match.end() < len(asked):
            changed = True
        elif (match := _BACK_TO.match(asked)) and match.end() < len(asked):
            told = match["topic"].strip()
        elif not ((match := _OPENERS.match(asked)) and match.end() < len(asked)):
            return changed, told, asked
        asked = asked[match.end() :]


_THEY = re.compile(
    r"\b(?:do|did|have|had|can|could|will|would|must|should) (?P<they>they|people|you|we)\b(?P<deed>.*)", re.IGNORECASE
)


def _done_by_them(asked: str, last: Turn) -> list[str]:
    """ "When had they begun?" after "When did they film it?": they are nobody in particular, the deed goes on."""
    bare = asked.rstrip(" ?.!")
    before, now = _THEY.search(last.question.rstrip(" ?.!")), _THEY.search(bare)
    if before is None or now is None or before["they"].casefold() != now["they"].casefold():
        return []
    if before["they"].casefold() != "they" and now["deed"].strip():
        return []  # "Can we also ...?": a new deed of the same people
    return [f"{bare} ({before['deed'].strip()})?" if now["deed"].strip() else f"{bare}{before['deed']}?"]


_OWN_SUBJECT = re.compile(r"\b(?!(?:it|that|there|here|what|who|how|where|when|let)\b)\w+['’]s\b", re.IGNORECASE)
_ONES = re.compile(r"\bones?\b", re.IGNORECASE)


def _topic(asked: str, turns: Sequence[Turn]) -> str:
    """What a question that names nothing of its own may be about: names and numbered things asked about before.

    Without any, the thing that the last question was about.
    """
    if names_in(asked, skip_first=True) or _numbered_in(asked) or _OWN_SUBJECT.search(asked):
        return ""
    for turn in remembered(turns):
        named = names_in(turn.question, skip_first=True) + _numbered_in(turn.question)
        if new := _not_said([name for name in named if not is_date(name)], asked):
            return ", ".join(new)
    if things_in(asked):
        return ""
    return ", ".join(_not_said([*things_in(turns[-1].question), *several_in(turns[-1].question)], asked)[:1])


def _numbered_in(question: str) -> list[str]:
    return [found for match in NUMBERED.finditer(question) if not _ONES.search(found := match.group())]


def _not_said(things: Sequence[str], asked: str) -> list[str]:
    said = set(content_terms(asked))
    return [thing for thing in dict.fromkeys(things) if not set(content_terms(thing)) <= said]
