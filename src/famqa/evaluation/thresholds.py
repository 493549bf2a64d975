"""From which confidence on to answer: what each threshold gives up and gains on a file of questions.

Selective answering: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from famqa.errors import FamqaError


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that was answered whatever the confidence."""

    confidence: float  # of the best span, 0 where there is none
    is_right: bool  # False for every question that the documents do not answer
    is_answerable: bool


@dataclass(frozen=True, slots=True)
class Trade:
    """What answering from a threshold on does; shares from 0 to 1."""

    threshold: float
    coverage: float  # of all questions that get an answer
    risk: float  # of the answers that are wrong, an answer to an unanswerable question among them; 0 without answers
    answerable_refused: float
    unanswerable_refused: float
    right: float  # of all questions: answered rightly, or rightly refused


def trade(asked: Sequence[Asked], threshold: float) -> Trade:
    """The figures at one threshold."""
    answered = [a for a in asked if a.confidence >= threshold]
    refused = [a for a in asked if a.confidence < threshold]
    answerable = sum(a.is_answerable for a in asked)
    right = sum(a.is_right for a in answered)
    refused_rightly = sum(not a.is_answerable for a in refused)
    return Trade(
        threshold=threshold,
        coverage=len(answered) / len(asked),
        risk=1 - right / len(answered) if answered else 0.0,
        answerable_refused=sum(a.is_answerable for a in refused) / answerable if answerable else 0.0,
        unanswerable_refused=refused_rightly / (len(asked) - answerable) if answerable < len(asked) else 0.0,
        right=(right + refused_rightly) / len(asked),
    )


def trades(asked: Sequence[Asked]) -> list[Trade]:
    """The figures at every threshold that makes a difference, from the lowest: halfway between two confidences.

    Raises `FamqaError` without a question.
    """
    if not asked:
        raise FamqaError("there is no question to calibrate on; give a file with questions and their answers")
    levels = sorted({a.confidence for a in asked})
    between = [(low + high) / 2 for low, high in pairwise(levels)]
    return [trade(asked, round(threshold, 4)) for threshold in (0.0, *between, min(1.0, levels[-1] + 0.01))]


def best(found: Sequence[Trade], refuse_at_most: float | None = None) -> Trade:
    """The trade with the most right decisions, among those that refuse at most that share of the answerable questions.

    Of equals the one in their middle, which is furthest from where a question would change sides.
    """
    allowed = [t for t in found if refuse_at_most is None or t.answerable_refused <= refuse_at_most + 1e-9]
    most = max(t.right for t in allowed)
    equal = [t for t in allowed if t.right == most]
    return equal[len(equal) // 2]
