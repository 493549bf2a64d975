"""Questions to begin with, made from a corpus by rule: what its infoboxes, tables and headings can be asked."""

from __future__ import annotations

import re
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
    """ "Composer: X" gives "What is the composer of TITLE?"; a key of several words or a list of values does not."""
    for block in blocks:
        if block.kind is BlockKind.KEY_VALUE:
            key, value = block.cells[0].header, document.text[block.cells[0].start : block.cells[0].end]
            if key.isalpha() and not key.endswith("ing") and "," not in value:
                yield f"What is the {_lower_first(key)} of {_short(document.title)}?"


def _of_rows(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """A row gives "What is the HEADER for CELL?": the longest of its own cells is told, the one before it asked for."""
    for block in blocks:
        own = [cell for cell in block.cells if cell.header.isalpha() and not cell.carried]
        if block.kind is BlockKind.TABLE_ROW and len(own) >= 2:
            told = max(own, key=lambda cell: cell.end - cell.start)
            asked = own[own.index(told) - 1]
            yield f"What is the {_lower_first(asked.header)} for {document.text[told.start : told.end]}?"


def _of_headings(document: Document, blocks: Sequence[Block]) -> Iterator[str]:
    """A heading of up to three plain words, with prose below it, gives "What does TITLE say about HEADING?"."""
    for block, below in pairwise(blocks):
        if block.kind is BlockKind.HEADING and block.level > 1 and below.kind is BlockKind.PARAGRAPH:
            topic = document.text[block.start : block.end]
            if re.fullmatch(r"[A-Za-z]+(?: [a-z]+){0,2}", topic):
                yield f"What does {_short(document.title)} say about {_lower_first(topic)}?"


def _lower_first(words: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return words if re.match(r"[A-Z]{2}", words) else words[:1].lower() + words[1:]


def _short(title: str) -> str:
    """The title without what is added in brackets or after a colon."""
    return re.split(r"\s*[(:]", title, maxsplit=1)[0] or title
