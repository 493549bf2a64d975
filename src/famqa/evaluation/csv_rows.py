"""Question files as tables: a row a question, the columns named as the fields of JSONL."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from famqa.errors import QuestionFileError
from famqa.evaluation.rows import MAX_LINE_CHARS, RowError, parse_json

COLUMNS = ("id", "question", "answers", "all_of", "answerable", "type", "evidence", "standalone")
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")


def read_csv(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    """Each row as (where it stands, what JSONL would hold, or `RowError`). Raises `QuestionFileError` for the header.

    Aliases are parted by "|", groups of `all_of` by ";"; a cell that begins with "[" is JSON.
    """
    before = csv.field_size_limit(MAX_LINE_CHARS)
    try:
        yield from _rows(text, path)
    finally:
        csv.field_size_limit(before)


def _rows(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = _header(next(reader, []), path)
    while True:
        where = f"{path}, line {reader.line_num + 1}"
        try:
            cells = next(reader, None)
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield where, _row(dict(zip(header, cells, strict=False)), len(cells), len(header))
        except csv.Error as error:
            yield where, RowError(f"no row of a table ({error}); mend its quotation marks or shorten it")
        except RowError as error:
            yield where, error


def _header(cells: list[str], path: Path) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    if "turns" in header:
        raise QuestionFileError(f"{path}, line 1: column 'turns': a table cannot hold dialogues; write them as JSONL")
    if "question" not in header:
        raise QuestionFileError(
            f"{path}, line 1: there is no column 'question'; name the columns in the first line ({', '.join(COLUMNS)})"
        )
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise QuestionFileError(f"{path}, line 1: column '{twice[0]}' stands there twice; rename one of them")
    return header


def _row(cells: dict[str, str], found: int, columns: int) -> dict[str, Any]:
    if found > columns:
        raise RowError(f"{found} cells, but the header names {columns}; put cells that hold a comma in quotation marks")
    row: dict[str, Any] = {
        name: cells[name].strip() for name in ("id", "question", "type", "standalone") if cells.get(name, "").strip()
    }
    answers = cells.get("answers", "").strip()
    row["answers"] = _json(answers, "answers") if answers.startswith("[") else _parts(answers, "|")
    groups = cells.get("all_of", "").strip()
    row["all_of"] = _json(groups, "all_of") if groups.startswith("[") else [_parts(g, "|") for g in _parts(groups, ";")]
    evidence = cells.get("evidence", "").strip()
    if evidence:
        row["evidence"] = _json(evidence, "evidence")
    stated = cells.get("answerable", "").strip().lower()
    if stated and stated not in (*_YES, *_NO):
        raise RowError(f"'answerable' is {stated!r}; write true or false, or leave it empty")
    if stated:
        row["answerable"] = stated in _YES
    return row


def _parts(cell: str, mark: str) -> list[str]:
    """The cell's parts, trimmed; an empty part stays, so that it is reported and not passed over."""
    return [part.strip() for part in cell.split(mark)] if cell else []


def _json(cell: str, name: str) -> Any:
    try:
        return parse_json(cell)
    except RowError as error:
        raise RowError(f"'{name}' begins like JSON, but is {error}") from None
