"""`famqa calibrate`: from which confidence on to answer, fitted on the user's own questions."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.errors import SettingsError
from famqa.settings import load_settings
from famqa.terminal import say

if TYPE_CHECKING:
    from famqa.evaluation.thresholds import Asked, Trade

commands = typer.Typer()

_SETTINGS_FILE = Path("famqa.toml")
_STATED = re.compile(r"^answer_threshold\s*=.*$", re.MULTILINE)
_FEW = 30  # questions, below which a threshold is mostly chance
_LINES = 12


@commands.command()
def calibrate(
    questions: Annotated[Path, typer.Argument(help="Questions with their answers, as for eval.", show_default=False)],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    refuse_at_most: Annotated[
        float | None, typer.Option(min=0, max=1, help="Largest share of the answerable questions to refuse.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the threshold into famqa.toml.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find the confidence from which on to answer, on questions of your own."""
    from famqa.evaluation import run
    from famqa.evaluation.questions import load_questions
    from famqa.evaluation.scoring import is_right
    from famqa.evaluation.thresholds import Asked, best, trade, trades

    settings = load_settings(corpus=corpus, index=index)
    loaded = run.askable(load_questions(questions), settings)
    for row in loaded.left_out[:_LINES]:
        say(err, f"left out: {row}")
    assistant = terminal.open_assistant(settings, err)
    in_force = assistant.threshold
    assistant = assistant.with_threshold(0.0)
    ask = run.ask_with(assistant, loaded)
    asked: list[Asked] = []
    with terminal.progress_bars(err) as bars:
        task = bars.add_task("asking", total=len(loaded.questions))
        for question in loaded.questions:
            answer = ask(question).answer
            confidence = answer.confidence if answer.citations else 0.0
            right = question.answerable and bool(answer.citations) and is_right(question, answer)
            asked.append(Asked(confidence, right, question.answerable))
            bars.update(task, advance=1)
    found = trades(asked)
    chosen, now = best(found, refuse_at_most), trade(asked, in_force)
    if as_json:
        print_json({"chosen": asdict(chosen), "in_force": asdict(now), "trades": [asdict(t) for t in found]})
    else:
        _print_trades(chosen, now, asked)
    if write:
        _write(chosen.threshold)
        err.print(f"{_SETTINGS_FILE}: answer_threshold = {chosen.threshold}")


def _print_trades(chosen: Trade, now: Trade, asked: list[Asked]) -> None:
    from famqa.evaluation.thresholds import trade

    table = Table(box=None, pad_edge=False)
    for name in ("threshold", "answered", "wrong of these", "answerable refused", "unanswerable refused", "right"):
        table.add_column(name, justify="right")
    levels = sorted({round(n / _LINES, 2) for n in range(_LINES)} | {chosen.threshold, now.threshold})
    for level in levels:
        t = trade(asked, level)
        note = " chosen" if level == chosen.threshold else " in force" if level == now.threshold else ""
        shares = (t.coverage, t.risk, t.answerable_refused, t.unanswerable_refused, t.right)
        style = "bold" if level == chosen.threshold else ""
        table.add_row(f"{level:g}{note}", *(f"{share:.1%}" for share in shares), style=style)
    out.print(table)
    unanswerable = sum(not a.is_answerable for a in asked)
    say(
        out,
        f"\n{len(asked)} questions, {unanswerable} of them unanswerable. With answer_threshold = {chosen.threshold:g} "
        f"{chosen.right:.1%} are answered rightly or rightly refused; with {now.threshold:g}, as it is now, "
        f"{now.right:.1%}.",
    )
    if len(asked) < _FEW or not unanswerable:
        why = f"there are fewer than {_FEW} questions" if len(asked) < _FEW else "none of them is unanswerable"
        out.print(f"Take it with care: {why}.")


def _write(threshold: float) -> None:
    """Into famqa.toml, the rest of which stays as it is."""
    line = f"answer_threshold = {threshold}"
    try:
        text = _SETTINGS_FILE.read_text("utf-8") if _SETTINGS_FILE.exists() else ""
        text = _STATED.sub(line, text) if _STATED.search(text) else f"{line}\n{text}"
        _SETTINGS_FILE.write_text(text, "utf-8")
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{_SETTINGS_FILE} cannot be written: {error}; put '{line}' there yourself") from None
