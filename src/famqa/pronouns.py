"""Pronouns of a follow-up, and what they may stand for: what the questions before it were about, or their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from famqa.phrases import AUXILIARY, CALENDAR, NAMED, is_plural, named_thing, names_in, several_in, things_in
from famqa.records import Turn
from famqa.terms import FUNCTION_WORDS, content_terms

_REMEMBERED = 3  # turns looked back upon
_MEANT = 3  # things that a pronoun may stand for
_LONGEST = 4  # words of an answer that is a thing to speak of, and not a sentence
_NOT_A_NOUN = "|".join(sorted(FUNCTION_WORDS))
_WHO = re.compile(r"\W*(?:who|whom|by whom)\b", re.IGNORECASE)
_MEASURED = re.compile(r"\W*(?:when|how|why|(?:in|on) (?:what|which) (?:year|month|day|date))\b", re.IGNORECASE)
_WHERE = re.compile(r"\W*(?:where|in (?:what|which) (?:place|town|city|country))\b", re.IGNORECASE)
_WHICH = re.compile(rf"\W*(?:which|what) (?!(?:{_NOT_A_NOUN})\b)(?P<noun>[a-z]+)\b", re.IGNORECASE)
_OF_A_WORK = re.compile(r"^(?:the|an?)\s|\d", re.IGNORECASE)  # "The Old Mill", "Terminal 2": rather not a person
_YES_OR_NO = re.compile(r"(?:yes|no)\b", re.IGNORECASE)
_DATE = re.compile(rf"(?:\d{{1,2}}\.? )?(?:{CALENDAR})\b.*|\d{{4}}", re.IGNORECASE)


class Pronoun(Enum):
    """What a pronoun tells of the thing it stands for."""

    PERSON = auto()  # she, his
    THING = auto()  # it, its, that
    SEVERAL = auto()  # they, them, those


def remembered(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that a follow-up may go back to, the last one first."""
    return list(reversed(turns[-_REMEMBERED:]))


def is_date(text: str) -> bool:
    """Whether it is a day, a month or a year, which no pronoun stands for."""
    return _DATE.fullmatch(text) is not None


def referents(turns: Sequence[Turn], pronoun: Pronoun) -> list[str]:
    """What it may stand for, likeliest first: names that the last questions spoke of, their answers, and things.

    A person is not "it", a place or a thing not "she", and neither a day nor a measure is any of them.
    """
    found: list[str] = []
    persons = {turn.answer for turn in turns if _WHO.match(turn.question)}
    for turn in remembered(turns):
        names = [name for name in names_in(turn.question, skip_first=True) if not is_date(name)]
        answer = _spoken_of(turn, pronoun)
        if pronoun is Pronoun.SEVERAL and names and answer and _WHO.match(turn.question):
            found.append(f"{names[-1]} and {answer}")
        if pronoun is Pronoun.THING and (thing := named_thing(turn.question)):
            found.append(thing)  # "the ferry to Skye", before Skye
        of_works = [name for name in names if pronoun is Pronoun.PERSON and _OF_A_WORK.search(name)]
        names = [name for name in names if name not in of_works]
        found += names[-1:] + names[:-1]
        if answer:
            found.append(answer)
        found += of_works
        if pronoun is Pronoun.SEVERAL:
            found += several_in(turn.question)
        if pronoun is not Pronoun.PERSON:
            things = [thing for thing in things_in(turn.question) if not is_date(thing)]
            found += sorted(things, key=lambda thing: is_plural(thing) is not (pronoun is Pronoun.SEVERAL))
        if pronoun is Pronoun.THING and not found:
            found += several_in(turn.question)
    if pronoun is Pronoun.PERSON and not found:  # "the keeper"
        found = [thing for turn in remembered(turns) for thing in things_in(turn.question)]
    if pronoun is Pronoun.THING:
        found = [thing for thing in found if thing not in persons]
    by_terms: dict[tuple[str, ...], str] = {}
    for thing in found:  # "Heron" and "the Heron" are one
        by_terms.setdefault(tuple(content_terms(thing)), thing)
    return list(by_terms.values())


def _spoken_of(turn: Turn, pronoun: Pronoun) -> str:
    """The turn's answer as one speaks of it, "version 2.3" for "Which version ...?"; "" where it is no such thing."""
    if not turn.answer or _MEASURED.match(turn.question) or _YES_OR_NO.match(turn.answer) or is_date(turn.answer):
        return ""
    if pronoun is not Pronoun.THING and _WHERE.match(turn.question):
        return ""
    which = _WHICH.match(turn.question)
    if which and re.fullmatch(r"[\d.]+", turn.answer):
        return f"{which['noun']} {turn.answer}"
    if pronoun is Pronoun.PERSON and not _WHO.match(turn.question):
        return turn.answer if NAMED.fullmatch(turn.answer) else ""
    is_short = len(turn.answer.split()) <= _LONGEST and (which is not None or _WHO.match(turn.question) is not None)
    return turn.answer if is_short or NAMED.fullmatch(turn.answer) else ""


