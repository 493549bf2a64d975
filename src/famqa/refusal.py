"""The line under a refusal: what of the question was not found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from famqa.records import Candidate
from famqa.terms import FUNCTION_WORDS, content_terms, fold, terms

_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_HOW_MUCH = re.compile(r"\bhow (?:much|many|long|often|far|old|big|large|high|soon|come)\b", re.IGNORECASE)
_NAMED = 3  # words that the line names at most


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
