"""The XML of a DOCX body: its paragraphs and tables in order, their text, the grid of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn

from famqa.documents.builder import clean
from famqa.documents.tables import Slot

FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIPPED = frozenset((qn("w:del"), qn("w:moveFrom"), qn("w:txbxContent"), qn("w:pPr"), qn("w:rPr"), FALLBACK))
PARAGRAPH, TABLE, _RUN, _TEXT, _STYLE = qn("w:p"), qn("w:tbl"), qn("w:r"), qn("w:t"), qn("w:pStyle")
_BLANKS = frozenset((qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:ptab")))
_HYPHENS = {qn("w:noBreakHyphen"): "-", qn("w:softHyphen"): ""}
VAL = qn("w:val")

Element = Any  # lxml's elements, as python-docx subclasses them


def blocks(parent: Element) -> Iterator[Element]:
    """Paragraphs and tables, those inside content controls and other wrappers included, in order."""
    for child in parent:
        if child.tag in (PARAGRAPH, TABLE):
            yield child
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED and len(child):
            yield from blocks(child)


def text_of(element: Element) -> str:
    """What a reader sees of a paragraph, text boxes left out."""
    parts: list[str] = []
    for child in element:
        tag = child.tag
        if tag == _TEXT:
            parts.append(child.text or "")
        elif tag in _BLANKS:
            parts.append(" ")
        elif tag in _HYPHENS:
            parts.append(_HYPHENS[tag])
        elif isinstance(tag, str) and tag not in _SKIPPED and not (tag == _RUN and _is_hidden(child)):
            parts.append(text_of(child))
    return "".join(parts)


def _is_hidden(run: Element) -> bool:
    vanish = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return vanish is not None and vanish.get(VAL, "true") not in ("0", "false")


def style_id(paragraph: Element) -> str:
    """The id of the paragraph's style, "" where it names none."""
    style = paragraph.find(f"{qn('w:pPr')}/{_STYLE}")
    return style.get(VAL, "") if style is not None else ""


def grid_of(table: Element) -> tuple[list[list[Slot]], int]:
    """The grid of a table, and how many of its first rows are marked as header."""
    grid: list[list[Slot]] = []
    depth, is_heading = 0, True
    for row in _children(table, qn("w:tr")):
        properties = row.find(qn("w:trPr"))
        before = properties.find(qn("w:gridBefore")) if properties is not None else None
        slots = [Slot("")] * (min(int(before.get(VAL, "0")), 100) if before is not None else 0)
        for cell in _children(row, qn("w:tc")):
            width = min(max(cell.grid_span, 1), 100)
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            above = grid[-1][len(slots)] if grid and len(slots) < len(grid[-1]) else None
            if merge is not None and merge.get(VAL, "continue") == "continue" and above is not None:
                text, down = above.text, above.row_offset + 1
            else:
                text, down = clean(" ".join(text_of(p) for p in cell.iter(PARAGRAPH))), 0
            slots += [Slot(text, down, right) for right in range(width)]
        grid.append(slots)
        is_heading = is_heading and properties is not None and properties.find(qn("w:tblHeader")) is not None
        depth += is_heading
    return grid, depth if depth < len(grid) else 0


def _children(parent: Element, tag: str) -> Iterator[Element]:
    """Children of a tag, those in content controls and tracked changes included."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
            yield from _children(child, tag)


def is_infobox(table: Element, texts: list[list[str]]) -> bool:
    """Two columns, the left one of names: each ends with a colon, or it alone is bold."""
    if any(len(row) != 2 for row in texts):
        return False
    if all(row[0].endswith(":") for row in texts):
        return True
    cells = [list(_children(row, qn("w:tc"))) for row in _children(table, qn("w:tr"))]
    bold = [[_is_bold(cell) for cell in row] for row in cells]
    return all(left and not right for left, right in (row for row in bold if len(row) == 2))


def _is_bold(cell: Element) -> bool:
    runs = [run for run in cell.iter(_RUN) if run.find(_TEXT) is not None]
    return bool(runs) and all(run.find(f"{qn('w:rPr')}/{qn('w:b')}") is not None for run in runs)
