"""How far an explanation reaches beyond the sentence that holds the answer."""

from __future__ import annotations

import pytest

from conftest import LIGHTHOUSE, parsed
from famqa.explaining import explained
from famqa.passages import Limits, cut
from famqa.records import Passage, Span


@pytest.fixture(scope="module")
def passages(limits: Limits) -> list[Passage]:
    return list(cut(*parsed(LIGHTHOUSE, "lighthouse.txt"), limits))


def span(passages: list[Passage], words: str, probability: float = 0.8) -> Span:
    passage = next(passage for passage in passages if words in passage.text)
    start = passage.start + passage.text.index(words)
    quotes = tuple(s for s in passage.sentences if s[0] <= start < s[1])
    return Span(passage, start, start + len(words), probability, quotes)


def quoted(found: Span) -> str:
    (start, end) = found.quotes[0]
    return found.passage.text[start - found.passage.start : end - found.passage.start]


FIRST = "Gull Rock Lighthouse stands on a skerry off the north coast of Varn."
SECOND = "The tower was paid for by the herring merchants of Varn after a winter of storms."
THIRD = "It has been without a keeper since 1974, because the lamp was made automatic in that year."


def test_one_sentence_is_enough_where_no_other_is_likely(passages: list[Passage]) -> None:
    best, other = span(passages, "merchants"), span(passages, "skerry", 0.39)
    assert quoted(explained("Q?", best, [other], False)) == SECOND


def test_a_sentence_beside_it_joins_where_it_is_half_as_likely(passages: list[Passage]) -> None:
    best, before, after = (
        span(passages, words, p) for words, p in (("merchants", 0.8), ("skerry", 0.4), ("1974", 0.4))
    )
    assert quoted(explained("Q?", best, [before], False)) == f"{FIRST} {SECOND}"
    assert quoted(explained("Q?", best, [after], False)) == f"{SECOND} {THIRD}"
    assert quoted(explained("Q?", best, [before, after], False)) == f"{FIRST} {SECOND} {THIRD}"


def test_a_gap_is_not_jumped(passages: list[Passage]) -> None:
    assert quoted(explained("Q?", span(passages, "1974"), [span(passages, "skerry", 0.7)], False)) == THIRD


def test_a_description_goes_on(passages: list[Passage]) -> None:
    assert quoted(explained("Q?", span(passages, "skerry"), [], True)) == f"{FIRST} {SECOND} {THIRD}"
    assert quoted(explained("Q?", span(passages, "merchants"), [], True)) == f"{SECOND} {THIRD}"


def test_an_item_stays_as_it_is(passages: list[Passage]) -> None:
    best = span(passages, "Peter Holm")
    assert explained("Q?", best, [span(passages, "Tomas Arnesen")], True) == best


BATS = (
    "A colony of bats lives in the tunnel. The county has asked for quiet in June. "
    "The supper train is therefore cancelled. Holders of tickets have their money back."
)


@pytest.fixture(scope="module")
def notice(limits: Limits) -> list[Passage]:
    return list(cut(*parsed(f"# News\n\n{BATS}\n", "news.md"), limits))


def test_what_follows_from_the_sentence_before_brings_it_along(notice: list[Passage]) -> None:
    found = explained("Why is the train cancelled?", span(notice, "cancelled"), [], False)
    assert quoted(found) == "The county has asked for quiet in June. The supper train is therefore cancelled."


def test_the_sentence_that_the_question_is_about_joins(notice: list[Passage]) -> None:
    found = explained("Why is the supper train cancelled?", span(notice, "money"), [], False)
    assert quoted(found) == BATS.split("tunnel. ")[1]  # and what it follows from
    assert quoted(explained("Why is it?", span(notice, "money"), [], False)) == BATS.split("cancelled. ")[1]
