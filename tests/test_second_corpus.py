"""Another subject than the bundled corpus: the rules were not made for one. Floors lie a little under the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from famqa.assistant import Assistant, open_assistant
from famqa.evaluation.questions import load_questions
from famqa.evaluation.run import ask_with, run
from famqa.settings import load_settings

SECOND = Path(__file__).parent / "second_corpus"

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return open_assistant(load_settings(corpus=SECOND / "documents", index=tmp_path_factory.mktemp("second") / "index"))


@pytest.fixture(scope="module")
def measured(assistant: Assistant) -> dict[str, Any]:
    questions = load_questions(SECOND / "questions.jsonl")
    assert len(questions.questions) >= 40
    return run(ask_with(assistant, questions), assistant, questions)[1]


@pytest.mark.parametrize(
    ("metric", "floor"),
    [
        ("alias_hit", 0.85),
        ("f1", 0.65),
        ("group_coverage", 0.70),
        ("refusal_recall", 0.65),
        ("verbatim", 1.0),
    ],
)
def test_a_figure_of_another_subject(measured: dict[str, Any], metric: str, floor: float) -> None:
    assert measured["metrics"][metric] >= floor


def test_few_answerable_questions_are_refused(measured: dict[str, Any]) -> None:
    assert measured["metrics"]["false_refusals"] <= 0.08


def test_tables_of_another_subject(measured: dict[str, Any]) -> None:
    assert measured["by_type"]["table"]["metrics"]["right"] >= 0.75


def test_dialogues_of_another_subject(assistant: Assistant) -> None:
    dialogues = load_questions(SECOND / "dialogues.jsonl")
    assert run(ask_with(assistant, dialogues), assistant, dialogues)[1]["metrics"]["right"] >= 0.7
