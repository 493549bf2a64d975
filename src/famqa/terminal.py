"""What a terminal shows while an index is built, and what was done: shared by the commands and the page's start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from famqa import indexing, planning
    from famqa.assistant import Assistant
    from famqa.settings import Settings


def open_assistant(settings: Settings, console: Console) -> Assistant:
    """An assistant over an index that is up to date; says on `console` what had to be done for that.

    An index that was rolled back to is used as it is: whoever went back wants to see what is there.
    """
    from famqa.assistant import Assistant
    from famqa.errors import IndexError_
    from famqa.generations import current_name, is_rolled_back
    from famqa.indexing import update

    with suppress(IndexError_):  # none, or a damaged one: both are mended by the update
        if is_rolled_back(settings.index):
            name = current_name(settings.index)
            assistant = Assistant(settings)
            line = f"the index was rolled back to {name} and is used as it is; famqa index goes by the folder again"
            say(console, line)
            return assistant
    started = time.perf_counter()
    with indexing_progress(console) as progress:
        report = update(settings, progress=progress, wait_seconds=600)
    if not report.plan.is_up_to_date:
        say(console, summary(report, time.perf_counter() - started))
        print_failures(report, console)
    return Assistant(settings)


def say(console: Console, line: str, style: str = "") -> None:
    """Prints a text as it stands: nothing in it is markup, and the terminal breaks its lines."""
    console.print(Text(line, style=style), soft_wrap=True)


@contextmanager
def progress_bars(console: Console) -> Iterator[Progress]:
    """Bars that go away when they are done; nothing at all where the console is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield bars


@contextmanager
def indexing_progress(console: Console) -> Iterator[indexing.Progress]:
    """A function that shows each step of indexing as a bar."""
    with progress_bars(console) as bars:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield report


def summary(report: indexing.Report, seconds: float) -> str:
    """One line: what was built and why, or that there was nothing to do."""
    plan = report.plan
    counts = f"{count(report.documents, 'document')}, {count(report.passages, 'passage')}"
    if plan.is_up_to_date:
        return f"index is up to date: {counts}"
    failed = {failure.doc_id for failure in report.failed}
    parts = [f"{len(done)} {name}" for name, ids in changes(plan) if (done := [i for i in ids if i not in failed])]
    why = f" ({plan.reason})" if plan.reason else ""
    return (
        f"index built in {seconds:.1f} s{why}: {', '.join(parts) or 'no document changed'}; {counts}, "
        f"{report.embedded} embedded, {report.kept} kept; generation {report.generation}"
    )


def print_failures(report: indexing.Report, console: Console) -> None:
    """A line for each file that is not in the index."""
    for failure in report.failed:
        say(console, f"not indexed: {failure.reason}")


def plan_lines(plan: planning.Plan) -> list[str]:
    """What an update would do, a line each, and what is worth knowing before it."""
    lines = [plan.reason] if plan.reason else []
    for name, doc_ids in changes(plan):
        if name == "moved":
            lines += [f"{name:8} {move.old} to {move.new}" for move in plan.moved]
        else:
            lines += [f"{name:8} {doc_id}" for doc_id in doc_ids]
    lines += [f"unusable {failure.reason}" for failure in plan.failed]
    lines += plan.remarks
    if plan.is_up_to_date:
        return [*lines, "up to date with the folder"]
    return lines


def forecast_line(forecast: indexing.Forecast) -> str:
    """What a build would embed and how long it may take."""
    vectors = f"{count(forecast.to_embed, 'passage')} to embed, {forecast.kept} of {forecast.passages} vectors kept"
    if forecast.seconds is None:
        return f"{vectors}; nothing was embedded here yet that would tell how long it takes"
    return f"{vectors}; about {duration(forecast.seconds)} by the pace of the last build"


def duration(seconds: float) -> str:
    """ "4 s", "3 min", "2.5 h": as exact as a guess may look."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def changes(plan: planning.Plan) -> list[tuple[str, tuple[str, ...]]]:
    """The kinds of change with the documents they concern, a moved one by its new id."""
    moved = tuple(move.new for move in plan.moved)
    return [("added", plan.added), ("changed", plan.changed), ("removed", plan.removed), ("moved", moved)]


def count(number: int, what: str) -> str:
    """ "1 passage", "2 passages"."""
    return f"{number} {what}{'' if number == 1 else 's'}"
