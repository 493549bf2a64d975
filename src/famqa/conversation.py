"""A follow-up to questions that stand alone, without a language model: what it leaves out is put back in.

The rules know English function words and nothing of any subject. Where they leave a choice ("her": the one asked
about, or the one answered?), every reading is given back, and the caller asks each and keeps the likeliest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from famqa.asking import asks_to_describe
from famqa.phrases import AUXILIARY, BARE_NUMBER, NUMBER, NUMBERED, SHORT_WH, WH, WITH_VERB, last_phrase, names_in
from famqa.records import Turn
from famqa.referents import Pronoun, referents, remembered
from famqa.terms import FUNCTION_WORDS, content_terms

_READINGS = 4
_MEANT = 3  # things that a pronoun may stand for


def readings(question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    """Questions that stand alone and may be what is meant, likeliest first; the question itself where it may be one.

    >>> readings("And who plays her?", [Turn("Who is Ann Lee married to?", "Bo Ray")])
    ('who plays Ann Lee?', 'who plays Bo Ray?')
    >>> readings("What about season 2?", [Turn("How many episodes has season 1?", "10")])
    ('How many episodes has season 2?',)
    """
    if not turns:
        return (question,)
    changed, told, asked = _opening(" ".join(question.split()))
    asked = _OF_THEM.sub("", _MORE_ABOUT.sub("tell me about ", asked))
    if changed:
        return (asked,)
    last = turns[-1]
    pointed = _done_by_them(asked, last) or _pointing(asked, turns, told)
    if _is_fragment(asked):
        found = [reading for replaced in pointed or [asked] for reading in _fragment(replaced, last)]
    elif pointed:
        found = pointed
    else:
        topic = _topic(asked, turns)
        found = [asked, f"{asked.rstrip(' ?.!')} ({topic})?"] if topic else [asked]
    return tuple(dict.fromkeys(found))[:_READINGS]


_OPENERS = re.compile(
    r"(?:and|but|so|ok|okay|well|then|now|also|hey|hi|hello|please|alright|right|thanks|thank you|great|cool|"
    r"(?:please )?tell me(?! (?:more )?about\b)|i see|got it)\b[\s,:;.!–—-]*",
    re.IGNORECASE,
)
_NEW_SUBJECT = re.compile(
    r"(?:something(?: different| new)?|(?:a|one) (?:new|different|other)(?: question| thing| subject| topic)?|another|"
    r"different|new)"
    r"(?: (?:else|question|thing|subject|topic))?\s*[,:;–—-]\s*|"
    r"(?:never ?mind|forget (?:it|that))\s*[,:;.!–—-]+\s*|"
    r"(?:on another (?:note|subject)|changing (?:the )?(?:subject|topic)|unrelated)\s*[,:;–—-]\s*",
    re.IGNORECASE,
)
_MORE_ABOUT = re.compile(r"^(?:(?:some )?more|what else(?: is there)?) (?:about|on) ", re.IGNORECASE)
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


_PERSON = re.compile(r"\b(?:he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
_CLAUSE = r"(?! (?:it|its|he|she|they|their|the|an?|there|we|you)\b)"  # "reported that it was over": no pronoun
_THING = re.compile(rf"\b(?:it|its|they|them|their|theirs|these|those|this|that{_CLAUSE})\b", re.IGNORECASE)
_DEMONSTRATIVE = re.compile(
    rf"\b(?:that{_CLAUSE}|this|those|these|the same) (?!is\b|was\b|are\b|were\b|has\b|had\b)(?P<noun>\w+)", re.I
)
_THEY = re.compile(
    r"\b(?:do|did|have|had|can|could|will|would|must|should) (?P<they>they|people|you|we)\b(?P<deed>.*)", re.IGNORECASE
)
_SEVERAL = frozenset(["they", "them", "their", "theirs", "these", "those"])
_POSSESSIVE = frozenset(["his", "her", "its", "their"])


def _pointing(asked: str, turns: Sequence[Turn], told: str) -> list[str]:
    """The question with its pronouns replaced, once for each thing that may be meant; empty where nothing points."""
    person, demonstrative, thing = _PERSON.search(asked), _DEMONSTRATIVE.search(asked), _THING.search(asked)
    if not (person or demonstrative or thing):
        return []
    word = "" if person or thing is None else thing.group().casefold()
    if not demonstrative and word in ("that", "this") and names_in(asked, True):
        return []  # a conjunction: "the film that Ann made"
    kind = Pronoun.PERSON if person else Pronoun.SEVERAL if word in _SEVERAL else Pronoun.THING
    meant = [told] if told else referents(turns, kind)
    if person or not demonstrative or not meant:
        return [_replaced(asked, referent, person is not None) for referent in meant[:_MEANT]]
    noun = set(content_terms(demonstrative["noun"]))
    same = [referent for referent in meant if noun <= set(content_terms(referent))]
    if same:
        return [_replaced(asked, same[0], False)]
    # "When was that mill built?" of someone who works there: the mill is not the one asked about before.
    kept = f"{asked[: demonstrative.start()]}the {asked[demonstrative.start('noun') :].rstrip(' ?.!')}"
    found = [_replaced(asked, referent, False) for referent in meant[:_MEANT]]
    return [found[0], f"{kept} ({meant[0]})?", *found[1:]]


def _done_by_them(asked: str, last: Turn) -> list[str]:
    """ "When had they begun?" after "When did they film it?": they are nobody in particular, the deed goes on."""
    before, now = _THEY.search(last.question.rstrip(" ?.!")), _THEY.search(asked.rstrip(" ?.!"))
    if before is None or now is None or before["they"].casefold() != now["they"].casefold():
        return []
    bare = asked.rstrip(" ?.!")
    return [f"{bare} ({before['deed'].strip()})?" if now["deed"].strip() else f"{bare}{before['deed']}?"]


def _replaced(asked: str, referent: str, is_person: bool) -> str:
    if is_person:
        return _PERSON.sub(lambda match: _inflected(asked, match, referent), asked)
    if match := _DEMONSTRATIVE.search(asked):
        return asked[: match.start()] + referent + asked[match.end() :]
    return _THING.sub(lambda match: _inflected(asked, match, referent), asked, count=1)


def _inflected(asked: str, match: re.Match[str], referent: str) -> str:
    """The referent, with 's where the pronoun is a possessive: "her mentor", but not "plays her?" or "her in"."""
    following = re.match(r"\s+([\w'’-]+)", asked[match.end() :])
    is_possessive = match.group().casefold() in _POSSESSIVE and following is not None
    if (
        is_possessive
        and following is not None
        and following[1].casefold() in FUNCTION_WORDS - {"own", "other", "first"}
    ):
        is_possessive = False
    return f"{referent}'s" if is_possessive else referent


