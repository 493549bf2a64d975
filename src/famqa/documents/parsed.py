"""What every format's `parse` returns, and the line arithmetic that formats share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from famqa.records import Block, BlockKind, Cell

MAX_TEXT_CHARS = 20_000_000
MAX_BLOCKS = 200_000

Range = tuple[int, int]


class Unreadable(Exception):
    """Why a file cannot become a document, in the words of a user; whoever knows the file's name puts it in front."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's canonical text, its own title ("" where it has none) and its blocks in order.

    `notes` is what its owner should know about how it was read, such as "read as Windows-1252".
    """

    text: str
    title: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()


def check_text(chars: int) -> None:
    """Raises `Unreadable` if a text is longer than can be indexed sensibly."""
    if chars > MAX_TEXT_CHARS:
        raise Unreadable(f"holds more than {MAX_TEXT_CHARS // 1_000_000} million characters of text; split it")


def check_blocks(count: int) -> None:
    """Raises `Unreadable` if a document has more paragraphs, items and rows than can be indexed sensibly."""
    if count > MAX_BLOCKS:
        raise Unreadable(f"holds more than {MAX_BLOCKS:,} paragraphs, list items and table rows; split it")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text without its newline; `start` is its offset in the text."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def split_lines(text: str) -> list[Line]:
    """All lines with their offsets. Only LF ends a line, so that numbers agree with `Document.line_of`."""
    lines: list[Line] = []
    start = 0
    for piece in text.split("\n"):
        lines.append(Line(piece, start))
        start += len(piece) + 1
    return lines


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start, end` moved inwards past white space; start == end where there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def unmarked_ranges(start: int, end: int, markup: Sequence[Range]) -> list[Range]:
    """The stretches of `start:end` between the ranges of its markup, which come in order."""
    edges = [start, *(edge for gap in markup for edge in gap), end]
    return list(zip(edges[::2], edges[1::2], strict=True))


def unmarked(text: str, start: int, end: int, markup: Sequence[Range]) -> str:
    """`text[start:end]` without its markup."""
    return "".join(text[left:right] for left, right in unmarked_ranges(start, end, markup))


_KEY_VALUE = re.compile(r"(?P<key>[^\s:|][^:|]{0,48}?)\s*:[*_]{0,3}\s+(?P<value>\S.*)")


def key_value(text: str, start: int, end: int) -> tuple[str, int, int] | None:
    """Key and value range of a `Key: value` line; None where it reads as a sentence (a key is at most five words)."""
    match = _KEY_VALUE.fullmatch(text, start, end)
    if match is None or len(match["key"].split()) > 5 or match["key"][-1] in ".,;!?":
        return None
    value_start, value_end = trimmed(text, match.start("value"), match.end("value"))
    return match["key"].strip("*_ "), value_start, value_end


def pipe_cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    r"""Ranges of the cells of a `| a | b |` row, trimmed; the outer bars are optional, `\|` does not part cells.

    >>> pipe_cells("| a |  |b|", 0, 10)
    [(2, 3), (6, 6), (8, 9)]
    """
    start, end = trimmed(text, start, end)
    bars = [i for i in range(start, end) if text[i] == "|" and (i == 0 or text[i - 1] != "\\")]
    edges = [start - 1, *bars, end]
    if bars and bars[0] == start:
        edges = edges[1:]
    if len(bars) > 1 and bars[-1] == end - 1:
        edges = edges[:-1]
    return [_cell(text, left + 1, right) for left, right in pairwise(edges)]


def _cell(text: str, start: int, end: int) -> tuple[int, int]:
    inner = trimmed(text, start, end)
    return inner if inner[0] < inner[1] else (min(start + 1, end), min(start + 1, end))


def is_rule(text: str, cells: list[tuple[int, int]]) -> bool:
    """Whether a row is the `|---|:--:|` line below a header."""
    return bool(cells) and all(re.fullmatch(r":?-+:?", text[start:end]) for start, end in cells)


class HeadingPath:
    """The headings in force while a document is read from top to bottom, and the title that it gives itself."""

    def __init__(self) -> None:
        self.title = ""
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, text: str) -> None:
        """A heading of `level` (1 is outermost) closes those from its level on; the first of level 1 is the title."""
        if level == 1 and not self.title:
            self.title = text
            self._open = []
        else:
            self._open = [*((other, name) for other, name in self._open if other < level), (level, text)]

    @property
    def headings(self) -> tuple[str, ...]:
        """From the outermost to the innermost, without the title."""
        return tuple(text for _, text in self._open)


def as_infobox(text: str, items: Sequence[Block]) -> list[Block]:
    """The list items, those of the form `Key: value` made key-value blocks if most of the list has that form."""
    pairs = [key_value(text, item.start, item.end) for item in items]
    if sum(pair is not None for pair in pairs) * 2 <= len(pairs):
        return list(items)
    return [
        replace(item, kind=BlockKind.KEY_VALUE, cells=(Cell(*pair),)) if pair else item
        for item, pair in zip(items, pairs, strict=True)
    ]
