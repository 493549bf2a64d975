"""Bringing an index up to date: what changed, what is embedded, what is refused, and what a crash leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import TermEmbedder, assert_sound, make_settings, write_corpus
from famqa import documents, indexing
from famqa.documents.worker import ParserProcess
from famqa.errors import CorpusError, DocumentError, IndexBusyError, ModelError, UnusableFilesError
from famqa.generations import build_lock, current_name, open_generation, read_manifest, verify
from famqa.indexing import forecast, plan, update
from famqa.manifests import Pace, Recipe
from famqa.planning import Move, forced
from famqa.settings import Settings

KITES = "= Kites =\nA kite has a tail.\n\n- Span: 2 m\n- Line: 30 m\n"
ROPES = "= Ropes =\nHemp rope floats on water.\n"
FILES: dict[str, str | bytes] = {"kites.txt": KITES, "ropes.txt": ROPES}


@pytest.fixture
def built(tmp_path: Path, fake_model: TermEmbedder) -> Settings:
    """Settings whose index is up to date; what was embedded so far is forgotten."""
    settings = make_settings(tmp_path, FILES)
    update(settings)
    fake_model.texts.clear()
    return settings


def doc_ids(settings: Settings) -> list[str]:
    return [entry.doc_id for entry in read_manifest(settings.index).documents]


def assert_whole(settings: Settings) -> None:
    """The served index is whole, row i is passage i, and nothing half-built lies about."""
    assert verify(settings.index) == []
    assert [path.name for path in (settings.index / "generations").glob(".*")] == []
    generation = open_generation(settings.index)
    row = 0
    for doc_id in generation.catalog.doc_ids():
        entry = generation.catalog.entry(doc_id)
        assert_sound(entry.document, entry.passages)
        assert generation.catalog.passages(range(row, row + len(entry.passages))) == list(entry.passages)
        row += len(entry.passages)
    embedder = TermEmbedder.__new__(TermEmbedder)
    embedder.texts = []
    expected = embedder.embed(generation.catalog.search_texts())
    assert row == len(generation.vectors) == len(expected)
    assert generation.vectors.vectors == pytest.approx(expected, abs=1e-6)


# What is built


def test_a_first_build_takes_every_document(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, FILES)
    assert plan(settings).added == ("kites.txt", "ropes.txt")
    report = update(settings)
    assert (report.documents, report.passages, report.embedded, report.kept) == (2, 4, 4, 0)
    assert report.plan.reason == "there is no index yet"
    assert report.generation == current_name(settings.index)
    assert fake_model.texts == [
        "Kites:\nA kite has a tail.",
        "Kites:\nSpan: 2 m",
        "Kites:\nLine: 30 m",
        "Ropes:\nHemp rope floats on water.",
    ]
    assert_whole(settings)


def test_with_nothing_changed_nothing_is_done(built: Settings, fake_model: TermEmbedder) -> None:
    before = current_name(built.index)
    report = update(built)
    assert report.plan.is_up_to_date and plan(built).is_up_to_date
    assert (report.generation, report.embedded, report.kept) == (before, 0, 4)
    assert current_name(built.index) == before
    assert fake_model.texts == []


def test_a_changed_document_embeds_only_its_new_passages(built: Settings, fake_model: TermEmbedder) -> None:
    write_corpus(built.corpus, {"kites.txt": KITES.replace("30 m", "40 m")})
    assert (plan(built).changed, plan(built).unchanged) == (("kites.txt",), ("ropes.txt",))
    report = update(built)
    assert fake_model.texts == ["Kites:\nLine: 40 m"]
    assert (report.embedded, report.kept) == (1, 3)
    assert_whole(built)


def test_a_document_added_in_front_moves_rows_but_no_vectors(built: Settings, fake_model: TermEmbedder) -> None:
    write_corpus(built.corpus, {"anchors.txt": "= Anchors =\nAn anchor holds.\n"})
    assert plan(built).added == ("anchors.txt",)
    update(built)
    assert fake_model.texts == ["Anchors:\nAn anchor holds."]
    assert doc_ids(built) == ["anchors.txt", "kites.txt", "ropes.txt"]
    assert_whole(built)


def test_a_removed_document_is_gone_and_nothing_is_embedded(built: Settings, fake_model: TermEmbedder) -> None:
    (built.corpus / "kites.txt").unlink()
    report = update(built)
    assert (report.plan.removed, report.documents, fake_model.texts) == (("kites.txt",), 1, [])
    assert doc_ids(built) == ["ropes.txt"]
    assert_whole(built)


def test_a_renamed_document_keeps_its_vectors(built: Settings, fake_model: TermEmbedder) -> None:
    (built.corpus / "old").mkdir()
    (built.corpus / "kites.txt").rename(built.corpus / "old" / "kites.txt")
    report = update(built)
    assert report.plan.moved == (Move("kites.txt", "old/kites.txt"),)
    assert (report.plan.added, report.plan.removed, report.plan.unchanged) == ((), (), ("ropes.txt",))
    assert fake_model.texts == []
    assert doc_ids(built) == ["old/kites.txt", "ropes.txt"]
    assert_whole(built)


def test_a_new_title_in_the_notes_changes_the_document(built: Settings, fake_model: TermEmbedder) -> None:
    write_corpus(built.corpus, {"sources.toml": '[documents."ropes.txt"]\ntitle = "All ropes"\nsource = "A book"\n'})
    assert plan(built).changed == ("ropes.txt",)
    update(built)
    assert fake_model.texts == ["All ropes:\nHemp rope floats on water."]
    document = open_generation(built.index).catalog.document("ropes.txt")
    assert (document.title, document.source) == ("All ropes", "A book")
    write_corpus(built.corpus, {"sources.toml": '[documents."ropes.txt"]\ntitle = "All ropes"\nsource = "A list"\n'})
    fake_model.texts.clear()
    update(built)
    assert fake_model.texts == []
    assert open_generation(built.index).catalog.document("ropes.txt").source == "A list"
    assert_whole(built)


def test_a_touched_file_is_not_a_changed_one(built: Settings) -> None:
    os.utime(built.corpus / "kites.txt", (0, 0))
    assert plan(built).is_up_to_date


def test_other_settings_cut_anew_and_a_full_build_embeds_anew(built: Settings, fake_model: TermEmbedder) -> None:
    other = built.model_copy(update={"passage_tokens": 100})
    assert plan(other).reason == "passage_tokens changed from 160 to 100: all documents are cut anew"
    assert plan(other).unchanged == ("kites.txt", "ropes.txt")
    report = update(other)
    assert (fake_model.texts, report.embedded, report.kept) == ([], 0, 4)
    report = update(other, full=True)
    assert (len(fake_model.texts), report.embedded, report.kept) == (4, 4, 0)
    assert_whole(built)


def test_equal_texts_are_embedded_once(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, {"a.txt": ROPES, "b.txt": ROPES})
    report = update(settings)
    assert (report.passages, report.embedded, len(fake_model.texts)) == (2, 1, 1)
    assert_whole(settings)


def test_many_passages_are_embedded_in_parts_and_told_as_they_go(tmp_path: Path, fake_model: TermEmbedder) -> None:
    items = "".join(f"- item number {number}\n" for number in range(150))
    told: list[tuple[str, int, int]] = []
    update(make_settings(tmp_path, {"a.txt": items}), progress=lambda *step: told.append(step))
    assert len(fake_model.texts) == 150
    embedding = [step for step in told if step[0] == "embedding"]
    assert embedding[0] == ("embedding", 0, 150) and embedding[-1] == ("embedding", 150, 150)
    assert [done for _, done, _ in embedding] == sorted(done for _, done, _ in embedding)
    assert list(dict.fromkeys(name for name, *_ in told)) == ["reading", "embedding", "writing"]
    assert told[-1] == ("writing", 1, 1)


# Files that are of no use


def test_files_of_no_use_are_listed_with_a_reason_and_the_others_indexed(
    tmp_path: Path, fake_model: TermEmbedder
) -> None:
    bad: dict[str, str | bytes] = {
        "empty.txt": b"",
        "nul.txt": b"a\x00b",
        "picture.png": b"\x89PNG",
        "space.md": b" \n",
    }
    settings = make_settings(tmp_path, FILES | bad)
    (settings.corpus / "link.txt").symlink_to(settings.corpus / "kites.txt")
    report = update(settings)
    assert [failure.doc_id for failure in report.failed] == sorted(bad)
    for failure, word in zip(report.failed, ["no text", "nul.txt", "not known", "no text"], strict=True):
        assert word in failure.reason and failure.doc_id in failure.reason and "\n" not in failure.reason
    assert doc_ids(settings) == ["kites.txt", "ropes.txt"]
    assert read_manifest(settings.index).failed == report.failed
    assert_whole(settings)
    again = update(settings)
    assert again.plan.is_up_to_date and again.failed == report.failed


def test_a_failed_file_that_is_mended_is_taken(built: Settings) -> None:
    write_corpus(built.corpus, {"new.txt": b"\xff"})
    assert [failure.doc_id for failure in update(built).failed] == ["new.txt"]
    write_corpus(built.corpus, {"new.txt": "Now it is text."})
    report = update(built)
    assert (report.plan.added, report.failed) == (("new.txt",), ())
    assert "new.txt" in doc_ids(built)


def test_a_document_that_turns_bad_is_dropped_and_named(built: Settings) -> None:
    write_corpus(built.corpus, {"kites.txt": b"\xff"})
    report = update(built)
    assert [failure.doc_id for failure in report.failed] == ["kites.txt"]
    assert doc_ids(built) == ["ropes.txt"]
    (built.corpus / "kites.txt").unlink()
    assert not plan(built).is_up_to_date
    assert update(built).failed == ()


def test_a_file_that_cannot_be_read_is_named(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(built.corpus, {"locked.txt": "Text."})
    real = documents.read_bytes

    def read(corpus: Path, doc_id: str, max_bytes: int) -> bytes:
        if doc_id == "locked.txt":
            raise DocumentError("locked.txt: cannot be read (Permission denied)")
        return real(corpus, doc_id, max_bytes)

    monkeypatch.setattr(documents, "read_bytes", read)
    report = update(built)
    assert [(failure.doc_id, "Permission denied" in failure.reason) for failure in report.failed] == [
        ("locked.txt", True)
    ]
    monkeypatch.setattr(documents, "read_bytes", real)
    assert plan(built).added == ("locked.txt",)


def test_a_file_that_goes_while_the_others_are_read_is_named(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, FILES)

    def remove(step: str, done: int, total: int) -> None:
        (settings.corpus / "kites.txt").unlink(missing_ok=True)

    report = update(settings, progress=remove)
    assert [(failure.doc_id, failure.sha256) for failure in report.failed] == [("kites.txt", "")]
    assert doc_ids(settings) == ["ropes.txt"]
    write_corpus(settings.corpus, FILES)
    assert plan(settings).added == ("kites.txt",)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_file_name_that_is_not_utf8_is_named_in_print(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, FILES)
    Path(os.fsdecode(os.fsencode(settings.corpus) + b"/caf\xe9.txt")).write_text("Coffee.")
    report = update(settings)
    assert len(report.failed) == 1
    assert "not UTF-8" in report.failed[0].reason
    assert report.failed[0].doc_id.isprintable() and report.failed[0].doc_id.startswith("caf")
    assert doc_ids(settings) == ["kites.txt", "ropes.txt"]
    assert plan(settings).is_up_to_date


@pytest.mark.parametrize(
    ("files", "word"),
    [({}, "no documents"), ({"a.png": b"x"}, "not known"), ({"a.txt": b""}, "no text"), ({"a.txt": "= T =\n"}, "text")],
    ids=["none", "unknown", "empty", "heading only"],
)
def test_a_corpus_of_no_use_changes_nothing(
    files: dict[str, str | bytes], word: str, built: Settings, tmp_path: Path
) -> None:
    before = current_name(built.index)
    other = built.model_copy(update={"corpus": write_corpus(tmp_path / "other", files)})
    with pytest.raises(CorpusError, match=word) as raised:
        update(other)
    assert "\n" not in str(raised.value)
    assert current_name(built.index) == before
    assert_whole(built)


def test_a_missing_corpus_makes_no_index_folder(tmp_path: Path) -> None:
    settings = Settings(corpus=tmp_path / "none", index=tmp_path / "index")
    with pytest.raises(CorpusError, match="does not exist"):
        update(settings)
    assert not settings.index.exists()


# What the index needs


def test_a_damaged_index_is_made_anew(built: Settings, fake_model: TermEmbedder) -> None:
    path = built.index / "generations" / current_name(built.index) / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-1])
    report = update(built)
    assert "damaged" in report.plan.reason and "vectors.npy" in report.plan.reason
    assert len(fake_model.texts) == 4
    assert_whole(built)


def test_another_format_version_is_made_anew(built: Settings, fake_model: TermEmbedder) -> None:
    path = built.index / "generations" / current_name(built.index) / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"format_version": ', '"format_version": 9'), "utf-8")
    report = update(built)
    assert "format version" in report.plan.reason
    assert len(fake_model.texts) == 4
    assert_whole(built)


def test_another_embedder_embeds_everything_anew(
    built: Settings, other_embedder: Path, fake_model: TermEmbedder
) -> None:
    other = built.model_copy(update={"embedder": str(other_embedder)})
    report = update(other)
    assert report.plan.reason.startswith("the embedder changed from all-MiniLM-L6-v2 to ")
    assert len(fake_model.texts) == 4
    assert read_manifest(built.index).recipe.embedder == str(other_embedder)
    fake_model.texts.clear()
    assert plan(other).is_up_to_date
    assert "the embedder changed" in plan(built).reason


def test_a_model_that_is_not_there_leaves_the_index_as_it_was(built: Settings) -> None:
    before = current_name(built.index)
    with pytest.raises(ModelError, match="no such folder"):
        update(built.model_copy(update={"embedder": "./none"}))
    assert current_name(built.index) == before


# What is kept and what is forced


def test_a_moved_document_without_a_title_has_only_its_titled_texts_embedded(
    built: Settings, fake_model: TermEmbedder
) -> None:
    """The title falls back to the file's stem, which stands in front of what is searched."""
    write_corpus(built.corpus, {"plain.txt": "A rope has two ends."})
    update(built)
    fake_model.texts.clear()
    (built.corpus / "plain.txt").rename(built.corpus / "simple.txt")
    (built.corpus / "kites.txt").rename(built.corpus / "dragons.txt")
    report = update(built)
    assert report.plan.moved == (Move("kites.txt", "dragons.txt"), Move("plain.txt", "simple.txt"))
    assert fake_model.texts == ["simple:\nA rope has two ends."]
    assert_whole(built)


