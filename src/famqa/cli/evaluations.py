"""`famqa eval`: batches of questions and what the answers are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.errors import FamqaError
from famqa.settings import load_settings
from famqa.terminal import say

if TYPE_CHECKING:
    from famqa.evaluation.questions import QuestionSet

commands = typer.Typer()

_LISTED = 10  # rows left out and problems that are printed; the others are counted
_MAIN = (
    *("f1", "alias_hit", "false_refusals", "refusal_recall", "citation_precision", "group_coverage"),
    *("success_at_5", "mrr", "aurc", "ece"),
)


@commands.command(name="eval")
def evaluate(
    questions: Annotated[
        Path,
        typer.Argument(help="Questions: JSONL, CSV, SQuAD JSON (each also .gz), a BEIR folder.", show_default=False),
    ],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    corpus_from_questions: Annotated[
        Path | None, typer.Option(help="Write the texts that SQuAD or BEIR bring along into this folder, and ask it.")
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for predictions, scores, metrics and the report.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Make the run in --out anew.")] = False,
    predictions: Annotated[
        Path | None, typer.Option(help="Check and measure this predictions file instead of asking.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop if a row of the questions cannot be used.")] = False,
    fail_under: Annotated[
        list[str] | None, typer.Option(metavar="METRIC=VALUE", help="Exit with 1 if the metric is lower.")
    ] = None,
    fail_over: Annotated[
        list[str] | None, typer.Option(metavar="METRIC=VALUE", help="Exit with 1 if the metric is higher.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit file, a test case a question.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every question of a file and measure the answers."""
    from famqa.evaluation import gate, run, run_writer
    from famqa.evaluation.facts import Facts
    from famqa.evaluation.predictions import recorded
    from famqa.evaluation.questions import load_questions

    limits = gate.parse(fail_under or (), fail_over or ())
    _check_flags(corpus, corpus_from_questions, out_folder, resume, overwrite, predictions)
    loaded = load_questions(questions)
    if corpus_from_questions is not None:
        from famqa.evaluation.corpora import write_pages

        write_pages(corpus_from_questions, loaded.pages())
    settings = load_settings(corpus=corpus_from_questions or corpus, index=index)
    asked = run.askable(loaded, settings)
    if strict:
        asked = asked.strict()
    _print_left_out(asked)
    assistant = terminal.open_assistant(settings, err)
    asked = run.with_notes(asked, Facts(assistant.generation()))
    for note in asked.notes:
        say(err, f"note: {note}")
    if predictions is not None:
        ask, problems = recorded(predictions, asked, assistant)
        if problems:
            _print_problems(predictions, problems)
            raise typer.Exit(1)
    else:
        ask = run.ask_with(assistant, asked)
    if out_folder is not None and overwrite:
        run_writer.overwrite(out_folder)
    try:
        with terminal.progress_bars(err) as bars:
            task = bars.add_task("measuring" if predictions else "asking", total=len(asked.questions))
            rows, measured = run.run(
                ask, assistant, asked, out_folder, resume, lambda done: bars.update(task, completed=done)
            )
    except KeyboardInterrupt:
        how = (
            "nothing was kept, since there is no --out"
            if out_folder is None
            else "go on with the same command and --resume"
        )
        say(err, f"famqa: stopped; {how}")
        raise typer.Exit(130) from None
    verdicts = gate.check(limits, measured)
    if junit is not None:
        gate.write_junit(junit, rows, verdicts)
    report = None
    if out_folder is not None:
        from famqa.evaluation.report import write_report

        report = write_report(out_folder)
    if as_json:
        print_json(measured | {"gate": [verdict.as_dict() for verdict in verdicts]})
    else:
        _print_summary(measured, asked)
        if report is not None:
            say(out, f"\nreport: {report}")
    for verdict in verdicts:
        say(err, str(verdict))
    if not all(verdict.is_met for verdict in verdicts):
        raise typer.Exit(1)


def _check_flags(
    corpus: Path | None, written: Path | None, folder: Path | None, resume: bool, overwrite: bool, given: Path | None
) -> None:
    """Raises `FamqaError` for flags that say two things at once."""
    if corpus is not None and written is not None:
        raise FamqaError("--corpus and --corpus-from-questions name two folders to ask; give one of them")
    if (resume or overwrite) and folder is None:
        raise FamqaError(f"{'--resume' if resume else '--overwrite'} needs the folder of the run; name it with --out")
    if resume and overwrite:
        raise FamqaError("--resume goes on with a run and --overwrite makes it anew; give one of them")
    if resume and given is not None:
        raise FamqaError("--resume goes on with asking, --predictions asks nothing; give one of them")


def _print_left_out(asked: QuestionSet) -> None:
    for row in asked.left_out[:_LISTED]:
        say(err, f"left out: {row}")
    more = len(asked.left_out) - _LISTED
    if more > 0:
        say(err, f"left out: {more} further rows; run with --out to have them listed in run.json")


def _print_problems(path: Path, problems: list[str]) -> None:
    for problem in problems[:_LISTED]:
        say(err, problem)
    if len(problems) > _LISTED:
        say(err, f"and {len(problems) - _LISTED} further problems")
    say(err, f"{path}: {terminal.count(len(problems), 'problem')}; nothing was measured")


def _print_summary(measured: dict[str, Any], asked: QuestionSet) -> None:
    """The main figures, what the misses are due to, and the share right of each type."""
    asked_count = terminal.count(measured["questions"], "question")
    left_out = f", {terminal.count(len(asked.left_out), 'row')} left out" if asked.left_out else ""
    out.print(f"{asked_count}, {measured['answerable']} of them answerable{left_out}")
    metrics, counts = measured["metrics"], measured["counts"]
    from famqa.evaluation.metric_names import AS_NUMBERS, WORDS

    for name in _MAIN:
        if name in metrics:
            value = f"{metrics[name]:7.3f}" if name in AS_NUMBERS else f"{metrics[name]:7.1%}"
            say(out, f"  {name:20} {value}   {WORDS[name][1]} (of {counts[name]})")
    latency = measured["latency_ms"]
    out.print(f"  latency              median {latency['median']:.0f} ms, 95 % under {latency['p95']:.0f} ms")
    if measured["causes"]:
        missed = sum(measured["causes"].values())
        named = ", ".join(f"{cause} {number}" for cause, number in measured["causes"].items())
        say(out, f"  {missed} wrong, by cause: {named}")
    if len(measured["by_type"]) > 1:
        out.print("right, by type")
        for name, part in measured["by_type"].items():
            out.print(Text(f"  {name or 'no type':20} {part['metrics']['right']:7.1%}   of {part['questions']}"))
