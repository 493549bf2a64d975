"""Two runs over the same questions: what differs, by how much, and whether chance would do the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from famqa.answering import ANSWERED
from famqa.evaluation.comparable import paired, warnings
from famqa.evaluation.compare_confidence import STATISTICS, Answers
from famqa.evaluation.metric_names import COUNTS, LESS_IS_BETTER, NEITHER_IS_BETTER, place_in_order
from famqa.evaluation.run_folder import Row, RunFolder
from famqa.evaluation.significance import (
    Difference,
    Figures,
    Floats,
    Groups,
    changed_groups,
    differences,
    holm,
    interval_of_mean,
    mean_statistic,
)
from famqa.terminal import count

SIGNIFICANT = 0.05  # after Holm's correction


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """One figure of both runs; `p_holm` is corrected for all figures that were looked at."""

    name: str
    questions: int  # that the figure is about, in either run
    a: float
    b: float
    difference: float  # b less a
    low: float  # 95 % bootstrap interval of the difference
    high: float
    p: float  # paired randomisation test, two-sided
    p_holm: float
    is_exact: bool
    better: str  # "A", "B", or "" where neither is, beyond chance, or where more is neither better nor worse

    @property
    def is_significant(self) -> bool:
        return self.p_holm < SIGNIFICANT

    @property
    def is_same(self) -> bool:
        """Nothing differs, nor would it with other questions of these."""
        return self.difference == self.low == self.high == 0

    @property
    def in_points(self) -> bool:
        """Whether it is a share from 0 to 1, whose differences are told in percentage points."""
        return self.name not in COUNTS

    def shown(self) -> tuple[str, str, str, str, str]:
        """Both figures, their difference and its interval, of a share in percent."""
        scale, digits = (100, 1) if self.in_points else (1, 2)
        a, b = (f"{value * scale:.{digits}f}" for value in (self.a, self.b))
        more, low, high = (f"{value * scale:+.{digits}f}" for value in (self.difference, self.low, self.high))
        return a, b, more, low, high


@dataclass(frozen=True, slots=True)
class LatencyRatio:
    """How much longer a question takes in B than in A: the geometric mean of the ratios, with its 95 % interval."""

    a_median_ms: float
    b_median_ms: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Turned:
    """A question that only one of the runs answered rightly, and why the other did not."""

    id: str
    turn: int
    question: str
    expected: tuple[str, ...]
    a: str  # answers given, "" for a refusal
    b: str
    cause: str  # of the run that missed it


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything `famqa compare` tells of the runs A and B."""

    a: str
    b: str
    questions: int
    groups: int  # questions and whole dialogues: what is drawn and tossed
    verdict: str
    metrics: tuple[MetricDifference, ...]
    latency: LatencyRatio | None
    won: tuple[Turned, ...]  # right in B only
    lost: tuple[Turned, ...]  # right in A only
    warnings: tuple[str, ...]


def compare(a: RunFolder, b: RunFolder) -> Comparison:
    """The runs' differences. Raises `FamqaError` where they are not over the same questions."""
    pairs = paired(a, b)
    groups = _groups(pairs)
    metrics = _metric_differences(pairs, groups)
    turned = [(_turned(one, other), bool(one["right"])) for one, other in pairs if one["right"] != other["right"]]
    won = tuple(each for each, right_in_a in turned if not right_in_a)
    lost = tuple(each for each, right_in_a in turned if right_in_a)
    return Comparison(
        a=str(a.path),
        b=str(b.path),
        questions=len(pairs),
        groups=int(groups.max()) + 1,
        verdict=verdict(metrics, len(won), len(lost)),
        metrics=tuple(metrics),
        latency=_latency(pairs, groups),
        won=won,
        lost=lost,
        warnings=tuple(warnings(a, b)),
    )


def verdict(metrics: Sequence[MetricDifference], won: int, lost: int) -> str:
    """What the comparison comes to, in a sentence or two."""
    parts = [
        f"B {verb} {_enumerated(told)}"
        for better, verb in (("B", "is better in"), ("A", "is worse in"), ("", "differs in"))
        if (told := [_told(metric) for metric in metrics if metric.is_significant and metric.better == better])
    ]
    if not won and not lost and not parts:
        turned = "Every question that one run gets right the other gets right too."
    else:
        turned = (
            f"B gets {count(won, 'question')} right that A gets wrong, "
            f"and gets {count(lost, 'question')} wrong that A gets right."
        )
    if not parts:
        return f"No difference is beyond chance. {turned}"
    return f"{'; '.join(parts)}; no other difference is beyond chance. {turned}"


def _told(metric: MetricDifference) -> str:
    _, _, more, low, high = metric.shown()
    unit = " points" if metric.in_points else ""
    return f"{metric.name} ({more}{unit}, 95 % from {low} to {high}, {p_told(metric.p_holm)} after Holm)"


