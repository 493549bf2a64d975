"""An index on disk is opened whole or not at all, and published in one step."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import TermEmbedder, make_settings, write_corpus
from famqa import generations, indexing
from famqa.errors import IndexBusyError, IndexDamagedError, IndexError_, IndexMissingError, IndexStaleError
from famqa.generations import (
    build_lock,
    building_folder,
    current_name,
    fingerprints,
    generation_name,
    history,
    is_rolled_back,
    open_generation,
    publish,
    read_manifest,
    rollback,
    verify,
)
from famqa.indexing import update
from famqa.search import search
from famqa.settings import Settings


@pytest.fixture
def index(tmp_path: Path, template_index: Path) -> Path:
    """A copy of an index that may be damaged."""
    return Path(shutil.copytree(template_index, tmp_path / "index"))


def folder_of(index: Path) -> Path:
    return index / "generations" / current_name(index)


def refused(index: Path, error: type[IndexError_] = IndexDamagedError) -> str:
    """The one line with which the index is refused, the same from opening and from `verify`."""
    with pytest.raises(error) as raised:
        open_generation(index)
    message = str(raised.value)
    assert "\n" not in message
    assert verify(index) == [message]
    return message


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]


def test_a_whole_index_opens_and_verifies(index: Path) -> None:
    generation = open_generation(index)
    manifest = generation.manifest
    assert generation.name == current_name(index)
    assert len(generation.vectors) == len(generation.postings) == manifest.passages
    assert [entry.doc_id for entry in manifest.documents] == ["lighthouse.txt", "shop/prices.md"]
    assert sum(entry.passages for entry in manifest.documents) == manifest.passages
    assert manifest == read_manifest(index)
    assert verify(index) == []
    assert verify(index) == []  # opening it has left nothing behind that does not belong to it


def test_one_flipped_byte_in_any_file_is_found_and_named(index: Path) -> None:
    folder = folder_of(index)
    names = read_manifest(index).files
    assert {"catalog.sqlite", "vectors.npy", "vectors.faiss", "postings/meta.json"} < set(names)
    for name in names:
        path = folder / name
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1} if whole else set():
            path.write_bytes(flipped(whole, at))
            assert str(path) in refused(index)
        path.write_bytes(whole)
    assert verify(index) == []


def test_one_flipped_byte_anywhere_in_the_manifest_is_found(index: Path) -> None:
    path = folder_of(index) / "manifest.json"
    whole = path.read_bytes()
    skipped = whole.index(b"format_version"), whole.index(b",")  # another version is another error
    for at in [*range(0, len(whole) - 1, 37), len(whole) - 3]:
        if not skipped[0] <= at <= skipped[1]:
            path.write_bytes(flipped(whole, at))
            assert "manifest.json" in refused(index)
    path.write_bytes(whole)
    assert verify(index) == []


def test_a_missing_an_extra_and_a_cut_file_are_named(index: Path) -> None:
    folder = folder_of(index)
    whole = (folder / "vectors.npy").read_bytes()
    (folder / "vectors.npy").write_bytes(whole[:-1])
    assert "vectors.npy" in refused(index)
    (folder / "vectors.npy").unlink()
    assert "vectors.npy is missing" in refused(index)
    (folder / "vectors.npy").write_bytes(whole)
    (folder / "notes.txt").write_text("mine")
    assert "notes.txt does not belong" in refused(index)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format_version": 1}'])
def test_a_manifest_that_is_none_is_damage(index: Path, content: bytes) -> None:
    (folder_of(index) / "manifest.json").write_bytes(content)
    assert "manifest.json" in refused(index)


def test_a_missing_manifest_is_damage(index: Path) -> None:
    (folder_of(index) / "manifest.json").unlink()
    assert "manifest.json" in refused(index)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../etc", b".building-x", b"20200101T000000Z-000000\n"])
def test_a_current_that_names_no_generation_is_damage(index: Path, content: bytes) -> None:
    (index / "CURRENT").write_bytes(content)
    assert "CURRENT" in refused(index)


def test_another_format_version_is_stale(index: Path) -> None:
    path = folder_of(index) / "manifest.json"
    stated = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**stated, "format_version": stated["format_version"] + 1}), "utf-8")
    message = refused(index, IndexStaleError)
    assert f"format version {stated['format_version'] + 1}" in message and "famqa index" in message


def test_no_index_at_all(tmp_path: Path) -> None:
    assert "famqa index" in refused(tmp_path / "none", IndexMissingError)
    assert not (tmp_path / "none").exists()


def shifted_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a document whose only segment will be cut one character off."""
    cut = indexing.cut

    def shifted(*args: object) -> list[object]:
        first, *others = cut(*args)
        segment = replace(first.segments[0], start=first.segments[0].start + 1)
        return [replace(first, segments=(segment,)), *others]

    monkeypatch.setattr(indexing, "cut", shifted)
    return make_settings(tmp_path, {"a.txt": "A kite has a tail."})


