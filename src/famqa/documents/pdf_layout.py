"""Lines of a document to its elements: headings, paragraphs, list items, tables; what repeats on pages left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from famqa.documents.parsed import key_value
from famqa.documents.pdf_lines import Line, Run, lines_of, runs_of
from famqa.documents.pdf_page import Page
from famqa.documents.pdf_tables import RuledTable, aligned_table, ruled_tables
from famqa.documents.tables import Slot

_MARGIN = 0.12  # of the page's height, above and below, where headers and footers stand
_PAGE_NUMBER = re.compile(
    r"(?i)[-–—|\s]*(?:page|seite|p\.)?\s*(?:(\d{1,4})\s*(?:(?:of|/|von|de)\s*\d{1,4})?|[ivxlc]{1,7})[-–—|\s]*"
)
_ITEM = re.compile(r"(?P<mark>[•◦–*-]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+\S")
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*[\divxlc]+\s*$")
_SENTENCE_END = (".", "!", "?", ":", "”", '"', ".)")
_HEADING_CHARS = 160
_LARGER = 1.12


@dataclass
class Element:
    """A piece of a page on its way to a block: its lines, or a table's grid."""

    kind: str  # "heading", "paragraph", "item", "pair" or "table"
    page: int
    lines: list[Line] = field(default_factory=list)
    grid: list[list[Slot]] = field(default_factory=list)
    mark: str = ""

    @property
    def size(self) -> float:
        return self.lines[0].size if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class PageContent:
    """What is left of a page once tables drawn with rules are taken out of its text."""

    page: Page
    runs: list[Run]
    tables: list[RuledTable]


def content_of(page: Page) -> PageContent:
    """The page's runs of words and its ruled tables."""
    tables, words = ruled_tables(page)
    return PageContent(page, runs_of(words), tables)


def elements_of(pages: Sequence[PageContent]) -> list[Element]:
    """All elements in reading order. A paragraph that a page or a column parts is one element, of its first page."""
    body_size = _body_size(pages)
    bold_marks = _bold_share(pages) < 0.4  # where most is bold, bold says nothing
    furniture = _furniture(pages, body_size)
    elements: list[Element] = []
    for content in pages:
        runs = [run for run in content.runs if not furniture.holds(run, content.page)]
        for element in _on_page(content, runs, body_size, bold_marks):
            _append(elements, element, body_size)
    return elements


