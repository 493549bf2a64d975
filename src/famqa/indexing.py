"""Bringing an index up to date with its folder: what that would take (`forecast`), and doing it (`update`)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from famqa import documents
from famqa.bundled_encoder import can_embed, embed_few
from famqa.catalog import Entry, write_catalog
from famqa.documents.worker import ParserProcess
from famqa.embedding import ModelFiles, SentenceEmbedder, locate, model_token_counter
from famqa.errors import CorpusError, DocumentError, IndexError_, UnusableFilesError
from famqa.generations import (
    CATALOG,
    FAISS,
    POSTINGS,
    VECTORS,
    Generation,
    build_lock,
    building_folder,
    end_rollback,
    fingerprints,
    generation_name,
    kept_names,
    next_created,
    open_kept,
    publish,
)
from famqa.manifests import FailedFile, IndexedDocument, Manifest, Pace
from famqa.passages import Limits, cut, token_counter
from famqa.planning import Keep, Plan, Survey, parse_limits, survey
from famqa.postings import write_postings
from famqa.records import Vectors
from famqa.settings import Settings
from famqa.vectors import write_vectors

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_EMBED_AT_ONCE = 64
_ENOUGH_TO_MEASURE = 16  # passages embedded, for their time to say anything about the next build


def no_progress(step: str, done: int, total: int) -> None:
    """Reports nothing."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a build would come to; `seconds` is None where nothing was measured here with this embedder."""

    plan: Plan
    passages: int
    to_embed: int
    kept: int  # passages whose vectors are there already
    failed: tuple[FailedFile, ...]
    seconds: float | None

    @property
    def pending(self) -> Plan:
        """The plan with what reading the files has shown: a new one of no use is not added."""
        useless = {failure.doc_id for failure in self.failed}
        added = tuple(doc_id for doc_id in self.plan.added if doc_id not in useless)
        is_new = self.plan.has_new_failures or self.failed != self.plan.failed
        return replace(self.plan, added=added, failed=self.failed, has_new_failures=is_new)


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


def plan(settings: Settings, full: bool = False) -> Plan:
    """What would have to be done. Raises `CorpusError`, `ModelError`; a damaged index means all is made anew."""
    return survey(settings, locate(settings.embedder), full).plan


def forecast(settings: Settings, full: bool = False, progress: Progress = no_progress) -> Forecast:
    """The plan with what it would cost: new files are read and cut, nothing is embedded or written.

    Raises `CorpusError`, `ModelError`.
    """
    found = survey(settings, locate(settings.embedder), full)
    if found.plan.is_up_to_date and found.served is not None:
        count = found.served.manifest.passages
        return Forecast(found.plan, count, 0, count, found.plan.failed, 0.0)
    started = time.perf_counter()
    read = _read(settings, found, progress)
    texts = read.search_texts()
    missing = set(texts) - _known_vectors(settings, found, texts).keys()
    seconds: float | None = None
    if found.pace is not None:
        embedding = found.pace.load_seconds + len(missing) * found.pace.embed_seconds if missing else 0.0
        seconds = time.perf_counter() - started + embedding + len(texts) * found.pace.write_seconds
    return Forecast(found.plan, len(texts), len(missing), len(texts) - len(missing), read.failed, seconds)


def update(
    settings: Settings,
    full: bool = False,
    progress: Progress = no_progress,
    wait_seconds: float = 0,
    strict: bool = False,
) -> Report:
    """Builds and publishes the next generation, if anything has changed; returns what was done.

    Unchanged documents are not read again, and a text that was embedded before is not embedded again. Until the
    last step the old generation is served. Raises `CorpusError`, `ModelError`, `IndexError_`; if `strict`,
    `UnusableFilesError` where a file cannot become a document, and nothing is published.
    """
    if not settings.index.exists():
        documents.list_files(settings.corpus)  # a folder that is not there is said before an index folder is made
    with build_lock(settings.index, wait_seconds):
        found = survey(settings, locate(settings.embedder), full)
        if found.plan.is_up_to_date and found.served is not None:
            manifest = found.served.manifest
            if strict:
                _refuse(manifest.failed)
            end_rollback(settings.index)
            count = manifest.passages
            return Report(found.plan, manifest.name, len(manifest.documents), count, 0, count, manifest.failed)
        try:
            return _build(settings, found, progress, strict)
        except IndexError_ as error:
            after = "the index that was served before still is" if found.served else "no index was published"
            raise type(error)(f"{error}; {after}") from None


