"""Rows of cell ranges to table blocks: which header each cell stands under, and what a row span left out."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from famqa.documents.parsed import Range, Unreadable
from famqa.records import Cell


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a table's grid. Places that a span covers repeat its text and count their distance from it."""

    text: str
    row_offset: int = 0  # rows below the cell's first
    column_offset: int = 0  # columns right of the cell's first


Grid = Sequence[Sequence[Slot]]


@dataclass(frozen=True, slots=True)
class Column:
    """How often each token stands in one column of the rows that are complete."""

    tokens: Counter[str]
    total: int

    def fit(self, tokens: Sequence[str], vocabulary: int) -> float:
        """Mean log probability of the tokens in this column, with add-one smoothing; 0 for no tokens."""
        if not tokens:
            return 0.0
        odds = ((self.tokens[token] + 1) / (self.total + vocabulary + 1) for token in tokens)
        return sum(map(math.log, odds)) / len(tokens)


def align(text: str, header: Sequence[str], rows: Sequence[Sequence[Range]]) -> list[tuple[Cell, ...]]:
    """The cells of each row under their headers, cells lost to a row span filled from the row above (`carried`).

    Two ways of leaving out a repeated cell are understood: the cell stands empty at the row's start, or the row
    begins with the next cell and is short (or padded) at its end. In the second case the number of lost cells is
    the shift under which the remaining cells look most like their columns (naive Bayes over words and shapes);
    a tie means no shift. Empty cells are left out.
    """
    filled = [_filled(cells) for cells in rows]
    full = max(filled, default=0)
    complete = [cells for cells, count in zip(rows, filled, strict=True) if count == full]
    columns = [_column(text, [cells[i] for cells in complete if i < len(cells)]) for i in range(full)]
    vocabulary = len({token for column in columns for token in column.tokens})

    aligned: list[tuple[Cell, ...]] = []
    above: dict[int, Range] = {}
    for cells, count in zip(rows, filled, strict=True):
        shift = _shift(text, cells[:count], columns, vocabulary) if above else 0
        own = {i + shift: cell for i, cell in enumerate(cells) if cell[0] < cell[1]}
        first = min(own, default=0)
        carried = {i: above[i] for i in range(first) if i in above}
        above = carried | own
        aligned.append(tuple(Cell(_header(header, i), *above[i], carried=i not in own) for i in sorted(above)))
    return aligned


def _filled(cells: Sequence[Range]) -> int:
    """Number of cells up to the last one that is not empty."""
    return max((i + 1 for i, (start, end) in enumerate(cells) if start < end), default=0)


def _shift(text: str, cells: Sequence[Range], columns: Sequence[Column], vocabulary: int) -> int:
    if not cells or cells[0][0] == cells[0][1]:
        return 0  # the lost cell stands empty, so nothing has moved

    most = len(columns) - len(cells)
    if most == 0:
        return 0
    tokens = [_tokens(text[start:end]) for start, end in cells]

    def fit(shift: int) -> float:
        pairs = zip(tokens, columns[shift:], strict=False)
        return sum(column.fit(found, vocabulary) for found, column in pairs) / len(cells)

    return max(range(most + 1), key=lambda shift: (round(fit(shift), 9), -shift))


def _column(text: str, cells: Sequence[Range]) -> Column:
    tokens = Counter(token for start, end in cells for token in _tokens(text[start:end]))
    return Column(tokens, tokens.total())


def _tokens(text: str) -> list[str]:
    """Words in lower case, numbers as their shape ("0000"), the whole cell, so that equal ones count more, its kind."""
    words = [re.sub(r"\d", "0", word) for word in re.findall(r"\w+", text.lower())]
    if not words:
        return []
    digits = [word.isdigit() for word in words]
    kind = "#number" if all(digits) else "#mixed" if any(digits) else "#words"
    return [*words, "=" + " ".join(words), kind]


def _header(header: Sequence[str], column: int) -> str:
    return header[column] if column < len(header) else ""


_NUMBER = re.compile(r"[-+−(]?[$€£¥]?\s?\d.*", re.DOTALL)
_YEAR = re.compile(r"(?:1[5-9]|2[01])\d\d")
_HEADER_CHARS = 80
_ROWS_LOOKED_AT = 50


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: short words, all different, not such as stand below them.

    Only its first cell may be empty; a number counts as a name only if it is a year above what are no years.
    """
    first, below = rows[0], rows[1 : _ROWS_LOOKED_AT + 1]
    names = list(first[1:] if len(first) > 1 and not first[0] else first)
    while len(names) > 1 and not names[-1]:
        names.pop()  # a separator at the end of every line
    if not below or not all(names) or len(set(names)) < len(names) or max(map(len, names)) > _HEADER_CHARS:
        return False
    for column, name in enumerate(first):
        values = [row[column] for row in below if column < len(row) and row[column]]
        if name and values.count(name) * 3 > len(values):
            return False
        if _NUMBER.fullmatch(name):
            years = sum(_YEAR.fullmatch(value) is not None for value in values)
            if not _YEAR.fullmatch(name) or years * 2 >= len(values):
                return False
    return not all(_NUMBER.fullmatch(name) for name in names) or not first[0]


_MAX_COLUMNS = 1000
_MAX_SLOTS = 2_000_000


def spread(rows: Sequence[Sequence[tuple[str, int, int]]]) -> list[list[Slot]]:
    """The grid of rows of (text, columns spanned, rows spanned), each place filled; short rows get empty places.

    Raises `Unreadable` if there are too many places.

    >>> [[slot.text for slot in row] for row in spread([[("a", 1, 2), ("b", 1, 1)], [("c", 1, 1)]])]
    [['a', 'b'], ['a', 'c']]
    """
    grid: list[dict[int, Slot]] = [{} for _ in rows]
    slots = 0
    for y, row in enumerate(rows):
        x = 0
        for text, columns, below in row:
            while x in grid[y]:
                x += 1
            width, height = min(max(columns, 1), _MAX_COLUMNS), min(max(below, 1), len(rows) - y)
            slots += width * height
            if x + width > _MAX_COLUMNS or slots > _MAX_SLOTS:
                raise Unreadable("holds a table with too many columns or cells; split it")
            for down in range(height):
                for right in range(width):
                    grid[y + down].setdefault(x + right, Slot(text, down, right))
    width = max((max(row, default=-1) + 1 for row in grid), default=0)
    if width * len(grid) > _MAX_SLOTS:
        raise Unreadable("holds a table with too many columns or cells; split it")
    return [[row.get(x, Slot("")) for x in range(width)] for row in grid]


def joined_header(rows: Grid) -> list[str]:
    """The names of the columns from all header rows, from the top: "Lives lost / Crew"."""
    columns = zip(*rows, strict=True)
    return [" / ".join(dict.fromkeys(slot.text for slot in column if slot.text)) for column in columns]