def _body_size(pages: Iterable[PageContent]) -> float:
    """The size that most characters have, in half points."""
    sizes: Counter[float] = Counter()
    for content in pages:
        for run in content.runs:
            sizes[round(run.size * 2) / 2] += len(run.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _bold_share(pages: Iterable[PageContent]) -> float:
    runs = [(len(run.text), run.bold) for content in pages for run in content.runs]
    return sum(length for length, bold in runs if bold) / max(sum(length for length, _ in runs), 1)


def _key(run: Run) -> tuple[str, int]:
    return re.sub(r"\d+", "#", run.text.casefold()), round(run.baseline / 6)


@dataclass(frozen=True, slots=True)
class Furniture:
    """What repeats in the margins: texts, digits as "#", at their heights, and heights where always something does."""

    texts: frozenset[tuple[str, int]]
    heights: frozenset[int]

    def holds(self, run: Run, page: Page) -> bool:
        """Whether a run is a running header or footer, or its page's number."""
        if not _is_marginal(run, page):
            return False
        text, place = _key(run)
        near = {place - 1, place, place + 1}
        if not near.isdisjoint(self.heights) or any((text, height) in self.texts for height in near):
            return True
        number = _PAGE_NUMBER.fullmatch(run.text)
        if number is None or number[1] is None:
            return number is not None
        return int(number[1]) == page.number or not run.text.strip(" -–—|").isdigit()


def _furniture(pages: Sequence[PageContent], body_size: float) -> Furniture:
    """From what stands in the margin at the same height on several pages; large type must be equal, not alike."""
    counts: Counter[tuple[str, int]] = Counter()
    exact: dict[tuple[str, int], str] = {}
    for content in pages:
        marginal = {_key(run): run for run in content.runs if _is_marginal(run, content.page)}
        for key, run in marginal.items():
            if run.size < 1.2 * body_size or exact.setdefault(key, run.text) == run.text:
                counts[key] += 1
    texts = frozenset(key for key, count in counts.items() if count >= 2)
    pages_at: Counter[int] = Counter()
    for content in pages:
        pages_at.update(
            {_key(run)[1] for run in content.runs if _is_marginal(run, content.page) and _key(run) in texts}
        )
    always = max(3, 0.4 * len(pages))
    return Furniture(texts, frozenset(height for height, count in pages_at.items() if count >= always))


def _is_marginal(run: Run, page: Page) -> bool:
    return not _MARGIN * page.height < run.baseline < (1 - _MARGIN) * page.height


def _on_page(content: PageContent, runs: list[Run], body_size: float, bold_marks: bool) -> list[Element]:
    """The page's elements, each ruled table before the first line that stands below its top in its columns."""
    lines = lines_of(runs, content.page.number)
    tables = sorted(content.tables, key=lambda table: table.top)
    elements: list[Element] = []
    stretch: list[Line] = []
    for line in lines:
        while tables and line.baseline > tables[0].top and line.x0 < tables[0].right and line.x1 > tables[0].left:
            elements += _of_lines(stretch, body_size, bold_marks)
            stretch = []
            elements.append(Element("table", content.page.number, grid=tables.pop(0).grid))
        stretch.append(line)
    elements += _of_lines(stretch, body_size, bold_marks)
    return elements + [Element("table", content.page.number, grid=table.grid) for table in tables]


def _of_lines(lines: list[Line], body_size: float, bold_marks: bool) -> list[Element]:
    elements: list[Element] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        above = lines[at - 1] if at else None
        open_element = elements[-1] if elements and above is not None and elements[-1].lines[-1:] == [above] else None
        if _LEADERS.search(line.text):
            pass  # a line of a table of contents
        elif (found := aligned_table(lines, at)) is not None:
            grid, at = found
            elements.append(Element("table", line.page, grid=grid))
            continue
        elif _is_heading(line, above, lines[at + 1] if at + 1 < len(lines) else None, body_size, bold_marks):
            if open_element and open_element.kind == "heading" and _same_heading(open_element.lines[-1], line):
                open_element.lines.append(line)
            else:
                elements.append(Element("heading", line.page, [line]))
        elif (item := _ITEM.match(line.text)) and not _goes_on(open_element, line, strict=True):
            elements.append(Element("item", line.page, [line], mark=item["mark"]))
        elif _goes_on(open_element, line):
            assert open_element is not None
            open_element.lines.append(line)
        else:
            elements.append(Element("paragraph", line.page, [line]))
        at += 1
    return _with_pairs([part for element in elements for part in _checked(element)])


def _is_heading(line: Line, above: Line | None, below: Line | None, body_size: float, bold_marks: bool) -> bool:
    """Larger type than the body's, or a short bold line that stands alone."""
    if len(line.text) > _HEADING_CHARS or not any(map(str.isalpha, line.text)):
        return False
    if line.size >= _LARGER * body_size:
        return True
    if not (bold_marks and line.bold and line.size >= 0.95 * body_size and len(line.runs) == 1):
        return False
    apart = above is None or above.bold or not 0 < line.baseline - above.baseline < 1.25 * line.size
    ends = line.text[-1] not in ".,;:" and (below is None or not below.bold or below.baseline < line.baseline)
    return len(line.text) <= 90 and apart and ends


def _same_heading(last: Line, line: Line) -> bool:
    return (
        abs(last.size - line.size) < 0.6
        and last.bold == line.bold
        and 0 < line.baseline - last.baseline < 1.5 * line.size
    )


def _goes_on(element: Element | None, line: Line, strict: bool = False) -> bool:
    """Whether a line belongs to the paragraph or item above it.

    `strict` asks for a line that begins like an item: it goes on only if it stands indented below the item's text
    and the line above is full, so that "- " or "1990." at its start is an accident.
    """
    if element is None or element.kind not in ("paragraph", "item"):
        return False
    last = element.lines[-1]
    pitch = line.baseline - last.baseline
    if abs(last.size - line.size) > 0.08 * line.size + 0.3 or not 0 < pitch < 1.75 * line.size:
        return False
    if len(element.lines) > 1 and pitch > 1.25 * (last.baseline - element.lines[-2].baseline) + 0.5:
        return False  # more space than between the lines before
    room = last.right - last.x1 - 0.3 * line.size
    first_word = line.runs[0].words[0]
    is_short = first_word.x1 - first_word.x0 < room  # the next word would have had its place on the line above
    if strict:
        is_below = abs(line.x0 - last.x0) < 1 if element.kind == "paragraph" else line.x0 > element.lines[0].x0 + 1
        return not is_short and is_below and line.text[0].isdigit()
    if element.kind == "item":
        return line.x0 > element.lines[0].x0 + 1 or not is_short
    is_indented = line.x0 > last.x0 + 0.8 * line.size and len(element.lines) > 1
    ends = last.text.endswith(_SENTENCE_END)
    return not is_indented and not (is_short and ends) and not (is_short and room > 0.5 * (last.right - last.left))


def _checked(element: Element) -> list[Element]:
    """The element; a heading of more than a few lines is prose, lines that are `Key: value` are pairs."""
    if element.kind == "heading" and sum(len(line.text) for line in element.lines) > 2 * _HEADING_CHARS:
        element.kind = "paragraph"
    if element.kind == "paragraph" and len(element.lines) > 1:
        pairs = [key_value(line.text, 0, len(line.text)) for line in element.lines]
        if all(pairs):
            return [Element("pair", line.page, [line]) for line in element.lines]
    return [element]


def _with_pairs(elements: list[Element]) -> list[Element]:
    """The elements; paragraphs of one line that are `Key: value` are pairs where two or more follow each other."""
    found = [
        element.kind == "paragraph"
        and len(element.lines) == 1
        and key_value(element.lines[0].text, 0, len(element.lines[0].text)) is not None
        for element in elements
    ]
    for n, element in enumerate(elements):
        if found[n] and (found[n - 1 : n] == [True] or found[n + 1 : n + 2] == [True]):
            element.kind = "pair"
    return elements


def _append(elements: list[Element], new: Element, body_size: float) -> None:
    """Adds an element, or its lines to the paragraph of the column or page before that it goes on with."""
    small = 0.92 * body_size
    at = len(elements) - 1
    while at >= 0 and elements[at].kind == "paragraph" and elements[at].size < small <= new.size:
        at -= 1  # footnotes stand between the two halves
    before = elements[at] if at >= 0 else None
    if before is not None and before.kind in ("paragraph", "item") and _carries_on(before.lines[-1], new):
        before.lines += new.lines
    else:
        elements.append(new)


def _carries_on(last: Line, new: Element) -> bool:
    """Whether an element at the top of a column or page goes on with the sentence of the line before it."""
    if new.kind not in ("paragraph", "item") or abs(last.size - new.size) >= 0.6:
        return False
    first = new.lines[0]
    if not _is_parted(last, first) or last.text.endswith(_SENTENCE_END):
        return False
    if new.kind == "paragraph" and (first.text[0].islower() or last.text.endswith("-")):
        return True
    word = first.runs[0].words[0]
    return first.text[0].isdigit() and word.x1 - word.x0 >= last.right - last.x1 - 0.3 * last.size


def _is_parted(last: Line, first: Line) -> bool:
    """Whether the second line stands at the top of another column or page than the first."""
    return first.page > last.page or first.baseline < last.baseline
