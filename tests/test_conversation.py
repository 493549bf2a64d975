"""Follow-ups made whole: what a pronoun, a fragment or a question without a subject is understood as."""

from __future__ import annotations

import pytest

from famqa.conversation import readings
from famqa.records import Turn

KEEPER = Turn("Who was the keeper of Gull Rock Lighthouse?", "Tomas Arnesen")
SHIP = Turn("How many lives were lost on the Aurora in 1874?", "3")
LAMP = Turn("What did the first lamp burn?", "rapeseed oil")


def first(question: str, *turns: Turn) -> str:
    return readings(question, turns)[0]


def test_without_turns_a_question_stands_as_it_is() -> None:
    assert readings("And who plays her?", []) == ("And who plays her?",)


def test_a_question_with_a_name_of_its_own_is_left_alone() -> None:
    assert readings("Where does Maud Lindqvist live?", [KEEPER]) == ("Where does Maud Lindqvist live?",)


def test_a_pronoun_may_stand_for_what_was_asked_about_or_for_the_answer() -> None:
    found = readings("And when did he die?", [KEEPER])
    assert found == ("when did Gull Rock Lighthouse die?", "when did Tomas Arnesen die?")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who was his assistant?", "Who was Ann Lee's assistant?"),
        ("Who followed her?", "Who followed Ann Lee?"),
        ("Who saw her in town?", "Who saw Ann Lee in town?"),
        ("What was her own name?", "What was Ann Lee's own name?"),
        ("Who built that house?", "Who built the house (Ann Lee)?"),
    ],
)
def test_possessives_and_objects(question: str, expected: str) -> None:
    assert first(question, Turn("When was Ann Lee born?", "1871")) == expected


def test_what_about_replaces_the_part_of_the_same_kind() -> None:
    assert first("What about the second one?", LAMP) == "What did the second lamp burn?"
    assert first("And the Bluebell?", SHIP) == "How many lives were lost on the Bluebell in 1874?"
    assert (
        first("How about season 2?", Turn("How many episodes has season 1?", "10")) == "How many episodes has season 2?"
    )


def test_a_bare_question_word_asks_the_last_question_anew() -> None:
    turn = Turn("Where was the fair held?", "Varn")
    assert first("In what year?", turn) == "In what year was the fair held?"
    assert first("Why?", turn) == "Why was the fair held?"
    assert "From how many reviews: The second has 90 points?" in readings(
        "From how many reviews?", [Turn("Which film has 90 points?", "The second")]
    )


@pytest.mark.parametrize(
    ("asked", "answer", "further", "expected"),
    [
        ("Which ship sank in the bay?", "the Bluebell", "Why?", "Why: the Bluebell sank in the bay?"),
        ("What causes the rust?", "salt", "Why?", "Why: salt causes the rust?"),
        ("Which ship won?", "the Comet", "When?", "When: the Comet won?"),
        ("How many keepers live in Varn?", "3", "Since when?", "Since when: 3 keepers live in Varn?"),
    ],
)
def test_a_question_about_the_subject_becomes_a_statement(asked: str, answer: str, further: str, expected: str) -> None:
    assert first(further, Turn(asked, answer)) == expected


@pytest.mark.parametrize(
    ("further", "expected"),
    [
        ("And when had they begun?", "when had they begun (paint the pier)?"),
        ("Why did they?", "Why did they paint the pier?"),
    ],
)
def test_they_who_are_nobody_in_particular_go_on_with_the_deed(further: str, expected: str) -> None:
    assert first(further, Turn("Until when did they paint the pier?", "June")) == expected


