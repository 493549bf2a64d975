"""A second look at a span: a small model reads the question and the passage with the span marked, and says whether
it answers.

The reader chooses among the spans of a passage; the verifier judges one span that is already chosen, so it can weigh
whether just this person, date or number is what the question asks for. Its logit is one of the things that the
calibration goes by. (Zhang, Yang and Zhao, "Retrospective Reader for Machine Reading Comprehension", AAAI 2021, read
twice for the same reason.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

VERIFIER_PIECES = 160  # of an input: question, context line, the stretch around the span, marks
_QUESTION_PIECES = 48
_HEAD_PIECES = 32


@dataclass(frozen=True, slots=True)
class Marked:
    """A model's input: piece ids, and a type for each: 1 for the passage, 0 for the question and for the span."""

    ids: list[int]
    types: list[int]


def marked(
    question: Sequence[int],
    passage: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    head_end: int,
    span: tuple[int, int],
    marks: tuple[int, int],
) -> Marked:
    """The question, the passage's first line and the stretch around the span, at most `VERIFIER_PIECES` long.

    `passage` and `offsets` are the pieces of the search text and their character ranges, `head_end` is where its
    context line ends (0 without one), `span` a range of its characters, `marks` the ids at the start and between.
    """
    asked = list(question[:_QUESTION_PIECES])
    first = next((n for n, (_, end) in enumerate(offsets) if end > span[0]), len(offsets))
    last = next((n for n in range(len(offsets) - 1, -1, -1) if offsets[n][0] < span[1]), -1)
    head = next((n for n, (start, _) in enumerate(offsets) if start >= head_end), len(offsets))
    if first < head:  # the span stands in the context line itself
        head = 0
    kept_head = min(head, _HEAD_PIECES)
    room = VERIFIER_PIECES - 3 - len(asked) - kept_head
    last = min(last, first + room - 1)
    spare = room - (last - first + 1)
    begin = max(head, first - spare // 2)
    end = min(len(passage), begin + room)
    begin = max(head, end - room)
    places = [*range(kept_head), *range(begin, end)]
    ids = [marks[0], *asked, marks[1], *(passage[n] for n in places), marks[1]]
    types = [0] * (len(asked) + 2) + [0 if first <= n <= last else 1 for n in places] + [1]
    return Marked(ids, types)


def head_end(search_text: str) -> int:
    """Where the line with title and headings ends in a passage's search text; 0 where there is none."""
    line, newline, _ = search_text.partition("\n")
    return len(line) + 1 if newline and line.endswith(":") else 0
