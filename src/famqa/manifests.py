"""What a generation of the index says of itself: `Manifest`, and its file `manifest.json`, sealed by a digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from famqa.errors import IndexDamagedError, IndexStaleError

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
REBUILD = "run famqa index --full to build it anew from the documents"


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as the manifest lists it: enough to see whether its file has changed."""

    doc_id: str
    sha256: str  # of the file's bytes
    title: str
    format: str
    passages: int
    source: str = ""
    date: str = ""
    note_title: str = ""  # the title that sources.toml gave, if any
    notes: tuple[str, ...] = ()  # what was out of the ordinary when the file was read


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that could not become a document, and why; `sha256` is "" where it could not even be read."""

    doc_id: str
    reason: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What made the documents, passages and vectors. `famqa.planning` says which of them a difference spoils."""

    embedder: str
    embedder_digest: str
    chunker_version: int
    encoding: str
    encoding_digest: str
    passage_tokens: int
    parser_version: int = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """What building took on this machine, for the estimate of the next build."""

    load_seconds: float  # until the embedding model was ready
    embed_seconds: float  # one passage embedded
    write_seconds: float  # one passage written and checked


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
    previous: str = ""  # the generation that was served when this one was built
    reader: str = ""  # the setting at that time; nothing in the index depends on it
    parse_limits: tuple[float, int] = (0, 0)  # seconds and MiB that reading one file was allowed
    pace: Pace | None = None  # None until a model has embedded enough to tell

    @property
    def built_at(self) -> datetime:
        return datetime.fromisoformat(self.created)

    @property
    def digest(self) -> str:
        """sha256 of all that it states."""
        return _digest(self._stated())

    def to_json(self) -> str:
        """The file's text; `read_manifest_of` is its inverse."""
        return json.dumps({**self._stated(), "digest": self.digest}, indent=1, ensure_ascii=False) + "\n"

    def _stated(self) -> dict[str, Any]:
        return {"format_version": FORMAT_VERSION, **asdict(self)}


def read_manifest_of(folder: Path) -> Manifest:
    """The manifest in a generation's folder. Raises `IndexDamagedError`, `IndexStaleError`, naming the file."""
    path = folder / MANIFEST
    try:
        stated = json.loads(path.read_text("utf-8"))
        version = stated["format_version"]
        if version != FORMAT_VERSION:
            raise IndexStaleError(
                f"the index {path} has format version {version}, this famqa reads {FORMAT_VERSION}; {REBUILD}"
            )
        if stated.pop("digest") != _digest(stated):
            raise IndexDamagedError(f"{path} is damaged: its checksum is not its own; {REBUILD}")
        return Manifest(
            name=stated["name"],
            created=stated["created"],
            recipe=Recipe(**stated["recipe"]),
            documents=tuple(_document(entry) for entry in stated["documents"]),
            failed=tuple(FailedFile(**entry) for entry in stated["failed"]),
            passages=stated["passages"],
            dimension=stated["dimension"],
            files={name: (size, digest) for name, (size, digest) in stated["files"].items()},
            previous=stated.get("previous", ""),
            reader=stated.get("reader", ""),
            parse_limits=_pair(stated.get("parse_limits", (0, 0))),
            pace=Pace(**stated["pace"]) if stated.get("pace") else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"{path} cannot be read ({type(error).__name__}: {error}); {REBUILD}") from None


def _document(entry: dict[str, Any]) -> IndexedDocument:
    return IndexedDocument(**{**entry, "notes": tuple(entry.get("notes", ()))})


def _pair(stated: Any) -> tuple[float, int]:
    seconds, memory_mb = stated
    return seconds, memory_mb


def _digest(stated: dict[str, Any]) -> str:
    """sha256 of the manifest's contents in one canonical form."""
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()
