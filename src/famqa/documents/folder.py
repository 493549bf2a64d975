"""The folder of documents: which files there are, their bytes, and what `sources.toml` says of them."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from famqa.errors import CorpusError, DocumentError

SOURCES_FILE = "sources.toml"

# Control characters break lines and terminals; overrides of the writing direction make a name look like another.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_MAX_SOURCES_BYTES = 10 << 20


@dataclass(frozen=True, slots=True)
class SourceNote:
    """What sources.toml says of one document; empty where it says nothing."""

    title: str = ""
    source: str = ""
    date: str = ""


NO_NOTE = SourceNote()


def check_folder(corpus: Path) -> None:
    """Raises `CorpusError` if there is no such folder."""
    if not corpus.is_dir():
        state = "is not a folder" if corpus.exists() else "does not exist"
        raise CorpusError(f"the corpus folder '{corpus}' {state}; name a folder of documents with --corpus")


def list_files(corpus: Path, known: str = "") -> list[str]:
    """Paths of all files below `corpus`, with "/", sorted; hidden files and sources.toml left out.

    Links are not followed, so nothing outside the folder is ever read; what is no plain file is left out. `known`
    names the formats for the message about an empty folder. Raises `CorpusError`.
    """
    check_folder(corpus)
    found: list[str] = []

    def refuse(error: OSError) -> None:
        if error.errno == errno.ENAMETOOLONG:
            raise RecursionError
        raise CorpusError(f"the folder '{error.filename}' cannot be read: {error.strerror}; check its permissions")

    try:
        for folder, subfolders, names in os.walk(corpus, onerror=refuse):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in names:
                path = Path(folder) / name
                if name.startswith(".") or path.is_symlink() or not path.is_file():
                    continue
                if path != corpus / SOURCES_FILE:
                    found.append(path.relative_to(corpus).as_posix())
    except RecursionError:
        raise CorpusError(f"the folders in '{corpus}' are nested too deeply; move them up") from None
    if not found:
        raise CorpusError(f"the corpus folder '{corpus}' holds no documents; put files in it ({known})")
    return sorted(found)


def printable(doc_id: str) -> str:
    r"""The id on one line: what is no UTF-8, breaks lines or turns the writing around is written as an escape.

    >>> printable("a\nb.txt")
    'a\\x0ab.txt'
    """
    escaped = _UNSAFE.sub(lambda match: match[0].encode("ascii", "backslashreplace").decode(), doc_id)
    escaped = "".join(f"\\x{ord(char):02x}" if _UNSAFE.match(char) else char for char in escaped)
    return escaped.encode("utf-8", "backslashreplace").decode("utf-8")


def read_file(corpus: Path, doc_id: str, max_bytes: int) -> bytes:
    """The file's bytes; a link or a device that has taken its place since is not read. Raises `DocumentError`."""
    if printable(doc_id) != doc_id:
        why = "has control characters" if _UNSAFE.search(doc_id) else "is not UTF-8"
        raise DocumentError(f"{printable(doc_id)}: its name {why}; rename the file")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(corpus / doc_id, flags), "rb") as file:  # noqa: PTH123 - only so can the flags be given
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise DocumentError(f"{doc_id}: is not a plain file; remove it")
            data = file.read(max_bytes + 1) if state.st_size <= max_bytes else b""
    except OSError as error:
        raise DocumentError(f"{doc_id}: cannot be read ({error.strerror}); check the file's permissions") from None
    size = max(state.st_size, len(data))
    if size > max_bytes:
        raise DocumentError(f"{doc_id}: {size >> 20} MiB is over the limit of {max_bytes >> 20} (max_file_mb)")
    return data


def read_sources(corpus: Path) -> dict[str, SourceNote]:
    """What `sources.toml` in the corpus folder says, by doc_id; empty where there is none. Raises `CorpusError`."""
    path = corpus / SOURCES_FILE
    if path.is_symlink():
        raise CorpusError(f"{path} is a link, and links are not followed; put the file itself there")
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _MAX_SOURCES_BYTES:
            raise CorpusError(f"{path} is larger than {_MAX_SOURCES_BYTES >> 20} MiB; shorten it")
        entries = tomllib.loads(path.read_text("utf-8-sig")).get("documents", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}; mend or remove it") from None
    except RecursionError:
        raise CorpusError(f"{path} cannot be read: it is nested too deeply; mend or remove it") from None
    notes: dict[str, SourceNote] = {}
    for doc_id, entry in entries.items() if isinstance(entries, dict) else [("documents", entries)]:
        if not isinstance(entry, dict):
            raise CorpusError(
                f"{path}: '{doc_id}' is not a table; write [documents.\"{doc_id}\"] with title and source"
            )
        notes[doc_id] = SourceNote(*(str(entry.get(key, "")) for key in ("title", "source", "date")))
    return notes
