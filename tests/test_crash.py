"""A builder killed at any moment: the index is whole, answers as before, and the next build is as good as a clean one.

The builder is a process of its own. Python tells an audit hook of every file that is opened, renamed or removed, of
every database that is connected to and more; the hook and the steps of progress are the points at which it kills
itself. A helper process that has imported everything forks a builder for each point, so that a point costs little.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from conftest import TermEmbedder, _use, make_settings, write_corpus
from famqa import indexing
from famqa.assistant import Assistant
from famqa.catalog import Entry
from famqa.embedding import SentenceEmbedder
from famqa.generations import current_name, open_generation, verify
from famqa.indexing import update
from famqa.records import Vectors
from famqa.settings import SENTENCE_READER, Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks and kills")

POINTS = 34

FORKER = """
import json, os, signal, sys, time
from pathlib import Path
import conftest, famqa.indexing
from famqa.records import Vectors
from famqa.settings import Settings

conftest.use_stand_ins()
os.fsync = lambda handle: None  # a kill loses nothing that was written, and disks are slow
points = 0


def build(corpus, index, kill_at):
    def count():
        global points
        points += 1
        if points == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event, arguments):
        if event.split(".")[0] in ("open", "os", "sqlite3", "shutil", "tempfile") and event != "os.putenv":
            if any(index in str(argument) for argument in arguments):
                count()

    sys.addaudithook(heard)
    famqa.indexing.update(Settings(corpus=corpus, index=index), progress=lambda *step: count())


