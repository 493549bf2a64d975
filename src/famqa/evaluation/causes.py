"""Why an answer is wrong: the one stage at which the fact was lost, and what shows it.

load    the fact is in no document, or in no block of one
cut     it is in a document, but no passage holds it whole
search  a passage holds it, but was not among those read
read    it was read, but something else was chosen
refuse  it was read, but no answer was given; or one was given where there is none
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from famqa.answering import ANSWERED
from famqa.evaluation.facts import Evidenced, Facts, Place, holds
from famqa.evaluation.metrics import contains, group_hits, groups, texts_of
from famqa.evaluation.rows import Question
from famqa.records import Span

if TYPE_CHECKING:
    from famqa.assistant import Trace

LOAD, CUT, SEARCH, READ, REFUSE = CAUSES = ("load", "cut", "search", "read", "refuse")
_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Cause:
    """The stage that lost the fact, one sentence saying what decided it, and where the documents hold it."""

    name: str
    evidence: str
    place: Place | None = None
    rank: int = 0  # of the passage with the fact, from 1; 0 where the search did not list it

    @property
    def reached(self) -> tuple[int, float]:
        """How far the fact came: greater is further."""
        return CAUSES.index(self.name), 1 / self.rank if self.rank else 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what became of it, as the search for causes needs it."""

    question: Question
    trace: Trace
    read: int  # how many of the candidates the reader saw
    threshold: float  # least probability at which to answer

    @property
    def is_answered(self) -> bool:
        return self.trace.answer.status == ANSWERED


def cause(asked: Asked, facts: Facts, evidenced: Evidenced) -> Cause:
    """Why the answer is wrong; of a list, what lost the missing item that was lost first."""
    question = asked.question
    if not question.answerable:
        return Cause(
            REFUSE,
            f"The documents do not answer this, but {_shown(asked.trace.answer.answer)} was given with confidence "
            f"{asked.trace.answer.confidence:.3f} (least to answer: {asked.threshold:.3f}).",
        )
    if question.judged:
        return _cause_by_document(asked, facts)
    hits = group_hits(question, texts_of(asked.trace.answer))
    missing = [group for group, is_hit in zip(groups(question), hits, strict=True) if not is_hit]
    causes = [_cause_of_group(asked, group, facts, evidenced) for group in missing]
    return min(causes, key=lambda found: found.reached)


def _cause_of_group(asked: Asked, aliases: Sequence[str], facts: Facts, evidenced: Evidenced) -> Cause:
    """Of all places with the fact, the one that came furthest decides."""
    places = facts.of_group(aliases, asked.question, evidenced)
    if not places:
        return Cause(LOAD, _nowhere(aliases, evidenced, facts))
    causes = [_cause_of_place(asked, place, aliases, facts) for place in places]
    return max(causes, key=lambda found: found.reached)


def _cause_of_place(asked: Asked, place: Place, aliases: Sequence[str], facts: Facts) -> Cause:
    where = f"{_shown(facts.text(place))} ({place.doc_id}, line {facts.line(place)})"
    if not facts.is_in_a_block(place):
        return Cause(LOAD, f"{where} is in the document's text, but in no block of it.", place)
    if not facts.passages_holding(place):
        touching = len(facts.passages_touching([place]))
        how = f"is split over {touching} passages" if touching > 1 else "is cut off" if touching else "is in no passage"
        return Cause(CUT, f"{where} is in a block, but {how}; none holds it whole.", place)
    rank = next((n for n, c in enumerate(asked.trace.candidates, 1) if holds(c.passage, place)), 0)
    if not 0 < rank <= asked.read:
        among = f"came at rank {rank}" if rank else f"was not among the first {len(asked.trace.candidates)}"
        return Cause(SEARCH, f"The passage with {where} {among}; the first {asked.read} were read.", place, rank)
    read = f"The passage with {where} was read (rank {rank})"
    if asked.is_answered:
        return Cause(READ, f"{read}, but {_chosen(asked)} was chosen{_next_right(asked, place, aliases)}.", place, rank)
    return Cause(REFUSE, f"{read}, but no answer was given{_best_span(asked, place, aliases)}.", place, rank)


def _cause_by_document(asked: Asked, facts: Facts) -> Cause:
    """The same for questions that are judged by document."""
    present = facts.relevant(asked.question)
    if not present:
        return Cause(LOAD, f"None of the {len(asked.question.relevant)} relevant documents is in the index.")
    ranks = [n for n, candidate in enumerate(asked.trace.candidates, 1) if candidate.passage.doc_id in present]
    place = Place(present[0], 0, 0)
    if not ranks or ranks[0] > asked.read:
        among = f"came at rank {ranks[0]}" if ranks else f"is not among the first {len(asked.trace.candidates)}"
        return Cause(SEARCH, f"A passage of a relevant document {among}; the first {asked.read} were read.", place)
    read = f"A passage of a relevant document was read (rank {ranks[0]})"
    if asked.is_answered:
        return Cause(READ, f"{read}, but {_chosen(asked)} was chosen, from another one.", place)
    return Cause(REFUSE, f"{read}, but no answer was given.", place)


def _chosen(asked: Asked) -> str:
    citations = asked.trace.answer.citations
    return _shown(asked.trace.answer.answer) + (
        f" ({citations[0].doc_id}, line {citations[0].line})" if citations else ""
    )


def _next_right(asked: Asked, place: Place, aliases: Sequence[str]) -> str:
    """Where the right span came in the reading, if it came at all."""
    for rank, span in enumerate(asked.trace.reading.spans, 1):
        if _is_right(span, place, aliases):
            return f"; the right span was number {rank}, with probability {span.probability:.3f}" if rank > 1 else ""
    return ""


def _best_span(asked: Asked, place: Place, aliases: Sequence[str]) -> str:
    if not asked.trace.reading.spans:
        return ""
    best = asked.trace.reading.spans[0]
    kind = "which is right" if _is_right(best, place, aliases) else "which is not right"
    text = _shown(_span_text(best))
    return f": the best span, {text}, {kind}, has probability {best.probability:.3f}, below {asked.threshold:.3f}"


def _is_right(span: Span, place: Place, aliases: Sequence[str]) -> bool:
    text = _span_text(span)
    return place.overlaps(span.passage.doc_id, span.start, span.end) or any(contains(text, alias) for alias in aliases)


def _span_text(span: Span) -> str:
    """The span's text; a cell carried from another row stands in the passage's search text only."""
    passage = span.passage
    if passage.start <= span.start and span.end <= passage.end:
        return passage.text[span.start - passage.start : span.end - passage.start]
    held = (s for s in passage.segments if s.start <= span.start and span.end <= s.start + s.length)
    return next(
        (passage.search_text[s.search_start + span.start - s.start :][: span.end - span.start] for s in held), ""
    )


def _nowhere(aliases: Sequence[str], evidenced: Evidenced, facts: Facts) -> str:
    others = f" nor any of {len(aliases) - 1} other spellings" if len(aliases) > 1 else ""
    text = f"No document of the index holds {_shown(aliases[0])}{others}"
    unknown = sorted({entry.doc for entry in evidenced.missing if entry.doc not in facts.doc_ids})
    return f"{text}; the evidence's document {unknown[0]} is not in it." if unknown else f"{text}."


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= _SHOWN_CHARS else flat[: _SHOWN_CHARS - 1] + '…'}”"
