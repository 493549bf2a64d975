"""What is measured of answers, each as a plain function of one question's answer."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from famqa.evaluation.rows import Question
from famqa.records import Answer

TOKEN = re.compile(r"[^\W_]+|[%+$€£#]")
"""A word or a number, or a sign that carries meaning."""


def tokens(text: str) -> list[str]:
    """Words and numbers in lower case; signs that carry meaning (%, +, $) count, other punctuation does not."""
    return TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def joined(text: str) -> str:
    """The tokens with a space around each, so that whole tokens are found as a substring: " in 7 reviews "."""
    return f" {' '.join(tokens(text))} "


spaced = lru_cache(maxsize=8192)(joined)
"""`joined`, remembered: for aliases, answers and quotes, which are looked at again and again."""


def contains(text: str, alias: str) -> bool:
    """Whether `alias` stands in `text` as whole tokens: "7" is in "7 reviews" but not in "27 reviews"."""
    wanted = spaced(alias)
    return bool(wanted.strip()) and wanted in spaced(text)


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


def groups(question: Question) -> tuple[tuple[str, ...], ...]:
    """The groups of aliases of which each needs a hit; one group where the question has a single answer."""
    return question.all_of or ((question.answers,) if question.answers else ())


def references(question: Question) -> tuple[str, ...]:
    """What exact match and F1 compare with: the aliases; of a list without any, the groups' first ones as one text."""
    return question.answers or ("; ".join(group[0] for group in question.all_of),)


def group_hits(question: Question, texts: Sequence[str]) -> list[bool]:
    """For each group, whether the texts hold one of its aliases."""
    return [any(contains(text, alias) for alias in group for text in texts) for group in groups(question)]


def alias_hit(question: Question, texts: Sequence[str]) -> bool:
    """Whether the texts hold a right answer: one alias, or one of each group where the question has groups."""
    return all(group_hits(question, texts))


def texts_of(answer: Answer) -> list[str]:
    """Where an alias may stand: the answer and its quotes."""
    return [answer.answer, *(citation.quote for citation in answer.citations)]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]
