"""The index's life on the command line: build, look, check, go back."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.settings import load_settings
from famqa.terminal import say

if TYPE_CHECKING:
    from famqa import indexing
    from famqa.generations import Kept

commands = typer.Typer()


@commands.command()
def index(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be done.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Build everything anew.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Publish nothing if a file cannot be indexed.")] = False,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for another build.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to date with its folder of documents."""
    from famqa import indexing
    from famqa.errors import UnusableFilesError

    settings = load_settings(corpus=corpus, index=index)
    if plan:
        with terminal.indexing_progress(err) as progress:
            forecast = indexing.forecast(settings, full, progress)
        if as_json:
            costs = {"passages": forecast.passages, "to_embed": forecast.to_embed, "kept": forecast.kept}
            print_json({**asdict(forecast.pending), **costs, "seconds": forecast.seconds})
        else:
            _print_forecast(forecast)
        if strict and forecast.failed:
            raise typer.Exit(1)
        return
    started = time.perf_counter()
    try:
        with terminal.indexing_progress(err) as progress:
            report = indexing.update(settings, full, progress, wait, strict)
    except UnusableFilesError as error:
        for reason in error.reasons:
            say(err, f"not indexed: {reason}")
        say(err, f"famqa: {error}")
        raise typer.Exit(1) from None
    if as_json:
        print_json(asdict(report))
    else:
        say(out, terminal.summary(report, time.perf_counter() - started))
        for remark in report.plan.remarks:
            say(out, remark)
        terminal.print_failures(report, err)


@commands.command()
def status(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    with_history: Annotated[bool, typer.Option("--history", help="Only list the generations that are kept.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is in the index, and whether it is up to date with its folder."""
    from famqa import generations, indexing

    settings = load_settings(corpus=corpus, index=index)
    if with_history:
        _history(generations.history(settings.index), as_json)
        return
    manifest = generations.read_manifest(settings.index)
    pending = indexing.plan(settings)
    if as_json:
        print_json({**asdict(manifest), "index": str(settings.index), "pending": asdict(pending)})
        return
    out.print(Text(f"{settings.index} · generation {manifest.name} · built {manifest.built_at:%Y-%m-%d %H:%M} UTC"))
    counts = terminal.count(len(manifest.documents), "document"), terminal.count(manifest.passages, "passage")
    out.print(Text(" · ".join((*counts, manifest.recipe.embedder))))
    table = Table("document", "title", "format", Column("passages", justify="right"), "date", box=None, pad_edge=False)
    for entry in manifest.documents:
        cells = (entry.doc_id, entry.title, entry.format, str(entry.passages), entry.date)
        table.add_row(*(Text(cell) for cell in cells))
    out.print(table)
    for entry in manifest.documents:
        for note in entry.notes:
            say(out, f"{entry.doc_id}: {note}")
    for failure in manifest.failed:
        say(out, f"not indexed: {failure.reason}")
    for line in terminal.plan_lines(pending):
        say(out, line)
    if not pending.is_up_to_date:
        out.print("run famqa index to bring the index up to date")


@commands.command()
def rollback(
    name: Annotated[
        str, typer.Argument(help="The generation to serve again; famqa status --history lists them.", show_default="")
    ] = "",
    corpus: CorpusOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve an older generation again: the one before, or a named one."""
    from famqa import generations

    settings = load_settings(corpus=corpus, index=index)
    manifest = generations.rollback(settings.index, name)
    if as_json:
        print_json({"index": str(settings.index), "generation": manifest.name})
        return
    counts = f"{terminal.count(len(manifest.documents), 'document')}, {terminal.count(manifest.passages, 'passage')}"
    built = f"{manifest.built_at:%Y-%m-%d %H:%M} UTC"
    say(out, f"now served: {manifest.name}, built {built}, {counts}")
    if generations.is_rolled_back(settings.index):
        then = "it stays served until famqa index goes by the folder again; mend the folder first"
        say(out, then)


@commands.command()
def verify(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Check every generation that is kept.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check every file of the index, and that every passage slices from its document."""
    from famqa import generations
    from famqa.errors import IndexDamagedError

    settings = load_settings(corpus=corpus, index=index)
    name = ""
    with suppress(IndexDamagedError):  # of CURRENT; `verify` says it too
        name = generations.current_name(settings.index)
    problems = generations.verify(settings.index)
    checked = [name]
    if everything:
        others = [other for other in generations.kept_names(settings.index) if other != name]
        problems += [problem for other in others for problem in generations.verify(settings.index, other)]
        checked += others
    if as_json:
        print_json({"index": str(settings.index), "generation": name, "checked": checked, "problems": problems})
    else:
        for problem in problems:
            say(out, problem)
        if not problems:
            whole = (
                f"generation {name} is whole" if len(checked) == 1 else f"generations {', '.join(checked)} are whole"
            )
            say(out, f"{settings.index}: {whole}")
    if problems:
        raise typer.Exit(1)


def _print_forecast(forecast: indexing.Forecast) -> None:
    plan = forecast.pending
    for line in terminal.plan_lines(plan):
        say(out, line)
    if not plan.is_up_to_date:
        say(out, terminal.forecast_line(forecast))
        out.print("run famqa index to bring the index up to date")


def _history(kept: list[Kept], as_json: bool) -> None:
    """Prints the generations, newest first."""
    if as_json:
        print_json([_kept_json(each) for each in kept])
        return
    right = [Column(name, justify="right") for name in ("documents", "passages")]
    table = Table("generation", "built (UTC)", *right, "", box=None, pad_edge=False)
    for each in kept:
        manifest = each.manifest
        cells = (
            ("", "", "")
            if manifest is None
            else (
                f"{manifest.built_at:%Y-%m-%d %H:%M:%S}",
                str(len(manifest.documents)),
                str(manifest.passages),
            )
        )
        table.add_row(each.name, *cells, Text(each.problem or ("served" if each.is_served else "")))
    out.print(table)


def _kept_json(kept: Kept) -> dict[str, Any]:
    manifest = kept.manifest
    return {
        "name": kept.name,
        "served": kept.is_served,
        "created": manifest.created if manifest else None,
        "documents": len(manifest.documents) if manifest else None,
        "passages": manifest.passages if manifest else None,
        "problem": kept.problem,
    }
