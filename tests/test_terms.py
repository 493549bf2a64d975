"""Words as searching compares them."""

from __future__ import annotations

import pytest

from famqa.terms import content_terms, fold, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bob's 1,200 naïve", ["bob", "1200", "naive"]),
        ("BOB’S don't", ["bob", "dont"]),
        ("3.15 p.m. in the U.S.", ["315", "pm", "in", "the", "us"]),
        ("rope.Then chain,anchor", ["rope", "then", "chain", "anchor"]),
        ("snake_case semi-final AC/DC", ["snake", "case", "semi", "final", "ac", "dc"]),
        ("Straße, ﬁre, e\u0301te\u0301", ["strasse", "fire", "ete"]),
        ("שלום 漢字 👩‍🚀", ["שלום", "漢字"]),
        ("?! — …", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert list(words(text)) == expected


def test_folding_drops_case_and_accents() -> None:
    assert fold("Ærø’s ÉCLAIR") == "ærø's eclair"
    assert fold("e\u0301") == fold("é") == "e"


def test_a_run_of_letters_without_end_is_found_by_its_beginning() -> None:
    assert list(words("a" * 50_000)) == ["a" * 64]


def test_inflected_words_share_a_term() -> None:
    assert terms("keepers keeper's keeping") == ["keeper", "keeper", "keep"]
    assert terms("stories") == terms("story")


def test_number_words_and_ordinals_add_their_digits() -> None:
    assert terms("The second seasons, 2nd") == ["the", "second", "2", "season", "2nd", "2"]
    assert [terms(word)[1] for word in ("zero", "twelve", "nineteen", "fortieth", "twentieth", "21st", "third")] == [
        *("0", "12", "19", "40", "20", "21", "3")
    ]


def test_content_terms_are_distinct_and_without_function_words() -> None:
    assert content_terms("Who was the keeper of the keepers' light?") == ["keeper", "light"]
    assert content_terms("What is it?") == []
