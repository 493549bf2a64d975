"""A document opened at a citation, as HTML: the cited range marked by its offsets, its surroundings around it. Pure.

The text inside `.doc` is the document's text from the first to the last code point shown, in order, each once: what
a reader need not see (list marks, bars, line ends) is there too, hidden by CSS. So the marked elements together
hold exactly `document.text[start:end]`. Line numbers and carried cells are drawn from attributes, and a table's
header row (`thead`) is the one thing repeated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from famqa.answering import position
from famqa.documents import has_lines
from famqa.records import Block, BlockKind, Citation, Document
from famqa.web.links import Place, source_link, text_digest
from famqa.web.painting import Layer, Range, escape, markup_layer, origin, paint

AROUND_BLOCKS = 30
CHARS_A_BLOCK = 700  # the window is cut here even where a block is a book
MAX_AROUND_BLOCKS = 960
MAX_NESTING = 6
CHANGED_SINCE_LINK = "This document has changed since the link was made, so the place cannot be shown."
CHANGED = "This document has changed since the answer was given, so the place cannot be shown. Ask again."

_ORDERED_MARK = re.compile(r"\(?(?:\d{1,9}|[a-zA-Z])[.)]\s*$")
_INKLESS = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})  # categories of Unicode
_BLANK_LETTERS = "\u034f\u115f\u1160\u2800\u3164\ufe0e\ufe0f\uffa0"  # fillers and selectors
_BULLET = re.compile(r"[-*+•–]\s*$")


@dataclass(frozen=True, slots=True)
class Part:
    """A block with the text that it owns: its line from the start (`start`), its marks, the line ends behind it."""

    block: Block
    start: int
    end: int
    line: int
    label: str = ""  # shown in the margin: the line, or the page where one begins


@dataclass(frozen=True, slots=True)
class View:
    """What the functions below need at hand: the text and how to paint it."""

    text: str
    quote: Range
    layers: tuple[Layer, ...]

    def shown(self, start: int, end: int, markup: Sequence[Range] = ()) -> str:
        return paint(self.text[start:end], start, [*self.layers, markup_layer(markup)])

    def hidden(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        return f'<span class="gap">{paint(self.text[start:end], start, self.layers)}</span>'


def opened(
    document: Document,
    blocks: Sequence[Block],
    citation: Citation,
    spans: Sequence[Range] = (),
    *,
    reference: tuple[int, int] = (0, 0),
    around: int = AROUND_BLOCKS,
    is_answer: bool = True,
) -> str:
    """The Sources panel with `document` open at `citation`, `spans` marked as the answer inside it.

    `reference` is the turn and the source it was opened from, (0, 0) for a link; `around` how many blocks are shown
    on either side. Where the document no longer says at the offsets what was quoted, nothing is shown as the quote.
    """
    if document.text[citation.start : citation.end] != citation.quote:
        return changed(citation, reference)
    layers = (
        Layer(((citation.start, citation.end),), "mark", "quote" if is_answer else "quote near", document.doc_id),
        Layer(tuple(spans), "strong", "answer-span"),
    )
    view = View(document.text, (citation.start, citation.end), layers)
    around = max(1, min(around, MAX_AROUND_BLOCKS))
    parts = labelled(window(document.text, blocks, citation.start, citation.end, around), document.doc_id)
    if not parts:
        return changed(citation, reference)
    body = "".join(_run(view, kind, list(run)) for kind, run in groupby(parts, key=lambda part: part.block.kind))
    wider = min(around * 2, MAX_AROUND_BLOCKS)
    further = window(document.text, blocks, citation.start, citation.end, wider)
    more = f'<button type="button" class="more" data-around="{wider}">{{}}</button>'
    before = more.format("Show more above") if _shows(view, further, 0, parts[0].start) else ""
    after = more.format("Show more below") if _shows(view, further, parts[-1].end, len(document.text)) else ""
    place = Place(document.doc_id, text_digest(document), citation.start, citation.end)
    margin = "" if any(part.label for part in parts) else " unnumbered"
    return (
        f'{_head(citation, reference, is_answer, place)}<div class="doc" tabindex="0" role="region" '
        f'aria-label="Document">{before}<div class="text{margin}" data-doc="{escape(place.doc_id)}" '
        f'data-digest="{place.digest}" data-start="{parts[0].start}">{body}</div>{after}</div>'
    )


def quoted(
    document: Document, blocks: Sequence[Block], citation: Citation, spans: Sequence[Range], most_chars: int
) -> str:
    """A citation's quote as the conversation shows it, the answer marked; a table row under its headers.

    A quote of more than `most_chars` is cut at a word, and only its first row is shown of a table.
    """
    start, end = citation.start, citation.end
    view = View(document.text, (start, end), (Layer(tuple(spans), "mark", "answer-span"),))
    touched = [block for block in blocks if block.start < end and block.end > start]
    if touched and touched[0].kind is BlockKind.TABLE_ROW:
        rows = [block for block in touched if block.kind is BlockKind.TABLE_ROW]
        if end - start > most_chars:
            del rows[1:]
        return _table(view, [Part(row, max(row.start, start), min(row.end, end), citation.line) for row in rows])
    if end - start > most_chars:
        end = start + len(document.text[start : start + most_chars].rsplit(None, 1)[0])
    cut = "…" if end < citation.end else ""
    return view.shown(start, end, [mark for block in touched for mark in block.markup]) + cut


def changed(citation: Citation, reference: tuple[int, int] = (0, 0), why: str = CHANGED) -> str:
    """The panel for a citation whose document has changed or gone since the answer was given."""
    return _head(citation, reference, True) + (
        '<div class="doc" tabindex="0" role="region" aria-label="Document">'
        f'<p class="problem" role="alert">{escape(why)}</p></div>'
    )


def notice(text: str) -> str:
    """The panel where nothing can be opened: one line that says why."""
    return (
        f'<header class="source-head opened" data-turn="0" data-ref="0">{_tools("")}<h2>Sources</h2></header>'
        '<div class="doc" tabindex="0" role="region" aria-label="Document">'
        f'<p class="problem" role="alert">{escape(text)}</p></div>'
    )


def window(text: str, blocks: Sequence[Block], start: int, end: int, around: int) -> list[Part]:
    """The blocks of a document around `start:end`, as parts that follow each other without a gap.

    The text between two blocks is split at its last line end: what stands before goes to the upper block.
    """
    first = next((i for i, block in enumerate(blocks) if block.end > start), len(blocks))
    last = next((i for i in range(len(blocks) - 1, -1, -1) if blocks[i].start < end), -1)
    chosen = list(blocks[max(0, min(first, last) - around) : max(first, last) + 1 + around])
    if not chosen:
        chosen = [Block(BlockKind.PARAGRAPH, start, end)]
    low = max(0, start - around * CHARS_A_BLOCK)
    high = min(len(text), end + around * CHARS_A_BLOCK)
    edges = [min(start, _line_start(text, chosen[0].start))]
    for upper, lower in pairwise(chosen):
        edges.append(max(edges[-1], min(lower.start, text.rfind("\n", upper.end, lower.start) + 1 or upper.end)))
    edges.append(max(edges[-1], end, _line_end(text, chosen[-1].end)))

    parts: list[Part] = []
    line, counted = 1, 0
    for block, (left, right) in zip(chosen, pairwise(edges), strict=True):
        left, right = max(left, low), min(right, high)
        if left >= right:
            continue
        at = min(max(block.start, left), right)
        line, counted = line + text.count("\n", counted, at), at
        parts.append(Part(block, left, right, line))
    return parts


def labelled(parts: Sequence[Part], doc_id: str) -> list[Part]:
    """The parts with what stands in the margin: line numbers where the file has lines, else pages as they begin."""
    if has_lines(doc_id):
        return [replace(part, label=str(part.line)) for part in parts]
    page: int | None = None
    out: list[Part] = []
    for part in parts:
        begins = part.block.page is not None and part.block.page != page
        page = part.block.page if begins else page
        out.append(replace(part, label=f"p. {page}") if begins else part)
    return out


def _shows(view: View, parts: Sequence[Part], start: int, end: int) -> bool:
    """Whether the parts have anything to see in the range.

    Offsets do not tell: a table's header row, or what stands before the first block, belongs to no block.
    """
    bodies = (_body(part) for part in parts)
    return any(_is_visible(view.text[max(left, start) : min(right, end)]) for left, right in bodies)


def _is_visible(text: str) -> bool:
    """Whether a character has ink: not only spaces, controls, marks of direction and joiners."""
    return any(unicodedata.category(each) not in _INKLESS and each not in _BLANK_LETTERS for each in text)


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def _head(citation: Citation, reference: tuple[int, int], is_answer: bool, place: Place | None = None) -> str:
    """Title, place and origin of the open document; without `place` there is nothing to link to."""
    crumb = " · ".join(part for part in (" › ".join(citation.section), position(citation)) if part and citation.end)
    note = "" if is_answer else '<p class="not-answer">One of the closest passages, not an answer</p>'
    link = ""
    if place is not None:
        link = f'<a class="tool link" href="{escape(source_link(place))}" title="Copy a permanent link">Link</a>'
    return (
        f'<header class="source-head opened" data-turn="{reference[0]}" data-ref="{reference[1]}">'
        f"{_tools(link)}"
        f'<h2 dir="auto">{escape(citation.title)}</h2>'
        f'<p class="crumb" dir="auto">{escape(crumb)}</p>'
        f'<p class="origin">{escape(" · ".join(part for part in (origin(citation), citation.doc_id) if part))}</p>'
        f"{note}</header>"
    )


def _tools(link: str) -> str:
    return (
        f'<div class="tools">{link}<button type="button" class="tool back">Back to the answer</button>'
        '<button type="button" class="tool close">Close</button></div>'
    )


def _run(view: View, kind: BlockKind, parts: list[Part]) -> str:
    match kind:
        case BlockKind.HEADING:
            return "".join(_heading(view, part) for part in parts)
        case BlockKind.LIST_ITEM:
            return _list(view, parts)
        case BlockKind.KEY_VALUE:
            return "".join(['<dl class="facts">', *(_fact(view, part) for part in parts), "</dl>"])
        case BlockKind.TABLE_ROW:
            return "".join(_table(view, table) for table in _tables(view, parts))
        case _:
            return "".join(f"<p {_attributes(view, part)}>{_inside(view, part)}</p>" for part in parts)


def _attributes(view: View, part: Part, css: str = "") -> str:
    """Class, label for the margin and direction; a block that holds some of the quote is a `hit`."""
    hit = part.block.start < view.quote[1] and part.block.end > view.quote[0]
    classes = " ".join(name for name in ("piece", css, "hit" if hit else "") if name)
    return f'class="{classes}" data-line="{part.label}" dir="auto"'


def _inside(view: View, part: Part) -> str:
    start, end = _body(part)
    return view.hidden(part.start, start) + view.shown(start, end, part.block.markup) + view.hidden(end, part.end)


def _body(part: Part) -> Range:
    """The block's own range as far as the part shows it."""
    start = min(max(part.block.start, part.start), part.end)
    return start, min(max(part.block.end, start), part.end)


