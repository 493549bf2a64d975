"""Words as searching compares them: lower case, accents off, stemmed, numbers and ordinals also as digits."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:['’.,][^\W_]+)*")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")
_MAX_WORD_CHARS = 64  # longer runs of letters are no words; their start is enough to find them

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_ORDINALS = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
_TEENS = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = (
    {word: str(n) for n, word in enumerate(_UNITS)}
    | {word: str(n) for n, word in enumerate(_ORDINALS)}
    | {word: str(n) for n, word in enumerate(_TEENS, 13)}
    | {word + "th": str(n) for n, word in enumerate(_TEENS, 13)}
    | {word: str(n * 10) for n, word in enumerate(_TENS, 2)}
    | {word[:-1] + "ieth": str(n * 10) for n, word in enumerate(_TENS, 2)}
)

NUMBER_WORDS = tuple(_NUMBERS)
"""English words for numbers and ordinals."""

FUNCTION_WORDS = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "down",
        "during",
        "each",
        "else",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "him",
        "himself",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "me",
        "more",
        "most",
        "my",
        "no",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "per",
        "please",
        "same",
        "shall",
        "she",
        "should",
        "so",
        "some",
        "such",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "them",
        "themselves",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "upon",
        "us",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "within",
        "would",
        "you",
        "your",
    ]
)
"""English words that say little of what a text is about."""


@lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Stem of one folded word."""
    return str(_stemmer().stemWord(word))


def fold(text: str) -> str:
    """Lower case without accents; the apostrophe always straight."""
    if text.isascii():  # the quick way to the same
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> Iterator[str]:
    """Folded words in order, a possessive 's left off: "Bob's 1,200 naïve" gives bob, 1200, naive."""
    for match in _WORD.finditer(fold(text)):
        word = match.group().removesuffix("'s")
        if word.isalpha():  # as most are; the quick way to the same
            yield word[:_MAX_WORD_CHARS]
        elif re.fullmatch(r"[\d.,]+", word):
            yield re.sub(r"[.,]", "", word)[:_MAX_WORD_CHARS]
        elif _INITIALS.fullmatch(word):  # U.S. and US are one word
            yield word.replace(".", "")
        else:
            yield from (part[:_MAX_WORD_CHARS] for part in re.split(r"[.,]", word.replace("'", "")) if part)


def terms(text: str) -> list[str]:
    """Terms in order, repeated as they repeat; a number word or an ordinal adds its digits.

    >>> terms("The second seasons, 2nd")
    ['the', 'second', '2', 'season', '2nd', '2']
    """
    found: list[str] = []
    for word in words(text):
        found.append(stem(word))
        digits = _NUMBERS.get(word) or _ordinal_digits(word)
        if digits:
            found.append(digits)
    return found


def content_terms(text: str) -> list[str]:
    """The distinct terms of `text` that are no function words, in order."""
    return list(dict.fromkeys(terms(" ".join(word for word in words(text) if word not in FUNCTION_WORDS))))


def rarity(asked: Sequence[str], texts: Sequence[Set[str]]) -> dict[str, float]:
    """Weight of each asked term, higher the fewer of the texts (as sets of terms) hold it: the idf of BM25."""
    found = Counter(term for text in texts for term in set(asked) & text)
    return {term: math.log(1 + (len(texts) - found[term] + 0.5) / (found[term] + 0.5)) for term in asked}


def coverage(asked: Sequence[str], present: Set[str], weight: Mapping[str, float]) -> float:
    """How much of the asked terms' weight is present, from 0 to 1."""
    total = sum(weight[term] for term in asked)
    return sum(weight[term] for term in asked if term in present) / total if total else 0.0


def _ordinal_digits(word: str) -> str:
    match = None if word.isalpha() else re.fullmatch(r"(\d+)(?:st|nd|rd|th)", word)
    return match[1] if match else ""
