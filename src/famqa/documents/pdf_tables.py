"""Tables of a page: those drawn with rules, and those whose cells only stand below each other. Pure geometry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from famqa.documents.pdf_lines import Line, Run, runs_of, split_run
from famqa.documents.pdf_page import Page, Rule, Word
from famqa.documents.tables import Slot

_NEAR = 2.5  # points that rules may miss each other by
_MAX_COLUMNS, _MAX_ROWS = 40, 400
_MIN_FILLED = 0.4
_ITEM_MARK = re.compile(r"[•◦\-–*]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]")


@dataclass(frozen=True, slots=True)
class RuledTable:
    """A grid drawn on the page, with the text of its cells, and where it stands."""

    grid: list[list[Slot]]
    left: float
    right: float
    top: float


def ruled_tables(page: Page) -> tuple[list[RuledTable], list[Word]]:
    """The tables drawn with rules on both sides of their cells, and the words that stand in none of them."""
    words = list(page.words)
    tables: list[RuledTable] = []
    for rules in _connected(list(page.rules)):
        rows = _places([rule.at for rule in rules if rule.horizontal])
        columns = _places([rule.at for rule in rules if not rule.horizontal])
        if not (2 <= len(columns) - 1 <= _MAX_COLUMNS and 2 <= len(rows) - 1 <= _MAX_ROWS):
            continue
        inside = [word for word in words if _holds(columns, rows, word)]
        grid = _grid(rules, columns, rows, inside)
        filled = sum(bool(slot.text) for row in grid for slot in row)
        if filled < _MIN_FILLED * len(grid) * len(columns[1:]) or len(inside) == len(words) == 0:
            continue  # a chart or a form
        tables.append(RuledTable(grid, columns[0], columns[-1], rows[0]))
        taken = set(map(id, inside))
        words = [word for word in words if id(word) not in taken]
    return tables, words


def _connected(rules: list[Rule]) -> list[list[Rule]]:
    """The rules in groups that touch each other, those too short to be of a table left out."""
    rules = [rule for rule in rules if rule.end - rule.start > 2 * _NEAR]
    if len(rules) > 2000:
        return []
    group = list(range(len(rules)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    horizontal = [i for i, rule in enumerate(rules) if rule.horizontal]
    for j, rule in enumerate(rules):
        if rule.horizontal:
            continue
        for i in horizontal:
            other = rules[i]
            if (
                other.start - _NEAR <= rule.at <= other.end + _NEAR
                and rule.start - _NEAR <= other.at <= rule.end + _NEAR
            ):
                group[root(i)] = root(j)
    found: dict[int, list[Rule]] = {}
    for i, rule in enumerate(rules):
        found.setdefault(root(i), []).append(rule)
    return [members for members in found.values() if len(members) >= 4]


def _places(values: list[float]) -> list[float]:
    """The values sorted, those near each other taken as one."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _holds(columns: list[float], rows: list[float], word: Word) -> bool:
    x, y = (word.x0 + word.x1) / 2, word.baseline - 0.3 * word.size
    return columns[0] <= x <= columns[-1] and rows[0] <= y <= rows[-1]


def _grid(rules: list[Rule], columns: list[float], rows: list[float], words: list[Word]) -> list[list[Slot]]:
    """The cells, merged where no rule stands between two places."""
    height, width = len(rows) - 1, len(columns) - 1
    origin: dict[tuple[int, int], tuple[int, int]] = {}
    for y in range(height):
        for x in range(width):
            if (y, x) in origin:
                continue
            right, below = x + 1, y + 1
            while right < width and not _is_ruled(rules, False, columns[right], rows[y], rows[y + 1]):
                right += 1
            while below < height and not _is_ruled(rules, True, rows[below], columns[x], columns[x + 1]):
                below += 1
            for place in ((down, across) for down in range(y, below) for across in range(x, right)):
                origin.setdefault(place, (y, x))
    held: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        y = max(i for i, top in enumerate(rows[:-1]) if i == 0 or top <= word.baseline - 0.3 * word.size)
        x = max(i for i, left in enumerate(columns[:-1]) if i == 0 or left <= (word.x0 + word.x1) / 2)
        held.setdefault(origin[y, x], []).append(word)
    texts = {place: cell_text(runs_of(inside)) for place, inside in held.items()}
    return [
        [Slot(texts.get(origin[y, x], ""), y - origin[y, x][0], x - origin[y, x][1]) for x in range(width)]
        for y in range(height)
    ]


