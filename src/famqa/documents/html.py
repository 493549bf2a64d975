"""HTML: headings, paragraphs, lists, tables, definition lists of a page's content, through lxml.

The canonical text is written anew by `Builder`; what of the page counts as content is decided in `html_content`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lxml.html import HtmlElement

from famqa.documents.builder import Builder, Item, clean
from famqa.documents.html_content import content_of, read_page
from famqa.documents.parsed import Parsed, key_value
from famqa.documents.tables import has_header, joined_header, spread

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark nobr q rb rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr math mi mn mo ms mtext mrow".split()
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BREAK = "\x00"  # stands for <br> until a paragraph is written; `clean` would take any other away
_LONG_VALUE = 300  # a definition of more characters is prose


def parse(text: str) -> Parsed:
    """Blocks of the page's content; the title is its only level-1 heading, or else its `<title>`."""
    page = read_page(text)
    if page is None:
        return Parsed("", "", ())
    named = page.find(".//title")
    title = clean(named.text_content()) if named is not None else ""
    content = content_of(page)
    first = content.findall(".//h1")
    if len(first) == 1 and clean(first[0].text_content()):
        title = clean(_heading(first[0]))
    walker = _Walker(Builder(title))
    walker.walk(content)
    walker.flush()
    return walker.builder.finish()


