"""Comparing two runs: what is told, what is refused, and what the command prints."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from conftest import refused
from famqa.errors import FamqaError
from famqa.evaluation.compare import Comparison, MetricDifference, compare, p_told, verdict
from famqa.evaluation.run_folder import read_run
from run_folders import Row, score, write_run


def rows(right: str, **values: Any) -> list[Row]:
    """A row for each character: "+" right, "-" wrong, "0" refused."""
    made = [score(number, right=mark == "+", **values) for number, mark in enumerate(right)]
    for row, mark in zip(made, right, strict=True):
        if mark == "0":
            row |= {"status": "no_answer", "answer": "", "cause": "refuse"}
            row["scores"] = {"f1": 0.0, "alias_hit": 0.0}
    return made


def compared(tmp_path: Path, a: list[Row], b: list[Row], **run_b: Any) -> Comparison:
    return compare(read_run(write_run(tmp_path / "a", a)), read_run(write_run(tmp_path / "b", b, **run_b)))


def figure(found: Comparison, name: str) -> MetricDifference:
    return next(metric for metric in found.metrics if metric.name == name)


def test_a_run_compared_with_itself_differs_in_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("++-0"), rows("++-0"))
    assert found.verdict == (
        "No difference is beyond chance. Every question that one run gets right the other gets right too."
    )
    assert all((each.difference, each.p, each.p_holm, each.better) == (0, 1, 1, "") for each in found.metrics)
    assert found.won == found.lost == found.warnings == ()


def test_a_clear_gain_is_told_with_its_size(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("+" * 10 + "-" * 10), rows("+" * 20))
    # Ten questions differ, all in one direction: p = 2 / 2**10; right, f1, alias_hit, aurc and ece all do, so
    # Holm makes each 5 times that. citations_per_answer is 1 for every question and is not tested.
    right = figure(found, "right")
    assert (right.a, right.b, right.difference, right.questions) == (0.5, 1.0, 0.5, 20)
    assert right.p == 2 / 1024 and right.p_holm == pytest.approx(10 / 1024) and right.is_exact
    assert right.better == "B"
    assert 0.25 <= right.low <= 0.35 and 0.65 <= right.high <= 0.75
    assert figure(found, "citations_per_answer").p_holm == 1
    assert found.verdict.startswith("B is better in right (+50.0 points, 95 % from +")
    assert "p = 0.010 after Holm" in found.verdict
    assert found.verdict.endswith(
        "no other difference is beyond chance. "
        "B gets 10 questions right that A gets wrong, and gets 0 questions wrong that A gets right."
    )
    assert [each.id for each in found.won] == [f"q{n:04}" for n in range(10, 20)]
    assert (found.won[0].a, found.won[0].b, found.won[0].cause) == ("Peter Holm", "Edith Marlow", "read")
    assert found.lost == ()


def test_the_other_way_round_b_is_worse(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("+" * 20), rows("+" * 10 + "-" * 10))
    assert found.verdict.startswith("B is worse in right (-50.0 points")
    assert len(found.lost) == 10 and found.won == ()


def test_few_questions_are_no_evidence(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("+---"), rows("++++"))
    assert figure(found, "right").difference == 0.75 and figure(found, "right").p == 0.25
    assert found.verdict.startswith("No difference is beyond chance. B gets 3 questions right that A gets wrong")


def test_fewer_false_refusals_are_better_and_more_citations_are_neither(tmp_path: Path) -> None:
    def with_scores(refused: float, citations: float) -> list[Row]:
        return [score(n, scores={"false_refusals": refused, "citations_per_answer": citations}) for n in range(20)]

    found = compared(tmp_path, with_scores(1.0, 1.0), with_scores(0.0, 2.5))
    assert figure(found, "false_refusals").better == "B"
    assert figure(found, "citations_per_answer").better == "" and figure(found, "citations_per_answer").is_significant
    assert "B is better in false_refusals (-100.0 points" in found.verdict
    assert "B differs in citations_per_answer (+1.50, 95 % from +1.50 to +1.50" in found.verdict


def test_a_figure_that_only_answers_have_is_averaged_over_the_answers_of_each_run(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("+++0"), rows("+-00"))
    citations = figure(found, "citations_per_answer")
    assert (citations.a, citations.b, citations.questions) == (1.0, 1.0, 3)


def test_the_turns_of_a_dialogue_are_one_group(tmp_path: Path) -> None:
    def dialogues(right: bool) -> list[Row]:
        return [score(n, right=right, id=f"d{n // 4}", turn=n % 4 + 1) for n in range(12)]

    found = compared(tmp_path, dialogues(False), dialogues(True))
    assert (found.questions, found.groups) == (12, 3)
    assert figure(found, "right").p == 2 / 2**3
    assert (found.won[5].id, found.won[5].turn) == ("d1", 2)


def test_latency_is_told_as_a_ratio_and_decides_nothing(tmp_path: Path) -> None:
    slow = [row | {"latency_ms": row["latency_ms"] * 3} for row in rows("+" * 30)]
    found = compared(tmp_path, rows("+" * 30), slow)
    assert found.latency is not None
    assert found.latency.ratio == pytest.approx(3) and found.latency.low == pytest.approx(3)
    assert found.verdict.startswith("No difference is beyond chance.")
    assert "latency" not in {each.name for each in found.metrics}


def test_other_questions_are_refused_and_named(tmp_path: Path) -> None:
    a, b = rows("+++"), rows("++++")[1:]
    b[0]["expected"] = ["Somebody else"]
    with pytest.raises(FamqaError) as caught:
        compared(tmp_path, a, b, questions_sha256="cd" * 32)
    told = str(caught.value)
    assert "sha256 abababababab in A, cdcdcdcdcdcd in B" in told
    assert "1 only in A: q0000" in told and "1 only in B: q0003" in told and "1 not alike in both: q0001" in told
    assert "\n" not in told


def test_the_same_questions_in_another_order_or_file_can_be_compared(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("++-"), rows("+++")[::-1], questions_sha256="cd" * 32)
    assert [each.id for each in found.won] == ["q0002"]
    assert found.warnings == ("the question files differ, though every question and its answers are the same",)


def test_other_settings_index_and_reader_are_warned_of(tmp_path: Path) -> None:
    settings = {"corpus": "corpus", "candidates": 3, "answer_threshold": None}
    found = compared(tmp_path, rows("+"), rows("+"), settings=settings, index_digest="99", reader_digest="77")
    assert [warning.split(":")[0] for warning in found.warnings] == [
        "index_digest differs",
        "reader_digest differs",
        "setting candidates differs",
    ]
    assert found.warnings[2] == "setting candidates differs: 8 in A, 3 in B"


def test_a_verdict_in_both_directions() -> None:
    def metric(name: str, difference: float, better: str) -> MetricDifference:
        return MetricDifference(name, 9, 0, 0, difference, difference - 0.01, difference + 0.01, 0, 0.004, True, better)

    told = verdict([metric("f1", 0.041, "B"), metric("mrr", 0.02, "B"), metric("ece", 0.1, "A")], 1, 2)
    assert told == (
        "B is better in f1 (+4.1 points, 95 % from +3.1 to +5.1, p = 0.004 after Holm) and "
        "mrr (+2.0 points, 95 % from +1.0 to +3.0, p = 0.004 after Holm); "
        "B is worse in ece (+10.0 points, 95 % from +9.0 to +11.0, p = 0.004 after Holm); "
        "no other difference is beyond chance. "
        "B gets 1 question right that A gets wrong, and gets 2 questions wrong that A gets right."
    )


def test_p_values_in_words() -> None:
    assert [p_told(p) for p in (0.0004, 0.004, 0.0234, 0.3)] == ["p < 0.001", "p = 0.004", "p = 0.023", "p = 0.30"]


# The command


def test_the_command_prints_verdict_table_and_questions(tmp_path: Path, monkeypatch, command) -> None:
    a = write_run(tmp_path / "a", rows("+" * 10 + "-" * 30))
    b = write_run(tmp_path / "b", rows("-" + "+" * 39), threshold=0.5)
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = command("compare", a, b)
    assert code == 0
    assert err == "note: threshold differs: 0.41 in A, 0.5 in B\n"
    assert out.startswith("B is better in right (+72.5 points")
    assert "won: right in B only: 30" in out and "lost: right in A only: 1" in out
    assert "  and 10 more; --json lists all" in out
    assert "q0000: Who lit lamp number 0? (read)\n      A Edith Marlow\n      B Peter Holm" in out


def test_the_command_gives_json_without_numbers_that_json_has_not(tmp_path: Path, command) -> None:
    a, b = write_run(tmp_path / "a", rows("+-")), write_run(tmp_path / "b", rows("++"))
    code, out, _ = command("compare", a, b, "--json")

    def never(name: str) -> float:
        raise AssertionError(name)

    found = json.loads(out, parse_constant=never)
    assert code == 0
    assert found["won"][0]["id"] == "q0001" and found["metrics"][0]["name"] == "right"
    assert found["metrics"][0]["difference"] == 0.5


def test_what_is_no_finished_run_is_one_line_and_exit_code_2(tmp_path: Path, command) -> None:
    good = write_run(tmp_path / "good", rows("+-"))
    unfinished = write_run(tmp_path / "unfinished", rows("+-"), finished=False)
    assert "--resume" in refused(command, "compare", good, unfinished)
    assert "no such folder" in refused(command, "compare", tmp_path / "none", good)
    (tmp_path / "empty").mkdir()
    assert "run.json" in refused(command, "compare", good, tmp_path / "empty")
    broken = write_run(tmp_path / "broken", rows("+-"))
    with (broken / "scores.jsonl").open("a") as file:
        file.write('{"id": "q9", "ques')
    assert "scores.jsonl, line 3: no JSON" in refused(command, "compare", good, broken)
    other = write_run(tmp_path / "other", rows("+"))
    assert "different questions" in refused(command, "compare", good, other)


def test_a_figure_that_one_run_cannot_have_is_no_difference(tmp_path: Path) -> None:
    found = compared(tmp_path, rows("+0"), rows("00"))
    assert math.isfinite(figure(found, "f1").difference)
    assert all(metric.name != "citations_per_answer" for metric in found.metrics)
