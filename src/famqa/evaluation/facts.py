"""Where the documents hold what a question asks for: by its evidence, or else by its aliases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from famqa.evaluation.beir import stem_of
from famqa.evaluation.metrics import TOKEN, groups, joined, spaced, tokens
from famqa.evaluation.rows import Evidence, Question
from famqa.generations import Generation
from famqa.records import Passage

_MOST_PLACES = 50  # of an alias that stands everywhere

Key = tuple[str, int]
"""A passage: its document and its place there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a document."""

    doc_id: str
    start: int
    end: int

    def overlaps(self, doc_id: str, start: int, end: int) -> bool:
        return self.doc_id == doc_id and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class Evidenced:
    """A question's evidence in the documents: found places, and entries that are in none."""

    places: tuple[Place, ...]
    missing: tuple[Evidence, ...]


class Facts:
    """Looks up evidence, aliases and passages in one generation."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self._catalog = generation.catalog
        self.doc_ids = frozenset(generation.catalog.doc_ids())
        self.entry = lru_cache(maxsize=256)(generation.catalog.entry)
        # Every miss without evidence looks through all documents.
        self._joined = cache(lambda doc_id: joined(generation.catalog.document(doc_id).text))

    def evidence(self, question: Question) -> Evidenced:
        """The places that prove the answer; entries that only give context are left out."""
        places: list[Place] = []
        missing: list[Evidence] = []
        for entry in question.evidence:
            if entry.role == "context":
                continue
            place = self._find(entry)
            if place is None:
                missing.append(entry)
            else:
                places.append(place)
        return Evidenced(tuple(dict.fromkeys(places)), tuple(missing))

    def of_group(self, aliases: Sequence[str], question: Question, evidenced: Evidenced) -> list[Place]:
        """Where one of the aliases stands: inside the evidence; if not there, the evidence itself, or any document."""
        inside = [place for around in evidenced.places for place in [self.alias_in(around, aliases)] if place]
        if inside:
            return inside
        if evidenced.places and len(groups(question)) == 1:
            return list(evidenced.places)
        return self.of_aliases(aliases)

    def of_aliases(self, aliases: Sequence[str]) -> list[Place]:
        """Where one of the aliases stands in any document, as whole tokens; the first place of each document."""
        found: list[Place] = []
        wanted = [spaced(alias) for alias in aliases if tokens(alias)]
        for doc_id in sorted(self.doc_ids):
            held = self._joined(doc_id)
            if any(alias in held for alias in wanted):
                whole = Place(doc_id, 0, len(self._catalog.document(doc_id).text))
                found += [place for place in [self.alias_in(whole, aliases)] if place]
                if len(found) == _MOST_PLACES:
                    break
        return found

    def alias_in(self, around: Place, aliases: Sequence[str]) -> Place | None:
        """The first place inside `around` of the first alias that stands there."""
        text = self._catalog.document(around.doc_id).text[around.start : around.end]
        for alias in aliases:
            found = find_tokens(text, alias)
            if found is not None:
                return Place(around.doc_id, around.start + found[0], around.start + found[1])
        return None

    def passages_touching(self, places: Sequence[Place]) -> set[Key]:
        """The passages that overlap one of the places: those that are relevant to the question."""
        return {
            (place.doc_id, passage.ordinal)
            for place in places
            for passage in self.entry(place.doc_id).passages
            if place.overlaps(place.doc_id, passage.start, passage.end)
        }

    def passages_holding(self, place: Place) -> list[Passage]:
        """The passages in which the whole place can be read."""
        return [passage for passage in self.entry(place.doc_id).passages if holds(passage, place)]

    def is_in_a_block(self, place: Place) -> bool:
        """Whether any block of the document has a part of the place."""
        return any(place.overlaps(place.doc_id, block.start, block.end) for block in self.entry(place.doc_id).blocks)

    def document_text(self, doc_id: str) -> str | None:
        """The document's text; None for one that is not in the index."""
        return self._catalog.document(doc_id).text if doc_id in self.doc_ids else None

    def relevant(self, question: Question) -> list[str]:
        """The documents that are relevant by the question's qrels, sorted."""
        return sorted(doc_id for doc_id in self.doc_ids if stem_of(doc_id) in question.relevant)

    def line(self, place: Place) -> int:
        return self._catalog.document(place.doc_id).line_of(place.start)

    def text(self, place: Place) -> str:
        return self._catalog.document(place.doc_id).text[place.start : place.end]

    def _find(self, evidence: Evidence) -> Place | None:
        """Where the evidence stands word for word, white space aside."""
        text = self.document_text(evidence.doc)
        if text is None:
            return None
        start = text.find(evidence.text)
        if start >= 0:
            return Place(evidence.doc, start, start + len(evidence.text))
        match = re.search(r"\s+".join(map(re.escape, evidence.text.split())), text)
        return Place(evidence.doc, *match.span()) if match else None


def holds(passage: Passage, place: Place) -> bool:
    """Whether the place can be read in the passage: in its own stretch, or in a cell carried from another row."""
    if passage.doc_id != place.doc_id:
        return False
    if passage.start <= place.start and place.end <= passage.end:
        return True
    return any(s.start <= place.start and place.end <= s.start + s.length for s in passage.segments)


def find_tokens(text: str, alias: str) -> tuple[int, int] | None:
    """Range of the first place in `text` where the alias stands as whole tokens."""
    wanted = tokens(alias)
    if not wanted or spaced(alias) not in joined(text):
        return None
    found = list(_placed_tokens(text))
    for i in range(len(found) - len(wanted) + 1):
        if [token for token, _, _ in found[i : i + len(wanted)]] == wanted:
            return found[i][1], found[i + len(wanted) - 1][2]
    return None


def _placed_tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """The tokens with their ranges in the text as it stands, however normalisation changes its length."""
    plain, origin = _composed(text)
    for match in TOKEN.finditer(plain):
        for token in tokens(match.group()):
            yield token, origin[match.start()], origin[match.end() - 1] + _width(text, origin[match.end() - 1])


def _composed(text: str) -> tuple[str, Sequence[int]]:
    """The text in NFKC, and for each of its characters where it comes from."""
    if unicodedata.is_normalized("NFKC", text):
        return text, range(len(text))
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    while at < len(text):
        width = _width(text, at)
        piece = unicodedata.normalize("NFKC", text[at : at + width])
        pieces.append(piece)
        origin += [at] * len(piece)
        at += width
    return "".join(pieces), origin


def _width(text: str, at: int) -> int:
    """Length of the character at `at` with the marks that combine with it."""
    end = at + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end - at
