"""The corpus folder's life for a person: files put into it, taken out of it, and put back.

CORPUS/report.pdf                 a document: `add` stores it, never over another file
CORPUS/.upload-*                  one that is being written; hidden, so that no index takes it up
CORPUS/.trash/<key>/a/report.pdf  one that `remove` took out of CORPUS/a; `restore` puts it back

Nothing here touches the index: `famqa.indexing.update` does, whenever it is wanted.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from famqa import documents
from famqa.documents.folder import SOURCES_FILE
from famqa.errors import CorpusError, DocumentError
from famqa.file_names import folded, numbered, safe_name
from famqa.settings import Settings

TRASH = ".trash"

_KEY = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")
_storing = threading.Lock()  # two uploads of the same bytes at once must not both be taken for new


class UnknownDocumentError(DocumentError):
    """The corpus folder or its trash has no such file."""


class SameContentError(DocumentError):
    """The corpus folder has a file of the same bytes already: `doc_id`."""

    def __init__(self, message: str, doc_id: str) -> None:
        super().__init__(message)
        self.doc_id = doc_id


class TooLargeError(DocumentError):
    """The file is larger than files may be."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is now in the corpus folder. `remark` is one line worth saying about it, "" if there is none."""

    doc_id: str
    size_bytes: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """A file in the trash; `key` names it to `restore`."""

    key: str
    doc_id: str  # where it was
    size_bytes: int
    removed_at: datetime  # UTC


def add(settings: Settings, name: str, content: bytes | Path) -> Stored:
    """Stores a file at the top of the corpus folder, under its name or, where that is taken, as "name (2).pdf".

    `name` is what its owner calls it, path and all: only the last part counts, made fit for every system. `content`
    is the bytes or a file that holds them, which is left as it is. Raises `SameContentError` if a file of the folder
    has the same bytes, `TooLargeError` above `Settings.max_file_mb`, `DocumentError` if it is plainly no document of
    a known format or cannot be written, `CorpusError` if there is no folder.
    """
    corpus = settings.corpus
    documents.check_folder(corpus)
    safe = safe_name(name)
    if safe.casefold() == SOURCES_FILE:
        raise DocumentError(f"{SOURCES_FILE}: describes the documents and is none; put it into the folder by hand")
    data = _read(name, content, settings.max_file_mb << 20)
    documents.check_file(data, safe)
    with _storing:
        if same := _same_file(corpus, data):
            raise SameContentError(f"{safe}: the same file is there already, as {documents.printable(same)}", same)
        with _written(corpus, data, safe) as written:
            doc_id = _place(written, corpus, PurePosixPath(safe))
    return Stored(doc_id, len(data), _remark(corpus, doc_id, documents.printable(name)))


def remove(settings: Settings, doc_id: str) -> Removed:
    """Moves a file of the corpus folder to its trash. Any file that an update looks at can be named, and no other.

    Raises `UnknownDocumentError` if there is no such file, `DocumentError` if it is the only one or cannot be moved.
    """
    corpus = settings.corpus
    files = documents.list_files(corpus)
    stated = next((file for file in files if file == doc_id), None)
    found = stated or next((file for file in files if documents.printable(file) == doc_id), None)
    if found is None or (corpus / found).resolve().is_relative_to(settings.index.resolve()):
        raise UnknownDocumentError(f"{documents.printable(doc_id)}: there is no such document in '{settings.corpus}'")
    name = documents.printable(found)
    if len(files) == 1:
        raise DocumentError(f"{name}: is the only document, and an index needs one; add another before removing it")
    now = datetime.now(UTC)
    key = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    size = (corpus / found).lstat().st_size
    with _telling(name, "removed"):
        target = _trash(corpus) / key / found
        target.parent.mkdir(parents=True)
        try:
            (corpus / found).rename(target)
        except OSError:
            _prune(target.parent, corpus / TRASH)
            raise
    return Removed(key, name, size, now.replace(microsecond=0))


def restore(settings: Settings, key: str) -> Stored:
    """Puts a removed file back where it was; under a name like "name (2).pdf" if that has been taken since.

    Raises `UnknownDocumentError` if the trash does not have it, `DocumentError` if it cannot be moved.
    """
    corpus = settings.corpus
    documents.check_folder(corpus)
    found = _trashed(corpus, key)
    if found is None:
        raise UnknownDocumentError(f"{key[:40]!r} is not in the trash of '{settings.corpus}'; it may be back already")
    inner = found.relative_to(corpus / TRASH / key)
    name = documents.printable(inner.as_posix())
    with _telling(name, "put back"):
        for parent in reversed([corpus / each for each in inner.parents]):
            if parent.is_symlink() and parent != corpus:
                raise DocumentError(f"{name}: its folder is a link now, and links are not followed; move it by hand")
            parent.mkdir(exist_ok=True)
        size = found.lstat().st_size
        doc_id = _place(found, corpus, PurePosixPath(inner.as_posix()))
        _prune(found.parent, corpus / TRASH)
    back = documents.printable(doc_id)
    return Stored(back, size, "" if back == name else f"{name} has been taken since, so it is back as {back}")