def _heading(view: View, part: Part) -> str:
    tag = f"h{min(max(part.block.level, 1) + 2, 6)}"
    return f"<{tag} {_attributes(view, part, f'level-{part.block.level}')}>{_inside(view, part)}</{tag}>"


def _list(view: View, parts: list[Part]) -> str:
    """Nested lists after the items' levels; an item's further paragraphs carry no bullet, numbers stay as written."""
    out: list[str] = []
    levels: list[int] = []
    for part in parts:
        level = min(part.block.level, MAX_NESTING)
        while levels and level < levels[-1]:
            out.append("</li></ul>")
            levels.pop()
        if levels and level == levels[-1]:
            out.append("</li>")
        else:
            out.append("<ul>")
            levels.append(level)
        start, end = _body(part)
        mark = view.text[part.start : start]
        if ordered := _ORDERED_MARK.search(mark):
            at = part.start + ordered.start()
            css, lead = (
                "ordered",
                f'{view.hidden(part.start, at)}<span class="ordinal">{view.shown(at, start)}</span>',
            )
        else:
            css, lead = ("bullet" if _BULLET.search(mark) else "continued"), view.hidden(part.start, start)
        out.append(f"<li {_attributes(view, part, css)}>{lead}")
        out.append(view.shown(start, end, part.block.markup) + view.hidden(end, part.end))
    out.extend("</li></ul>" for _ in levels)
    return "".join(out)


