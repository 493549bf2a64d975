"""An index on disk: generations built aside, checked, published by one atomic rename, and opened whole or not at all.

INDEX/
  CURRENT                     the name of the generation that is served
  .lock                       held by the process that builds
  generations/<name>/         manifest.json and the files that it lists with size and sha256
  generations/.building-*     a generation that is not ready; left behind only by a crash, removed by the next build
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from famqa.catalog import Catalog
from famqa.errors import IndexBusyError, IndexDamagedError, IndexError_, IndexMissingError, IndexStaleError
from famqa.postings import Postings
from famqa.vectors import VectorIndex

FORMAT_VERSION = 1
CATALOG, VECTORS, FAISS, POSTINGS = "catalog.sqlite", "vectors.npy", "vectors.faiss", "postings"
_MANIFEST = "manifest.json"
REBUILD = "run famqa index --full to build it anew from the documents"


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as the manifest lists it: enough to see whether its file has changed."""

    doc_id: str
    sha256: str
    title: str
    format: str
    passages: int
    source: str = ""
    date: str = ""
    note_title: str = ""  # the title that sources.toml gave, if any


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that could not become a document, and why; `sha256` is "" where it could not even be read."""

    doc_id: str
    reason: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What made the passages and vectors; where it differs, nothing of an older generation can be kept."""

    embedder: str
    embedder_digest: str
    chunker_version: int
    encoding: str
    encoding_digest: str
    passage_tokens: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of; `files` maps each file's path to (size, sha256)."""

    name: str
    created: str  # ISO 8601, UTC
    recipe: Recipe
    documents: tuple[IndexedDocument, ...]
    failed: tuple[FailedFile, ...]
    passages: int
    dimension: int
    files: dict[str, tuple[int, str]]

    @property
    def built_at(self) -> datetime:
        return datetime.fromisoformat(self.created)

    def to_json(self) -> str:
        stated = {"format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps({**stated, "digest": _digest(stated)}, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Generation:
    """One opened generation."""

    manifest: Manifest
    catalog: Catalog
    vectors: VectorIndex
    postings: Postings

    @property
    def name(self) -> str:
        return self.manifest.name


def current_name(index: Path) -> str:
    """Name of the served generation; raises `IndexMissingError` if there is none."""
    try:
        name = (index / "CURRENT").read_text("utf-8").strip()
    except FileNotFoundError:
        raise IndexMissingError(f"there is no index in '{index}'; run famqa index to build it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamagedError(f"{index / 'CURRENT'} cannot be read ({error}); {REBUILD}") from None
    if not name or "/" in name or "\\" in name or name.startswith("."):
        raise IndexDamagedError(f"{index / 'CURRENT'} names no generation ({name[:40]!r}); {REBUILD}")
    return name


def read_manifest(index: Path) -> Manifest:
    """The manifest of the served generation. Raises one of the `IndexError_` family."""
    return _read_manifest(_folder(index, current_name(index)))


def open_generation(index: Path) -> Generation:
    """The served generation, every file checked against its checksum. Raises one of the `IndexError_` family."""
    while True:
        name = current_name(index)
        try:
            return _open(_folder(index, name))
        except IndexDamagedError:
            if current_name(index) == name:
                raise
            # Another one was published, and this one removed, while it was being opened.


def _open(folder: Path) -> Generation:
    manifest = _read_manifest(folder)
    problems = check_files(folder, manifest)
    if problems:
        raise IndexDamagedError(f"{problems[0]}; {REBUILD}")
    generation = Generation(
        manifest,
        Catalog(folder / CATALOG),
        VectorIndex(folder / VECTORS, folder / FAISS),
        Postings(folder / POSTINGS),
    )
    if not len(generation.vectors) == len(generation.postings) == manifest.passages:
        raise IndexDamagedError(f"{folder}: vectors, postings and manifest count passages differently; {REBUILD}")
    return generation


def check_files(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the generation's files, a line each: missing, extra, or altered."""
    problems: list[str] = []
    present = {path.relative_to(folder).as_posix() for path in _files(folder)} - {_MANIFEST}
    problems += [f"{folder / name} is missing" for name in sorted(manifest.files.keys() - present)]
    problems += [f"{folder / name} does not belong to the index" for name in sorted(present - manifest.files.keys())]
    for name in sorted(present & manifest.files.keys()):
        try:
            if _fingerprint(folder / name) != manifest.files[name]:
                problems.append(f"{folder / name} is damaged: its checksum is not the manifest's")
        except OSError as error:
            problems.append(f"{folder / name} cannot be read: {error.strerror}")
    return problems


def verify(index: Path) -> list[str]:
    """What is wrong with the served generation, a line each; empty if it is whole.

    Beyond the checksums: every passage, segment and cell slices to what it claims to be.
    """
    try:
        generation = open_generation(index)
        return [
            f"{doc_id}, passage {passage.ordinal}: {what} does not slice from the document"
            for doc_id in generation.catalog.doc_ids()
            for entry in [generation.catalog.entry(doc_id)]
            for passage in entry.passages
            for what in _unsliced(entry.document.text, passage)
        ]
    except IndexError_ as error:
        return [str(error)]


def _unsliced(text: str, passage: Any) -> Iterator[str]:
    for segment in passage.segments:
        searched = passage.search_text[segment.search_start : segment.search_start + segment.length]
        if searched != text[segment.start : segment.start + segment.length]:
            yield f"search text at {segment.search_start}"
    for start, end in [*passage.sentences, *((cell.start, cell.end) for cell in passage.cells)]:
        if not 0 <= start <= end <= len(text):
            yield f"range {start}-{end}"


@contextmanager
def build_lock(index: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Held by the one process that builds; the system frees it if that process dies. Raises `IndexBusyError`."""
    try:
        index.mkdir(parents=True, exist_ok=True)
        with FileLock(index / ".lock", timeout=wait_seconds):
            yield
    except Timeout:
        raise IndexBusyError(f"another process is building the index '{index}'; try again when it is done") from None
    except OSError as error:
        if error.filename is None:
            raise
        raise IndexError_(f"{error.filename}: {error.strerror}; the served index is unchanged") from None


@contextmanager
def building_folder(index: Path) -> Iterator[Path]:
    """A new folder to build a generation in, beside the others; removed at the end unless it was published."""
    generations = index / "generations"
    generations.mkdir(exist_ok=True)
    for leftover in generations.glob(".building-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".building-", dir=generations))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fingerprints(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and sha256 of every file below `folder`, by path; each file is synced to disk first."""
    found: dict[str, tuple[int, str]] = {}
    for path in _files(folder):
        _sync(path)
        found[path.relative_to(folder).as_posix()] = _fingerprint(path)
    return found


def _files(folder: Path) -> list[Path]:
    """All files below `folder` but the empty locks that tantivy leaves whenever it opens an index."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock"]


def generation_name(created: datetime, files: dict[str, tuple[int, str]]) -> str:
    """UTC time and a digest of the time and the contents, such as 20261120T101500Z-3f9a1c; never the same twice."""
    digest = hashlib.sha256(json.dumps([created.isoformat(), files], sort_keys=True).encode()).hexdigest()
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:6]}"


def publish(index: Path, folder: Path, manifest: Manifest, keep: int) -> None:
    """Makes a built folder the served generation; a crash at any point leaves the old one or the new one served."""
    (folder / _MANIFEST).write_text(manifest.to_json(), "utf-8")
    _sync(folder / _MANIFEST)
    _sync(folder)
    home = index / "generations"
    target = home / manifest.name
    folder.rename(target)
    _sync(home)
    aside = index / "CURRENT.new"
    aside.write_text(manifest.name + "\n", "utf-8")
    _sync(aside)
    aside.replace(index / "CURRENT")
    _sync(index)
    older = [path for path in home.iterdir() if path.is_dir() and path != target and not path.name.startswith(".")]
    older.sort(key=lambda path: path.stat().st_mtime_ns)
    for path in older[: max(len(older) + 1 - keep, 0)]:
        shutil.rmtree(path, ignore_errors=True)


def _folder(index: Path, name: str) -> Path:
    folder = index / "generations" / name
    if not folder.is_dir():
        raise IndexDamagedError(f"{index / 'CURRENT'} names '{name}', which is not there; {REBUILD}")
    return folder


def _read_manifest(folder: Path) -> Manifest:
    path = folder / _MANIFEST
    try:
        stated = json.loads(path.read_text("utf-8"))
        version = stated["format_version"]
        if version != FORMAT_VERSION:
            raise IndexStaleError(
                f"the index {folder} has format version {version}, this famqa reads {FORMAT_VERSION}; {REBUILD}"
            )
        if stated.pop("digest") != _digest(stated):
            raise IndexDamagedError(f"{path} is damaged: its checksum is not its own; {REBUILD}")
        return Manifest(
            name=stated["name"],
            created=stated["created"],
            recipe=Recipe(**stated["recipe"]),
            documents=tuple(IndexedDocument(**entry) for entry in stated["documents"]),
            failed=tuple(FailedFile(**entry) for entry in stated["failed"]),
            passages=stated["passages"],
            dimension=stated["dimension"],
            files={name: (size, digest) for name, (size, digest) in stated["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"{path} cannot be read ({type(error).__name__}: {error}); {REBUILD}") from None


def _digest(stated: dict[str, Any]) -> str:
    """sha256 of the manifest's contents in one canonical form."""
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
