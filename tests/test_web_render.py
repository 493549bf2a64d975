"""HTML of answers and documents: everything escaped, the marked text exactly the cited slice, structure shown."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from famqa.documents import parse
from famqa.records import Answer, AnswerSpan, Block, BlockKind, Citation, Document
from famqa.web import render, source
from famqa.web.render import Layer, Turn, paint


class Page(HTMLParser):
    """The text of a page outside table heads, the text of its marks, and what tags and attributes it has."""

    VOID = frozenset({"path"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""  # inside div.text, the document
        self.quote = ""  # inside mark.quote
        self.answer = ""  # inside .answer-span
        self.seen = ""  # everything
        self.feed(page)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(self.tags[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, "elements nest"

    def handle_data(self, data: str) -> None:
        self.seen += data
        classes = {name for _, attributes in self.open for name in (attributes.get("class") or "").split()}
        if "text" in classes and all(tag != "thead" for tag, _ in self.open):
            self.text += data
            self.quote += data if "quote" in classes else ""
            self.answer += data if "answer-span" in classes else ""

    def all(self, tag: str, css: str = "") -> list[dict[str, str | None]]:
        return [a for name, a in self.tags if name == tag and css in [*(a.get("class") or "").split(), ""]]


def document(text: str, doc_id: str = "notes.md") -> tuple[Document, tuple[Block, ...]]:
    return parse(text.encode(), doc_id)


def citation(doc: Document, quote: str, number: int = 1) -> Citation:
    start = doc.text.index(quote)
    return Citation(
        number,
        doc.doc_id,
        doc.title,
        ("Part",),
        None,
        doc.line_of(start),
        start,
        start + len(quote),
        quote,
        "a book",
        "2001",
    )


def answered(doc: Document, blocks: tuple[Block, ...], quote: str, words: str, confidence: float = 0.9) -> Turn:
    cited = citation(doc, quote)
    start = doc.text.index(words, cited.start)
    spans = (AnswerSpan(words, 1, start, start + len(words)),)
    answer = Answer("who?", "answered", words, spans, confidence, (cited,), (), "index-1")
    return Turn(1, "who?", answer, quotes=(source.quoted(doc, blocks, cited, [(start, start + len(words))], 500),))


def shown(text: str, quote: str, words: str = "", doc_id: str = "notes.md") -> Page:
    doc, blocks = document(text, doc_id)
    cited = citation(doc, quote)
    start = doc.text.index(words, cited.start) if words else 0
    return Page(source.opened(doc, blocks, cited, [(start, start + len(words))] if words else []))


# --- paint


def test_paint_nests_layers_and_keeps_the_text() -> None:
    text = "The score is by Ann Lee & Bo."  # at offset 50: "Ann Lee" is 66-73, the quote all of it
    layers = [Layer(((50, 79),), "mark", "quote", 'a"b.txt'), Layer(((66, 73),), "strong", "answer-span")]
    assert paint(text, 50, layers) == (
        '<mark class="quote" data-doc="a&quot;b.txt" data-start="50" data-end="79">The score is by '
        '<strong class="answer-span">Ann Lee</strong> &amp; Bo.</mark>'
    )


def test_paint_cuts_ranges_at_the_edges_of_the_text() -> None:
    assert paint("cde", 2, [Layer(((0, 3), (4, 9)), "b", "x")]) == '<b class="x">c</b>d<b class="x">e</b>'


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='x", "&lt;"]
)
def test_escape_leaves_no_markup(hostile: str) -> None:
    escaped = render.escape(hostile)
    assert not set("<>\"'") & set(escaped)
    assert Page(f"<p>{escaped}</p>").seen == hostile


# --- a document opened at a citation

NESTED = """= Cast =
==Roles==
- Ann as the pilot
  - Bea as the young pilot
  - Cid as the old pilot
- Dan as the cook
"""

TABLE = """= Prizes =

