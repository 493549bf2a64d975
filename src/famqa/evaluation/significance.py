"""Is a difference between two runs more than chance? Paired resampling over questions, as plain functions.

A `Statistic` is given a weight for each group of questions in the first run and in the second, and gives the figures of
the questions so weighted. Both tests do nothing but change the weights:

- bootstrap: groups drawn again with replacement; a group weighs as often as it was drawn
- randomisation: for each group it is tossed up anew which of the two runs its two answers came from

A group is one question, or all turns of one dialogue, since these are not independent of each other.

Efron & Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993 (percentile interval: chapter 13).
Smucker, Allan & Carterette, A Comparison of Statistical Significance Tests for Information Retrieval Evaluation,
CIKM 2007. Phipson & Smyth, Permutation P-values Should Never Be Zero, SAGMB 2010 (the one added to each count).
Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 1979.
Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.intp]
"""The group of each question, counted from 0 without gaps."""

Statistic = Callable[[Floats | None, Floats | None], Floats]
"""Weights of the groups in the first and in the second run, (draws, groups) each, to figures, (draws, figures).

None stands for a run without any weight. A figure is NaN where nothing that it is about has weight.
"""

DRAWS = 10_000
_LEAST_DRAWS, _MOST_DRAWN = 2_000, 20_000_000  # runs of more than 2,000 groups get fewer draws, in sum this many
EXACT_GROUPS = 13  # 2**13 = 8,192 ways to toss are fewer than the draws: then all of them are gone through
_Z = 1.959964  # of the normal distribution, 95 % lie nearer to the mean than so many deviations
_CELLS = 500_000  # most weights held at a time
_ROUNDING = 1e-12  # sums of the same floats in another order may differ by this


@dataclass(frozen=True, slots=True)
class Difference:
    """The second run's figure less the first's, and what chance would make of it."""

    first: float
    second: float
    difference: float
    low: float  # 95 % interval of the difference
    high: float
    p: float  # two-sided: how often tossing alone gives a difference as large
    is_exact: bool  # p counts every way to toss, not a sample of them


@dataclass(frozen=True, slots=True)
class Figures:
    """What one statistic gives: the figures' names and, for each, the groups that do not score alike in both runs.

    Tossing the answers of the other groups changes nothing.
    """

    names: tuple[str, ...]
    changed: tuple[Groups, ...]
    statistic: Statistic


def differences(
    figures: Sequence[Figures], group_count: int, seed: int = 0, draws: int | None = None
) -> dict[str, Difference]:
    """The difference of each figure between two runs, by name; the same seed gives the same numbers."""
    draws = draws or max(_LEAST_DRAWS, min(DRAWS, _MOST_DRAWN // group_count))
    rng = np.random.default_rng(seed)
    drawn = _gather(figures, ((None, weights, weights, None) for weights in _drawn(rng, group_count, draws)))
    tossed = _tossed_differences(figures, group_count, rng, draws)
    ones = np.ones((1, group_count))
    found: dict[str, Difference] = {}
    for each in figures:
        values = zip(each.statistic(ones, None)[0], each.statistic(None, ones)[0], strict=True)
        for name, changed, (first, second) in zip(each.names, each.changed, values, strict=True):
            low, high = _percentile_interval(drawn[name])
            is_exact = len(changed) <= EXACT_GROUPS
            p = _p_value(tossed[name], float(second - first), is_exact)
            found[name] = Difference(float(first), float(second), float(second - first), low, high, p, is_exact)
    return found


def mean_statistic(first: Sequence[Floats], second: Sequence[Floats], groups: Groups) -> Statistic:
    """The mean of each score over the questions that have it; NaN marks those that have not."""
    of_first, of_second = _by_group(first, groups), _by_group(second, groups)

    def statistic(first_weights: Floats | None, second_weights: Floats | None) -> Floats:
        pairs = ((first_weights, of_first), (second_weights, of_second))
        both = sum((weights @ of for weights, of in pairs if weights is not None), np.zeros(1))
        sums, sizes = np.hsplit(both, 2)
        return np.divide(sums, sizes, out=np.full_like(sums, np.nan), where=sizes > 0)

    return statistic


def changed_groups(first: Floats, second: Floats, groups: Groups) -> Groups:
    """The groups with a question whose score, or lack of one, is not the same in both runs."""
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    return np.unique(groups[~same])


def interval_of_mean(values: Floats, groups: Groups) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of the values, whole groups drawn."""
    by_group = _by_group([values], groups)
    drawn = _drawn(np.random.default_rng(0), len(by_group), DRAWS)
    sums, sizes = np.concatenate([weights @ by_group for weights in drawn]).T
    return _percentile_interval(sums / sizes)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for having looked at all of them, in the order given; each at least what it was.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none may fall below the one before it.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    least = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = least
    return corrected


