"""A run's folder as `famqa eval --out` leaves it, read back for the report and for comparing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from famqa.errors import FamqaError

Row = dict[str, Any]
"""A JSON object of one of a run's files."""

PREDICTIONS, SCORES, METRICS, RUN = "predictions.jsonl", "scores.jsonl", "metrics.json", "run.json"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """What one run left: rows are in the order of the questions, dictionaries as their files hold them."""

    path: Path
    run: Row  # what was asked of what, when, with which settings and digests
    metrics: Row  # the figures
    scores: tuple[Row, ...]  # a row a question: expected, given, right or not, cause, candidates


def read_run(folder: Path) -> RunFolder:
    """The run in `folder`. Raises `FamqaError` in one line for a folder that holds no whole run."""
    if not folder.is_dir():
        raise FamqaError(f"{folder}: no such folder; name the folder of a run (famqa eval QUESTIONS --out DIR)")
    run = read_object(folder / RUN)
    if run.get("finished") is False:
        raise FamqaError(f"{folder}: the run was not finished; go on with famqa eval QUESTIONS --out {folder} --resume")
    return RunFolder(folder, run, read_object(folder / METRICS), tuple(_rows(folder / SCORES)))


def read_predictions(folder: Path) -> list[Row]:
    """The run's answers as `predictions.jsonl` holds them, in order. Raises `FamqaError`."""
    return _rows(folder / PREDICTIONS)


def key_of(row: Row) -> tuple[str, int]:
    """Id and turn of the question that a row of `scores.jsonl` or `predictions.jsonl` is about; 0 outside dialogues."""
    return str(row["id"]), int(row.get("turn") or 0)


def read_object(path: Path, then: str = "run famqa eval again") -> Row:
    """The JSON object in a file. Raises `FamqaError`, which says what to do `then`."""
    try:
        stated = json.loads(_text(path))
    except ValueError as error:
        raise FamqaError(f"{path}: no JSON ({error}); {then}") from None
    if not isinstance(stated, dict):
        raise FamqaError(f"{path}: a JSON {type(stated).__name__}, not an object; {then}")
    return stated


def _rows(path: Path) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(_text(path).split("\n"), 1):  # not splitlines: JSON may hold other line ends
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise FamqaError(f"{path}, line {number}: no JSON ({error}); run famqa eval again") from None
        if not isinstance(row, dict) or "id" not in row:
            raise FamqaError(f"{path}, line {number}: no object with an 'id'; run famqa eval again")
        rows.append(row)
    return rows


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise FamqaError(
            f"{path}: {error.strerror}; name the folder of a finished run (famqa eval QUESTIONS --out DIR)"
        ) from None
    except UnicodeDecodeError as error:
        raise FamqaError(f"{path}: not UTF-8 (byte {error.start}); run famqa eval again") from None
