"""DOCX: headings by style, lists with their nesting, tables with merged cells, footnotes, through python-docx.

python-docx opens the package and knows its styles; the text is taken from the XML itself, since text in content
controls, tracked insertions and text boxes counts too. Deleted and hidden text does not.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from functools import cached_property
from io import BytesIO
from typing import Any

import docx
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.styles.style import ParagraphStyle
from lxml import etree

from famqa.documents.builder import Builder, Item, clean, real_title
from famqa.documents.docx_xml import (
    FALLBACK,
    PARAGRAPH,
    TABLE,
    VAL,
    Element,
    blocks,
    grid_of,
    is_infobox,
    style_id,
    text_of,
)
from famqa.documents.parsed import Parsed, Unreadable
from famqa.documents.tables import Slot, has_header, joined_header

MAX_UNPACKED_MB = 300
MAX_PARTS = 10_000

_LIST_STYLE = re.compile(r"list (?:bullet|number) ?(\d?)", re.IGNORECASE)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)
_NOTES = ("footnote", "endnote")
_BASE_DEPTH = 20  # styles based on styles


def parse(data: bytes) -> Parsed:
    """Blocks of the body in order, a footnote after what refers to it; the title by style, heading or properties.

    Raises `Unreadable` for a file that is encrypted, damaged or made for harm.
    """
    check_package(data)
    try:
        document = docx.Document(BytesIO(data))
        return _Reader(document).read()
    except (*_DAMAGE, KeyError, ValueError, AttributeError, etree.XMLSyntaxError) as error:
        what = clean(str(error)).split(",")[0][:100] or type(error).__name__
        raise Unreadable(f"is damaged ({what}); open it in a word processor and save it anew") from None


def check_package(data: bytes) -> None:
    """Raises `Unreadable` for a package that is encrypted, not whole, or unpacks to far more than a text has."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts) >> 20  # what zipfile reads at most, whatever is packed
            if unpacked > MAX_UNPACKED_MB or len(parts) > MAX_PARTS:
                raise Unreadable(f"unpacks to {unpacked} MiB in {len(parts)} parts, which no text needs; remove it")
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable("is encrypted; save it without a password")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in package.open(part).read(4096):
                    raise Unreadable("declares XML entities, which no word processor does; remove it")
    except _DAMAGE as error:
        raise Unreadable(f"is damaged ({clean(str(error))[:100]}); get it anew") from None


