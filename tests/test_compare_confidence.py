"""Area and calibration as statistics that can be resampled: the same figures as a run's own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from famqa.evaluation.compare_confidence import Answers, aurc_statistic, ece_statistic
from famqa.evaluation.confidence_metrics import aurc, ece

NONE = Answers(np.array([math.nan]), np.array([1.0]), np.array([0]))


def answers(seed: int, count: int = 40, groups: int = 10) -> Answers:
    """Answers with ties in confidence, some questions without one, several to a group."""
    rng = np.random.default_rng(seed)
    confidence = np.round(rng.random(count), 1)
    confidence[rng.random(count) < 0.2] = math.nan
    return Answers(confidence, (rng.random(count) < 0.4).astype(float), np.arange(count) % groups)


def listed(side: Answers, weights: np.ndarray) -> list[tuple[float, bool]]:
    """(confidence, right) of every answer, as often as its group weighs."""
    return [
        (float(confidence), not wrong)
        for confidence, wrong, group in zip(side.confidence, side.wrong, side.groups, strict=True)
        for _ in range(int(weights[group]))
        if not math.isnan(confidence)
    ]


def test_the_area_by_hand() -> None:
    # Surest first: right, wrong, right. Risks 0, 1/2, 1/3; their mean is 5/18.
    side = Answers(np.array([0.5, 0.9, 0.7]), np.array([0.0, 0.0, 1.0]), np.arange(3))
    assert aurc_statistic(side, side)(np.ones((1, 3)), None)[0, 0] == pytest.approx(5 / 18)


def test_calibration_by_hand() -> None:
    # 0.85 and 0.95 lie in two bins: the first right (off by 0.15), the second wrong (off by 0.95); 0.55 on average.
    side = Answers(np.array([0.85, 0.95]), np.array([0.0, 1.0]), np.arange(2))
    assert ece_statistic(side, side)(None, np.ones((1, 2)))[0, 0] == pytest.approx(0.55)


@pytest.mark.parametrize("seed", range(5))
def test_they_are_what_a_run_would_have(seed: int) -> None:
    first, second = answers(seed), answers(seed + 100)
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 3, (20, 10)).astype(float)
    other = rng.integers(0, 2, (20, 10)).astype(float)
    for statistic, plain in ((aurc_statistic, aurc), (ece_statistic, ece)):
        found = statistic(first, second)(weights, other)
        alone = statistic(first, second)(weights, None)
        for row in range(20):
            both = listed(first, weights[row]) + listed(second, other[row])
            assert found[row, 0] == pytest.approx(plain(both), abs=1e-9)
            assert alone[row, 0] == pytest.approx(plain(listed(first, weights[row])), abs=1e-9)


def test_without_answers_there_is_no_figure() -> None:
    for statistic in (aurc_statistic, ece_statistic):
        assert np.isnan(statistic(NONE, NONE)(np.ones((2, 1)), np.ones((2, 1)))).all()
