"""The records that flow from a file to a cited answer, and the two protocols that models fill.

    file -> Document -> Block -> Passage -> vector + postings        (indexing)
    question -> Candidate -> Span -> Answer                          (asking)

Every `start` and `end` is a half-open range of Unicode code points in the canonical text of one document, unless
its name says otherwise (`search_start`). All records are immutable: make a new one with `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""float32 array of shape (n, dimension); every row has length 1."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the corpus as text; all offsets point into `text`."""

    doc_id: str  # path below the corpus folder, with "/"
    title: str
    text: str  # canonical: for text formats the file's own text without BOM, newlines as LF
    format: str  # "text", "markdown", ...
    sha256: str  # of the file's bytes
    source: str = ""  # where the document comes from, in the words of sources.toml
    date: str = ""  # of the source, as sources.toml states it

    def line_of(self, offset: int) -> int:
        """Line number, from 1, of the code point at `offset`."""
        return self.text.count("\n", 0, offset) + 1


class BlockKind(StrEnum):
    """What a block is; a passage takes the kind of its blocks."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    KEY_VALUE = "key_value"
    TABLE_ROW = "table_row"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table row, or the value of a key-value line, under its header or key.

    A cell that a row span lost is `carried`: its offsets are those of the row above where its text stands.
    """

    header: str
    start: int
    end: int
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's structure. `start:end` leaves out list markers and heading marks."""

    kind: BlockKind
    start: int
    end: int
    headings: tuple[str, ...] = ()  # from the outermost, the document's title left out
    level: int = 0  # of a heading (1 is the title) or of a list item (0 is outermost)
    lead_in: tuple[int, int] | None = None  # the line that introduces a list, or the parent list item
    cells: tuple[Cell, ...] = ()
    markup: tuple[tuple[int, int], ...] = ()  # ranges inside that searching leaves out (emphasis marks, link targets)
    page: int | None = None


def block_of(fields: Sequence[Any]) -> Block:
    """The block whose fields, as `dataclasses.astuple` gives them, went through JSON."""
    kind, start, end, headings, level, lead_in, cells, markup, page = fields
    return Block(
        kind=BlockKind(kind),
        start=start,
        end=end,
        headings=tuple(headings),
        level=level,
        lead_in=None if lead_in is None else (lead_in[0], lead_in[1]),
        cells=tuple(Cell(*cell) for cell in cells),
        markup=tuple((left, right) for left, right in markup),
        page=page,
    )


@dataclass(frozen=True, slots=True)
class Segment:
    """A verbatim piece of a passage's search text.

    `search_text[search_start : search_start + length] == document.text[start : start + length]`.
    """

    search_start: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, searched and read: a slice of one document, with its context in `search_text`."""

    doc_id: str
    ordinal: int  # place in the document, from 0
    kind: BlockKind
    start: int
    end: int
    text: str  # document.text[start:end]
    search_text: str  # title and heading path, lead-in, then the text; a table row as "Header: cell" pairs
    segments: tuple[Segment, ...]
    sentences: tuple[tuple[int, int], ...]  # what is quoted: whole sentences, list items, rows
    headings: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    page: int | None = None

    def to_document(self, search_start: int, search_end: int) -> tuple[int, int] | None:
        """Document range of a range of `search_text`; None where it is not one verbatim piece.

        A range may cross from one segment into the next only if nothing but white space lies between them in the
        document as in the search text.
        """
        first = next((s for s in self.segments if s.search_start <= search_start < s.search_start + s.length), None)
        last = next((s for s in self.segments if s.search_start < search_end <= s.search_start + s.length), None)
        if first is None or last is None or search_end <= search_start:
            return None
        start = first.start + search_start - first.search_start
        end = last.start + search_end - last.search_start
        if first is last:
            return start, end
        if not self.start <= start < end <= self.end:
            return None
        found = self.search_text[search_start:search_end].split()
        return (start, end) if self.text[start - self.start : end - self.start].split() == found else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that search found for a question."""

    row: int  # of the passage in its generation
    passage: Passage
    score: float  # fused, z-scored; higher is better
    cosine: float
    bm25: float  # 0 where no word of the question occurs


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one document that a reader takes for (a part of) the answer."""

    passage: Passage
    start: int
    end: int
    probability: float  # that this span answers the question, from 0 to 1
    quotes: tuple[tuple[int, int], ...]  # what to show as its source: the sentences, the item or the row around it


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of a question's candidates: spans, best first, and how likely it is that none answers."""

    spans: tuple[Span, ...]
    no_answer_probability: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered pointer to the place that an answer was cut from; `quote == document.text[start:end]`."""

    number: int
    doc_id: str
    title: str
    section: tuple[str, ...]
    page: int | None
    line: int
    start: int
    end: int
    quote: str
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """A piece of the answer: `text == document.text[start:end]` in the document of the citation it names."""

    text: str
    citation: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question; `answer` is empty and `nearest` is filled where the documents do not say."""

    question: str
    status: str  # "answered" or "no_answer"
    answer: str
    spans: tuple[AnswerSpan, ...]
    confidence: float  # from 0 to 1: that the answer is right, or on "no_answer", that nothing found answers
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]  # closest passages of a "no_answer"; not an answer
    index: str  # the generation that was asked
    standalone_question: str | None = None  # as it was understood, where that is not how it was asked
    timings_ms: dict[str, float] = field(default_factory=dict)
    note: str = ""  # one line about the answer: what was not found, that documents differ, a reply to small talk


class Embedder(Protocol):
    """Texts to unit vectors."""

    @property
    def digest(self) -> str:
        """sha256 of the weights and of whatever else changes a vector."""

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in order; shape (len(texts), dimension)."""


class Reader(Protocol):
    """A question and its candidate passages to spans."""

    @property
    def digest(self) -> str:
        """Names the reader and its weights, for manifests and runs."""

    @property
    def threshold(self) -> float:
        """Least probability at which to answer, unless the settings say otherwise."""

    def read(self, question: str, candidates: Sequence[Candidate]) -> Reading:
        """The spans that answer, best first; an empty tuple if there is none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is remembered of a question: how it was understood, and the short answer, "" where there was none."""

    question: str
    answer: str = ""