def _build(settings: Settings, found: Survey, progress: Progress, strict: bool) -> Report:
    read = _read(settings, found, progress)
    if strict:
        _refuse(read.failed)
    texts = read.search_texts()
    known = _known_vectors(settings, found, texts)
    vectors, embedded, pace = _vectors(texts, known, found.model, found.pace, progress)
    try:
        with building_folder(settings.index) as folder:
            progress("writing", 0, 1)
            started = time.perf_counter()
            write_catalog(folder / CATALOG, read.entries)
            write_vectors(vectors, folder / VECTORS, folder / FAISS)
            write_postings(folder / POSTINGS, texts)
            files = fingerprints(folder)
            if pace is not None:
                pace = replace(pace, write_seconds=(time.perf_counter() - started) / len(texts))
            created = next_created(settings.index, datetime.now(UTC))
            manifest = Manifest(
                name=generation_name(created, files),
                created=created.isoformat(timespec="seconds"),
                recipe=found.recipe,
                documents=tuple(_listed(entry, found.notes, read.notes) for entry in read.entries),
                failed=read.failed,
                passages=len(texts),
                dimension=vectors.shape[1],
                files=files,
                previous=found.served.name if found.served is not None else "",
                reader=settings.reader,
                parse_limits=parse_limits(settings),
                pace=pace,
            )
            publish(settings.index, folder, manifest, settings.keep_generations)
            progress("writing", 1, 1)
    except OSError as error:
        raise IndexError_(f"{error.filename or settings.index}: {error.strerror or error}") from None
    kept = len(texts) - embedded
    return Report(found.plan, manifest.name, len(read.entries), len(texts), embedded, kept, read.failed)


def _refuse(failed: Sequence[FailedFile]) -> None:
    if failed:
        raise UnusableFilesError(tuple(failure.reason for failure in failed))


@dataclass(frozen=True, slots=True)
class _Read:
    """The folder's documents, by id, and what there is to say of its files."""

    entries: tuple[Entry, ...]
    notes: dict[str, tuple[str, ...]]  # by doc_id, how its file was read
    failed: tuple[FailedFile, ...]

    def search_texts(self) -> list[str]:
        """One a passage, in the order of the rows."""
        return [passage.search_text for entry in self.entries for passage in entry.passages]


def _read(settings: Settings, found: Survey, progress: Progress) -> _Read:
    """Every document, read and cut or taken from the served generation. Raises `CorpusError` if none has a passage."""
    limits = Limits(
        settings.passage_tokens,
        found.model.max_tokens,
        token_counter(settings.encoding),
        model_token_counter(found.model),
    )
    failed = {failure.doc_id: failure for failure in found.plan.failed}
    moved = {move.new for move in found.plan.moved}
    unchanged = set(found.plan.unchanged) if found.keep is not Keep.NOTHING else set()
    doc_ids = sorted({*found.plan.unchanged, *moved, *found.plan.added, *found.plan.changed})
    entries: list[Entry] = []
    notes = {entry.doc_id: entry.notes for entry in found.served.manifest.documents} if found.served else {}
    with ParserProcess(*parse_limits(settings)) as parser:
        for done, doc_id in enumerate(doc_ids):
            progress("reading", done, len(doc_ids))
            if found.served is not None and doc_id in unchanged:
                entries.append(_kept(found.served, doc_id, found.keep, limits))
                continue
            try:
                data = documents.read_bytes(settings.corpus, doc_id, settings.max_file_mb << 20)
            except DocumentError as error:  # it was there a moment ago
                failed[doc_id] = FailedFile(doc_id, str(error))
                continue
            try:
                parsed = parser.parse_file(data, doc_id, found.notes.get(doc_id, documents.NO_NOTE))
                passages = tuple(cut(parsed.document, parsed.blocks, limits))
                entries.append(Entry(parsed.document, parsed.blocks, passages))
                notes[doc_id] = parsed.notes
            except DocumentError as error:
                failed[doc_id] = FailedFile(doc_id, str(error), hashlib.sha256(data).hexdigest())
    progress("reading", len(doc_ids), len(doc_ids))
    if not any(entry.passages for entry in entries):
        first = failed[min(failed)].reason if failed else "no file has any text"
        raise CorpusError(f"no document in '{settings.corpus}' can be used: {first}")
    return _Read(tuple(entries), notes, tuple(failed[doc_id] for doc_id in sorted(failed)))


