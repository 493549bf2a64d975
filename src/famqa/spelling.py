"""Words of a question that are spelled like none of the documents' words, and the close one that may be meant."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Set

from rapidfuzz import process
from rapidfuzz.distance import OSA

from famqa.terms import FUNCTION_WORDS, fold, words

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST = 4  # letters; a shorter word is near too many others
_ENDINGS = ("s", "ed", "ing", "er", "ers")
_LONG = 7  # letters, from which on two slips are allowed


class Spelling:
    """Knows the words of one index, and those that are right though the index lacks them."""

    def __init__(self, texts: Callable[[], Iterable[str]], known: Set[str]) -> None:
        """`texts` gives what is searched, once it is needed; `known` words (lower case) are never taken for a slip."""
        self._texts = texts
        self._known = known | FUNCTION_WORDS
        self._counting = threading.Lock()
        self._counted: Counter[str] | None = None

    def corrected(self, question: str) -> str:
        """The question with its misspelled words replaced by the documents' own; the same where there are none.

        A word is taken for misspelled only if neither it nor a form of it is in the documents or known; the word that
        replaces it begins with the same letter and is one slip away (two for long words): a letter more, less, other
        or swapped.
        """
        return _WORD.sub(lambda match: self._correct(match.group()), question)

    def _correct(self, word: str) -> str:
        folded = fold(word)
        bare = folded.removesuffix("'s")
        forms = _forms(bare)
        if len(bare) < _SHORTEST or not forms.isdisjoint(self._known):
            return word
        count = self._count()
        if not forms.isdisjoint(count):
            return word
        slips = 2 if len(bare) >= _LONG else 1
        near = process.extract(bare, list(count), scorer=OSA.distance, score_cutoff=slips, limit=20)
        same = [(distance, -count[found], found) for found, distance, _ in near if found[0] == bare[0]]
        return min(same)[2] + word[len(bare) :] if same else word

    def _count(self) -> Counter[str]:
        """How often each word stands in the texts."""
        with self._counting:
            if self._counted is None:
                self._counted = Counter(w for text in self._texts() for w in words(text) if len(w) >= _SHORTEST)
            return self._counted


def _forms(word: str) -> set[str]:
    """The word with and without the common endings: "bake" is right where "baked" or "baking" is."""
    stems = {word, *(word.removesuffix(ending) for ending in _ENDINGS if len(word) - len(ending) >= _SHORTEST)}
    stems |= {stem + "e" for stem in stems - {word}}
    cut = word.removesuffix("e")
    return stems | {stem + ending for stem in (word, cut) for ending in _ENDINGS if stem + ending != word}