def wilson_interval(right: int, of: int) -> tuple[float, float]:
    """95 % interval of a share that `right` of `of` independent trials came out with; (0, 1) without trials."""
    if of == 0:
        return 0.0, 1.0
    share, spread = right / of, _Z * _Z / of
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def _tossed_differences(
    figures: Sequence[Figures], group_count: int, rng: np.random.Generator, draws: int
) -> dict[str, Floats]:
    """Each figure's differences under the null hypothesis: over all tosses where few groups differ, else over some."""
    tossed: dict[str, Floats] = {}
    if any(len(changed) > EXACT_GROUPS for each in figures for changed in each.changed):
        tossed = _gather(figures, (_swapped(kept) for kept in _tossed(rng, group_count, draws)))
    for each in figures:
        alike: dict[bytes, list[str]] = {}  # figures of the same groups need going through their tosses only once
        of_groups = {changed.tobytes(): changed for changed in each.changed if len(changed) <= EXACT_GROUPS}
        for name, changed in zip(each.names, each.changed, strict=True):
            alike.setdefault(changed.tobytes(), []).append(name)
        for key, changed in of_groups.items():
            every = _gather([each], (_swapped(kept) for kept in _all_tosses(changed, group_count)))
            tossed |= {name: every[name] for name in alike[key]}
    return tossed


def _swapped(kept: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Weights of both runs where a group's answers are kept (1) or swapped (0): the second run's, then the first's."""
    return 1 - kept, kept, kept, 1 - kept


def _gather(
    figures: Sequence[Figures],
    weights: Iterator[tuple[Floats | None, Floats | None, Floats | None, Floats | None]],
) -> dict[str, Floats]:
    """Each figure over all draws: its value under the first pair of weights less that under the other pair."""
    parts: list[list[Floats]] = [[] for _ in figures]
    for a, b, c, d in weights:
        for each, found in zip(figures, parts, strict=True):
            found.append(each.statistic(a, b) - each.statistic(c, d))
    return {
        name: column
        for each, found in zip(figures, parts, strict=True)
        for name, column in zip(each.names, np.concatenate(found).T, strict=True)
    }


def _by_group(columns: Sequence[Floats], groups: Groups) -> Floats:
    """(groups, 2 × columns): the sum of each column's values in each group, then how many there are, NaN left out."""
    count = int(groups.max()) + 1
    sums = [np.bincount(groups, weights=np.nan_to_num(values), minlength=count) for values in columns]
    sizes = [np.bincount(groups, weights=~np.isnan(values), minlength=count) for values in columns]
    return np.stack([*sums, *sizes], axis=1).astype(np.float64)


def _drawn(rng: np.random.Generator, count: int, draws: int) -> Iterator[Floats]:
    """How often each of `count` groups is drawn in `count` draws with replacement; `draws` rows, some at a time."""
    for rows in _portions(count, draws):
        places = rng.integers(0, count, (rows, count)) + np.arange(rows)[:, None] * count
        yield np.bincount(places.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def _tossed(rng: np.random.Generator, count: int, draws: int) -> Iterator[Floats]:
    """Zeros and ones at random: whether a group's answers keep their run; `draws` rows, some at a time."""
    for rows in _portions(count, draws):
        yield rng.integers(0, 2, (rows, count), dtype=np.int8).astype(np.float64)


def _all_tosses(changed: Groups, count: int) -> Iterator[Floats]:
    """Every way to toss the changed groups, a row each, some at a time; the other groups keep their run."""
    begun = 0
    for rows in _portions(count, 2 ** len(changed)):
        ways = np.arange(begun, begun + rows)
        tosses = np.ones((rows, count))
        tosses[:, changed] = (ways[:, None] >> np.arange(len(changed))) & 1
        begun += rows
        yield tosses


def _portions(count: int, draws: int) -> Iterator[int]:
    most = max(1, _CELLS // max(count, 1))
    for begun in range(0, draws, most):
        yield min(most, draws - begun)


def _percentile_interval(values: Floats) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _p_value(tossed: Floats, observed: float, exact: bool) -> float:
    """Share of the tosses that give a difference as large as the observed one, in either direction."""
    known = tossed[~np.isnan(tossed)]
    if math.isnan(observed) or not len(known):
        return 1.0
    as_large = int(np.count_nonzero(np.abs(known) >= abs(observed) - _ROUNDING))
    # the toss that came about is itself one of all; a sample of tosses does not hold it, so it is added
    return as_large / len(known) if exact else (as_large + 1) / (len(known) + 1)
