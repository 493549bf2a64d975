"""What the chat does when it is used: steps, errors in one line, sources by turn and by link, restoring, verdicts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from famqa.assistant import Assistant
from famqa.feedback import Feedback
from famqa.web.chat import FAILED, Chat, kept
from famqa.web.links import text_digest
from famqa.web.turns import Turn, recorded
from web_pages import Page

pytestmark = pytest.mark.model

QUESTION = "Who was the architect of Gull Rock Lighthouse?"


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path)


@pytest.fixture
def chat(small_assistant: Assistant, feedback: Feedback) -> Chat:
    return Chat(small_assistant, feedback)


@pytest.fixture(scope="module")
def turn(small_assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Turn:
    """The first question's, answered."""
    return asked(Chat(small_assistant, Feedback(tmp_path_factory.mktemp("feedback"))), QUESTION)


def asked(chat: Chat, question: str, **how: object) -> Turn:
    *_, turn = chat.ask(question, (), **how)
    return turn


def test_a_question_is_shown_at_once_then_each_step_then_its_answer(chat: Chat) -> None:
    turns = list(chat.ask(QUESTION, (), number=3))
    assert [turn.number for turn in turns] == [3] * len(turns)
    steps = [turn.step for turn in turns[:-1]]
    assert steps[:2] == ["", "searching…"] and steps[2].startswith("reading ")
    assert turns[-1].answer is not None and turns[-1].answer.answer == "Edith Marlow"
    assert turns[-1].step == ""


