"""A run: every question of a file asked in order, its answers checked, measured and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median

from famqa.answering import ANSWERED, NO_ANSWER, to_dict
from famqa.assistant import Assistant
from famqa.errors import FamqaError, QuestionError
from famqa.evaluation.metrics import is_right, percentile
from famqa.evaluation.questions import Question
from famqa.records import Answer


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of a run; shares are from 0 to 1, and 0 where there is nothing to divide by."""

    questions: int
    answerable: int
    alias_hit: float  # answerable questions with an alias in the answer or its quotes
    false_refusals: float  # answerable questions that were not answered
    refusal_recall: float  # unanswerable questions that were not answered
    citations_per_answer: float
    verbatim: float  # citations whose quote is the document's text at their offsets
    latency_median_ms: float
    latency_p95_ms: float
    by_type: dict[str, float]  # share right, by the questions' type


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question with the answer it was given."""

    question: Question
    answer: Answer
    verbatim: int  # of its citations, how many slice to their quote

    @property
    def right(self) -> bool:
        return is_right(self.question, self.answer)


def ask_all(
    assistant: Assistant, questions: Sequence[Question], progress: Callable[[int], None] = lambda done: None
) -> Iterator[Prediction]:
    """A prediction a question, in order, as they come; the first question is asked once more before, to warm up."""
    _ask(assistant, questions[0].question)
    for number, question in enumerate(questions):
        progress(number)
        answer = _ask(assistant, question.question)
        sliced = sum(
            assistant.document(citation.doc_id).text[citation.start : citation.end] == citation.quote
            for citation in answer.citations
        )
        yield Prediction(question, answer, sliced)
    progress(len(questions))


def _ask(assistant: Assistant, question: str) -> Answer:
    """The answer; a question that cannot be asked (too long) counts as one that was not answered."""
    try:
        return assistant.ask(question)
    except QuestionError:
        index = assistant.overview().generation
        return Answer(question, NO_ANSWER, "", (), 1.0, (), (), index, timings_ms={"total": 0.0})


def measure(predictions: Sequence[Prediction]) -> Metrics:
    """The metrics of a run's predictions."""
    answerable = [p for p in predictions if p.question.answerable]
    unanswerable = [p for p in predictions if not p.question.answerable]
    answered = [p for p in predictions if p.answer.status == ANSWERED]
    citations = sum(len(p.answer.citations) for p in answered)
    latencies = [p.answer.timings_ms["total"] for p in predictions]
    types = sorted({p.question.type for p in predictions})
    return Metrics(
        questions=len(predictions),
        answerable=len(answerable),
        alias_hit=_share(p.right for p in answerable),
        false_refusals=_share(p.answer.status != ANSWERED for p in answerable),
        refusal_recall=_share(p.right for p in unanswerable),
        citations_per_answer=citations / len(answered) if answered else 0.0,
        verbatim=sum(p.verbatim for p in answered) / citations if citations else 0.0,
        latency_median_ms=median(latencies),
        latency_p95_ms=percentile(latencies, 0.95),
        by_type={name: _share(p.right for p in predictions if p.question.type == name) for name in types},
    )


def write(out: Path, predictions: Sequence[Prediction], metrics: Metrics) -> None:
    """`predictions.jsonl`, a line a question, and `metrics.json` in the folder `out`. Raises `FamqaError`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / "predictions.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            for prediction in predictions:
                file.write(json.dumps(prediction_as_dict(prediction), ensure_ascii=False) + "\n")
        (out / "metrics.json").write_text(json.dumps(asdict(metrics), indent=1) + "\n", "utf-8")
    except OSError as error:
        raise FamqaError(f"{error.filename}: {error.strerror}; name another folder with --out") from None


def prediction_as_dict(prediction: Prediction) -> dict[str, object]:
    """The answer's JSON with the question's id in front, and its turn in a dialogue."""
    question = prediction.question
    place = {"id": question.id} | ({"turn": question.turn} if question.turn else {})
    return place | to_dict(prediction.answer)


def _share(values: Iterator[bool]) -> float:
    found = list(values)
    return fmean(found) if found else 0.0
