"""A follow-up to questions that stand alone, without a language model: what it leaves out is put back in.

The rules know English function words and nothing of any subject. Where they leave a choice ("her": the one asked
about, or the one answered?), every reading is given back, and the caller asks each and keeps the likeliest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from famqa.asking import asks_to_describe
from famqa.terms import FUNCTION_WORDS, NUMBER_WORDS, content_terms

_READINGS = 4
_REMEMBERED = 3  # turns looked back upon


@dataclass(frozen=True, slots=True)
class Turn:
    """What is remembered of a question: how it was understood, and the short answer, "" where there was none."""

    question: str
    answer: str = ""


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
    if changed:
        return (asked,)
    last = turns[-1]
    referents = [told] if told else _referents(turns)
    pointed = _pointing(asked, referents)
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
    r"(?:something|(?:a|one) (?:new|different|other)(?: question| thing| subject| topic)?|another|different|new)"
    r"(?: (?:else|question|thing|subject|topic))?\s*[,:;–—-]\s*|"
    r"(?:never ?mind|forget (?:it|that))\s*[,:;.!–—-]+\s*|"
    r"(?:on another (?:note|subject)|changing (?:the )?(?:subject|topic)|unrelated)\s*[,:;–—-]\s*",
    re.IGNORECASE,
)
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


_NAME = re.compile(
    r"(?:\b[^\W\d_a-z][\w'’.-]*|\"[^\"]+\")(?:\s+(?:(?:of|the|de|von|van|and|for)\s+)?(?:[^\W\d_a-z][\w'’.-]*|\d+|\"[^\"]+\"))*"
)
_NAMED = re.compile(rf"{_NAME.pattern}(?:(?:,|,? and|;) {_NAME.pattern})*")
_DIGITS = r"\d+(?:\.\d+)*"
_NUMBERED = re.compile(
    rf"\b(?:the )?(?:{_DIGITS}(?:st|nd|rd|th)?|{'|'.join(NUMBER_WORDS)}|last|latest|next|previous) [a-z]+\b|"
    rf"\b[a-z]{{3,}} (?:{_DIGITS}|{'|'.join(NUMBER_WORDS)})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"\b(?:{_DIGITS}(?:st|nd|rd|th)?|{'|'.join(NUMBER_WORDS)}|last|latest|next|previous)\b", re.IGNORECASE
)
_BARE_NUMBER = re.compile(rf"(?:the )?(?P<number>{_NUMBER.pattern})(?: ones?)?", re.IGNORECASE)
_WH = re.compile(
    r"(?:(?:in|on|at|to|from|of|for|with|by|since|until|under|about)\s+)?"
    r"(?:how (?:many|much|long|often|old|far|big|tall|high)(?: \w+)?|(?:which|what)(?: (?!is\b|are\b|was\b|were\b|do\b|"
    r"does\b|did\b|has\b|have\b|had\b|can\b|will\b|would\b)\w+){0,3}|who(?:m|se)?|when|where|why|how)\b",
    re.IGNORECASE,
)
_SHORT_WH = re.compile(
    r"(?:(?:in|on|at|to|from|of|for|with|by|since|until|under|about)\s+(?:how (?:many|much)|which|what)(?: \w+){0,2}|"
    r"how (?:many|much|long|often|old|far)(?: \w+)?|(?:which|what)(?: \w+)?|who(?:m|se)?|when|where|why|how)",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|"
    r"isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|they|them|their|theirs|these|those|this|that)\b", re.IGNORECASE)
_DEMONSTRATIVE = re.compile(
    r"\b(?:that|this|those|these|the same) (?!is\b|was\b|are\b|were\b|has\b|had\b)(?P<noun>\w+)", re.I
)
_POSSESSIVE = frozenset(["his", "her", "its", "their"])


def _names(text: str, skip_first: bool) -> list[str]:
    """Names in a question, leaving out the capital of its first word."""
    found = []
    for match in _NAME.finditer(text):
        name = match.group()
        if skip_first and match.start() == 0:
            first, _, name = name.partition(" ")
            if first.casefold() not in FUNCTION_WORDS and name:
                name = f"{first} {name}"
        name = name.removesuffix("'s").removesuffix("’s").strip(' ."')
        if name and name.casefold() not in FUNCTION_WORDS:
            found.append(name)
    return found


def _referents(turns: Sequence[Turn]) -> list[str]:
    """What a pronoun may stand for, likeliest first: what the last questions were about, then their answers."""
    found: list[str] = []
    for turn in reversed(turns[-_REMEMBERED:]):
        names = _names(turn.question, skip_first=True)
        found += names[-1:] + names[:-1]
        if _NAMED.fullmatch(turn.answer):
            found.append(turn.answer)
        if not names and (thing := _thing(turn.question)):
            found.append(thing)
    return list(dict.fromkeys(found))


def _thing(question: str) -> str:
    """The last noun phrase with an article or a number, for a question that names nothing: "the first lamp"."""
    numbered = [match.group() for match in _NUMBERED.finditer(question)]
    if numbered:
        return numbered[-1]
    phrases = re.findall(
        r"\b(?:the|an?|my|our|your) (?:[\w'’-]+(?: of the [\w'’-]+)?(?: [\w'’-]+)?)", question.rstrip(" ?"), re.I
    )
    return phrases[-1] if phrases else ""


def _pointing(asked: str, referents: Sequence[str]) -> list[str]:
    """The question with its pronouns replaced, once for each referent; empty where there is nothing to replace."""
    person, demonstrative, thing = _PERSON.search(asked), _DEMONSTRATIVE.search(asked), _THING.search(asked)
    if not referents or not (person or demonstrative or thing):
        return []
    if (
        not person
        and not demonstrative
        and thing
        and thing.group().casefold() in ("that", "this")
        and _names(asked, True)
    ):
        return []  # a conjunction: "the film that Ann made"
    return [_replaced(asked, referent, person is not None) for referent in referents[:3]]


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
    bare = asked.strip(" ?.!")
    if _ABOUT.match(bare):
        return True
    if asks_to_describe(bare):
        return False
    if _AUXILIARY.search(bare):
        return False
    wh = _SHORT_WH.match(bare)
    return len(bare.split()) <= 6 if _WH.match(bare) is None else wh is not None and wh.end() == len(bare)


_OWN_SUBJECT = re.compile(r"\b(?!(?:it|that|there|here|what|who|how|where|when|let)\b)\w+['’]s\b", re.IGNORECASE)
_ABOUT = re.compile(r"(?:what|how) about\s+|what of\s+", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"(?:in|on|at|as|for|with|from|by|during|after|before|since|until|under|of|to)\b", re.IGNORECASE
)
_NEXT_PHRASE = re.compile(rf"\s+(?!of\b){_PREPOSITION.pattern}|\s+near\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an?|my|our|your)\s", re.IGNORECASE)
_ARTICLE_AT_END = re.compile(rf"{_ARTICLE.pattern}$", re.IGNORECASE)
_BARE_SUBJECT = re.compile(
    rf"(?P<head>{_WH.pattern} (?:do|does|did)) (?!the\b|an?\b)(?:\w+ ){{1,4}}(?P<verb>\w+)", re.IGNORECASE
)
_LEADING = re.compile(rf"^{_PREPOSITION.pattern}\s+", re.IGNORECASE)


def _fragment(fragment: str, last: Turn) -> list[str]:
    """The last question with what the fragment says put in its place, in each way that it may fit."""
    bare = _ABOUT.sub("", fragment.strip(" ?.!"), count=1)
    before = last.question.rstrip(" ?.!")
    wh = _WH.match(bare)
    old = _WH.match(before)
    if wh and not bare[wh.end() :].strip():
        if old is None:
            return [f"{bare} {before}?"]
        rest = before[old.end() :].strip()
        stated = f"{bare}: {last.answer or before[: old.end()]} {rest}?"  # "Which lamp has a wick" as a statement
        # "Where was it held" becomes "In what year was it held"
        return [f"{bare} {rest}?", stated] if _AUXILIARY.match(rest) else [stated]
    if _PREPOSITION.match(bare) and not (_NUMBERED.search(bare) and _NUMBERED.search(before)):
        added = f"{before} {bare}?"
        # "And for a wedding?" after "What is paid for a move?" may be another occasion, or a further condition.
        replaced = _phrase_replaced(before, bare)
        return [replaced, added] if replaced else [added]
    return [_slot_replaced(before, bare) or f"{before}: {bare}?"]


def _phrase_replaced(before: str, new: str) -> str:
    """The question with its last phrase that begins with the preposition of `new` replaced; "" where there is none."""
    same = list(re.finditer(rf"(?<!^)\b{re.escape(new.split()[0])}\s+", before, re.IGNORECASE))
    if not same:
        return ""
    following = _NEXT_PHRASE.search(before, same[-1].end())
    return f"{before[: same[-1].start()]}{new}{before[following.start() :] if following else ''}?"


def _slot_replaced(before: str, new: str) -> str:
    """The question with its part of the same kind as `new` replaced by it; "" where there is none."""
    numbered = list(_NUMBERED.finditer(before))
    if numbered and (bare := _BARE_NUMBER.fullmatch(new)):  # "the third" takes its noun from "the second season"
        old = numbered[-1]
        return f"{before[: old.start()]}{_NUMBER.sub(bare['number'], old.group(), count=1)}{before[old.end() :]}?"
    if numbered and _NUMBERED.search(new):
        old = numbered[-1]
        return f"{before[: old.start()]}{_LEADING.sub('', new)}{before[old.end() :]}?"
    names = _names(before, skip_first=True)
    if _names(f"x {new}", skip_first=True) and names:
        at = before.rindex(names[-1])
        ahead = _ARTICLE_AT_END.sub("", before[:at]) if _ARTICLE.match(new) else before[:at]
        return f"{ahead}{new}{before[at + len(names[-1]) :]}?"
    if subject := _BARE_SUBJECT.fullmatch(before):  # "What does thin rope cost" has no article to go by
        return f"{subject['head']} {new} {subject['verb']}?"
    articles = list(_ARTICLE.finditer(before))
    return f"{before[: articles[-1].start()]}{new}?" if articles else ""


def _topic(asked: str, turns: Sequence[Turn]) -> str:
    """What a question that names nothing of its own may be about: the names and numbered things asked about before."""
    if _names(asked, skip_first=True) or _NUMBERED.search(asked) or _OWN_SUBJECT.search(asked):
        return ""
    for turn in reversed(turns[-_REMEMBERED:]):
        named = _names(turn.question, skip_first=True) + [match.group() for match in _NUMBERED.finditer(turn.question)]
        new = [name for name in dict.fromkeys(named) if not set(content_terms(name)) <= set(content_terms(asked))]
        if new:
            return ", ".join(new)
    return ""
