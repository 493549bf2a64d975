"""Permanent links: to a question, and to a place in one version of a document.

    /?source=reports/a.txt@3f9a1c0b7d2e4f61&at=120-164      characters 120 to 164 of a document with that digest
    /?q=Who+made+the+lamp%3F&in=reports                     a question, asked of one folder

The digest is that of the document's text, not of its file: where it is the same, the same offsets hold the same
words, whichever version of a parser made the text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from famqa.errors import FamqaError
from famqa.records import Block, Citation, Document

DIGEST_CHARS = 16
_RANGE = re.compile(r"(\d{1,12})-(\d{1,12})", re.ASCII)


class LinkError(FamqaError):
    """A link names no place, or one that is not there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A range of one version of a document; 0 to 0 is the document as a whole."""

    doc_id: str
    digest: str  # of the text, as `text_digest` gives it
    start: int
    end: int


def text_digest(document: Document) -> str:
    """The first 16 hexadecimal digits of the sha256 of the document's text."""
    return hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_CHARS]


def source_link(place: Place) -> str:
    """The address of a place, relative to the page.

    >>> source_link(Place("notes/a b.txt", "3f9a1c0b7d2e4f61", 120, 164))
    '?source=notes/a%20b.txt@3f9a1c0b7d2e4f61&at=120-164'
    """
    named = quote(f"{place.doc_id}@{place.digest}", safe="/@", errors="replace")
    return f"?source={named}" + (f"&at={place.start}-{place.end}" if place.end else "")


def question_link(question: str, within: Sequence[str] = ()) -> str:
    """The address that asks a question, relative to the page.

    >>> question_link("Who is it?", ["reports"])
    '?q=Who+is+it%3F&in=reports'
    """
    return "?" + urlencode([("q", question), *(("in", part) for part in within)], errors="replace")


def read_place(source: str, at: str) -> Place:
    """The place that a link's `source` and `at` name; raises `LinkError` where they name none.

    >>> read_place("a@b.txt@3f9a1c0b7d2e4f61", "3-9")
    Place(doc_id='a@b.txt', digest='3f9a1c0b7d2e4f61', start=3, end=9)
    """
    doc_id, _, digest = source.rpartition("@")
    found = _RANGE.fullmatch(at or "0-0")
    if not doc_id or found is None:
        raise LinkError("this link names no place in a document; it may have been cut, copy it again")
    start, end = int(found[1]), int(found[2])
    if start > end:
        raise LinkError(f"this link ends before it begins ({start}-{end}); copy it again")
    return Place(doc_id, digest, start, end)


def citation_at(document: Document, blocks: Sequence[Block], start: int, end: int, number: int = 1) -> Citation:
    """The citation of `document.text[start:end]`, its section and page those of the block that it begins in.

    Raises `LinkError` where the document has no such characters.
    """
    if not 0 <= start <= end <= len(document.text):
        raise LinkError(f"{document.doc_id} has no characters {start} to {end}; copy the link again")
    block = next((block for block in blocks if block.end > start), None)
    return Citation(
        number=number,
        doc_id=document.doc_id,
        title=document.title,
        section=block.headings if block and end else (),
        page=block.page if block else None,
        line=document.line_of(start),
        start=start,
        end=end,
        quote=document.text[start:end],
        source=document.source,
        date=document.date,
    )
