"""Spans to a cited answer, or to no answer. The only way to put words into an answer is to slice a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from famqa.asking import asks_for_several, asks_to_describe, asks_to_explain
from famqa.catalog import Catalog
from famqa.documents import has_lines
from famqa.explaining import explained
from famqa.lead_ins import items_led_in
from famqa.records import Answer, AnswerSpan, BlockKind, Candidate, Citation, Document, Reading, Span
from famqa.tabulating import Tabulated
from famqa.terms import content_terms, terms

ANSWERED, NO_ANSWER = "answered", "no_answer"
_NEAREST = 3
_MOST_LISTED = 40  # citations of a list
_FEWEST_ITEMS = 2  # of a list in an answer, for which its lead-in is not part of it
_MORE = "There may be more: the documents go on beyond what is listed here."
_RIVAL_SHARE = 0.8  # of it, from which on a place is shown that says something else
_READ_AT_ONCE = 1000  # characters of a quote that goes from the row of a carried cell to the row that asked for it
_FURTHER_SHARE = 0.5  # of the best span's probability, from which on a place that agrees with it is worth showing

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
    is_cut: bool = False,
) -> Answer:
    """The answer that the reading gives, with at most `max_citations` citations, more for a list.

    There is none where the best span is less likely than `threshold`; then the nearest passages are given, and are
    no answer. Further spans are cited beside the best one if they are about as likely, or agree with it; they are part
    of the answer where the question asks for several, or where another document says otherwise. Where it asks for an
    explanation, up to three whole sentences are the answer; where the best span leads in a list, its items are.
    `is_cut` says that the list read from goes on.
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
    several, explains = asks_for_several(question), asks_to_explain(question)
    further = [
        span
        for span in spans[1:]
        if span.probability >= _RIVAL_SHARE * best.probability
        or (span.probability >= _FURTHER_SHARE * best.probability and (several or _agree(best, span, catalog)))
    ]
    if items := items_led_in(question, best, catalog):
        several, best, further = True, items[0], items[1:]
    most = _MOST_LISTED if several else max_citations
    if explains:
        best = explained(question, best, spans[1:], asks_to_describe(question))
    rival = None if several or explains else _rival(best, further, catalog)
    listed = [best, *([rival] if rival else []), *(span for span in further if span is not rival)]
    if several:
        listed = _without_lead_ins(listed, catalog)
        is_cut |= len(listed) > _MOST_LISTED
        listed = _in_document_order(listed[:_MOST_LISTED])
    cited = [(span, _cite_span(numbering, span)) for span in listed if len(numbering.citations) < most]
    chosen = cited if several else cited[: 2 if rival else 1]
    if explains:
        parts = [_whole_quote(numbering, number) for _, number in chosen]
    else:
        parts = [_answer_span(catalog, span, number) for span, number in chosen]
    kept = _distinct(parts)
    is_cut |= len(listed) > len(cited)
    answer = Answer(
        question=question,
        status=ANSWERED,
        answer="; ".join(" ".join(part.text.split()) for part in kept),
        spans=tuple(kept),
        confidence=round(best.probability, 4),
        citations=tuple(numbering.citations[: max(most, cited[0][1])]),
        nearest=(),
        index=index,
        note=_differing(numbering, kept) if rival else _MORE if several and is_cut else "",
    )
    check(answer, catalog)
    return answer


def from_table(question: str, table: Tabulated, catalog: Catalog, index: str) -> Answer:
    """The answer that all rows of a table give, with those rows as its citation."""
    numbering = _Numbering(catalog)
    parts = [_answer_span(catalog, span, _cite_span(numbering, span)) for span in table.spans]
    kept = _distinct(parts)
    answer = Answer(
        question=question,
        status=ANSWERED,
        answer="; ".join(" ".join(part.text.split()) for part in kept),
        spans=tuple(kept),
        confidence=table.spans[0].probability,
        citations=tuple(numbering.citations),
        nearest=(),
        index=index,
        note=table.note,
    )
    check(answer, catalog)
    return answer


def _in_document_order(spans: Sequence[Span]) -> list[Span]:
    """The spans by their places; the documents in the order of their likeliest span."""
    rank = {span.passage.doc_id: -n for n, span in reversed(list(enumerate(spans)))}
    return sorted(spans, key=lambda span: (-rank[span.passage.doc_id], span.start))


