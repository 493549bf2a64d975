"""A page of a PDF as words and rules with their places, through PDFium; the only import of pypdfium2.

Coordinates are points from the top left corner of the page, turned so that most of its text runs from left to right.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from famqa.documents.parsed import Unreadable, check_text

_MAX_PATH_POINTS = 20_000  # of a page; a drawing has more, and no table
_RULE_THICKNESS = 3.0
_REPLACED = {
    **dict(zip("\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06", "ff fi fl ffi ffl st st".split(), strict=True)),
    **dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf0a8\uf076\u25cf\u25aa\u25a0\u25e6\u2023", "•"),
}
_SAMPLE_STEP = 8  # characters; what holds for a page shows in some of them
_BOLD_WEIGHT = 600


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a gap; `baseline` is where they stand, `size` the font's in points."""

    text: str
    x0: float
    x1: float
    baseline: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight thin line; horizontal from `start` to `end` at height `at`, or vertical at `at` from the left."""

    horizontal: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows: words in the order of the file, rules, and its height in points."""

    number: int
    words: tuple[Word, ...]
    rules: tuple[Rule, ...]
    height: float
    unknown_chars: int  # whose font does not say which letters they are


@dataclass(frozen=True, slots=True)
class Book:
    """An open PDF: its pages come one by one."""

    title: str  # of its properties
    page_count: int
    pages: Iterator[Page]


def open_book(data: bytes) -> Book:
    """The pages of a PDF. Raises `Unreadable` if it is encrypted, cut off or damaged."""
    if b"%%EOF" not in data[-65536:]:
        raise Unreadable("is cut off, its end is missing; get it anew")
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise Unreadable("is encrypted; save it without a password") from None
        raise Unreadable("is damaged and cannot be opened as PDF; get it anew") from None
    if count == 0:
        raise Unreadable("is damaged, it has no pages; get it anew")
    title = document.get_metadata_dict().get("Title", "")
    return Book(title, count, _pages(document, count))


def _pages(document: pypdfium2.PdfDocument, count: int) -> Iterator[Page]:
    chars = 0
    for index in range(count):
        try:
            page = document[index]
        except pypdfium2.PdfiumError:
            yield Page(index + 1, (), (), 0, 0)
            continue
        text_page = page.get_textpage()
        chars += text_page.count_chars()
        check_text(chars)
        yield _read(page, text_page, index + 1)
        text_page.close()
        page.close()


def _read(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, number: int) -> Page:
    raw, count = text_page.raw, text_page.count_chars()
    left, bottom, right, top = page.get_bbox()
    place = _Turn(_usual_turn(raw, count), left, bottom, right, top)
    unknown = sum(pdfium.FPDFText_HasUnicodeMapError(raw, index) == 1 for index in range(0, count, _SAMPLE_STEP))
    words = tuple(_words(raw, count, place))
    rules = tuple(_rules(page, place)) if words else ()
    return Page(number, words, rules, place.height, unknown * _SAMPLE_STEP)


def _turn_of(raw: pdfium.FPDF_TEXTPAGE, index: int) -> int:
    """Quarter turns of a character, with the clock."""
    angle: float = pdfium.FPDFText_GetCharAngle(raw, index)
    return round(angle / (math.pi / 2)) % 4


def _usual_turn(raw: pdfium.FPDF_TEXTPAGE, count: int) -> int:
    sample = [index for index in range(0, count, _SAMPLE_STEP) if pdfium.FPDFText_GetUnicode(raw, index) > 32]
    turns = Counter(_turn_of(raw, index) for index in sample)
    return turns.most_common(1)[0][0] if turns else 0


@dataclass(frozen=True, slots=True)
class _Turn:
    """From the file's coordinates to those of a page turned upright, y downwards."""

    quarter: int
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        """Of the upright page."""
        return self.right - self.left if self.quarter % 2 else self.top - self.bottom

    def point(self, x: float, y: float) -> tuple[float, float]:
        match self.quarter:
            case 1:
                return self.top - y, self.right - x
            case 2:
                return self.right - x, y - self.bottom
            case 3:
                return y - self.bottom, x - self.left
            case _:
                return x - self.left, self.top - y