@pytest.mark.parametrize(
    ("asked", "further", "expected"),
    [
        ("When does the museum open?", "On Sundays too?", "When does the museum open on Sundays?"),
        ("Who won the race in 2019?", "2021?", "Who won the race in 2021?"),
        ("Who won the race in 2019?", "What about the cup?", "Who won the cup in 2019?"),
        ("What is the price of the Basic plan?", "and the Pro one?", "What is the price of the Pro plan?"),
        ("Is parking allowed in the yard?", "Why not?", "Why is parking allowed in the yard?"),
        ("Is parking allowed in the yard?", "Where then?", "Where is parking allowed in the yard?"),
        ("Who built the Heron?", "more about the builder", "tell me about the builder"),
        ("In which decade is season three set?", "And the fifth?", "In which decade is the fifth season set?"),
        ("Who won the first in 2019?", "2021?", "Who won the first in 2021?"),
        ("When did the sale begin?", "Who said that it was over?", "Who said that the sale was over?"),
        ("Which plans are there?", "Which of them includes backups?", "Which includes backups?"),
    ],
)
def test_what_people_type_between_two_questions(asked: str, further: str, expected: str) -> None:
    assert first(further, Turn(asked, "12")) == expected


@pytest.mark.parametrize(
    "further",
    [
        "List the kinds of ticket",
        "I need a permit",
        "show me the rules",
        "Is it possible to rent a locker?",
        "What time is it in Varn?",
        "is there a rule that children must wear caps?",
    ],
)
def test_a_question_that_needs_no_other_comes_first_as_it_is(further: str) -> None:
    assert first(further, Turn("When does the pool open?", "7 am")) == further


@pytest.mark.parametrize(
    ("asked", "answer", "further", "expected"),
    [
        ("Who does Ann marry?", "Bo Ray", "does he love her?", "does Ann love Bo Ray?"),  # the other way round too
        ("Who does Ann marry?", "Bo Ray", "how did they meet", "how did Ann and Bo Ray meet"),
        ("Does the X200 have sound?", "Yes", "and the X300?", "Does the X300 have sound?"),
        ("What does the Basic plan cost?", "12", "Does that include tax?", "Does Basic include tax?"),
        ("How much is the fee for adults?", "30", "students?", "How much is the fee for students?"),
        ("How long do I bake the bread?", "1 hour", "and the cake?", "How long do I bake the cake?"),
        ("What does the red light mean?", "error", "the green one?", "What does the green light mean?"),
        ("How much is the ferry to Varn?", "9", "how long does it take?", "how long does the ferry to Varn take?"),
        ("When does the Comet leave Varn?", "9.50", "What about the Owl?", "When does the Owl leave Varn?"),
        ("Which ship sold the most?", "Comet", "and the fewest?", "Which ship sold the fewest?"),
        ("Why does the choir wear green?", "", "How much is it for students?", "How much is it for students?"),
        ("Is parking free?", "No", "is it guarded?", "is it guarded?"),
        ("Where was the fair held in 2024?", "Varn", "and last year?", "Where was the fair held in 2023?"),
        ("Where was the fair held in 2024?", "Varn", "who lives there?", "who lives in Varn?"),
        ("Who leads sales?", "Bo Ray", "no, I meant the workshop", "Who leads sales: the workshop?"),
        ("When does the pool open?", "7 am", "tell me more", "tell me about the pool"),
        ("When does the pool open?", "7 am", "whats the dress code", "what is the dress code"),
    ],
)
def test_follow_ups_of_a_chat(asked: str, answer: str, further: str, expected: str) -> None:
    assert expected in readings(further, [Turn(asked, answer)])[:2]


def test_the_question_before_is_not_asked_again() -> None:
    assert "When did it open?" not in readings("When did it open?", [Turn("When did it open?", "1902")])[1:]


def test_that_and_a_noun_of_its_own_may_be_a_new_thing() -> None:
    assert readings("When was that mill built?", [Turn("Where does Ann Lee work?", "the mill")]) == (
        "When was the mill built (Ann Lee)?",
        "When was Ann Lee mill built?",
    )
    assert readings("When was that season filmed?", [Turn("Who directed season 2?", "Bo Ray")])[0] == (
        "When was season 2 filmed?"
    )


def test_a_phrase_with_a_preposition_is_added() -> None:
    assert first("And in winter?", Turn("Who keeps the lamp?", "Holm")) == "Who keeps the lamp in winter?"