for line in sys.stdin:
    corpus, index, kill_at = json.loads(line)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            build(corpus, index, kill_at)
            os.write(writer, str(points).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    status = os.waitpid(child, 0)[1]
    counted = os.read(reader, 20).decode() or "0"
    os.close(reader)
    print(json.dumps([os.waitstatus_to_exitcode(status), int(counted)]), flush=True)
"""

BEFORE = {f"{n:02}.txt": f"= Rope {n} =\nRope {n} is {n} metres long. It was made in {1900 + n}.\n" for n in range(8)}
AFTER = {name: text for name, text in BEFORE.items() if name not in ("02.txt", "07.txt")} | {
    "03.txt": "= Rope 3 =\nRope 3 is cut. It was 3 metres long.\n",
    "moved/02.txt": BEFORE["02.txt"],
    "new.txt": "= Kites =\nA kite flies. It was made in 1950.\n",
}
QUESTIONS = ["How long is rope 3?", "When was the kite made?", "When was rope 7 made?"]


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(indexing.__file__).parents[1])])
    return os.environ | {"PYTHONPATH": path}


class Forker:
    """Runs builds that are killed at a point, or not at all."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", FORKER]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )

    def build(self, settings: Settings, kill_at: int = 0) -> tuple[int, int]:
        """Exit code (-9 if killed) and the number of points passed (0 if killed)."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(settings.corpus), str(settings.index), kill_at]) + "\n")
        self.process.stdin.flush()
        code, points = json.loads(self.process.stdout.readline())
        return code, points


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    forker = Forker()
    yield forker
    forker.process.stdin.close()  # type: ignore[union-attr]
    assert forker.process.wait(30) == 0


@pytest.fixture
def clean(tmp_path: Path, forker: Forker, fake_model: TermEmbedder) -> Clean:
    settings = make_settings(tmp_path / "clean", dict(AFTER))
    assert forker.build(settings)[0] == 0
    return Clean(contents(settings), open_generation(settings.index).vectors.vectors, answers(settings))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, forker: Forker) -> Settings:
    """The old state of the folder, indexed."""
    settings = make_settings(tmp_path_factory.mktemp("old"), dict(BEFORE))
    assert forker.build(settings)[0] == 0
    return settings


def prepared(template: Settings, folder: Path) -> Settings:
    """A copy of the old index over a folder in its new state."""
    index = Path(shutil.copytree(template.index, folder / "index"))
    return Settings(corpus=write_corpus(folder / "corpus", dict(AFTER)), index=index)


def contents(settings: Settings) -> list[Entry]:
    generation = open_generation(settings.index)
    return [generation.catalog.entry(doc_id) for doc_id in generation.catalog.doc_ids()]


def answers(settings: Settings) -> list[object]:
    """What is answered, without what differs from one generation and one run to the next."""
    chosen = {"reader": SENTENCE_READER, "answer_threshold": 0.0}
    assistant = Assistant(settings.model_copy(update=chosen))
    found = [assistant.ask(question) for question in QUESTIONS]
    return [(answer.status, answer.spans, answer.citations, answer.confidence) for answer in found]


@dataclass(frozen=True)
class Clean:
    """What an index of the new state of the folder holds and answers, built at once and from nothing."""

    contents: list[Entry]
    vectors: Vectors
    answers: list[object]


def assert_equal(settings: Settings, clean: Clean) -> None:
    """The index holds the same documents and passages as a clean one, the same vectors, and answers alike."""
    assert contents(settings) == clean.contents
    assert np.array_equal(open_generation(settings.index).vectors.vectors, clean.vectors)
    assert answers(settings) == clean.answers


def check_after_kill(settings: Settings, before: str, old_answers: list[object], clean: Clean) -> bool:
    """Asserts that the index is whole and answers as before, or as the new one; whether it is the new one."""
    assert verify(settings.index) == []
    is_new = current_name(settings.index) != before
    if is_new:  # killed after the switch
        assert_equal(settings, clean)
    else:
        assert answers(settings) == old_answers
    return is_new


def test_killed_at_points_spread_over_the_whole_build(
    template: Settings, clean: Clean, forker: Forker, tmp_path: Path, fake_model: TermEmbedder
) -> None:
    old_answers, before = answers(template), current_name(template.index)
    code, count = forker.build(prepared(template, tmp_path / "counted"))
    assert code == 0 and count > POINTS
    points = sorted({round(1 + place * (count - 1) / (POINTS - 1)) for place in range(POINTS)})
    assert len(points) >= 30
    leftovers, switched = 0, []
    for point in points:
        settings = prepared(template, tmp_path / str(point))
        assert forker.build(settings, kill_at=point) == (-signal.SIGKILL, 0)
        switched.append(check_after_kill(settings, before, old_answers, clean))
        leftovers += len(list((settings.index / "generations").glob(".*")))
        assert forker.build(settings)[0] == 0  # the lock of the killed one is not in the way
        assert_equal(settings, clean)
        assert verify(settings.index) == []
        assert list((settings.index / "generations").glob(".*")) == []
        shutil.rmtree(tmp_path / str(point))
    assert leftovers > len(points) // 4  # most of them were in the midst of it
    assert switched == sorted(switched) and not switched[0] and switched[-1]


def test_killed_in_a_first_build(clean: Clean, forker: Forker, tmp_path: Path, fake_model: TermEmbedder) -> None:
    _, count = forker.build(make_settings(tmp_path / "counted", dict(AFTER)))
    for point in range(2, count, count // 8):
        settings = make_settings(tmp_path / str(point), dict(AFTER))
        assert forker.build(settings, kill_at=point) == (-signal.SIGKILL, 0)
        assert forker.build(settings)[0] == 0
        assert_equal(settings, clean)


def kill_at_random(command: list[str], seconds: float) -> None:
    builder = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    time.sleep(seconds)
    builder.kill()
    builder.wait()


@pytest.mark.model
@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.slow)], ids=["twice", "often"])
def test_the_real_command_with_the_real_model_killed_at_random_times(
    kills: int, tmp_path: Path, embedder: SentenceEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, embedder)  # loaded once; the commands that are killed load their own
    files = {f"{n:02}.txt": f"= Rope {n} =\n" + f"Rope {n} has {n} strands of hemp. " * 9 for n in range(30)}
    settings = make_settings(tmp_path, dict(list(files.items())[:3]))
    name = update(settings).generation
    before = contents(settings)
    write_corpus(settings.corpus, dict(files))
    command = [sys.executable, "-m", "famqa.cli", "index", "--corpus", str(settings.corpus)]
    dice = random.Random(5)
    for _ in range(kills):
        kill_at_random([*command, "--index", str(settings.index)], dice.uniform(1, 8))
        assert verify(settings.index) == []
        if current_name(settings.index) != name:
            break  # it was done already
        assert contents(settings) == before
    update(settings)
    generation = open_generation(settings.index)
    assert {entry.document.doc_id: entry.document.text for entry in contents(settings)} == files
    assert np.allclose(generation.vectors.vectors, embedder.embed(generation.catalog.search_texts()), atol=1e-5)
