"""Bringing an index up to date with its folder: what changed (`plan`), and the next generation (`update`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from famqa import documents
from famqa.catalog import Entry, write_catalog
from famqa.embedding import ModelFiles, SentenceEmbedder, locate, model_token_counter
from famqa.errors import CorpusError, DocumentError, IndexError_, IndexMissingError, IndexStaleError
from famqa.generations import (
    CATALOG,
    FAISS,
    POSTINGS,
    REBUILD,
    VECTORS,
    FailedFile,
    Generation,
    IndexedDocument,
    Manifest,
    Recipe,
    build_lock,
    building_folder,
    fingerprints,
    generation_name,
    open_generation,
    publish,
)
from famqa.passages import CHUNKER_VERSION, Limits, cut, encoding_digest, token_counter
from famqa.postings import write_postings
from famqa.records import Vectors
from famqa.settings import Settings
from famqa.vectors import write_vectors

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_EMBED_AT_ONCE = 64


def no_progress(step: str, done: int, total: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `update` would do; document ids are sorted. `reason` says why all is made anew, "" where it is not."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[FailedFile, ...]  # files known to be of no use, whether new or not
    has_new_failures: bool = False  # `failed` is not what the served index lists
    reason: str = ""

    @property
    def is_up_to_date(self) -> bool:
        return not (self.added or self.changed or self.removed or self.has_new_failures or self.reason)


@dataclass(frozen=True, slots=True)
class Report:
    """What `update` did: the plan, the generation now served, and how many vectors were computed or kept."""

    plan: Plan
    generation: str
    documents: int
    passages: int
    embedded: int
    kept: int
    failed: tuple[FailedFile, ...]


@dataclass(frozen=True, slots=True)
class _Survey:
    """The folder, the model and the served index as they are now."""

    plan: Plan
    notes: dict[str, documents.SourceNote]
    recipe: Recipe
    model: ModelFiles
    served: Generation | None  # what vectors can be kept from; its documents too where the plan has no reason


def plan(settings: Settings, full: bool = False) -> Plan:
    """What would have to be done. Raises `CorpusError`, `ModelError`; a damaged index means all is made anew."""
    return _survey(settings, full).plan


def update(settings: Settings, full: bool = False, progress: Progress = no_progress, wait_seconds: float = 0) -> Report:
    """Builds and publishes the next generation, if anything has changed; returns what was done.

    Unchanged documents are not read again, and a text that was embedded before is not embedded again. Until the
    last step the old generation is served. Raises `CorpusError`, `ModelError`, `IndexBusyError`.
    """
    documents.list_files(settings.corpus)  # a folder that is not there is said before an index folder is made
    with build_lock(settings.index, wait_seconds):
        survey = _survey(settings, full)
        if survey.plan.is_up_to_date and survey.served is not None:
            manifest = survey.served.manifest
            count = manifest.passages
            return Report(survey.plan, manifest.name, len(manifest.documents), count, 0, count, manifest.failed)
        return _build(settings, survey, progress)


def _survey(settings: Settings, full: bool) -> _Survey:
    notes = documents.read_sources(settings.corpus)
    digests: dict[str, str] = {}
    failed: dict[str, FailedFile] = {}
    for doc_id in documents.list_files(settings.corpus):
        try:
            data = documents.read_bytes(settings.corpus, doc_id, settings.max_file_mb << 20)
            digests[doc_id] = hashlib.sha256(data).hexdigest()
        except DocumentError as error:
            name = documents.printable(doc_id)
            failed[name] = FailedFile(name, str(error))
    model = locate(settings.embedder)
    recipe = Recipe(
        embedder=settings.embedder,
        embedder_digest=model.digest,
        chunker_version=CHUNKER_VERSION,
        encoding=settings.encoding,
        encoding_digest=encoding_digest(settings.encoding),
        passage_tokens=settings.passage_tokens,
    )
    served, reason = _served(settings.index, recipe)
    if full:
        served, reason = None, "a full build was asked for"
    return _Survey(_compare(served, reason, digests, notes, failed), notes, recipe, model, served)


def _served(index: Path, recipe: Recipe) -> tuple[Generation | None, str]:
    """The served generation if anything of it can be kept, and why its passages cannot ("" if they can)."""
    try:
        served = open_generation(index)
    except IndexMissingError:
        return None, "there is no index yet"
    except IndexStaleError:
        return None, "the index has another format version"
    except IndexError_ as error:
        return None, str(error).removesuffix(f"; {REBUILD}")
    before = served.manifest.recipe
    if before.embedder_digest != recipe.embedder_digest:
        return None, f"the embedder changed from {before.embedder} to {recipe.embedder}"
    same = replace(before, embedder=recipe.embedder) == recipe
    return served, "" if same else "the settings or the rules by which passages are cut changed"


def _compare(
    served: Generation | None,
    reason: str,
    digests: dict[str, str],
    notes: dict[str, documents.SourceNote],
    failed: dict[str, FailedFile],
) -> Plan:
    before: dict[str, IndexedDocument] = {}
    failed_before: dict[str, FailedFile] = {}
    if served is not None and not reason:
        before = {entry.doc_id: entry for entry in served.manifest.documents}
        failed_before = {entry.doc_id: entry for entry in served.manifest.failed}

    def is_same(doc_id: str) -> bool:
        entry, note = before[doc_id], notes.get(doc_id, documents.SourceNote())
        stated = (note.title, note.source, note.date)
        return entry.sha256 == digests[doc_id] and (entry.note_title, entry.source, entry.date) == stated

    # A file that could not be parsed is tried again only once its contents have changed.
    hopeless = {
        doc_id: failure
        for doc_id, failure in failed_before.items()
        if failure.sha256 and digests.get(doc_id) == failure.sha256
    }
    usable = digests.keys() - hopeless.keys()
    known = usable & before.keys()
    all_failed = failed | hopeless
    return Plan(
        added=tuple(sorted(usable - before.keys())),
        changed=tuple(sorted(doc_id for doc_id in known if not is_same(doc_id))),
        removed=tuple(sorted(before.keys() - usable)),
        unchanged=tuple(sorted(doc_id for doc_id in known if is_same(doc_id))),
        failed=tuple(all_failed[doc_id] for doc_id in sorted(all_failed)),
        has_new_failures=all_failed != failed_before,
        reason=reason,
    )


def _build(settings: Settings, survey: _Survey, progress: Progress) -> Report:
    created = datetime.now(UTC)
    embedder = SentenceEmbedder(survey.model)
    entries, failed = _entries(settings, survey, progress)
    texts = [passage.search_text for entry in entries for passage in entry.passages]
    vectors, embedded = _vectors(texts, survey.served, embedder, progress)
    try:
        with building_folder(settings.index) as folder:
            progress("writing", 0, 1)
            write_catalog(folder / CATALOG, entries)
            write_vectors(vectors, folder / VECTORS, folder / FAISS)
            write_postings(folder / POSTINGS, texts)
            files = fingerprints(folder)
            manifest = Manifest(
                name=generation_name(created, files),
                created=created.isoformat(timespec="seconds"),
                recipe=survey.recipe,
                documents=tuple(_listed(entry, survey.notes) for entry in entries),
                failed=failed,
                passages=len(texts),
                dimension=vectors.shape[1],
                files=files,
            )
            publish(settings.index, folder, manifest, settings.keep_generations)
            progress("writing", 1, 1)
    except OSError as error:
        where = error.filename or settings.index
        raise IndexError_(f"{where}: {error.strerror or error}; the index that was served before still is") from None
    return Report(survey.plan, manifest.name, len(entries), len(texts), embedded, len(texts) - embedded, failed)


def _entries(settings: Settings, survey: _Survey, progress: Progress) -> tuple[list[Entry], tuple[FailedFile, ...]]:
    """Every document with its blocks and passages, by id: read anew, or taken from the served index if unchanged."""
    limits = Limits(
        settings.passage_tokens,
        survey.model.max_tokens,
        token_counter(settings.encoding),
        model_token_counter(survey.model),
    )
    failed = {failure.doc_id: failure for failure in survey.plan.failed}
    unchanged = set(survey.plan.unchanged)
    doc_ids = sorted(unchanged | set(survey.plan.added) | set(survey.plan.changed))
    entries: list[Entry] = []
    for done, doc_id in enumerate(doc_ids):
        progress("reading", done, len(doc_ids))
        if survey.served is not None and doc_id in unchanged:
            entries.append(survey.served.catalog.entry(doc_id))
            continue
        try:
            data = documents.read_bytes(settings.corpus, doc_id, settings.max_file_mb << 20)
        except DocumentError as error:  # it was there a moment ago
            failed[doc_id] = FailedFile(doc_id, str(error))
            continue
        try:
            document, blocks = documents.parse(data, doc_id, survey.notes.get(doc_id, documents.SourceNote()))
            entries.append(Entry(document, blocks, tuple(cut(document, blocks, limits))))
        except DocumentError as error:
            failed[doc_id] = FailedFile(doc_id, str(error), hashlib.sha256(data).hexdigest())
    progress("reading", len(doc_ids), len(doc_ids))
    if not any(entry.passages for entry in entries):
        first = failed[min(failed)].reason if failed else "no file has any text"
        raise CorpusError(f"no document in '{settings.corpus}' can be used: {first}")
    return entries, tuple(failed[doc_id] for doc_id in sorted(failed))


def _vectors(
    texts: Sequence[str], served: Generation | None, embedder: SentenceEmbedder, progress: Progress
) -> tuple[Vectors, int]:
    """One unit vector a text, and how many of them had to be computed; equal texts are embedded once."""
    known: dict[str, Vectors] = {}
    if served is not None:
        known = dict(zip(served.catalog.search_texts(), served.vectors.vectors, strict=True))
    missing = list(dict.fromkeys(text for text in texts if text not in known))
    for done in range(0, len(missing), _EMBED_AT_ONCE):
        progress("embedding", done, len(missing))
        part = missing[done : done + _EMBED_AT_ONCE]
        known.update(zip(part, embedder.embed(part), strict=True))
    progress("embedding", len(missing), len(missing))
    return np.stack([known[text] for text in texts]), len(missing)


def _listed(entry: Entry, notes: dict[str, documents.SourceNote]) -> IndexedDocument:
    document = entry.document
    return IndexedDocument(
        doc_id=document.doc_id,
        sha256=document.sha256,
        title=document.title,
        format=document.format,
        passages=len(entry.passages),
        source=document.source,
        date=document.date,
        note_title=notes.get(document.doc_id, documents.SourceNote()).title,
    )