def test_a_question_that_names_nothing_is_tried_with_the_subject_before_it() -> None:
    found = readings("How many keepers were there?", [KEEPER])
    assert found == ("How many keepers were there?", "How many keepers were there (Gull Rock Lighthouse)?")


def test_a_change_of_subject_is_taken_at_its_word() -> None:
    assert readings("Something else: when did it open?", [KEEPER]) == ("when did it open?",)
    assert readings("New question: who is she?", [KEEPER]) == ("who is she?",)
    assert readings("Never mind. Who is she?", [KEEPER]) == ("Who is she?",)


def test_back_to_names_the_subject() -> None:
    assert first("Back to the fair: who opened it?", KEEPER) == "who opened the fair?"


def test_an_answer_that_is_no_name_is_no_referent() -> None:
    turn = Turn("Who is Ann Lee?", "a doctor and Bo's sister")
    assert readings("Where does she live?", [turn]) == ("Where does Ann Lee live?",)


def test_readings_are_few_and_never_the_same_twice() -> None:
    turns = [Turn(f"Who met Ann{n} and Bo{n} in Town{n}?", f"Cy{n}") for n in range(6)]
    found = readings("Who married her?", turns)
    assert len(found) == len(set(found)) <= 4


@pytest.mark.parametrize(
    ("before", "follow_up", "completed"),
    [
        ("What is paid for a move?", "And for a wedding?", "What is paid for a wedding?"),
        (
            "How long may one stay at the inn in winter?",
            "And in summer?",
            "How long may one stay at the inn in summer?",
        ),
        ("Who kept watch at night in 1980?", "And at noon?", "Who kept watch at noon in 1980?"),
    ],
)
def test_a_phrase_replaces_the_one_with_its_preposition(before: str, follow_up: str, completed: str) -> None:
    assert readings(follow_up, [Turn(before)]) == (completed,)


def test_a_phrase_of_time_may_replace_or_be_added_to_another_with_its_preposition() -> None:
    assert readings("And for a week?", [Turn("What does parking cost for cars?")]) == (
        "What does parking cost for a week?",
        "What does parking cost for cars for a week?",
    )


def test_a_numbered_phrase_is_added_where_nothing_numbered_was_asked() -> None:
    assert first("And in the fourth season?", Turn("Who wrote the music?", "Ann")) == (
        "Who wrote the music in the fourth season?"
    )
    assert first("And in the fourth season?", Turn("Who wrote the first season?", "Ann")) == (
        "Who wrote the fourth season?"
    )


def test_a_subject_without_an_article_is_replaced() -> None:
    assert first("And the anchor?", Turn("What does hemp rope cost?", "4 crowns")) == "What does the anchor cost?"


@pytest.mark.parametrize(
    ("before", "follow_up", "completed"),
    [
        ("When was the second lamp lit?", "And the third?", "When was the third lamp lit?"),
        ("When was lamp 2 lit?", "What about 3?", "When was lamp 3 lit?"),
        ("When was version 2.0 of it sold?", "What about 2.4?", "When was version 2.4 of it sold?"),
        ("How many keepers has the first tower?", "And the last one?", "How many keepers has the last tower?"),
    ],
)
def test_a_bare_number_takes_its_noun_from_the_question_before(before: str, follow_up: str, completed: str) -> None:
    assert readings(follow_up, [Turn(before)])[0] == completed


def test_a_question_with_an_owner_of_its_own_follows_nothing_up() -> None:
    assert readings("Who is the club's treasurer?", [Turn("Who holds plot 2?", "Ida Voss")]) == (
        "Who is the club's treasurer?",
    )


def test_a_description_is_asked_for_anew() -> None:
    assert first("Tell me about the fog signal.", KEEPER) == "Tell me about the fog signal."
    assert first("And tell me more about her", Turn("When was Ann Lee born?", "1871")) == "tell me more about Ann Lee"