def test_of_a_stopped_question_nothing_more_comes(
    chat: Chat, small_assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.stop("early")
    assert [turn.step for turn in chat.ask(QUESTION, (), key="early")] == [""]

    reading, go_on = threading.Event(), threading.Event()

    def waiting(question: str, on_step: Callable[[str], None], **_: object) -> None:
        on_step("searching…")
        reading.set()
        assert go_on.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(small_assistant, "trace", waiting)
        turns = chat.ask(QUESTION, (), key="late")
        assert [next(turns).step, next(turns).step] == ["", "searching…"]
        assert reading.wait(30)
        chat.stop("late")
        assert list(turns) == []
        go_on.set()
    chat.stop("")
    assert asked(chat, QUESTION).answer is not None, "a question without a key cannot be stopped"


def test_what_goes_wrong_is_one_line(chat: Chat, small_assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "shorten it" in asked(chat, "why " * 2000).error
    assert "nowhere" in asked(chat, QUESTION, within=["nowhere"]).error

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(small_assistant, "trace", broken)
    assert asked(chat, QUESTION).error == FAILED


def test_a_question_of_its_own_takes_nothing_from_those_before(chat: Chat, turn: Turn) -> None:
    past = (turn,)
    *_, followed = chat.ask("And when was it lit?", past)
    *_, alone = chat.ask("And when was it lit?", past, alone=True)
    assert followed.answer is not None and "Gull Rock" in (followed.answer.standalone_question or "")
    assert alone.answer is not None and "Gull Rock" not in (alone.answer.standalone_question or "")


def test_only_the_chosen_documents_answer(chat: Chat) -> None:
    turn = asked(chat, QUESTION, within=["shop"])
    assert {citation.doc_id for citation in turn.sources()} <= {"shop/prices.md"}
    assert turn.within == ("shop",)


def test_folders_and_documents_can_be_chosen(chat: Chat) -> None:
    assert chat.choices() == [
        ("shop", "shop/", "folder"),
        ("lighthouse.txt", "Gull Rock Lighthouse", "lighthouse.txt"),
        ("shop/prices.md", "Prices in the harbour shop", "shop/prices.md"),
    ]


def test_examples_are_found_once(chat: Chat, small_assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = chat.examples()
    monkeypatch.setattr(small_assistant, "example_questions", lambda: pytest.fail("asked again"))
    assert chat.examples() == found != []


def test_a_source_opens_by_turn_and_place(chat: Chat, small_assistant: Assistant, turn: Turn) -> None:
    page = Page(chat.open([turn], turn.number, 0))
    (cited, *_) = turn.sources()
    assert page.quote == cited.quote == small_assistant.document(cited.doc_id).text[cited.start : cited.end]
    assert page.answer == "Edith Marlow"


@pytest.mark.parametrize(("number", "ref"), [(9, 0), (1, 99), (1, -1), (1, None), (1, "0"), ("1", 0), (None, None)])
def test_what_was_not_cited_does_not_open(chat: Chat, number: object, ref: object, turn: Turn) -> None:
    page = Page(chat.open([turn], number, ref))
    assert "no longer kept here" in page.seen and page.text == ""


def test_a_permanent_link_opens_at_its_place(chat: Chat, small_assistant: Assistant) -> None:
    document = small_assistant.document("lighthouse.txt")
    start = document.text.index("Edith Marlow")
    page = Page(chat.open_link(f"lighthouse.txt@{text_digest(document)}", f"{start}-{start + 12}"))
    assert page.quote == "Edith Marlow"


def test_a_link_to_a_document_that_has_changed_says_so(chat: Chat) -> None:
    page = Page(chat.open_link("lighthouse.txt@0123456789abcdef", "10-20"))
    assert "has changed since the link was made" in page.seen and "Gull Rock Lighthouse" in page.seen
    assert page.text == "" and page.all("mark") == []


@pytest.mark.parametrize(
    ("named", "at", "said"),
    [
        ("gone.txt@0123456789abcdef", "1-2", "not here any more"),
        ("../../../etc/passwd@0123456789abcdef", "0-99", "not here any more"),
        ("/etc/passwd@0123456789abcdef", "", "not here any more"),
        ("<img src=x onerror=alert(1)>@0", "1-2", "not here any more"),
        ("nonsense", "", "copy it again"),
        ("lighthouse.txt@0", "9-1", "ends before it begins"),
    ],
)
def test_a_link_to_nothing_is_told_in_a_line(chat: Chat, named: str, at: str, said: str) -> None:
    page = Page(chat.open_link(named, at))
    assert said in page.seen and page.text == "" and page.all("img") == []


def test_a_range_beyond_the_document_is_told(chat: Chat, small_assistant: Assistant) -> None:
    digest = text_digest(small_assistant.document("lighthouse.txt"))
    assert "no characters" in Page(chat.open_link(f"lighthouse.txt@{digest}", "0-99999999")).seen


def test_a_document_opens_at_its_beginning(chat: Chat) -> None:
    assert Page(chat.open_document("lighthouse.txt")).text.startswith("= Gull Rock Lighthouse =")
    assert "no document" in Page(chat.open_document("../secret")).seen


def test_a_kept_conversation_comes_back_as_it_was(chat: Chat, turn: Turn) -> None:
    turns = [turn, replace(asked(chat, "What did the ship Aurora carry?"), number=2)]
    records = [record.model_dump(mode="json") for turn in turns if (record := recorded(turn))]
    assert [replace(turn, answer=None) for turn in chat.restore(records)] == [
        replace(turn, answer=None) for turn in turns
    ]
    for back, turn in zip(chat.restore(records), turns, strict=True):
        assert back.answer is not None and turn.answer is not None
        assert replace(back.answer, timings_ms={}) == replace(turn.answer, timings_ms={})


def test_a_verdict_is_kept_and_taken_back(chat: Chat, feedback: Feedback, turn: Turn) -> None:
    turn = chat.judge(turn, "right", "visitor")
    assert (turn.verdict, feedback.count()) == ("right", 1)
    turn = chat.judge(turn, "wrong", "visitor")
    assert (turn.verdict, [row.verdict for row in feedback.rows()]) == ("wrong", ["wrong"])
    turn = chat.judge(turn, "wrong", "visitor")
    assert (turn.verdict, feedback.count()) == ("", 0)
    assert chat.judge(turn, "nonsense", "visitor") is turn


def test_the_right_answer_is_kept_where_it_was_selected(
    chat: Chat, feedback: Feedback, small_assistant: Assistant, turn: Turn
) -> None:
    document = small_assistant.document("lighthouse.txt")
    start = document.text.index("Peter Holm")
    selected = {"doc": "lighthouse.txt", "digest": text_digest(document), "start": start - 1, "end": start + 10}
    turn = chat.correct(turn, selected, "visitor")
    (row,) = feedback.rows()
    assert turn.verdict == row.verdict == "wrong" and "Peter Holm" in turn.told
    assert row.correction is not None
    assert (row.correction.start, row.correction.quote) == (start, "Peter Holm")


def test_the_right_answer_can_be_typed_as_it_stands(
    chat: Chat, feedback: Feedback, small_assistant: Assistant, turn: Turn
) -> None:
    document = small_assistant.document("lighthouse.txt")
    named = {"doc": "lighthouse.txt", "digest": text_digest(document), "near": document.text.index("Lamp==")}
    chat.correct(turn, {**named, "text": " rapeseed oil "}, "visitor")
    (row,) = feedback.rows()
    assert row.correction is not None and row.correction.start == document.text.index("rapeseed oil")
    assert "does not stand" in chat.correct(turn, {**named, "text": "whale oil"}, "visitor").told
    assert "does not stand" in chat.correct(turn, {**named, "text": " "}, "visitor").told


@pytest.mark.parametrize(
    "selected",
    [None, {}, {"doc": "gone.txt"}, {"doc": "lighthouse.txt", "digest": "0", "start": 0, "end": 5}],
)
def test_a_selection_of_nothing_is_told_and_not_kept(
    chat: Chat, feedback: Feedback, selected: object, turn: Turn
) -> None:
    turn = chat.correct(turn, selected, "visitor")
    assert turn.told and turn.verdict == "" and feedback.count() == 0


def test_a_turn_takes_its_place_or_the_end() -> None:
    one, two = Turn(1, "a"), Turn(2, "b")
    assert kept((one,), two) == (one, two)
    assert kept((one, two), replace(one, verdict="right")) == (replace(one, verdict="right"), two)
    assert [turn.number for turn in kept([Turn(n, "q") for n in range(1, 31)], Turn(31, "q"))] == list(range(2, 32))
