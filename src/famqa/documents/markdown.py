"""Markdown: markdown-it-py's tokens to blocks, with the offsets of the source and the ranges that are markup."""

from __future__ import annotations

import re
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from famqa.documents.parsed import HeadingPath, Line, Parsed, as_infobox, pipe_cells, split_lines, trimmed, unmarked
from famqa.documents.tables import align
from famqa.records import Block, BlockKind

_CONTAINER_MARKS = re.compile(r"[>\s]*(?:[-*+]\s+|\d+[.)]\s+)?")
_TEXT = ("text", "text_special", "code_inline")
_MAX_NESTING = 60  # of markdown-it's levels; a list in a list takes two


def parse(text: str) -> Parsed:
    """Blocks in the order of the text; the title is the first level-1 heading or the front matter's `title`.

    What lists and quotes hold that are nested beyond all measure is one paragraph, as it stands.
    """
    reader = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").use(front_matter_plugin)
    return _Walker(text).walk(reader.parse(text))


class _Walker:
    """Goes through the tokens once; `lists` holds the open lists, `item` the blocks of open list items."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Line] = split_lines(text)
        self.blocks: list[Block] = []
        self.path = HeadingPath()
        self.front_title = ""
        self.list_depth = 0
        self.list_start = 0  # index in `blocks` where the outermost open list began
        self.lead_ins: list[tuple[int, int] | None] = []  # of each open list
        self.items: list[tuple[int, int] | None] = []  # first paragraph of each open item

    def walk(self, tokens: list[Token]) -> Parsed:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            match token.type:
                case "front_matter":
                    found = re.search(r"^title\s*:\s*(.+?)\s*$", token.content, re.MULTILINE)
                    self.front_title = found[1].strip("\"'") if found else ""
                case "heading_open":
                    self._heading(int(token.tag[1]), token, tokens[at + 1])
                case "paragraph_open":
                    self._paragraph(token, tokens[at + 1])
                case "bullet_list_open" | "ordered_list_open":
                    self._open_list(token)
                case "bullet_list_close" | "ordered_list_close":
                    self._close_list()
                case "list_item_open":
                    self.items.append(None)
                    self._too_deep(token)
                case "blockquote_open":
                    self._too_deep(token)
                case "list_item_close":
                    self.items.pop()
                case "fence" | "code_block" | "html_block":
                    self._verbatim(token)
                case "table_open":
                    at = self._table(tokens, at)
            at += 1
        title = self.path.title or self.front_title
        return Parsed(self.text, title, tuple(self.blocks))

    def _heading(self, level: int, token: Token, inline: Token) -> None:
        start, end = self._range(token, inline)
        if start < end:
            markup = self._markup(inline, start, end)
            self.path.enter(level, unmarked(self.text, start, end, markup).strip())
            self.blocks.append(Block(BlockKind.HEADING, start, end, self.path.headings, level=level, markup=markup))

    def _paragraph(self, token: Token, inline: Token) -> None:
        start, end = self._range(token, inline)
        if start == end:
            return
        markup = self._markup(inline, start, end)
        if not unmarked(self.text, start, end, markup).strip():
            return  # a picture without words
        block = Block(BlockKind.PARAGRAPH, start, end, self.path.headings, markup=markup)
        if self.items:
            first = self.items[-1]
            block = replace(block, kind=BlockKind.LIST_ITEM, level=self.list_depth - 1, lead_in=first or self._parent())
            self.items[-1] = first or (start, end)
        self.blocks.append(block)

    def _parent(self) -> tuple[int, int] | None:
        """The item that the innermost list stands in, or the paragraph that introduces it."""
        return (self.items[-2] if len(self.items) > 1 else None) or self.lead_ins[-1]

    def _open_list(self, token: Token) -> None:
        if self.list_depth == 0:
            self.list_start = len(self.blocks)
        self.list_depth += 1
        self.lead_ins.append(self._lead_in(token))

    def _close_list(self) -> None:
        self.list_depth -= 1
        self.lead_ins.pop()
        if self.list_depth == 0:
            self.blocks[self.list_start :] = as_infobox(self.text, self.blocks[self.list_start :])

    def _lead_in(self, token: Token) -> tuple[int, int] | None:
        """The paragraph before the list, if it ends with a colon or right above it."""
        if not self.blocks or self.blocks[-1].kind is not BlockKind.PARAGRAPH or token.map is None:
            return None
        last = self.blocks[-1]
        adjacent = self.text.count("\n", last.end, self.lines[token.map[0]].start) == 1
        if adjacent or self.text[last.start : last.end].rstrip("*_").endswith(":"):
            return max(self.text.rfind("\n", last.start, last.end) + 1, last.start), last.end
        return None

    def _verbatim(self, token: Token) -> None:
        if token.map is None:
            return
        first, last = token.map
        if token.type == "fence":
            first += 1
            if last > first and self.lines[last - 1].text.strip().startswith(token.markup):
                last -= 1
        if first < last:
            start, end = trimmed(self.text, self.lines[first].start, self.lines[last - 1].end)
            words = re.sub(r"<[^>]*>", "", self.text[start:end]) if token.type == "html_block" else self.text[start:end]
            if words.strip():
                self.blocks.append(Block(BlockKind.PARAGRAPH, start, end, self.path.headings))

    def _too_deep(self, token: Token) -> None:
        """What a quote or an item holds at the level where markdown-it stops reading, so that it is not lost."""
        if token.level < _MAX_NESTING - 1 or token.map is None:
            return
        lines = self.lines[token.map[0] : token.map[1]]
        marks = [
            (line.start, line.start + match.end()) for line in lines if (match := _CONTAINER_MARKS.match(line.text))
        ]
        if not marks:
            return
        start, end = trimmed(self.text, marks[0][1], lines[-1].end)
        markup = tuple((left, right) for left, right in marks[1:] if start < left < right < end)
        if start < end:
            self.blocks.append(Block(BlockKind.PARAGRAPH, start, end, self.path.headings, markup=markup))

    def _table(self, tokens: list[Token], at: int) -> int:
        """Adds a block a body row; returns the index of the closing token."""
        header: list[str] = []
        rows: list[tuple[int, int]] = []
        contents: list[list[Token]] = []  # of each row's cells
        while tokens[at].type != "table_close":
            token = tokens[at]
            if token.type == "th_open":
                header.append(_plain_text(tokens[at + 1]))
            elif token.type == "td_open":
                contents[-1].append(tokens[at + 1])
            elif token.type == "tr_open" and token.map is not None:
                contents.append([])
                line = self.lines[token.map[0]]
                marks = _CONTAINER_MARKS.match(line.text)
                rows.append(trimmed(self.text, line.start + (marks.end() if marks else 0), line.end))
            at += 1
        body = rows[1:]
        cells = [pipe_cells(self.text, *row) for row in body]
        for n, aligned in enumerate(align(self.text, header, cells)):
            if aligned:
                pairs = zip(cells[n], contents[n + 1], strict=False)
                markup = tuple(gap for cell, inline in pairs for gap in self._markup(inline, *cell))
                self.blocks.append(
                    Block(BlockKind.TABLE_ROW, *body[n], self.path.headings, cells=aligned, markup=markup)
                )
        return at

    def _range(self, token: Token, inline: Token) -> tuple[int, int]:
        """Source range of an inline token: from its first line's content to its last line's."""
        if token.map is None or not inline.content.strip():
            return 0, 0
        first, last = token.map
        content = inline.content.split("\n")
        start = self._find(self.lines[first], content[0].strip())
        last_line = self.lines[min(first + len(content), last) - 1]
        end = self._find(last_line, content[-1].strip()) + len(content[-1].strip())
        return trimmed(self.text, start, max(start, min(end, last_line.end)))

    def _find(self, line: Line, content: str) -> int:
        marks = _CONTAINER_MARKS.match(line.text)
        inside = marks.end() if marks else 0
        found = line.text.find(content, inside)
        if found < 0:
            found = line.text.find(content)
        return line.start + (found if found >= 0 else inside)

    def _markup(self, inline: Token, start: int, end: int) -> tuple[tuple[int, int], ...]:
        """Ranges within `start:end` that are no text: emphasis marks, link targets, quote marks at line starts."""
        markup: list[tuple[int, int]] = []
        cursor, lost = start, False
        for child in _flat(inline):
            if child.type in ("softbreak", "hardbreak"):
                found, length = self.text.find("\n", cursor, end), 1
            else:
                source = child.markup if child.type == "text_special" else child.content  # an entity or an escape
                found, length = self.text.find(source, cursor, end), len(source)
            if found < 0:  # the source is not what it stands for, so keep it whole
                lost = True
                continue
            if found > cursor and not lost:
                markup.append((cursor, found))
            cursor, lost = found + length, False
        if cursor < end and not lost:
            markup.append((cursor, end))
        return tuple(markup)


def _flat(inline: Token) -> list[Token]:
    """The children that carry text or end a line, images replaced by the words that describe them."""
    flat: list[Token] = []
    for child in inline.children or []:
        if child.type == "image":
            flat += _flat(child)
        elif child.type in ("softbreak", "hardbreak") or (child.type in _TEXT and child.content):
            flat.append(child)
    return flat


def _plain_text(inline: Token) -> str:
    return "".join(child.content or " " for child in _flat(inline)).strip()
