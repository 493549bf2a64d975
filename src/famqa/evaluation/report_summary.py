"""The upper half of the report, for whoever has a minute: the verdict in words, the main figures, the plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from famqa.answering import ANSWERED
from famqa.evaluation import plots
from famqa.evaluation.metric_names import ANSWER, CAUSES, REFUSE
from famqa.evaluation.run_folder import Row, RunFolder
from famqa.evaluation.significance import wilson_interval

_PLOTTED_TYPES = 16
_NAMED_DOCUMENTS = 2
_SPACE = "\u00a0"  # between a figure and its unit, so that no line breaks there


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many questions went which way."""

    answerable: int
    right: int  # answerable and answered rightly
    wrong: int  # answerable and answered wrongly
    refused: int  # answerable and refused
    unanswerable: int
    rightly_refused: int

    @property
    def all_right(self) -> int:
        return self.right + self.rightly_refused

    @property
    def invented(self) -> int:
        """Unanswerable and answered all the same."""
        return self.unanswerable - self.rightly_refused

    @property
    def questions(self) -> int:
        return self.answerable + self.unanswerable


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, what it is, and what else to know about it."""

    figure: str
    what: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with its heading and how to read it."""

    title: str
    told: str
    svg: str


def count(scores: Sequence[Row]) -> Outcomes:
    """The outcomes of the rows of `scores.jsonl`."""
    answerable = [row for row in scores if row["answerable"]]
    right = sum(bool(row["right"]) for row in answerable)
    refused = sum(row["status"] != ANSWERED and not row["right"] for row in answerable)
    return Outcomes(
        answerable=len(answerable),
        right=right,
        wrong=len(answerable) - right - refused,
        refused=refused,
        unanswerable=len(scores) - len(answerable),
        rightly_refused=sum(bool(row["right"]) for row in scores if not row["answerable"]),
    )


def asked(run: RunFolder) -> list[str]:
    """What was asked of what and when, in parts."""
    stated = run.run
    parts = [f"{plural(len(run.scores), 'question')} of {Path(str(stated.get('questions_file', 'a file'))).name}"]
    if documents := sorted(run.metrics.get("by_document") or {}):
        named = len(documents) <= _NAMED_DOCUMENTS
        parts.append(f"about {' and '.join(documents) if named else plural(len(documents), 'document')}")
    if when := _when(stated.get("started")):
        parts.append(when)
    if isinstance(seconds := stated.get("elapsed_s"), (int, float)):
        parts.append(f"took {_duration(float(seconds))}")
    return parts


def headline(found: Outcomes) -> str:
    """The verdict in one sentence."""
    if found.answerable:
        of = plural(found.answerable, "answerable question")
        return f"{_none(found.right)} of {of} {_were(found.right)} answered rightly."
    of = plural(found.unanswerable, "unanswerable question")
    return f"{_none(found.rightly_refused)} of {of} {_were(found.rightly_refused)} refused, as is right."


def sentences(found: Outcomes, run: RunFolder) -> list[str]:
    """What a reader in a hurry should know beside the headline."""
    told: list[str] = []
    if found.answerable:
        told.append(
            f"{_none(found.refused)} {_were(found.refused)} refused though the documents answer "
            f"{'it' if found.refused == 1 else 'them'}, "
            f"{_none(found.wrong).lower()} {_were(found.wrong)} answered wrongly."
        )
    if found.unanswerable and found.answerable:
        told.append(
            f"Of {plural(found.unanswerable, 'question')} that the documents do not answer, "
            f"{_none(found.rightly_refused).lower()} {_were(found.rightly_refused)} refused, as is right, and "
            f"{_none(found.invented).lower()} {_were(found.invented)} answered all the same."
        )
    if (verbatim := metric(run, "verbatim")) is not None:
        told.append(
            "Every citation is, character for character, what the document says."
            if verbatim == 1
            else f"{_digits(1 - verbatim)} of the citations are not what the documents say, which must never be."
        )
    if (counted := causes(run)) and (counted[0][1] > 1 or len(counted) == 1):
        told.append(_main_cause(counted))
    if number := len(run.run.get("left_out") or []):
        told.append(f"{plural(number, 'row')} of the question file could not be used and {_were(number)} left out.")
    return told


def outcome_bar(found: Outcomes) -> Row:
    """One bar of all questions by outcome, and its parts as (what, how many, css class)."""
    parts = [
        ("answered rightly", found.right, "right"),
        ("refused, as is right", found.rightly_refused, "held"),
        ("refused, though answerable", found.refused, "refused"),
        ("answered wrongly", found.wrong, "wrong"),
        ("answered, though unanswerable", found.invented, "invented"),
    ]
    return {"svg": plots.stack("All questions by outcome", parts), "parts": [part for part in parts if part[1]]}