def _is_ruled(rules: list[Rule], horizontal: bool, at: float, start: float, end: float) -> bool:
    middle = (start + end) / 2
    return any(
        rule.horizontal == horizontal and abs(rule.at - at) <= _NEAR and rule.start <= middle <= rule.end
        for rule in rules
    )


def cell_text(runs: Sequence[Run]) -> str:
    """The text of a cell, its lines joined; a word parted by a hyphen is made whole."""
    ordered = sorted(runs, key=lambda run: (round(run.baseline / 2), run.x0))
    return re.sub(r"(?<=[a-z])- (?=[a-z])", "", " ".join(run.text for run in ordered))


def aligned_table(lines: Sequence[Line], start: int) -> tuple[list[list[Slot]], int] | None:
    """The table that begins at line `start` and the line behind it; None if none begins there.

    At least three lines whose runs stand in the same two or more columns; a list with its marks is none.
    """
    if len(lines[start].runs) < 2:
        return None
    taken: list[Line] = []
    columns: list[tuple[float, float]] = []
    for line in lines[start:]:
        gap = line.baseline - taken[-1].baseline if taken else 0
        if line.page != lines[start].page or not 0 <= gap <= 3 * line.size:
            break
        if len(line.runs) < max(len(columns), 2):  # a long cell may all but touch the next
            parts = [part for run in line.runs for part in split_run(run, [x0 for x0, _ in columns[1:]])]
            line = replace(line, runs=tuple(parts))
        if len(line.runs) < 2 and not (columns and _is_wrapped(line, columns)):
            break
        merged = _merged_columns([*columns, *((run.x0, run.x1) for run in line.runs)])
        if len(merged) < max(2, len(columns) - 1):
            break
        columns = merged
        taken.append(line)
    rows = _rows(taken, columns)
    if len(rows) < 3 or len(columns) < 2 or not _looks_like_table(rows):
        return None
    return [[Slot(cell) for cell in row] for row in rows], start + len(taken)


def _is_wrapped(line: Line, columns: list[tuple[float, float]]) -> bool:
    """Whether a lone run goes on with a cell of the row above."""
    run = line.runs[0]
    within = [i for i, (x0, x1) in enumerate(columns) if x0 - 2 <= run.x0 and run.x1 <= x1 + 2]
    return bool(within) and within[0] > 0


def _merged_columns(ranges: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for x0, x1 in sorted(ranges):
        if merged and x0 < merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x1))
        else:
            merged.append((x0, x1))
    return merged


def _rows(lines: Sequence[Line], columns: list[tuple[float, float]]) -> list[list[str]]:
    """The cells of each line; a line without a first cell right below another goes on with that one's cells."""
    pitches = [b.baseline - a.baseline for a, b in pairwise(lines)]
    pitch = median(pitches) if pitches else 0.0
    rows: list[list[str]] = []
    for i, line in enumerate(lines):
        cells = [""] * len(columns)
        for run in line.runs:
            at = next(i for i, (x0, x1) in enumerate(columns) if x0 - 1 <= run.x0 <= x1 + 1)
            cells[at] = f"{cells[at]} {run.text}".strip()
        is_close = i > 0 and (line.baseline - lines[i - 1].baseline < 0.85 * pitch or len(line.runs) == 1)
        if rows and not cells[0] and is_close:
            rows[-1] = [f"{above} {below}".strip() for above, below in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows


def _looks_like_table(rows: list[list[str]]) -> bool:
    cells = [cell for row in rows for cell in row if cell]
    full = sum(sum(map(bool, row)) >= 2 for row in rows)
    marks = sum(_ITEM_MARK.fullmatch(row[0]) is not None for row in rows)
    return full >= 0.7 * len(rows) and marks < 0.5 * len(rows) and median(map(len, cells)) <= 60
