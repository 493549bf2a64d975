"""File names that every system takes, made from whatever a person or a browser calls a file."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from famqa import documents
from famqa.errors import DocumentError

MAX_NAME_BYTES = 200  # in UTF-8, suffix included; file systems take 255, and a number may follow

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)  # devices on Windows
_UNPORTABLE = re.compile(r'[<>:"|?*]')
_JOINERS = "\u200c\u200d"  # inside words and emoji they belong to the spelling


def safe_name(name: str) -> str:
    r"""The last part of a path as a file name for every system: no control characters, leading dots or reserved names.

    It keeps its suffix when it has to be shortened. Raises `DocumentError` if nothing is left.

    >>> safe_name("C:\\scans\\..\\Q1: report?.pdf")
    'Q1_ report_.pdf'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(char for char in last if char in _JOINERS or unicodedata.category(char)[0] != "C" or char in "\t\n")
    kept = _UNPORTABLE.sub("_", " ".join(kept.split())).lstrip(". ").rstrip(". ")
    if not kept.strip(_JOINERS):
        raise DocumentError(f"{documents.printable(name[-80:])!r} is no name for a file; rename the file")
    kept = _RESERVED.sub(r"_\1", kept, count=1) if _RESERVED.match(kept) else kept
    stem, suffix = split(kept)
    return _shortened(stem, MAX_NAME_BYTES - len(suffix.encode())) + suffix


def split(name: str) -> tuple[str, str]:
    """Stem and suffix; what follows the last dot counts as a suffix only if it is as short as those are."""
    suffix = PurePosixPath(name).suffix
    return (name[: -len(suffix)], suffix) if 0 < len(suffix.encode()) <= 20 else (name, "")


def _shortened(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode("utf-8", "ignore").rstrip(". ")


def numbered(name: str, number: int) -> str:
    """The name itself for 1; else with the number before its suffix.

    >>> numbered("report.pdf", 2)
    'report (2).pdf'
    """
    if number == 1:
        return name
    stem, suffix = split(name)
    ending = f" ({number}){suffix}"
    return _shortened(stem, 250 - len(ending.encode())) + ending


def folded(name: str) -> str:
    """What two names have in common that are one file on some systems: case and the form of accents do not count."""
    return unicodedata.normalize("NFC", name).casefold()
