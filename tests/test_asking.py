"""Which questions ask for several things, and which for an explanation."""

from __future__ import annotations

import pytest

from famqa.asking import asks_for_news, asks_for_several, asks_to_describe, asks_to_explain


@pytest.mark.parametrize(
    "question",
    [
        "Why was the lamp moved?",
        "why did they close it",
        "How is oil pressed?",
        "How does the siren work?",
        "How did they get there?",
        "How people got there",
        "What is the lower door for?",
        "Tell me about the keepers.",
        "What was the reason for the fire?",
        "Explain the fog signal",
        "What happens when the oil runs out?",
        "What does a wet lamp do to the ships?",
        "What should I do if it rings?",
    ],
)
def test_a_sentence_is_asked_for(question: str) -> None:
    assert asks_to_explain(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many lamps are there?",
        "How old is the tower?",
        "How cold must the store be?",
        "How is the boat called?",
        "Who told them why?",
        "Which prize was it nominated for in 1990?",
        "When was it built?",
        "What is the height?",
        "What do they sell?",
        "What is a do-it-all?",
        "Which event happened in 1990?",
    ],
)
def test_a_short_answer_is_asked_for(question: str) -> None:
    assert not asks_to_explain(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which ships were lost near the rock?",
        "Name the three keepers",
        "list all colours of paint",
        "Who were the keepers?",
        "What are the opening hours?",
        "Which four people signed?",
        "In which years did it rain?",
        "Which people came back?",
        "Which other boats sank?",
        "Who works at the bakery?",
        "Who was in the boat?",
        "Who took part in the race?",
        "What has to be done before leaving?",
        "What do I need to bring?",
        "What do we have to know?",
        "What can I buy there?",
        "What is included in the price?",
        "What's new in version 4.1?",
        "What is planned for next year?",
        "Where are the offices?",
        "Who lives there?",
        "Who stars in the second film?",
    ],
)
def test_several_are_asked_for(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which ship was lost first?",
        "Which actor plays the king?",
        "Which actor plays Bess Rogers?",
        "What causes the rust?",
        "Where is the town in which Bess Roger works?",
        "From which year onwards was it lit?",
        "What year were Ann Lee and Bo Ray named?",
        "What endangers everything they have built?",
        "Which character moves into the castle?",
        "Who was the first keeper?",
        "Who was to blame?",
        "Where are the keys kept?",
        "What is the price of thin rope?",
        "What is this?",
        "What is the new lamp made of?",
        "Which crisis ended it?",
        "Who is in charge?",
        "Who plays the king?",
        "Who was on the rock first?",
        "When did it open?",
    ],
)
def test_one_is_asked_for(question: str) -> None:
    assert not asks_for_several(question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Tell me more about the keepers.", True),
        ("please describe the fog signal", True),
        ("What do you know about the Aurora?", True),
        ("Give me an overview of the wrecks", True),
        ("Why was the lamp moved?", False),
        ("Give me the names of the keepers", False),
    ],
)
def test_a_description_is_asked_for(question: str, expected: bool) -> None:
    assert asks_to_describe(question) is expected
    assert asks_to_explain(question) or not expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the lamp?", True),
        ("And in which year was it lit?", True),
        ("how many lamps are there", True),
        ("Which of the two lamps is lit?", False),
        ("Is the lamp lit?", False),
        ("Which is older, the lamp or the bell?", False),
        ("Why was the lamp lit?", False),
        ("How was the lamp lit?", False),
        ("lamp oil", False),
    ],
)
def test_a_question_that_its_own_words_cannot_answer(question: str, expected: bool) -> None:
    assert asks_for_news(question) is expected
