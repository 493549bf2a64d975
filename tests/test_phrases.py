"""Names, numbered things and phrases of a question, by their form."""

from __future__ import annotations

import pytest

from famqa.phrases import NUMBERED, is_plural, names_in, several_in, things_in


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who keeps the first lamp?", ["the first lamp"]),
        ("When was season 2 shown?", ["season 2"]),
        ("What are the signs of the illness?", ["the signs of the illness", "the illness"]),
        ("When does the museum open?", ["the museum"]),  # its verb is none of its words
        ("Is the lamp lit?", ["the lamp"]),
        ("Who leads the choir now?", ["the choir"]),
        ("Why does the choir wear green?", ["the choir wear", "the choir"]),  # which is the verb, nobody knows
        ("How is the lamp trimmed by hand?", ["the lamp"]),
        ("What is the entrance fee?", ["the entrance fee"]),
        ("Can the deadline for the race be moved?", ["the race", "the deadline"]),
        ("Who was Ann Lee?", []),
    ],
)
def test_things_come_last_first_and_without_their_verb(question: str, expected: list[str]) -> None:
    assert things_in(question) == expected


def test_a_number_makes_a_thing_only_with_its_noun() -> None:
    assert NUMBERED.search("in season two") and NUMBERED.search("the second lamp")
    assert not NUMBERED.search("Who came second?")
    assert [match.group() for match in NUMBERED.finditer("What did three keepers win?")] == ["three keepers"]


def test_names_leave_out_the_capital_of_the_first_word() -> None:
    assert names_in("Where did Ann Lee meet Bo Ray?", skip_first=True) == ["Ann Lee", "Bo Ray"]
    assert names_in("Lamps of Varn", skip_first=True) == ["Lamps of Varn"]


def test_what_is_asked_for_in_the_plural() -> None:
    assert several_in("How many days off do keepers get?") == ["days"]
    assert several_in("Which lamp is lit?") == []
    assert is_plural("the signs of the illness") and not is_plural("the class of the ship")
