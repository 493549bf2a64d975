"""PDF: pages, columns, headings by type size, paragraphs joined over lines and pages, lists, tables.

The canonical text is written anew by `Builder`: a PDF holds glyphs at places, so all structure is told from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from famqa.documents.builder import Builder, Item, clean, real_title
from famqa.documents.parsed import Parsed, Unreadable, key_value
from famqa.documents.pdf_layout import Element, PageContent, content_of, elements_of
from famqa.documents.pdf_page import open_book
from famqa.documents.tables import has_header

_MAX_LEVEL = 6
_MASTHEAD_CHARS = 150  # what may stand above a title
_SCANNED = "holds no text; it may be scanned: run text recognition (OCR) on it first"


def parse(data: bytes) -> Parsed:
    """Blocks with their pages. Raises `Unreadable` for a file that is encrypted, cut off, damaged or without text."""
    book = open_book(data)
    pages: list[PageContent] = []
    chars = unknown = 0
    for page in book.pages:
        chars += sum(len(word.text) for word in page.words)
        unknown += page.unknown_chars
        pages.append(content_of(page))
    if not chars:
        raise Unreadable(_SCANNED)
    if 2 * unknown > chars:
        raise Unreadable("does not say which letters it shows; run text recognition (OCR) on it first")
    elements = elements_of(pages)
    builder = Builder(real_title(book.title) or _largest_heading(elements))
    _Writer(builder, elements).write()
    without = [content.page.number for content in pages if not content.page.words]
    notes = (f"{_pages(without)} of {book.page_count} without text (scanned?)",) if without else ()
    return builder.finish(notes)


def _pages(numbers: Sequence[int]) -> str:
    """ "page 3", "pages 3-5, 8" """
    runs = [list(run) for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    named = [str(run[0][1]) if len(run) == 1 else f"{run[0][1]}-{run[-1][1]}" for run in runs]
    listed = ", ".join(named[:10]) + (", ..." if len(named) > 10 else "")
    return f"page {listed}" if len(numbers) == 1 else f"pages {listed}"


def _largest_heading(elements: Sequence[Element]) -> str:
    """The first heading of the largest type on the first page with text; "" if there is none, or below prose."""
    first = [element for element in elements if element.page == elements[0].page]
    largest = max((element.size for element in first if element.kind == "heading"), default=0.0)
    for element in first:
        if element.kind == "heading" and element.size > largest - 0.3:
            return " ".join(line.text for line in element.lines)
        if sum(len(line.text) for line in element.lines) > _MASTHEAD_CHARS:
            break
    return ""


class _Writer:
    """Writes elements into a builder; `words` are those of the whole document, which tell how to mend hyphens."""

    def __init__(self, builder: Builder, elements: Sequence[Element]) -> None:
        self.builder = builder
        self.elements = elements
        self.words = {word for element in elements for word in _whole_words([line.text for line in element.lines])}
        styles = {_style(element) for element in elements if element.kind == "heading"}
        top = 1 if builder.path.title else 2  # without a title, no heading may be taken for one
        self.levels = {style: min(n, _MAX_LEVEL) for n, style in enumerate(sorted(styles, reverse=True), top)}

    def write(self) -> None:
        for kind, group in groupby(self.elements, key=lambda element: element.kind):
            stretch = list(group)
            if kind == "item":
                self._items(stretch)
            elif kind == "table":
                self._tables(stretch)
            elif kind == "pair":
                for page, same in groupby(stretch, key=lambda element: element.page):
                    texts = [self._text(element) for element in same]
                    found = [(text, key_value(text, 0, len(text))) for text in texts]
                    self.builder.pairs(((pair[0], text[pair[1] : pair[2]]) for text, pair in found if pair), page)
            else:
                for element in stretch:
                    if kind == "heading":
                        self.builder.heading(self._text(element), self.levels[_style(element)], element.page)
                    else:
                        self.builder.paragraph(self._text(element), element.page)

    def _items(self, elements: Sequence[Element]) -> None:
        places = sorted({round(element.lines[0].x0 / 4) for element in elements})
        steps = [place for n, place in enumerate(places) if n == 0 or place - places[n - 1] > 1]
        items: list[Item] = []
        for element in elements:
            text = self._text(element)
            body = text.removeprefix(element.mark).lstrip()
            level = sum(step <= round(element.lines[0].x0 / 4) for step in steps) - 1
            mark = element.mark if element.mark[-1] in ".)" else "-"
            items.append(Item(body, level, mark, element.page))
        self.builder.items(items)

    def _tables(self, elements: Sequence[Element]) -> None:
        """Tables that follow each other; one on the next page with as many columns goes on with the last one."""
        header: list[str] = []
        last: Element | None = None
        for element in elements:
            grid = [[replace(slot, text=clean(slot.text)) for slot in row] for row in element.grid]
            texts = [[slot.text for slot in row] for row in grid]
            goes_on = last is not None and last.page + 1 == element.page and len(grid[0]) == len(last.grid[0])
            if goes_on and header and texts[0] == header:
                grid = grid[1:]
            elif goes_on and header and not has_header(texts):
                pass
            elif all(len(row) == 2 and row[0].endswith(":") for row in texts):
                self.builder.pairs(((row[0], row[1]) for row in texts), element.page)
                header, last = [], None
                continue
            else:
                header, goes_on = (texts[0], False) if has_header(texts) else ([], False)
                grid = grid[1:] if header else grid
            self.builder.table(grid, header, element.page, show_header=not goes_on)
            last = element

    def _text(self, element: Element) -> str:
        text = ""
        for line in element.lines:
            text = self._joined(text, clean(line.text)) if text else clean(line.text)
        return text

    def _joined(self, text: str, following: str) -> str:
        """Two lines as one text; a hyphen at the end of the first goes unless the word is written with it."""
        match = re.search(r"(\w+)[-\u2010\u00ad]$", text)
        start = re.match(r"\w+", following)
        if match is None or start is None:
            return f"{text}{'' if text.endswith('-') and start else ' '}{following}" if text else following
        if not following[0].islower():
            return text + following
        halves = match[1].casefold(), start[0].casefold()
        whole = "".join(halves)
        keeps = whole not in self.words and ("-".join(halves) in self.words or self.words.issuperset(halves))
        return text + following if keeps else text[: match.end(1)] + following


def _whole_words(lines: Sequence[str]) -> Iterator[str]:
    """The words of an element in lower case, without those that the end of a line may have parted."""
    parted = False
    for line in lines:
        found = re.findall(r"\w+(?:-\w+)*", line.casefold())
        ends = re.search(r"\w[-\u2010\u00ad]\s*$", line) is not None
        yield from found[int(parted) : len(found) - int(ends)]
        parted = ends


def _style(element: Element) -> tuple[float, bool]:
    return round(element.size * 2) / 2, element.lines[0].bold
