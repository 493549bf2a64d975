"""An index on disk: generations built aside, checked, published by one atomic rename, and opened whole or not at all.

INDEX/
  CURRENT                     the name of the generation that is served; a second line if it was rolled back to
  .lock                       held by the process that builds
  generations/<name>/         manifest.json and the files that it lists with size and sha256; names sort by age
  generations/.building-*     a generation that is not ready
  generations/.removed-*      one that is being removed; both are left behind only by a crash, until the next build
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from famqa.catalog import Catalog
from famqa.errors import IndexBusyError, IndexDamagedError, IndexError_, IndexMissingError
from famqa.manifests import MANIFEST, REBUILD, Manifest, read_manifest_of
from famqa.postings import Postings
from famqa.vectors import VectorIndex

CATALOG, VECTORS, FAISS, POSTINGS = "catalog.sqlite", "vectors.npy", "vectors.faiss", "postings"
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_CURRENT = re.compile(rf"({_NAME.pattern})\n?(rolled back\n)?")
_UNREADY, _REMOVED = ".building-", ".removed-"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Generation:
    """One opened generation. Its files may be removed meanwhile (not on Windows): it holds them open or in memory."""

    manifest: Manifest
    catalog: Catalog
    vectors: VectorIndex
    postings: Postings

    @property
    def name(self) -> str:
        return self.manifest.name


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation in the index folder; `manifest` is None where it cannot be read, and `problem` says why."""

    name: str
    is_served: bool
    manifest: Manifest | None
    problem: str = ""


def current_name(index: Path) -> str:
    """Name of the served generation. Raises `IndexMissingError`, `IndexDamagedError` if CURRENT names none."""
    return _current(index)[0]


def is_rolled_back(index: Path) -> bool:
    """Whether the served generation was gone back to, and nothing has been published since."""
    return _current(index)[1]


def _current(index: Path) -> tuple[str, bool]:
    try:
        stated = (index / "CURRENT").read_text("utf-8")
    except FileNotFoundError:
        raise _missing(index) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamagedError(f"{index / 'CURRENT'} cannot be read ({error}); {REBUILD}") from None
    match = _CURRENT.fullmatch(stated)
    if match is None:
        raise IndexDamagedError(f"{index / 'CURRENT'} names no generation ({stated[:40]!r}); {REBUILD}")
    return match[1], match[2] is not None


def served_name(index: Path) -> str:
    """Name of the served generation, "" where there is none or CURRENT is damaged."""
    with suppress(IndexError_):
        return current_name(index)
    return ""


def kept_names(index: Path) -> list[str]:
    """Names of the published generations that are still there, newest first."""
    try:
        return sorted((p.name for p in (index / "generations").iterdir() if _NAME.fullmatch(p.name)), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return []


def history(index: Path) -> list[Kept]:
    """The kept generations, newest first. Raises `IndexMissingError` if there is none."""
    names, served = kept_names(index), served_name(index)
    if not names:
        raise _missing(index)
    found: list[Kept] = []
    for name in names:
        try:
            found.append(Kept(name, name == served, read_kept(index, name)))
        except IndexError_ as error:
            found.append(Kept(name, name == served, None, str(error)))
    return found


def read_manifest(index: Path) -> Manifest:
    """The manifest of the served generation. Raises one of the `IndexError_` family."""
    return _of_served(index, read_manifest_of)


def read_kept(index: Path, name: str) -> Manifest:
    """The manifest of a kept generation by name. Raises one of the `IndexError_` family."""
    return read_manifest_of(index / "generations" / name)


def open_generation(index: Path) -> Generation:
    """The served generation, every file checked against its checksum. Raises one of the `IndexError_` family."""
    return _of_served(index, _open)


def open_kept(index: Path, name: str) -> Generation:
    """A kept generation by name, whether served or not, checked like the served one."""
    return _open(index / "generations" / name)


def _of_served(index: Path, read: Callable[[Path], T]) -> T:
    """What is read of the served generation's folder, also where another one is published meanwhile."""
    while True:
        name = current_name(index)
        folder = index / "generations" / name
        try:
            if not folder.is_dir():
                raise IndexDamagedError(f"{index / 'CURRENT'} names '{name}', which is not there; {REBUILD}")
            return read(folder)
        except IndexDamagedError:
            if current_name(index) == name:
                raise  # else this one was removed while it was being read


def _missing(index: Path) -> IndexMissingError:
    return IndexMissingError(f"there is no index in '{index}'; run famqa index to build it")


def _open(folder: Path) -> Generation:
    manifest = read_manifest_of(folder)
    try:
        problems = check_files(folder, manifest)
    except OSError as error:
        raise IndexDamagedError(f"{error.filename or folder} cannot be read ({error.strerror}); {REBUILD}") from None
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
    present = {path.relative_to(folder).as_posix() for path in _files(folder)} - {MANIFEST}
    problems += [f"{folder / name} is missing" for name in sorted(manifest.files.keys() - present)]
    problems += [f"{folder / name} does not belong to the index" for name in sorted(present - manifest.files.keys())]
    for name in sorted(present & manifest.files.keys()):
        try:
            if _fingerprint(folder / name) != manifest.files[name]:
                problems.append(f"{folder / name} is damaged: its checksum is not the manifest's")
        except OSError as error:
            problems.append(f"{folder / name} cannot be read: {error.strerror}")
    return problems


def verify(index: Path, name: str = "") -> list[str]:
    """What is wrong with the served generation, or the one of that name, a line each; empty if it is whole.

    Beyond the checksums: every document and passage that the manifest counts is there, every passage, segment and
    cell slices to what it claims to be, and the vectors are finite, of length 1, and the same in both their files.
    """
    try:
        return _inner_problems(open_kept(index, name) if name else open_generation(index))
    except IndexError_ as error:
        return [str(error)]


def _inner_problems(generation: Generation) -> list[str]:
    manifest, catalog = generation.manifest, generation.catalog
    problems = [*catalog.problems(), *generation.vectors.problems()]
    listed = [(entry.doc_id, entry.sha256, entry.passages) for entry in manifest.documents]
    if sorted(listed) != catalog.contents():
        problems.append(f"{manifest.name}: the manifest and the catalog do not list the same documents")
    if generation.vectors.vectors.shape != (manifest.passages, manifest.dimension):
        problems.append(f"{manifest.name}: the vectors have not the shape that the manifest states")
    return problems


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
    for leftover in [*generations.glob(f"{_UNREADY}*"), *generations.glob(f"{_REMOVED}*")]:
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_UNREADY, dir=generations))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fingerprints(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and sha256 of every file below `folder`, by path; each file and folder is synced to disk first."""
    found: dict[str, tuple[int, str]] = {}
    for path in _files(folder):
        _sync(path)
        found[path.relative_to(folder).as_posix()] = _fingerprint(path)
    for path in {path.parent for path in _files(folder)}:
        _sync(path)
    return found


def _files(folder: Path) -> list[Path]:
    """All files below `folder` but the empty locks that tantivy leaves whenever it opens an index."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock"]


