"""Questions to begin with, made from a document's own structure."""

from __future__ import annotations

from pathlib import Path

from conftest import LIGHTHOUSE, TermEmbedder, make_settings, parsed
from famqa.assistant import open_assistant
from famqa.examples import propose


def test_pairs_rows_and_headings_take_turns() -> None:
    text = "= Kite =\nSpan: 2 m\nURL: x\n\n== Tails ==\nA tail keeps it up.\n"
    text += "\n| Year | Winner |\n| 1990 | Ann |\n| | Bo |\n"
    assert list(propose(*parsed(text))) == [
        "What is the span of Kite?",
        "What is the winner for 1990?",
        "What does Kite say about tails?",
        "What is the URL of Kite?",
    ]


def test_each_question_once_and_none_too_long() -> None:
    text = f"= Kite =\nSpan: 2 m\nSpan: 3 m\n\n== {'Very ' * 30}long ==\nText.\n"
    assert list(propose(*parsed(text))) == ["What is the span of Kite?"]


def test_a_document_without_structure_proposes_nothing() -> None:
    assert list(propose(*parsed("A kite has a tail."))) == []


def test_only_questions_that_are_answered_are_shown(tmp_path: Path, fake_model: TermEmbedder) -> None:
    files = {"a.txt": LIGHTHOUSE, "b.txt": "= Kite =\nSpan: 2 m\nLine: 30 m\n"}
    settings = make_settings(tmp_path, files, reader="sentences", answer_threshold=0.0)
    assistant = open_assistant(settings)
    shown = assistant.example_questions(3)
    assert shown == [
        "What is the height of Gull Rock Lighthouse?",
        "What is the span of Kite?",
        "What is the year for Aurora?",
    ]
    assert all(assistant.ask(question).status == "answered" for question in shown)
    assert open_assistant(settings.model_copy(update={"answer_threshold": 1.0})).example_questions(3) == []
