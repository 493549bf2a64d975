"""CSV and TSV: a row is a block with its cells under their headers; everything slices from the file's own text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from famqa.documents.parsed import Parsed, Range, check_blocks, trimmed, unmarked
from famqa.documents.tables import has_header
from famqa.records import Block, BlockKind, Cell

_SEPARATORS = ",;\t|"
_SAMPLE_CHARS = 20_000
_QUOTED = re.compile(r' *"([^"]*+(?:""[^"]*+)*+)"')
_DIRECTIVE = re.compile(r"sep=(.)\n")  # which spreadsheets write for each other


@dataclass(frozen=True, slots=True)
class Field:
    """A cell: where its value stands, trimmed, where all of it stands, and the quotes that are no part of it."""

    value: Range
    whole: Range
    marks: tuple[Range, ...] = ()


def parse(text: str, is_tsv: bool = False) -> Parsed:
    """A block a row. A first row of names is the header; rows of one cell above the table are paragraphs."""
    directive = _DIRECTIVE.match(text)
    separator = directive[1] if directive else _separator(text, is_tsv)
    rows, open_quote = split(text, separator, directive.end() if directive else 0)
    notes: tuple[str, ...] = ()
    if open_quote is not None:
        line = text.count("\n", 0, open_quote) + 1
        notes = (f"the quote that opens in line {line} does not close; taken as a part of the text",)
    table_at = _table_start(rows)
    blocks = [_paragraph(row) for row in rows[:table_at] if _filled(row)]
    table = rows[table_at:]
    header: list[str] = []
    if table and has_header([[_said(text, field) for field in row] for row in table[:60]]):
        header = [_said(text, field) for field in table[0]]
        table = table[1:]
    blocks += [block for row in table if (block := _row(row, header)) is not None]
    return Parsed(text, "", tuple(blocks), notes)


def split(text: str, separator: str, start: int = 0) -> tuple[list[list[Field]], int | None]:
    """The fields of every line that is not blank, and where a quote opens that never closes (None if none does).

    A quoted cell may hold separators, line ends and doubled quotes, as in the csv module. From a quote that never
    closes on, quotes are ordinary characters: a stray one must not swallow the rest of a file.
    """
    rows: list[list[Field]] = []
    row: list[Field] = []
    at, size = start, len(text)
    open_quote: int | None = None
    plain = re.compile(f"[^{re.escape(separator)}\n]*+")
    while at <= size:
        quoted = _QUOTED.match(text, at) if open_quote is None else None
        rest = plain.match(text, quoted.end() if quoted else at)
        end = rest.end() if rest else at
        if quoted is None and open_quote is None and text[at:end].lstrip(" ").startswith('"'):
            open_quote = text.index('"', at)
        row.append(_field(text, at, end, quoted))
        at = end + 1
        if end < size and text[end] == separator:
            continue
        if len(row) > 1 or row[0].value[0] < row[0].value[1]:
            rows.append(row)
            check_blocks(len(rows))
        row = []
        if end == size:
            break
    return rows, open_quote


def _field(text: str, start: int, end: int, quoted: re.Match[str] | None) -> Field:
    if quoted is None:
        value = trimmed(text, start, end)
        return Field(value, value)
    left, right = quoted.span(1)
    doubled = tuple((m.start(), m.start() + 1) for m in re.finditer('""', text[left:right]))
    marks = tuple((left + a, left + b) for a, b in doubled)
    rest = trimmed(text, quoted.end(), end)
    if rest[0] == rest[1]:
        return Field(trimmed(text, left, right), (left - 1, right + 1), ((left - 1, left), *marks, (right, right + 1)))
    return Field((left - 1, rest[1]), (left - 1, rest[1]), ((left - 1, left), *marks, (right, right + 1)))


def _separator(text: str, is_tsv: bool) -> str:
    """The character that parts the first lines into most like numbers of cells."""
    sample = text[:_SAMPLE_CHARS]
    if len(text) > _SAMPLE_CHARS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    if is_tsv and "\t" in sample:
        return "\t"

    def evenness(separator: str) -> tuple[float, int]:
        if not (rows := split(sample, separator)[0]):
            return 0.0, 0
        width, times = max(Counter(len(row) for row in rows).items(), key=lambda pair: (pair[0] > 1, pair[1]))
        return (round(times / len(rows), 1), width) if width > 1 else (0.0, 0)

    return max(_SEPARATORS, key=lambda separator: (*evenness(separator), -_SEPARATORS.index(separator)))


def _table_start(rows: list[list[Field]]) -> int:
    """Index of the first row with two filled cells; 0 where there is none, so that a single column is a table."""
    return next((i for i, row in enumerate(rows) if len(_filled(row)) > 1), 0)


def _filled(row: list[Field]) -> list[Field]:
    return [field for field in row if field.value[0] < field.value[1]]


def _paragraph(row: list[Field]) -> Block:
    field = _filled(row)[0]
    return Block(BlockKind.PARAGRAPH, *field.value, markup=_inside(field.marks, *field.value))


def _row(row: list[Field], header: list[str]) -> Block | None:
    filled = _filled(row)
    if not filled:
        return None
    start, end = filled[0].whole[0], filled[-1].whole[1]
    cells = tuple(
        Cell(header[i] if i < len(header) else "", *field.value)
        for i, field in enumerate(row)
        if field.value[0] < field.value[1]
    )
    marks = tuple(mark for field in filled for mark in field.marks)
    return Block(BlockKind.TABLE_ROW, start, end, cells=cells, markup=_inside(marks, start, end))


def _inside(marks: tuple[Range, ...], start: int, end: int) -> tuple[Range, ...]:
    return tuple(mark for mark in marks if start <= mark[0] and mark[1] <= end)


def _said(text: str, field: Field) -> str:
    """The value without its marks, on one line."""
    return " ".join(unmarked(text, *field.value, _inside(field.marks, *field.value)).split())
