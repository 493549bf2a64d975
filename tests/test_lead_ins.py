"""`famqa.lead_ins`: the items of a list in place of the words that lead it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import parsed
from famqa.answering import compose
from famqa.catalog import Catalog, Entry, write_catalog
from famqa.lead_ins import items_led_in
from famqa.passages import Limits, cut
from famqa.records import Candidate, Reading, Span

TEXT = """# Inquiry

The panel, chaired by Ann Lee, met twice. It asks for three changes:

- a second anchor
- a longer rope
- a bell

It met in May.
"""
DOCUMENT, BLOCKS = parsed(TEXT, "inquiry.md")
SENTENCE = TEXT.index("It asks"), TEXT.index(":") + 1


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> Catalog:
    path: Path = tmp_path_factory.mktemp("lead-ins") / "catalog.sqlite"
    write_catalog(path, [Entry(DOCUMENT, BLOCKS, tuple(cut(DOCUMENT, BLOCKS, limits)))])
    return Catalog(path)


def span(words: str, catalog: Catalog, quote: tuple[int, int] = SENTENCE) -> Span:
    passage = next(p for p in catalog.passages([0, 1, 2]) if p.start <= quote[0] and quote[1] <= p.end)
    start = TEXT.index(words)
    return Span(passage, start, start + len(words), 0.7, (quote,))


def test_the_items_stand_for_what_leads_them_in(catalog: Catalog) -> None:
    best = span("three changes", catalog)
    items = items_led_in("What does the panel demand?", best, catalog)
    assert [TEXT[item.start : item.end] for item in items] == ["a second anchor", "a longer rope", "a bell"]
    reading = Reading((best,), 0.3)
    found = [Candidate(0, best.passage, 0.0, 0.0, 0.0)]
    answer = compose("What does the panel demand?", reading, found, catalog, threshold=0.2, max_citations=3, index="i")
    assert answer.answer == "a second anchor; a longer rope; a bell"
    assert [citation.quote for citation in answer.citations] == ["a second anchor", "a longer rope", "a bell"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many changes are there?", "three"),
        ("Why did it meet?", "three changes"),
        ("What does it do?", "It"),  # five words before the colon: another part of the sentence
    ],
)
def test_other_spans_stay_as_they_are(catalog: Catalog, question: str, words: str) -> None:
    assert items_led_in(question, span(words, catalog), catalog) == []


def test_a_sentence_without_a_list_leads_in_none(catalog: Catalog) -> None:
    end = TEXT.index("twice.") + len("twice.")
    best = span("twice", catalog, (TEXT.index("The panel"), end))
    assert items_led_in("What did it do?", best, catalog) == []
