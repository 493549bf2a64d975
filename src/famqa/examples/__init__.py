"""Questions made from documents by rule: for a visitor to begin with, and for a question file to begin from.

The rules look at form only (a key and its value, a row under its headers, "X as Y", a sentence with a date), so they
hold for any English document. `structure` and `sentences` hold them, `english` what they know of the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice, pairwise, zip_longest

from famqa.examples.english import lower_first
from famqa.examples.proposals import Kind, Proposal
from famqa.examples.sentences import of_dates, of_definitions, of_doers, of_reasons
from famqa.examples.structure import of_items, of_lists, of_pairs, of_rows, short
from famqa.records import Block, BlockKind, Document

__all__ = ["Kind", "Proposal", "proposals", "propose"]

_MOST_CHARS = 90
_MOST_LOOKED_AT = 200


def propose(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """Questions about one document for a visitor, each once and none too long: the most natural ones first.

    Kinds take turns. Wordings that fit any header or key ("is listed for") read stiffly and come later, headings last.
    """
    first = islice(proposals(document, blocks), _MOST_LOOKED_AT)  # of a large document a part is plenty
    made = sorted((each.question for each in first), key=lambda question: " listed " in question)
    seen: set[str] = set()
    for question in chain(made, _of_headings(document, blocks)):
        if question not in seen and len(question) <= _MOST_CHARS:
            seen.add(question)
            yield question


def proposals(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """Questions with their answers and evidence, the kinds taking turns; a question may come more than once."""
    rules = (of_pairs, of_rows, of_items, of_dates, of_doers, of_reasons, of_lists, of_definitions)
    for turn in zip_longest(*(rule(document, blocks) for rule in rules)):
        yield from (proposal for proposal in turn if proposal is not None)


def _of_headings(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """A heading of up to three plain words, with prose below it, gives "What does TITLE say about HEADING?"."""
    for block, below in pairwise(blocks):
        if block.kind is BlockKind.HEADING and block.level > 1 and below.kind is BlockKind.PARAGRAPH:
            topic = document.text[block.start : block.end]
            if re.fullmatch(r"[A-Za-z]+(?: [a-z]+){0,2}", topic):
                yield f"What does {short(document.title)} say about {lower_first(topic)}?"