def _kept(served: Generation, doc_id: str, keep: Keep, limits: Limits) -> Entry:
    """The document as the served generation has it, cut anew where only its blocks can be kept."""
    if keep is Keep.PASSAGES:
        return served.catalog.entry(doc_id)
    document, blocks = served.catalog.document(doc_id), served.catalog.blocks(doc_id)
    return Entry(document, blocks, tuple(cut(document, blocks, limits)))


def _known_vectors(settings: Settings, found: Survey, texts: Sequence[str]) -> dict[str, Vectors]:
    """Vectors of search texts that this embedder has computed before, by text."""
    known: dict[str, Vectors] = {}
    wanted = set(texts)
    for generation in _donors(settings.index, found):
        if wanted <= known.keys():
            break
        if generation.manifest.recipe.embedder_digest == found.recipe.embedder_digest:
            known |= zip(generation.catalog.search_texts(), generation.vectors.vectors, strict=True)
    return known


def _donors(index: Path, found: Survey) -> Iterator[Generation]:
    """The served generation; and the others where it is damaged, or where a newer one was left by a rollback."""
    if not found.has_vectors:
        return
    if found.served is not None:
        yield found.served
    names = kept_names(index)
    if found.served is None or found.served.name != names[0]:
        for name in names:
            if found.served is None or name != found.served.name:
                try:
                    yield open_kept(index, name)
                except IndexError_:
                    continue  # it has nothing to give


def _vectors(
    texts: Sequence[str], known: dict[str, Vectors], model: ModelFiles, pace: Pace | None, progress: Progress
) -> tuple[Vectors, int, Pace | None]:
    """One unit vector a text, how many of them had to be computed, and at what pace; equal texts are embedded once."""
    missing = list(dict.fromkeys(text for text in texts if text not in known))
    if missing and can_embed(model, len(missing)):
        progress("embedding", 0, len(missing))
        known.update(zip(missing, embed_few(model, missing), strict=True))
    elif missing:
        progress("embedding", 0, len(missing))
        embedder = SentenceEmbedder(model)
        started = time.perf_counter()
        _ = embedder.dimension  # loads the model
        loaded = time.perf_counter()
        for done in range(0, len(missing), _EMBED_AT_ONCE):
            progress("embedding", done, len(missing))
            part = missing[done : done + _EMBED_AT_ONCE]
            known.update(zip(part, embedder.embed(part), strict=True))
        if pace is None or len(missing) >= _ENOUGH_TO_MEASURE:
            pace = Pace(loaded - started, (time.perf_counter() - loaded) / len(missing), 0.0)
    progress("embedding", len(missing), len(missing))
    return np.stack([known[text] for text in texts]), len(missing), pace


def _listed(entry: Entry, notes: dict[str, documents.SourceNote], read: dict[str, tuple[str, ...]]) -> IndexedDocument:
    document = entry.document
    return IndexedDocument(
        doc_id=document.doc_id,
        sha256=document.sha256,
        title=document.title,
        format=document.format,
        passages=len(entry.passages),
        source=document.source,
        date=document.date,
        note_title=notes.get(document.doc_id, documents.NO_NOTE).title,
        notes=read.get(document.doc_id, ()),
    )
