"""HTML of the conversation and of the page's frame: the answer first, everything escaped."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from famqa.records import Answer, AnswerSpan
from famqa.web import answers, app, render
from famqa.web.turns import Turn
from web_pages import Page, answered, citation, document, finished

TABLE = """= Prizes =

| Year | Prize | Result |
| 2001 | Gold | won |
| Silver | lost | |
| 2002 | Gold | lost |
"""

# --- the conversation


def test_an_answer_stands_first_with_its_number_as_a_button() -> None:
    doc, blocks = document("# Log\n\nThe cook was Dan.\n")
    html = answers.conversation([answered(doc, blocks, "The cook was Dan.", "Dan")], opened=(1, 0))
    page = Page(html)
    (button,) = page.all("button", "cite")
    assert (button["data-turn"], button["data-ref"], button["aria-pressed"]) == ("1", "0", "true")
    assert html.index(">Dan<button") < html.index("<blockquote")
    assert 'The cook was <mark class="answer-span">Dan</mark>.' in html
    assert "Log › Part · line 3" in page.seen
    assert "a book · 2001" in page.seen


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.97, "well supported"),
        (0.8, "well supported"),
        (0.79, "supported"),
        (0.6, "supported"),
        (0.5, "weakly supported"),
    ],
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    doc, blocks = document("The cook was Dan.\n")
    html = answers.conversation([answered(doc, blocks, "The cook was Dan.", "Dan", confidence)])
    page = Page(html)
    (shown,) = page.all("span", "confidence")
    assert shown["tabindex"] == "0" and shown["aria-describedby"] == page.all("span", "tip")[0]["id"]
    assert f">{words}<span" in html
    assert f"probability that this is right: {confidence:.2f}" in page.seen


def test_pieces_of_a_list_share_a_number_and_same_words_stand_once() -> None:
    doc, _ = document("Ann and Bo.\n\nBo again.\n")
    first, second = citation(doc, "Ann and Bo."), citation(doc, "Bo again.", 2)
    spans = (AnswerSpan("Ann", 1, 0, 3), AnswerSpan("Bo", 1, 8, 10), AnswerSpan("Bo", 2, 13, 15))
    answer = Answer("q", "answered", "Ann; Bo", spans, 0.9, (first, second), (), "i")
    html = answers.conversation([finished(Turn(1, "q"), answer, doc)])
    short = html[html.index('class="short"') : html.index("<figure")]
    assert Page("<p " + short).seen == "Ann1; Bo12"


def test_a_quote_that_is_the_answer_is_not_said_twice() -> None:
    doc, blocks = document("The cook was Dan.\n")
    html = answers.conversation([answered(doc, blocks, "The cook was Dan.", "The cook was Dan.")])
    assert "<blockquote" not in html
    assert "line 1" in html


def test_a_quoted_row_stands_under_its_headers() -> None:
    doc, blocks = document(TABLE, "prizes.txt")
    page = Page(answers.conversation([answered(doc, blocks, "| Silver | lost | |", "Silver")]))
    assert len(page.all("th")) == 3
    assert [a["data-carried"] for a in page.all("td", "carried")] == ["2001"]


def test_a_refusal_offers_the_nearest_passages_and_marks_them_as_no_answer() -> None:
    doc, blocks = document("The cook was Dan.\n\nHe made soup.\n")
    near = (citation(doc, "The cook was Dan."), citation(doc, "He made soup.", 2))
    answer = Answer("q", "no_answer", "", (), 0.1, (), near, "i")
    page = Page(
        answers.conversation([finished(Turn(3, "q"), replace(answer, note="Nothing is said of it."), doc, blocks)])
    )
    assert "The documents do not say." in page.seen
    assert "not an answer" in page.seen
    assert [(a["data-turn"], a["data-ref"]) for a in page.all("button", "place")] == [("3", "0"), ("3", "1")]
    assert "The cook was Dan." in page.seen and "Nothing is said of it." in page.seen
    assert page.all("mark") == [] and page.all("button", "cite") == []


def test_hostile_questions_titles_and_errors_are_only_text() -> None:
    hostile = "<img src=x onerror=alert(1)>\"'`${alert(1)}{{7*7}}"
    doc, blocks = document(f"Before {hostile} after\n")
    turn = answered(doc, blocks, f"Before {hostile} after", hostile)
    assert turn.answer is not None
    cited = replace(turn.answer.citations[0], title=hostile, section=(hostile,), source=hostile, doc_id=hostile)
    turn = replace(turn, question=hostile, answer=replace(turn.answer, citations=(cited,)))
    page = Page(answers.conversation([turn, Turn(2, hostile, error=hostile)]) + render.welcome([hostile]))
    assert not {tag for tag, _ in page.tags} & {"img", "script"}
    assert page.seen.count(hostile) == 9  # question, answer, quote, title, section, source; question, error; chip


def test_a_follow_up_shows_how_it_was_understood_and_can_be_edited() -> None:
    doc, blocks = document("The lamp was made by Ann Lee.", "a.txt")
    turn = answered(doc, blocks, "The lamp was made by Ann Lee.", "Ann Lee")
    assert turn.answer is not None
    assert "asked as" not in Page(answers.conversation([turn])).seen
    followed = replace(turn, answer=replace(turn.answer, standalone_question="Who made <b>the lamp</b>?"))
    page = Page(answers.conversation([followed]))
    assert "asked as: Who made <b>the lamp</b>?" in page.seen
    assert page.all("button", "edit")[0]["data-question"] == "Who made <b>the lamp</b>?"


def test_a_pending_question_says_what_is_done() -> None:
    assert "waiting…" in answers.conversation([Turn(1, "q")])
    assert "reading 8 passages…" in answers.conversation([Turn(1, "q", step="reading 8 passages…")])


def test_a_note_stands_under_the_answer() -> None:
    doc, blocks = document("The cook was Dan.\n")
    turn = answered(doc, blocks, "The cook was Dan.", "Dan")
    assert turn.answer is not None
    html = answers.conversation([replace(turn, answer=replace(turn.answer, note="The documents <differ>."))])
    assert html.index('class="short"') < html.index(">The documents &lt;differ&gt;.</p>") < html.index("<figure")


def test_small_talk_is_a_plain_line_with_nothing_to_judge_or_open() -> None:
    answer = Answer("hello", "no_answer", "", (), 1.0, (), (), "i", note="Hello. Ask me about the documents.")
    page = Page(answers.conversation([Turn(1, "hello", answer=answer)]))
    assert page.seen == "helloHello. Ask me about the documents."
    assert page.all("button") == []


def test_which_documents_were_asked_is_said() -> None:
    assert "asked of: reports/2024, a.txt" in answers.conversation([Turn(1, "q", ("reports/2024", "a.txt"))])


def test_a_stale_turn_shows_no_answer_and_can_be_asked_again() -> None:
    page = Page(answers.conversation([Turn(4, "who?", stale=True)]))
    assert "have changed since" in page.seen
    assert len(page.all("button", "again")) == 1
    assert "data-record" not in page.all("section")[0]


def test_the_bar_has_copies_a_link_and_two_thumbs() -> None:
    doc, blocks = document("The cook was Dan.\n")
    turn = replace(answered(doc, blocks, "The cook was Dan.", "Dan"), verdict="wrong", told="Noted.")
    page = Page(answers.conversation([turn]))
    assert [json.loads(a["data-parts"])[1][:8] for a in page.all("button", "copy")] == ["?source=", "?q=who%3F"[:8]]
    assert [a["href"] for a in page.all("a", "link")] == ["?q=who%3F"]
    thumbs = [(a["data-verdict"], a["aria-pressed"]) for a in page.all("button", "judge")]
    assert thumbs == [("right", "false"), ("wrong", "true")]
    assert page.all("p", "told")[0]["role"] == "status" and "Noted." in page.seen


def test_a_question_of_100000_characters_is_cut_on_the_page() -> None:
    assert len(answers.conversation([Turn(1, "x" * 100_000, error="too long")])) < 1000


def test_status_has_the_time_today_and_the_date_before() -> None:
    built = datetime(2026, 3, 5, 9, 7, tzinfo=UTC)
    overview = SimpleNamespace(generation="g<1>", documents=(1, 2), passages=1143, built_at=built)
    local = built.astimezone()
    today = Page(render.status(overview, now=local))
    assert today.seen == f"2 documents · 1,143 passages · updated {local:%H:%M}"
    later = Page(render.status(overview, now=datetime(2026, 4, 1, tzinfo=UTC).astimezone()))
    assert later.seen == f"2 documents · 1,143 passages · updated {local.day} Mar 2026, {local:%H:%M}"


def test_the_shelf_lists_documents_and_counts_the_rest() -> None:
    entry = SimpleNamespace(doc_id="t.txt", title="<b>T</b>", source="a book", date="2001", format="text", passages=1)
    page = Page(render.shelf(SimpleNamespace(documents=(entry,) * 10)))
    assert page.seen.count("<b>T</b>") == 8
    assert "a book · 2001 · text · 1 passage" in page.seen
    assert "and 2 other documents" in page.seen


def test_the_header_links_to_the_pages_relative_to_the_one_shown() -> None:
    links = {a["href"]: a.get("aria-current") for a in Page(render.header("ask")).all("a")}
    assert links == {"./": "page", "./documents/": None, "./evaluation/": None}
    links = {a["href"]: a.get("aria-current") for a in Page(render.header("documents")).all("a")}
    assert links == {"../": None, "../documents/": "page", "../evaluation/": None}
    assert [a["href"] for a in Page(render.header("ask", ["ask"])).all("a")] == ["./"]


def test_the_header_names_who_has_signed_in_and_the_way_out() -> None:
    page = Page(render.header("documents", user="<b>ann", account="sign-out"))
    assert "<b>ann" in page.seen and page.all("b") == []
    assert [a["href"] for a in page.all("a")] == ["../", "../documents/", "../evaluation/", "../sign-out"]
    page = Page(render.header("ask", ["ask"], account="sign-in"))
    assert [a["href"] for a in page.all("a")] == ["./", "./sign-in"] and "Sign in" in page.seen
    assert Page(render.header("ask")).all("p", "account") == []


def test_no_style_sheet_is_long() -> None:
    sheets = [path for path in Path(render.__file__).parent.iterdir() if path.suffix == ".css"]
    assert {path.name for path in sheets} >= set(app.SHEETS)
    assert [path.name for path in sheets if len(path.read_text("utf-8").splitlines()) >= 300] == []
    for name in app.SHEETS:
        assert Path(render.__file__).with_name(name).read_text("utf-8") in app.styles()