def _is_fragment(asked: str) -> bool:
    """Whether there is no clause in it: "In what year?", "Why?", "What about the others?", "As a child?"."""
    bare = _TRAILING.sub("", asked.strip(" ?.!"))
    if _ABOUT.match(bare):
        return True
    if asks_to_describe(bare):
        return False
    if AUXILIARY.search(bare):
        return False
    wh = SHORT_WH.match(bare)
    return len(bare.split()) <= 6 if WH.match(bare) is None else wh is not None and wh.end() == len(bare)


_OWN_SUBJECT = re.compile(r"\b(?!(?:it|that|there|here|what|who|how|where|when|let)\b)\w+['’]s\b", re.IGNORECASE)
_ABOUT = re.compile(r"(?:what|how) about\s+|what of\s+", re.IGNORECASE)
_TRAILING = re.compile(r"(?:,? (?:then|too|also|as well|instead|exactly|not))+$", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"(?:in|on|at|as|for|with|from|by|during|after|before|since|until|under|of|to)\b", re.IGNORECASE
)
_NEXT_PHRASE = re.compile(rf"\s+(?!of\b){_PREPOSITION.pattern}|\s+near\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an?|my|our|your)\s", re.IGNORECASE)
_ARTICLE_AT_END = re.compile(rf"{_ARTICLE.pattern}$", re.IGNORECASE)
_BARE_SUBJECT = re.compile(
    rf"(?P<head>{WH.pattern} (?:do|does|did)) (?!the\b|an?\b)(?:\w+ ){{1,4}}(?P<verb>\w+)", re.IGNORECASE
)
_ORDINAL = re.compile(r"(?:first|second|third|\w+th|\d+(?:st|nd|rd)|last|latest|next|previous)$", re.IGNORECASE)
_ONE = re.compile(r"(?:the )?(?P<which>[\w'’-]+) ones?", re.IGNORECASE)
_LEADING = re.compile(rf"^{_PREPOSITION.pattern}\s+", re.IGNORECASE)


