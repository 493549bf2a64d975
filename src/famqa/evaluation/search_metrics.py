"""How well a ranking finds what is relevant: recall, reciprocal rank and nDCG, as trec_eval defines them.

A ranking is the list of its items' grades, best item first: 0 for one that is not relevant. `grades` lists those of
all relevant items, found or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def success(ranking: Sequence[int], cutoff: int) -> float:
    """1.0 if a relevant item is among the first `cutoff`, else 0.0."""
    return float(any(grade > 0 for grade in ranking[:cutoff]))


def recall(ranking: Sequence[int], grades: Sequence[int], cutoff: int) -> float:
    """Share of the relevant items that are among the first `cutoff`; there must be at least one."""
    return sum(grade > 0 for grade in ranking[:cutoff]) / sum(grade > 0 for grade in grades)


def reciprocal_rank(ranking: Sequence[int]) -> float:
    """1 / rank of the first relevant item, 0.0 if none was found."""
    return next((1 / rank for rank, grade in enumerate(ranking, 1) if grade > 0), 0.0)


def ndcg(ranking: Sequence[int], grades: Sequence[int], cutoff: int) -> float:
    """Discounted cumulative gain of the first `cutoff`, as a share of the best possible; gain is the grade itself.

    Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", TOIS 2002.
    """
    return _dcg(ranking[:cutoff]) / _dcg(sorted(grades, reverse=True)[:cutoff])


def _dcg(grades: Sequence[int]) -> float:
    return sum(max(grade, 0) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))
