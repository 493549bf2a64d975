"""What a pronoun of a follow-up may stand for: what the questions before it were about, and what answered them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from famqa.phrases import NAMED, is_plural, names_in, several_in, things_in
from famqa.records import Turn
from famqa.terms import FUNCTION_WORDS, content_terms

_REMEMBERED = 3  # turns looked back upon
_LONGEST = 4  # words of an answer that is a thing to speak of, and not a sentence
_WHO = re.compile(r"\W*(?:who|whom|by whom)\b", re.IGNORECASE)
_MEASURED = re.compile(r"\W*(?:when|how|why|(?:in|on) (?:what|which) (?:year|month|day|date))\b", re.IGNORECASE)
_WHERE = re.compile(r"\W*(?:where|in (?:what|which) (?:place|town|city|country))\b", re.IGNORECASE)
_WHICH = re.compile(rf"\W*(?:which|what) (?!(?:{'|'.join(sorted(FUNCTION_WORDS))})\b)(?P<noun>[a-z]+)\b", re.IGNORECASE)
_CALENDAR = re.compile(
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august|september|"
    r"october|november|december)\b.*",
    re.IGNORECASE,
)


class Pronoun(Enum):
    """What a pronoun tells of the thing it stands for."""

    PERSON = auto()  # she, his
    THING = auto()  # it, its, that
    SEVERAL = auto()  # they, them, those


def remembered(turns: Sequence[Turn]) -> list[Turn]:
    """The turns that a follow-up may go back to, the last one first."""
    return list(reversed(turns[-_REMEMBERED:]))


def referents(turns: Sequence[Turn], pronoun: Pronoun) -> list[str]:
    """What it may stand for, likeliest first: names that the last questions spoke of, their answers, and things.

    A person is not "it", a place or a thing not "she", and neither a day nor a measure is any of them.
    """
    found: list[str] = []
    persons = {turn.answer for turn in turns if _WHO.match(turn.question)}
    for turn in remembered(turns):
        names = [name for name in names_in(turn.question, skip_first=True) if not _CALENDAR.fullmatch(name)]
        found += names[-1:] + names[:-1]
        answer = _spoken_of(turn, pronoun)
        if answer:
            found.append(answer)
        if pronoun is Pronoun.SEVERAL:
            found += several_in(turn.question)
        if not names or pronoun is not Pronoun.PERSON:
            things = things_in(turn.question)
            found += sorted(things, key=lambda thing: is_plural(thing) is not (pronoun is Pronoun.SEVERAL))
    if pronoun is Pronoun.THING:
        found = [thing for thing in found if thing not in persons]
    by_terms: dict[tuple[str, ...], str] = {}
    for thing in found:  # "Heron" and "the Heron" are one
        by_terms.setdefault(tuple(content_terms(thing)), thing)
    return list(by_terms.values())


def _spoken_of(turn: Turn, pronoun: Pronoun) -> str:
    """The turn's answer as one speaks of it, "version 2.3" for "Which version ...?"; "" where it is no such thing."""
    if not turn.answer or _MEASURED.match(turn.question):
        return ""
    if pronoun is not Pronoun.THING and _WHERE.match(turn.question):
        return ""
    which = _WHICH.match(turn.question)
    if which and re.fullmatch(r"[\d.]+", turn.answer):
        return f"{which['noun']} {turn.answer}"
    is_short = len(turn.answer.split()) <= _LONGEST and (which is not None or _WHO.match(turn.question) is not None)
    return turn.answer if is_short or NAMED.fullmatch(turn.answer) else ""
