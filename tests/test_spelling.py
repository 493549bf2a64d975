"""Misspelled words of a question: which are replaced, by what, and which are left alone."""

from __future__ import annotations

import pytest

from famqa.spelling import Spelling

TEXTS = ["The lighthouse keeper Madison lit the lamp.", "A second lamp and a third lamp.", "The paraffin was lost."]
KNOWN = {"capital", "copper"}


@pytest.fixture
def spelling() -> Spelling:
    return Spelling(lambda: TEXTS, KNOWN)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who was the keper", "who was the keeper"),  # a letter less
        ("who was the keeperr?", "who was the keeper?"),  # a letter more
        ("Who is Madisson?", "Who is madison?"),
        ("Madisson's lamp", "madison's lamp"),
        ("the lihgthouse", "the lighthouse"),  # two letters swapped
        ("the lightouze", "the lighthouse"),  # two slips in a long word
        ("What is the capital?", "What is the capital?"),  # known, though no text has it
        ("the coper", "the coper"),  # near a known word only, which the texts lack
        ("the lamps", "the lamps"),  # a plural is no slip
        ("was it lot?", "was it lot?"),  # too short
        ("the vamp", "the vamp"),  # begins with another letter
        ("the kper", "the kper"),  # two slips in a short word
        ("Who keeps 1874?", "Who keeps 1874?"),
    ],
)
def test_a_close_word_of_the_documents_takes_the_place(spelling: Spelling, question: str, expected: str) -> None:
    assert spelling.corrected(question) == expected


def test_of_two_words_as_close_the_commoner_one_is_taken() -> None:
    assert Spelling(lambda: ["stone stone store"], set()).corrected("stole") == "stone"


def test_words_are_counted_once_and_only_when_needed() -> None:
    calls: list[int] = []

    def texts() -> list[str]:
        calls.append(1)
        return TEXTS

    spelling = Spelling(texts, KNOWN)
    spelling.corrected("what is the capital")
    assert calls == []
    spelling.corrected("the keper")
    spelling.corrected("the lihgthouse")
    assert calls == [1]


@pytest.mark.parametrize("known", ["baked", "baking", "bakers"])
def test_a_word_is_known_by_its_forms(known: str) -> None:
    assert Spelling(lambda: ["a stone base"], {known}).corrected("how to bake") == "how to bake"
    assert Spelling(lambda: ["a stone base"], set()).corrected("how to bake") == "how to base"
