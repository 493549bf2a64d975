"""What is measured of answers, each as a plain function."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from famqa.answering import ANSWERED
from famqa.evaluation.questions import Question
from famqa.records import Answer


def tokens(text: str) -> list[str]:
    """Words and numbers in lower case; signs that carry meaning (%, +, $) count, other punctuation does not."""
    return re.findall(r"[^\W_]+|[%+$€£#]", unicodedata.normalize("NFKC", text).casefold())


def contains(text: str, alias: str) -> bool:
    """Whether `alias` stands in `text` as whole tokens: "7" is in "7 reviews" but not in "27 reviews"."""
    wanted, found = tokens(alias), tokens(text)
    return bool(wanted) and any(found[i : i + len(wanted)] == wanted for i in range(len(found) - len(wanted) + 1))


def alias_hit(question: Question, texts: Sequence[str]) -> bool:
    """Whether the texts hold a right answer: one alias, or one of each group where the question has groups."""
    groups = question.all_of or (question.answers,)
    return all(any(contains(text, alias) for alias in group for text in texts) for group in groups)


def is_right(question: Question, answer: Answer) -> bool:
    """An alias in the answer or its quotes; for a question without an answer, that none was given."""
    if not question.answerable:
        return answer.status != ANSWERED
    return alias_hit(question, [answer.answer, *(citation.quote for citation in answer.citations)])


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]
