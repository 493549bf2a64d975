"""The two figures of a run that are no mean over its questions, as statistics that can be resampled.

Both are what `confidence_metrics` computes for a run, for whole weights: a question that weighs 2 is one that is there
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from famqa.evaluation.confidence_metrics import BINS
from famqa.evaluation.significance import Floats, Groups, Statistic


@dataclass(frozen=True, slots=True)
class Answers:
    """The questions of one run, each array with one value a question, those without an answer NaN in `confidence`."""

    confidence: Floats  # from 0 to 1
    wrong: Floats  # 0 or 1
    groups: Groups

    def given(self) -> Answers:
        """Only those that have an answer."""
        has = ~np.isnan(self.confidence)
        return Answers(self.confidence[has], self.wrong[has], self.groups[has])


def aurc_statistic(first: Answers, second: Answers) -> Statistic:
    """The area under the risk-coverage curve, with the mean over all orders of equal confidences.

    Let t answers, w of them wrong, be surer than the s answers of one confidence, a share e of which is wrong. Then
    these add the sum of (w + e n) / (t + n) for n from 1 to s, which is s e + (w - e t) (H(t + s) - H(t)), with
    H(n) = 1 + 1/2 + ... + 1/n.
    """
    sides = first.given(), second.given()

    def statistic(first_weights: Floats | None, second_weights: Floats | None) -> Floats:
        pairs = zip(sides, (first_weights, second_weights), strict=True)
        return _area([(side, weights) for side, weights in pairs if weights is not None])[:, None]

    return statistic


def _area(weighted: Sequence[tuple[Answers, Floats]]) -> Floats:
    """The area of each draw, all the answers together."""
    confidence = np.concatenate([side.confidence for side, _ in weighted])
    if not len(confidence):
        return np.full(len(weighted[0][1]), np.nan)
    order = np.argsort(-confidence, kind="stable")
    starts = np.flatnonzero(np.diff(-confidence[order], prepend=-np.inf))  # of each distinct confidence
    wrong = np.concatenate([side.wrong for side, _ in weighted])[order]
    begins = np.cumsum([0] + [weights.shape[1] for _, weights in weighted])
    columns = np.concatenate([side.groups + begin for (side, _), begin in zip(weighted, begins, strict=False)])[order]
    weights = np.concatenate([weights for _, weights in weighted], axis=1)[:, columns]
    has_ties = len(starts) < len(order)
    sizes = np.add.reduceat(weights, starts, axis=1) if has_ties else weights
    errors = np.add.reduceat(weights * wrong, starts, axis=1) if has_ties else weights * wrong
    so_far = np.cumsum(sizes, axis=1)
    total = so_far[:, -1]
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, int(total.max()) + 1))])
    growth = np.diff(harmonic[so_far.astype(np.intp)], axis=1, prepend=0.0)
    share = np.divide(errors, sizes, out=np.zeros_like(errors), where=sizes > 0)
    wrong_before = np.cumsum(errors, axis=1) - errors
    parts = errors + (wrong_before - share * (so_far - sizes)) * growth
    return _over(parts.sum(axis=1), total)


def ece_statistic(first: Answers, second: Answers) -> Statistic:
    """Expected calibration error over ten equal bins of confidence.

    A bin of n answers out of N adds n / N times the distance of its mean confidence and its share of right ones, which
    is the distance of the two sums, over N.
    """
    excess = [_excess(side) for side in (first, second)]

    def statistic(first_weights: Floats | None, second_weights: Floats | None) -> Floats:
        pairs = zip((first_weights, second_weights), excess, strict=True)
        both = sum((weights @ of for weights, of in pairs if weights is not None), np.zeros(1))
        return _over(np.abs(both[:, :-1]).sum(axis=1), both[:, -1])[:, None]

    return statistic


def _excess(side: Answers) -> Floats:
    """(groups, bins + 1): by how much confidence exceeds truth in each bin, in sum; then the number of answers."""
    given = side.given()
    bins = np.minimum(np.searchsorted(np.arange(1, BINS + 1) / BINS, given.confidence, side="left"), BINS - 1)
    found = np.zeros((int(side.groups.max()) + 1, BINS + 1))
    np.add.at(found, (given.groups, bins), given.confidence - (1 - given.wrong))
    found[:, BINS] = np.bincount(given.groups, minlength=len(found))
    return found


STATISTICS: dict[str, Callable[[Answers, Answers], Statistic]] = {"aurc": aurc_statistic, "ece": ece_statistic}


def _over(sums: Floats, sizes: Floats) -> Floats:
    return np.divide(sums, sizes, out=np.full_like(sums, np.nan), where=sizes > 0)
