"""Spans to a cited answer, or to no answer. The only way to put words into an answer is to slice a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from famqa.catalog import Catalog
from famqa.records import Answer, AnswerSpan, Candidate, Citation, Document, Reading, Span

ANSWERED, NO_ANSWER = "answered", "no_answer"
_NEAREST = 3
_FURTHER_SHARE = 0.5  # of the best span's probability, from which on another place is worth showing

Range = tuple[int, int]


class CitationError(AssertionError):
    """A citation does not slice to its quote: a fault of famqa that must never reach a reader."""


@dataclass(slots=True)
class _Numbering:
    """The citations made so far; a place cited twice keeps its number, one inside another takes the other's."""

    catalog: Catalog
    citations: list[Citation] = field(default_factory=list)

    def cite(self, doc_id: str, place: Range, section: tuple[str, ...], page: int | None) -> int:
        for made in self.citations:
            if made.doc_id == doc_id and made.start <= place[0] and place[1] <= made.end:
                return made.number
        number = len(self.citations) + 1
        self.citations.append(_citation(self.catalog.document(doc_id), number, place, section, page))
        return number


def compose(
    question: str,
    reading: Reading,
    candidates: Sequence[Candidate],
    catalog: Catalog,
    *,
    threshold: float,
    max_citations: int,
    index: str,
) -> Answer:
    """The answer that the reading gives, with at most `max_citations` citations.

    There is none where the best span is less likely than `threshold`; then the nearest passages are given, and are
    no answer. Further spans are cited beside the best one as long as they are nearly as likely.
    """
    spans = [span for span in reading.spans if span.start < span.end]
    if not spans or spans[0].probability < threshold:
        return Answer(
            question=question,
            status=NO_ANSWER,
            answer="",
            spans=(),
            confidence=round(reading.no_answer_probability, 4),
            citations=(),
            nearest=nearest(candidates, catalog),
            index=index,
        )
    numbering = _Numbering(catalog)
    best = spans[0]
    number = _cite_span(numbering, best)
    for further in spans[1:]:
        if further.probability >= _FURTHER_SHARE * best.probability and len(numbering.citations) < max_citations:
            _cite_span(numbering, further)
    text = catalog.document(best.passage.doc_id).text[best.start : best.end]
    answer = Answer(
        question=question,
        status=ANSWERED,
        answer=" ".join(text.split()),
        spans=(AnswerSpan(text, number, best.start, best.end),),
        confidence=round(best.probability, 4),
        citations=tuple(numbering.citations[: max(max_citations, number)]),
        nearest=(),
        index=index,
    )
    check(answer, catalog)
    return answer


def to_dict(answer: Answer) -> dict[str, Any]:
    """The answer as JSON has it: on the command line, in prediction files and from the web."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "answer": answer.answer,
        "spans": [asdict(span) for span in answer.spans],
        "confidence": answer.confidence,
        "citations": [asdict(citation) for citation in answer.citations],
        "nearest": [asdict(citation) for citation in answer.nearest],
        "index": answer.index,
        "timings_ms": answer.timings_ms,
    }


def nearest(candidates: Sequence[Candidate], catalog: Catalog) -> tuple[Citation, ...]:
    """The best candidates as places to look at."""
    return tuple(
        _citation(
            catalog.document(candidate.passage.doc_id),
            number,
            (candidate.passage.start, candidate.passage.end),
            candidate.passage.headings,
            candidate.passage.page,
        )
        for number, candidate in enumerate(candidates[:_NEAREST], 1)
    )


def check(answer: Answer, catalog: Catalog) -> None:
    """Raises `CitationError` unless every quote and span of the answer is a slice of its document."""
    by_number = {citation.number: citation for citation in answer.citations}
    for citation in (*answer.citations, *answer.nearest):
        if catalog.document(citation.doc_id).text[citation.start : citation.end] != citation.quote:
            raise CitationError(f"citation {citation.number} of {answer.question!r} does not slice to its quote")
    for span in answer.spans:
        cited = by_number[span.citation]
        if not (
            cited.start <= span.start < span.end <= cited.end
            and cited.quote[span.start - cited.start : span.end - cited.start] == span.text
        ):
            raise CitationError(f"a span of {answer.question!r} does not lie in citation {span.citation}")


def _cite_span(numbering: _Numbering, span: Span) -> int:
    """Cites what the span is quoted by; returns the number of the citation that holds the span itself.

    A span outside its quotes is a cell carried from another row: that row is cited too.
    """
    passage = span.passage
    holding = [place for place in span.quotes if place[0] <= span.start and span.end <= place[1]]
    if not holding:
        blocks = numbering.catalog.blocks(passage.doc_id)
        holding = [(block.start, block.end) for block in blocks if block.start <= span.start and span.end <= block.end]
    number = numbering.cite(passage.doc_id, holding[0], passage.headings, passage.page)
    for place in span.quotes:
        numbering.cite(passage.doc_id, place, passage.headings, passage.page)
    return number


def _citation(document: Document, number: int, place: Range, section: tuple[str, ...], page: int | None) -> Citation:
    start, end = place
    return Citation(
        number=number,
        doc_id=document.doc_id,
        title=document.title,
        section=section,
        page=page,
        line=document.line_of(start),
        start=start,
        end=end,
        quote=document.text[start:end],
        source=document.source,
        date=document.date,
    )
