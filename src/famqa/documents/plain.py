"""Plain text: wiki headings, lists, key-value lines (infoboxes), pipe tables and prose, with their offsets."""

from __future__ import annotations

import re
from dataclasses import replace

from famqa.documents.parsed import (
    HeadingPath,
    Line,
    Parsed,
    as_infobox,
    is_rule,
    key_value,
    pipe_cells,
    split_lines,
    trimmed,
)
from famqa.documents.tables import align
from famqa.records import Block, BlockKind

_HEADING = re.compile(r"\s*(?P<marks>={1,6})\s*(?P<title>[^=\s](?:.*?[^=\s])?)\s*(?P=marks)\s*")
_ITEM = re.compile(r"(?P<indent>\s*)(?:[-*•–]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))\s+(?P<body>\S.*)")
_LONE_HEADING_CHARS = 60


def parse(text: str) -> Parsed:
    """Blocks in the order of the text; the title is that of the first `= Title =`, or else ""."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = split_lines(text)
        self.blocks: list[Block] = []
        self.path = HeadingPath()
        self.has_headings = any(_HEADING.fullmatch(line.text) for line in self.lines)

    def parse(self) -> Parsed:
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if not line.text.strip():
                at += 1
            elif match := _HEADING.fullmatch(line.text):
                self._heading(len(match["marks"]), line.start + match.start("title"), line.start + match.end("title"))
                at += 1
            elif line.text.lstrip().startswith("|"):
                at = self._table(at)
            elif _ITEM.fullmatch(line.text):
                at = self._list(at)
            else:
                at = self._prose(at)
        return Parsed(self.text, self.path.title, tuple(self.blocks))

    def _heading(self, level: int, start: int, end: int) -> None:
        self.path.enter(level, self.text[start:end])
        self.blocks.append(Block(BlockKind.HEADING, start, end, self.path.headings, level=level))

    def _run(self, at: int, belongs: re.Pattern[str]) -> int:
        while at < len(self.lines) and belongs.match(self.lines[at].text):
            at += 1
        return at

    def _table(self, at: int) -> int:
        end = self._run(at, re.compile(r"\s*\|"))
        lines = self.lines[at:end]
        rows = [pipe_cells(self.text, line.start, line.end) for line in lines]
        header = [self.text[slice(*cell)] for cell in rows[0]] if len(rows) > 1 else []
        body = [
            (line, cells)
            for line, cells in zip(lines, rows, strict=True)
            if (cells is not rows[0] or not header) and not is_rule(self.text, cells)
        ]
        for (line, _), cells in zip(body, align(self.text, header, [cells for _, cells in body]), strict=True):
            if cells:
                start, stop = trimmed(self.text, line.start, line.end)
                self.blocks.append(replace(self._block(BlockKind.TABLE_ROW, start, stop), cells=cells))
        return end

    def _list(self, at: int) -> int:
        """Items from `at` on; an indented line goes on with the item above, a blank line between two ends nothing."""
        lead_in = self._lead_in(at)
        items: list[tuple[int, int, int]] = []  # indent, start, end
        while at < len(self.lines):
            line = self.lines[at]
            if match := _ITEM.fullmatch(line.text):
                items.append((len(match["indent"].expandtabs(4)), line.start + match.start("body"), line.end))
            elif line.text.strip() and line.text[0].isspace() and items:
                items[-1] = (*items[-1][:2], line.end)
            elif not line.text.strip() and self._item_follows(at):
                pass
            else:
                break
            at += 1
        open_items: list[tuple[int, int, int]] = []
        blocks: list[Block] = []
        for indent, *bounds in items:
            start, end = trimmed(self.text, *bounds)
            open_items = [item for item in open_items if item[0] < indent]
            parent = open_items[-1][1:] if open_items else lead_in
            blocks.append(
                Block(BlockKind.LIST_ITEM, start, end, self.path.headings, level=len(open_items), lead_in=parent)
            )
            open_items.append((indent, start, end))
        self.blocks += as_infobox(self.text, blocks)
        return at

    def _item_follows(self, at: int) -> bool:
        return at + 1 < len(self.lines) and _ITEM.fullmatch(self.lines[at + 1].text) is not None

    def _lead_in(self, at: int) -> tuple[int, int] | None:
        """The prose that ends right above line `at`, or above a blank line with a colon: it introduces the list."""
        if not self.blocks or self.blocks[-1].kind is not BlockKind.PARAGRAPH:
            return None
        last = self.blocks[-1]
        between = self.text[last.end : self.lines[at].start]
        adjacent = between.count("\n") == 1
        if not between.strip() and (adjacent or self.text[last.end - 1] == ":"):
            line_start = self.text.rfind("\n", last.start, last.end) + 1
            return max(line_start, last.start), last.end
        return None

    def _prose(self, at: int) -> int:
        start_at = at
        while at < len(self.lines) and self.lines[at].text.strip() and (at == start_at or not self._breaks(at)):
            at += 1
        lines = self.lines[start_at:at]
        parts = [trimmed(self.text, line.start, line.end) for line in lines]
        if len(parts) > 1 and all(key_value(self.text, *part) for part in parts):
            self.blocks += as_infobox(self.text, [self._block(BlockKind.LIST_ITEM, *part) for part in parts])
        elif self._is_lone_heading(lines, at):
            self._heading(2 if self.blocks else 1, *parts[0])
        else:
            self.blocks.append(self._block(BlockKind.PARAGRAPH, parts[0][0], parts[-1][1]))
        return at

    def _block(self, kind: BlockKind, start: int, end: int) -> Block:
        return Block(kind, start, end, self.path.headings)

    def _breaks(self, at: int) -> bool:
        text = self.lines[at].text
        return text.lstrip().startswith("|") or bool(_HEADING.fullmatch(text)) or bool(_ITEM.fullmatch(text))

    def _is_lone_heading(self, lines: list[Line], at: int) -> bool:
        """A short line alone, with prose below it: what plain text without marked headings uses for one."""
        if self.has_headings or len(lines) != 1:
            return False
        title = lines[0].text.strip()
        following = next((line.text for line in self.lines[at:] if line.text.strip()), "")
        return (
            len(title) <= _LONE_HEADING_CHARS
            and title[0].isupper()
            and title[-1] not in ".,;:"
            and len(following) > len(title)
        )
