"""A list in place of the words that lead it in: "three things:" says less than the three."""

from __future__ import annotations

import re
from dataclasses import replace

from famqa.asking import asks_to_explain
from famqa.catalog import Catalog
from famqa.records import BlockKind, Span

_ASKS_FOR_THINGS = re.compile(r"\bwhat\b|\bwhich\b", re.IGNORECASE)
_MOST_BETWEEN = 2  # words from the span to the colon; further away it is another thing of the sentence


def items_led_in(question: str, best: Span, catalog: Catalog) -> list[Span]:
    """The items of the list that the span leads in, each as likely as it; empty where it leads in none.

    >>> _leads_in("It needs three things:", 9, 14), _leads_in("The yard, run by Ann Lee, needs three things:", 17, 24)
    (True, False)
    """
    if len(best.quotes) != 1 or asks_to_explain(question) or not _ASKS_FOR_THINGS.search(question):
        return []
    start, end = best.quotes[0]
    doc_id = best.passage.doc_id
    sentence = catalog.document(doc_id).text[start:end]
    if not _leads_in(sentence, best.start - start, best.end - start):
        return []
    items = [
        (block.start, block.end)
        for block in catalog.blocks(doc_id)
        if block.kind is BlockKind.LIST_ITEM and block.lead_in and block.lead_in[0] <= start < end <= block.lead_in[1]
    ]
    return [replace(best, start=place[0], end=place[1], quotes=(place,)) for place in items]


def _leads_in(sentence: str, start: int, end: int) -> bool:
    """Whether a span of the sentence stands right before its colon at the end."""
    bare = sentence.rstrip()
    return bare.endswith(":") and 0 <= start < end and len(bare[end:-1].split()) <= _MOST_BETWEEN