def p_told(p: float) -> str:
    """ "p = 0.004", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _enumerated(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _metric_differences(pairs: list[tuple[Row, Row]], groups: Groups) -> list[MetricDifference]:
    columns = {name: (_column(name, pairs, 0), _column(name, pairs, 1)) for name in _names(pairs)}
    changed = {name: changed_groups(first, second, groups) for name, (first, second) in columns.items()}
    firsts, seconds = zip(*columns.values(), strict=True)
    figures = [Figures(tuple(columns), tuple(changed.values()), mean_statistic(firsts, seconds, groups))]
    answers = [_answers(pairs, side, groups) for side in (0, 1)]
    if all(np.isfinite(side.confidence).any() for side in answers):
        one, other = answers
        stated, wrong = (one.confidence, other.confidence), (one.wrong, other.wrong)
        either = np.union1d(changed_groups(*stated, groups), changed_groups(*wrong, groups))
        for name, statistic in STATISTICS.items():
            columns[name], changed[name] = stated, either
            figures.append(Figures((name,), (either,), statistic(one, other)))
    found = differences(figures, int(groups.max()) + 1)
    # a figure that is alike for every question cannot come out as a difference, and counts for nothing (Tarone 1990)
    tested = [name for name in found if len(changed[name])]
    corrected = dict(zip(tested, holm([found[name].p for name in tested]), strict=True))
    return [
        _metric_difference(name, found[name], corrected.get(name, 1.0), columns[name])
        for name in sorted(found, key=place_in_order)
    ]


def _metric_difference(name: str, found: Difference, p_holm: float, columns: tuple[Floats, Floats]) -> MetricDifference:
    return MetricDifference(
        name=name,
        questions=int(np.count_nonzero(~(np.isnan(columns[0]) & np.isnan(columns[1])))),
        a=found.first,
        b=found.second,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p=found.p,
        p_holm=p_holm,
        is_exact=found.is_exact,
        better=_better(name, found.difference) if p_holm < SIGNIFICANT else "",
    )


def _answers(pairs: list[tuple[Row, Row]], side: int, groups: Groups) -> Answers:
    """Confidence and truth of the answers that were given in one run."""
    rows = [pair[side] for pair in pairs]
    stated = [float(row["confidence"]) if row["status"] == ANSWERED else math.nan for row in rows]
    return Answers(np.array(stated), np.array([float(not row["right"]) for row in rows]), groups)


def _better(name: str, difference: float) -> str:
    if name in NEITHER_IS_BETTER:
        return ""
    return "B" if (difference > 0) != (name in LESS_IS_BETTER) else "A"


def _names(pairs: list[tuple[Row, Row]]) -> list[str]:
    """The scores that both runs have, whether or not a question is right among them."""
    in_a, in_b = ({name for pair in pairs for name in pair[side].get("scores", {})} for side in (0, 1))
    return sorted((in_a & in_b) | {"right"})


def _column(name: str, pairs: list[tuple[Row, Row]], side: int) -> Floats:
    """A figure of every question in one run; NaN where it does not apply."""
    rows = [pair[side] for pair in pairs]
    if name == "right":
        return np.array([float(row["right"]) for row in rows])
    return np.array([float(row.get("scores", {}).get(name, math.nan)) for row in rows])


def _latency(pairs: list[tuple[Row, Row]], groups: Groups) -> LatencyRatio | None:
    times = np.array([[float(row.get("latency_ms") or 0.0) for row in pair] for pair in pairs])
    asked = (times > 0).all(axis=1)
    if not asked.any():
        return None
    log_ratios = np.log(times[asked, 1] / times[asked, 0])
    numbers = np.unique(groups[asked], return_inverse=True)[1]
    low, high = interval_of_mean(log_ratios, numbers)
    return LatencyRatio(
        float(median(times[asked, 0])),
        float(median(times[asked, 1])),
        float(np.exp(log_ratios.mean())),
        math.exp(low),
        math.exp(high),
    )


def _turned(a: Row, b: Row) -> Turned:
    missed = b if a["right"] else a
    expected = a.get("expected") or ["; ".join(group[0] for group in a.get("all_of") or [] if group)]
    return Turned(
        id=str(a["id"]),
        turn=int(a.get("turn") or 0),
        question=str(a["question"]),
        expected=tuple(text for text in expected if text),
        a=str(a.get("answer") or ""),
        b=str(b.get("answer") or ""),
        cause=str(missed.get("cause") or ""),
    )


def _groups(pairs: list[tuple[Row, Row]]) -> Groups:
    """A number for each question; all turns of a dialogue share theirs."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(str(row["id"]), len(numbers)) for row, _ in pairs], dtype=np.intp)
