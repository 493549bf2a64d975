"""Files to documents and blocks. One module a format, each with `parse(...) -> Parsed`, picked by suffix.

A further format is a module here, a line in `FORMATS` and a case in `_parse`. Formats whose text must be extracted
(PDF, DOCX, HTML) return the extracted text in `Parsed.text`, and everything later points into that. Files come from
strangers: an index is built through `worker`, which parses each file in a process with limits.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from famqa.documents import folder
from famqa.documents.encodings import UTF_8, decode, decode_html
from famqa.documents.folder import NO_NOTE as NO_NOTE
from famqa.documents.folder import SourceNote as SourceNote
from famqa.documents.folder import check_folder as check_folder
from famqa.documents.folder import printable as printable
from famqa.documents.folder import read_sources as read_sources
from famqa.documents.parsed import Parsed, Unreadable, check_blocks, check_text
from famqa.documents.sniff import check_kind
from famqa.errors import DocumentError
from famqa.records import Block, Document

PARSER_VERSION = 2  # raise it when the same file would be read otherwise

FORMATS: dict[str, str] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".csv": "table",
    ".tsv": "table",
}
"""Suffix to the format's name, as `Document.format` and `famqa status` say it."""

_OWN_TEXT = ("text", "markdown", "table")  # formats whose canonical text is the file's own
_OTHERS = {
    ".doc": "save it as .docx",
    ".rtf": "save it as .docx",
    ".odt": "save it as .docx",
    ".xls": "save it as .csv",
    ".xlsx": "save it as .csv",
    ".ods": "save it as .csv",
}


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as a document with its blocks in order, and `notes` on how it was read ("read as Windows-1252")."""

    document: Document
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()


def list_files(corpus: Path) -> list[str]:
    """Paths of all files below `corpus`, with "/", sorted; see `folder.list_files`. Raises `CorpusError`."""
    return folder.list_files(corpus, known=", ".join(FORMATS))


def read_bytes(corpus: Path, doc_id: str, max_bytes: int) -> bytes:
    """The file's bytes. Raises `DocumentError` if its format is not known, it cannot be read or is too large."""
    try:
        _format(doc_id)
    except Unreadable as error:
        raise DocumentError(f"{printable(doc_id)}: {error}") from None
    return folder.read_file(corpus, doc_id, max_bytes)


def has_lines(doc_id: str) -> bool:
    """Whether the document's lines are those of its file, so that their numbers mean something to its reader."""
    return FORMATS.get(PurePosixPath(doc_id).suffix.lower()) in _OWN_TEXT


def parse(data: bytes, doc_id: str, note: SourceNote = NO_NOTE) -> tuple[Document, tuple[Block, ...]]:
    """The document of a file's bytes, and its blocks in order. Raises `DocumentError`, its reason on one line."""
    parsed = parse_file(data, doc_id, note)
    return parsed.document, parsed.blocks


def parse_file(data: bytes, doc_id: str, note: SourceNote = NO_NOTE) -> ParsedFile:
    """The document of a file's bytes, its blocks and notes. Raises `DocumentError`, its reason on one line.

    Nothing limits the time and the memory that a file made for harm takes: see `worker` for that.
    """
    format_name = "file"
    try:
        format_name = _format(doc_id)
        check_kind(data, format_name)
        parsed = _parse(data, format_name, doc_id)
        if not parsed.blocks:
            raise Unreadable("there is no text in it; remove it or fill it")
        check_text(len(parsed.text))
        check_blocks(len(parsed.blocks))
    except Unreadable as error:
        raise DocumentError(f"{printable(doc_id)}: {error}") from None
    except RecursionError:
        raise DocumentError(f"{printable(doc_id)}: is nested too deeply; simplify it") from None
    document = Document(
        doc_id=doc_id,
        title=note.title or parsed.title or PurePosixPath(doc_id).stem,
        text=parsed.text,
        format=format_name,
        sha256=hashlib.sha256(data).hexdigest(),
        source=note.source,
        date=note.date,
    )
    return ParsedFile(document, parsed.blocks, parsed.notes)


def check_file(data: bytes, doc_id: str) -> str:
    """The format's name. Raises `DocumentError` if suffix, first bytes or encoding show that it is no document.

    Much faster than `parse_file`, which may still find that the file is of no use.
    """
    try:
        format_name = _format(doc_id)
        check_kind(data, format_name)
        if format_name in _OWN_TEXT:
            decode(data)
    except Unreadable as error:
        raise DocumentError(f"{printable(doc_id)}: {error}") from None
    return format_name


def _parse(data: bytes, format_name: str, doc_id: str) -> Parsed:
    """Each format's module is loaded when its first file comes: a folder of text files needs no PDF library."""
    match format_name:
        case "pdf":
            from famqa.documents import pdf

            return pdf.parse(data)
        case "docx":
            from famqa.documents import docx

            return docx.parse(data)
    text, encoding = decode_html(data) if format_name == "html" else decode(data)
    check_text(len(text))
    match format_name:
        case "html":
            from famqa.documents import html

            parsed = html.parse(text)
        case "table":
            from famqa.documents import delimited

            parsed = delimited.parse(text, PurePosixPath(doc_id).suffix.lower() == ".tsv")
        case "markdown":
            from famqa.documents import markdown

            parsed = markdown.parse(text)
        case _:
            from famqa.documents import plain

            parsed = plain.parse(text)
    notes = () if encoding == UTF_8 else (f"read as {encoding}",)
    return Parsed(parsed.text, parsed.title, parsed.blocks, (*notes, *parsed.notes))


def _format(doc_id: str) -> str:
    suffix = PurePosixPath(doc_id).suffix.lower()
    if suffix not in FORMATS:
        advice = f"; {_OTHERS[suffix]}" if suffix in _OTHERS else ""
        raise Unreadable(f"format {suffix or 'none'!r} is not known; known are {', '.join(FORMATS)}{advice}")
    return FORMATS[suffix]
