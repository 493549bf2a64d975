"""One question's row in `scores.jsonl`: right or wrong, why, and every metric that applies to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from statistics import fmean

from famqa.answering import ANSWERED, to_dict
from famqa.evaluation import search_metrics
from famqa.evaluation.beir import stem_of
from famqa.evaluation.causes import Asked, cause
from famqa.evaluation.facts import Evidenced, Facts, Place
from famqa.evaluation.metrics import alias_hit, exact_match, group_hits, groups, references, texts_of, token_f1
from famqa.evaluation.rows import Question
from famqa.evaluation.run_folder import Row
from famqa.records import Answer, Candidate, Citation

CUTOFFS = (1, 5, 10, 20)
DEPTH = 20  # candidates asked for where passages are ranked
DEPTH_OF_DOCUMENTS = 100  # where documents are: several passages may be of one
_LISTED_CANDIDATES = 10
_CANDIDATE_CHARS = 400
_AROUND_CHARS = 300  # that are shown before the place of a fact, and at least after it


def depth_for(question: Question) -> int:
    """How many candidates scoring wants to see."""
    return DEPTH_OF_DOCUMENTS if question.judged else DEPTH


def prediction_row(question: Question, answer: Answer) -> Row:
    """The answer's JSON with the question's id in front, and its turn in a dialogue."""
    place = {"id": question.id} | ({"turn": question.turn} if question.turn else {})
    return place | to_dict(answer)


def score_row(asked: Asked, facts: Facts) -> Row:
    """The question's row; the answer is right if `scores["right"]` is 1."""
    question, answer = asked.question, asked.trace.answer
    evidenced = facts.evidence(question)
    ranked = _Ranked(question, asked.trace.candidates, facts, evidenced)
    scores = _answer_scores(question, answer, facts) | ranked.scores()
    is_right = scores["right"] == 1
    missed = None if is_right else cause(asked, facts, evidenced)
    place = missed.place if missed else _place_of_right(question, answer, facts, evidenced)
    return {
        "id": question.id,
        **({"turn": question.turn} if question.turn else {}),
        "question": question.question,
        "type": question.type,
        "answerable": question.answerable,
        "expected": list(question.answers),
        "all_of": [list(group) for group in question.all_of],
        "status": answer.status,
        "answer": answer.answer,
        "right": is_right,
        "cause": missed.name if missed else None,
        "cause_evidence": missed.evidence if missed else "",
        "place": _place_row(place, facts) if place else None,
        "scores": scores,
        "confidence": answer.confidence,
        "latency_ms": answer.timings_ms.get("total", 0.0),
        "documents": _documents(question, facts, evidenced, place),
        "candidates": ranked.listed(asked.read),
    }


def _answer_scores(question: Question, answer: Answer, facts: Facts) -> dict[str, float]:
    """The metrics of the answer that apply to the question, by name."""
    is_answered = answer.status == ANSWERED
    scores: dict[str, float] = {"right": float(is_right(question, answer))}
    if question.answerable:
        scores["false_refusals"] = float(not is_answered)
    else:
        scores["refusal_recall"] = float(not is_answered)
    if not is_answered:
        scores["refusal_precision"] = float(not question.answerable)
    if question.answerable and groups(question):
        scores["exact_match"] = exact_match(answer.answer, references(question))
        scores["f1"] = token_f1(answer.answer, references(question))
        scores["alias_in_answer"] = float(alias_hit(question, [answer.answer]))
        scores["alias_hit"] = float(alias_hit(question, texts_of(answer)))
    if question.answerable and question.all_of:
        scores["group_coverage"] = fmean(group_hits(question, texts_of(answer)))
    if is_answered:
        right = [_proves(question, citation) for citation in answer.citations]
        scores["citation_precision"] = fmean(right) if right else 0.0
        scores["support"] = float(any(right))
        scores["citations_per_answer"] = float(len(answer.citations))
        if answer.citations:
            scores["verbatim"] = fmean(_is_verbatim(citation, facts) for citation in answer.citations)
    return scores


def is_right(question: Question, answer: Answer) -> bool:
    """An alias in the answer or its quotes, or a relevant document cited; that none was given, where there is none."""
    if not question.answerable:
        return answer.status != ANSWERED
    if question.judged:
        return any(_proves(question, citation) for citation in answer.citations)
    return alias_hit(question, texts_of(answer))


def _proves(question: Question, citation: Citation) -> bool:
    """Whether the quote holds a right answer (of a list, one item of it), or is of a relevant document."""
    if question.judged:
        return dict(question.judged).get(stem_of(citation.doc_id), 0) > 0
    return question.answerable and any(group_hits(question, [citation.quote]))


