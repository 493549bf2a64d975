"""`Builder`: the canonical text of a format whose text must be extracted, and its blocks, written piece by piece.

The text reads like a plain text file: headings on lines of their own, `- ` before items, `| a | b |` for rows. So a
page that shows a document knows the marks of all formats, and a citation's quote reads the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from famqa.documents.parsed import HeadingPath, Parsed, check_blocks, check_text, key_value
from famqa.documents.tables import Grid, Slot
from famqa.records import Block, BlockKind, Cell

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_SENTENCE_END = re.compile(r"[.!?] (?=[A-ZÀ-Þ])")


@dataclass(frozen=True, slots=True)
class Item:
    """A list item: its nesting from 0, and its mark, such as "-" or "2."."""

    text: str
    level: int = 0
    mark: str = "-"
    page: int | None = None


_NO_TITLE = re.compile(
    r"(?i)(?:\(.*\)|untitled|unbenannt|sans titre|word document|(?:document|dokument|presentation|slide)\s?\d*"
    r"|microsoft \w+ - .*|.*\.(?:docx?|pdf|tex|dvi|indd|pptx?|xlsx?|odt|rtf|html?|qxd|ps))"
)


def real_title(stated: str) -> str:
    """The title that a file's properties state; "" where it is a file name or a program's filler."""
    title = clean(stated)
    return "" if len(title) < 3 or _NO_TITLE.fullmatch(title) or not any(map(str.isalpha, title)) else title


def clean(text: str) -> str:
    """The text with its white space as single blanks, without what no text holds (controls, half characters)."""
    return " ".join(_UNWRITABLE.sub(" ", text).split())


class Builder:
    """Takes the pieces of a document in reading order; `finish` returns what was made of them."""

    def __init__(self, title: str = "") -> None:
        """A `title` that is known beforehand makes every heading a part of the heading path, but for its own."""
        self.path = HeadingPath()
        self.path.title = clean(title)
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []

    def heading(self, text: str, level: int, page: int | None = None) -> None:
        """A heading; `level` from 1. One that repeats the known title at the beginning is the title."""
        text = clean(text)
        if not text:
            return
        if not (text == self.path.title and not self.path.headings):
            self.path.enter(max(level, 1), text)
        self._blocks.append(replace(self._write(BlockKind.HEADING, text, page), level=max(level, 1)))
        self._put("\n\n")

    def paragraph(self, text: str, page: int | None = None) -> None:
        """Prose; its white space becomes single blanks."""
        if text := clean(text):
            self._blocks.append(self._write(BlockKind.PARAGRAPH, text, page))
            self._put("\n\n")

    def verbatim(self, text: str) -> None:
        """Text whose lines count, such as a listing."""
        lines = [_UNWRITABLE.sub(" ", line).rstrip() for line in text.split("\n")]
        if text := "\n".join(lines).strip("\n").lstrip():
            self._blocks.append(self._write(BlockKind.PARAGRAPH, text, None))
            self._put("\n\n")

    def items(self, items: Iterable[Item]) -> None:
        """A list. The paragraph above is its lead-in if it ends with a colon; `Key: value` items are an infobox."""
        lead_in = self._lead_in()
        listed = [replace(item, text=text) for item in items if (text := clean(item.text))]
        found = [key_value(item.text, 0, len(item.text)) for item in listed]
        is_infobox = sum(pair is not None for pair in found) * 2 > len(found)
        parents: list[tuple[int, tuple[int, int]]] = []  # level and range of the open items
        for item, pair in zip(listed, found, strict=True):
            parents = [parent for parent in parents if parent[0] < item.level]
            self._put("  " * len(parents) + (f"{item.mark} " if item.mark else "  "))
            block = self._write(BlockKind.LIST_ITEM, item.text, item.page)
            block = replace(block, level=len(parents), lead_in=parents[-1][1] if parents else lead_in)
            if is_infobox and pair is not None:
                cell = Cell(pair[0], block.start + pair[1], block.start + pair[2])
                block = replace(block, kind=BlockKind.KEY_VALUE, cells=(cell,))
            self._blocks.append(block)
            parents.append((item.level, (block.start, block.end)))
            self._put("\n")
        if listed:
            self._put("\n")

    def pairs(self, pairs: Iterable[tuple[str, str]], page: int | None = None) -> None:
        """Keys with their values, as infoboxes and definition lists have them."""
        written = False
        for key, value in pairs:
            key, value = clean(key).rstrip(":").rstrip(), clean(value)
            if not value:
                continue
            written = True
            if not key:
                self.paragraph(value, page)
                continue
            block = self._write(BlockKind.KEY_VALUE, f"{key}: {value}", page)
            self._blocks.append(replace(block, cells=(Cell(key, block.end - len(value), block.end),)))
            self._put("\n")
        if written:
            self._put("\n")

    def table(self, grid: Grid, header: Sequence[str], page: int | None = None, show_header: bool = True) -> None:
        """Rows under their headers; a header row, where there is one, is written but is no block.

        A place that a row span covers is the cell above, `carried`; one that a column span covers is left out.
        """
        if show_header and any(header):
            self._put("| " + " | ".join(map(clean, header)) + " |\n")
        names = [clean(name) for name in header]
        ranges: dict[tuple[int, int], tuple[int, int]] = {}  # where the cell that begins at a place was written
        for y, row in enumerate(grid):
            start = self._length
            cells: list[Cell] = []
            self._put("|")
            for x, slot in enumerate(row):
                if slot.column_offset:
                    continue
                text = clean(slot.text)
                name = names[x] if x < len(names) else ""
                if slot.row_offset:
                    if above := ranges.get((y - slot.row_offset, x)):
                        cells.append(Cell(name, *above, carried=True))
                    self._put(" |")
                    continue
                at = self._length + 1
                self._put(f" {text} |" if text else " |")
                if text:
                    ranges[y, x] = (at, at + len(text))
                    cells.append(Cell(self._spanned(names, row, x), at, at + len(text)))
            if any(not cell.carried for cell in cells):
                block = Block(BlockKind.TABLE_ROW, start, self._length, self.path.headings, cells=tuple(cells))
                self._blocks.append(replace(block, page=page))
                check_blocks(len(self._blocks))
            self._put("\n")
        self._put("\n")

    def finish(self, notes: tuple[str, ...] = ()) -> Parsed:
        """All that was written, with the title that was known or the first heading of level 1."""
        text = "".join(self._parts).rstrip()
        return Parsed(text + "\n" if text else "", self.path.title, tuple(self._blocks), notes)

    @property
    def last_kind(self) -> BlockKind | None:
        """The kind of the block written last."""
        return self._blocks[-1].kind if self._blocks else None

    def _spanned(self, names: Sequence[str], row: Sequence[Slot], x: int) -> str:
        """The header of a cell; one that spans several columns has all their names, one that spans all has none."""
        width = 1
        while x + width < len(row) and row[x + width].column_offset == width:
            width += 1
        if width == len(row) > 1:
            return ""
        return " / ".join(dict.fromkeys(name for name in names[x : x + width] if name))

    def _write(self, kind: BlockKind, text: str, page: int | None) -> Block:
        start = self._length
        self._put(text)
        check_blocks(len(self._blocks) + 1)
        return Block(kind, start, self._length, self.path.headings, page=page)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        check_text(self._length)

    def _lead_in(self) -> tuple[int, int] | None:
        """The range of the sentence that stands right before, if it introduces something."""
        if self.last_kind is not BlockKind.PARAGRAPH or not self._parts[-2].endswith(":"):
            return None
        last = self._blocks[-1]
        before = max((match.end() for match in _SENTENCE_END.finditer(self._parts[-2])), default=0)
        return last.start + before, last.end
