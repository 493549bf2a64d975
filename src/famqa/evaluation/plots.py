"""Figures as inline SVG: no library, no network, colours from the page's own style sheet.

Each function returns one `<svg role="img">` with a title and a description that says in words what it shows. Sizes are
in the units of the view box, which is as wide as a phone's column, so that text stays readable where it is scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

WIDTH = 340
_Text = Callable[[float], str]
_HEIGHT = 236
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 14, 48  # room around the plotting area
_ROW = 28  # height of a bar and the gap below it
_LABEL = 134  # width of the bars' labels
_LABEL_CHARS = 20
_MOST_POINTS = 400  # of a curve


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart: its label, its length as a share of the longest possible, and what is written behind it."""

    label: str
    share: float
    note: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of a reliability diagram; shares from 0 to 1."""

    confidence: float
    right: float
    questions: int


@dataclass(frozen=True, slots=True)
class _Axes:
    """Maps data to the plotting area."""

    x_max: float
    y_max: float
    top: float = _TOP  # where the plotting area begins

    def x(self, value: float) -> float:
        return _LEFT + value / self.x_max * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.y_max * (_HEIGHT - self.top - _BOTTOM)


def styles() -> str:
    """The CSS of the drawings, for a page that brings its own colours."""
    return resources.files("famqa.evaluation").joinpath("plots.css").read_text("utf-8")


def risk_coverage(points: Sequence[tuple[float, float]]) -> str:
    """Share of wrong answers (risk) against the share of questions answered (coverage), surest first.

    The last point, where all are given that the run gave, is marked as the run.
    """
    y_max = _nice_share(max((risk for _, risk in points), default=1.0))
    axes = _Axes(1.0, y_max)
    path = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in _thinned(points))
    inside = [_frame(axes, "questions answered, surest first", "answers that are wrong", _percent, _percent)]
    if points:
        begin, end = axes.x(points[0][0]), axes.x(points[-1][0])
        floor = axes.y(0)
        inside.append(f'<polygon class="area" points="{begin:.1f},{floor:.1f} {path} {end:.1f},{floor:.1f}"/>')
        inside.append(f'<polyline class="line" points="{path}"/>')
        x, y = axes.x(points[-1][0]), axes.y(points[-1][1])
        above = y - 12 if y > _TOP + 24 else y + 22
        anchor = "end" if points[-1][0] > 0.5 else "start"
        inside.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5.5"/>')
        inside.append(f'<text class="note halo" x="{x:.1f}" y="{above:.1f}" text-anchor="{anchor}">this run</text>')
    told = "; ".join(f"{_percent(x)} answered, {_percent(y)} of them wrong" for x, y in _sampled(points))
    return _svg("Risk and coverage", told or "There is no answer to show.", _HEIGHT, inside)


def reliability(bins: Sequence[Bin]) -> str:
    """Share of answers that are right against the confidence they were given with; the diagonal is perfect."""
    axes = _Axes(1.0, 1.0)
    most = max((each.questions for each in bins), default=1) or 1
    inside = [
        _frame(axes, "confidence", "answers that are right", _percent, _percent),
        f'<line class="ideal" x1="{axes.x(0):.1f}" y1="{axes.y(0):.1f}" x2="{axes.x(1):.1f}" y2="{axes.y(1):.1f}"/>',
    ]
    filled = [each for each in bins if each.questions]
    path = " ".join(f"{axes.x(each.confidence):.1f},{axes.y(each.right):.1f}" for each in filled)
    inside.append(f'<polyline class="line thin" points="{path}"/>')
    for each in filled:
        told = f"confidence {_percent(each.confidence)}: {_percent(each.right)} of {each.questions} right"
        radius = 3.5 + 7.5 * (each.questions / most) ** 0.5
        inside.append(
            f'<circle class="dot" cx="{axes.x(each.confidence):.1f}" cy="{axes.y(each.right):.1f}" r="{radius:.1f}">'
            f"<title>{escape(told)}</title></circle>"
        )
    told = "; ".join(f"at {_percent(e.confidence)} confidence {_percent(e.right)} of {e.questions}" for e in filled)
    return _svg("Confidence and truth", told or "There is no answer to show.", _HEIGHT, inside)


def histogram(values: Sequence[float], marks: Sequence[tuple[str, float]], x_label: str, unit: str) -> str:
    """How many values fall into each of some twenty equal bins, with named values marked by upright lines."""
    top = max([*values, *(value for _, value in marks)], default=1.0) or 1.0
    width = _nice_step(top / 20)
    count = int(top // width) + 1
    heights = [0] * count
    for value in values:
        heights[min(count - 1, int(max(value, 0.0) // width))] += 1
    top_room = _TOP + 18.0 * len(marks)  # the names of the marks stand above the bars
    axes = _Axes(width * count, float(_nice_count(max(heights, default=1))), top_room)
    inside = [_frame(axes, x_label, "questions", lambda value: f"{value:g}", lambda value: f"{value:g}")]
    for number, height in enumerate(heights):
        if height:
            left, right = axes.x(number * width), axes.x((number + 1) * width)
            told = f"{number * width:g} to {(number + 1) * width:g} {unit}: {height}"
            inside.append(
                f'<rect class="bar" x="{left + 0.7:.1f}" y="{axes.y(height):.1f}" width="{right - left - 1.4:.1f}" '
                f'height="{axes.y(0) - axes.y(height):.1f}"><title>{escape(told)}</title></rect>'
            )
    # A name stands above the lines that it runs over: to the right from the least value, to the left from the greatest.
    is_turned = all(axes.x(value) > WIDTH * 0.5 for _, value in marks)
    for number, (name, value) in enumerate(sorted(marks, key=lambda mark: mark[1], reverse=is_turned)):
        x = axes.x(min(value, axes.x_max))
        to_left = x > WIDTH * 0.5  # the longest name takes almost half of the width
        anchor = f'text-anchor="{"end" if to_left else "start"}"'
        at = x + (-6 if to_left else 6)
        y = 12 + number * 18
        inside.append(f'<line class="mark" x1="{x:.1f}" y1="{y - 10}" x2="{x:.1f}" y2="{axes.y(0):.1f}"/>')
        inside.append(
            f'<text class="note halo" x="{at:.1f}" y="{y}" {anchor}>{escape(name)} {value:.0f} {escape(unit)}</text>'
        )
    told = ", ".join(f"{name} {value:.0f} {unit}" for name, value in marks)
    return _svg("Time to answer", f"{len(values)} questions; {told}", _HEIGHT, inside)


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Lying bars, a row each, as tall as there are rows."""
    room = WIDTH - _LABEL - 60
    inside: list[str] = []
    for number, row in enumerate(rows):
        y = 8 + number * _ROW
        label = row.label if len(row.label) <= _LABEL_CHARS else f"{row.label[: _LABEL_CHARS - 1]}…"
        length = max(0.0, min(1.0, row.share)) * room
        inside.append(
            f"<g><title>{escape(row.label)}: {escape(row.note)}</title>"
            f'<text class="label" x="{_LABEL - 10}" y="{y + 15}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="track" x="{_LABEL}" y="{y}" width="{room}" height="20" rx="3"/>'
            f'<rect class="bar {escape(row.css)}" x="{_LABEL}" y="{y}" width="{length:.1f}" height="20" rx="3"/>'
            f'<text class="note" x="{_LABEL + room + 8}" y="{y + 15}">{escape(row.note)}</text></g>'
        )
    told = "; ".join(f"{row.label} {row.note}" for row in rows) or "There is nothing to show."
    return _svg(title, told, 8 + len(rows) * _ROW, inside)