def _is_verbatim(citation: Citation, facts: Facts) -> bool:
    text = facts.document_text(citation.doc_id)
    return text is not None and text[citation.start : citation.end] == citation.quote


class _Ranked:
    """The candidates of one question and which of them are right."""

    def __init__(self, question: Question, candidates: Sequence[Candidate], facts: Facts, evidenced: Evidenced) -> None:
        self._question = question
        self._candidates = candidates
        self._relevant = facts.passages_touching(evidenced.places)
        self._grades = dict(question.judged)

    def is_right(self, candidate: Candidate) -> bool:
        """By qrels, else by evidence, else by an alias in the passage as it is searched."""
        passage = candidate.passage
        if self._grades:
            return self._grades.get(stem_of(passage.doc_id), 0) > 0
        if self._relevant:
            return (passage.doc_id, passage.ordinal) in self._relevant
        return any(group_hits(self._question, [passage.text])) if self._question.answerable else False

    def scores(self) -> dict[str, float]:
        """Recall, reciprocal rank and nDCG of the search; nothing for a question that has no answer."""
        if not self._question.answerable:
            return {}
        if self._grades:
            documents = dict.fromkeys(stem_of(candidate.passage.doc_id) for candidate in self._candidates)
            ranking = [self._grades.get(stem, 0) for stem in documents]
            grades = [grade for grade in self._grades.values() if grade > 0]
        else:
            ranking = [int(self.is_right(candidate)) for candidate in self._candidates]
            # Without evidence nobody knows how many passages are right: finding one counts as finding all.
            grades = [1] * len(self._relevant)
        found = {f"success_at_{cutoff}": search_metrics.success(ranking, cutoff) for cutoff in CUTOFFS[:2]}
        for cutoff in CUTOFFS:
            found[f"recall_at_{cutoff}"] = (
                search_metrics.recall(ranking, grades, cutoff) if grades else search_metrics.success(ranking, cutoff)
            )
        found["mrr"] = search_metrics.reciprocal_rank(ranking)
        if grades:
            found["ndcg_at_10"] = search_metrics.ndcg(ranking, grades, 10)
        return found

    def listed(self, read: int) -> list[Row]:
        """The first candidates and the first right one after them, as rows."""
        most = max(read, _LISTED_CANDIDATES)
        rows: list[Row] = []
        has_right = False
        for rank, candidate in enumerate(self._candidates, 1):
            is_right = self.is_right(candidate)
            if rank > most and (has_right or not is_right):
                continue
            has_right = has_right or is_right
            passage = candidate.passage
            rows.append(
                {
                    "rank": rank,
                    "doc_id": passage.doc_id,
                    "start": passage.start,
                    "end": passage.end,
                    "section": list(passage.headings),
                    "text": passage.text[:_CANDIDATE_CHARS],
                    "score": round(candidate.score, 4),
                    "read": rank <= read,
                    "right": is_right,
                }
            )
        return rows


def _place_of_right(question: Question, answer: Answer, facts: Facts, evidenced: Evidenced) -> Place | None:
    """Where the fact of a right answer stands: in the evidence, or else where the answer was cut from."""
    if not question.answerable:
        return None
    aliases = [alias for group in groups(question) for alias in group]
    cited = (Place(each.doc_id, each.start, each.end) for each in answer.citations if _proves(question, each))
    around = next(chain(evidenced.places, cited), None)
    return around and (facts.alias_in(around, aliases) or around)


def _documents(question: Question, facts: Facts, evidenced: Evidenced, place: Place | None) -> list[str]:
    """The documents that a question is about: of its qrels, its evidence, or where the fact was found."""
    if question.judged:
        return facts.relevant(question)
    places = evidenced.places or ((place,) if place else ())
    return list(dict.fromkeys(found.doc_id for found in places))


def _place_row(place: Place, facts: Facts) -> Row:
    """The place with its line, its section, and the text around it: its block, as far as some characters go."""
    text = facts.document_text(place.doc_id) or ""
    blocks = facts.entry(place.doc_id).blocks
    block = next((found for found in blocks if found.start <= place.start and place.end <= found.end), None)
    first, last = (block.start, block.end) if block else (place.start, place.end)
    start, end = max(first, place.start - _AROUND_CHARS), min(last, place.start + 2 * _AROUND_CHARS)
    return {
        "doc_id": place.doc_id,
        "start": place.start,
        "end": place.end,
        "line": facts.line(place),
        "section": list(block.headings) if block else [],
        "text_start": start,
        "text": text[start:end],
        "cut": [start > first, end < last],
    }
