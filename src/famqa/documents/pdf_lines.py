"""Words of a page to lines in reading order: runs of words, columns, and rows of runs. Pure geometry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

from famqa.documents.pdf_page import Word

_RUN_GAP = 1.1  # of the size: wider gaps part columns and cells; a justified line seldom has one
_BLANK = 0.13  # of the size: narrower gaps are none
_MIN_COLUMN_RUNS = 5
_PROSE_WORDS = 4  # of a run; the cells of a table have fewer
_YEAR_AT_END = re.compile(r"\b(?:1[5-9]|20)\d\d$")  # what stands raised behind it is a footnote's mark
_UNITS = re.compile(r"(?:^|[\s\d])(?:[kcdm]?m|s|in|ft)$")


@dataclass(frozen=True)
class Run:
    """Words that stand next to each other on one line."""

    words: tuple[Word, ...]

    @cached_property
    def x0(self) -> float:
        return min(word.x0 for word in self.words)

    @cached_property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)

    @cached_property
    def size(self) -> float:
        """That most characters have."""
        sizes: dict[float, int] = {}
        for word in self.words:
            sizes[word.size] = sizes.get(word.size, 0) + len(word.text)
        return max(sizes, key=lambda size: sizes[size])

    @cached_property
    def baseline(self) -> float:
        return next(word.baseline for word in self.words if word.size == self.size)

    @property
    def top(self) -> float:
        return self.baseline - 0.8 * self.size

    @property
    def bottom(self) -> float:
        return self.baseline + 0.2 * self.size

    @property
    def bold(self) -> bool:
        return all(word.bold for word in self.words)

    @cached_property
    def text(self) -> str:
        """The words with blanks where there are gaps; marks of footnotes are left out, powers get a sign."""
        text, edge = "", 0.0
        for word in self._in_reading_order():
            gap = word.x0 - edge
            raised = word.size < 0.85 * self.size and word.baseline < self.baseline - 0.12 * self.size
            if raised and text and gap < _BLANK * self.size and re.fullmatch(r"[\d,*†‡§]+", word.text):
                if text[-1].isdigit() and word.text.isdigit() and not _YEAR_AT_END.search(text):
                    text += f"^{word.text}"
                elif word.text in "23" and _UNITS.search(text):
                    text += word.text
            else:
                text += (" " if text and abs(gap) > _BLANK * self.size else "") + word.text
            edge = word.x1
        return text

    def _in_reading_order(self) -> list[Word]:
        return sorted(self.words, key=lambda word: -word.x1 if self._is_right_to_left else word.x0)

    @cached_property
    def _is_right_to_left(self) -> bool:
        kinds = [unicodedata.bidirectional(char) for word in self.words for char in word.text[:2]]
        return sum(kind in ("R", "AL") for kind in kinds) > sum(kind == "L" for kind in kinds)


@dataclass(frozen=True)
class Line:
    """Runs on one baseline of one column, from left to right; `right` is where the column's lines end."""

    runs: tuple[Run, ...]
    page: int
    left: float  # of the column
    right: float

    @property
    def x0(self) -> float:
        return self.runs[0].x0

    @property
    def x1(self) -> float:
        return self.runs[-1].x1

    @cached_property
    def size(self) -> float:
        return max(self.runs, key=lambda run: len(run.text)).size

    @cached_property
    def baseline(self) -> float:
        return max(self.runs, key=lambda run: len(run.text)).baseline

    @cached_property
    def bold(self) -> bool:
        return all(run.bold for run in self.runs)

    @cached_property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)


def split_run(run: Run, places: Sequence[float]) -> list[Run]:
    """The run parted before words that begin at one of the places, after more than a blank."""
    parts: list[list[Word]] = [[run.words[0]]]
    for last, word in pairwise(run.words):
        is_place = any(abs(word.x0 - place) < 1.5 for place in places)
        if is_place and word.x0 - last.x1 > 0.38 * run.size:
            parts.append([])
        parts[-1].append(word)
    return [Run(tuple(part)) for part in parts]


