"""The figures of a run from its rows: means over the questions that each metric applies to, in all and in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean, median

from famqa.answering import ANSWERED
from famqa.evaluation.confidence_metrics import aurc, ece, reliability, risk_coverage
from famqa.evaluation.metric_names import ORDER
from famqa.evaluation.metrics import percentile
from famqa.evaluation.run_folder import Row

LATENCIES = ("latency_median_ms", "latency_p95_ms", "latency_p99_ms")
"""The latencies as a gate names them, in the order of `latency_ms`."""


def measure(rows: Sequence[Row], left_out: int = 0) -> Row:
    """The contents of `metrics.json` from the rows of `scores.jsonl`."""
    metrics, counts = _metrics(rows)
    answers = _given(rows)
    latencies = [row["latency_ms"] for row in rows]
    types = sorted({row["type"] for row in rows})
    documents = sorted({doc_id for row in rows for doc_id in row["documents"]})
    causes = Counter(row["cause"] for row in rows if row["cause"])
    return {
        "questions": len(rows),
        "answerable": sum(row["answerable"] for row in rows),
        "left_out": left_out,
        "metrics": metrics,
        "counts": counts,
        "by_type": {name: _part(row for row in rows if row["type"] == name) for name in types},
        "by_document": {name: _part(row for row in rows if name in row["documents"]) for name in documents},
        "causes": dict(causes.most_common()),
        "risk_coverage": [list(point) for point in risk_coverage(answers, len(rows))],
        "reliability": reliability(answers),
        "latency_ms": {
            "median": median(latencies) if rows else 0.0,
            "p95": percentile(latencies, 0.95) if rows else 0.0,
            "p99": percentile(latencies, 0.99) if rows else 0.0,
        },
    }


def gated(measured: Row) -> dict[str, float]:
    """Every figure that a gate can name, by name: the metrics and the latencies."""
    latencies = zip(LATENCIES, measured["latency_ms"].values(), strict=True)
    return {**measured["metrics"], **dict(latencies)}


def _metrics(rows: Sequence[Row]) -> tuple[dict[str, float], dict[str, int]]:
    """Each metric that applies to any of the rows, and to how many."""
    values: dict[str, float] = {}
    counts: dict[str, int] = {}
    for name in ORDER:
        found = [row["scores"][name] for row in rows if name in row["scores"]]
        if found:
            values[name], counts[name] = fmean(found), len(found)
    answers = _given(rows)
    if answers:
        values |= {"aurc": aurc(answers), "ece": ece(answers)}
        counts |= {"aurc": len(answers), "ece": len(answers)}
    return {name: values[name] for name in ORDER if name in values}, counts


def _part(rows: Iterable[Row]) -> Row:
    part = list(rows)
    return {"questions": len(part), "metrics": _metrics(part)[0]}


def _given(rows: Sequence[Row]) -> list[tuple[float, bool]]:
    return [(row["confidence"], row["right"]) for row in rows if row["status"] == ANSWERED]
