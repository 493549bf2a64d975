"""The commands. Results go to standard output, everything else to standard error.

Exit codes: 0 done, 1 a check failed, 2 bad use or bad input (one line says what), 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from famqa import __version__, terminal
from famqa.errors import FamqaError
from famqa.settings import load_settings

if TYPE_CHECKING:
    from famqa.indexing import Plan
    from famqa.records import Answer, Citation

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answers questions from your own documents, word for word and with the place they come from.",
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

CorpusOption = Annotated[Path | None, typer.Option("--corpus", help="Folder of documents.", show_default="corpus")]
IndexOption = Annotated[Path | None, typer.Option("--index", help="Folder of the index.", show_default="indexes/…")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def main() -> None:
    """Runs a command; a mistake of the user's becomes one line and exit code 2."""
    try:
        app()
    except FamqaError as error:
        err.print(Text(f"famqa: {error}"), soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("famqa: stopped")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has gone, as in `famqa status | head -1`
        sys.stderr.close()
        sys.exit(0)


@app.callback(invoke_without_command=True)
def _options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"famqa {__version__}")
        raise typer.Exit


@app.command()
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
            _print_json(asdict(found))
        else:
            _print_plan(found)
        return
    started = time.perf_counter()
    with terminal.indexing_progress(err) as progress:
        report = indexing.update(settings, full, progress)
    if as_json:
        _print_json(asdict(report))
    else:
        out.print(Text(terminal.summary(report, time.perf_counter() - started)), soft_wrap=True)
        terminal.print_failures(report, err)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.", show_default=False)],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, with the quotes that the answer was cut from."""
    from famqa.answering import to_dict
    from famqa.assistant import check_question

    settings = load_settings(corpus=corpus, index=index)
    check_question(question, settings)  # before an index is built for it
    answer = terminal.open_assistant(settings, err).ask(question)
    if as_json:
        _print_json(to_dict(answer))
    else:
        _print_answer(answer)


@app.command()
def serve(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to serve at.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve at.", show_default="7860")] = None,
) -> None:
    """Serve the web page; builds the index first where there is none."""
    settings = load_settings(corpus=corpus, index=index, host=host, port=port)
    from famqa.web.app import serve as serve_page

    serve_page(settings)


@app.command()
def status(corpus: CorpusOption = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show what is in the index, and whether it is up to date with its folder."""
    from famqa import generations, indexing

    settings = load_settings(corpus=corpus, index=index)
    manifest = generations.read_manifest(settings.index)
    pending = indexing.plan(settings)
    if as_json:
        _print_json({**asdict(manifest), "index": str(settings.index), "pending": asdict(pending)})
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


@app.command()
def verify(corpus: CorpusOption = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Check every file of the index, and that every passage slices from its document."""
    from famqa import generations

    settings = load_settings(corpus=corpus, index=index)
    name = generations.current_name(settings.index)
    problems = generations.verify(settings.index)
    if as_json:
        _print_json({"index": str(settings.index), "generation": name, "problems": problems})
    else:
        for problem in problems:
            out.print(Text(problem), soft_wrap=True)
        if not problems:
            out.print(Text(f"{settings.index}: generation {name} is whole"))
    if problems:
        raise typer.Exit(1)


@app.command(name="eval")
def evaluate(
    questions: Annotated[Path, typer.Argument(help="A file of questions (JSONL).", show_default=False)],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder for predictions and metrics.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every question of a file and measure the answers."""
    from famqa.evaluation import questions as question_files
    from famqa.evaluation import run

    asked = question_files.read_questions(questions)
    assistant = terminal.open_assistant(load_settings(corpus=corpus, index=index), err)
    with terminal.progress_bars(err) as bars:
        task = bars.add_task("asking", total=len(asked))
        predictions = list(run.ask_all(assistant, asked, lambda done: bars.update(task, completed=done)))
    metrics = run.measure(predictions)
    if out_folder is not None:
        run.write(out_folder, predictions, metrics)
    if as_json:
        _print_json(asdict(metrics))
        return
    out.print(f"{metrics.questions} questions, {metrics.answerable} of them answerable")
    out.print(f"  alias in the answer or its quotes   {metrics.alias_hit:6.1%}")
    out.print(f"  answerable but refused              {metrics.false_refusals:6.1%}")
    out.print(f"  unanswerable and refused            {metrics.refusal_recall:6.1%}")
    out.print(f"  citations an answer                 {metrics.citations_per_answer:6.2f}")
    out.print(f"  citations that are verbatim         {metrics.verbatim:6.1%}")
    out.print(
        f"  median / 95th percentile            {metrics.latency_median_ms:.0f} / {metrics.latency_p95_ms:.0f} ms"
    )
    for name, share in metrics.by_type.items():
        out.print(Text(f"  right: {name or 'no type':28} {share:6.1%}"))


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


def _print_answer(answer: Answer) -> None:
    if answer.status == "answered":
        marks = "".join(f" [{number}]" for number in sorted({span.citation for span in answer.spans}))
        out.print(Text(answer.answer, style="bold") + Text(marks), soft_wrap=True)
        for citation in answer.citations:
            _print_citation(f"[{citation.number}]", citation)
        out.print(Text(f"\nconfidence {answer.confidence:.0%}", style="dim"))
    else:
        out.print(Text("The documents do not say.", style="bold"))
        if answer.nearest:
            out.print("Closest passages, which are not an answer:")
        for citation in answer.nearest:
            _print_citation(" - ", citation)


def _print_citation(mark: str, citation: Citation) -> None:
    place = " › ".join((citation.title, *citation.section))
    page = f", page {citation.page}" if citation.page is not None else ""
    note = f" ({', '.join(part for part in (citation.source, citation.date) if part)})" if citation.source else ""
    out.print()
    out.print(Text(f"{mark} {citation.quote}"), soft_wrap=True)
    out.print(Text(f"    {place}, {citation.doc_id}, line {citation.line}{page}{note}", style="dim"), soft_wrap=True)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
