"""What the index holds beside what the folder has: a row for each document, and the files that could not become one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from famqa.generations import is_rolled_back, read_manifest
from famqa.manifests import FailedFile, IndexedDocument
from famqa.planning import Plan
from famqa.settings import Settings

SAME, CHANGED, GONE = "same", "changed", "gone"


@dataclass(frozen=True, slots=True)
class Row:
    """One document of the served index. `state` says how its file compares: "same", "changed" or "gone"."""

    document: IndexedDocument
    size_bytes: int | None  # of its file now; None where that is gone
    modified_at: datetime | None  # UTC; likewise
    state: str = SAME


@dataclass(frozen=True, slots=True)
class Inventory:
    """The served generation: its documents sorted by title, and the files that it had to leave out."""

    generation: str
    built_at: datetime  # UTC
    is_rolled_back: bool
    rows: tuple[Row, ...]
    failed: tuple[FailedFile, ...]
    passages: int


def inventory(settings: Settings, plan: Plan | None = None) -> Inventory:
    """What is served now. Without a plan a file counts as "same" as long as it is there: no file is read.

    Raises one of the `IndexError_` family.
    """
    manifest = read_manifest(settings.index)
    changed = frozenset(plan.changed) if plan else frozenset()
    rows = [_row(settings.corpus, document, changed) for document in manifest.documents]
    return Inventory(
        generation=manifest.name,
        built_at=manifest.built_at,
        is_rolled_back=is_rolled_back(settings.index),
        rows=tuple(sorted(rows, key=lambda row: (row.document.title.casefold(), row.document.doc_id))),
        failed=manifest.failed,
        passages=manifest.passages,
    )


def _row(corpus: Path, document: IndexedDocument, changed: frozenset[str]) -> Row:
    try:
        state = (corpus / document.doc_id).lstat()
    except OSError:
        return Row(document, None, None, GONE)
    at = datetime.fromtimestamp(state.st_mtime, UTC)
    return Row(document, state.st_size, at, CHANGED if document.doc_id in changed else SAME)
