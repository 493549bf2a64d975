"""What is measured of answers, each as a plain function."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
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


def normalized(text: str) -> str:
    """SQuAD's normal form: lower case, without ASCII punctuation, articles and superfluous white space.

    Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016.
    """
    bare = "".join(char for char in text.lower() if char not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1.0 if the prediction is one of the answers in normal form, else 0.0; without answers, "" is the right one."""
    return float(any(normalized(prediction) == normalized(answer) for answer in answers or [""]))


def token_f1(prediction: str, answers: Sequence[str]) -> float:
    """Best F1 over the answers of the words in normal form, from 0 to 1; without answers, "" is the right one."""
    return max(_f1(normalized(prediction).split(), normalized(answer).split()) for answer in answers or [""])


def _f1(predicted: list[str], wanted: list[str]) -> float:
    if not predicted or not wanted:
        return float(predicted == wanted)
    common = (Counter(predicted) & Counter(wanted)).total()
    return 2 * common / (len(predicted) + len(wanted))


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
