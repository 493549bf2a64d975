"""The index's life on the command line: build, look, check."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.settings import load_settings

if TYPE_CHECKING:
    from famqa.indexing import Plan

commands = typer.Typer()


@commands.command()
def index(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be done.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Build everything anew.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the index up to date with its folder of documents."""
    from famqa import indexing

    settings = load_settings(corpus=corpus, index=index)
    if plan:
        found = indexing.plan(settings, full)
        if as_json:
            print_json(asdict(found))
        else:
            _print_plan(found)
        return
    started = time.perf_counter()
    with terminal.indexing_progress(err) as progress:
        report = indexing.update(settings, full, progress)
    if as_json:
        print_json(asdict(report))
    else:
        out.print(Text(terminal.summary(report, time.perf_counter() - started)), soft_wrap=True)
        terminal.print_failures(report, err)


@commands.command()
def status(corpus: CorpusOption = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show what is in the index, and whether it is up to date with its folder."""
    from famqa import generations, indexing

    settings = load_settings(corpus=corpus, index=index)
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
    for failure in manifest.failed:
        out.print(Text(f"not indexed: {failure.reason}"), soft_wrap=True)
    _print_plan(pending)


@commands.command()
def verify(corpus: CorpusOption = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Check every file of the index, and that every passage slices from its document."""
    from famqa import generations

    settings = load_settings(corpus=corpus, index=index)
    name = generations.current_name(settings.index)
    problems = generations.verify(settings.index)
    if as_json:
        print_json({"index": str(settings.index), "generation": name, "problems": problems})
    else:
        for problem in problems:
            out.print(Text(problem), soft_wrap=True)
        if not problems:
            out.print(Text(f"{settings.index}: generation {name} is whole"))
    if problems:
        raise typer.Exit(1)


def _print_plan(plan: Plan) -> None:
    if plan.is_up_to_date:
        out.print("up to date with the folder")
        return
    if plan.reason:
        out.print(Text(f"all is to be built: {plan.reason}"), soft_wrap=True)
    for name, doc_ids in terminal.changes(plan):
        for doc_id in doc_ids:
            out.print(Text(f"{name:8} {doc_id}"), soft_wrap=True)
    for failure in plan.failed:
        out.print(Text(f"unusable {failure.reason}"), soft_wrap=True)
    out.print("run famqa index to bring the index up to date")
