"""One flipped bit in any file of a generation: `famqa verify` names the file, opening refuses, a build mends it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import SMALL_CORPUS, Run, TermEmbedder, make_settings, write_corpus
from famqa.assistant import Assistant
from famqa.errors import IndexError_
from famqa.generations import current_name, open_generation, verify
from famqa.indexing import update
from famqa.settings import SENTENCE_READER, Settings


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, command: Run) -> Run:
    monkeypatch.setenv("FAMQA_READER", SENTENCE_READER)
    return command


@pytest.fixture
def settings(tmp_path: Path, template_index: Path, fake_model: TermEmbedder) -> Settings:
    """The small corpus with a copy of its index."""
    settings = make_settings(tmp_path, SMALL_CORPUS, reader=SENTENCE_READER)
    shutil.copytree(template_index, settings.index)
    return settings


def files_of(index: Path) -> list[Path]:
    """CURRENT and every file of the served generation that is not an empty lock."""
    folder = index / "generations" / current_name(index)
    return [index / "CURRENT", *(p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".lock")]


def flips(size: int, count: int) -> Iterator[tuple[int, int]]:
    """(byte, bit) of the first, the last and some others."""
    dice = random.Random(size)
    yield from ((0, 0), (size - 1, 0), *((dice.randrange(size), dice.randrange(8)) for _ in range(count)))


def test_a_flipped_bit_in_each_file_is_found_and_named_and_not_opened(settings: Settings) -> None:
    paths = files_of(settings.index)
    assert len(paths) >= 8
    assert {"CURRENT", "manifest.json", "catalog.sqlite", "vectors.npy", "vectors.faiss", "meta.json"} <= {
        path.name for path in paths
    }
    for path in paths:
        whole = path.read_bytes()
        for at, bit in flips(len(whole), 6):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :])
            (problem,) = verify(settings.index)
            assert str(path) in problem, (at, bit)
            with pytest.raises(IndexError_) as refused:
                open_generation(settings.index)
            assert str(refused.value) == problem
        path.write_bytes(whole)
    assert verify(settings.index) == []


def test_the_command_names_the_file_and_the_next_build_mends_it(settings: Settings, run: Run) -> None:
    folders = ("--corpus", settings.corpus, "--index", settings.index)
    names = ("CURRENT", "manifest.json", "catalog.sqlite", "vectors.npy", "vectors.faiss", "meta.json")
    for name in names:
        (path,) = [path for path in files_of(settings.index) if path.name == name]
        whole = path.read_bytes()
        path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 4]) + whole[-2:])
        code, out, err = run("verify", *folders)
        assert (code, err, out.count("\n")) == (1, "", 1) and str(path) in out
        with pytest.raises(IndexError_):
            Assistant(settings)
        assert run("index", *folders)[0] == 0
        assert run("verify", *folders)[0] == 0


def test_damage_to_an_older_generation_is_found_with_all(settings: Settings, run: Run) -> None:
    folders = ("--corpus", settings.corpus, "--index", settings.index)
    old = settings.index / "generations" / current_name(settings.index)
    write_corpus(settings.corpus, {"new.txt": "New."})
    update(settings)
    assert run("verify", "--all", *folders)[:2] == (
        0,
        f"{settings.index}: generations {current_name(settings.index)}, {old.name} are whole\n",
    )
    (old / "vectors.npy").write_bytes(b"")
    assert run("verify", *folders)[0] == 0
    code, out, _ = run("verify", "--all", "--json", *folders)
    assert code == 1
    assert str(old / "vectors.npy") in json.loads(out)["problems"][0]
    code, _, err = run("rollback", *folders)
    assert code == 2 and str(old / "vectors.npy") in err
    assert run("verify", *folders)[0] == 0


# The commands of going back, and of a folder with files of no use


def test_rollback_and_history_on_the_command_line(settings: Settings, run: Run) -> None:
    folders = ("--corpus", settings.corpus, "--index", settings.index)
    first = current_name(settings.index)
    assert run("rollback", *folders)[0] == 2
    write_corpus(settings.corpus, {"new.txt": "New."})
    second = update(settings).generation
    code, out, _ = run("rollback", *folders)
    assert code == 0 and out.startswith(f"now served: {first}, built ") and "famqa index goes by the folder" in out
    code, out, _ = run("status", "--history", *folders)
    lines = [line.split() for line in out.splitlines()]
    assert [line[0] for line in lines] == ["generation", second, first]
    assert (lines[1][-1], lines[2][-1]) != ("served", "served") and lines[2][-1] == "served"
    listed = json.loads(run("status", "--history", "--json", *folders)[1])
    assert [(each["name"], each["served"], each["documents"]) for each in listed] == [
        (second, False, 3),
        (first, True, 2),
    ]
    code, out, err = run("ask", "What did the first lamp burn?", *folders)
    assert code == 0 and f"rolled back to {first} and is used as it is" in err
    assert current_name(settings.index) == first
    assert f"rolled back to {first}" in run("index", "--plan", *folders)[1]
    code, out, _ = run("index", *folders)
    assert code == 0 and "1 added" in out and f"rolled back to {first}" in out
    assert json.loads(run("rollback", first, "--json", *folders)[1])["generation"] == first
    code, out, err = run("rollback", "20200101T000000Z-000000", *folders)
    assert (code, out) == (2, "") and "there is no generation '20200101T000000Z-000000'" in err


def test_strict_on_the_command_line(settings: Settings, run: Run) -> None:
    folders = ("--corpus", settings.corpus, "--index", settings.index)
    before = current_name(settings.index)
    write_corpus(settings.corpus, {"empty.txt": b"", "new.txt": "New.", "x.png": b"x"})
    code, out, err = run("index", "--strict", *folders)
    assert (code, out, current_name(settings.index)) == (1, "", before)
    assert [line.split(":")[1].strip() for line in err.splitlines()[:2]] == ["empty.txt", "x.png"]
    assert err.splitlines()[2].startswith("famqa: 2 of the files cannot be indexed, so nothing was published")
    assert run("index", "--plan", "--strict", *folders)[0] == 1
    assert run("index", *folders)[0] == 0


def test_the_plan_in_words_and_as_json(settings: Settings, run: Run) -> None:
    folders = ("--corpus", settings.corpus, "--index", settings.index)
    (settings.corpus / "shop" / "prices.md").rename(settings.corpus / "prices.md")
    write_corpus(settings.corpus, {"new.txt": "New.", "empty.txt": b""})
    lines = run("index", "--plan", *folders)[1].splitlines()
    assert lines[:2] == ["added    new.txt", "moved    shop/prices.md to prices.md"]
    assert lines[2].startswith("unusable empty.txt: ")
    assert lines[-2].startswith("1 passage to embed, ") and lines[-1].startswith("run famqa index")
    found = json.loads(run("index", "--plan", "--json", *folders)[1])
    assert (found["moved"], found["to_embed"]) == ([{"old": "shop/prices.md", "new": "prices.md"}], 1)
    assert (found["added"], found["failed"][0]["doc_id"]) == (["new.txt"], "empty.txt")
    assert found["passages"] == found["kept"] + 1