def _fact(view: View, part: Part) -> str:
    start, end = _body(part)
    value = min(max(part.block.cells[0].start, start), end) if part.block.cells else start
    return (
        f"<div {_attributes(view, part)}><dt>{view.hidden(part.start, start)}"
        f"{view.shown(start, value, part.block.markup)}</dt>"
        f"<dd>{view.shown(value, end, part.block.markup)}{view.hidden(end, part.end)}</dd></div>"
    )


def _tables(view: View, parts: list[Part]) -> list[list[Part]]:
    """Rows that belong to one table: nothing but bars and one line end lies between two of them."""
    tables = [[parts[0]]]
    for upper, lower in pairwise(parts):
        between = view.text[upper.block.end : lower.block.start]
        if between.count("\n") > 1 or re.search(r"\w", between):
            tables.append([])
        tables[-1].append(lower)
    return tables


def _table(view: View, parts: list[Part]) -> str:
    columns = _columns(parts)
    names = [name for name, _ in columns]
    head = ""
    if any(names):
        head = "".join(f'<th scope="col" dir="auto">{escape(name)}</th>' for name in names)
        head = f'<thead><tr><td class="line"></td>{head}</tr></thead>'
    rows = "".join(_row(view, part, columns) for part in parts)
    table = f"<table>{head}<tbody>{rows}</tbody></table>"
    return f'<div class="table" tabindex="0" role="group" aria-label="Table">{table}</div>'