def test_a_copy_is_added_and_of_two_equal_files_each_move_is_one(built: Settings) -> None:
    write_corpus(built.corpus, {"a/kites.txt": KITES})
    assert (plan(built).added, plan(built).moved) == (("a/kites.txt",), ())
    update(built)
    (built.corpus / "a" / "kites.txt").unlink()
    (built.corpus / "kites.txt").rename(built.corpus / "b.txt")
    found = plan(built)
    assert (found.moved, found.removed, found.added) == ((Move("a/kites.txt", "b.txt"),), ("kites.txt",), ())


def test_each_part_of_the_recipe_says_what_it_forces() -> None:
    recipe = Recipe("mini", "d1", 1, "famqa", "e1", 160, 1)
    assert forced(recipe, replace(recipe, embedder="renamed")) == []
    assert forced(recipe, replace(recipe, embedder="big", embedder_digest="d2", passage_tokens=120)) == [
        "the embedder changed from mini to big: all passages are embedded anew",
        "passage_tokens changed from 160 to 120: all documents are cut anew",
    ]
    assert forced(recipe, replace(recipe, embedder_digest="d2")) == [
        "the files of the embedder mini changed: all passages are embedded anew"
    ]
    assert forced(recipe, replace(recipe, encoding="o200k_base", encoding_digest="e2")) == [
        "encoding changed from famqa to o200k_base: all documents are cut anew"
    ]
    assert forced(recipe, replace(recipe, chunker_version=2)) == [
        "the rules of cutting passages changed (version 1 before, now 2): all documents are cut anew"
    ]
    assert forced(recipe, replace(recipe, parser_version=3)) == [
        "the rules of reading files changed (version 1 before, now 3): all files are read anew"
    ]