def _words(raw: pdfium.FPDF_TEXTPAGE, count: int, place: _Turn) -> Iterator[Word]:
    """The words in the order of the file; characters that run in another direction than most are left out."""
    box, x, y, matrix = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double(), pdfium.FS_MATRIX()
    text, x0, x1, baseline, size, bold = "", 0.0, 0.0, 0.0, 0.0, False
    last_height, last_origin = -1.0, (0.0, 0.0)
    first_half = ""  # of a character beyond the basic plane
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if 0xD800 <= code < 0xDC00:
            first_half = chr(code)
            continue
        char, first_half = _char(code, first_half), ""
        if not char or _turn_of(raw, index) != place.quarter:
            if text:
                yield Word(text, x0, x1, baseline, size, bold)
            text = ""
            continue
        pdfium.FPDFText_GetLooseCharBox(raw, index, box)
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        left, first = place.point(box.left, box.bottom)
        right, second = place.point(box.right, box.top)
        if left > right:
            left, right = right, left
        origin = place.point(x.value, y.value)
        height = abs(first - second)
        # The letters of a ligature share its place.
        if (
            text
            and origin != last_origin
            and (
                abs(origin[1] - baseline) > 0.1 * size
                or abs(height - last_height) > 0.1 * height
                or not -0.5 * size < left - x1 < 0.25 * size
            )
        ):
            yield Word(text, x0, x1, baseline, size, bold)
            text = ""
        if not text:
            has_matrix = pdfium.FPDFText_GetMatrix(raw, index, matrix)
            scale = math.hypot(matrix.c, matrix.d) if has_matrix else 1.0
            size = pdfium.FPDFText_GetFontSize(raw, index) * scale or height
            bold = pdfium.FPDFText_GetFontWeight(raw, index) >= _BOLD_WEIGHT or _has_bold_name(raw, index)
            x0, baseline = left, origin[1]
        text += char
        x1, last_height, last_origin = right, height, origin
    if text:
        yield Word(text, x0, x1, baseline, size, bold)


def _char(code: int, first_half: str) -> str:
    """The letters of a code; "" for white space and what cannot be shown."""
    if 0x20 < code < 0x7F:
        return chr(code)
    if code in (2, 0xFFFE):  # how PDFium marks a hyphen at the end of a line
        return "-"
    if 0xDC00 <= code < 0xE000:
        return (first_half + chr(code)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    char = chr(code) if code < 0x110000 else ""
    if not char.strip() or unicodedata.category(char) in ("Cc", "Cs", "Cn"):
        return ""
    return _REPLACED.get(char, char)


def _has_bold_name(raw: pdfium.FPDF_TEXTPAGE, index: int) -> bool:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    length = pdfium.FPDFText_GetFontInfo(raw, index, name, len(name), flags)
    return 0 < length <= len(name) and any(word in name.value.lower() for word in (b"bold", b"black", b"heavy"))


def _rules(page: pypdfium2.PdfPage, place: _Turn) -> Iterator[Rule]:
    """Straight lines and the edges of boxes, drawn or filled."""
    left_over = _MAX_PATH_POINTS
    found: list[Rule] = []
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1):
        count = pdfium.FPDFPath_CountSegments(shape.raw)
        left_over -= count
        if left_over < 0:
            return
        matrix = shape.get_matrix()
        start = last = (0.0, 0.0)
        x, y = ctypes.c_float(), ctypes.c_float()
        for index in range(count):
            segment = pdfium.FPDFPath_GetPathSegment(shape.raw, index)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            point = place.point(*matrix.on_point(x.value, y.value))
            kind = pdfium.FPDFPathSegment_GetType(segment)
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif kind == pdfium.FPDF_SEGMENT_LINETO:
                found += _edge(last, point)
            last = point
            if pdfium.FPDFPathSegment_GetClose(segment):
                found += _edge(last, start)
                last = start
    yield from found


def _edge(a: tuple[float, float], b: tuple[float, float]) -> list[Rule]:
    (ax, ay), (bx, by) = a, b
    if abs(ay - by) < 1 and abs(ax - bx) > _RULE_THICKNESS:
        return [Rule(True, (ay + by) / 2, min(ax, bx), max(ax, bx))]
    if abs(ax - bx) < 1 and abs(ay - by) > _RULE_THICKNESS:
        return [Rule(False, (ax + bx) / 2, min(ay, by), max(ay, by))]
    return []