def tiles(found: Outcomes, run: RunFolder) -> Iterator[Tile]:
    """The main figures, the most telling first."""
    low, high = (percent(end) for end in wilson_interval(found.all_right, found.questions))
    share = percent(found.all_right / max(found.questions, 1))
    yield Tile(share, "right, over all questions", f"95{_SPACE}% interval: {low} to {high}")
    parts = [
        (found.right, found.answerable, "of the answerable answered rightly"),
        (found.refused, found.answerable, "of the answerable refused"),
        (found.rightly_refused, found.unanswerable, "of the unanswerable refused"),
    ]
    for part, of, what in parts:
        if of:
            yield Tile(percent(part / of), what, f"{part} of {of}")
    if (value := metric(run, "citation_precision")) is not None:
        yield Tile(percent(value), "of an answer's citations hold an expected answer")
    latency = run.metrics.get("latency_ms") or {}
    if latency.get("median") is not None:
        more = f"95 of 100 within {latency['p95']:.0f}{_SPACE}ms" if latency.get("p95") is not None else ""
        yield Tile(f"{latency['median']:.0f}{_SPACE}ms", "to an answer, at the median", more)


def all_plots(run: RunFolder) -> Iterator[Plot]:
    """The plots that the run has figures for."""
    if any(row.get("type") for row in run.scores):
        yield Plot("Right, by type of question", "How many were answered, or refused, as is right.", _type_plot(run))
    if points := [(float(x), float(y)) for x, y in run.metrics.get("risk_coverage") or []]:
        told = "How many of the answers would be wrong if only the surest were given. Lower is better."
        yield Plot("If only the surest were answered", told, plots.risk_coverage(points))
    if counted := causes(run):
        most = counted[0][1]
        rows = [plots.Bar(cause_words(name), number / most, str(number), "miss") for name, number in counted]
        told = "Where the questions are listed, a cause can be chosen to see its misses."
        yield Plot("Why the misses were missed", told, plots.bars("Causes of misses", rows))
    bins = [
        plots.Bin(float(each["mean_confidence"]), float(each["share_right"]), int(each["questions"]))
        for each in run.metrics.get("reliability") or []
    ]
    if bins:
        told = "A dot a tenth of confidence, larger for more answers. Above the line: too modest; below it: too sure."
        yield Plot("Can the confidence be believed?", told, plots.reliability(bins))
    if times := [float(row["latency_ms"]) for row in run.scores if row.get("latency_ms")]:
        latency = run.metrics.get("latency_ms") or {}
        names = (("median", "median"), ("95th percentile", "p95"))
        marks = [(name, float(latency[key])) for name, key in names if latency.get(key)]
        yield Plot(
            "Time to answer", "How many questions took how long.", plots.histogram(times, marks, "milliseconds", "ms")
        )


def causes(run: RunFolder) -> list[tuple[str, int]]:
    """Causes with the number of their misses, the most frequent first."""
    counted = Counter(cause for row in run.scores if (cause := cause_shown(row)))
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def cause_shown(row: Row) -> str:
    """The cause of a row's miss, "" without one; an answer where refusing was right is told from a false refusal."""
    cause = str(row.get("cause") or "")
    return ANSWER if cause == REFUSE and not row["answerable"] else cause


def cause_words(name: str) -> str:
    """ "Missed by search" for "search"."""
    return CAUSES[name][0] if name in CAUSES else name


def metric(run: RunFolder, name: str) -> float | None:
    """A figure of the run; None where it does not apply."""
    value = (run.metrics.get("metrics") or {}).get(name)
    return float(value) if isinstance(value, (int, float)) else None


def percent(share: float) -> str:
    """Whole percent."""
    return f"{share * 100:.0f}{_SPACE}%"


def plural(number: int, what: str) -> str:
    """ "1 question", "1,200 questions"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _main_cause(counted: Sequence[tuple[str, int]]) -> str:
    misses = sum(number for _, number in counted)
    name, number = counted[0]
    words, meaning = cause_words(name).lower(), CAUSES.get(name, ("", ""))[1]
    if number == misses:
        lead = f"The one miss was {words}" if misses == 1 else f"All {misses} misses were {words}"
    elif number * 2 > misses:
        lead = f"Most misses, {number} of {misses}, were {words}"
    else:
        lead = f"The largest part of the {misses} misses, {number}, {_were(number)} {words}"
    return f"{lead}: {meaning}." if meaning else f"{lead}."


def _type_plot(run: RunFolder) -> str:
    counted: dict[str, list[bool]] = {}
    for row in run.scores:
        counted.setdefault(row.get("type") or "no type", []).append(bool(row["right"]))
    ordered = sorted(counted.items(), key=lambda item: (-sum(item[1]) / len(item[1]), item[0]))
    rows = [plots.Bar(name, sum(of) / len(of), f"{sum(of)} of {len(of)}") for name, of in ordered]
    return plots.bars("Share right by type of question", rows[-_PLOTTED_TYPES:])  # the worst tell most


def _digits(share: float) -> str:
    """Percent with as many digits as it takes not to say 0."""
    return percent(share) if share >= 0.01 else f"{share * 100:.2g}{_SPACE}%"


def _when(stated: Any) -> str:
    try:
        time = datetime.fromisoformat(str(stated))
    except ValueError:
        return ""
    time = time.astimezone(UTC) if time.tzinfo else time
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f}{_SPACE}s"
    return f"{seconds / 60:.0f}{_SPACE}min" if seconds < 6000 else f"{seconds / 3600:.1f}{_SPACE}h"


def _none(number: int) -> str:
    return f"{number:,}" if number else "None"


def _were(number: int) -> str:
    return "was" if number <= 1 else "were"
