"""What a file really is, by its first bytes, where that is not what its suffix says."""

from __future__ import annotations

import zipfile
from io import BytesIO

from famqa.documents.parsed import Unreadable

_TEXTS = ("text", "markdown", "html", "table")
_KINDS = (
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
    (b"RIFF", "a sound, film or picture file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIPS = (
    ("word/", "a Word file"),
    ("xl/", "an Excel file"),
    ("ppt/", "a PowerPoint file"),
    ("content.xml", "an OpenDocument file"),
    ("META-INF/container.xml", "an EPUB book"),
)
_SAVE_AS = {
    "an RTF file": "save it as .docx",
    "an old Office file": "save it as .docx",
    "an Excel file": "save it as .csv",
    "an OpenDocument file": "save it as .docx or .csv",
    "a PDF": "rename it to .pdf",
    "a Word file": "rename it to .docx",
}


def check_kind(data: bytes, format_name: str) -> None:
    """Raises `Unreadable`, naming what the file is and what to do, if it is plainly not of the format."""
    if not data:
        raise Unreadable("there is no text in it; remove it or fill it")
    if _ENCRYPTED in data[: 1 << 20] and data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("is encrypted; save it without a password")
    kind = _kind(data)
    expected = {"pdf": "a PDF", "docx": "a Word file"}.get(format_name, "")
    if format_name in _TEXTS:
        if kind:
            raise Unreadable(f"is {kind}, not a text file; {_SAVE_AS.get(kind, 'remove or rename it')}")
    elif kind != expected:
        if not kind and format_name == "pdf" and b"%PDF-" in data[:4096]:
            return  # some rubbish before its beginning does not matter
        found = f"is {kind}, not {expected}" if kind else f"is not {expected}, or its beginning is missing"
        raise Unreadable(f"{found}; {_SAVE_AS.get(kind, 'remove it or get it anew')}")


def _kind(data: bytes) -> str:
    """What the file is, with its article; "" for a text or what is not known."""
    if data.startswith(b"%PDF-"):
        return "a PDF"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data)
    if data[4:8] == b"ftyp":
        return "a film or picture file"
    if data.startswith(b"MZ") and b"\x00" in data[:256]:
        return "a program"
    return next((kind for mark, kind in _KINDS if data.startswith(mark)), "")


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return "a damaged zip archive"
    return next((kind for mark, kind in _ZIPS if any(name.startswith(mark) for name in names)), "a zip archive")
