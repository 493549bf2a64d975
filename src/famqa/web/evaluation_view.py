"""HTML of the evaluation page: what a question file holds, how far a run is, its figures and its misses.

Everything that comes from questions, documents and file names is escaped here; the drawings are `evaluation.plots`',
which escape their labels themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape

from famqa.answering import ANSWERED
from famqa.evaluation import report_summary as summary
from famqa.evaluation.metric_names import CAUSES
from famqa.evaluation.questions import QuestionSet
from famqa.evaluation.report import Marked, detail
from famqa.evaluation.run_folder import Row, RunFolder, key_of
from famqa.evaluation.runner import Phase, Progress
from famqa.evaluation.workbench import QuestionFile, RunSummary

SHOWN_MISSES = 20
"""So many more are shown at a time."""
LISTED_PROBLEMS = 100
QUESTION_FILE = "<label>Question file<select ${options ? '' : 'disabled'}>${options}</select></label>"
"""Of the list to choose from, for Gradio to fill in with `options`. Gradio's own lists are hard to use with keys."""

_SPACE = "\u00a0"
_FILE_FIRST = re.compile(r"[^:]+\.\w+(, line \d+)?: ")

LinkTo = Callable[[str, int, int, str], str]
"""(document, start, end, words there) to an address that opens them, "" where they are not there any more."""


def problem(line: str) -> str:
    """One line that says what is wrong; "" for nothing."""
    return f'<p class="problem" role="alert">{escape(sentence(line))}</p>' if line else ""


def options(files: Sequence[QuestionFile]) -> str:
    """The files to choose from; which one is chosen, the page says beside."""
    return "".join(f'<option value="{escape(file.key)}">{escape(file.label)}</option>' for file in files)


def checked(questions: QuestionSet, can_be_removed: bool = False) -> str:
    """What a question file holds, and line by line what of it cannot be used."""
    number = len(questions.questions)
    answerable = sum(question.answerable for question in questions.questions)
    notes = list(questions.notes)
    if questions.contexts:
        notes.append("the file brings texts of its own along; here your documents are asked, not those")
    listed = "".join(f"<li>{escape(str(row))}</li>" for row in questions.left_out[:LISTED_PROBLEMS])
    more = len(questions.left_out) - LISTED_PROBLEMS
    if more > 0:
        listed += f"<li>and {more:,} more</li>"
    left_out = (
        f'<details class="left-out"><summary>{_count(len(questions.left_out), "row")} cannot be used'
        f"</summary><ul>{listed}</ul></details>"
        if questions.left_out
        else ""
    )
    told = "".join(f'<p class="note">{escape(sentence(note))}.</p>' for note in notes)
    remove = '<button type="button" class="remove" data-do="remove">Remove this file</button>' if can_be_removed else ""
    holds = f"{_count(number, 'question')}, {answerable:,} of them answerable."
    return f'<p class="holds">{holds}</p>{told}{left_out}{remove}'


def progress(now: Progress) -> str:
    """How far the run is, with a bar; how it ended, once it has."""
    if now.phase == Phase.NONE:
        return ""
    if not now.is_running:
        return f'<div class="progress ended" role="status">{_ended(now)}</div>'
    share = now.done / now.total if now.total else 0.0
    told = f"{now.done:,} of {_count(now.total, 'question')}"
    doing = "Stopping after this question" if now.phase == Phase.STOPPING else "Asking"
    return (
        f'<div class="progress"><div class="bar" role="progressbar" aria-label="{doing}" aria-valuemin="0" '
        f'aria-valuemax="{now.total}" aria-valuenow="{now.done}"><span style="width:{share * 100:.1f}%"></span></div>'
        f"<p>{doing}: {told}{_left(now)}</p></div>"
    )


def runs(listed: Sequence[RunSummary], shown: str, compared: str, going: str) -> str:
    """The list of runs with what can be done with each; `shown`, `compared` and `going` are names of runs."""
    if not listed:
        return '<h2>Runs</h2><p class="note">None yet. Choose a question file and run it.</p>'
    at_hand = next((run for run in listed if run.name == shown), None)
    items = "".join(_run(run, at_hand, compared, going) for run in listed)
    return f'<h2>Runs</h2><ul class="runs">{items}</ul>'


