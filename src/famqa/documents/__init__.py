"""Files to documents and blocks. One module a format, each with `parse(text) -> Parsed`, picked by suffix.

A further format is a module here and a line in `FORMATS`. Formats whose text must be extracted (PDF, DOCX, HTML)
return the extracted text in `Parsed.text`, and everything later points into that.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from famqa.documents import markdown, plain
from famqa.documents.parsed import Parsed
from famqa.errors import CorpusError, DocumentError
from famqa.records import Block, Document

SOURCES_FILE = "sources.toml"

FORMATS: dict[str, tuple[str, Callable[[str], Parsed]]] = {
    ".txt": ("text", plain.parse),
    ".text": ("text", plain.parse),
    ".md": ("markdown", markdown.parse),
    ".markdown": ("markdown", markdown.parse),
}


@dataclass(frozen=True, slots=True)
class SourceNote:
    """What sources.toml says of one document; empty where it says nothing."""

    title: str = ""
    source: str = ""
    date: str = ""


def list_files(corpus: Path) -> list[str]:
    """Paths of all files below `corpus`, with "/", sorted; hidden files and sources.toml left out.

    Links are not followed, so nothing outside the folder is ever read. Raises `CorpusError`.
    """
    if not corpus.is_dir():
        state = "is not a folder" if corpus.exists() else "does not exist"
        raise CorpusError(f"the corpus folder '{corpus}' {state}; name a folder of documents with --corpus")
    found: list[str] = []

    def refuse(error: OSError) -> None:
        raise CorpusError(f"the folder '{error.filename}' cannot be read: {error.strerror}; check its permissions")

    for folder, subfolders, names in os.walk(corpus, onerror=refuse):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in names:
            path = Path(folder) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            if path != corpus / SOURCES_FILE:
                found.append(path.relative_to(corpus).as_posix())
    if not found:
        known = ", ".join(FORMATS)
        raise CorpusError(f"the corpus folder '{corpus}' holds no documents; put files in it ({known})")
    return sorted(found)


def parse(data: bytes, doc_id: str, note: SourceNote = SourceNote()) -> tuple[Document, tuple[Block, ...]]:
    """The document of a file's bytes, and its blocks in order. Raises `DocumentError`, its reason on one line."""
    format_name, parse_text = FORMATS[_suffix(doc_id)]
    parsed = parse_text(decode(data, doc_id))
    if not parsed.blocks:
        raise DocumentError(f"{doc_id}: there is no text in it; remove it or fill it")
    document = Document(
        doc_id=doc_id,
        title=note.title or parsed.title or Path(doc_id).stem,
        text=parsed.text,
        format=format_name,
        sha256=hashlib.sha256(data).hexdigest(),
        source=note.source,
        date=note.date,
    )
    return document, parsed.blocks


def _suffix(doc_id: str) -> str:
    suffix = Path(doc_id).suffix.lower()
    if suffix not in FORMATS:
        raise DocumentError(f"{doc_id}: format '{suffix or 'none'}' is not known; known are {', '.join(FORMATS)}")
    return suffix


def printable(doc_id: str) -> str:
    """The id with bytes that are no UTF-8 written as \\udc.. escapes; the same for all other ids."""
    return doc_id.encode("utf-8", "backslashreplace").decode("utf-8")


def read_bytes(corpus: Path, doc_id: str, max_bytes: int) -> bytes:
    """The file's bytes. Raises `DocumentError` if its format is not known, it cannot be read or is too large."""
    if printable(doc_id) != doc_id:
        raise DocumentError(f"{printable(doc_id)}: its name is not UTF-8; rename the file")
    _suffix(doc_id)
    path = corpus / doc_id
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise DocumentError(f"{doc_id}: {size >> 20} MiB is over the limit of {max_bytes >> 20} (max_file_mb)")
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{doc_id}: cannot be read ({error.strerror}); check the file's permissions") from None


def decode(data: bytes, doc_id: str) -> str:
    """Canonical text: UTF-8, BOM dropped, newlines as LF. Raises `DocumentError` naming the first bad byte."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{doc_id}: not UTF-8 (byte {error.start}, line {line}); save it as UTF-8") from None
    if "\x00" in text:
        raise DocumentError(f"{doc_id}: holds NUL characters, so it is no text file; remove it or save it as text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_sources(corpus: Path) -> dict[str, SourceNote]:
    """What `sources.toml` in the corpus folder says, by doc_id; empty where there is none. Raises `CorpusError`."""
    path = corpus / SOURCES_FILE
    if not path.is_file():
        return {}
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("documents", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}; mend or remove it") from None
    notes: dict[str, SourceNote] = {}
    for doc_id, entry in entries.items() if isinstance(entries, dict) else [("documents", entries)]:
        if not isinstance(entry, dict):
            raise CorpusError(
                f"{path}: '{doc_id}' is not a table; write [documents.\"{doc_id}\"] with title and source"
            )
        notes[doc_id] = SourceNote(*(str(entry.get(key, "")) for key in ("title", "source", "date")))
    return notes
