"""Limits that a run must keep, and the JUnit file."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from famqa.errors import FamqaError
from famqa.evaluation.gate import check, parse, write_junit

MEASURED: dict[str, Any] = {
    "metrics": {"f1": 0.7, "false_refusals": 0.125},
    "latency_ms": {"median": 80.0, "p95": 200.0, "p99": 300.0},
}


def test_a_limit_is_kept_at_its_very_value() -> None:
    verdicts = check(parse(["f1=0.70", "f1 = .6"], ["false_refusals=0.125", "latency_p95_ms=200"]), MEASURED)
    assert [verdict.is_met for verdict in verdicts] == [True] * 4
    assert str(verdicts[0]) == "gate passed: f1 >= 0.7: it is 0.7000"


def test_a_limit_that_is_missed_says_by_how_much() -> None:
    verdicts = check(parse(["f1=0.75"], ["false_refusals=0.1", "latency_median_ms=50"]), MEASURED)
    assert [str(verdict) for verdict in verdicts] == [
        "gate failed: f1 >= 0.75: it is 0.7000, 0.0500 under",
        "gate failed: false_refusals <= 0.1: it is 0.1250, 0.0250 over",
        "gate failed: latency_median_ms <= 50: it is 80.0000, 30.0000 over",
    ]


def test_a_metric_that_applies_to_nothing_is_not_met() -> None:
    (verdict,) = check(parse(["group_coverage=0.5"], []), MEASURED)
    assert not verdict.is_met and "none of the questions" in str(verdict)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("f1", "write METRIC=VALUE"),
        ("f2=0.7", "there is no metric 'f2'; there are right, f1"),
        ("f1=much", "'much' is no number"),
        ("f1=", "'' is no number"),
        ("f1=nan", "'nan' is no number"),
        ("f1=70", "f1 is a share from 0 to 1"),
    ],
)
def test_a_limit_that_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(FamqaError) as raised:
        parse([text], [])
    assert str(raised.value).startswith(f"--fail-under {text}: ") and words in str(raised.value)
    with pytest.raises(FamqaError, match="--fail-over"):
        parse([], [text])


def test_a_junit_file_has_a_case_a_question(tmp_path: Path) -> None:
    stated = {"type": "date", "answerable": True, "all_of": [], "latency_ms": 1500.0}
    right = {"id": "q1", "question": "When?", "right": True, "status": "answered", "answer": "1871"}
    wrong = {"id": "d1", "turn": 2, "question": "A < B & \x00?", "right": False, "status": "no_answer", "answer": ""}
    cause = {"cause": "search", "cause_evidence": "It came at rank 9.", "expected": ["1871", "1872"]}
    verdicts = check(parse(["f1=0.6", "f1=0.8"], []), MEASURED)
    path = tmp_path / "reports" / "junit.xml"
    write_junit(path, [stated | right | {"expected": ["1871"]}, stated | wrong | cause], verdicts)
    questions, gate = ET.parse(path).getroot()
    assert (questions.get("tests"), questions.get("failures"), questions.get("time")) == ("2", "1", "3.000")
    first, second = questions
    assert (first.get("name"), first.get("classname"), first.get("time"), len(first)) == (
        *("q1: When?", "famqa.date", "1.500", 0),
    )
    assert second.get("name") == "d1 turn 2: A < B & \ufffd?"
    (failure,) = second
    assert (failure.get("type"), failure.get("message")) == ("search", "search: It came at rank 9.")
    assert failure.text == "expected: 1871; 1872\ngiven: (no answer)"
    assert [(case.get("name"), len(case)) for case in gate] == [("f1 >= 0.6", 0), ("f1 >= 0.8", 1)]
    with pytest.raises(FamqaError, match="--junit"):
        write_junit(tmp_path, [], [])
