"""Two runs over the same questions: what differs, by how much, and whether chance would do the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from famqa.answering import ANSWERED
from famqa.errors import FamqaError
from famqa.evaluation.compare_confidence import STATISTICS, Answers
from famqa.evaluation.metric_names import LESS_IS_BETTER, NEITHER_IS_BETTER, ORDER
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

SIGNIFICANT = 0.05  # after Holm's correction
_NAMED = 5  # ids named in a message
_TOLD_APART = ("questions_file", "started", "elapsed_s", "asking_s", "questions", "finished", "left_out", "settings")

Key = tuple[str, int]  # id and turn


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


def compare(a: RunFolder, b: RunFolder, seed: int = 0) -> Comparison:
    """The runs' differences. Raises `FamqaError` where they are not over the same questions."""
    pairs = _paired(a, b)
    groups = _groups(pairs)
    metrics = _metric_differences(pairs, groups, seed)
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
        latency=_latency(pairs, groups, seed),
        won=won,
        lost=lost,
        warnings=tuple(_warnings(a, b)),
    )


def verdict(metrics: Sequence[MetricDifference], won: int, lost: int) -> str:
    """What the comparison comes to, in a sentence or two."""
    better = [_told(metric) for metric in metrics if metric.is_significant and metric.better == "B"]
    worse = [_told(metric) for metric in metrics if metric.is_significant and metric.better == "A"]
    other = [_told(metric) for metric in metrics if metric.is_significant and not metric.better]
    parts = [
        f"B {verb} {_enumerated(told)}"
        for verb, told in (("is better in", better), ("is worse in", worse), ("differs in", other))
        if told
    ]
    if not won and not lost and not parts:
        turned = "Every question that one run gets right the other gets right too."
    else:
        turned = (
            f"B gets {_questions(won)} right that A gets wrong, and gets {_questions(lost)} wrong that A gets right."
        )
    if not parts:
        return f"No difference is beyond chance. {turned}"
    return f"{'; '.join(parts)}; no other difference is beyond chance. {turned}"


def in_points(name: str) -> bool:
    """Whether a figure is a share from 0 to 1, whose differences are told in percentage points."""
    return name != "citations_per_answer"


def _told(metric: MetricDifference) -> str:
    scale, unit = (100.0, " points") if in_points(metric.name) else (1.0, "")
    digits = 1 if in_points(metric.name) else 2
    shown, low, high = (f"{value * scale:+.{digits}f}" for value in (metric.difference, metric.low, metric.high))
    return f"{metric.name} ({shown}{unit}, 95 % from {low} to {high}, {p_told(metric.p_holm)} after Holm)"


def p_told(p: float) -> str:
    """ "p = 0.004", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _enumerated(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _questions(number: int) -> str:
    return f"{number} question{'' if number == 1 else 's'}"


def _metric_differences(pairs: list[tuple[Row, Row]], groups: Groups, seed: int) -> list[MetricDifference]:
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
    found = differences(figures, int(groups.max()) + 1, seed)
    # a figure that is alike for every question cannot come out as a difference, and counts for nothing (Tarone 1990)
    tested = [name for name in found if len(changed[name])]
    corrected = dict(zip(tested, holm([found[name].p for name in tested]), strict=True))
    return [
        _metric_difference(name, found[name], corrected.get(name, 1.0), columns[name])
        for name in sorted(found, key=_place_in_order)
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


def _place_in_order(name: str) -> tuple[int, str]:
    """For sorting: in their usual order, unknown ones last."""
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


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


def _latency(pairs: list[tuple[Row, Row]], groups: Groups, seed: int) -> LatencyRatio | None:
    times = np.array([[float(row.get("latency_ms") or 0.0) for row in pair] for pair in pairs])
    asked = (times > 0).all(axis=1)
    if not asked.any():
        return None
    log_ratios = np.log(times[asked, 1] / times[asked, 0])
    numbers = np.unique(groups[asked], return_inverse=True)[1]
    low, high = interval_of_mean(log_ratios, numbers, seed)
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


def _paired(a: RunFolder, b: RunFolder) -> list[tuple[Row, Row]]:
    """The rows of both runs by question, in A's order. Raises `FamqaError` saying how the questions differ."""
    in_a, in_b = ({_key(row): row for row in run.scores} for run in (a, b))
    if not in_a:
        raise FamqaError(f"{a.path}: there is no question in the run; run famqa eval again")
    only_a = [key for key in in_a if key not in in_b]
    only_b = [key for key in in_b if key not in in_a]
    altered = [key for key in in_a if key in in_b and _asked(in_a[key]) != _asked(in_b[key])]
    if only_a or only_b or altered:
        digests = [str(run.run.get("questions_sha256", "unknown"))[:12] for run in (a, b)]
        same = digests[0] == digests[1]
        how = [
            f"the same file (sha256 {digests[0]})" if same else f"sha256 {digests[0]} in A, {digests[1]} in B",
            *(
                f"{len(keys)} {what}: {_listed(keys)}"
                for keys, what in ((only_a, "only in A"), (only_b, "only in B"), (altered, "not alike in both"))
                if keys
            ),
        ]
        raise FamqaError(
            f"{a.path} and {b.path} are over different questions ({'; '.join(how)}); compare runs of the same questions"
        )
    return [(row, in_b[key]) for key, row in in_a.items()]


def _key(row: Row) -> Key:
    return str(row["id"]), int(row.get("turn") or 0)


def _asked(row: Row) -> tuple[Any, ...]:
    """What the question is and what is right: what must be the same in both runs."""
    return tuple(row.get(field) or None for field in ("question", "answerable", "expected", "all_of"))


def _listed(keys: Sequence[Key]) -> str:
    shown = ", ".join(f"{key} (turn {turn})" if turn else key for key, turn in keys[:_NAMED])
    return shown + (f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else "")


def _warnings(a: RunFolder, b: RunFolder) -> list[str]:
    """What else than the answers differs between the runs, a line each."""
    found: list[str] = []
    if a.run.get("questions_sha256") != b.run.get("questions_sha256"):
        found.append("the question files differ, though every question and its answers are the same")
    for name in sorted((a.run.keys() | b.run.keys()) - {*_TOLD_APART, "questions_sha256"}):
        if (one := a.run.get(name)) != (other := b.run.get(name)):
            found.append(f"{name} differs: {_short(one)} in A, {_short(other)} in B")
    settings_a, settings_b = (run.run.get("settings") or {} for run in (a, b))
    for name in sorted(settings_a.keys() | settings_b.keys()):
        if (one := settings_a.get(name)) != (other := settings_b.get(name)):
            found.append(f"setting {name} differs: {_short(one)} in A, {_short(other)} in B")
    return found


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