def stack(title: str, parts: Sequence[tuple[str, int, str]]) -> str:
    """One lying bar made of parts: (label, number, css class), each as long as its share of all."""
    total = sum(number for _, number, _ in parts) or 1
    inside: list[str] = []
    x = 0.0
    for label, number, css in parts:
        width = number / total * WIDTH
        if number:
            inside.append(
                f'<rect class="{escape(css)}" x="{x:.2f}" y="0" width="{max(width - 1, 0.6):.2f}" height="14">'
                f"<title>{escape(label)}: {number}</title></rect>"
            )
        x += width
    told = "; ".join(f"{label} {number}" for label, number, _ in parts)
    return (
        f'<svg class="stack" role="img" viewBox="0 0 {WIDTH} 14" preserveAspectRatio="none" '
        f'aria-label="{escape(title)}: {escape(told)}"><title>{escape(title)}</title>{"".join(inside)}</svg>'
    )


def _svg(title: str, description: str, height: float, inside: Sequence[str]) -> str:
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {height:g}" aria-label="{escape(title)}: '
        f'{escape(description)}"><title>{escape(title)}</title><desc>{escape(description)}</desc>{"".join(inside)}</svg>'
    )


def _frame(axes: _Axes, x_label: str, y_label: str, x_text: _Text, y_text: _Text) -> str:
    """Grid, tick labels and the axes' names."""
    parts: list[str] = []
    for step in range(5):
        value = axes.y_max * step / 4
        y = axes.y(value)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{y_text(value)}</text>')
    for value in _ticks(axes.x_max):
        x = axes.x(value)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 17}" text-anchor="middle">{x_text(value)}</text>'
        )
    middle_x, middle_y = (_LEFT + WIDTH - _RIGHT) / 2, (axes.top + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text class="axis" x="{middle_x}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
        f'<text class="axis" transform="translate(11 {middle_y}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>"
    )
    return "".join(parts)


def _ticks(top: float) -> list[float]:
    """Four to six round values from 0 that do not pass `top`."""
    step = 0.25 if top == 1.0 else _nice_step(top / 5)
    return [number * step for number in range(int(top / step + 1e-9) + 1)]


def _nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `least`."""
    power = 1.0
    while power > least:
        power /= 10
    while power * 10 < least:
        power *= 10
    return next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= least - 1e-12)


def _nice_share(most: float) -> float:
    """A top for a scale of shares that quarters well: 20, 40, 60, 80 or 100 %."""
    return next((top for top in (0.2, 0.4, 0.6, 0.8) if most <= top), 1.0)


def _nice_count(most: int) -> int:
    """A top for a scale of counts that quarters into whole numbers."""
    step = 1
    while step * 4 < most:
        step = step + 1 if step < 5 else step + 5 if step < 50 else step + 50
    return step * 4


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Not too many of the points, the first and the last among them."""
    if len(points) <= _MOST_POINTS:
        return points
    step = (len(points) - 1) / (_MOST_POINTS - 1)
    return [points[round(number * step)] for number in range(_MOST_POINTS)]


def _sampled(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points nearest to a quarter, half, three quarters and all of the coverage."""
    if not points:
        return []
    return list(dict.fromkeys(_nearest(points, share) for share in (0.25, 0.5, 0.75, 1.0)))


def _nearest(points: Sequence[tuple[float, float]], coverage: float) -> tuple[float, float]:
    return min(points, key=lambda point: abs(point[0] - coverage))


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
