"""Limits that a run must keep, and a JUnit file for systems that build and test."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from famqa.errors import FamqaError
from famqa.evaluation.metric_names import COUNTS, ORDER
from famqa.evaluation.run_folder import Row
from famqa.evaluation.summary import LATENCIES, gated

NAMES = (*ORDER, *LATENCIES)
"""What a limit can be about."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A metric and the value that it must not be under, or not over."""

    metric: str
    value: float
    is_least: bool  # else it is the most

    def __str__(self) -> str:
        return f"{self.metric} {'>=' if self.is_least else '<='} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A limit with the value that was measured; `value` is None where the metric applies to none of the questions."""

    limit: Limit
    value: float | None

    @property
    def is_met(self) -> bool:
        """Whether the value keeps the limit; no value keeps none."""
        if self.value is None:
            return False
        return self.value >= self.limit.value if self.limit.is_least else self.value <= self.limit.value

    def __str__(self) -> str:
        if self.value is None:
            return f"gate failed: {self.limit}: none of the questions is one that it applies to"
        if self.is_met:
            return f"gate passed: {self.limit}: it is {self.value:.4f}"
        way = "under" if self.limit.is_least else "over"
        return f"gate failed: {self.limit}: it is {self.value:.4f}, {abs(self.value - self.limit.value):.4f} {way}"

    def as_dict(self) -> Row:
        return {"limit": str(self.limit), "value": self.value, "met": self.is_met}


def parse(under: Sequence[str], over: Sequence[str]) -> list[Limit]:
    """The limits of the flags, such as "f1=0.70". Raises `FamqaError` naming the flag and what it could say."""
    return [
        _limit(text, flag, is_least)
        for flag, texts, is_least in (("--fail-under", under, True), ("--fail-over", over, False))
        for text in texts
    ]


def check(limits: Sequence[Limit], measured: Row) -> list[Verdict]:
    """Each limit against the contents of metrics.json."""
    values = gated(measured)
    return [Verdict(limit, values.get(limit.metric)) for limit in limits]


def _limit(text: str, flag: str, is_least: bool) -> Limit:
    name, sign, stated = text.partition("=")
    name = name.strip()
    if not sign:
        raise FamqaError(f"{flag} {text}: write METRIC=VALUE, such as {flag} f1=0.70")
    if name not in NAMES:
        raise FamqaError(f"{flag} {text}: there is no metric '{name}'; there are {', '.join(NAMES)}")
    try:
        value = float(stated)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FamqaError(f"{flag} {text}: '{stated}' is no number; write one such as 0.70")
    if name not in LATENCIES and name not in COUNTS and not 0 <= value <= 1:
        raise FamqaError(f"{flag} {text}: {name} is a share from 0 to 1; write 0.7 for 70 %")
    return Limit(name, value, is_least)


def write_junit(path: Path, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> None:
    """A test case a question, failed where the answer is wrong, and one a limit. Raises `FamqaError`."""
    suites = ET.Element("testsuites", name="famqa eval")
    _suite(suites, "questions", [_case(row) for row in rows])
    if verdicts:
        _suite(suites, "gate", [_gate_case(verdict) for verdict in verdicts])
    ET.indent(suites)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ET.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise FamqaError(f"{path}: {error.strerror}; name another file with --junit") from None


def _suite(suites: ET.Element, name: str, cases: Sequence[ET.Element]) -> None:
    failures = sum(case.find("failure") is not None for case in cases)
    seconds = sum(float(case.get("time", "0")) for case in cases)
    suite = ET.SubElement(
        suites, "testsuite", name=name, tests=str(len(cases)), failures=str(failures), errors="0", time=f"{seconds:.3f}"
    )
    suite.extend(cases)


def _case(row: Row) -> ET.Element:
    turn = f" turn {row['turn']}" if row.get("turn") else ""
    case = ET.Element(
        "testcase",
        classname=_xml(f"famqa.{row['type'] or 'question'}"),
        name=_xml(f"{row['id']}{turn}: {row['question']}"),
        time=f"{row['latency_ms'] / 1000:.3f}",
    )
    if not row["right"]:
        failure = ET.SubElement(
            case, "failure", type=row["cause"], message=_xml(f"{row['cause']}: {row['cause_evidence']}")
        )
        expected = "; ".join(row["expected"]) or "; ".join(group[0] for group in row["all_of"])
        given = row["answer"] if row["status"] == "answered" else "(no answer)"
        failure.text = _xml(f"expected: {expected if row['answerable'] else '(no answer)'}\ngiven: {given}")
    return case


def _gate_case(verdict: Verdict) -> ET.Element:
    case = ET.Element("testcase", classname="famqa.gate", name=str(verdict.limit), time="0")
    if not verdict.is_met:
        ET.SubElement(case, "failure", type="gate", message=str(verdict))
    return case


def _xml(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return "".join(
        c if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd"
        for c in text
    )
