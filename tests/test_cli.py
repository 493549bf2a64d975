"""The commands: what they print, in words and as JSON, and one line with exit code 2 for bad use or bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import SMALL_CORPUS, Run, read_rows, refused, write_corpus, write_rows
from famqa import cli
from famqa.generations import current_name


@pytest.fixture
def run(command_here: Run) -> Run:
    return command_here


def test_index_builds_then_has_nothing_to_do(run: Run) -> None:
    code, out, err = run("index")
    assert code == 0
    assert "2 documents" in out and "there is no index yet" in out
    code, out, err = run("index")
    assert (code, err) == (0, "")
    assert out.startswith("index is up to date: 2 documents")


def test_index_as_json_and_its_plan(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("index", "--plan", "--json")
    assert code == 0
    assert json.loads(out)["added"] == ["lighthouse.txt", "shop/prices.md"]
    assert not (tmp_path / "indexes").exists()
    report = json.loads(run("index", "--json")[1])
    assert report["generation"] == current_name(tmp_path / "indexes" / "default")
    (tmp_path / "corpus" / "lighthouse.txt").unlink()
    code, out, _ = run("index", "--plan")
    assert code == 0 and "removed" in out and "lighthouse.txt" in out


def test_index_names_what_it_could_not_read(run: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"bad.txt": b"\xff", "picture.png": b"\x89"})
    code, _, err = run("index")
    assert code == 0
    assert [line for line in err.splitlines() if line.startswith("not indexed: bad.txt: not UTF-8")]
    assert [line for line in err.splitlines() if line.startswith("not indexed: picture.png: format")]


def test_ask_prints_the_answer_with_its_quotes(run: Run) -> None:
    run("index")
    code, out, err = run("ask", "What did the first lamp burn?")
    assert (code, err) == (0, "")
    assert out.startswith("The first lamp burned rapeseed oil. [1]")
    assert "lighthouse.txt, line 17" in out


def test_ask_as_json_is_the_designs_answer(run: Run) -> None:
    code, out, err = run("ask", "What did the first lamp burn?", "--json")
    assert code == 0 and "index built" in err  # said on standard error, so that standard output is JSON only
    answer = json.loads(out)
    assert set(answer) == {
        *("question", "standalone_question", "status", "answer", "spans", "confidence", "note", "citations", "nearest"),
        *("index", "timings_ms"),
    }
    text = SMALL_CORPUS["lighthouse.txt"]
    citation, span = answer["citations"][0], answer["spans"][0]
    assert text[citation["start"] : citation["end"]] == citation["quote"] == answer["answer"]
    assert text[span["start"] : span["end"]] == span["text"]


def test_ask_without_an_answer_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMQA_ANSWER_THRESHOLD", "1")
    code, out, _ = run("ask", "What is the capital of Peru?")
    assert code == 0
    assert "do not say" in out and "not an answer" in out


def test_signs_of_the_terminal_in_a_document_are_printed_as_they_are(run: Run, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"flag.txt": "The [bold red]flag[/] of :smile: is [link=x]violet[/link]."})
    _, out, _ = run("ask", "What is the flag?")
    assert "The [bold red]flag[/] of :smile: is [link=x]violet[/link]. [1]" in out


def test_status_and_verify_of_a_whole_index(run: Run, tmp_path: Path) -> None:
    run("index")
    code, out, _ = run("status")
    assert code == 0
    assert "lighthouse.txt" in out and "Gull Rock Lighthouse" in out and "up to date" in out
    name = current_name(tmp_path / "indexes" / "default")
    assert json.loads(run("status", "--json")[1])["name"] == name
    assert run("verify") == (0, f"indexes/default: generation {name} is whole\n", "")
    write_corpus(tmp_path / "corpus", {"new.txt": "New."})
    assert "added" in run("status")[1]


def test_verify_of_a_damaged_index_fails_and_names_the_file(run: Run, tmp_path: Path) -> None:
    run("index")
    folder = tmp_path / "indexes" / "default" / "generations" / current_name(tmp_path / "indexes" / "default")
    (folder / "vectors.faiss").write_bytes(b"")
    code, out, _ = run("verify")
    assert code == 1 and "vectors.faiss is damaged" in out
    code, out, _ = run("verify", "--json")
    assert code == 1 and "vectors.faiss" in json.loads(out)["problems"][0]
    assert run("index")[0] == 0
    assert run("verify")[0] == 0


def test_eval_prints_and_writes_its_figures(run: Run, tmp_path: Path) -> None:
    rows = [
        {"id": "lamp", "question": "What did the first lamp burn?", "answers": ["rapeseed oil"], "type": "fact"},
        {"id": "siren", "question": "What took the place of the steam horn?", "answers": ["whistle"], "type": "fact"},
    ]
    write_rows(tmp_path / "questions.jsonl", *rows)
    code, out, _ = run("eval", "questions.jsonl", "--out", "run")
    assert code == 0
    assert "2 questions, 2 of them answerable" in out and "50.0%" in out
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert (metrics["questions"], metrics["metrics"]["alias_hit"], metrics["metrics"]["verbatim"]) == (2, 0.5, 1.0)
    predictions = read_rows(tmp_path / "run" / "predictions.jsonl")
    assert [prediction["id"] for prediction in predictions] == ["lamp", "siren"]
    assert predictions[0]["answer"] == "The first lamp burned rapeseed oil."


# Bad use and bad input


def test_a_corpus_that_is_missing_or_empty(run: Run, tmp_path: Path) -> None:
    assert "'none' does not exist" in refused(run, "index", "--corpus", "none")
    (tmp_path / "empty").mkdir()
    assert "no documents" in refused(run, "index", "--corpus", "empty")
    assert "no documents" in refused(run, "ask", "What?", "--corpus", "empty")
    write_corpus(tmp_path / "bad", {"a.txt": b"\xff"})
    assert "not UTF-8" in refused(run, "index", "--corpus", "bad")


def test_a_question_that_cannot_be_asked(run: Run) -> None:
    run("index")
    assert "empty" in refused(run, "ask", "  ")
    assert "2000 at most" in refused(run, "ask", "w" * 100_000)
    assert "UTF-8" in refused(run, "ask", "what \udcff")


def test_an_index_that_is_not_there(run: Run) -> None:
    assert "run famqa index" in refused(run, "status")
    assert "run famqa index" in refused(run, "verify")


def test_an_index_in_a_place_where_none_can_be(run: Run) -> None:
    assert "lighthouse.txt" in refused(run, "index", "--index", "corpus/lighthouse.txt")


def test_a_model_and_settings_that_are_not_there(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAMQA_EMBEDDER", "./none")
    assert "./none" in refused(run, "index")
    monkeypatch.setenv("FAMQA_EMBEDDER", "")
    monkeypatch.setenv("FAMQA_CANDIDATES", "0")
    assert "FAMQA_CANDIDATES" in refused(run, "index")
    monkeypatch.setenv("FAMQA_CANDIDATES", "")
    (tmp_path / "famqa.toml").write_text("corpus = ")
    assert "famqa.toml" in refused(run, "index")


@pytest.mark.parametrize(
    ("content", "word"),
    [(None, "No such file"), (b"\xff", "not UTF-8"), (b"", "no question"), (b"{\n", "line 1: no JSON")],
    ids=["missing", "not UTF-8", "empty", "no JSON"],
)
def test_a_file_of_questions_that_cannot_be_read(content: bytes | None, word: str, run: Run, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "questions.jsonl").write_bytes(content)
    line = refused(run, "eval", "questions.jsonl")
    assert "questions.jsonl" in line and word in line


def test_bad_use_has_exit_code_2(run: Run) -> None:
    for arguments in (["nothing"], ["ask"], ["index", "--no-such"], ["serve", "--port", "many"]):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert "Traceback" not in err
    assert "'port' = 70000" in refused(run, "serve", "--port", "70000")


def test_the_version_and_the_help(run: Run) -> None:
    from famqa import __version__

    assert run("--version") == (0, f"famqa {__version__}\n", "")
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in ("index", "ask", "serve", "status", "verify", "eval"))


def test_bytes_on_the_command_line_that_are_no_text_are_one_line(run: Run, tmp_path: Path) -> None:
    """In a process of its own, since only there do the bytes come in as the system hands them over."""
    source = str(Path(cli.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "famqa.cli", "ask", b"what \xff", "--corpus", b"\xfe"],
        env=os.environ | {"PYTHONPATH": source},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"famqa: ") and done.stderr.count(b"\n") == 1
