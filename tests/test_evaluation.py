"""`famqa eval` as a command: flags, what is printed, exit codes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import pytest

from conftest import Run, refused, write_beir, write_rows

ROWS = [
    {"id": "lamp", "question": "What did the first lamp burn?", "answers": ["rapeseed oil"], "type": "fact"},
    {"id": "siren", "question": "What took the place of the steam horn?", "answers": ["whistle"], "type": "fact"},
    {"id": "d", "turns": [{"question": "Who sailed the Corsair?", "answerable": False}]},
]


@pytest.fixture
def run(tmp_path: Path, command_here: Run) -> Run:
    """Runs `famqa eval` in a folder with a corpus, an index and questions."""
    write_rows(tmp_path / "q.jsonl", *ROWS)
    command_here("index")
    return partial(command_here, "eval")


def test_the_summary_has_the_main_figures_the_causes_and_the_types(run: Run) -> None:
    code, out, err = run("q.jsonl")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "3 questions, 2 of them answerable"
    assert [line.split()[:2] for line in lines if line.startswith(("  alias_hit", "  refusal_recall"))] == [
        ["alias_hit", "50.0%"],
        ["refusal_recall", "0.0%"],
    ]
    assert "  2 wrong, by cause: load 1, refuse 1" in lines
    assert [line.split() for line in lines[-2:]] == [["no", "type", "0.0%", "of", "1"], ["fact", "50.0%", "of", "2"]]


def test_rows_left_out_are_printed_and_counted(run: Run, tmp_path: Path) -> None:
    bad = "".join(f'{{"id": "bad{n}"}}\n' for n in range(12))
    (tmp_path / "q.jsonl").write_text((tmp_path / "q.jsonl").read_text() + bad)
    code, out, err = run("q.jsonl")
    assert code == 0 and out.splitlines()[0] == "3 questions, 2 of them answerable, 12 rows left out"
    lines = err.splitlines()
    assert lines[0].startswith("left out: q.jsonl, line 4: 'question' is missing")
    assert len(lines) == 11 and "2 further rows" in lines[-1]
    line = refused(run, "q.jsonl", "--strict")
    assert "12 rows cannot be used; the first is q.jsonl, line 4" in line


def test_the_figures_as_json(run: Run) -> None:
    code, out, err = run("q.jsonl", "--json", "--fail-under", "f1=0")
    assert (code, err) == (0, "gate passed: f1 >= 0: it is 0.2857\n")  # (2 x 2 / (5 + 2) + 0) / 2
    measured = json.loads(out)
    assert (measured["questions"], measured["counts"]["alias_hit"], measured["metrics"]["alias_hit"]) == (3, 2, 0.5)
    assert measured["gate"] == [{"limit": "f1 >= 0", "value": pytest.approx(2 / 7), "met": True}]


def test_a_run_is_written_with_its_report_and_not_overwritten(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("q.jsonl", "--out", "runs/a")
    assert code == 0 and out.splitlines()[-1] == "report: runs/a/report.html"
    names = ["metrics.json", "predictions.jsonl", "report.html", "run.json", "scores.jsonl"]
    assert sorted(path.name for path in (tmp_path / "runs" / "a").iterdir()) == names
    before = (tmp_path / "runs" / "a" / "scores.jsonl").read_bytes()
    assert "runs/a holds a run already" in refused(run, "q.jsonl", "--out", "runs/a")
    assert (tmp_path / "runs" / "a" / "scores.jsonl").read_bytes() == before
    assert run("q.jsonl", "--out", "runs/a", "--resume")[0] == 0
    assert run("q.jsonl", "--out", "runs/a", "--overwrite")[0] == 0
    (tmp_path / "file").write_text("")
    assert "file: " in refused(run, "q.jsonl", "--out", "file")


def test_the_gate_and_the_junit_file(run: Run, tmp_path: Path) -> None:
    limits = ["--fail-under", "alias_hit=0.7", "--fail-under", "verbatim=1", "--fail-over", "refusal_recall=0.5"]
    code, out, err = run("q.jsonl", *limits, "--junit", "junit.xml")
    assert code == 1 and "3 questions" in out
    assert err.splitlines() == [
        "gate failed: alias_hit >= 0.7: it is 0.5000, 0.2000 under",
        "gate passed: verbatim >= 1: it is 1.0000",
        "gate passed: refusal_recall <= 0.5: it is 0.0000",
    ]
    questions, gate = ET.parse(tmp_path / "junit.xml").getroot()
    assert (questions.get("tests"), questions.get("failures"), gate.get("failures")) == ("3", "2", "1")
    line = refused(run, "q.jsonl", "--fail-under", "f2=0.7")
    assert "there is no metric 'f2'; there are right, f1, " in line


def test_predictions_are_measured_instead_of_asking(run: Run, tmp_path: Path) -> None:
    run("q.jsonl", "--out", "a")
    asked = run("q.jsonl", "--json")[1]
    path = tmp_path / "a" / "predictions.jsonl"
    code, out, err = run("q.jsonl", "--predictions", str(path), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["metrics"] == json.loads(asked)["metrics"]
    path.write_text(path.read_text().replace("rapeseed", "whale"))
    code, out, err = run("q.jsonl", "--predictions", "a/predictions.jsonl")
    assert (code, out) == (1, "")
    assert err.splitlines()[0].startswith("a/predictions.jsonl, line 1: question 'lamp': citation 1: the quote is not")
    assert err.splitlines()[-1].endswith("1 problem; nothing was measured")


def test_squad_and_beir_bring_their_corpus(run: Run, tmp_path: Path) -> None:
    context = "The bell of Varn weighs two tons. It cracked in 1911."
    qas = [{"id": "s1", "question": "When did the bell crack?", "answers": [{"text": "1911", "answer_start": 48}]}]
    squad = {"data": [{"title": "Bell", "paragraphs": [{"context": context, "qas": qas}]}]}
    (tmp_path / "squad.json").write_text(json.dumps(squad))
    code, out, _ = run("squad.json", "--corpus-from-questions", "squad-corpus", "--json")
    assert code == 0 and json.loads(out)["metrics"]["alias_hit"] == 1.0
    assert "name two folders" in refused(run, "squad.json", "--corpus-from-questions", "x", "--corpus", "corpus")
    assert "brings no documents along" in refused(run, "q.jsonl", "--corpus-from-questions", "y")
    documents = [{"_id": "B/1", "title": "Bell", "text": context}]
    queries = [{"_id": "q1", "text": "When did the bell crack?"}]
    write_beir(tmp_path / "set", documents, queries, "query-id\tcorpus-id\tscore\nq1\tB/1\t1\n")
    code, out, _ = run("set", "--corpus-from-questions", "set-corpus", "--json")
    metrics = json.loads(out)["metrics"]
    assert (code, metrics["ndcg_at_10"], metrics["recall_at_1"], metrics["support"]) == (0, 1.0, 1.0, 1.0)
    assert "f1" not in metrics


def test_flags_that_contradict_each_other(run: Run) -> None:
    assert "--resume needs the folder" in refused(run, "q.jsonl", "--resume")
    assert "--overwrite needs the folder" in refused(run, "q.jsonl", "--overwrite")
    assert "give one of them" in refused(run, "q.jsonl", "--out", "a", "--resume", "--overwrite")
    assert "give one of them" in refused(run, "q.jsonl", "--out", "a", "--resume", "--predictions", "p.jsonl")
