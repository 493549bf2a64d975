"""What of a question the documents do not have: reason to doubt an answer, and the line under a refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from famqa.phrases import names_in
from famqa.records import Candidate, Reading
from famqa.terms import FUNCTION_WORDS, content_terms, fold, terms

_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_HOW_MUCH = re.compile(r"\bhow (?:much|many|long|often|far|old|big|large|high|soon|come)\b", re.IGNORECASE)
_DOUBT = 1.0  # log odds that each reason to doubt takes from every span
_NAMED = 3  # words that the line names at most


def doubted(reading: Reading, question: str, occurs: Callable[[str], bool]) -> Reading:
    """The reading, each span less likely where the question speaks of what no document has (`occurs` tells).

    There are two reasons: a name of which no word stands anywhere, and no word at all that does. An abbreviation is no
    such name, since the documents may write it out.
    """
    names = [_surfaces(name) for name in names_in(question, skip_first=True) if not name.isupper()]
    doubt = _DOUBT * (any(_are_strange(name, occurs) for name in names) + _are_strange(_surfaces(question), occurs))
    if not doubt or not reading.spans:
        return reading
    spans = tuple(replace(span, probability=_less_likely(span.probability, doubt)) for span in reading.spans)
    return Reading(spans, 1 - spans[0].probability)


def _are_strange(words: Sequence[str], occurs: Callable[[str], bool]) -> bool:
    said = [word for word in words if content_terms(word)]
    return bool(said) and not any(map(occurs, said))


def _less_likely(probability: float, doubt: float) -> float:
    if not 0 < probability < 1:
        return probability
    return 1 / (1 + math.exp(doubt - math.log(probability / (1 - probability))))


def not_found(question: str, candidates: Sequence[Candidate], occurs: Callable[[str], bool]) -> str:
    """One line: words that stand nowhere (`occurs` tells), or not in the passages found; else that none answers.

    A word counts as found in any form of it, "moved" for "moves".
    """
    asked = [word for word in _surfaces(question) if content_terms(word)]
    absent = [word for word in asked if not occurs(word)]
    if absent:
        return f"The documents do not have {_joined(absent, 'or')}."
    near = set().union(*(terms(candidate.passage.search_text) for candidate in candidates))
    apart = [word for word in asked if not set(content_terms(word)) & near]
    if apart:
        stand = "stands" if len(apart) == 1 else "stand"
        return f"{_joined(apart, 'and')} {stand} elsewhere in the documents, not in the passages that were closest."
    return "The words of the question occur in the documents, but no passage found answers it."


def _surfaces(question: str) -> list[str]:
    """The words as they are written, each once, function words left out."""
    words = _WORD.findall(_HOW_MUCH.sub("", question))
    found = {fold(word): word for word in reversed(words) if fold(word) not in FUNCTION_WORDS}
    return list(reversed(found.values()))


def _joined(words: Sequence[str], last: str) -> str:
    quoted = [f"“{word}”" for word in words[:_NAMED]]
    return f" {last} ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]
