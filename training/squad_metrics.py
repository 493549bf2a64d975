"""EM and F1 as SQuAD's official script defines them, for the trainer's own evaluation."""

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(text: str) -> str:
    """Lower case, without ASCII punctuation, articles and superfluous white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, answers: list[str]) -> float:
    """1.0 if the prediction equals any answer after normalising, else 0.0; no answers mean that "" is right."""
    return float(any(normalized(prediction) == normalized(answer) for answer in answers or [""]))


def f1(prediction: str, answers: list[str]) -> float:
    """The best token F1, 0 to 1, over the answers; no answers mean that "" is right."""
    return max(_f1(normalized(prediction).split(), normalized(answer).split()) for answer in answers or [""])


def _f1(predicted: list[str], wanted: list[str]) -> float:
    if not predicted or not wanted:
        return float(predicted == wanted)
    common = sum((Counter(predicted) & Counter(wanted)).values())
    return 2 * common / (len(predicted) + len(wanted))