def trash(settings: Settings) -> tuple[Removed, ...]:
    """What can be put back, the file removed last first. Files stay in the trash until someone deletes them there."""
    try:
        keys = sorted((path.name for path in (settings.corpus / TRASH).iterdir()), reverse=True)
    except OSError:
        return ()
    found: list[Removed] = []
    for key in keys:
        if (path := _trashed(settings.corpus, key)) is not None:
            doc_id = documents.printable(path.relative_to(settings.corpus / TRASH / key).as_posix())
            at = datetime.strptime(key.split("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            found.append(Removed(key, doc_id, path.lstat().st_size, at))
    return tuple(found)


def _read(name: str, content: bytes | Path, max_bytes: int) -> bytes:
    """The bytes, never more than `max_bytes` of them in memory."""
    shown = documents.printable(name)[-200:]
    if isinstance(content, bytes):
        size, data = len(content), content
    else:
        try:
            if not content.is_file():  # a pipe, say, would be waited for
                raise DocumentError(f"{shown}: is no plain file that can be read; send it again")
            with content.open("rb") as file:
                data = file.read(max_bytes + 1)
            size = max(content.stat().st_size, len(data))
        except OSError as error:
            raise DocumentError(f"{shown}: cannot be read ({error.strerror}); send it again") from None
    if size > max_bytes:
        size_mb, limit_mb = size / (1 << 20), max_bytes >> 20
        raise TooLargeError(f"{shown}: {size_mb:.1f} MiB is over the limit of {limit_mb} (max_file_mb); split it")
    return data


def _same_file(corpus: Path, data: bytes) -> str:
    """The document of the folder with these bytes, "" if there is none; only files of that size are read."""
    digest = hashlib.sha256(data).digest()
    try:
        files = documents.list_files(corpus)
    except CorpusError:  # the folder is empty, or a part of it cannot be read: then nothing can be compared
        return ""
    for doc_id in files:
        with suppress(OSError, DocumentError):
            if (corpus / doc_id).lstat().st_size == len(data):
                found = documents.read_bytes(corpus, doc_id, len(data))
                if hashlib.sha256(found).digest() == digest:
                    return doc_id
    return ""


@contextmanager
def _written(corpus: Path, data: bytes, name: str) -> Iterator[Path]:
    """A hidden file in the folder with these bytes, synced to disk; gone afterwards unless it was renamed."""
    with _telling(name, "stored"):
        handle, path = tempfile.mkstemp(prefix=".upload-", dir=corpus)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - the handle is open already
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(path).chmod(0o644)  # as other files: the index may be built by another user
            yield Path(path)
        finally:
            Path(path).unlink(missing_ok=True)


def _place(source: Path, corpus: Path, wanted: PurePosixPath) -> str:
    """Moves the file to `wanted` or the next free name like it, never over another; the doc_id that it got.

    A name that differs from a taken one only in case or in the form of its accents is one file on some systems.
    """
    folder = corpus / wanted.parent
    taken = {folded(name) for name in os.listdir(folder)}  # noqa: PTH208 - names, not paths
    number = 1
    while True:
        name = numbered(wanted.name, number)
        if folded(name) not in taken and _move(source, folder / name):
            return (wanted.parent / name).as_posix()
        number += 1


def _move(source: Path, target: Path) -> bool:
    """Whether the file could take that name; it is never written over what another process put there meanwhile."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        return _reserve_and_replace(source, target)
    source.unlink()
    return True


def _reserve_and_replace(source: Path, target: Path) -> bool:
    """As `_move`, where the file system has no hard links: an empty file takes the name first."""
    try:
        target.touch(exist_ok=False)
    except FileExistsError:
        return False
    source.replace(target)
    return True


def _trash(corpus: Path) -> Path:
    folder = corpus / TRASH
    if folder.is_symlink():
        raise DocumentError(f"'{folder}' is a link, and links are not followed; remove the link")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _trashed(corpus: Path, key: str) -> Path | None:
    """The one plain file below the key's folder in the trash, None if there is none; links are not followed."""
    place = corpus / TRASH / key
    if not _KEY.fullmatch(key) or (corpus / TRASH).is_symlink() or place.is_symlink():
        return None
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder) / name
            if not path.is_symlink() and path.is_file():
                return path
    return None


def _prune(folder: Path, top: Path) -> None:
    """Removes `folder` and those above it, up to but not `top`, while they are empty."""
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _remark(corpus: Path, doc_id: str, name: str) -> str:
    """What the owner of a new file should know of it: that it got another name, and what sources.toml calls it."""
    parts = [] if doc_id == name else [f"stored as {doc_id}"]
    with suppress(CorpusError):  # an unusable sources.toml is told where it matters: by the plan
        if title := documents.read_sources(corpus).get(doc_id, documents.NO_NOTE).title:
            parts.append(f"{SOURCES_FILE} gives it the title “{' '.join(title.split())}”")
    return "; ".join(parts)


@contextmanager
def _telling(name: str, verb: str) -> Iterator[None]:
    """A refusal of the system becomes a `DocumentError` in one line."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise DocumentError(
            f"{name}: cannot be {verb} ({why}); check the corpus folder's permissions and disk"
        ) from None
