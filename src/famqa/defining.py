"""What a document says that a thing is: "the review site Filmrat", "Filmrat, a review site", "Filmrat is a site".

A reader asked "What is Filmrat?" likes best what a passage tells of it. Here the words that name its kind are found by
their form, for questions that ask for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from famqa.records import Candidate, Passage, Reading, Span
from famqa.terms import FUNCTION_WORDS

_CONFIDENCE = 0.8  # about the share that was right of 100 such words in encyclopedia articles, looked at by hand
_ASKED = re.compile(
    r"^\W*(?:(?:and|but|so|then)\b\W*)?(?:what(?:['’]s| is| was| are| were)|who(?:['’]s| is| was| are| were)|"
    r"what does(?=.* mean$)) (?P<name>.+?)(?: mean)?$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:an?|the) (?=.)", re.IGNORECASE)
_MOST_WORDS = 6  # of a name
_FUNCTION = "|".join(sorted(FUNCTION_WORDS))
_KIND = r"(?:an?|one of) [^,;:.()\n]{3,120}"
_ASIDE = r"(?:\s*\([^()\n]{1,60}\))?"
_ENDS = r"(?=[,;:.()\n]|$)"
_PREPOSITION = r"(?:in|at|on|from|by|with|after|before|since|for|near|of|to|under|during|as|like|until|between|about)"
# "In Paris, a friend of his", "the price of Filmrat is a secret": what comes next is said of another thing.
_OF_ANOTHER = re.compile(rf"(?:^\W*|[,;:]\s*(?:and\s+)?){_PREPOSITION}\b[^,;:]*$", re.IGNORECASE)
_PART_OF_ANOTHER = re.compile(rf"\b{_PREPOSITION}(?: the)?\W*$", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:after|before|later|earlier|ago|during)\b", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"(?:ern|ous|ive|able|ible|ful|less|ic|est|ed|ing|ish|ary|ent|ant|th|nd|rd)$|^(?:first|new|old)$"
)
_LOWER = rf"(?!(?:{_FUNCTION})\b)(?-i:[a-z])[\w-]*"  # one alone before a name is most often an adjective


def defined(reading: Reading, question: str, candidates: Sequence[Candidate]) -> Reading:
    """The reading, with the words of the first candidate that says what the thing is, where nothing else is asked.

    They stand before every span that is less likely than `_CONFIDENCE`, in the place of those that they hold.
    """
    name = asked_for(question)
    place = next((found for c in candidates if (found := _said_of(name, c.passage))), None) if name else None
    if place is None:
        return reading
    overlapping = [s for s in reading.spans if s.passage.doc_id == place.passage.doc_id and _overlap(s, place)]
    surest = max((span.probability for span in overlapping), default=0.0)
    if surest < _CONFIDENCE:
        kept = [span for span in reading.spans if span not in overlapping]
        spans = sorted([*kept, replace(place, probability=_CONFIDENCE)], key=lambda span: -span.probability)
        return Reading(tuple(spans), 1 - spans[0].probability)
    return reading


def asked_for(question: str) -> str:
    """The name of which a question asks what it is and nothing else, "" for any other question.

    >>> asked_for("What is Filmrat?"), asked_for("What is the price of it?"), asked_for("Who is a critic?")
    ('Filmrat', '', 'critic')
    """
    match = _ASKED.match(question.strip().rstrip("?!. "))
    if match is None:
        return ""
    name = match["name"]
    article = _ARTICLE.match(name)
    if article and article.group().casefold() == "the " and not name[4].isupper():
        return ""
    bare = name[article.end() :] if article else name
    words = bare.split()
    known = [n for n, word in enumerate(words) if word.casefold() in FUNCTION_WORDS]
    is_name = bare[0].isupper() and not {0, len(words) - 1} & set(known)  # "The Lord of the Rings", not "Filmrat about"
    return bare if (is_name or not known) and len(words) <= _MOST_WORDS else ""


def _said_of(name: str, passage: Passage) -> Span | None:
    """The first words of the passage that say what `name` is."""
    for start, end in passage.sentences:
        sentence = passage.text[start - passage.start : end - passage.start]
        if found := kind_of(name, sentence):
            return Span(passage, start + found[0], start + found[1], 0.0, ((start, end),))
    return None


def kind_of(name: str, sentence: str) -> tuple[int, int] | None:
    """Where the sentence names the kind of thing that `name` is; None where it does not.

    >>> text = "The review site Filmrat, which is new, was sold."
    >>> text[slice(*kind_of("Filmrat", text))]
    'review site'
    """
    said = r"\s+".join(map(re.escape, name.split()))
    quoted = rf"(?<![\w-])[\"“'‘*_]*{said}[\"”'’*_]*"
    for pattern, is_fitting in (
        (rf"{quoted}{_ASIDE}\s+(?:is|was|are|were|means)\s+(?P<kind>{_KIND})", _is_subject),
        (rf"{quoted}{_ASIDE}(?:,|\s[–—-]|:)\s+(?P<kind>{_KIND}){_ENDS}", _is_said_of_it),
        (rf"{quoted}\s+\((?P<kind>an? [^()\n]{{3,80}})\)", _is_said_of_it),
        (rf"\b(?P<kind>an? [^,;:.()\n]{{3,80}}),\s+(?:(?:called|named|the)\s+)?{quoted}{_ENDS}", _is_in_apposition),
        (rf"\b(?P<kind>an? (?:[\w-]+\s+){{1,6}})(?:called|named)\s+{quoted}", _is_in_apposition),
        (
            rf"\b(?:the|its|his|her|their|our)\s+(?P<kind>(?:{_LOWER}\s+){{2,4}}){quoted}(?![\w-]|['’]s|\s+(?-i:[A-Z]))",
            _is_noun,
        ),
    ):
        for match in re.finditer(pattern, sentence, re.IGNORECASE):
            if is_fitting(match):
                start, end = match.span("kind")
                return start, start + len(sentence[start:end].rstrip())
    return None


def _is_subject(match: re.Match[str]) -> bool:
    return _PART_OF_ANOTHER.search(match.string[: match.start()]) is None


def _is_said_of_it(match: re.Match[str]) -> bool:
    return _OF_ANOTHER.search(match.string[: match.start()]) is None


def _is_in_apposition(match: re.Match[str]) -> bool:
    """Not "a year later, Ann Lee", nor "a mall in Columbus, Ohio"."""
    return _WHEN.search(match["kind"]) is None and match["kind"].split()[-1][0].islower()


def _is_noun(match: re.Match[str]) -> bool:
    return _ADJECTIVE.search(match["kind"].split()[-1]) is None


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
