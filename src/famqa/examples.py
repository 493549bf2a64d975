"""Questions to begin with, made from a corpus by rule: what its infoboxes, tables and headings can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, zip_longest

from famqa.records import Block, BlockKind, Document

_MOST_CHARS = 90


def propose(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """Questions about one document, its kinds of block taking turns, each question once."""
    by_kind = (_of_pairs(document, blocks), _of_rows(document, blocks), _of_headings(document, blocks))
    seen: set[str] = set()
    for question in chain.from_iterable(zip_longest(*by_kind)):
        if question and len(question) <= _MOST_CHARS and question not in seen:
            seen.add(question)
            yield question


def _of_pairs(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """ "Composer: X" gives "What is the composer of TITLE?"."""
    for block in blocks:
        if block.kind is BlockKind.KEY_VALUE and block.cells[0].header.replace(" ", "").isalpha():
            yield f"What is the {_lower_first(block.cells[0].header)} of {document.title}?"


def _of_rows(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """A row with an own cell in the last two columns gives "HEADER of CELL?" with the header that is asked for."""
    for block in blocks:
        own = [cell for cell in block.cells if cell.header and not cell.carried]
        if block.kind is BlockKind.TABLE_ROW and len(own) >= 2:
            known, asked = own[0], own[-1]
            told = document.text[known.start : known.end]
            yield f"What is the {_lower_first(asked.header)} for {told}?"


def _of_headings(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """The first sentence-like paragraph below a heading is asked for by the heading."""
    for block, below in pairwise(blocks):
        if block.kind is BlockKind.HEADING and block.level > 1 and below.kind is BlockKind.PARAGRAPH:
            yield f"What does {document.title} say about {_lower_first(document.text[block.start : block.end])}?"


def _lower_first(words: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
