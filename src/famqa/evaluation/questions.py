"""Question files: JSONL, one question or one dialogue (`turns`) a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from famqa.errors import QuestionFileError


@dataclass(frozen=True, slots=True)
class Question:
    """One question and what is known of its answer. `turn` counts from 1 in a dialogue, and is 0 outside one."""

    id: str
    question: str
    answers: tuple[str, ...] = ()  # aliases: one of them is enough
    all_of: tuple[tuple[str, ...], ...] = ()  # groups of aliases: one of each group is needed
    answerable: bool = True
    type: str = ""
    turn: int = 0


def read_questions(path: Path) -> list[Question]:
    """All questions of a file, in order. Raises `QuestionFileError` naming file, line and field."""
    try:
        lines = path.read_text("utf-8-sig").split("\n")  # not splitlines: JSON may hold other line ends
    except OSError as error:
        raise QuestionFileError(f"{path}: {error.strerror}; name a file of questions (JSONL)") from None
    except UnicodeDecodeError as error:
        raise QuestionFileError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    questions: list[Question] = []
    first_line: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        row = _object(line, where)
        row_id = str(row.get("id", f"line-{number}"))
        if row_id in first_line:
            raise QuestionFileError(f"{where}: id '{row_id}' was used in line {first_line[row_id]}; ids must differ")
        first_line[row_id] = number
        questions += _dialogue(row, row_id, where) if "turns" in row else [_question(row, row_id, 0, where)]
    if not questions:
        raise QuestionFileError(f"{path}: there is no question in it; write one JSON object a line")
    return questions


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise QuestionFileError(f"{where}: no JSON ({error}); write one JSON object a line") from None
    if not isinstance(row, dict):
        raise QuestionFileError(f"{where}: a JSON {type(row).__name__}, not an object; write {{...}}")
    return row


def _dialogue(row: dict[str, Any], row_id: str, where: str) -> list[Question]:
    turns = row["turns"]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise QuestionFileError(f"{where}: 'turns' must be a list of at least one object")
    return [_question(turn, row_id, number, f"{where}, turn {number}") for number, turn in enumerate(turns, 1)]


def _question(row: dict[str, Any], row_id: str, turn: int, where: str) -> Question:
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise QuestionFileError(f"{where}: 'question' must be a text that is not empty")
    answers = _texts(row.get("answers") or [], "answers", where)
    groups = row.get("all_of") or []
    if not isinstance(groups, list):
        raise QuestionFileError(f"{where}: 'all_of' must be a list of lists of texts")
    answerable = row.get("answerable", bool(answers or groups))
    if not isinstance(answerable, bool):
        raise QuestionFileError(f"{where}: 'answerable' must be true or false")
    if answerable and not (answers or groups):
        raise QuestionFileError(f"{where}: an answerable question needs 'answers'")
    return Question(
        id=row_id,
        question=question,
        answers=answers,
        all_of=tuple(_texts(group, "all_of", where) for group in groups),
        answerable=answerable,
        type=str(row.get("type", "")),
        turn=turn,
    )


def _texts(value: Any, field: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise QuestionFileError(f"{where}: '{field}' must be a list of texts that are not empty")
    return tuple(value)