_HE = re.compile(r"\b(?:he|him|his|himself)\b", re.IGNORECASE)
_SHE = re.compile(r"\b(?:she|her|hers|herself)\b", re.IGNORECASE)
_PERSON = re.compile(rf"{_HE.pattern}|{_SHE.pattern}", re.IGNORECASE)
# "reported that it was over" and "later this week" point at nothing that was said.
_NO_PRONOUN = (
    r"(?! (?:it|its|he|she|they|their|the|an?|there|we|you|day|week|month|year|time|morning|evening|summer|winter)\b)"
)
_THING = re.compile(rf"\b(?:it|its|they|them|their|theirs|these|those|(?:this|that){_NO_PRONOUN})\b", re.IGNORECASE)
_DEMONSTRATIVE = re.compile(
    rf"\b(?:(?:that|this|those|these){_NO_PRONOUN}|the same) (?!(?:{_NOT_A_NOUN})\b)(?P<noun>\w+)", re.IGNORECASE
)
_THERE = re.compile(r"(?<!is )(?<!are )(?<!was )(?<!were )\bthere\b(?! (?:is|are|was|were|be)\b)", re.IGNORECASE)
_ASKS_WHAT_IT_DOES = re.compile(r"\b(?:do|does|did|will|would|can|could|should|may|might|must) $", re.IGNORECASE)
_SEVERAL = frozenset(["they", "them", "their", "theirs", "these", "those"])
_POSSESSIVE = frozenset(["his", "her", "its", "their"])
# "Is it possible to", "how long does it take to", "what time is it", "how much is it": it may stand for nothing.
_EMPTY_IT = re.compile(
    r"\bit (?!have\b)(?:\w+ ){1,3}(?:to|that|if|whether)\b(?! the\b)|\btime is it\b|"
    r"\bhow (?:much|far|late|hot|cold) (?:is|was|does|did|will|would) it\b",
    re.IGNORECASE,
)


def pointing(asked: str, turns: Sequence[Turn], told: str = "") -> list[str]:
    """The question with its pronouns replaced, once for each thing that may be meant; empty where nothing points.

    Where the pronoun may stand for nothing that was said before, the question as it is comes among them. `told` is
    what the question says itself that it is about ("Back to the fair: ...").
    """
    person, demonstrative, thing = _PERSON.search(asked), _DEMONSTRATIVE.search(asked), _THING.search(asked)
    pronoun = person or thing or demonstrative
    if pronoun is None:
        return _there(asked, turns)
    word = pronoun.group().split()[0].casefold()
    if word in ("that", "this") and _is_conjunction(asked, pronoun):
        return []
    kind = Pronoun.PERSON if person else Pronoun.SEVERAL if word in _SEVERAL else Pronoun.THING
    meant = ([told] if told else referents(turns, kind))[:_MEANT]
    if _HE.search(asked) and _SHE.search(asked) and len(meant) > 1:
        found = [_of_two(asked, meant[0], meant[1]), _of_two(asked, meant[1], meant[0])]
    elif demonstrative and not person and meant:
        found = _demonstrated(asked, demonstrative, meant)
    else:
        found = [_replaced(asked, referent, person is not None) for referent in meant]
    before = asked[: pronoun.start()]
    if found and (_EMPTY_IT.search(asked) or names_in(before, skip_first=True)):
        return [asked, *found]
    if found and not demonstrative and things_in(before):  # "Did the club sell its boat?", but also "the price of it"
        return [found[0], asked, *found[1:]]
    return found


def _there(asked: str, turns: Sequence[Turn]) -> list[str]:
    """The question with "there" replaced by the place that was answered last; empty where there is neither."""
    places = [turn.answer for turn in remembered(turns) if turn.answer and _WHERE.match(turn.question)]
    match = _THERE.search(asked)
    if match is None or not places:
        return []
    place = places[0] if places[0].split()[0].casefold() in FUNCTION_WORDS - {"the", "a", "an"} else f"in {places[0]}"
    return [asked[: match.start()] + place + asked[match.end() :]]


def _is_conjunction(asked: str, match: re.Match[str]) -> bool:
    """Whether "that" leads in a clause: "the film that Ann made", "a rule that children must wear caps"."""
    before = re.findall(r"\w+", asked[: match.start()])
    follows_a_noun = bool(before) and before[-1].casefold() not in FUNCTION_WORDS
    clause = asked[match.start() + 4 :]
    return follows_a_noun and (AUXILIARY.search(clause) is not None or bool(names_in(f"x{clause}", skip_first=True)))


def _demonstrated(asked: str, match: re.Match[str], meant: Sequence[str]) -> list[str]:
    """Readings of "that mill": one of its kind that was spoken of, else the mill, beside what was spoken of."""
    noun = set(content_terms(match["noun"]))
    same = [referent for referent in meant if noun <= set(content_terms(referent))]
    if same:
        return [asked[: match.start()] + same[0] + asked[match.end() :]]
    rest = asked[match.start("noun") :]
    alone = [f"{asked[: match.start()]}{referent} {rest}" for referent in meant]  # "Does that include tax?"
    kept = f"{asked[: match.start()]}the {rest.rstrip(' ?.!')} ({meant[0]})?"
    is_verb = _ASKS_WHAT_IT_DOES.search(asked[: match.start()]) is not None
    return [alone[0], kept, *alone[1:]] if is_verb else [kept, *alone]


def _of_two(asked: str, he: str, she: str) -> str:
    named = _SHE.sub(lambda match: _inflected(asked, match, she), asked)
    return _HE.sub(lambda match: _inflected(named, match, he), named)


def _replaced(asked: str, referent: str, is_person: bool) -> str:
    if is_person:
        return _PERSON.sub(lambda match: _inflected(asked, match, referent), asked)
    return _THING.sub(lambda match: _inflected(asked, match, referent), asked, count=1)


def _inflected(asked: str, match: re.Match[str], referent: str) -> str:
    """The referent, with 's where the pronoun is a possessive: "her mentor", but not "plays her?" or "her in"."""
    following = re.match(r"\s+([\w'’-]+)", asked[match.end() :])
    is_possessive = match.group().casefold() in _POSSESSIVE and following is not None
    if following and following[1].casefold() in FUNCTION_WORDS - {"own", "other", "first"}:
        is_possessive = False
    return f"{referent}'s" if is_possessive else referent