def _without_lead_ins(spans: Sequence[Span], catalog: Catalog) -> list[Span]:
    """The spans without those of a line that leads in a list ("Bring:") of which two items or more are there."""
    items = [span.passage.search_text for span in spans if span.passage.kind is BlockKind.LIST_ITEM]

    def leads_in(span: Span) -> bool:
        start, end = span.quotes[0]
        quote = catalog.document(span.passage.doc_id).text[start:end].rstrip()
        return quote.endswith(":") and sum(quote in text for text in items) >= _FEWEST_ITEMS

    return [span for span in spans if span.passage.kind is BlockKind.LIST_ITEM or not leads_in(span)]


def _rival(best: Span, further: Sequence[Span], catalog: Catalog) -> Span | None:
    """The likeliest span of another document that is about as likely as the best one and says something else."""
    said = _text(best, catalog)
    for span in further:
        if span.probability < _RIVAL_SHARE * best.probability:
            return None
        if span.passage.doc_id != best.passage.doc_id and _contradicts(said, _text(span, catalog)):
            return span
    return None


def _agree(one: Span, other: Span, catalog: Catalog) -> bool:
    """Whether one of the answers says all that the other says."""
    said = [set(content_terms(_text(span, catalog))) for span in (one, other)]
    return all(said) and (said[0] <= said[1] or said[1] <= said[0])


def _contradicts(one: str, other: str) -> bool:
    """Whether two answers are of like kind, with figures or without, and have nothing in common."""
    has_figures = [any(char.isdigit() for char in text) for text in (one, other)]
    return has_figures[0] == has_figures[1] and not set(content_terms(one)) & set(content_terms(other))


def _differing(numbering: _Numbering, parts: Sequence[AnswerSpan]) -> str:
    """One line that names what each document says, with its date where it has one."""
    told = []
    for part in parts:
        citation = numbering.citations[part.citation - 1]
        dated = f" ({citation.date})" if citation.date else ""
        told.append(f"“{' '.join(part.text.split())}” in {citation.title}{dated}")
    return f"The documents differ: {', but '.join(told)}."


def _text(span: Span, catalog: Catalog) -> str:
    return catalog.document(span.passage.doc_id).text[span.start : span.end]


def _answer_span(catalog: Catalog, span: Span, number: int) -> AnswerSpan:
    return AnswerSpan(_text(span, catalog), number, span.start, span.end)


def _whole_quote(numbering: _Numbering, number: int) -> AnswerSpan:
    citation = numbering.citations[number - 1]
    return AnswerSpan(citation.quote, number, citation.start, citation.end)


def _distinct(parts: Sequence[AnswerSpan]) -> list[AnswerSpan]:
    """The parts without those that say nothing new: every term of theirs stands in one before."""
    kept: list[AnswerSpan] = []
    for part in parts:
        said = set(terms(part.text))
        if not any(said <= set(terms(other.text)) for other in kept):
            kept.append(part)
    return kept


def to_dict(answer: Answer) -> dict[str, Any]:
    """The answer as JSON has it: on the command line, in prediction files and from the web."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "answer": answer.answer,
        "spans": [asdict(span) for span in answer.spans],
        "confidence": answer.confidence,
        "note": answer.note,
        "citations": [asdict(citation) for citation in answer.citations],
        "nearest": [asdict(citation) for citation in answer.nearest],
        "index": answer.index,
        "timings_ms": answer.timings_ms,
    }


def position(citation: Citation) -> str:
    """ "page 3" or "line 12", whichever a reader of the file would count by; "" where there is neither."""
    if citation.page is not None:
        return f"page {citation.page}"
    return f"line {citation.line}" if has_lines(citation.doc_id) else ""


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

    A span outside its quotes is a cell carried from a row above: only with that row does the quote show the answer, so
    it begins there, and the two rows are cited apart where they are too far apart to be read at once.
    """
    passage = span.passage
    holding = next((place for place in span.quotes if place[0] <= span.start and span.end <= place[1]), None)
    others = [place for place in span.quotes if place != holding]
    if holding is None:
        blocks = numbering.catalog.blocks(passage.doc_id)
        holding = next((b.start, b.end) for b in blocks if b.start <= span.start and span.end <= b.end)
        if others and 0 < others[0][1] - holding[0] <= _READ_AT_ONCE:
            holding = holding[0], others.pop(0)[1]
    number = numbering.cite(passage.doc_id, holding, passage.headings, passage.page)
    for place in others:
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
