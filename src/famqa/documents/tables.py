"""Rows of cell ranges to table blocks: which header each cell stands under, and what a row span left out."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from famqa.records import Cell

Range = tuple[int, int]


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