def figures(run: RunFolder) -> str:
    """The verdict on a run and its main figures, as the report has them."""
    found = summary.count(run.scores)
    bar = summary.outcome_bar(found)
    parts = "".join(
        f'<li class="{css}"><strong>{number:,}</strong> {escape(what)}</li>' for what, number, css in bar["parts"]
    )
    tiles = "".join(
        f'<div class="tile"><strong>{escape(tile.figure)}</strong><span>{escape(tile.what)}</span>'
        + (f"<small>{escape(tile.more)}</small>" if tile.more else "")
        + "</div>"
        for tile in summary.tiles(found, run)
    )
    told = "".join(f"<p>{escape(line)}</p>" for line in summary.sentences(found, run))
    asked = " · ".join(escape(part) for part in summary.asked(run))
    return (
        f'<section class="verdict"><p class="asked">{asked}</p><h2>{escape(summary.headline(found))}</h2>{told}'
        f'<div class="outcomes">{bar["svg"]}<ul>{parts}</ul></div></section>'
        f'<section class="tiles">{tiles}</section>'
    )


def plots(run: RunFolder) -> str:
    """The drawings that the report has, each with how to read it."""
    drawn = "".join(
        f"<figure><figcaption><h3>{escape(plot.title)}</h3><p>{escape(plot.told)}</p></figcaption>{plot.svg}</figure>"
        for plot in summary.all_plots(run)
    )
    return f'<section class="plots"><h2>Figures</h2><div class="drawn">{drawn}</div></section>'


def nothing_shown() -> str:
    """What stands where the figures will be."""
    return (
        '<section class="empty"><h2>How good are the answers?</h2><p>Run a file of questions whose answers you know. '
        "The figures come here, with every question that was missed, why, and the place that it should have found."
        "</p></section>"
    )


def misses(run: RunFolder, predictions: Sequence[Row], cause: str, most: int, link_to: LinkTo) -> str:
    """The questions that were not answered rightly, each to open; of one cause, or of all where `cause` is ""."""
    missed = [row for row in run.scores if not row["right"]]
    if not missed:
        return (
            '<section class="misses"><h2>Misses</h2><p class="note">None: every question came out right.</p></section>'
        )
    answers = {key_of(row): row for row in predictions}
    of_cause = [row for row in missed if cause in ("", summary.cause_shown(row))]
    choices = [("", f"All {len(missed):,}")]
    choices += [(name, f"{summary.cause_words(name)} {number:,}") for name, number in summary.causes(run)]
    buttons = "".join(
        f'<button type="button" data-cause="{escape(name)}" aria-pressed="{str(name == cause).lower()}">'
        f"{escape(words)}</button>"
        for name, words in choices
    )
    items = "".join(_miss(row, answers.get(key_of(row), {}), link_to) for row in of_cause[:most])
    rest = len(of_cause) - most
    more = (
        f'<button type="button" class="more" data-cause="{escape(cause)}" data-most="{most + SHOWN_MISSES}">'
        f"Show {min(rest, SHOWN_MISSES):,} more of {rest:,}</button>"
        if rest > 0
        else ""
    )
    return (
        f'<section class="misses"><h2>Misses</h2><div class="causes" role="group" aria-label="Cause of the miss">'
        f'{buttons}</div><div class="list">{items}</div>{more}</section>'
    )


def label(run: RunSummary) -> str:
    """ "smoke.jsonl, 20 Nov 14:03"."""
    return f"{run.file}, {when(run.started)}" if run.started else run.name


def when(time: datetime | None) -> str:
    """Day and minute in the server's zone, with the year if it is not this one."""
    if time is None:
        return ""
    local = time.astimezone()
    year = "" if local.year == datetime.now().astimezone().year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def _run(run: RunSummary, at_hand: RunSummary | None, compared: str, going: str) -> str:
    name = escape(run.name)
    is_shown = at_hand is not None and run.name == at_hand.name
    if run.name == going:
        told = "running"
    elif run.problem:
        told = run.problem
    elif run.is_finished:
        told = f"{percent(run.right or 0)} right of {run.questions:,}"
    else:
        told = f"stopped at {run.done:,} of {run.questions:,}"
    buttons = []
    if run.is_finished and at_hand is not None and _is_like(run, at_hand) and not is_shown:
        pressed = str(run.name == compared).lower()
        buttons.append(f'<button type="button" data-do="compare" aria-pressed="{pressed}">Compare</button>')
    if not run.is_finished and not run.problem and run.name != going:
        buttons.append('<button type="button" data-do="resume">Go on</button>')
    if run.name != going:
        buttons.append('<button type="button" data-do="delete" class="delete">Delete</button>')
    head = f"<strong>{escape(run.file or run.name)}</strong> <span>{escape(when(run.started))}</span>"
    opening = (
        f'<button type="button" class="show" data-do="show" aria-pressed="{str(is_shown).lower()}">{head}</button>'
        if run.is_finished
        else f'<div class="show">{head}</div>'
    )
    return (
        f'<li data-run="{name}" class="{"shown" if is_shown else ""}">{opening}<span class="told">{escape(told)}</span>'
        f'<span class="do">{"".join(buttons)}</span></li>'
    )


