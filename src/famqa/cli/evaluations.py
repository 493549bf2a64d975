"""`famqa eval`: batches of questions and what the answers are worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.settings import load_settings

commands = typer.Typer()


@commands.command(name="eval")
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
        print_json(asdict(metrics))
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
