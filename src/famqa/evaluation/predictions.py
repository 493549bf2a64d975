"""Predictions files: checked line by line against the questions and the documents, then measured like a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from famqa.answering import ANSWERED, NO_ANSWER
from famqa.assistant import Assistant, Trace
from famqa.errors import FamqaError
from famqa.evaluation.facts import Facts
from famqa.evaluation.questions import QuestionSet
from famqa.evaluation.rows import MAX_LINE_CHARS, Question
from famqa.evaluation.run_folder import Row
from famqa.evaluation.scoring import depth_for
from famqa.records import Answer, AnswerSpan, Citation, Reading
from famqa.search import search

Key = tuple[str, int]


def recorded(path: Path, questions: QuestionSet, assistant: Assistant) -> tuple[Callable[[Question], Trace], list[str]]:
    """A function from a question to its recorded answer, and what is wrong with the file, a line each.

    The search is run again to see which passages were at hand; the reading is not. Raises `FamqaError` for a file
    that cannot be read.
    """
    answers, problems = read_predictions(path, questions.questions, Facts(assistant.generation()))

    def ask(question: Question) -> Trace:
        generation, settings = assistant.generation(), assistant.settings
        answer = answers[question.id, question.turn]
        asked = " ".join((answer.standalone_question or question.question).split())
        limit = max(depth_for(question), settings.candidates)
        found = search(generation, asked, assistant.embedder.embed_question(asked), limit, settings.dense_weight)
        return Trace(answer, tuple(found), Reading((), 1.0), generation)

    return ask, problems


def read_predictions(path: Path, questions: Sequence[Question], facts: Facts) -> tuple[dict[Key, Answer], list[str]]:
    """The answers by (id, turn), and all that is wrong: a line names the file, its line and what to do.

    Raises `FamqaError` for a file that cannot be read.
    """
    answers: dict[Key, Answer] = {}
    lines: dict[Key, int] = {}
    problems: list[str] = []
    asked = {(question.id, question.turn): question for question in questions}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = _object(line)
            key = _key(row, asked)
            if key in lines:
                raise ValueError(f"{_name(key)} was answered in line {lines[key]} already; keep one of the two lines")
            lines[key] = number
            answers[key] = _answer(row, asked[key])
            problems += [f"{path}, line {number}: {_name(key)}: {what}" for what in _untrue(answers[key], facts)]
        except ValueError as error:
            problems.append(f"{path}, line {number}: {error}")
    for key, question in asked.items():
        if key not in lines:
            problems.append(f"{path}: no line answers {_name(key)} ({question.where}); add it")
    return answers, problems


def _object(line: str) -> Row:
    """The line's JSON object. Raises `ValueError` saying what is wrong, as all below."""
    if len(line) > MAX_LINE_CHARS:
        raise ValueError(f"{len(line):,} characters, {MAX_LINE_CHARS:,} at most are read")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON ({error}); the line must be one whole object") from None
    if not isinstance(row, dict):
        raise ValueError(f"a JSON {type(row).__name__}, not an object")
    return row


def _key(row: Row, asked: dict[Key, Question]) -> Key:
    key = (_field(row, "id", str), _field(row, "turn", int) if "turn" in row else 0)
    if key not in asked:
        raise ValueError(f"{_name(key)} is none of the questions; take the line out or mend its id")
    return key


def _answer(row: Row, question: Question) -> Answer:
    try:
        answer = _unchecked_answer(row)
        if answer.question != question.question:
            raise ValueError(f"'question' is {answer.question[:60]!r}, not the one of the file of questions")
        if answer.status == NO_ANSWER and (answer.answer or answer.spans or answer.citations):
            raise ValueError(f"status '{NO_ANSWER}', but there is an answer or a citation; mend one of them")
        if answer.status == ANSWERED and not (answer.answer.strip() and answer.citations):
            raise ValueError(f"status '{ANSWERED}', but there is no answer or no citation; mend one of them")
    except ValueError as error:
        raise ValueError(f"{_name((question.id, question.turn))}: {error}") from None
    return answer


