"""The sentences that explain: the one that holds the answer, and those beside it that belong to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from famqa.records import Passage, Span
from famqa.terms import content_terms

MOST_SENTENCES = 3
_SHARE = 0.5  # of the best span's probability, from which on a sentence beside it belongs to the explanation
_SAID = 0.5  # of the question's words, from which on a sentence beside it says what the question is about
_FOLLOWS = re.compile(
    r"\b(?:therefore|hence|thus|consequently|accordingly|as a (?:result|consequence)|for (?:this|that) reason|"
    r"(?:that|this|which) is why|because of (?:this|that))\b|^so\b",
    re.IGNORECASE,
)


def explained(question: str, best: Span, spans: Sequence[Span], is_description: bool) -> Span:
    """`best`, quoted by one to three sentences that follow each other in its passage.

    A sentence beside that of `best` is taken where a span of it is at least half as likely, or where it says more of
    what the question asks about; the one before where the first of them follows from it ("is therefore closed"). A
    description goes on to the end of its passage, as far as three sentences reach. A row or an item stays as it is.
    """
    sentences = best.passage.sentences
    at = _sentence(best, best)
    if at is None or best.quotes != (sentences[at],):
        return best
    likely = {_sentence(best, span) for span in spans if span.probability >= _SHARE * best.probability}
    asked = set(content_terms(question))
    said = [len(asked & set(content_terms(_text(best.passage, place)))) for place in sentences]
    beside = [n for n in (at - 1, at + 1) if 0 <= n < len(sentences)]
    likely |= {n for n in beside if said[n] > said[at] and said[n] >= _SAID * len(asked)}
    first = last = at
    while last - first + 1 < MOST_SENTENCES:
        if first > 0 and _FOLLOWS.search(_text(best.passage, sentences[first])):
            first -= 1
        elif last + 1 < len(sentences) and (is_description or last + 1 in likely):
            last += 1
        elif first - 1 in likely:
            first -= 1
        else:
            break
    return replace(best, quotes=((sentences[first][0], sentences[last][1]),))


def _text(passage: Passage, place: tuple[int, int]) -> str:
    return passage.text[place[0] - passage.start : place[1] - passage.start]


def _sentence(best: Span, span: Span) -> int | None:
    """Which sentence of the best span's passage holds `span`; None where it stands elsewhere."""
    if span.passage.doc_id != best.passage.doc_id:
        return None
    holding = (n for n, (start, end) in enumerate(best.passage.sentences) if start <= span.start and span.end <= end)
    return next(holding, None)
