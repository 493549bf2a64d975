"""A reader without training of its own: the best sentence, table cell or infobox value, by similarity and shared words.

It needs nothing but the embedder, so it works with any model. The probability of a sentence is a logistic regression
over five features, fitted by `training/fit_sentence_reader.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from famqa.records import BlockKind, Candidate, Cell, Embedder, Passage, Reading, Span, Vectors
from famqa.terms import NUMBER_WORDS, content_terms, coverage, rarity, terms

FEATURES = ("cosine", "coverage", "passage_coverage", "passage_behind", "kind_fits")
WEIGHTS = (5.97, 5.02, 0.27, 4.23, 1.32)
INTERCEPT = -8.07
THRESHOLD = 0.03  # refuses 13 % of what has no answer and none of what has one, on the half not fitted on

_MOST_SPANS = 6
_REMEMBERED = 5000


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that can be quoted: a sentence, a list item or a row, with its passage."""

    candidate: Candidate
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text to compare: a row or item as searched, with its headers; a sentence of several as it stands."""
        passage = self.candidate.passage
        if len(passage.sentences) == 1:
            return passage.search_text
        return passage.text[self.start - passage.start : self.end - passage.start]


class SentenceReader:
    """A `Reader` over an `Embedder`."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    @property
    def digest(self) -> str:
        return f"sentences-1:{self._embedder.digest}"

    @property
    def threshold(self) -> float:
        return THRESHOLD

    def read(self, question: str, candidates: Sequence[Candidate]) -> Reading:
        """The best sentences, best first; what is left of certainty after the best one is for no answer."""
        units = [Unit(candidate, start, end) for candidate in candidates for start, end in candidate.passage.sentences]
        if not units:
            return Reading((), 1.0)
        probabilities = [probability(features) for features in self.features(question, units)]
        order = sorted(range(len(units)), key=lambda i: (-probabilities[i], i))[:_MOST_SPANS]
        spans = tuple(_span(question, units[i], probabilities[i]) for i in order)
        return Reading(spans, 1 - probabilities[order[0]])

    def features(self, question: str, units: Sequence[Unit]) -> list[tuple[float, ...]]:
        """The values named in `FEATURES`, a row a unit."""
        asked = content_terms(question) or terms(question)
        unit_terms = [set(terms(unit.text)) for unit in units]
        passage_terms = [set(terms(unit.candidate.passage.search_text)) for unit in units]
        weight = rarity(asked, unit_terms)
        cosines = self._cosines(question, units)
        best = max(unit.candidate.score for unit in units)
        return [
            (
                cosines[i],
                coverage(asked, unit_terms[i], weight),
                coverage(asked, passage_terms[i], weight),
                unit.candidate.score - best,  # relative, so that it does not depend on how large the corpus is
                float(kind_fits(question, unit.text, asked)),
            )
            for i, unit in enumerate(units)
        ]

    def _cosines(self, question: str, units: Sequence[Unit]) -> list[float]:
        """Cosine of the question with each unit; a passage of one unit has it from the search."""
        alone = [len(unit.candidate.passage.sentences) == 1 for unit in units]
        vectors = self._vectors(
            [question, *(unit.text for unit, single in zip(units, alone, strict=True) if not single)]
        )
        return [
            unit.candidate.cosine if single else float(vectors[unit.text] @ vectors[question])
            for unit, single in zip(units, alone, strict=True)
        ]

    def _vectors(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vector of each text; those met before are remembered, since the same passages come up again."""
        known = self._known
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        vectors = {text: known[text] for text in texts if text in known}
        if missing:
            vectors.update(zip(missing, self._embedder.embed(missing), strict=True))
            self._known = vectors if len(known) > _REMEMBERED else known | vectors
        return vectors


def probability(features: Sequence[float]) -> float:
    """Probability that a unit with these features holds the answer."""
    return 1 / (1 + math.exp(-(INTERCEPT + float(np.dot(WEIGHTS, features)))))


_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DATE = re.compile(rf"\b(?:1[0-9]{{3}}|20[0-9]{{2}})s?\b|\b(?:{'|'.join(_MONTHS)})\b|\b\w+day\b", re.IGNORECASE)
_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
_NAME = re.compile(r"\b[^\W\d_a-z][\w'’.-]*(?:\s+[^\W\d_a-z][\w'’.-]*)*")
_ASKS_DATE = re.compile(
    r"\b(?:when|(?:what|which)\s+(?:\w+\s+)?(?:date|day|year|month|decade|weekday))\b", re.IGNORECASE
)
_ASKS_NUMBER = re.compile(
    r"\bhow\s+(?:many|much|long|often|old|far|big|large|tall|high)\b|\b(?:percent\w*|number|score|rating)\b",
    re.I,
)
_ASKS_NAME = re.compile(r"\b(?:who|whom|whose)\b", re.IGNORECASE)


def kind_fits(question: str, text: str, asked: Sequence[str]) -> bool:
    """Whether `text` holds a date, number or new name where the question asks for one; True for other questions."""
    if _ASKS_DATE.search(question):
        return _DATE.search(text) is not None
    if _ASKS_NUMBER.search(question):
        return _NUMBER.search(text) is not None
    if _ASKS_NAME.search(question):
        return any(not set(terms(name.group())) <= set(asked) for name in _NAME.finditer(text))
    return True


def _span(question: str, unit: Unit, likely: float) -> Span:
    """The unit as a span: whole for a sentence, the cell asked for in a row or a key-value line."""
    passage = unit.candidate.passage
    start, end = unit.start, unit.end
    if passage.kind in (BlockKind.TABLE_ROW, BlockKind.KEY_VALUE) and passage.cells:
        cell = asked_cell(question, passage)
        start, end = cell.start, cell.end
    return Span(passage, start, end, likely, quotes=((unit.start, unit.end),))


def asked_cell(question: str, passage: Passage) -> Cell:
    """The cell that the question asks for: its header is in the question, its text is not, its kind fits."""
    asked = content_terms(question)

    def fit(cell: Cell) -> float:
        text = _cell_text(passage, cell)
        header = set(content_terms(cell.header))
        own = set(content_terms(text)) - header
        told = len(own & set(asked)) / len(own) if own else 1.0
        named = len(header & set(asked)) / len(header) if header else 0.0
        return named - 2 * told + 0.5 * kind_fits(question, text, asked)

    return max(passage.cells, key=fit)


def _cell_text(passage: Passage, cell: Cell) -> str:
    """The cell's text as searched; a carried one stands there only."""
    inside = [segment for segment in passage.segments if cell.start <= segment.start < cell.end]
    if inside:
        return "".join(passage.search_text[s.search_start : s.search_start + s.length] for s in inside)
    return passage.text[cell.start - passage.start : cell.end - passage.start]
