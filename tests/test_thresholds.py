"""The trade of a threshold, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from famqa.cli import app
from famqa.errors import FamqaError
from famqa.evaluation.thresholds import Asked, Trade, best, trade, trades

# Four answerable questions, the least sure of them answered wrongly, and two unanswerable ones.
ASKED = [
    Asked(0.9, True, True),
    Asked(0.6, True, True),
    Asked(0.4, True, True),
    Asked(0.2, False, True),
    Asked(0.5, False, False),
    Asked(0.1, False, False),
]


def test_the_figures_at_a_threshold() -> None:
    # From 0.45 on: 0.9, 0.6 right and 0.5 wrong; refused are 0.4 and 0.2 of four, 0.1 of two.
    assert trade(ASKED, 0.45) == Trade(0.45, 3 / 6, 1 - 2 / 3, 2 / 4, 1 / 2, 3 / 6)


def test_the_thresholds_lie_between_the_confidences() -> None:
    assert [t.threshold for t in trades(ASKED)] == [0.0, 0.15, 0.3, 0.45, 0.55, 0.75, 0.91]


def test_the_best_has_the_most_right_decisions() -> None:
    # 0.15: 3 right + 1 refused of 6; 0.3: the same; 0.55: 2 + 2; the middle of the three equals is 0.3.
    assert best(trades(ASKED)).threshold == 0.3


def test_no_more_is_refused_than_allowed() -> None:
    # At most 0 of the answerable refused: 0.0 and 0.15 are left, and 0.15 refuses one of the unanswerable.
    assert best(trades(ASKED), refuse_at_most=0).threshold == 0.15


def test_nothing_to_calibrate_on() -> None:
    with pytest.raises(FamqaError, match="no question"):
        trades([])


def test_questions_of_one_kind_only() -> None:
    only = [Asked(0.3, True, True), Asked(0.8, True, True)]
    assert trade(only, 0.5) == Trade(0.5, 0.5, 0.0, 0.5, 0.0, 0.5)
    assert best(trades(only)).right == 1.0


def test_the_command_writes_the_threshold_and_keeps_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "lamp.txt").write_text("The lamp of the tower was lit by Ann Lee in 1904.\n\nIt burns oil.\n")
    (tmp_path / "q.jsonl").write_text(
        '{"id": "1", "question": "Who lit the lamp of the tower?", "answers": ["Ann Lee"]}\n'
        '{"id": "2", "question": "When was the lamp of the tower lit?", "answers": ["1904"]}\n'
        '{"id": "3", "question": "What is the boiling point of ethanol?", "answerable": false}\n'
    )
    (tmp_path / "famqa.toml").write_text("candidates = 4\nanswer_threshold = 0.99\n")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["calibrate", "q.jsonl", "--write"])
    assert done.exit_code == 0, done.output
    assert "3 questions, 1 of them unanswerable" in done.output
    candidates, stated = (tmp_path / "famqa.toml").read_text().splitlines()
    assert candidates == "candidates = 4"
    assert 0 < float(stated.removeprefix("answer_threshold = ")) < 0.9
    assert "100.0% are answered rightly" in done.output
