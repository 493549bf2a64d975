"""A proposed question with its answer and the text that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What in a document a question was made from; also its `type` in a question file."""

    PAIR = "pair"  # "Composer: X"
    ROW = "row"  # a table row under its headers
    ROLE = "role"  # "X as Y"
    LIST = "list"  # items under the line that introduces them
    DATE = "date"  # a sentence that says when something happened
    BY = "by"  # a sentence that says by whom something was done
    REASON = "reason"  # a sentence with "because"
    DEFINITION = "definition"  # a sentence that says what something is


@dataclass(frozen=True, slots=True)
class Proposal:
    """One question; right if it names an answer, or one of each group of `all_of`.

    `evidence` and `context` are ranges of the document: what proves the answer (all of it, for a list), and what only
    supplies a cell that a row leaves out, or the line that introduces a list.
    """

    kind: Kind
    question: str
    evidence: tuple[tuple[int, int], ...]
    answers: tuple[str, ...] = ()
    all_of: tuple[tuple[str, ...], ...] = ()
    context: tuple[tuple[int, int], ...] = ()
