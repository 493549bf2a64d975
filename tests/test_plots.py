"""The plots: well-formed SVG, with the right things at the right places."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from famqa.evaluation import plots
from famqa.evaluation.plots import WIDTH, Bar, Bin


def parsed(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg" and root.get("role") == "img" and root.get("aria-label")
    assert root.find("title") is not None
    return root


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter("text")]


def test_bars_are_as_long_as_their_shares() -> None:
    root = parsed(plots.bars("By type", [Bar("person", 1.0, "4 of 4"), Bar("date", 0.25, "1 of 4", "miss")]))
    tracks = [float(e.get("width", 0)) for e in root.iter("rect") if e.get("class") == "track"]
    full, quarter = (float(e.get("width", 0)) for e in root.iter("rect") if (e.get("class") or "").startswith("bar"))
    assert full == tracks[0] and quarter == pytest.approx(full / 4, abs=0.06)
    assert texts(root) == ["person", "4 of 4", "date", "1 of 4"]
    assert root.get("aria-label") == "By type: person 4 of 4; date 1 of 4"


def test_a_long_label_is_shortened_and_kept_in_the_title() -> None:
    root = parsed(plots.bars("By type", [Bar("a very long type of question indeed", 0.5, "1 of 2")]))
    assert texts(root)[0] == "a very long type of…"
    assert "a very long type of question indeed: 1 of 2" in [e.text for e in root.iter("title")]


def test_what_comes_from_outside_is_escaped() -> None:
    hostile = '</svg><script>"&'
    for svg in (
        plots.bars(hostile, [Bar(hostile, 0.5, hostile)]),
        plots.stack(hostile, [(hostile, 1, "right")]),
        plots.histogram([1.0], [(hostile, 1.0)], hostile, hostile),
    ):
        assert "<script" not in svg
        parsed(svg)


def test_risk_coverage_runs_from_left_to_right_and_marks_the_run() -> None:
    root = parsed(plots.risk_coverage([(0.25, 0.0), (0.5, 0.1), (0.75, 0.2)]))
    (line,) = (e for e in root.iter("polyline"))
    points = [tuple(map(float, point.split(","))) for point in (line.get("points") or "").split()]
    assert len(points) == 3
    # equal steps of coverage and of risk are equal steps on the page, higher risk being higher up
    assert points[1][0] - points[0][0] == pytest.approx(points[2][0] - points[1][0], abs=0.11)
    assert (
        points[0][1] - points[1][1] == pytest.approx(points[1][1] - points[2][1], abs=0.11)
        and points[0][1] > points[1][1]
    )
    (dot,) = root.iter("circle")
    assert (float(dot.get("cx", 0)), float(dot.get("cy", 0))) == points[2]
    assert "this run" in texts(root) and "20 %" in texts(root)
    assert "75 % answered, 20 % of them wrong" in (root.get("aria-label") or "")


def test_thousands_of_points_are_thinned_but_keep_both_ends() -> None:
    points = [(n / 5000, n / 10_000) for n in range(1, 5001)]
    (line,) = parsed(plots.risk_coverage(points)).iter("polyline")
    drawn = (line.get("points") or "").split()
    assert len(drawn) == 400
    ends = parsed(plots.risk_coverage([points[0], points[-1]])).find("polyline")
    assert ends is not None and [drawn[0], drawn[-1]] == (ends.get("points") or "").split()


def test_a_calibrated_bin_lies_on_the_diagonal_and_empty_bins_are_left_out() -> None:
    root = parsed(plots.reliability([Bin(0.0, 0.0, 1), Bin(0.5, 0.5, 4), Bin(1.0, 1.0, 1), Bin(0.3, 0.9, 0)]))
    ideal = next(e for e in root.iter("line") if e.get("class") == "ideal")
    x1, y1, x2, y2 = (float(ideal.get(name, 0)) for name in ("x1", "y1", "x2", "y2"))
    dots = list(root.iter("circle"))
    assert [(float(d.get("cx", 0)), float(d.get("cy", 0))) for d in dots] == [
        (x1, y1),
        (pytest.approx((x1 + x2) / 2, abs=0.06), pytest.approx((y1 + y2) / 2, abs=0.06)),
        (x2, y2),
    ]
    assert float(dots[1].get("r", 0)) > float(dots[0].get("r", 0))


def test_a_histogram_counts_every_value_once() -> None:
    values = [3.0, 12.0, 14.0, 100.0]
    root = parsed(plots.histogram(values, [("median", 13.0)], "milliseconds", "ms"))
    # Twenty bins up to 100 would be 5 wide: 3 is in 0-5, 12 and 14 in 10-15, 100 in 100-105.
    assert [e.text for e in root.iter("title")][1:] == ["0 to 5 ms: 1", "10 to 15 ms: 2", "100 to 105 ms: 1"]
    assert "median 13 ms" in texts(root) and "questions" in texts(root)


@pytest.mark.parametrize("median, p95, upper", [(10.0, 20.0, "median 10 ms"), (80.0, 90.0, "95th percentile 90 ms")])
def test_no_line_of_a_histogram_runs_through_a_name(median: float, p95: float, upper: str) -> None:
    marks = [("median", median), ("95th percentile", p95)]
    root = parsed(plots.histogram([100.0], marks, "milliseconds", "ms"))
    lines = {float(e.get("x1", 0)): float(e.get("y1", 0)) for e in root.iter() if e.get("class") == "mark"}
    names = {e.text: e for e in root.iter() if e.get("class") == "note halo"}
    assert float(names[upper].get("y", 0)) == 12  # the other one's line begins below it
    assert sorted(lines.values()) == [2, 20]
    ends = names[upper].get("text-anchor") == "end"
    assert lines[max(lines) if ends else min(lines)] == 2


def test_the_parts_of_a_stack_share_its_width() -> None:
    root = parsed(plots.stack("All", [("right", 3, "right"), ("none", 0, "held"), ("wrong", 1, "wrong")]))
    first, second = root.iter("rect")
    assert float(second.get("x", 0)) == WIDTH * 3 / 4
    assert float(first.get("width", 0)) == WIDTH * 3 / 4 - 1
    assert root.get("aria-label") == "All: right 3; none 0; wrong 1"


@pytest.mark.parametrize("most", [1, 3, 4, 5, 17, 99, 1000, 12345])
def test_scales_of_counts_quarter_into_whole_numbers_and_hold_the_most(most: int) -> None:
    top = plots._nice_count(most)
    assert top >= most and top % 4 == 0 and top <= max(4, 2 * most)


@pytest.mark.parametrize("least, step", [(0.7, 1), (1, 1), (1.1, 2), (2.2, 2.5), (3, 5), (5.1, 10), (0.021, 0.025)])
def test_steps_are_round(least: float, step: float) -> None:
    assert plots._nice_step(least) == pytest.approx(step)


def test_nothing_to_show_is_still_a_plot() -> None:
    for svg in (
        plots.risk_coverage([]),
        plots.reliability([]),
        plots.histogram([], [], "milliseconds", "ms"),
        plots.bars("Causes", []),
        plots.stack("All", []),
    ):
        parsed(svg)
