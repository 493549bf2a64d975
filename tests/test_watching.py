"""A folder that is followed: what changes in it is in the index a moment later, and nothing that fails ends it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import TermEmbedder, make_settings, write_corpus
from famqa import indexing, updates, watching
from famqa.errors import IndexBusyError, IndexError_
from famqa.generations import build_lock, current_name, read_manifest, rollback, verify
from famqa.indexing import Report, update
from famqa.settings import Settings
from famqa.updates import Updates, doing, snapshot
from famqa.watching import Watcher

Start = Callable[..., list[str]]


@pytest.fixture
def built(tmp_path: Path, fake_model: TermEmbedder) -> Settings:
    """Settings whose index is up to date."""
    settings = make_settings(tmp_path, {"kites.txt": "A kite has a tail."})
    update(settings)
    return settings


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a watcher and gives the lines that it will have said; it is stopped at the end."""
    monkeypatch.setattr(watching, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(updates, "_LOOK_SECONDS", 0.1)
    for module in (watching, updates):
        monkeypatch.setattr(module, "give_way", lambda: None)  # the priority of a test's thread is nobody's business
    running: list[Watcher] = []

    def begin(settings: Settings, quiet_seconds: float = 0.1, updates: Updates | None = None) -> list[str]:
        said: list[str] = []
        watcher = Watcher(settings, said.append, quiet_seconds, updates)
        watcher.start()
        running.append(watcher)
        return said

    yield begin
    for watcher in running:
        watcher.stop()
        assert not watcher._thread.is_alive()


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, "waited in vain"
        time.sleep(0.02)


def doc_ids(settings: Settings) -> list[str]:
    return [entry.doc_id for entry in read_manifest(settings.index).documents]


def test_new_changed_and_removed_files_are_taken_up(built: Settings, start: Start) -> None:
    said = start(built)
    write_corpus(built.corpus, {"sub/ropes.txt": "Hemp floats."})
    wait_for(lambda: doc_ids(built) == ["kites.txt", "sub/ropes.txt"])
    before = read_manifest(built.index).documents[0].sha256
    write_corpus(built.corpus, {"kites.txt": "A kite has two tails."})
    wait_for(lambda: read_manifest(built.index).documents[0].sha256 != before)
    (built.corpus / "kites.txt").unlink()
    wait_for(lambda: doc_ids(built) == ["sub/ropes.txt"])
    wait_for(lambda: len(said) == 3)
    assert [re.findall(r"1 (added|changed|removed)", line) for line in said] == [["added"], ["changed"], ["removed"]]
    assert verify(built.index) == []


def test_what_changed_before_the_watch_began_is_taken_up(built: Settings, start: Start) -> None:
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    start(built)
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt"])


def test_a_file_that_still_grows_is_waited_for(built: Settings, start: Start) -> None:
    said = start(built, quiet_seconds=1.5)  # ten times the pause between two lines
    with (built.corpus / "long.txt").open("w") as file:
        for number in range(12):
            file.write(f"- item number {number}\n")
            file.flush()
            time.sleep(0.15)
            assert said == []
    wait_for(lambda: said)
    assert read_manifest(built.index).documents[1].passages == 12
    assert len(said) == 1


def test_a_file_that_never_stops_growing_is_taken_as_it_is_in_the_end(
    built: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_LONGEST_WAIT_SECONDS", 0.5)
    numbers = iter(range(10**6))
    monkeypatch.setattr(watching, "snapshot", lambda corpus: {"log.txt": (next(numbers), 0)})
    start(built)
    write_corpus(built.corpus, {"log.txt": "One line."})
    wait_for(lambda: "log.txt" in doc_ids(built))


def test_a_failure_is_one_line_and_is_tried_again(
    built: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    done: list[int] = []

    def fail(*given: object, **others: object) -> Report:
        attempts.append(1)
        if len(attempts) in (2, 3, 4):
            raise IndexError_("No space left on device")
        report = update(*given, **others)
        done.append(1)
        return report

    monkeypatch.setattr(indexing, "update", fail)
    monkeypatch.setattr(watching, "_RETRY_SECONDS", 0.2)
    said = start(built)
    wait_for(lambda: done)  # the first one is over, so the new file is left to the second
    before = current_name(built.index)
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    wait_for(lambda: said)
    assert said == ["the index could not be brought up to date: No space left on device"]
    assert current_name(built.index) == before
    wait_for(lambda: "ropes.txt" in doc_ids(built))
    wait_for(lambda: len(said) == 2)
    assert len(attempts) == 5 and said[1].startswith("index built")


def test_an_error_of_ours_is_one_line_too(built: Settings, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []

    def fail(*given: object, **others: object) -> Report:
        attempts.append(1)
        if len(attempts) == 1:
            raise ZeroDivisionError("a fault")
        return update(*given, **others)

    monkeypatch.setattr(indexing, "update", fail)
    monkeypatch.setattr(watching, "_RETRY_SECONDS", 0.2)
    said = start(built)
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    wait_for(lambda: "ropes.txt" in doc_ids(built))
    assert said[0] == "the index could not be brought up to date: ZeroDivisionError: a fault"


def test_another_builder_is_waited_for(built: Settings, start: Start) -> None:
    with build_lock(built.index):
        said = start(built)
        write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
        time.sleep(0.8)
        assert (said, doc_ids(built)) == ([], ["kites.txt"])
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt"])


def test_two_watchers_and_a_manual_build_do_not_fight(built: Settings, start: Start) -> None:
    one, other = start(built), start(built)
    for number in range(3):
        write_corpus(built.corpus, {f"{number}.txt": f"Number {number}."})
        update(built, wait_seconds=30)
    wait_for(lambda: doc_ids(built) == ["0.txt", "1.txt", "2.txt", "kites.txt"])
    time.sleep(0.5)
    assert not [line for line in one + other if "could not" in line]
    assert verify(built.index) == []


def test_what_a_visitor_started_and_the_watcher_are_one_at_a_time_and_no_error(
    built: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, may_end, running = Updates(built), threading.Event(), threading.Event()
    done: list[Report] = []

    def slow(*given: object, **others: object) -> Report:
        running.set()
        assert may_end.wait(30)
        done.append(update(*given, **others))
        return done[-1]

    monkeypatch.setattr(indexing, "update", slow)
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    shared.start()
    assert running.wait(30)
    tried: list[int] = []
    run = shared.run
    monkeypatch.setattr(shared, "run", lambda **named: tried.append(1) or run(**named))
    said = start(built, updates=shared)
    wait_for(lambda: len(tried) > 1)  # the watcher has come upon the visitor's update, and waits
    may_end.set()
    wait_for(lambda: len(done) == 2 and not shared.status().is_running)
    assert done[1].plan.is_up_to_date and said == [], "the watcher found nothing left to do"
    assert "1 added" in shared.status().outcome
    may_end.clear()
    running.clear()
    write_corpus(built.corpus, {"sails.txt": "Sails are of canvas."})
    assert running.wait(30)  # the watcher's
    with pytest.raises(IndexBusyError, match=r"^an update is running already .*wait until it is done$"):
        shared.start()
    may_end.set()
    wait_for(lambda: said)
    assert "1 added" in said[0] and shared.status().outcome == said[0]


def test_a_visitor_may_stop_what_the_watcher_began(
    built: Settings, start: Start, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, before, embedding, may_end = Updates(built), current_name(built.index), threading.Event(), threading.Event()
    real = fake_model.embed

    def slow(texts: list[str]) -> object:
        embedding.set()
        assert may_end.wait(30)
        return real(texts)

    monkeypatch.setattr(fake_model, "embed", slow)
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    said = start(built, updates=shared)
    assert embedding.wait(30)
    assert shared.stop()
    may_end.set()
    wait_for(lambda: said)
    assert said == ["the update was stopped; the next change of a file begins another"]
    assert current_name(built.index) == before
    write_corpus(built.corpus, {"sails.txt": "Sails are of canvas."})
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt", "sails.txt"])


def test_while_another_process_builds_the_watcher_says_that_it_waits(built: Settings, start: Start) -> None:
    shared = Updates(built)
    with build_lock(built.index):
        said = start(built, updates=shared)
        write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
        wait_for(lambda: shared.status().step == "waiting")
        assert doing(shared.status()) == "waiting for another process that builds the index"
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt"])
    wait_for(lambda: said)
    assert shared.status().outcome == said[0]


def test_stopping_gives_up_an_update_that_is_under_way(
    built: Settings, start: Start, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, embedding = current_name(built.index), threading.Event()
    real = fake_model.embed

    def slow(texts: list[str]) -> object:
        embedding.set()
        time.sleep(0.1)
        return real(texts)

    monkeypatch.setattr(fake_model, "embed", slow)
    monkeypatch.setattr("famqa.indexing._EMBED_AT_ONCE", 1)
    said: list[str] = []
    watcher = Watcher(built, said.append, 0.1)
    watcher.start()
    write_corpus(built.corpus, {"long.txt": "".join(f"- item number {n}\n" for n in range(200))})
    assert embedding.wait(30)
    watcher.stop()
    assert not watcher._thread.is_alive()
    assert (current_name(built.index), said) == (before, [])
    assert list((built.index / "generations").glob(".*")) == []
    assert verify(built.index) == []


def test_a_folder_that_goes_and_comes_back_is_followed_again(built: Settings, start: Start) -> None:
    said = start(built)
    time.sleep(0.5)
    built.corpus.rename(built.corpus.with_name("away"))
    wait_for(lambda: said)
    assert "is not there" in said[0] or "does not exist" in said[0]
    shutil.copytree(built.corpus.with_name("away"), built.corpus)
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt"])
    write_corpus(built.corpus, {"sails.txt": "Sails are of canvas."})
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt", "sails.txt"])


def test_without_watches_from_the_system_the_folder_is_looked_at(
    built: Settings, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watching.watch

    def watch(*paths: Path, force_polling: bool | None, **others: object) -> object:
        if not force_polling:
            raise OSError("OS file watch limit reached")
        return real(*paths, force_polling=True, **others)

    monkeypatch.setattr(watching, "watch", watch)
    said = start(built)
    wait_for(lambda: said)
    assert "cannot be watched (OS file watch limit reached)" in said[0]
    write_corpus(built.corpus, {"ropes.txt": "Hemp floats."})
    wait_for(lambda: doc_ids(built) == ["kites.txt", "ropes.txt"])


def test_an_index_that_was_rolled_back_to_is_left_alone_until_the_folder_changes(built: Settings, start: Start) -> None:
    first = current_name(built.index)
    write_corpus(built.corpus, {"bad.txt": "Bad."})
    update(built)
    rollback(built.index)
    said = start(built)
    time.sleep(0.6)
    assert (current_name(built.index), said) == (first, [])
    (built.corpus / "bad.txt").unlink()
    write_corpus(built.corpus, {"good.txt": "Good."})
    wait_for(lambda: doc_ids(built) == ["good.txt", "kites.txt"])
    wait_for(lambda: len(said) == 2)
    assert "rolled back" in said[1]


def test_hidden_files_and_an_index_inside_the_folder_wake_nobody(
    tmp_path: Path, fake_model: TermEmbedder, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"kites.txt": "A kite has a tail."})
    settings = Settings(corpus=corpus, index=corpus / "index")
    update(settings)
    attempts: list[int] = []

    def counted(*given: object, **others: object) -> Report:
        report = update(*given, **others)  # raises where the test's own update is not done yet; then it is tried again
        attempts.append(1)
        return report

    monkeypatch.setattr(indexing, "update", counted)
    start(settings)
    wait_for(lambda: attempts)
    write_corpus(corpus, {".kites.txt.swp": "half", ".git/index": "x"})
    update(settings, full=True, wait_seconds=30)  # the watcher may not have let go of the index yet
    time.sleep(1)
    assert len(attempts) == 1
    write_corpus(corpus, {"ropes.txt": "Hemp floats."})
    wait_for(lambda: doc_ids(settings) == ["kites.txt", "ropes.txt"])


def test_a_snapshot_is_size_and_time_of_every_file_that_is_not_hidden(tmp_path: Path) -> None:
    write_corpus(tmp_path, {"a.txt": "abc", "sub/b.txt": "", ".c": "x", ".d/e": "x"})
    os.utime(tmp_path / "a.txt", ns=(5, 7))
    found = snapshot(tmp_path)
    assert sorted(found) == [str(tmp_path / "a.txt"), str(tmp_path / "sub" / "b.txt")]
    assert found[str(tmp_path / "a.txt")] == (3, 7)
    assert snapshot(tmp_path / "none") == {}


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_serve_watch_as_a_process(tmp_path: Path) -> None:
    """The real command: it takes up a new file while it serves, and Ctrl-C ends it cleanly."""
    settings = make_settings(tmp_path, {"kites.txt": "A kite has a tail."})
    command = [sys.executable, "-m", "famqa.cli", "serve", "--watch", "--port", "0"]
    folders = ["--corpus", str(settings.corpus), "--index", str(settings.index)]
    source = str(Path(watching.__file__).parents[1])
    log = tmp_path / "log"
    with log.open("wb") as file:
        server = subprocess.Popen([*command, *folders], stderr=file, env=os.environ | {"PYTHONPATH": source})
    try:
        wait_for(lambda: b"ready at" in log.read_bytes(), 180)
        write_corpus(settings.corpus, {"ropes.txt": "Hemp floats."})
        wait_for(lambda: doc_ids(settings) == ["kites.txt", "ropes.txt"], 180)
        wait_for(lambda: log.read_bytes().count(b"index built") == 2)
        server.send_signal(signal.SIGTERM)  # as Ctrl-C, and heard in the background of a script too
        assert server.wait(60) == 0
    finally:
        server.kill()
    lines = log.read_text().splitlines()
    assert lines[-1] == "stopped" and "Traceback" not in log.read_text()