def _unchecked_answer(row: Row) -> Answer:
    status = _field(row, "status", str)
    if status not in (ANSWERED, NO_ANSWER):
        raise ValueError(f"unknown status {status[:40]!r}; it must be '{ANSWERED}' or '{NO_ANSWER}'")
    confidence = float(_field(row, "confidence", (int, float)))
    if not 0 <= confidence <= 1:
        raise ValueError(f"'confidence' is {confidence:g}; it must be from 0 to 1")
    standalone = row.get("standalone_question")
    if standalone is not None:
        _field(row, "standalone_question", str)
    return Answer(
        question=_field(row, "question", str),
        status=status,
        answer=_field(row, "answer", str),
        spans=tuple(_record(AnswerSpan, span, "spans") for span in _field(row, "spans", list)),
        confidence=confidence,
        citations=tuple(_citation(citation, "citations") for citation in _field(row, "citations", list)),
        nearest=tuple(_citation(citation, "nearest") for citation in _field(row, "nearest", list)),
        index=_field(row, "index", str),
        standalone_question=standalone,
        timings_ms=_timings(row.get("timings_ms", {})),
        note=_field({"note": "", **row}, "note", str),
    )


def _citation(value: Any, name: str) -> Citation:
    section = value.get("section") if isinstance(value, dict) else None
    if not isinstance(section, list) or not all(isinstance(heading, str) for heading in section):
        raise ValueError(f"'{name}' must be a list of objects, each with a 'section' that is a list of texts")
    made: Citation = _record(Citation, {**value, "section": tuple(section)}, name)
    return made


_KINDS = {
    "number": int,
    "citation": int,
    "line": int,
    "start": int,
    "end": int,
    "doc_id": str,
    "quote": str,
    "text": str,
}


def _record(kind: type[Any], value: Any, name: str) -> Any:
    """The record with the fields of a JSON object, checked as far as measuring relies on them."""
    try:
        made = kind(**value)
    except TypeError as error:
        raise ValueError(f"'{name}' does not have the fields of an answer ({error})") from None
    for field, wanted in _KINDS.items():
        found = value.get(field)
        if field in value and (not isinstance(found, wanted) or isinstance(found, bool)):
            raise ValueError(f"'{field}' in '{name}' is {str(found)[:40]!r}; it must be {_KIND_NAMES[wanted]}")
    return made


_KIND_NAMES: dict[Any, str] = {str: "a text", int: "a whole number", list: "a list", (int, float): "a number"}


def _field(row: Row, name: str, kind: Any) -> Any:
    value = row.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        found = "missing" if value is None else repr(str(value)[:40])
        raise ValueError(f"'{name}' is {found}; it must be {_KIND_NAMES[kind]}")
    return value


def _timings(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(isinstance(ms, int | float) for ms in value.values()):
        raise ValueError("'timings_ms' must be an object of numbers")
    return {str(name): float(ms) for name, ms in value.items()}


def _untrue(answer: Answer, facts: Facts) -> Iterator[str]:
    """What the answer claims of the documents and is not so."""
    for citation in (*answer.citations, *answer.nearest):
        text = facts.document_text(citation.doc_id)
        kind = "citation" if answer.citations else "nearest passage"
        if text is None:
            yield f"{kind} {citation.number}: there is no document '{citation.doc_id}' in the index; name its --corpus"
        elif text[max(citation.start, 0) : citation.end] != citation.quote or not citation.quote:
            yield (
                f"{kind} {citation.number}: the quote is not what {citation.doc_id} says at "
                f"{citation.start}-{citation.end}; it was altered, or the document was"
            )
    by_number = {citation.number: citation for citation in answer.citations}
    for span in answer.spans:
        cited = by_number.get(span.citation)
        if cited is None:
            yield f"a span names citation {span.citation}, which is not there; mend its number"
        elif not (
            cited.start <= span.start < span.end <= cited.end
            and cited.quote[span.start - cited.start : span.end - cited.start] == span.text
        ):
            yield f"the span {span.text[:40]!r} does not lie in citation {span.citation}; it was altered"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise FamqaError(f"{path}: {error.strerror}; name a predictions file (predictions.jsonl of a run)") from None
    except UnicodeDecodeError as error:
        raise FamqaError(f"{path}: not UTF-8 (byte {error.start}); name a predictions file") from None


def _name(key: Key) -> str:
    return f"question '{key[0]}'" + (f" turn {key[1]}" if key[1] else "")
