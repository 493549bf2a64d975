"""What a browser keeps of a turn: places and no words; what comes back is sliced anew or said to have changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from famqa.errors import DocumentError
from famqa.records import Answer, Block, Document
from famqa.web.turns import Turn, recorded, restored
from web_pages import answered, document, finished

TEXT = "# Log\n\n## Galley\n\nThe cook was Dan. He made soup.\n"


def kept(turn: Turn) -> Any:
    """The record as it comes back from a browser."""
    record = recorded(turn)
    assert record is not None
    return json.loads(record.model_dump_json())


def galley() -> tuple[Document, tuple[Block, ...], Turn]:
    doc, blocks = document(TEXT)
    turn = answered(doc, blocks, "The cook was Dan.", "Dan")
    assert turn.answer is not None
    cited = replace(turn.answer.citations[0], section=("Galley",), source="", date="")
    return doc, blocks, finished(turn, replace(turn.answer, citations=(cited,), note="One."), doc, blocks)


def test_a_record_holds_places_and_no_words_of_a_document() -> None:
    _, _, turn = galley()
    record = kept(replace(turn, within=("notes.md",), verdict="right"))
    assert record["citations"] == [["notes.md", 18, 35]]
    assert record["spans"] == [[1, 31, 34]]
    assert (record["within"], record["verdict"], record["note"]) == (["notes.md"], "right", "One.")
    assert "cook" not in json.dumps(record) and "Dan" not in json.dumps(record)


def test_a_turn_comes_back_as_it_was() -> None:
    doc, blocks, turn = galley()
    assert restored([kept(turn)], lambda _: doc, lambda _: blocks) == (turn,)


def test_a_refusal_comes_back_with_its_nearest_passages() -> None:
    doc, blocks, turn = galley()
    assert turn.answer is not None
    answer = Answer("who?", "no_answer", "", (), 0.9, (), turn.answer.citations, "index-1", note="Nothing.")
    refused = finished(Turn(7, "who?"), answer, doc, blocks)
    assert restored([kept(refused)], lambda _: doc, lambda _: blocks) == (refused,)


def test_a_document_that_has_changed_or_gone_shows_no_words() -> None:
    doc, blocks, turn = galley()
    changed = replace(doc, text=doc.text.replace("Dan", "Bob"))
    (stale,) = restored([kept(turn)], lambda _: changed, lambda _: blocks)
    assert stale == Turn(1, "who?", stale=True)

    def gone(doc_id: str) -> Document:
        raise DocumentError("gone")

    assert restored([kept(turn)], gone, lambda _: blocks) == (stale,)


@pytest.mark.parametrize(
    "altered",
    [
        {"spans": [[1, 0, 5]]},  # outside its citation
        {"spans": [[2, 31, 34]]},  # of no citation
        {"spans": [[1, 34, 31]]},
        {"citations": [["notes.md", 18, 9999]]},
        {"citations": [["notes.md", 35, 18]]},
        {"citations": [["../notes.md", 18, 35]]},  # its digest is not among the record's
        {"digests": {}},
    ],
)
def test_a_record_of_places_that_are_not_there_shows_nothing(altered: dict[str, Any]) -> None:
    doc, blocks, turn = galley()
    (back,) = restored([kept(turn) | altered], lambda _: doc, lambda _: blocks)
    assert back.stale and back.answer is None


@pytest.mark.parametrize(
    "broken", [None, 7, "text", {}, [None], [[]], [{"number": 1}], [{"number": "<b>", "question": []}]]
)
def test_what_is_no_record_is_left_out(broken: Any) -> None:
    doc, blocks, _ = galley()
    assert restored(broken, lambda _: doc, lambda _: blocks) == ()


def test_numbers_stay_in_order_and_the_newest_turns_are_kept() -> None:
    doc, blocks, turn = galley()
    records = [kept(replace(turn, number=n)) for n in (*range(1, 41), 40, 3)]
    numbers = [each.number for each in restored(records, lambda _: doc, lambda _: blocks)]
    assert numbers == list(range(13, 41))  # of the last 30 records, the two that do not follow are left out


def test_a_question_too_long_to_keep_is_not_kept() -> None:
    _, _, turn = galley()
    assert recorded(replace(turn, question="x" * 5000)) is None
    assert recorded(Turn(1, "q")) is None
