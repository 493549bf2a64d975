"""A run: every question of a file asked in order, its answer measured and written."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from famqa import __version__
from famqa.answering import NO_ANSWER
from famqa.assistant import Assistant, Trace, check_question
from famqa.errors import IndexStaleError, QuestionError
from famqa.evaluation.beir import stem_of
from famqa.evaluation.causes import Asked
from famqa.evaluation.facts import Facts
from famqa.evaluation.questions import QuestionSet
from famqa.evaluation.rows import Question
from famqa.evaluation.run_folder import Row
from famqa.evaluation.run_writer import RunWriter
from famqa.evaluation.scoring import depth_for, prediction_row, score_row
from famqa.evaluation.summary import measure
from famqa.records import Answer, Reading, Turn
from famqa.settings import Settings

Ask = Callable[[Question], Trace]
"""Gives a question its answer, with what led to it."""

_OF_THE_ANSWER = {  # the settings that an answer depends on; how it is served is not among them
    *("embedder", "encoding", "passage_tokens", "reader", "candidates", "dense_weight", "answer_threshold"),
    *("max_citations", "max_question_chars", "parse_seconds", "parse_memory_mb"),
}


def ask_with(assistant: Assistant, questions: QuestionSet) -> Ask:
    """Asks the assistant; a turn of a dialogue follows up those before it, which are asked first if they were not."""
    dialogues: dict[str, list[Question]] = {}
    for question in questions.questions:
        dialogues.setdefault(question.id, []).append(question)
    past: dict[str, list[Turn]] = {}

    def ask(question: Question) -> Trace:
        if question.turn <= 1:
            past[question.id] = []
        turns = past.setdefault(question.id, [])
        for earlier in dialogues[question.id][len(turns) : question.turn - 1]:  # a run that was gone on with
            turns.append(_turn(_trace(assistant, earlier, turns)))
        trace = _trace(assistant, question, turns[: max(question.turn - 1, 0)])
        past[question.id] = [*turns, _turn(trace)]
        return trace

    return ask


def _trace(assistant: Assistant, question: Question, turns: Sequence[Turn]) -> Trace:
    try:
        return assistant.trace(question.question, depth_for(question), turns)
    except QuestionError:  # `askable` has left these out; an assistant may be stricter
        generation = assistant.generation()
        refused = Answer(question.question, NO_ANSWER, "", (), 1.0, (), (), generation.name)
        return Trace(refused, (), Reading((), 1.0), generation)


def _turn(trace: Trace) -> Turn:
    answer = trace.answer
    return Turn(answer.standalone_question or answer.question, answer.answer)


def askable(questions: QuestionSet, settings: Settings) -> QuestionSet:
    """The questions that can be asked; those that are too long are left out, and listed."""

    def problem(question: Question) -> str | None:
        try:
            check_question(question.question, settings)
        except QuestionError as error:
            return str(error)
        return None

    return questions.without(problem)


def with_notes(questions: QuestionSet, facts: Facts) -> QuestionSet:
    """The set with a note on each kind of judgement that the documents asked do not bear out."""
    notes = list(questions.notes)
    unproved = [question for question in questions.questions if facts.evidence(question).missing]
    if unproved:
        notes.append(
            "evidence that is not in the documents, so that aliases decide where it was all there is: "
            f"{len(unproved)} of the questions, the first is {unproved[0].name}"
        )
    stems = {stem_of(doc_id) for doc_id in facts.doc_ids}
    judged = {stem for question in questions.questions for stem in question.relevant}
    if judged - stems:
        notes.append(f"relevant documents that are not in the index: {len(judged - stems)} of {len(judged)}")
    return replace(questions, notes=tuple(notes))


def run(
    ask: Ask,
    assistant: Assistant,
    questions: QuestionSet,
    folder: Path | None = None,
    resume: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[list[Row], Row]:
    """Asks all questions; returns the rows of scores.jsonl, without their candidates, and the figures.

    With a folder, everything is written there as it comes, so that a run that is stopped can be gone on with.
    """
    started = time.perf_counter()
    if folder is None:
        rows = [slim(score) for _, score in _scored(ask, assistant, questions.questions, progress)]
        return rows, measure(rows, len(questions.left_out))
    with RunWriter(folder, header(assistant, questions), questions.questions, resume) as writer:
        rows = [slim(row) for row in writer.done]
        progress(len(rows))
        todo = questions.questions[len(rows) :]
        try:
            for prediction, score in _scored(ask, assistant, todo, lambda done: progress(len(writer.done) + done)):
                writer.append(prediction, score)
                rows.append(slim(score))
        except BaseException:
            writer.note_time(time.perf_counter() - started, _asking_s(rows))
            raise
        metrics = measure(rows, len(questions.left_out))
        writer.finish(metrics, time.perf_counter() - started, _asking_s(rows))
    return rows, metrics


def header(assistant: Assistant, questions: QuestionSet) -> Row:
    """The contents of run.json at the start: what is asked of what, and everything the answers depend on."""
    settings = assistant.settings
    manifest = assistant.generation().manifest
    return {
        "famqa": __version__,
        "questions_file": str(questions.path),
        "questions_sha256": questions.sha256,
        "questions": len(questions.questions),
        "left_out": [{"where": row.where, "why": row.why} for row in questions.left_out],
        "notes": list(questions.notes),
        "settings": settings.model_dump(mode="json", include=_OF_THE_ANSWER),
        "index": manifest.name,
        "index_digest": manifest.digest,
        "embedder_digest": manifest.recipe.embedder_digest,
        "reader_digest": assistant.reader.digest,
        "threshold": assistant.threshold,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "elapsed_s": 0.0,
        "asking_s": 0.0,
        "finished": False,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
    }


def slim(row: Row) -> Row:
    """The row without what only the report shows, so that long runs fit into memory."""
    return {name: value for name, value in row.items() if name != "candidates"}


def _scored(
    ask: Ask, assistant: Assistant, questions: Sequence[Question], progress: Callable[[int], None]
) -> Iterator[tuple[Row, Row]]:
    """(prediction, score) of each question, in order; the first one is asked once before, to warm up."""
    if not questions:
        return
    ask(questions[0])
    facts = Facts(assistant.generation())
    for number, question in enumerate(questions):
        progress(number)
        trace = ask(question)
        if trace.generation.name != facts.generation.name:
            raise IndexStaleError(
                f"the index was updated during the run (from {facts.generation.name} to {trace.generation.name}), so "
                "its first answers cannot be compared with its last; run it again"
            )
        asked = Asked(question, trace, assistant.settings.candidates, assistant.threshold)
        yield prediction_row(question, trace.answer), score_row(asked, facts)
    progress(len(questions))


def _asking_s(rows: Sequence[Row]) -> float:
    """Seconds spent on asking."""
    milliseconds: list[float] = [row["latency_ms"] for row in rows]
    return round(sum(milliseconds) / 1000, 3)
