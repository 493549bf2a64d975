"""Resampling: values by hand, and how often it is wrong when nothing, or something, is the matter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from famqa.evaluation.significance import (
    Difference,
    Figures,
    Floats,
    changed_groups,
    differences,
    holm,
    interval_of_mean,
    mean_statistic,
    wilson_interval,
)


def difference(first: Floats, second: Floats, groups: list[int] | None = None, seed: int = 0, draws: int = 2000):
    """The difference of the means of two columns of scores."""
    numbers = np.array(range(len(first)) if groups is None else groups)
    changed = changed_groups(first, second, numbers)
    figures = Figures(("it",), (changed,), mean_statistic([first], [second], numbers))
    return differences([figures], int(numbers.max()) + 1, seed, draws)["it"]


def test_the_exact_test_counts_every_way_to_toss() -> None:
    # Three of four questions differ, all in the same direction: of 2**3 ways to toss, only two give a difference of
    # 3/4 in either direction, so p = 2/8.
    found = difference(np.array([0.0, 0, 0, 1]), np.array([1.0, 1, 1, 1]))
    assert (found.first, found.second, found.difference) == (0.25, 1.0, 0.75)
    assert found.is_exact and found.p == 0.25


def test_one_loss_among_five_by_hand() -> None:
    # Four won and one lost, each by 1: as large are the tosses with 0, 1, 4 or 5 wins, (1 + 5 + 5 + 1) / 32.
    found = difference(np.array([0.0, 0, 0, 0, 1]), np.array([1.0, 1, 1, 1, 0]))
    assert found.p == 12 / 32


def test_no_difference_at_all_has_p_1_and_an_interval_of_nothing() -> None:
    found = difference(np.array([1.0, 0, 0.5]), np.array([1.0, 0, 0.5]))
    assert (found.difference, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_a_sampled_p_value_agrees_with_the_binomial_one() -> None:
    # 12 won, 4 lost: the sign test's p is 2 * sum(C(16, k), k <= 4) / 2**16 = 2 * 2517 / 65536 = 0.0768.
    first, second = np.zeros(16), np.ones(16)
    first[12:], second[12:] = 1, 0
    found = difference(first, second, draws=20_000)
    assert not found.is_exact
    assert found.p == pytest.approx(2 * 2517 / 65536, abs=0.006)


def test_a_figure_that_applies_to_other_questions_in_each_run_is_the_mean_of_each() -> None:
    # As citation precision, which only answers have: in the first run questions 1 and 2, in the second 2 and 3.
    first, second = np.array([1.0, 0.0, math.nan]), np.array([math.nan, 1.0, 0.5])
    found = difference(first, second)
    assert (found.first, found.second) == (0.5, 0.75)
    # A toss swaps a question's two entries, the missing one with the other: all eight ways, gone through one by one.
    ways = []
    for swapped in range(8):
        sides: tuple[list[float], list[float]] = ([], [])
        for question, pair in enumerate(zip(first, second, strict=True)):
            for side, value in enumerate(pair):
                if not math.isnan(value):
                    sides[side ^ (swapped >> question & 1)].append(value)
        if sides[0] and sides[1]:
            ways.append(abs(sum(sides[1]) / len(sides[1]) - sum(sides[0]) / len(sides[0])) >= 0.25 - 1e-12)
    assert found.p == sum(ways) / len(ways)


def test_the_same_seed_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random(50), rng.random(50)
    assert difference(first, second, seed=5) == difference(first, second, seed=5)
    assert difference(first, second, seed=5) != difference(first, second, seed=6)


def test_portions_do_not_change_the_exact_test(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    first, second = rng.random(9), rng.random(9)
    whole = difference(first, second)
    monkeypatch.setattr("famqa.evaluation.significance._CELLS", 100)
    assert difference(first, second).p == whole.p


def simulated(seed: int, effect: float, questions: int = 60) -> tuple[Floats, Floats]:
    """Right and wrong of two systems that share the questions' difficulty; the second is better by `effect`."""
    rng = np.random.default_rng(seed)
    ease = rng.uniform(0.2, 0.8 - max(effect, 0.0), questions)
    return (rng.random(questions) < ease).astype(float), (rng.random(questions) < ease + effect).astype(float)


def test_false_alarms_are_as_rare_as_promised() -> None:
    """500 pairs of equal systems: p < 0.05 at most as often as chance allows a 5 % test (mean + 2.6 deviations)."""
    alarms = sum(difference(*simulated(seed, 0.0), draws=400).p < 0.05 for seed in range(500))
    assert alarms <= 25 + 2.6 * math.sqrt(500 * 0.05 * 0.95)


def test_false_alarms_over_several_figures_stay_at_5_percent_after_holm() -> None:
    alarms = 0
    for seed in range(300):
        p_values = [difference(*simulated(1000 + seed * 6 + figure, 0.0), draws=400).p for figure in range(6)]
        alarms += min(holm(p_values)) < 0.05
    assert alarms <= 15 + 2.6 * math.sqrt(300 * 0.05 * 0.95)


def test_a_planted_difference_is_found() -> None:
    """Twenty points better on 200 questions: found in nearly every one of 50 pairs."""
    found = sum(difference(*simulated(seed, 0.2, 200), draws=400).p < 0.05 for seed in range(50))
    assert found >= 45


def test_intervals_hold_the_true_difference_95_times_in_100() -> None:
    held = 0
    for seed in range(500):
        each = difference(*simulated(seed, 0.1), draws=400)
        held += each.low <= 0.1 <= each.high
    assert 0.92 <= held / 500 <= 0.98


def test_turns_of_a_dialogue_are_drawn_and_tossed_together() -> None:
    """Dialogues of five turns that stand or fall together: by single turns, chance would look like a difference."""
    alarms_together = alarms_apart = 0
    for seed in range(300):
        first, second = (np.repeat(column, 5) for column in simulated(seed, 0.0, 20))
        dialogues = np.repeat(np.arange(20), 5)
        alarms_together += difference(first, second, list(dialogues), draws=300).p < 0.05
        alarms_apart += difference(first, second, draws=300).p < 0.05
    assert alarms_together <= 15 + 2.6 * math.sqrt(300 * 0.05 * 0.95)
    assert alarms_apart > 60


def test_an_interval_of_a_mean() -> None:
    values = np.array([2.0] * 50 + [4.0] * 50)
    low, high = interval_of_mean(values, np.arange(100))
    # The mean is 3 with a standard error of 1/10, so about 3 -+ 1.96 * 0.1.
    assert low == pytest.approx(2.8, abs=0.03) and high == pytest.approx(3.2, abs=0.03)


def test_holm_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04, and the last may not fall below 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.7, 0.6]) == [1.0, 1.0]


def test_wilson_by_hand() -> None:
    # 8 of 10: (0.8 + 3.8415/20 -+ 1.96 * sqrt(0.8 * 0.2 / 10 + 3.8415/400)) / 1.38415 = 0.4902 and 0.9433.
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(5, 5)[1] == 1.0 and wilson_interval(0, 5)[0] == 0.0


def test_a_figure_that_no_question_has_is_not_a_number_and_no_difference() -> None:
    found: Difference = difference(np.array([math.nan, math.nan]), np.array([1.0, 0.0]))
    assert math.isnan(found.first) and math.isnan(found.difference) and found.p == 1.0
