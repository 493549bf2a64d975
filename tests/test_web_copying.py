"""An answer to take away: its words, its quotes, and links that open at the place."""

from __future__ import annotations

from dataclasses import replace

from famqa.records import Answer, AnswerSpan
from famqa.web import copying
from famqa.web.turns import Turn
from web_pages import answered, citation, document, finished

BASE = "http://host/"


def test_plain_text_has_the_answer_its_quotes_and_links() -> None:
    doc, blocks = document("# Log\n\nThe cook was Dan.\n")  # the quote is 7-24
    turn = answered(doc, blocks, "The cook was Dan.", "Dan")
    digest = turn.digests["notes.md"]
    assert copying.joined(copying.plain(turn), BASE) == (
        "who?\n\nDan [1]\n\n"
        "[1] “The cook was Dan.”\nLog › Part · line 3 · a book · 2001\n"
        f"http://host/?source=notes.md@{digest}&at=7-24\n"
    )


def test_markdown_links_numbers_and_shows_the_words_as_they_stand() -> None:
    doc, blocks = document("# Log\n\nThe *cook* [was] Dan.\n")  # the quote is 7-28
    turn = answered(doc, blocks, "The *cook* [was] Dan.", "Dan")
    link = f"http://host/?source=notes.md@{turn.digests['notes.md']}&at=7-28"
    assert copying.joined(copying.markdown(turn), BASE) == (
        f"**[who?](http://host/?q=who%3F)**\n\nDan [\\[1\\]]({link})\n\n"
        "> The \\*cook\\* \\[was\\] Dan.\n>\n"
        f"> \\[1\\] [Log › Part · line 3 · a book · 2001]({link})\n"
    )


def test_a_list_names_each_item_with_its_number_and_the_note_follows() -> None:
    doc, _ = document("Ann and Bo.\n\nBo again.\n")
    first, second = citation(doc, "Ann and Bo."), citation(doc, "Bo again.", 2)
    spans = (AnswerSpan("Ann", 1, 0, 3), AnswerSpan("Bo", 1, 8, 10), AnswerSpan("Bo", 2, 13, 15))
    answer = Answer("q", "answered", "Ann; Bo", spans, 0.9, (first, second), (), "i", note="There may be more.")
    turn = finished(Turn(1, "q"), replace(answer, standalone_question="Who are they?"), doc)
    assert copying.plain(turn)[0].startswith("Who are they?\n\nAnn [1]; Bo [1] [2]\nThere may be more.\n\n[1] “Ann")
