"""What an index lacks: the folder, the settings and the served generation compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from famqa import documents
from famqa.embedding import ModelFiles
from famqa.errors import CorpusError, DocumentError, IndexError_, IndexMissingError, IndexStaleError
from famqa.generations import Generation, is_rolled_back, kept_names, open_generation, read_kept
from famqa.manifests import REBUILD, FailedFile, IndexedDocument, Manifest, Pace, Recipe
from famqa.passages import CHUNKER_VERSION, encoding_digest
from famqa.settings import Settings


@dataclass(frozen=True, slots=True)
class Move:
    """A document whose file has another path and the same bytes."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What `update` would do; document ids are sorted. `reason` says what is forced beyond that, "" if nothing."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[FailedFile, ...]  # files known to be of no use, whether new or not
    has_new_failures: bool = False  # `failed` is not what the served index lists
    reason: str = ""
    moved: tuple[Move, ...] = ()  # neither added nor removed
    remarks: tuple[str, ...] = ()  # what is worth saying and forces nothing

    @property
    def is_up_to_date(self) -> bool:
        """Whether there is nothing to do."""
        changes = self.added or self.changed or self.removed or self.moved
        return not (changes or self.has_new_failures or self.reason)


class Keep(IntEnum):
    """How much of an unchanged document can be taken over from the served generation."""

    NOTHING = 0  # its file is read again
    BLOCKS = 1  # it is cut again
    PASSAGES = 2


@dataclass(frozen=True, slots=True)
class Survey:
    """The folder, the model and the served index as they are now."""

    plan: Plan
    notes: dict[str, documents.SourceNote]
    recipe: Recipe
    model: ModelFiles
    served: Generation | None  # None where there is none, where it is damaged, and for a full build
    keep: Keep
    has_vectors: bool  # vectors of equal search texts can be taken from the generations in the index folder
    pace: Pace | None  # of the last build with this embedder


def survey(settings: Settings, model: ModelFiles, full: bool = False) -> Survey:
    """The comparison. Raises `CorpusError`; a damaged index means that all is made anew."""
    notes = documents.read_sources(settings.corpus)
    digests, failed = _digests(settings)
    recipe = Recipe(
        embedder=settings.embedder,
        embedder_digest=model.digest,
        chunker_version=CHUNKER_VERSION,
        encoding=settings.encoding,
        encoding_digest=encoding_digest(settings.encoding),
        passage_tokens=settings.passage_tokens,
        parser_version=documents.PARSER_VERSION,
    )
    if full:
        served, reason = None, "a full build was asked for"
    else:
        served, reason = _served(settings.index)
    keep = Keep.NOTHING
    remarks: tuple[str, ...] = ()
    if served is not None:
        keep = _keep(served.manifest.recipe, recipe)
        reason = "; ".join(forced(served.manifest.recipe, recipe))
        remarks = _remarks(settings, served.manifest)
    before = served.manifest if served is not None else None
    plan = _compare(before, keep, digests, notes, failed, parse_limits(settings))
    plan = replace(plan, reason=reason, remarks=remarks)
    return Survey(plan, notes, recipe, model, served, keep, not full, _pace(settings.index, recipe, before))


def parse_limits(settings: Settings) -> tuple[float, int]:
    """Seconds and MiB that reading one file may take; with other limits, files that failed are tried again."""
    return settings.parse_seconds, settings.parse_memory_mb


def _digests(settings: Settings) -> tuple[dict[str, str], dict[str, FailedFile]]:
    """sha256 of every file of the folder, and the files that cannot even be read."""
    digests: dict[str, str] = {}
    failed: dict[str, FailedFile] = {}
    for doc_id in _files(settings.corpus, settings.index):
        try:
            data = documents.read_bytes(settings.corpus, doc_id, settings.max_file_mb << 20)
            digests[doc_id] = hashlib.sha256(data).hexdigest()
        except DocumentError as error:
            name = documents.printable(doc_id)
            failed[name] = FailedFile(name, str(error))
    return digests, failed


def _files(corpus: Path, index: Path) -> list[str]:
    """The files of the folder; an index inside of it is no document, or every build would find new ones."""
    files = documents.list_files(corpus)
    try:
        inside = index.resolve().relative_to(corpus.resolve()).as_posix()
    except ValueError:
        return files
    if inside == ".":
        raise CorpusError(f"'{corpus}' is both the folder of documents and that of the index; name another --index")
    return [doc_id for doc_id in files if not doc_id.startswith(f"{inside}/")]


def _served(index: Path) -> tuple[Generation | None, str]:
    """The served generation, or None and why nothing can be taken from it."""
    try:
        return open_generation(index), ""
    except IndexMissingError:
        return None, "there is no index yet"
    except IndexStaleError:
        return None, "the index has another format version"
    except IndexError_ as error:
        return None, str(error).removesuffix(f"; {REBUILD}")