class _Reader:
    """Goes through the body once; list paragraphs that follow each other are gathered in `items`."""

    def __init__(self, document: WordDocument) -> None:
        self.document = document
        self.levels = {style.style_id: self._level_of(style) for style in self._styles.values()}
        body = list(blocks(document.element.body))
        self.title = self._title(body)
        tops = [block for block in body if block.tag == PARAGRAPH and self._heading_level(block) == 1]
        self.shift = 1 if not self.title and len(tops) > 1 else 0  # chapters, none of which is the title
        self.builder = Builder(self.title)
        self.items: list[Item] = []
        self.counts: dict[tuple[str, int], int] = {}
        self.pending_notes: list[str] = []
        self.body = body

    def read(self) -> Parsed:
        self._walk(self.body)
        return self.builder.finish()

    def _walk(self, blocks: list[Element]) -> None:
        for block in blocks:
            if block.tag == TABLE:
                self._end_list()
                self._table(block)
            else:
                self._paragraph(block)
            self.pending_notes += self._notes_in(block)
            if not self.items:
                self._write_notes()
        self._end_list()

    def _paragraph(self, paragraph: Element) -> None:
        text = clean(text_of(paragraph))
        style = self._styles.get(style_id(paragraph))
        if style is not None and (style.name or "").lower().startswith("toc "):
            return  # a table of contents says nothing that the headings do not
        level = self._heading_level(paragraph)
        if text and level is not None:
            self._end_list()
            self.builder.heading(text, level + self.shift)
        elif text and (place := self._list_place(paragraph)) is not None:
            depth, mark = place
            self.items.append(Item(text, depth, mark))
        elif text:
            self._end_list()
            self.builder.paragraph(text)
        boxes = [box for box in paragraph.iter(qn("w:txbxContent")) if next(box.iterancestors(FALLBACK), None) is None]
        for box in boxes:
            self._end_list()
            self._walk(list(blocks(box)))

    def _end_list(self) -> None:
        items, self.items = self.items, []
        self.builder.items(items)
        self._write_notes()

    def _write_notes(self) -> None:
        notes, self.pending_notes = self.pending_notes, []
        for note in notes:
            self.builder.paragraph(note)

    def _table(self, table: Element) -> None:
        grid, depth = grid_of(table)
        if not grid:
            return
        texts = [[slot.text for slot in row] for row in grid]
        if max(map(len, grid)) == 1:  # a frame around text
            for cell in table.iter(qn("w:tc")):
                self._walk(list(blocks(cell)))
            return
        if not depth and is_infobox(table, texts):
            self.builder.pairs((row[0], row[1]) for row in texts)
            return
        if not depth and has_header(texts):
            depth = 1
        width = max(map(len, grid))
        grid = [[*row, *([Slot("")] * (width - len(row)))] for row in grid]
        self.builder.table(grid[depth:], joined_header(grid[:depth]) if depth else [])

    def _title(self, body: list[Element]) -> str:
        """The paragraph styled as title, else the only heading of level 1, else the file's properties."""
        paragraphs = [block for block in body if block.tag == PARAGRAPH]
        styled = [block for block in paragraphs if self.levels.get(style_id(block)) == 0]
        tops = [block for block in paragraphs if self._heading_level(block) == 1]
        for found in (styled[:1], tops if len(tops) == 1 else []):
            if found and (text := clean(text_of(found[0]))):
                return text
        return real_title(self.document.core_properties.title or "")

    def _heading_level(self, paragraph: Element) -> int | None:
        """From 1; a title counts as 1; None for what is no heading."""
        properties = paragraph.pPr
        own = properties.find(qn("w:outlineLvl")) if properties is not None else None
        if own is not None and own.get(VAL, "9").isdigit():
            return int(own.get(VAL)) + 1 if int(own.get(VAL)) < 9 else None
        level = self.levels.get(style_id(paragraph))
        return None if level is None else max(level, 1)

    @cached_property
    def _styles(self) -> dict[str, ParagraphStyle]:
        return {style.style_id: style for style in self.document.styles if isinstance(style, ParagraphStyle)}

    def _level_of(self, style: ParagraphStyle) -> int | None:
        """0 for the title's style, the level of a heading's, None for others; a style has what it is based on."""
        current: Any = style
        for _ in range(_BASE_DEPTH):
            name = (current.name or "").lower()
            if name == "title":
                return 0
            if match := re.fullmatch(r"heading (\d)", name):
                return int(match[1])
            outline = current.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
            if outline is not None and outline.get(VAL, "9") in "012345678":
                return int(outline.get(VAL)) + 1
            current = current.base_style
            if current is None:
                break
        return None

    def _list_place(self, paragraph: Element) -> tuple[int, str] | None:
        """Nesting and mark of a list paragraph; None for others."""
        numbering = paragraph.pPr.numPr if paragraph.pPr is not None else None
        style: Any = self._styles.get(style_id(paragraph))
        named = _LIST_STYLE.match(style.name or "") if style is not None else None
        for _ in range(_BASE_DEPTH):
            if numbering is not None or style is None:
                break
            properties = style.element.find(qn("w:pPr"))
            numbering = properties.find(qn("w:numPr")) if properties is not None else None
            style = style.base_style
        if numbering is None and named is None:
            return None
        number = numbering.find(qn("w:numId")) if numbering is not None else None
        list_id = number.get(VAL, "") if number is not None else ""
        if list_id == "0" or (not list_id and named is None):
            return None
        stated = numbering.find(qn("w:ilvl")) if numbering is not None else None
        depth = int(stated.get(VAL, "0")) if stated is not None and stated.get(VAL, "0").isdigit() else 0
        if named and named[1] and depth == 0:
            depth = int(named[1]) - 1
        if self._is_bulleted(list_id, depth):
            return depth, "-"
        self.counts = {key: n for key, n in self.counts.items() if key[0] != list_id or key[1] <= depth}
        self.counts[list_id, depth] = self.counts.get((list_id, depth), 0) + 1
        return depth, f"{self.counts[list_id, depth]}."

    def _is_bulleted(self, list_id: str, depth: int) -> bool:
        return self._number_formats.get(list_id, {}).get(depth, "bullet") in ("bullet", "none")

    @cached_property
    def _number_formats(self) -> dict[str, dict[int, str]]:
        """For each list and nesting, the format of its marks: "bullet", "decimal", ..."""
        try:
            root = self.document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return {}
        abstract: dict[str, dict[int, str]] = {}
        for entry in root.iter(qn("w:abstractNum")):
            formats = abstract.setdefault(entry.get(qn("w:abstractNumId"), ""), {})
            for level in entry.iter(qn("w:lvl")):
                found = level.find(qn("w:numFmt"))
                if found is not None and level.get(qn("w:ilvl"), "").isdigit():
                    formats[int(level.get(qn("w:ilvl")))] = found.get(VAL, "bullet")
        lists: dict[str, dict[int, str]] = {}
        for entry in root.iter(qn("w:num")):
            reference = entry.find(qn("w:abstractNumId"))
            lists[entry.get(qn("w:numId"), "")] = (
                abstract.get(reference.get(VAL, ""), {}) if reference is not None else {}
            )
        return lists

    def _notes_in(self, block: Element) -> list[str]:
        found = [(kind, ref.get(qn("w:id"))) for kind in _NOTES for ref in block.iter(qn(f"w:{kind}Reference"))]
        return [self._notes[key] for key in found if key in self._notes]

    @cached_property
    def _notes(self) -> dict[tuple[str, str | None], str]:
        """Text of each footnote and endnote, by its kind and id."""
        notes: dict[tuple[str, str | None], str] = {}
        for relation in self.document.part.rels.values():
            kind = next((kind for kind in _NOTES if relation.reltype.endswith(f"/{kind}s")), None)
            if kind is None or relation.is_external:
                continue
            safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            for note in etree.fromstring(relation.target_part.blob, safe).iter(qn(f"w:{kind}")):
                if note.get(qn("w:type"), "normal") == "normal":
                    notes[kind, note.get(qn("w:id"))] = clean(" ".join(text_of(p) for p in note.iter(PARAGRAPH)))
        return notes
