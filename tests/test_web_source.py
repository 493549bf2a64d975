"""A document opened at a citation: the marked text exactly the cited slice, structure shown, everything escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote as percent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from famqa.records import Block, BlockKind, Citation, Document
from famqa.web import source
from famqa.web.links import text_digest
from famqa.web.painting import Layer, escape, paint
from web_pages import Page, citation, document, shown

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
    escaped = escape(hostile)
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


def more(page: Page) -> list[str]:
    """How the buttons for more are called that a page has."""
    return [f"more {side}" for side in ("above", "below") if f"Show more {side}" in page.seen]


def test_a_table_whose_first_row_is_shown_does_not_offer_more_above() -> None:
    rows = [f"Hanna {n},{n}" for n in range(100)]
    text = "\n".join(["Name,Age", *rows, ""])
    assert more(shown(text, "Hanna 0,0", doc_id="a.csv")) == ["more below"]  # the header row is no block
    assert more(shown(text, "Hanna 30,30", doc_id="a.csv")) == ["more below"]
    assert more(shown(text, "Hanna 31,31", doc_id="a.csv")) == ["more above", "more below"]
    assert more(shown(text, "Hanna 68,68", doc_id="a.csv")) == ["more above", "more below"]
    assert more(shown(text, "Hanna 69,69", doc_id="a.csv")) == ["more above"]


def test_front_matter_is_no_reason_to_offer_more_above() -> None:
    assert more(shown("---\ntitle: Log\n---\n\nRain.\n\nSun.\n", "Sun.")) == []


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("", []),
        ("\n\nDay 31.\n", ["more below"]),
        ("\n\n\ue000", ["more below"]),  # a character of somebody's own font
        ("\n\n\u200b\n", []),
        ("\n\n\u200b\n\n\ufeff\u2060\n", []),
        ("\n\n\u200e\u200f\n", []),
        ("\n\n\u00ad\n", []),
        ("\n\n\x1b\x07\n", []),
        ("\n\n\u3164\u2800\n", []),
    ],
)
@pytest.mark.parametrize("doc_id", ["a.txt", "a.md"])
def test_nothing_to_be_seen_is_no_reason_to_offer_more_below(tail: str, expected: list[str], doc_id: str) -> None:
    text = "\n\n".join(f"Day {n}." for n in range(31)) + tail  # day 0 is shown with 30 blocks after it
    assert more(shown(text, "Day 0.", doc_id=doc_id)) == expected


def test_what_belongs_to_no_block_is_no_reason_to_offer_more_below() -> None:
    assert more(shown("Rain.\n\nSun.\n\n---\n\n<!-- note -->\n", "Sun.")) == []
    assert more(shown("Rain.\n\nSun.\n\n| | |\n", "Sun.", doc_id="a.txt")) == []


@pytest.mark.parametrize("text", ["".join(f"Day {n}.\n\n" for n in range(3000)), "Day 0. " * 200_000])
def test_each_press_shows_more_until_there_is_no_more(text: str) -> None:
    doc, blocks = document(text + "End.")
    cited = citation(doc, "Day 0.")
    around, length = source.AROUND_BLOCKS, 0
    while around:
        page = Page(source.opened(doc, blocks, cited, around=around))
        assert len(page.text) > length
        around, length = next((int(a["data-around"] or 0) for a in page.all("button", "more")), 0), len(page.text)
    assert length > 9000


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
    assert not {tag for tag, _ in page.tags} & {"img", "script", "b", "i", "u"}
    assert [a["href"] for a in page.all("a")] == [f"?source={percent(doc.doc_id)}@{text_digest(doc)}&at=32-57"]
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


def test_the_head_has_a_permanent_link_and_the_text_says_where_it_begins() -> None:
    doc, blocks = document("# Log\n\nRain.\n\nSun.\n", "a b.md")  # "Sun." is 14-18
    page = Page(source.opened(doc, blocks, citation(doc, "Sun.")))
    (link,) = page.all("a", "link")
    assert link["href"] == f"?source=a%20b.md@{text_digest(doc)}&at=14-18"
    (text,) = page.all("div", "text")
    assert (text["data-doc"], text["data-digest"], text["data-start"]) == ("a b.md", text_digest(doc), "0")


def test_a_document_opened_at_no_place_begins_at_its_start_without_a_mark() -> None:
    text = "".join(f"Paragraph {n}.\n\n" for n in range(100))
    doc, blocks = document(text)
    page = Page(source.opened(doc, blocks, Citation(1, doc.doc_id, "T", (), None, 1, 0, 0, "")))
    assert page.all("mark") == []
    assert page.text.startswith("Paragraph 0.")
    assert page.all("p", "hit") == []


def test_an_html_document_has_no_line_numbers_and_a_pdf_has_pages() -> None:
    doc = Document("a.html", "T", "One.\nTwo.", "html", "0")
    blocks = (Block(BlockKind.PARAGRAPH, 0, 4), Block(BlockKind.PARAGRAPH, 5, 9))
    page = Page(source.opened(doc, blocks, citation(doc, "Two.")))
    assert [a["data-line"] for a in page.all("p", "piece")] == ["", ""]
    assert page.all("div", "unnumbered")
    paged = replace(doc, doc_id="a.pdf", text="One.\nTwo.\nSix.")
    pages = (*(replace(block, page=3) for block in blocks), Block(BlockKind.PARAGRAPH, 10, 14, page=4))
    page = Page(source.opened(paged, pages, citation(paged, "Two.")))
    assert [a["data-line"] for a in page.all("p", "piece")] == ["p. 3", "", "p. 4"]


def test_block_kinds_are_all_shown() -> None:
    doc = Document("d", "T", "text of it", "text", "0")
    for kind in BlockKind:
        blocks = (Block(kind, 0, 10, level=1),)
        assert Page(source.opened(doc, blocks, citation(doc, "of"))).text == "text of it"