def _columns(parts: list[Part]) -> list[tuple[str, int]]:
    """All headers of the rows in their order, each with a count that parts columns of the same name."""
    columns: list[tuple[str, int]] = []
    for part in parts:
        at = 0
        for key in _keys(part):
            if key in columns:
                at = columns.index(key) + 1
            else:
                columns.insert(at, key)
                at += 1
    return columns


def _keys(part: Part) -> list[tuple[str, int]]:
    names = [cell.header for cell in part.block.cells]
    return [(name, names[:i].count(name)) for i, name in enumerate(names)]


def _row(view: View, part: Part, columns: list[tuple[str, int]]) -> str:
    """A row whose cells hold their text and, hidden, the bars before it; a carried cell is drawn from an attribute."""
    cells = dict(zip(_keys(part), part.block.cells, strict=True))
    own = [i for i, key in enumerate(columns) if key in cells and not cells[key].carried]
    at = part.start
    out = [f'<td class="line" data-line="{part.label}"></td>']
    if not own:  # nothing is known of its cells
        out.append(f'<td colspan="{max(len(columns), 1)}">{_inside(view, part)}</td>')
    for i, key in enumerate(columns if own else ()):
        cell = cells.get(key)
        if cell is not None and cell.carried:
            repeated = escape(view.text[cell.start : cell.end])
            out.append(f'<td class="carried" data-carried="{repeated}" dir="auto"></td>')
            continue
        inner = ""
        if cell is not None:
            start = min(max(cell.start, at), part.end)
            end = min(max(cell.end, start), part.end)
            inner, at = view.hidden(at, start) + view.shown(start, end), end
        if i == own[-1]:
            inner += view.hidden(at, part.end)
        out.append(f'<td dir="auto">{inner}</td>')
    return f"<tr {_attributes(view, part)}>{''.join(out)}</tr>"