def _fragment(fragment: str, last: Turn) -> list[str]:
    """The last question with what the fragment says put in its place, in each way that it may fit."""
    bare = _TRAILING.sub("", _ABOUT.sub("", fragment.strip(" ?.!"), count=1))
    before = last.question.rstrip(" ?.!")
    wh = WH.match(bare)
    old = WH.match(before)
    if wh and not bare[wh.end() :].strip():
        if old is None:
            return [f"{bare} {_uncapitalised(before)}?"]
        end = old.end()
        if not AUXILIARY.match(before[end:].strip()):  # "which lamp hangs | in": what is asked for has its verb inside
            end = old.start() + len(WITH_VERB.sub("", old.group()))
        rest = before[end:].strip()
        stated = f"{bare}: {last.answer or before[:end]} {rest}?"  # "Which lamp has a wick" as a statement
        # "Where was it held" becomes "In what year was it held"
        return [f"{bare} {rest}?", stated] if AUXILIARY.match(rest) else [stated]
    bare = _uncapitalised(bare)
    if _PREPOSITION.match(bare) and not (NUMBERED.search(bare) and NUMBERED.search(before)):
        added = f"{before} {bare}?"
        # "And for a wedding?" after "What is paid for a move?" may be another occasion, or a further condition.
        replaced = _phrase_replaced(before, bare)
        return [replaced, added] if replaced else [added]
    return [_slot_replaced(before, bare) or f"{before}: {bare}?"]


def _uncapitalised(text: str) -> str:
    """The text as it goes on in the middle of a question: "Is it lit", "On Sundays" without their capital."""
    first = text.split(" ")[0]
    return text[:1].lower() + text[1:] if first.casefold() in FUNCTION_WORDS and first != "I" else text


def _phrase_replaced(before: str, new: str) -> str:
    """The question with its last phrase that begins with the preposition of `new` replaced; "" where there is none."""
    same = list(re.finditer(rf"(?<!^)\b{re.escape(new.split()[0])}\s+", before, re.IGNORECASE))
    if not same:
        return ""
    following = _NEXT_PHRASE.search(before, same[-1].end())
    return f"{before[: same[-1].start()]}{new}{before[following.start() :] if following else ''}?"


def _slot_replaced(before: str, new: str) -> str:
    """The question with its part of the same kind as `new` replaced by it; "" where there is none."""
    numbered = list(NUMBERED.finditer(before))
    if numbered and (bare := BARE_NUMBER.fullmatch(new)):  # "the third" takes its noun from "the second season"
        old = numbered[-1]
        thing = NUMBER.sub(bare["number"], old.group(), count=1)
        if thing.endswith(bare["number"]) and _ORDINAL.search(thing):  # "the third" after "season two"
            thing = f"the {bare['number']} {thing.split()[0]}"
        return f"{before[: old.start()]}{thing}{before[old.end() :]}?"
    numbers = list(NUMBER.finditer(before))
    if numbers and NUMBER.fullmatch(new):  # "2021?" after "Who won the race in 2020?"
        return f"{before[: numbers[-1].start()]}{new}{before[numbers[-1].end() :]}?"
    if numbered and NUMBERED.search(new):
        old = numbered[-1]
        return f"{before[: old.start()]}{_LEADING.sub('', new)}{before[old.end() :]}?"
    names = names_in(before, skip_first=True)
    if names and (one := _ONE.fullmatch(new)):  # "the blue one" takes its noun from "the Red plan"
        at = before.rindex(names[-1])
        return f"{before[:at]}{one['which']}{before[at + len(names[-1]) :]}?"
    if names_in(f"x {new}", skip_first=True) and names:
        at = before.rindex(names[-1])
        ahead = _ARTICLE_AT_END.sub("", before[:at]) if _ARTICLE.match(new) else before[:at]
        return f"{ahead}{new}{before[at + len(names[-1]) :]}?"
    if subject := _BARE_SUBJECT.fullmatch(before):  # "What does thin rope cost" has no article to go by
        return f"{subject['head']} {new} {subject['verb']}?"
    place = last_phrase(before)
    return f"{before[: place[0]]}{new}{before[place[1] :]}?" if place else ""


def _topic(asked: str, turns: Sequence[Turn]) -> str:
    """What a question that names nothing of its own may be about: the names and numbered things asked about before."""
    if names_in(asked, skip_first=True) or NUMBERED.search(asked) or _OWN_SUBJECT.search(asked):
        return ""
    for turn in remembered(turns):
        named = names_in(turn.question, skip_first=True) + [match.group() for match in NUMBERED.finditer(turn.question)]
        new = [name for name in dict.fromkeys(named) if not set(content_terms(name)) <= set(content_terms(asked))]
        if new:
            return ", ".join(new)
    return ""