def test_other_cutting_does_not_read_the_files_and_another_parser_does(
    built: Settings, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = documents.parse_file

    def parse(data: bytes, doc_id: str, note: documents.SourceNote) -> documents.ParsedFile:
        read.append(doc_id)
        return real(data, doc_id, note)

    monkeypatch.setattr(documents, "parse_file", parse)
    update(built.model_copy(update={"passage_tokens": 100}))
    assert read == []
    monkeypatch.setattr(documents, "PARSER_VERSION", documents.PARSER_VERSION + 1)
    report = update(built.model_copy(update={"passage_tokens": 100}))
    assert report.plan.reason.startswith("the rules of reading files changed")
    assert (read, fake_model.texts, report.kept) == (["kites.txt", "ropes.txt"], [], 4)
    assert_whole(built)


def test_another_reader_is_told_and_forces_nothing(built: Settings) -> None:
    found = plan(built.model_copy(update={"reader": "sentences"}))
    assert found.remarks == ("the reader changed from famqa to sentences: nothing to rebuild for that",)
    assert found.is_up_to_date


def test_a_failed_file_is_tried_again_with_other_limits(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(built.corpus, {"slow.txt": "Slow."})
    real = documents.parse_file

    def parse(data: bytes, doc_id: str, note: documents.SourceNote) -> documents.ParsedFile:
        if doc_id == "slow.txt":
            raise DocumentError("slow.txt: took longer than 60 s")
        return real(data, doc_id, note)

    with monkeypatch.context() as slow:
        slow.setattr(documents, "parse_file", parse)
        update(built)
    assert plan(built).is_up_to_date
    patient = built.model_copy(update={"parse_seconds": 120.0})
    assert plan(patient).added == ("slow.txt",)
    assert update(patient).failed == ()


def test_how_a_file_was_read_stays_known_while_it_is_unchanged(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, FILES | {"latin.txt": "Le café est fermé.".encode("cp1252")})
    update(settings)
    write_corpus(settings.corpus, {"new.txt": "New."})
    update(settings)
    notes = {entry.doc_id: entry.notes for entry in read_manifest(settings.index).documents if entry.notes}
    assert list(notes) == ["latin.txt"]
    assert "Windows-1252" in notes["latin.txt"][0]


def test_an_index_inside_its_corpus_is_no_document(tmp_path: Path, fake_model: TermEmbedder) -> None:
    corpus = write_corpus(tmp_path / "corpus", FILES)
    settings = Settings(corpus=corpus, index=corpus / "index")
    update(settings)
    assert (doc_ids(settings), plan(settings).is_up_to_date) == (["kites.txt", "ropes.txt"], True)
    with pytest.raises(CorpusError, match="both the folder of documents and that of the index"):
        plan(Settings(corpus=corpus, index=corpus))


# What it would cost


def test_a_forecast_counts_what_would_be_embedded_and_changes_nothing(
    built: Settings, fake_model: TermEmbedder
) -> None:
    before = current_name(built.index)
    write_corpus(built.corpus, {"kites.txt": KITES.replace("30 m", "40 m"), "new.txt": "New.", "bad.txt": ""})
    found = forecast(built)
    assert (found.passages, found.to_embed, found.kept) == (5, 2, 3)
    assert [failure.doc_id for failure in found.failed] == ["bad.txt"]
    assert (fake_model.texts, current_name(built.index)) == ([], before)
    report = update(built)
    assert (report.passages, report.embedded, report.kept, report.failed) == (5, 2, 3, found.failed)


def test_a_forecast_goes_by_the_pace_of_the_last_build(built: Settings) -> None:
    """Loading 4 s, 10 passages at 0.5 s, 12 passages written at 0.1 s; what reading took is measured on the spot."""
    manifest = read_manifest(built.index)
    assert manifest.pace is not None and manifest.pace.embed_seconds > 0
    paced = replace(manifest, pace=Pace(load_seconds=4.0, embed_seconds=0.5, write_seconds=0.1))
    (built.index / "generations" / manifest.name / "manifest.json").write_text(paced.to_json(), "utf-8")
    (built.corpus / "ropes.txt").unlink()
    write_corpus(built.corpus, {"new.txt": "".join(f"- item {n}\n" for n in range(9)), "x.txt": "Last."})
    found = forecast(built)
    assert (found.to_embed, found.passages) == (10, 13)
    assert found.seconds == pytest.approx(4.0 + 5.0 + 1.3, abs=0.9)
    assert forecast(built, full=True).seconds == pytest.approx(4.0 + 6.5 + 1.3, abs=0.9)


def test_without_a_measurement_a_forecast_has_no_time(tmp_path: Path, built: Settings, other_embedder: Path) -> None:
    assert forecast(make_settings(tmp_path / "new", FILES)).seconds is None
    assert forecast(built.model_copy(update={"embedder": str(other_embedder)})).seconds is None
    assert forecast(built).seconds == 0.0


def test_a_small_update_keeps_the_pace_of_the_larger_one(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, {"a.txt": "".join(f"- item {n}\n" for n in range(20))})
    update(settings)
    before = read_manifest(settings.index).pace
    write_corpus(settings.corpus, {"b.txt": "One more."})
    update(settings)
    after = read_manifest(settings.index).pace
    assert before is not None and after is not None
    assert after.embed_seconds == before.embed_seconds


# Strict


def test_strict_publishes_nothing_and_names_every_file(built: Settings, fake_model: TermEmbedder) -> None:
    before = current_name(built.index)
    write_corpus(built.corpus, {"bad.txt": b"", "new.txt": "New.", "x.png": b"x"})
    with pytest.raises(UnusableFilesError, match="2 of the files cannot be indexed") as raised:
        update(built, strict=True)
    assert [reason.split(":")[0] for reason in raised.value.reasons] == ["bad.txt", "x.png"]
    assert (current_name(built.index), fake_model.texts) == (before, [])
    update(built)
    with pytest.raises(UnusableFilesError):  # also where there is nothing to do
        update(built, strict=True)
    (built.corpus / "bad.txt").unlink()
    (built.corpus / "x.png").unlink()
    assert update(built, strict=True).failed == ()


# Crashes and company


class Stop(BaseException):
    """Ends a build where it stands, as Ctrl-C would."""


@pytest.mark.parametrize("step", [("reading", 1), ("embedding", 0), ("embedding", 1), ("writing", 0)])
def test_a_build_that_is_stopped_changes_nothing(
    step: tuple[str, int], built: Settings, fake_model: TermEmbedder
) -> None:
    before = current_name(built.index)
    write_corpus(built.corpus, {"new.txt": "New."})

    def stop(name: str, done: int, total: int) -> None:
        if (name, done) == step:
            raise Stop

    with pytest.raises(Stop):
        update(built, progress=stop)
    assert current_name(built.index) == before
    assert_whole(built)
    assert update(built).generation != before
    assert_whole(built)


@pytest.mark.parametrize("function", ["write_catalog", "write_vectors", "write_postings", "fingerprints", "publish"])
def test_a_disk_that_is_full_at_any_step_is_one_line_and_changes_nothing(
    function: str, built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current_name(built.index)
    write_corpus(built.corpus, {"new.txt": "New."})
    real: Callable[..., object] = getattr(indexing, function)

    def fail(*args: object) -> object:
        raise OSError(28, "No space left on device", "the disk")

    monkeypatch.setattr(indexing, function, fail)
    with pytest.raises(indexing.IndexError_, match="No space left on device") as raised:
        update(built)
    assert "\n" not in str(raised.value)
    assert current_name(built.index) == before
    assert_whole(built)
    monkeypatch.setattr(indexing, function, real)
    update(built)
    assert "new.txt" in doc_ids(built)
    assert_whole(built)


KILLED = """
import os, sys
from pathlib import Path
import conftest, famqa.indexing
from famqa.settings import Settings

conftest.use_stand_ins()
real = famqa.indexing.write_postings
famqa.indexing.write_postings = lambda *args: (real(*args), os._exit(9))
famqa.indexing.update(Settings(corpus=sys.argv[1], index=sys.argv[2]))
"""


def test_a_build_that_is_killed_leaves_the_old_index_and_the_next_one_clears_up(
    built: Settings, fake_model: TermEmbedder
) -> None:
    before = current_name(built.index)
    write_corpus(built.corpus, {"new.txt": "New."})
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(indexing.__file__).parents[1])])
    command = [sys.executable, "-c", KILLED, str(built.corpus), str(built.index)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (9, b"")
    assert len(list((built.index / "generations").glob(".building-*"))) == 1
    assert current_name(built.index) == before
    assert verify(built.index) == []
    assert update(built).generation != before
    assert_whole(built)


def test_a_second_builder_is_told_that_it_is_busy(built: Settings) -> None:
    with build_lock(built.index), pytest.raises(IndexBusyError, match="another process"):
        update(built)
    assert update(built).plan.is_up_to_date


def test_builders_that_wait_find_the_work_done(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, FILES)
    reports: list[indexing.Report] = []
    threads = [threading.Thread(target=lambda: reports.append(update(settings, wait_seconds=60))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.embedded for report in reports) == [0, 0, 4]
    assert len({report.generation for report in reports}) == 1
    assert_whole(settings)


BUILDER = """
import sys, time
import conftest, famqa.indexing
from famqa.errors import IndexBusyError
from famqa.settings import Settings

conftest.use_stand_ins()
time.sleep(max(0, float(sys.argv[3]) - time.time()))  # all at the same moment
try:
    report = famqa.indexing.update(Settings(corpus=sys.argv[1], index=sys.argv[2]), wait_seconds=float(sys.argv[4]))
    print(report.generation, report.embedded)
except IndexBusyError as error:
    print(error)
"""


def test_two_processes_that_build_at_once(tmp_path: Path, fake_model: TermEmbedder) -> None:
    """One that waits finds the work done, one that does not says that it is busy; the index is whole."""
    settings = make_settings(tmp_path, {f"{n}.txt": f"- item {n}\n" * 5 for n in range(40)})
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(indexing.__file__).parents[1])])
    started = str(time.time() + 3)
    command = [sys.executable, "-c", BUILDER, str(settings.corpus), str(settings.index), started]
    builders = [
        subprocess.Popen([*command, patience], env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)
        for patience in ("60", "60", "0")
    ]
    told = [builder.communicate(timeout=120)[0].strip() for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0, 0]
    built = sorted((line for line in told if "another process is building" not in line), key=len)
    assert len(built) >= 2 and len({line.split()[0] for line in built}) == 1
    assert sorted(int(line.split()[1]) for line in built) == [0] * (len(built) - 1) + [40]
    assert_whole(settings)


def test_files_are_read_in_a_process_of_their_own(
    tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "ParserProcess", ParserProcess)
    monkeypatch.setattr(documents, "parse_file", lambda *_: pytest.fail("parsed in this process"))
    latin = "Le café est fermé.".encode("cp1252")
    settings = make_settings(tmp_path, {**FILES, "latin.txt": latin, "empty.txt": b""})
    report = update(settings)
    assert [failure.doc_id for failure in report.failed] == ["empty.txt"]
    assert doc_ids(settings) == ["kites.txt", "latin.txt", "ropes.txt"]
    assert read_manifest(settings.index).documents[1].notes == ("read as Windows-1252",)
    assert_whole(settings)