def _keep(before: Recipe, now: Recipe) -> Keep:
    if before.parser_version != now.parser_version:
        return Keep.NOTHING
    return Keep.PASSAGES if _cutting(before) == _cutting(now) else Keep.BLOCKS


def _cutting(recipe: Recipe) -> tuple[object, ...]:
    """All that decides where passages begin and end; the embedder does so by its limit and its tokenizer."""
    return (recipe.chunker_version, recipe.encoding_digest, recipe.passage_tokens, recipe.embedder_digest)


def forced(before: Recipe, now: Recipe) -> list[str]:
    """What differs, and what that forces, a phrase each; empty where all can be kept."""
    found: list[str] = []
    if before.parser_version != now.parser_version:
        versions = f"{before.parser_version} before, now {now.parser_version}"
        found.append(f"the rules of reading files changed (version {versions}): all files are read anew")
    if before.embedder_digest != now.embedder_digest:
        what = f"the embedder changed from {before.embedder} to {now.embedder}"
        if before.embedder == now.embedder:
            what = f"the files of the embedder {now.embedder} changed"
        found.append(f"{what}: all passages are embedded anew")
    cut = "all documents are cut anew"
    if before.chunker_version != now.chunker_version:
        versions = f"{before.chunker_version} before, now {now.chunker_version}"
        found.append(f"the rules of cutting passages changed (version {versions}): {cut}")
    if before.encoding_digest != now.encoding_digest:
        found.append(f"encoding changed from {before.encoding} to {now.encoding}: {cut}")
    if before.passage_tokens != now.passage_tokens:
        found.append(f"passage_tokens changed from {before.passage_tokens} to {now.passage_tokens}: {cut}")
    return found


def _remarks(settings: Settings, before: Manifest) -> tuple[str, ...]:
    found: list[str] = []
    if before.reader and before.reader != settings.reader:
        found.append(f"the reader changed from {before.reader} to {settings.reader}: nothing to rebuild for that")
    if is_rolled_back(settings.index):
        found.append(f"the index was rolled back to {before.name}; famqa index goes by the folder again")
    return tuple(found)


def _pace(index: Path, recipe: Recipe, served: Manifest | None) -> Pace | None:
    """What the served or else the newest build that used this embedder measured, None if there is none."""
    for manifest in _manifests(index, served):
        if manifest.pace and manifest.recipe.embedder_digest == recipe.embedder_digest:
            return manifest.pace
    return None


def _manifests(index: Path, served: Manifest | None) -> Iterator[Manifest]:
    if served is not None:
        yield served
    for name in kept_names(index):
        with suppress(IndexError_):
            yield read_kept(index, name)


def _compare(
    manifest: Manifest | None,
    keep: Keep,
    digests: dict[str, str],
    notes: dict[str, documents.SourceNote],
    failed: dict[str, FailedFile],
    limits: tuple[float, int],
) -> Plan:
    """The plan without `reason` and `remarks`."""
    before = {entry.doc_id: entry for entry in manifest.documents} if manifest else {}
    failed_before = {entry.doc_id: entry for entry in manifest.failed} if manifest else {}

    def is_same(doc_id: str) -> bool:
        entry, note = before[doc_id], notes.get(doc_id, documents.NO_NOTE)
        stated = (note.title, note.source, note.date)
        return entry.sha256 == digests[doc_id] and (entry.note_title, entry.source, entry.date) == stated

    # A file that could not be parsed is tried again only once its contents, the parser or its limits have changed.
    is_tried = manifest is not None and keep is not Keep.NOTHING and manifest.parse_limits == limits
    hopeless = {
        doc_id: failure
        for doc_id, failure in failed_before.items()
        if is_tried and failure.sha256 and digests.get(doc_id) == failure.sha256
    }
    usable = digests.keys() - hopeless.keys()
    known = usable & before.keys()
    moved = _moved(before, {doc_id: digests[doc_id] for doc_id in usable})
    all_failed = failed | hopeless
    return Plan(
        added=tuple(sorted(usable - before.keys() - {move.new for move in moved})),
        changed=tuple(sorted(doc_id for doc_id in known if not is_same(doc_id))),
        removed=tuple(sorted(before.keys() - usable - {move.old for move in moved})),
        unchanged=tuple(sorted(doc_id for doc_id in known if is_same(doc_id))),
        failed=tuple(all_failed[doc_id] for doc_id in sorted(all_failed)),
        has_new_failures=all_failed != failed_before,
        moved=moved,
    )


def _moved(before: dict[str, IndexedDocument], digests: dict[str, str]) -> tuple[Move, ...]:
    """Every document that is gone from its path, paired with a new one of the same bytes where there is one."""
    arrived: dict[str, list[str]] = {}
    for doc_id in sorted(digests.keys() - before.keys(), reverse=True):
        arrived.setdefault(digests[doc_id], []).append(doc_id)
    gone = sorted(before.keys() - digests.keys())
    return tuple(Move(old, arrived[sha].pop()) for old in gone if arrived.get(sha := before[old].sha256))
