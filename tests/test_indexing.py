"""Bringing an index up to date: what changed, what is embedded, what is refused, and what a crash leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import TermEmbedder, assert_sound, make_settings, write_corpus
from famqa import indexing
from famqa.errors import CorpusError, IndexBusyError, ModelError
from famqa.generations import build_lock, current_name, open_generation, read_manifest, verify
from famqa.indexing import plan, update
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
    assert (report.plan.added, report.plan.removed) == (("old/kites.txt",), ("kites.txt",))
    assert fake_model.texts == []
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
    assert "settings" in plan(other).reason
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
        "latin.txt": "café".encode("latin-1"),
        "nul.txt": b"a\x00b",
        "picture.png": b"\x89PNG",
        "space.md": b" \n",
    }
    settings = make_settings(tmp_path, FILES | bad)
    (settings.corpus / "link.txt").symlink_to(settings.corpus / "kites.txt")
    report = update(settings)
    assert [failure.doc_id for failure in report.failed] == sorted(bad)
    for failure, word in zip(report.failed, ["no text", "not UTF-8", "NUL", "not known", "no text"], strict=True):
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
    real = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.name == "locked.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    report = update(built)
    assert [(failure.doc_id, "Permission denied" in failure.reason) for failure in report.failed] == [
        ("locked.txt", True)
    ]
    monkeypatch.setattr(Path, "read_bytes", real)
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

famqa.indexing.SentenceEmbedder = conftest.TermEmbedder
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
