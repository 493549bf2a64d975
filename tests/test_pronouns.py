"""What a pronoun may stand for."""

from __future__ import annotations

from famqa.pronouns import Pronoun, referents
from famqa.records import Turn


def test_a_person_is_not_it_and_a_thing_is_not_she() -> None:
    turns = [Turn("Who founded the clinic?", "Ann Lee"), Turn("Where did Ann Lee study?", "Varn")]
    assert referents(turns, Pronoun.THING) == ["Varn", "the clinic"]
    assert referents(turns, Pronoun.PERSON) == ["Ann Lee"]
    assert referents([Turn("Who paid the keeper?")], Pronoun.PERSON) == ["the keeper"]


def test_a_day_and_a_measure_are_nothing_to_speak_of() -> None:
    turns = [Turn("When does the clinic open on Mondays?", "9 am")]
    assert referents(turns, Pronoun.THING) == ["the clinic"]
    assert referents([Turn("When did the keepers leave?", "May")], Pronoun.SEVERAL) == ["the keepers"]


def test_a_number_that_answers_takes_the_noun_asked_for() -> None:
    assert referents([Turn("Which version added sound?", "2.3")], Pronoun.THING) == ["version 2.3"]
    assert referents([Turn("What is the version?", "2.3")], Pronoun.THING) == ["the version"]


def test_a_measure_is_no_person() -> None:
    turns = [Turn("Who built it?", "Bo Ray"), Turn("What gauge did Bo Ray choose?", "two feet")]
    assert referents(turns, Pronoun.PERSON) == ["Bo Ray"]


def test_a_name_with_an_article_or_a_digit_is_a_person_last() -> None:
    turns = [Turn("Who sings in The Old Mill?", "Ann Lee")]
    assert referents(turns, Pronoun.PERSON) == ["Ann Lee", "The Old Mill"]
    assert referents([Turn("Who runs Terminal 2?", "Bo Ray")], Pronoun.PERSON) == ["Bo Ray", "Terminal 2"]
    assert referents([Turn("Who plays The Keeper?")], Pronoun.PERSON) == ["The Keeper"]


def test_one_and_several() -> None:
    turns = [Turn("What are the signs of the illness?", "fever; cough")]
    assert referents(turns, Pronoun.THING) == ["the illness", "the signs of the illness"]
    assert referents(turns, Pronoun.SEVERAL) == ["the signs of the illness", "the illness"]
    days = [Turn("How many rest days do keepers get in the first year?", "28")]
    assert referents(days, Pronoun.SEVERAL) == ["rest days", "the first year"]


def test_a_thing_is_named_once() -> None:
    assert referents([Turn("Tell me about the Heron.", "It is a boat.")], Pronoun.THING) == ["Heron"]