def _is_like(run: RunSummary, other: RunSummary) -> bool:
    """Whether two finished runs may be over the same questions."""
    return other.is_finished and (run.questions_sha256 == other.questions_sha256 or run.file == other.file)


def _ended(now: Progress) -> str:
    asked = f"{now.done:,} of {_count(now.total, 'question')}"
    if now.phase == Phase.FINISHED:
        return f"<p>Done: {_count(now.total, 'question')} in {_duration(now.elapsed_s)}.</p>"
    if now.phase == Phase.STOPPED:
        return f"<p>Stopped at {asked}. “Go on” in the list of runs asks the others.</p>"
    return f'<p class="problem">{escape(sentence(now.problem))}.</p>'


def _left(now: Progress) -> str:
    """ ", about 2 min left", once enough was asked to tell."""
    asked = now.done - (now.done_before or 0)
    if asked < 3 or now.phase == Phase.STOPPING:
        return ""
    return f", about {_duration(now.elapsed_s / asked * (now.total - now.done))} left"


def _miss(row: Row, answer: Row, link_to: LinkTo) -> str:
    """A question that opens to what was expected, what was given, why, and where the documents say it."""
    found = detail(row, answer)
    parts = [("Expected", _expected(row)), ("Given", _given(row, answer)), ("Why", escape(found["evidence"]))]
    if found["standalone"]:
        parts.insert(0, ("Asked as", escape(found["standalone"])))
    if place := found["place"]:
        words = "".join(text for text, mark in place["text"] or [] if mark)
        link = link_to(place["doc"], place["start"], place["end"], words)
        parts.append(("Where the documents say it", _quote(place["text"] or [], _where(place), link)))
    for each in found["citations"]:
        parts.append((f"Cited {each['number']}", _quote(each["quote"], _where(each), "")))
    if found["nearest"]:
        nearest = found["nearest"][0]
        parts.append(("Nearest passage", _quote(nearest["quote"], _where(nearest), "")))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{html}</dd>" for name, html in parts if html)
    turn = f", turn {row['turn']}" if row.get("turn") else ""
    cause = summary.cause_words(summary.cause_shown(row))
    return (
        f'<details class="miss"><summary><span class="q" dir="auto">{escape(str(row["question"]))}</span>'
        f'<span class="why">{escape(cause)} · {escape(str(row["id"]))}{turn}</span></summary>'
        f'<p class="meaning">{escape(sentence(CAUSES[summary.cause_shown(row)][1]))}.</p><dl>{listed}</dl></details>'
    )


def _expected(row: Row) -> str:
    if not row["answerable"]:
        return "no answer: the documents do not say"
    groups = ["; ".join(group[0] for group in row.get("all_of") or [] if group)]
    return escape(" or ".join(text for text in row.get("expected") or groups if text)) or "a relevant document"


def _given(row: Row, answer: Row) -> str:
    if row["status"] != ANSWERED:
        return "no answer"
    confidence = answer.get("confidence", row.get("confidence"))
    sure = f' <span class="note">confidence {confidence:.2f}</span>' if isinstance(confidence, float) else ""
    return escape(str(row.get("answer") or "")) + sure


def _where(place: Row) -> str:
    """Document, section and page or line."""
    at = f"page {place['page']}" if place.get("page") else f"line {place['line']}" if place.get("line") else ""
    return " · ".join(part for part in (place["doc"], *place.get("section", []), at) if part)


def _quote(pieces: Marked, where: str, link: str) -> str:
    """A piece of a document, the fact and the answer given marked in it, and where it stands."""
    css = {"a": "given", "f": "fact", "af": "fact given"}
    text = "".join(
        f'<mark class="{css[mark]}">{escape(text)}</mark>' if mark else escape(text) for text, mark in pieces
    )
    place = f'<a href="{escape(link)}">{escape(where)}</a>' if link else escape(where)
    quoted = f'<blockquote dir="auto">{text}</blockquote>' if text else ""
    return f'{quoted}<p class="where">{place}</p>'


def sentence(text: str) -> str:
    """The text with a capital letter in front, unless it begins with the name of a file."""
    return text if _FILE_FIRST.match(text) else text[:1].upper() + text[1:]


def _count(number: int, what: str) -> str:
    return summary.plural(number, what)


def percent(share: float) -> str:
    """ "88.3 %"."""
    return f"{share * 100:.1f}{_SPACE}%"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{max(seconds, 1):.0f}{_SPACE}s"
    return f"{seconds / 60:.0f}{_SPACE}min" if seconds < 6000 else f"{seconds / 3600:.1f}{_SPACE}h"