def test_verify_finds_what_does_not_slice(
    tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shifted_build(tmp_path, monkeypatch)
    with monkeypatch.context() as unchecked:
        unchecked.setattr(generations, "_inner_problems", lambda _: [])
        update(settings)
    problems = verify(settings.index)
    assert len(problems) == 1
    assert problems[0].startswith("a.txt, passage 0: ") and problems[0].endswith("does not slice from the document")


def test_what_does_not_slice_is_not_published(
    tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shifted_build(tmp_path, monkeypatch)
    with pytest.raises(IndexDamagedError, match=r"not published: a\.txt, passage 0: .*; no index was published"):
        update(settings)
    with pytest.raises(IndexMissingError):
        current_name(settings.index)
    assert list((settings.index / "generations").iterdir()) == []


def publish_copy(index: Path, name: str, keep: int) -> None:
    """Publishes a copy of the served generation under another name."""
    renewed = replace(read_manifest(index), name=name)
    with building_folder(index) as folder:
        shutil.copytree(folder_of(index), folder, dirs_exist_ok=True)
        (folder / "manifest.json").unlink()
        publish(index, folder, renewed, keep)


def names_left(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "generations").iterdir())


def test_publishing_switches_and_keeps_the_last_generations(index: Path) -> None:
    names = [current_name(index), *(f"2999010{day}T000000Z-abcdef" for day in (1, 2, 3))]
    for name in names[1:]:
        publish_copy(index, name, keep=2)
        assert current_name(index) == open_generation(index).name == name
    assert names_left(index) == names[-2:]
    assert not (index / "CURRENT.new").exists()


def test_builds_within_a_second_and_a_clock_set_back_still_sort_by_age(
    tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path, {"a.txt": "Kite."}, keep_generations=2)
    names: list[str] = []
    for hour in (12, 12, 3):
        now = datetime(2026, 11, 20, hour, tzinfo=UTC)
        monkeypatch.setattr(indexing, "datetime", SimpleNamespace(now=lambda _, now=now: now))
        write_corpus(settings.corpus, {"a.txt": f"Kite {len(names)}."})
        names.append(update(settings).generation)
    assert [name[:16] for name in names] == ["20261120T120000Z", "20261120T120001Z", "20261120T120002Z"]
    assert (names_left(settings.index), current_name(settings.index)) == (names[1:], names[2])


def test_a_crash_before_the_last_step_leaves_the_old_generation_served(
    tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path, {"a.txt": "Kite."})
    before = update(settings).generation
    write_corpus(settings.corpus, {"b.txt": "Rope."})

    real = Path.replace

    def fail(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(IndexError_, match="No space left on device") as raised:
        update(settings)
    assert "\n" not in str(raised.value)
    assert current_name(settings.index) == before
    assert verify(settings.index) == []
    monkeypatch.setattr(Path, "replace", real)
    assert update(settings).generation != before
    assert verify(settings.index) == []


def test_what_a_crash_left_behind_is_cleared_by_the_next_build(tmp_path: Path) -> None:
    leftover = tmp_path / "generations" / ".building-crashed"
    write_corpus(leftover, {"vectors.npy": "half"})
    with building_folder(tmp_path) as folder:
        assert folder.parent == tmp_path / "generations"
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert list((tmp_path / "generations").iterdir()) == []


def test_only_one_process_builds(tmp_path: Path) -> None:
    with build_lock(tmp_path), pytest.raises(IndexBusyError, match="another process"), build_lock(tmp_path):
        raise AssertionError("two held the lock")
    with build_lock(tmp_path):
        assert (tmp_path / ".lock").exists()


def test_a_second_builder_may_wait(tmp_path: Path) -> None:
    order: list[str] = []
    held = threading.Event()

    def first() -> None:
        with build_lock(tmp_path):
            held.set()
            threading.Event().wait(0.2)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    held.wait()
    with build_lock(tmp_path, wait_seconds=30):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_an_index_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(IndexError_, match="file"), build_lock(tmp_path / "file"):
        raise AssertionError("a file was locked as a folder")


def test_names_sort_by_time_and_tell_contents_apart() -> None:
    created = datetime(2026, 11, 20, 12, 15, 0, tzinfo=timezone(timedelta(hours=2)))
    one = generation_name(created, {"a": (1, "x")})
    other = generation_name(created, {"a": (1, "y")})
    assert one.startswith("20261120T101500Z-") and len(one) == 23
    assert one != other and one[:17] == other[:17]
    assert generation_name(created + timedelta(seconds=1), {"a": (1, "x")}) > max(one, other)


def test_fingerprints_are_size_and_sha256_of_every_file(tmp_path: Path) -> None:
    write_corpus(tmp_path, {"a": "", "sub/b": "abc", "sub/.tantivy-writer.lock": ""})
    assert fingerprints(tmp_path) == {
        "a": (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        "sub/b": (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    }


def test_opening_follows_a_generation_published_and_pruned_meanwhile(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that has read CURRENT may find its generation gone, because two builds came in between."""
    new = open_generation(index)
    names = iter(["20200101T000000Z-000000", new.name])
    monkeypatch.setattr(generations, "current_name", lambda _: next(names, new.name))
    assert open_generation(index).name == new.name


@pytest.mark.parametrize("step", ["rename", "replace"])
def test_publish_at_each_step_serves_the_old_or_the_new(
    step: str, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current_name(index)
    real: Callable[[Path, Path], Path] = getattr(Path, step)

    class Stop(BaseException):
        """Ends the process, as Ctrl-C or a power cut would."""

    def stop_after(path: Path, target: Path) -> Path:
        real(path, target)
        raise Stop

    monkeypatch.setattr(Path, step, stop_after)
    with pytest.raises(Stop):
        publish_copy(index, "29990101T000000Z-abcdef", keep=3)
    monkeypatch.undo()
    assert current_name(index) == (before if step == "rename" else "29990101T000000Z-abcdef")
    assert verify(index) == []


# Going back


@pytest.fixture
def three(tmp_path: Path, fake_model: TermEmbedder) -> tuple[Settings, list[str]]:
    """Settings of an index with three generations, and their names from the oldest."""
    settings = make_settings(tmp_path, {"a.txt": "Kite."})
    names: list[str] = []
    for text in ("Kite.", "Rope.", "Sail."):
        write_corpus(settings.corpus, {"a.txt": text})
        names.append(update(settings).generation)
    return settings, names


def served_text(settings: Settings) -> str:
    return open_generation(settings.index).catalog.document("a.txt").text


def test_rollback_goes_to_the_one_before_or_to_a_named_one(three: tuple[Settings, list[str]]) -> None:
    settings, (first, second, third) = three
    assert rollback(settings.index).name == second
    assert (current_name(settings.index), served_text(settings)) == (second, "Rope.")
    assert is_rolled_back(settings.index)
    assert rollback(settings.index).name == first
    with pytest.raises(IndexMissingError, match=f"no generation before {first}"):
        rollback(settings.index)
    assert rollback(settings.index, third).name == third
    assert not is_rolled_back(settings.index)  # the newest one is where a build would have led
    assert verify(settings.index) == []


def test_the_one_before_is_what_was_served_when_it_was_built(three: tuple[Settings, list[str]]) -> None:
    settings, (first, _, _) = three
    rollback(settings.index, first)
    write_corpus(settings.corpus, {"a.txt": "Oar."})
    update(settings.model_copy(update={"keep_generations": 9}))
    assert rollback(settings.index).name == first


def test_rollback_refuses_what_is_not_there_not_whole_or_served(three: tuple[Settings, list[str]]) -> None:
    settings, (first, second, third) = three
    for name in ("20200101T000000Z-000000", "..", "../generations", "CURRENT"):
        with pytest.raises(IndexMissingError, match=f"there are {third}, {second}, {first}"):
            rollback(settings.index, name)
    with pytest.raises(IndexError_, match="is the one that is served"):
        rollback(settings.index, third)
    path = settings.index / "generations" / second / "vectors.npy"
    path.write_bytes(flipped(path.read_bytes(), 200))
    with pytest.raises(IndexDamagedError, match=r"not whole, so nothing was changed: .*vectors\.npy"):
        rollback(settings.index)
    with build_lock(settings.index), pytest.raises(IndexBusyError):
        rollback(settings.index, first)
    assert current_name(settings.index) == third
    with pytest.raises(IndexMissingError, match="famqa index"):
        rollback(settings.index / "none")
    assert not (settings.index / "none").exists()


@pytest.mark.parametrize("damage", ["manifest", "current", "no current"])
def test_rollback_helps_where_the_served_one_is_damaged(damage: str, three: tuple[Settings, list[str]]) -> None:
    settings, (_, second, third) = three
    if damage == "manifest":
        (settings.index / "generations" / third / "manifest.json").write_text("{")
    elif damage == "current":
        (settings.index / "CURRENT").write_text("nothing")
    else:
        (settings.index / "CURRENT").unlink()
    expected = second if damage == "manifest" else third
    assert rollback(settings.index).name == current_name(settings.index) == expected
    assert verify(settings.index) == []


def test_after_a_rollback_the_next_build_goes_by_the_folder_and_says_so(
    three: tuple[Settings, list[str]], fake_model: TermEmbedder
) -> None:
    settings, (_, second, _) = three
    rollback(settings.index)
    fake_model.texts.clear()
    found = indexing.plan(settings)
    assert (found.changed, found.remarks) == (
        ("a.txt",),
        (f"the index was rolled back to {second}; famqa index goes by the folder again",),
    )
    report = update(settings)
    assert report.plan.remarks == found.remarks
    assert (served_text(settings), is_rolled_back(settings.index)) == ("Sail.", False)
    assert fake_model.texts == []  # the vectors are those of the generation that was rolled back from
    assert indexing.plan(settings).remarks == ()


def test_a_rollback_that_the_folder_agrees_with_ends_with_the_next_build(three: tuple[Settings, list[str]]) -> None:
    settings, (_, second, _) = three
    rollback(settings.index)
    write_corpus(settings.corpus, {"a.txt": "Rope."})
    assert is_rolled_back(settings.index)
    assert update(settings).generation == second
    assert not is_rolled_back(settings.index)


def test_pruning_never_removes_what_is_served(three: tuple[Settings, list[str]]) -> None:
    settings, (first, second, third) = three
    rollback(settings.index, first)
    assert names_left(settings.index) == [first, second, third]
    write_corpus(settings.corpus, {"a.txt": "Oar."})
    name = update(settings.model_copy(update={"keep_generations": 1})).generation
    assert (names_left(settings.index), current_name(settings.index)) == ([name], name)


def test_a_generation_that_is_removed_while_it_is_open_still_answers(
    three: tuple[Settings, list[str]], fake_model: TermEmbedder
) -> None:
    settings, (first, _, _) = three
    rollback(settings.index, first)
    opened = open_generation(settings.index)  # and nothing of it asked for yet
    write_corpus(settings.corpus, {"a.txt": "Oar."})
    update(settings.model_copy(update={"keep_generations": 1}))
    assert first not in names_left(settings.index)
    (found,) = search(opened, "kite", fake_model.embed_question("kite"), 5, 0.5)
    assert (found.passage.text, found.bm25 > 0) == ("Kite.", True)
    assert opened.catalog.entry("a.txt").document.text == "Kite."


def test_history_lists_what_is_kept_and_what_cannot_be_read(three: tuple[Settings, list[str]]) -> None:
    settings, (first, second, third) = three
    rollback(settings.index)
    (settings.index / "generations" / first / "manifest.json").write_text("{")
    (settings.index / "generations" / "notes").mkdir()  # not ours
    found = history(settings.index)
    assert [(kept.name, kept.is_served, kept.manifest is None) for kept in found] == [
        (third, False, False),
        (second, True, False),
        (first, False, True),
    ]
    assert "manifest.json" in found[2].problem
    assert verify(settings.index, third) == []
    assert "manifest.json" in verify(settings.index, first)[0]
    with pytest.raises(IndexMissingError):
        history(settings.index / "none")


def test_a_build_that_crashed_before_it_was_served_gives_its_vectors(
    three: tuple[Settings, list[str]], fake_model: TermEmbedder
) -> None:
    settings, (_, _, third) = three
    write_corpus(settings.corpus, {"a.txt": "Mast."})
    update(settings)
    (settings.index / "CURRENT").write_text(f"{third}\n")  # as if it had been killed just before it was switched to
    fake_model.texts.clear()
    update(settings)
    assert (served_text(settings), fake_model.texts) == ("Mast.", [])
    assert rollback(settings.index).name == third


def test_vectors_that_are_no_unit_vectors_are_found(tmp_path: Path, fake_model: TermEmbedder) -> None:
    for number, bad in enumerate([float("nan"), 2.0]):
        settings = make_settings(tmp_path / str(number), {"a.txt": "Kite.", "b.txt": "Rope."})
        real = fake_model.embed
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fake_model, "embed", lambda texts, real=real, bad=bad: real(texts) * np.float32(bad))
            with pytest.raises(IndexDamagedError, match="vector 0 has length"):
                update(settings)


# The files as docs/index-format.md describes them


def test_another_program_can_read_the_index_by_its_description(index: Path) -> None:
    lines = (index / "CURRENT").read_text("utf-8").splitlines()
    assert len(lines) == 1
    folder = index / "generations" / lines[0]
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    digest = manifest.pop("digest")
    assert digest == hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    assert (manifest["format_version"], manifest["name"], manifest["previous"]) == (1, lines[0], "")
    for path, (size, sha256) in manifest["files"].items():
        data = (folder / path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, sha256)
    vectors = np.load(folder / "vectors.npy")
    assert (vectors.shape, vectors.dtype) == ((manifest["passages"], manifest["dimension"]), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)

    catalog = sqlite3.connect(f"{(folder / 'catalog.sqlite').as_uri()}?mode=ro&immutable=1", uri=True)
    texts = dict(catalog.execute("SELECT doc_id, text FROM documents"))
    assert sorted(texts) == [document["doc_id"] for document in manifest["documents"]]
    columns = 'row, doc_id, ordinal, start, "end", search_text, segments, cells'
    rows = catalog.execute(f"SELECT {columns} FROM passages ORDER BY row").fetchall()
    catalog.close()
    assert [row for row, *_ in rows] == list(range(len(vectors)))
    assert [(doc_id, ordinal) for _, doc_id, ordinal, *_ in rows] == sorted((row[1], row[2]) for row in rows)
    for _, doc_id, _, start, end, search_text, segments, cells in rows:
        assert texts[doc_id][start:end].strip()
        for search_start, at, length in json.loads(segments):
            assert search_text[search_start : search_start + length] == texts[doc_id][at : at + length]
        for _header, cell_start, cell_end, carried in json.loads(cells):
            assert carried or start <= cell_start <= cell_end <= end