def generation_name(created: datetime, files: dict[str, tuple[int, str]]) -> str:
    """UTC time and a digest of the time and the contents, such as 20261120T101500Z-3f9a1c; never the same twice."""
    digest = hashlib.sha256(json.dumps([created.isoformat(), files], sort_keys=True).encode()).hexdigest()
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:6]}"


def next_created(index: Path, now: datetime) -> datetime:
    """The time to name the next generation by: now, or a second after the newest one, so that names sort by age.

    Two builds in one second, or a clock that was set back, must not make the newest generation look like an old one.
    """
    names = kept_names(index)
    if not names:
        return now
    with suppress(ValueError, OverflowError):  # no such date
        newest = datetime.strptime(names[0][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return max(now, newest + timedelta(seconds=1))
    return now


def publish(index: Path, folder: Path, manifest: Manifest, keep: int) -> None:
    """Makes a built folder the served generation; a crash at any point leaves the old one or the new one served.

    It is opened and verified first: what is not whole is not published (`IndexDamagedError`). Of the older ones, the
    `keep` - 1 newest stay.
    """
    (folder / MANIFEST).write_text(manifest.to_json(), "utf-8")
    _sync(folder / MANIFEST)
    _sync(folder)
    problems = _inner_problems(_open(folder))
    if problems:
        raise IndexDamagedError(f"what was built is not whole and was not published: {problems[0]}")
    home = index / "generations"
    folder.rename(home / manifest.name)
    _sync(home)
    _switch(index, manifest.name)
    for name in [name for name in kept_names(index) if name != manifest.name][keep - 1 :]:
        _remove(home / name)


def rollback(index: Path, name: str = "") -> Manifest:
    """Serves the generation of that name again, or the one before the served one; returns its manifest.

    It is verified first. Raises `IndexMissingError` if there is no such generation, `IndexDamagedError` if it is not
    whole, `IndexBusyError` while another process builds; in each case nothing is changed.
    """
    if not kept_names(index):
        raise _missing(index)
    with build_lock(index):
        names, served = kept_names(index), served_name(index)  # a damaged CURRENT is one more reason to go back
        target = name or _before(index, served, names)
        if target not in names:
            raise IndexMissingError(f"there is no generation '{target}' in '{index}'; there are {', '.join(names)}")
        if target == served:
            raise IndexError_(f"generation {target} is the one that is served; there are {', '.join(names)}")
        problems = verify(index, target)
        if problems:
            raise IndexDamagedError(f"generation {target} is not whole, so nothing was changed: {problems[0]}")
        _switch(index, target, is_rolled_back=target != names[0])
        return read_kept(index, target)


def end_rollback(index: Path) -> None:
    """What is served is no longer taken for something that was gone back to. Only for the holder of the lock."""
    name, rolled_back = _current(index)
    if rolled_back:
        _switch(index, name)


def _before(index: Path, served: str, names: list[str]) -> str:
    """What was served before: as the served manifest says, else the next older one. Raises `IndexMissingError`."""
    with suppress(IndexError_):
        previous = read_kept(index, served).previous if served else ""
        if previous in names:
            return previous
    older = [name for name in names if name < served or not served]
    if not older:
        raise IndexMissingError(f"there is no generation before {served}; there are {', '.join(names)}")
    return older[0]


def _switch(index: Path, name: str, is_rolled_back: bool = False) -> None:
    aside = index / "CURRENT.new"
    aside.write_text(name + "\n" + ("rolled back\n" if is_rolled_back else ""), "utf-8")
    _sync(aside)
    aside.replace(index / "CURRENT")
    _sync(index)


def _remove(folder: Path) -> None:
    """Removes a generation; renamed first, so that one removed by half is never taken for one to go back to."""
    doomed = folder.with_name(f"{_REMOVED}{folder.name}")
    with suppress(OSError):  # Windows keeps what another process has open; the next build tries again
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
