"""A turn of the conversation, and the record of it that a browser keeps.

A record holds no word of a document: it names places by offsets and the digest of the text. `restored` slices the
words anew, so what a browser kept can show only what the documents say today, or that they have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from famqa.answering import ANSWERED
from famqa.errors import DocumentError
from famqa.records import Answer, AnswerSpan, Block, Citation, Document
from famqa.web import source
from famqa.web.links import LinkError, citation_at, text_digest

QUOTE_CHARS = 1200
EXCERPT_CHARS = 180
MOST_TURNS = 30

Range = tuple[int, int]
Documents = Callable[[str], Document]
Blocks = Callable[[str], Sequence[Block]]
_Offset = Annotated[int, Field(ge=0, le=10**12)]
_Text = Annotated[str, Field(max_length=4000)]
_Place = tuple[_Text, _Offset, _Offset]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and what came of it: an answer, an error in one line, or neither yet."""

    number: int  # from 1, never used twice in a conversation
    question: str
    within: tuple[str, ...] = ()  # the documents that were asked; all if empty
    answer: Answer | None = None
    error: str = ""
    step: str = ""  # what is being done while there is neither
    stale: bool = False  # it was answered, and its documents have changed since
    quotes: tuple[str, ...] = ()  # HTML of each of `sources()`, made by `source.quoted`
    markup: Mapping[str, tuple[Range, ...]] = field(default_factory=dict)  # by doc_id: marks, not words
    digests: Mapping[str, str] = field(default_factory=dict)  # by doc_id: of the text that the answer is cut from
    verdict: str = ""  # "right" or "wrong", as the visitor found
    told: str = ""  # what became of the visitor's verdict, in a line

    def sources(self) -> tuple[Citation, ...]:
        """All that can be opened from this turn, in the order of the `data-ref` numbers on the page."""
        return (*self.answer.citations, *self.answer.nearest) if self.answer else ()

    def spans(self, ref: int) -> list[Range]:
        """Where the answer stands inside one of its sources; nowhere in a nearest passage."""
        if self.answer is None or ref >= len(self.answer.citations):
            return []
        number = self.answer.citations[ref].number
        return [(span.start, span.end) for span in self.answer.spans if span.citation == number]


class Record(BaseModel):
    """What a browser keeps of an answered turn."""

    number: Annotated[int, Field(ge=1, le=10**6)]
    question: _Text
    standalone: _Text | None = None
    within: Annotated[list[_Text], Field(max_length=200)] = []
    status: Literal["answered", "no_answer"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    note: _Text = ""
    index: _Text
    digests: dict[_Text, _Text]
    citations: Annotated[list[_Place], Field(max_length=100)]
    nearest: Annotated[list[_Place], Field(max_length=20)]
    spans: Annotated[list[tuple[_Offset, _Offset, _Offset]], Field(max_length=200)]  # number of the citation, range
    verdict: Literal["", "right", "wrong"] = ""


def completed(turn: Turn, answer: Answer, document: Documents, blocks: Blocks) -> Turn:
    """The turn with its answer and all that showing it takes; its documents are read with the two functions."""
    turn = replace(turn, answer=answer, step="", error="")
    quotes = tuple(
        source.quoted(
            document(citation.doc_id),
            blocks(citation.doc_id),
            citation,
            turn.spans(ref),
            QUOTE_CHARS if ref < len(answer.citations) else EXCERPT_CHARS,
        )
        for ref, citation in enumerate(turn.sources())
    )
    markup: dict[str, tuple[Range, ...]] = {}
    for citation in answer.citations:
        touched = [b for b in blocks(citation.doc_id) if b.start < citation.end and b.end > citation.start]
        marks = tuple(mark for block in touched for mark in block.markup)
        markup[citation.doc_id] = (*markup.get(citation.doc_id, ()), *marks)
    digests = {citation.doc_id: text_digest(document(citation.doc_id)) for citation in turn.sources()}
    return replace(turn, quotes=quotes, markup=markup, digests=digests)


def recorded(turn: Turn) -> Record | None:
    """What a browser is to keep of the turn; None where there is no answer to keep."""
    answer = turn.answer
    if answer is None or len(turn.question) > 4000:
        return None
    return Record(
        number=turn.number,
        question=turn.question,
        standalone=answer.standalone_question,
        within=list(turn.within),
        status="answered" if answer.status == ANSWERED else "no_answer",
        confidence=min(max(answer.confidence, 0.0), 1.0),
        note=answer.note,
        index=answer.index,
        digests=dict(turn.digests),
        citations=[(each.doc_id, each.start, each.end) for each in answer.citations],
        nearest=[(each.doc_id, each.start, each.end) for each in answer.nearest],
        spans=[(span.citation, span.start, span.end) for span in answer.spans],
        verdict="right" if turn.verdict == "right" else "wrong" if turn.verdict == "wrong" else "",
    )


def restored(records: Any, document: Documents, blocks: Blocks) -> tuple[Turn, ...]:
    """The turns of a browser's records, in order; whatever is no sound record is left out.

    A turn whose documents no longer hold the text that it was answered from is `stale` and shows no words of them.
    """
    turns: list[Turn] = []
    for stored in records[-MOST_TURNS:] if isinstance(records, list) else ():
        try:
            record = Record.model_validate(stored)
        except ValidationError:
            continue
        if not turns or record.number > turns[-1].number:
            turns.append(_restored(record, document, blocks))
    return tuple(turns)


def _restored(record: Record, document: Documents, blocks: Blocks) -> Turn:
    turn = Turn(record.number, record.question, tuple(record.within), verdict=record.verdict)
    try:
        for doc_id, _, _ in (*record.citations, *record.nearest):
            if text_digest(document(doc_id)) != record.digests.get(doc_id):
                return replace(turn, stale=True)
        return completed(turn, _answer(record, document, blocks), document, blocks)
    except (DocumentError, LinkError, StopIteration):
        return replace(turn, stale=True)


def _answer(record: Record, document: Documents, blocks: Blocks) -> Answer:
    def cited(places: Sequence[_Place]) -> tuple[Citation, ...]:
        return tuple(
            citation_at(document(doc_id), blocks(doc_id), start, end, number)
            for number, (doc_id, start, end) in enumerate(places, 1)
        )

    citations = cited(record.citations)
    spans: list[AnswerSpan] = []
    for number, start, end in record.spans:
        citation = next(each for each in citations if each.number == number)
        if not citation.start <= start < end <= citation.end:
            raise LinkError("a part of the answer lies outside its source")
        spans.append(AnswerSpan(document(citation.doc_id).text[start:end], number, start, end))
    return Answer(
        question=record.question,
        status=record.status,
        answer="; ".join(" ".join(span.text.split()) for span in spans),
        spans=tuple(spans),
        confidence=record.confidence,
        citations=citations,
        nearest=cited(record.nearest),
        index=record.index,
        standalone_question=record.standalone,
        note=record.note,
    )
