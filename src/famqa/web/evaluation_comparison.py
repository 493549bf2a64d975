"""HTML of the evaluation page: whether a run is better than an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from famqa.evaluation.compare import Comparison, MetricDifference, Turned, p_told
from famqa.evaluation.metric_names import WORDS
from famqa.evaluation.workbench import RunSummary
from famqa.web.evaluation_view import label, percent, sentence

_SHOWN_TURNED = 50


def comparison(found: Comparison, before: RunSummary, after: RunSummary) -> str:
    """Whether a run is better than an earlier one, in a sentence, then figure by figure and question by question."""
    kind, told = in_words(found)
    rows = "".join(_metric(metric) for metric in found.metrics if not metric.is_same)
    table = (
        '<div class="scroll"><table><thead><tr><th scope="col">Figure</th><th scope="col">Before</th>'
        '<th scope="col">Now</th><th scope="col">Difference</th><th scope="col">95 % interval</th>'
        f'<th scope="col">Chance</th></tr></thead><tbody>{rows}</tbody></table></div>'
        if rows
        else ""
    )
    warnings = "".join(f"<li>{escape(sentence(line))}</li>" for line in found.warnings)
    differs = f"<details><summary>What else differs ({len(found.warnings)})</summary><ul>{warnings}</ul></details>"
    return (
        f'<section class="comparison"><h2>Compared with {escape(label(before))}</h2>'
        f'<p class="judged {kind}">{escape(told)}</p>{table}'
        f"{_turned('Right now, missed before', found.won)}{_turned('Missed now, right before', found.lost)}"
        f"{differs if found.warnings else ''}</section>"
    )


def in_words(found: Comparison) -> tuple[str, str]:
    """("better" | "worse" | "same", a sentence on how many questions came out right)."""
    right = next(metric for metric in found.metrics if metric.name == "right")
    shares = f"{percent(right.b)} right, {percent(right.a)} before"
    if right.is_same:
        return "same", f"No difference: every question came out as before, {percent(right.b)} right."
    points = f"{right.difference * 100:+.1f} points, 95 % interval {right.low * 100:+.1f} to {right.high * 100:+.1f}"
    if right.is_significant and right.better:
        kind = "better" if right.better == "B" else "worse"
        return kind, f"{kind.capitalize()}: {shares} ({points}; {p_told(right.p_holm)})."
    if right.low > 0 or right.high < 0:
        doubt = f"but with so many figures looked at it may be chance ({p_told(right.p_holm)})"
        return "same", f"Perhaps {'better' if right.low > 0 else 'worse'}: {shares} ({points}), {doubt}."
    return "same", f"No difference shown: {shares} ({points}). Chance alone could do this; more questions would tell."


def _metric(metric: MetricDifference) -> str:
    a, b, more, low, high = metric.shown()
    css = {"A": "worse", "B": "better"}.get(metric.better, "") if metric.is_significant else ""
    words, meaning = WORDS.get(metric.name, (metric.name, ""))
    return (
        f'<tr class="{css}"><th scope="row" title="{escape(meaning)}">{escape(words)}</th><td>{a}</td><td>{b}</td>'
        f"<td>{more}</td><td>{low} to {high}</td><td>{p_told(metric.p_holm)}</td></tr>"
    )


def _turned(title: str, turned: Sequence[Turned]) -> str:
    if not turned:
        return ""
    items = "".join(
        f'<li><span class="q" dir="auto">{escape(each.question)}</span><br>'
        f"<small>before: {escape(each.a or 'no answer')} · now: {escape(each.b or 'no answer')}</small></li>"
        for each in turned[:_SHOWN_TURNED]
    )
    if len(turned) > _SHOWN_TURNED:
        items += f"<li>and {len(turned) - _SHOWN_TURNED:,} more</li>"
    return f"<details><summary>{escape(title)}: {len(turned):,}</summary><ul>{items}</ul></details>"