| Year | Prize | Result |
| 2001 | Gold | won |
| Silver | lost | |
| 2002 | Gold | lost |
"""


def test_the_marked_text_is_the_cited_slice() -> None:
    page = shown("# Log\n\nFirst. The mast *broke* at noon. Last.\n", "The mast *broke* at noon.", "noon")
    assert page.quote == "The mast *broke* at noon."
    assert page.answer == "noon"
    (mark,) = page.all("mark", "quote")
    assert (mark["data-doc"], mark["data-start"], mark["data-end"]) == ("notes.md", "14", "39")


def test_the_panel_holds_the_text_once_and_in_order() -> None:
    assert shown(NESTED, "Dan as the cook", doc_id="cast.txt").text == NESTED.rstrip("\n")


def test_headings_and_line_numbers() -> None:
    page = shown("# Log\n\n## Monday\n\nRain.\n\nSun.\n", "Sun.")
    assert [a["data-line"] for a in page.all("h3")] == ["1"]  # the page's own h1 and h2 stand above
    assert [a["data-line"] for a in page.all("h4")] == ["3"]
    assert [(a["data-line"], "hit" in a["class"]) for a in page.all("p", "piece")] == [("5", False), ("7", True)]


def test_a_nested_list_nests() -> None:
    doc, blocks = document(NESTED, "cast.txt")
    page = source.opened(doc, blocks, citation(doc, "Bea as the young pilot"))
    assert re.findall(r"</?(?:ul|li)\b", page) == (
        ["<ul", "<li", "<ul", "<li", "</li", "<li", "</li", "</ul", "</li", "<li", "</li", "</ul"]
    )


def test_an_ordered_list_keeps_its_numbers_in_sight() -> None:
    page = shown("Steps:\n\n1. Load\n2. Fire\n", "Fire")
    assert len(page.all("span", "ordinal")) == 2
    assert page.text == "Steps:\n\n1. Load\n2. Fire"


def test_key_value_lines_are_a_definition_list() -> None:
    doc, blocks = document("= Ship =\n\n- Name: Swift\n- Built: 1887\n", "ship.txt")
    page = source.opened(
        doc, blocks, citation(doc, "Built: 1887"), [(doc.text.index("1887"), doc.text.index("1887") + 4)]
    )
    assert "<dt>" in page and '<dd><mark class="quote"' in page
    assert Page(page).quote == "Built: 1887"
    assert Page(page).answer == "1887"


def test_a_table_has_its_header_and_greys_what_a_row_span_left_out() -> None:
    doc, blocks = document(TABLE, "prizes.txt")
    page = Page(source.opened(doc, blocks, citation(doc, "| Silver | lost | |")))
    assert [a.get("scope") for a in page.all("th")] == ["col"] * 3
    assert [a["data-carried"] for a in page.all("td", "carried")] == ["2001"]
    assert page.quote == "| Silver | lost | |"
    assert page.text == TABLE.rstrip("\n")
    assert [a["data-line"] for a in page.all("td", "line") if "data-line" in a] == ["4", "5", "6"]


def test_two_tables_stay_two() -> None:
    page = shown("| A | B |\n| 1 | 2 |\n\n| C | D |\n| 3 | 4 |\n", "| 3 | 4 |", doc_id="two.txt")
    assert len(page.all("table")) == 2
    assert len(page.all("th")) == 4


def test_rows_with_a_blank_line_between_are_two_tables() -> None:
    assert len(shown("| 1 | 2 |\n\n| 3 | 4 |\n", "| 3 | 4 |", doc_id="two.txt").all("table")) == 2


def test_a_quote_over_several_blocks_is_marked_whole() -> None:
    text = "# Log\n\nOne ends here.\n\n## Two\n\n- first\n- second\n"
    page = shown(text, "ends here.\n\n## Two\n\n- first\n- sec")
    assert page.quote == "ends here.\n\n## Two\n\n- first\n- sec"


def test_a_long_document_is_shown_in_part() -> None:
    text = "".join(f"Paragraph {n} of many.\n\n" for n in range(1000))
    page = shown(text, "Paragraph 500 of many.")
    assert len(page.all("p", "piece")) == 61  # 30 on either side
    assert len(page.all("button", "more")) == 2
    assert page.quote == "Paragraph 500 of many."


def test_a_book_in_one_line_is_shown_in_part() -> None:
    text = "".join(f"Sentence {n} of many. " for n in range(50_000))  # about 1.2 million characters
    page = shown(text, "Sentence 25000 of many.", "25000")
    assert len(page.text) < 50_000
    assert page.text in text
    assert (page.quote, page.answer) == ("Sentence 25000 of many.", "25000")


def test_a_changed_document_is_not_highlighted() -> None:
    doc, blocks = document("One. Two. Three.\n")
    cited = citation(doc, "Two.")
    page = Page(source.opened(replace(doc, text="Now. Else. Here.\n"), blocks, cited))
    assert page.all("mark") == []
    assert "has changed" in page.seen


def test_a_nearest_passage_says_that_it_is_no_answer() -> None:
    doc, blocks = document("One. Two.\n")
    page = Page(source.opened(doc, blocks, citation(doc, "Two."), is_answer=False))
    assert "not an answer" in page.seen
    assert [a["class"] for a in page.all("mark")] == ["quote near"]


def test_a_hostile_document_is_only_text() -> None:
    text = (
        "# <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n\n"
        '![x](javascript:alert(1)) "quoted" <b>bold</b>\n\n'
        "| <i>h</i> |\n|---|\n| </td><script>alert(1)</script> |\n"
    )
    doc, blocks = document(text, "<img src=x onerror=alert(1)>.md")
    cited = replace(citation(doc, "<script>alert(1)</script>"), section=("<u>s</u>",), source="<u>", date="</p>")
    page = Page(source.opened(doc, blocks, cited))
    assert not {tag for tag, _ in page.tags} & {"img", "script", "a", "b", "i", "u"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert page.quote == "<script>alert(1)</script>"
    assert page.text == text.rstrip("\n")


HEADINGS = ["# H", "== W =="]
LISTS = ["- item", "  - inner", "1. one", "Key: value", "- Key: value"]
TABLES = ["| a | b |", "| c | |", "|---|---|"]
PROSE = ["", "Some *prose* here.", "<b>&amp;</b>", "\u202eעברית e\u0301 🚀", "> said", "```", "[x](y)"]
PIECES = st.sampled_from([*HEADINGS, *LISTS, *TABLES, *PROSE])


@given(st.lists(PIECES, min_size=1, max_size=25), st.sampled_from(["a.txt", "a.md"]), st.data())
def test_any_citation_of_any_document_is_marked_exactly(lines: list[str], doc_id: str, data: st.DataObject) -> None:
    text = "\n".join(["Start.", *lines])
    doc, blocks = document(text, doc_id)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cited = Citation(1, doc_id, "T", (), None, 1, start, end, text[start:end])
    page = Page(source.opened(doc, blocks, cited, [(start, end)]))
    assert page.quote == text[start:end]
    assert page.answer == text[start:end]
    assert page.text in text
    marks = [(int(a["data-start"] or 0), int(a["data-end"] or 0)) for a in page.all("mark", "quote")]
    assert marks[0][0] == start and marks[-1][1] == end
    assert all(left[1] == right[0] for left, right in pairwise(marks))


# --- the conversation


def test_an_answer_stands_first_with_its_number_as_a_button() -> None:
    doc, blocks = document("# Log\n\nThe cook was Dan.\n")
    html = render.conversation([answered(doc, blocks, "The cook was Dan.", "Dan")], opened=(1, 0))
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
    html = render.conversation([answered(doc, blocks, "The cook was Dan.", "Dan", confidence)])
    assert f'title="probability that this is right: {confidence:.2f}">{words}</p>' in html


def test_pieces_of_a_list_share_a_number_and_same_words_stand_once() -> None:
    doc, _ = document("Ann and Bo.\n\nBo again.\n")
    first, second = citation(doc, "Ann and Bo."), citation(doc, "Bo again.", 2)
    spans = (AnswerSpan("Ann", 1, 0, 3), AnswerSpan("Bo", 1, 8, 10), AnswerSpan("Bo", 2, 13, 15))
    answer = Answer("q", "answered", "Ann; Bo", spans, 0.9, (first, second), (), "i")
    html = render.conversation([Turn(1, "q", answer, quotes=("", ""))])
    short = html[html.index('class="short"') : html.index("<figure")]
    assert Page("<p " + short).seen == "Ann1; Bo12"


def test_a_quote_that_is_the_answer_is_not_said_twice() -> None:
    doc, blocks = document("The cook was Dan.\n")
    html = render.conversation([answered(doc, blocks, "The cook was Dan.", "The cook was Dan.")])
    assert html.count("The cook was Dan.") == 1
    assert "line 1" in html


def test_a_quoted_row_stands_under_its_headers() -> None:
    doc, blocks = document(TABLE, "prizes.txt")
    page = Page(render.conversation([answered(doc, blocks, "| Silver | lost | |", "Silver")]))
    assert len(page.all("th")) == 3
    assert [a["data-carried"] for a in page.all("td", "carried")] == ["2001"]


def test_a_refusal_offers_the_nearest_passages_and_marks_them_as_no_answer() -> None:
    doc, blocks = document("The cook was Dan.\n\nHe made soup.\n")
    near = (citation(doc, "The cook was Dan."), citation(doc, "He made soup.", 2))
    answer = Answer("q", "no_answer", "", (), 0.1, (), near, "i")
    quotes = tuple(source.quoted(doc, blocks, each, [], 12) for each in near)
    page = Page(render.conversation([Turn(3, "q", answer, quotes=quotes)]))
    assert "The documents do not say." in page.seen
    assert "not an answer" in page.seen
    assert [(a["data-turn"], a["data-ref"]) for a in page.all("button", "place")] == [("3", "0"), ("3", "1")]
    assert "The cook…" in page.seen
    assert page.all("mark") == [] and page.all("button", "cite") == []


def test_hostile_questions_titles_and_errors_are_only_text() -> None:
    hostile = "<img src=x onerror=alert(1)>\"'`${alert(1)}{{7*7}}"
    doc, blocks = document(f"Before {hostile} after\n")
    turn = answered(doc, blocks, f"Before {hostile} after", hostile)
    assert turn.answer is not None
    cited = replace(turn.answer.citations[0], title=hostile, section=(hostile,), source=hostile, doc_id=hostile)
    turn = replace(turn, question=hostile, answer=replace(turn.answer, citations=(cited,)))
    page = Page(render.conversation([turn, Turn(2, hostile, error=hostile)]) + render.welcome([hostile]))
    assert not {tag for tag, _ in page.tags} & {"img", "script"}
    assert page.seen.count(hostile) == 9  # question, answer, quote, title, section, source; question, error; chip


def test_a_follow_up_shows_how_it_was_understood() -> None:
    doc, blocks = document("The lamp was made by Ann Lee.", "a.txt")
    turn = answered(doc, blocks, "The lamp was made by Ann Lee.", "Ann Lee")
    assert turn.answer is not None
    assert "understood" not in Page(render.conversation([turn])).seen
    followed = replace(turn, answer=replace(turn.answer, standalone_question="Who made <b>the lamp</b>?"))
    assert "understood as: Who made <b>the lamp</b>?" in Page(render.conversation([followed])).seen


def test_a_pending_question_says_what_is_done() -> None:
    assert "searching and reading…" in render.conversation([Turn(1, "q")])


def test_a_question_of_100000_characters_is_cut_on_the_page() -> None:
    assert len(render.conversation([Turn(1, "x" * 100_000, error="too long")])) < 1000


def test_status_has_the_time_today_and_the_date_before() -> None:
    built = datetime(2026, 3, 5, 9, 7, tzinfo=UTC)
    overview = SimpleNamespace(generation="g<1>", documents=(1, 2), passages=1143, built_at=built)
    local = built.astimezone()
    today = Page(render.status(overview, now=local))
    assert today.seen == f"2 documents · 1,143 passages · updated {local:%H:%M}"
    later = Page(render.status(overview, now=datetime(2026, 4, 1, tzinfo=UTC).astimezone()))
    assert later.seen == f"2 documents · 1,143 passages · updated {local.day} Mar 2026, {local:%H:%M}"


def test_the_shelf_lists_documents_and_counts_the_rest() -> None:
    entry = SimpleNamespace(title="<b>T</b>", source="a book", date="2001", format="text", passages=1)
    page = Page(render.shelf(SimpleNamespace(documents=(entry,) * 10)))
    assert page.seen.count("<b>T</b>") == 8
    assert "a book · 2001 · text · 1 passage" in page.seen
    assert "and 2 other documents" in page.seen


def test_block_kinds_are_all_shown() -> None:
    doc = Document("d", "T", "text of it", "text", "0")
    for kind in BlockKind:
        blocks = (Block(kind, 0, 10, level=1),)
        assert Page(source.opened(doc, blocks, citation(doc, "of"))).text == "text of it"
