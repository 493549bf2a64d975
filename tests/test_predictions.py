"""Predictions files: planted faults are named by their line, a whole file is measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import write_rows
from famqa.assistant import Assistant
from famqa.errors import FamqaError
from famqa.evaluation import run as runs
from famqa.evaluation.facts import Facts
from famqa.evaluation.predictions import read_predictions, recorded
from famqa.evaluation.questions import QuestionSet
from famqa.evaluation.rows import Question
from famqa.evaluation.scoring import prediction_row

QUESTIONS = (
    Question("lamp", "What did the first lamp burn?", ("rapeseed oil",), where="q.jsonl, line 1"),
    Question("siren", "What took the place of the steam horn?", ("electric siren",), turn=1, where="q.jsonl, line 2"),
    Question("peru", "What is the capital of Peru?", answerable=False, where="q.jsonl, line 3"),
)

Row = dict[str, Any]
Change = Callable[[Row], Any]


@pytest.fixture(scope="module")
def rows(small_assistant: Assistant) -> list[Row]:
    """The predictions of the real assistant: two answers and a refusal."""
    found = [prediction_row(question, small_assistant.ask(question.question)) for question in QUESTIONS]
    assert [row["status"] for row in found] == ["answered", "answered", "no_answer"]
    return json.loads(json.dumps(found))


def changed(row: Row, change: Change) -> Row:
    copy = json.loads(json.dumps(row))
    change(copy)
    return copy


def test_a_whole_file_is_measured_as_its_run_was(small_assistant: Assistant, rows: list[Row], tmp_path: Path) -> None:
    questions = QuestionSet(tmp_path / "q.jsonl", "0" * 64, QUESTIONS)
    runs.run(runs.ask_with(small_assistant, questions), small_assistant, questions, tmp_path / "asked")
    given = tmp_path / "asked" / "predictions.jsonl"
    ask, problems = recorded(given, questions, small_assistant)
    assert problems == []
    runs.run(ask, small_assistant, questions, tmp_path / "measured")
    assert (tmp_path / "measured" / "predictions.jsonl").read_bytes() == given.read_bytes()
    asked, measured = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("asked", "measured"))
    assert asked == measured and asked["metrics"]["right"] == 1.0


def test_lines_may_be_in_any_order(small_assistant: Assistant, rows: list[Row], tmp_path: Path) -> None:
    path = write_rows(tmp_path / "p.jsonl", "\ufeff" + json.dumps(rows[2]), "", rows[1], rows[0])
    answers, problems = read_predictions(path, QUESTIONS, Facts(small_assistant.generation()))
    assert problems == [] and answers["siren", 1].question == QUESTIONS[1].question


def first_citation(**values: Any) -> Change:
    return lambda row: row["citations"][0].update(values)


def add_to_quote(row: Row) -> None:
    row["citations"][0]["quote"] += " Really."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (add_to_quote, "citation 1: the quote is not what lighthouse.txt says at"),
        (first_citation(doc_id="none.txt"), "citation 1: there is no document 'none.txt' in the index"),
        (first_citation(start=0), "the quote is not what lighthouse.txt says at 0-"),
        (first_citation(quote=3), "'quote' in 'citations' is '3'; it must be a text"),
        (first_citation(start=True), "'start' in 'citations' is 'True'; it must be a whole number"),
        (first_citation(colour="red"), "'citations' does not have the fields of an answer"),
        (first_citation(section=None), "'section'"),
        (lambda row: row["spans"][0].update(text="whale"), "the span 'whale' does not lie in citation 1"),
        (lambda row: row["spans"][0].update(citation=9), "a span names citation 9, which is not there"),
        (lambda row: row.update(status="maybe"), "unknown status 'maybe'; it must be 'answered' or 'no_answer'"),
        (lambda row: row.update(status="no_answer"), "status 'no_answer', but there is an answer"),
        (lambda row: row.update(answer=" "), "status 'answered', but there is no answer"),
        (lambda row: row.update(citations=[]), "status 'answered', but there is no answer or no citation"),
        (lambda row: row.update(confidence=1.5), "'confidence' is 1.5; it must be from 0 to 1"),
        (lambda row: row.update(confidence=True), "'confidence' is 'True'; it must be a number"),
        (lambda row: row.pop("answer"), "'answer' is missing; it must be a text"),
        (lambda row: row.update(spans={}), "'spans' is '{}'; it must be a list"),
        (lambda row: row.update(timings_ms=[1]), "'timings_ms' must be an object of numbers"),
        (lambda row: row.update(question="Who?"), "'question' is 'Who?', not the one of the file of questions"),
    ],
)
def test_an_altered_line_is_named(
    change: Change, words: str, small_assistant: Assistant, rows: list[Row], tmp_path: Path
) -> None:
    path = write_rows(tmp_path / "p.jsonl", rows[1], changed(rows[0], change), rows[2])
    _, problems = read_predictions(path, QUESTIONS, Facts(small_assistant.generation()))
    named = [problem for problem in problems if problem.startswith(f"{path}, line 2: question 'lamp': ")]
    assert named and words in named[0] and "\n" not in named[0]


def test_each_planted_fault_is_named(small_assistant: Assistant, rows: list[Row], tmp_path: Path) -> None:
    """An altered quote, a missing line, an id used twice, an unknown id, an unknown status and broken JSON at once."""
    lamp, siren, peru = rows
    planted: list[Any] = [
        changed(lamp, add_to_quote),
        lamp,
        changed(lamp, lambda row: row.update(id="none")),
        changed(peru, lambda row: row.update(status="perhaps")),
        json.dumps(siren)[:-10],
        "[1]",
    ]
    path = write_rows(tmp_path / "p.jsonl", *planted)
    questions = QuestionSet(tmp_path / "q.jsonl", "0" * 64, QUESTIONS)
    _, problems = recorded(path, questions, small_assistant)
    starts = [
        f"{path}, line 1: question 'lamp': citation 1: the quote is not what lighthouse.txt says",
        f"{path}, line 2: question 'lamp' was answered in line 1 already",
        f"{path}, line 3: question 'none' is none of the questions",
        f"{path}, line 4: question 'peru': unknown status 'perhaps'",
        f"{path}, line 5: no JSON",
        f"{path}, line 6: a JSON list, not an object",
        f"{path}: no line answers question 'siren' turn 1 (q.jsonl, line 2)",
    ]
    assert len(problems) == len(starts)
    for problem, start in zip(problems, starts, strict=True):
        assert problem.startswith(start)


def test_a_file_that_cannot_be_read(small_assistant: Assistant, tmp_path: Path) -> None:
    facts = Facts(small_assistant.generation())
    with pytest.raises(FamqaError, match="No such file"):
        read_predictions(tmp_path / "none.jsonl", QUESTIONS, facts)
    (tmp_path / "p.jsonl").write_bytes(b"\xff")
    with pytest.raises(FamqaError, match="not UTF-8"):
        read_predictions(tmp_path / "p.jsonl", QUESTIONS, facts)
    (tmp_path / "p.jsonl").write_bytes(b"")
    assert len(read_predictions(tmp_path / "p.jsonl", QUESTIONS, facts)[1]) == 3
