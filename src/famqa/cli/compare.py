"""`famqa compare`: which of two runs is better, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from famqa.cli.common import JsonOption, err, out, print_json
from famqa.terminal import say

if TYPE_CHECKING:
    from famqa.evaluation.compare import Comparison, MetricDifference, Turned

commands = typer.Typer()

_LISTED = 20
_ANSWER_CHARS = 160


@commands.command()
def compare(
    run_a: Annotated[Path, typer.Argument(metavar="A", help="Folder of a run (famqa eval --out).", show_default=False)],
    run_b: Annotated[Path, typer.Argument(metavar="B", help="Folder of another run.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Say which of two runs over the same questions is better, and whether that is chance."""
    from famqa.evaluation.compare import compare as compare_runs
    from famqa.evaluation.run_folder import read_run

    with err.status("comparing"):
        found = compare_runs(read_run(run_a), read_run(run_b))
    if as_json:
        print_json(asdict(found))
        return
    for warning in found.warnings:
        say(err, f"note: {warning}")
    _print(found)


def _print(found: Comparison) -> None:
    say(out, found.verdict, style="bold")
    out.print()
    grouped = "" if found.groups == found.questions else f" in {found.groups} dialogues and single questions"
    say(out, f"A {found.a}\nB {found.b}\n{found.questions} questions{grouped}")
    out.print()
    differing = [metric for metric in found.metrics if not metric.is_same]
    if differing:
        out.print(_table(differing))
        if any(metric.is_significant for metric in differing):
            out.print("* beyond chance")
    if same := [metric.name for metric in found.metrics if metric.is_same]:
        say(out, f"the same in both: {', '.join(same)}")
    if found.latency is not None:
        time = found.latency
        say(
            out,
            f"\na question takes {time.a_median_ms:.0f} ms in A and {time.b_median_ms:.0f} ms in B (medians); "
            f"B takes {time.ratio:.2f} times as long (95 % from {time.low:.2f} to {time.high:.2f})",
        )
    _print_turned("won: right in B only", found.won)
    _print_turned("lost: right in A only", found.lost)


def _table(metrics: Sequence[MetricDifference]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("  figure", no_wrap=True)
    for name in ("of", "A", "B", "B - A", "95 %", "p", "Holm"):
        table.add_column(name, justify="right", no_wrap=True)
    for metric in metrics:
        a, b, more, low, high = metric.shown()
        name = f"* {metric.name}" if metric.is_significant else f"  {metric.name}"
        row = (str(metric.questions), a, b, more, f"{low} .. {high}", _p(metric.p), _p(metric.p_holm))
        table.add_row(name, *row)
    return table


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _print_turned(title: str, turned: tuple[Turned, ...]) -> None:
    out.print(f"\n{title}: {len(turned)}")
    for each in turned[:_LISTED]:
        place = f"{each.id}, turn {each.turn}" if each.turn else each.id
        cause = f" ({each.cause})" if each.cause else ""
        say(out, f"  {place}: {each.question}{cause}")
        given = f"      A {_shortened(each.a)}\n      B {_shortened(each.b)}"
        say(out, given, style="dim")
    if len(turned) > _LISTED:
        out.print(f"  and {len(turned) - _LISTED} more; --json lists all")


def _shortened(answer: str) -> str:
    if not answer:
        return "(refused)"
    flat = " ".join(answer.split())
    return flat if len(flat) <= _ANSWER_CHARS else f"{flat[: _ANSWER_CHARS - 1]}…"
