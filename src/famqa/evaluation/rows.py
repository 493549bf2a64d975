"""One row of a question file, as JSON has it, to questions; what is wrong with a row is said in one line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MAX_LINE_CHARS = 1_000_000
"""A longer line or cell is no question; it is left out without being looked at further."""


class RowError(ValueError):
    """What is wrong with one row, and what to do about it; the file's other rows are not affected."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of a document that proves the answer, word for word."""

    doc: str  # the document's id
    text: str
    role: str = ""  # "" proves it alone; "part": all parts are needed; "context": only supplies what a row leaves out


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
    evidence: tuple[Evidence, ...] = ()
    standalone: str = ""  # a turn written out so that it needs no other
    judged: tuple[tuple[str, int], ...] = ()  # BEIR: (document, grade) as qrels name them
    where: str = field(default="", compare=False)  # file and line

    @property
    def name(self) -> str:
        """The id, with the turn of a dialogue: "d03 turn 2"."""
        return f"{self.id} turn {self.turn}" if self.turn else self.id

    @property
    def relevant(self) -> frozenset[str]:
        """The documents that the qrels name relevant, as they name them."""
        return frozenset(stem for stem, grade in self.judged if grade > 0)


def to_questions(row: Any, default_id: str, where: str) -> list[Question]:
    """The row's question, or the turns of its dialogue. Raises `RowError`."""
    if not isinstance(row, dict):
        raise RowError(f"a JSON {type(row).__name__}, not an object; write {{...}}")
    row_id = _id(row.get("id", default_id))
    if "turns" not in row:
        return [_question(row, row_id, 0, where)]
    turns = row["turns"]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise RowError("'turns' must be a list of at least one object")
    found: list[Question] = []
    for number, turn in enumerate(turns, 1):
        try:
            found.append(_question(turn, row_id, number, f"{where}, turn {number}"))
        except RowError as error:
            raise RowError(f"turn {number}: {error}; the whole dialogue is left out") from None
    return found


def parse_json(line: str) -> Any:
    """The line's JSON. Raises `RowError`."""
    if len(line) > MAX_LINE_CHARS:
        raise RowError(
            f"{len(line):,} characters in one line, {MAX_LINE_CHARS:,} at most are read; shorten or split it"
        )
    try:
        return json.loads(line)
    except RecursionError:
        raise RowError("JSON nested too deeply; write one flat object a line") from None
    except ValueError as error:
        raise RowError(f"no JSON ({error}); write one JSON object a line") from None


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise RowError(f"'id' is {_shown(value)}; write a text or a number that is not empty")
    return _encodable(str(value), "id")


def _question(row: dict[str, Any], row_id: str, turn: int, where: str) -> Question:
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise RowError(f"'question' is {_shown(question)}; it must be a text that is not empty")
    answers = _texts(_list(row, "answers"), "answers")
    groups = tuple(_texts(group, "all_of") for group in _list(row, "all_of"))
    if not all(groups):
        raise RowError("'all_of' has a group without aliases; fill it or take it out")
    judged = tuple(row.get("judged", ()))  # made by beir.py, not read from a file
    answerable = row.get("answerable")
    if answerable is None:
        answerable = bool(answers or groups or judged)
    if not isinstance(answerable, bool):
        raise RowError(f"'answerable' is {_shown(answerable)}; it must be true or false")
    if answerable and not (answers or groups or judged):
        raise RowError("an answerable question needs 'answers' (a list of aliases) or 'all_of'")
    if not answerable and (answers or groups):
        raise RowError("'answerable' is false, but there are 'answers'; take one of them out")
    return Question(
        id=row_id,
        question=_encodable(question, "question"),
        answers=answers,
        all_of=groups,
        answerable=answerable,
        type=_text(row, "type"),
        turn=turn,
        evidence=tuple(_evidence(entry) for entry in _list(row, "evidence")),
        standalone=_text(row, "standalone"),
        judged=judged,
        where=where,
    )


def _evidence(entry: Any) -> Evidence:
    if not isinstance(entry, dict):
        raise RowError('\'evidence\' must be a list of objects {"doc": ..., "text": ...}')
    doc, text = _text(entry, "doc"), _text(entry, "text")
    if not doc or not text.strip():
        raise RowError("an entry of 'evidence' needs a 'doc' (a document's id) and a 'text' that is not empty")
    return Evidence(doc, text, _text(entry, "role"))


def _list(row: dict[str, Any], name: str) -> list[Any]:
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RowError(f"'{name}' is {_shown(value)}; it must be a list")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise RowError(f"'{name}' must hold lists of texts that are not empty, not {_shown(value)}")
    return tuple(_encodable(text, name) for text in value)


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowError(f"'{name}' is {_shown(value)}; it must be a text")
    return _encodable(value, name)


def _encodable(text: str, name: str) -> str:
    """The text itself; half of a character in \\u escapes cannot be written to a file again."""
    if text != text.encode("utf-8", "replace").decode():
        raise RowError(f"'{name}' holds half a character (a lone surrogate); write it in UTF-8")
    return text


def _shown(value: Any) -> str:
    shown = "missing" if value is None else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
