"""What is measured of answers, of a ranking and of confidence: by hand, and against the libraries of reference."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from famqa.evaluation.confidence_metrics import aurc, ece, reliability, risk_coverage
from famqa.evaluation.metrics import (
    alias_hit,
    contains,
    exact_match,
    group_hits,
    groups,
    percentile,
    references,
    token_f1,
)
from famqa.evaluation.rows import Question
from famqa.evaluation.scoring import is_right
from famqa.evaluation.search_metrics import ndcg, recall, reciprocal_rank, success
from famqa.evaluation.summary import gated, measure
from famqa.records import Answer, Citation

# Answers


@pytest.mark.parametrize(
    ("text", "alias", "found"),
    [
        ("in 7 reviews", "7", True),
        ("in 27 reviews", "7", False),
        ("The Café's price: 5%", "café", True),
        ("5 crowns", "5%", False),
        ("Ann Marie Fell", "Ann Fell", False),
        ("ANN-FELL", "ann fell", True),
        ("anything", "?!", False),
        ("", "Ann", False),
    ],
)
def test_an_alias_is_found_as_whole_tokens(text: str, alias: str, found: bool) -> None:
    assert contains(text, alias) is found


def test_exact_match_and_f1_are_squads() -> None:
    assert exact_match("The Red Lamp!", ["lamp", "red lamp"]) == 1.0
    assert exact_match("red lamps", ["red lamp"]) == 0.0
    assert exact_match("", []) == token_f1("", []) == 1.0
    assert token_f1("the old red lamp", ["red lamp", "lamp"]) == pytest.approx(2 * 2 / (3 + 2))
    assert token_f1("rope", ["red lamp"]) == token_f1("rope", []) == 0.0


def test_percentile_is_the_nearest_rank() -> None:
    values = [float(n) for n in range(20, 0, -1)]
    assert (percentile(values, 0.95), percentile(values, 0.5), percentile([3.0], 0.95)) == (19.0, 10.0, 3.0)
    for share in (0.5, 0.95, 0.99):
        assert percentile(values, share) == np.percentile(values, 100 * share, method="inverted_cdf")


def citation(quote: str) -> Citation:
    return Citation(1, "a.txt", "A", (), None, 1, 0, len(quote), quote)


def answer(text: str, *quotes: str) -> Answer:
    status = "answered" if text else "no_answer"
    return Answer("Q?", status, text, (), 0.5, tuple(map(citation, quotes)), (), "gen")


def test_an_alias_may_stand_in_the_answer_or_a_quote_and_every_group_needs_one() -> None:
    question = Question("q", "Who?", ("Ann", "Bo"))
    assert is_right(question, answer("Bo"))
    assert is_right(question, answer("she", "It was Ann."))
    assert not is_right(question, answer("Cy", "It was Cy."))
    listed = Question("q", "Who?", all_of=(("Ann", "Anna"), ("Bo",)))
    assert alias_hit(listed, ["Anna came", "then Bo"])
    assert group_hits(listed, ["Anna came"]) == [True, False]
    nobody = Question("q", "Who?", answerable=False)
    assert is_right(nobody, answer("")) and not is_right(nobody, answer("Ann"))


def test_a_question_that_is_judged_by_document_needs_a_citation_of_a_relevant_one() -> None:
    told = answer("Ann", "It was Ann.")  # cites a.txt
    assert is_right(Question("q", "Who?", judged=(("a", 1), ("b", 0))), told)
    assert not is_right(Question("q", "Who?", judged=(("a", 0), ("b", 1))), told)


def test_a_list_is_compared_with_its_aliases_or_its_groups() -> None:
    listed = Question("q", "Who?", all_of=(("Ann", "Anna"), ("Bo",)))
    assert (groups(listed), references(listed)) == ((("Ann", "Anna"), ("Bo",)), ("Ann; Bo",))
    named = Question("q", "Who?", ("Ann and Bo",), all_of=(("Ann",), ("Bo",)))
    assert references(named) == ("Ann and Bo",)


# Search


def test_search_metrics_by_hand() -> None:
    # Relevant: grades 2, 1 and 1; found: the 1 at rank 2 and the 2 at rank 4.
    ranking, grades = [0, 1, 0, 2, 0], [2, 1, 1]
    assert [success(ranking, k) for k in (1, 2, 5)] == [0.0, 1.0, 1.0]
    assert [recall(ranking, grades, k) for k in (1, 2, 5)] == [0.0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    assert reciprocal_rank(ranking) == 0.5
    assert reciprocal_rank([0, 0]) == 0.0
    gained = 1 / np.log2(3) + 2 / np.log2(5)
    best = 2 / np.log2(2) + 1 / np.log2(3) + 1 / np.log2(4)
    assert ndcg(ranking, grades, 10) == pytest.approx(gained / best)
    assert ndcg([2, 1, 1], grades, 10) == 1.0


@settings(max_examples=40)
@given(st.data())
def test_search_metrics_agree_with_trec_eval(data: st.DataObject) -> None:
    ir_measures = pytest.importorskip("ir_measures")
    documents = [f"d{n}" for n in range(30)]
    ours: dict[str, list[float]] = {}
    qrels, found = [], []
    measures = {f"recall_{k}": ir_measures.R @ k for k in (1, 5, 10, 20)}
    measures |= {"rr": ir_measures.RR, "ndcg": ir_measures.nDCG @ 10, "success": ir_measures.Success @ 5}
    for query in range(data.draw(st.integers(1, 4))):
        judged = data.draw(st.dictionaries(st.sampled_from(documents), st.integers(0, 3), min_size=1, max_size=15))
        judged[data.draw(st.sampled_from(documents))] = 1  # at least one is relevant
        ranked = data.draw(st.lists(st.sampled_from(documents), unique=True, min_size=1, max_size=25))
        qrels += [ir_measures.Qrel(f"q{query}", name, grade) for name, grade in judged.items()]
        found += [ir_measures.ScoredDoc(f"q{query}", name, 100.0 - n) for n, name in enumerate(ranked)]
        ranking, grades = [judged.get(name, 0) for name in ranked], list(judged.values())
        for k in (1, 5, 10, 20):
            ours.setdefault(f"recall_{k}", []).append(recall(ranking, grades, k))
        ours.setdefault("rr", []).append(reciprocal_rank(ranking))
        ours.setdefault("ndcg", []).append(ndcg(ranking, grades, 10))
        ours.setdefault("success", []).append(success(ranking, 5))
    theirs = ir_measures.calc_aggregate(measures.values(), qrels, found)
    for name, measure_ in measures.items():
        assert fmean(ours[name]) == pytest.approx(theirs[measure_], abs=1e-9), name


# Confidence


def test_risk_and_coverage_by_hand() -> None:
    # Surest first: right, wrong, then two of equal confidence of which one is wrong. Asked were 8.
    answers = [(0.5, True), (0.9, True), (0.7, False), (0.5, False)]
    assert risk_coverage(answers, 8) == [(1 / 8, 0.0), (2 / 8, 1 / 2), (4 / 8, 2 / 4)]
    # Of the first three, the third is wrong in half of the two orders: 0, 1/2, (1 + 1/2) / 3, 2/4.
    assert aurc(answers) == pytest.approx((0 + 1 / 2 + 1.5 / 3 + 2 / 4) / 4)
    assert aurc(list(reversed(answers))) == aurc(answers)
    assert aurc([(0.9, True), (0.1, False)]) == pytest.approx(1 / 4)
    assert risk_coverage([], 3) == []


def test_calibration_by_hand() -> None:
    answers = [(0.95, True), (0.85, True), (0.9, False), (0.1, False), (0.0, False)]
    first, ninth, tenth = reliability(answers)
    assert (first["low"], first["high"], first["questions"], first["share_right"]) == (0.0, 0.1, 2, 0.0)
    assert (ninth["questions"], ninth["mean_confidence"], ninth["share_right"]) == (2, pytest.approx(0.875), 0.5)
    assert (tenth["low"], tenth["questions"]) == (0.9, 1)
    assert ece(answers) == pytest.approx((2 * 0.05 + 2 * 0.375 + 1 * 0.05) / 5)


outcomes = st.lists(
    st.tuples(st.integers(1, 999).filter(lambda n: n % 100).map(lambda n: n / 1000), st.booleans()),
    min_size=2,
    max_size=60,
)


@settings(max_examples=40)
@given(outcomes)
def test_calibration_agrees_with_scikit_learn_and_torchmetrics(answers: list[tuple[float, bool]]) -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    classification = pytest.importorskip("torchmetrics.functional.classification")
    import torch

    confidence, right = [list(column) for column in zip(*answers, strict=True)]
    bins = reliability(answers)
    shares, means = calibration.calibration_curve(right, confidence, n_bins=10, pos_label=True)
    assert [entry["share_right"] for entry in bins] == pytest.approx(list(shares), abs=1e-9)
    assert [entry["mean_confidence"] for entry in bins] == pytest.approx(list(means), abs=1e-9)
    theirs = classification.binary_calibration_error(
        torch.tensor(confidence, dtype=torch.float64), torch.tensor(right).int(), n_bins=10, norm="l1"
    )
    assert ece(answers) == pytest.approx(float(theirs), abs=1e-6)  # theirs bins in 32 bits


@settings(max_examples=40)
@given(outcomes)
def test_the_area_is_the_mean_risk_over_all_orders_of_ties(answers: list[tuple[float, bool]]) -> None:
    rng = np.random.default_rng(0)
    areas = []
    for _ in range(300):
        order = sorted(range(len(answers)), key=lambda n: (-answers[n][0], rng.random()))
        wrong = np.cumsum([not answers[n][1] for n in order])
        areas.append(float(np.mean(wrong / np.arange(1, len(order) + 1))))
    assert aurc(answers) == pytest.approx(fmean(areas), abs=0.05)
    if len({confidence for confidence, _ in answers}) == len(answers):
        assert aurc(answers) == pytest.approx(areas[0], abs=1e-12)


# A run's figures


def row(**values: Any) -> dict[str, Any]:
    """A row of scores.jsonl with what measuring looks at."""
    stated = {"type": "", "answerable": True, "status": "answered", "right": True, "cause": None}
    stated |= {"confidence": 0.8, "latency_ms": 10.0, "documents": [], "scores": {"right": 1.0}}
    return stated | values


def test_a_run_is_measured_in_all_and_in_parts() -> None:
    rows = [
        row(type="date", documents=["a.txt"], scores={"right": 1.0, "f1": 0.5, "false_refusals": 0.0}),
        row(
            type="date",
            documents=["a.txt", "b.txt"],
            right=False,
            status="no_answer",
            confidence=0.9,
            cause="refuse",
            latency_ms=40.0,
            scores={"right": 0.0, "f1": 0.0, "false_refusals": 1.0, "refusal_precision": 0.0},
        ),
        row(
            answerable=False, right=False, cause="refuse", latency_ms=30.0, scores={"right": 0.0, "refusal_recall": 0.0}
        ),
    ]
    measured = measure(rows, left_out=2)
    assert (measured["questions"], measured["answerable"], measured["left_out"]) == (3, 2, 2)
    assert measured["metrics"] == {
        "right": pytest.approx(1 / 3),
        "f1": 0.25,
        "false_refusals": 0.5,
        "refusal_recall": 0.0,
        "refusal_precision": 0.0,
        "aurc": pytest.approx((0.5 + 0.5) / 2),  # two answers of equal confidence, one of them wrong
        "ece": pytest.approx(0.3),
    }
    assert measured["counts"]["f1"] == 2 and measured["counts"]["aurc"] == 2 and measured["counts"]["right"] == 3
    assert measured["by_type"]["date"] == {"questions": 2, "metrics": measured["by_type"]["date"]["metrics"]}
    assert measured["by_type"]["date"]["metrics"]["right"] == 0.5
    assert [measured["by_document"][name]["questions"] for name in ("a.txt", "b.txt")] == [2, 1]
    assert measured["causes"] == {"refuse": 2}
    assert measured["risk_coverage"] == [[2 / 3, 0.5]]
    assert measured["latency_ms"] == {"median": 30.0, "p95": 40.0, "p99": 40.0}
    assert gated(measured)["latency_p95_ms"] == 40.0