class _Walker:
    """Goes through the tree once; text of inline elements gathers in `inline` until a block begins or ends."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.inline: list[str] = []

    def walk(self, element: HtmlElement) -> None:
        self.inline.append(element.text or "")
        for child in element:
            self._child(child)
            self.inline.append(child.tail or "")

    def _child(self, child: HtmlElement) -> None:
        tag = child.tag
        if tag == "br":
            self.inline.append(_BREAK)
        elif tag == "sup":
            self.inline.append(_superscript(child, self.inline))
        elif tag in _INLINE:
            self.walk(child)
        else:
            self.flush()
            self._block(child, tag)
            self.flush()

    def _block(self, child: HtmlElement, tag: str) -> None:
        if tag in _HEADINGS:
            self.builder.heading(_heading(child), int(tag[1]))
        elif tag in ("ul", "ol") and not _has(child, *_HEADINGS, "table", "pre", "dl"):
            self.builder.items(_items(child, 0))
        elif tag == "dl":
            self._definitions(child)
        elif tag == "table" and not _is_layout(child):
            self._table(child)
        elif tag == "pre":
            self.builder.verbatim(child.text_content())
        else:
            self.walk(child)

    def flush(self) -> None:
        """Writes what has gathered: a paragraph for each stretch between double breaks, or lines of `Key: value`."""
        text, self.inline = "".join(self.inline), []
        if not text.strip(_BREAK + " \n\t\r\xa0"):
            return
        for part in re.split(r"\x00\s*\x00[\s\x00]*", text):
            lines = [line for line in map(clean, part.split(_BREAK)) if line]
            found = [key_value(line, 0, len(line)) for line in lines]
            if len(lines) > 1 and all(found):
                pairs = zip(lines, (pair for pair in found if pair), strict=True)
                self.builder.pairs((key, line[start:end]) for line, (key, start, end) in pairs)
            else:
                self.builder.paragraph(" ".join(lines))

    def _definitions(self, element: HtmlElement) -> None:
        terms: list[str] = []
        pairs: list[tuple[str, str]] = []
        is_open = False  # whether the last thing seen was a term
        for child in element.iter("dt", "dd"):  # each without those inside it, where end tags are missing
            text = clean(_text(child, without=("dt", "dd")))
            if child.tag == "dt":
                terms = [*terms, text] if is_open else [text]
            elif len(text) > _LONG_VALUE:
                self.builder.pairs(pairs)
                pairs = []
                self.builder.paragraph(f"{', '.join(terms)}: {text}")
            else:
                pairs.append((", ".join(terms), text))
            is_open = child.tag == "dt"
        self.builder.pairs(pairs)

    def _table(self, table: HtmlElement) -> None:
        for caption in table.findall("caption"):
            self.builder.paragraph(_text(caption))
        rows = [row for row in table.iter("tr") if any(cell.tag in ("td", "th") for cell in row)]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        if _is_infobox(cells):
            for is_title, group in groupby(cells, key=lambda row: len(row) == 1):
                if is_title:
                    self.builder.paragraph(" ".join(_text(row[0]) for row in group))
                else:
                    self.builder.pairs((_text(row[0]), _text(row[1])) for row in group)
            return
        grid = spread([[(clean(_text(c)), _number(c, "colspan"), _number(c, "rowspan")) for c in row] for row in cells])
        depth = 0
        while depth < len(rows) and _is_header(rows[depth], cells[depth]):
            depth += 1
        if depth == len(rows):
            depth = 1 if len(rows) > 1 else 0
        if depth == 0 and grid and has_header([[slot.text for slot in row] for row in grid]):
            depth = 1
        header = joined_header(grid[:depth]) if depth else []
        body = [row for row, all_cells in zip(grid[depth:], cells[depth:], strict=True) if all_cells]
        repeated = [slot.text for slot in grid[depth - 1]] if depth else []
        self.builder.table([row for row in body if [slot.text for slot in row] != repeated], header)


def _items(element: HtmlElement, level: int) -> Iterator[Item]:
    """The items of a list and of the lists inside it; further paragraphs of an item stand below it without a mark."""
    number = _number(element, "start")
    for child in element:
        if child.tag in ("ul", "ol"):  # a list right in a list, as word processors write it
            yield from _items(child, level + 1)
            continue
        mark = f"{number}." if element.tag == "ol" else "-"
        number += 1
        walker = _ItemWalker(level, mark)
        walker.walk(child)
        walker.end()
        yield from walker.items


class _ItemWalker:
    """Gathers the paragraphs and the inner lists of one item."""

    def __init__(self, level: int, mark: str) -> None:
        self.items: list[Item] = []
        self._text: list[str] = []
        self._level = level
        self._mark = mark

    def walk(self, element: HtmlElement) -> None:
        self._text.append(element.text or "")
        for child in element:
            if child.tag in ("ul", "ol"):
                self.end()
                self.items += _items(child, self._level + 1)
            elif child.tag == "br":
                self._text.append(" ")
            elif child.tag == "sup":
                self._text.append(_superscript(child, self._text))
            elif child.tag in _INLINE:
                self.walk(child)
            else:
                self.end()
                self.walk(child)
                self.end()
            self._text.append(child.tail or "")

    def end(self) -> None:
        if text := clean("".join(self._text)):
            self.items.append(Item(text, self._level, self._mark) if self._mark else Item(text, self._level + 1, ""))
            self._mark = ""
        self._text = []


def _text(element: HtmlElement, without: tuple[str, ...] = ()) -> str:
    """The words of an element; blocks inside it are parted by blanks, list items by semicolons."""
    parts: list[str] = [element.text or ""]
    for child in element:
        if child.tag in without:
            continue
        if child.tag == "sup":
            parts.append(_superscript(child, parts))
        elif child.tag == "br":
            parts.append(" ")
        elif child.tag in _INLINE:
            parts.append(_text(child, without))
        elif child.tag == "li":
            between = "; " if child.getprevious() is not None else " "
            parts.append(between + _text(child, without).strip())
        else:
            parts.append(f" {_text(child, without)} ")
        parts.append(child.tail or "")
    return re.sub(r"\s+;", ";", "".join(parts)) if element.tag in ("ul", "ol") else "".join(parts)


def _heading(element: HtmlElement) -> str:
    """Its words, without the sign that many pages put there as a link to the place."""
    return re.sub(r"\s*[§¶#]\s*$", "", _text(element))


def _superscript(element: HtmlElement, before: list[str]) -> str:
    """Its text; a power keeps a sign, since 10³ is not 103."""
    text = element.text_content()
    base = next((part for part in reversed(before) if part), "")
    return f"^{text}" if base[-1:].isdigit() and re.fullmatch(r"\s*[-−]?\d+\s*", text) else text


def _has(element: HtmlElement, *tags: str) -> bool:
    return next(element.iterdescendants(*tags), None) is not None


def _is_layout(table: HtmlElement) -> bool:
    """A table that only places things: one cell, or other structure inside its cells."""
    if table.get("role", "").lower() in ("presentation", "none") or _has(table, "table", *_HEADINGS, "pre"):
        return True
    cells = list(table.iterdescendants("td", "th"))
    return len(cells) < 2 or sum(_has(cell, "p") and len(cell.text_content()) > 500 for cell in cells) > 0


def _is_header(row: HtmlElement, cells: list[HtmlElement]) -> bool:
    parent = row.getparent()
    in_head = parent is not None and parent.tag == "thead"
    return in_head or all(cell.tag == "th" for cell in cells)


def _is_infobox(rows: list[list[HtmlElement]]) -> bool:
    """Two columns whose left ones are headers of their rows; a row of one cell is a title among them."""
    pairs = [row for row in rows if len(row) == 2]
    named = [row for row in pairs if row[1].tag == "td" and (row[0].tag == "th" or _text(row[0]).strip().endswith(":"))]
    return bool(named) and len(named) == len(pairs) and all(len(row) <= 2 for row in rows)


def _number(element: HtmlElement, name: str) -> int:
    """The number that an attribute states, 1 where it states none."""
    found = re.match(r"\s*(\d{1,6})", element.get(name, ""))
    return int(found[1]) if found else 1