def runs_of(words: Sequence[Word]) -> list[Run]:
    """Runs of the words, which come in the order of the file: on one line that is from left to right or nearly so."""
    runs: list[list[Word]] = []
    for word in words:
        if runs and _continues(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    return _merged([Run(tuple(run)) for run in runs])


def _continues(last: Word, word: Word) -> bool:
    size = max(last.size, word.size)
    return (
        abs(last.baseline - word.baseline) < (0.2 if last.size == word.size else 0.5) * size
        and -0.5 * size < word.x0 - last.x1 < _RUN_GAP * size
    )


def _merged(runs: list[Run]) -> list[Run]:
    """Runs that touch on one baseline made one: some programs write a line's words in any order."""
    ordered = sorted(runs, key=lambda run: (round(run.baseline), run.x0))
    merged: list[Run] = []
    for run in ordered:
        if merged and _continues(merged[-1].words[-1], run.words[0]):
            merged[-1] = Run((*merged[-1].words, *run.words))
        else:
            merged.append(run)
    return merged


def lines_of(runs: Sequence[Run], page: int) -> list[Line]:
    """The page's lines in reading order: columns one after the other, what spans them in its place."""
    return [line for region in _regions(list(runs)) for line in _region_lines(region, page)]


def _region_lines(runs: list[Run], page: int) -> Iterator[Line]:
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    open_line: list[Run] = []
    for run in sorted(runs, key=lambda run: run.baseline):
        if open_line and run.baseline - open_line[0].baseline > 0.35 * min(run.size, open_line[0].size):
            yield Line(tuple(sorted(open_line, key=lambda run: run.x0)), page, left, right)
            open_line = []
        open_line.append(run)
    if open_line:
        yield Line(tuple(sorted(open_line, key=lambda run: run.x0)), page, left, right)


def _regions(runs: list[Run], depth: int = 0) -> list[list[Run]]:
    """The runs parted into stretches that are read one after the other."""
    gutter = _gutter(runs) if depth < 4 else None
    if gutter is None:
        return [runs] if runs else []
    runs = sorted(runs, key=lambda run: run.baseline)
    regions: list[list[Run]] = []
    for spans, band in groupby(runs, key=lambda run: run.x0 < gutter < run.x1):
        stretch = list(band)
        if spans:
            regions.append(stretch)
            continue
        for side in ([r for r in stretch if r.x1 <= gutter], [r for r in stretch if r.x0 >= gutter]):
            regions += _regions(side, depth + 1)
    return _rejoined(regions)


def _rejoined(regions: list[list[Run]]) -> list[list[Run]]:
    """A lone short line between two regions of its width is a part of them: the last line of a wide paragraph."""
    joined: list[list[Run]] = []
    for region in regions:
        if joined and len(region) == 1 and len(joined[-1]) > 1:
            above, run = joined[-1], region[0]
            if abs(run.x0 - min(r.x0 for r in above)) < 2 and 0 < run.baseline - above[-1].baseline < 1.6 * run.size:
                above.append(run)
                continue
        joined.append(region)
    return joined


def _gutter(runs: list[Run]) -> float | None:
    """Where a strip without text parts two columns of prose; None where there is one column, or a table."""
    if len(runs) < 2 * _MIN_COLUMN_RUNS:
        return None
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    best: tuple[float, float] | None = None
    steps = range(int(left + 0.15 * (right - left)), int(right - 0.15 * (right - left)), 2)
    for x in steps:
        crossing = sum(run.x0 < x < run.x1 for run in runs)
        if crossing > 0.25 * len(runs):
            continue
        before, after = [r for r in runs if r.x1 <= x], [r for r in runs if r.x0 >= x]
        if not (_is_prose(before) and _is_prose(after) and _side_by_side(before, after)):
            continue
        width = min(r.x0 for r in after) - max(r.x1 for r in before)
        if best is None or (-crossing, width) > best:
            best, found = (-crossing, width), x
    return float(found) if best is not None else None


def _is_prose(runs: list[Run]) -> bool:
    """Whether most of the text stands in runs as long as lines; tables and headings may stand between them."""
    width = max((run.x1 for run in runs), default=0.0) - min((run.x0 for run in runs), default=0.0)
    long = [len(run.words) >= _PROSE_WORDS and run.x1 - run.x0 > 0.5 * width for run in runs]
    chars = [sum(len(word.text) for word in run.words) for run in runs]
    in_long = sum(count for count, is_long in zip(chars, long, strict=True) if is_long)
    return sum(long) >= _MIN_COLUMN_RUNS and in_long > 0.5 * sum(chars)


def _side_by_side(before: list[Run], after: list[Run]) -> bool:
    top = max(min(run.baseline for run in side) for side in (before, after))
    bottom = min(max(run.baseline for run in side) for side in (before, after))
    return all(sum(top <= run.baseline <= bottom for run in side) >= 3 for side in (before, after))
