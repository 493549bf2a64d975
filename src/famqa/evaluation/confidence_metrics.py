"""Does confidence tell right answers from wrong ones? Risk-coverage curve, its area, and calibration.

Only answers that were given count: a refusal has no confidence that anybody is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import fmean
from typing import Any

Given = tuple[float, bool]
"""An answer that was given: its confidence from 0 to 1, and whether it was right."""

BINS = 10


def risk_coverage(answers: Sequence[Given], questions: int) -> list[tuple[float, float]]:
    """(coverage, risk) points: if only the surest answers were given, to what share of the questions, how many wrong.

    Answers of equal confidence come in together, so there is a point for each distinct confidence.
    """
    points: list[tuple[float, float]] = []
    taken = wrong = 0
    for size, errors in _ties(answers):
        taken, wrong = taken + size, wrong + errors
        points.append((taken / questions, wrong / taken))
    return points


def aurc(answers: Sequence[Given]) -> float:
    """Area under the risk-coverage curve: mean over n of the share of wrong ones among the n surest answers.

    Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", ICLR 2019. Within
    equal confidences the mean over all their orders is taken, so the order of the file does not matter.
    """
    total = 0.0
    taken = wrong = 0
    for size, errors in _ties(answers):
        total += sum((wrong + errors * n / size) / (taken + n) for n in range(1, size + 1))
        taken, wrong = taken + size, wrong + errors
    return total / len(answers)


def reliability(answers: Sequence[Given]) -> list[dict[str, Any]]:
    """For each of ten equal bins of confidence that is not empty: its limits, how many, mean confidence, share right.

    A bin holds what is above its lower limit up to its upper one; 0 is in the first.
    """
    found: list[dict[str, Any]] = []
    for n in range(BINS):
        low, high = n / BINS, (n + 1) / BINS
        inside = [
            (confidence, right) for confidence, right in answers if (low < confidence or n == 0) and confidence <= high
        ]
        if inside:
            found.append(
                {
                    "low": low,
                    "high": high,
                    "questions": len(inside),
                    "mean_confidence": fmean(confidence for confidence, _ in inside),
                    "share_right": fmean(right for _, right in inside),
                }
            )
    return found


def ece(answers: Sequence[Given]) -> float:
    """Expected calibration error: mean distance of confidence and share right over the bins, by their sizes.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    bins = reliability(answers)
    distances = (entry["questions"] * abs(entry["mean_confidence"] - entry["share_right"]) for entry in bins)
    return float(sum(distances)) / len(answers)


def _ties(answers: Sequence[Given]) -> list[tuple[int, int]]:
    """(how many, how many of them wrong) for each distinct confidence, the highest first."""
    ordered = sorted(answers, key=lambda answer: -answer[0])
    groups = [[right for _, right in group] for _, group in groupby(ordered, key=lambda answer: answer[0])]
    return [(len(group), group.count(False)) for group in groups]
