"""Markdown to blocks: offsets into the source, and which ranges of it are markup."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conftest import PRICES, assert_in_order, block_texts, parsed
from famqa.documents import markdown
from famqa.records import Block, BlockKind, Document


def without_markup(document: Document, block: Block) -> str:
    kept, at = "", block.start
    for start, end in (*block.markup, (block.end, block.end)):
        assert at <= start <= end <= block.end
        kept += document.text[at:start]
        at = end
    return kept


def searched(text: str) -> list[str]:
    """What each block of a Markdown text says without its marks."""
    document, blocks = parsed(text, "a.md")
    return [without_markup(document, block) for block in blocks]


def test_headings_of_both_styles_and_their_paths() -> None:
    document, blocks = parsed("# Kites\n\nIntro.\n\nTails\n-----\n\n### Knots ###\n\nTie it.\n", "a.md")
    assert document.title == "Kites"
    assert [(document.text[b.start : b.end], b.level, b.headings) for b in blocks] == [
        ("Kites", 1, ()),
        ("Intro.", 0, ()),
        ("Tails", 2, ("Tails",)),
        ("Knots", 3, ("Tails", "Knots")),
        ("Tie it.", 0, ("Tails", "Knots")),
    ]


def test_front_matter_gives_the_title_only_where_no_heading_does() -> None:
    assert parsed('---\ntitle: "Tea prices"\ntags: [tea]\n---\n\nTea is 3 crowns.\n', "a.md")[0].title == "Tea prices"
    assert parsed("---\ntitle: Tea\n---\n\n# Coffee\n\nCoffee is 4 crowns.\n", "a.md")[0].title == "Coffee"
    assert parsed("Tea is 3 crowns.\n", "tea.md")[0].title == "tea"


def test_emphasis_links_code_and_images_leave_only_their_words() -> None:
    text = "A **bold** and *soft* [word](https://a.example/x_y 'tip') with `code` and ![a kite](kite.png) <b>here</b>."
    assert searched(text) == ["A bold and soft word with code and a kite here."]


def test_markup_ranges_point_at_the_marks() -> None:
    document, blocks = parsed("Tea is **hot**.", "a.md")
    assert blocks[0].markup == ((7, 9), (12, 14))
    assert document.text[7:9] == document.text[12:14] == "**"


def test_underscores_and_stars_that_are_text_stay() -> None:
    assert searched("snake_case and 2 * 3 = 6 and C:\\temp") == ["snake_case and 2 * 3 = 6 and C:\\temp"]


def test_entities_and_escapes_keep_their_source() -> None:
    assert searched("Fish &amp; chips cost \\*3\\* crowns") == ["Fish &amp; chips cost \\*3\\* crowns"]


def test_repeated_words_are_matched_in_order() -> None:
    assert searched("*tea* tea **tea** [tea](tea) tea") == ["tea tea tea tea tea"]


def test_a_paragraph_over_lines_keeps_its_newlines_and_loses_quote_marks() -> None:
    document, blocks = parsed("> Tea is *hot*\n> and sweet.\n", "a.md")
    assert block_texts(document, blocks) == [("paragraph", "Tea is *hot*\n> and sweet.")]
    assert without_markup(document, blocks[0]) == "Tea is hot\nand sweet."


def test_nested_lists_have_levels_and_lead_ins() -> None:
    document, blocks = parsed("We sell:\n\n- rope\n  - thin\n  - **thick**\n\n    by the metre\n- chain\n", "a.md")
    assert [
        (document.text[b.start : b.end], b.level, b.lead_in and document.text[slice(*b.lead_in)])
        for b in blocks
        if b.kind is BlockKind.LIST_ITEM
    ] == [
        ("rope", 0, "We sell:"),
        ("thin", 1, "rope"),
        ("**thick**", 1, "rope"),
        ("by the metre", 1, "**thick**"),
        ("chain", 0, "We sell:"),
    ]


def test_a_list_of_bold_keys_is_an_infobox() -> None:
    document, blocks = parsed("1. **Span:** 2 m\n2. *Line*: 30 m\n", "a.md")
    assert [(b.kind, b.cells[0].header, document.text[b.cells[0].start : b.cells[0].end]) for b in blocks] == [
        (BlockKind.KEY_VALUE, "Span", "2 m"),
        (BlockKind.KEY_VALUE, "Line", "30 m"),
    ]


def test_code_and_html_blocks_are_taken_as_they_stand() -> None:
    text = "```sh\npull --hard\n```\n\n    tie *fast*\n\n<div>\nA note.\n</div>\n"
    document, blocks = parsed(text, "a.md")
    assert block_texts(document, blocks) == [
        ("paragraph", "pull --hard"),
        ("paragraph", "tie *fast*"),
        ("paragraph", "<div>\nA note.\n</div>"),
    ]


def test_an_unclosed_fence_reaches_the_end() -> None:
    document, blocks = parsed("# T\n\n```\npull\nhard", "a.md")
    assert block_texts(document, blocks)[1:] == [("paragraph", "pull\nhard")]


def test_the_price_list_is_read_as_it_is_meant() -> None:
    document, blocks = parsed(PRICES, "prices.md")
    assert document.title == "Prices in the harbour shop"
    kinds = "heading paragraph heading list_item list_item list_item list_item heading table_row table_row table_row"
    assert [block.kind.value for block in blocks] == kinds.split()
    assert without_markup(document, blocks[1]) == (
        "All prices are in crowns and hold until the end of June. The shop is run by Maud Lindqvist."
    )
    assert blocks[4].headings == ("Rope and chain",)


def test_a_list_marker_equal_to_its_text_is_not_taken_for_it() -> None:
    document, blocks = parsed("1. 1\n", "a.md")
    assert (blocks[0].start, blocks[0].end) == (3, 4)
    assert document.text[3:4] == "1"


def test_what_is_nested_beyond_all_measure_is_not_lost() -> None:
    def nested(depth: int) -> str:
        return "\n".join("  " * n + f"- item {n}" for n in range(depth))

    document, blocks = parsed(nested(29), "a.md")
    assert block_texts(document, blocks)[-1] == ("list_item", "item 28")
    document, blocks = parsed(nested(31), "a.md")
    assert block_texts(document, blocks)[-2] == ("list_item", "item 28")
    assert without_markup(document, blocks[-1]).split() == ["item", "29", "item", "30"]
    document, blocks = parsed("> " * 90 + "deep\n" + "> " * 90 + "down\n\nText.\n", "a.md")
    assert [without_markup(document, block).split() for block in blocks] == [["deep", "down"], ["Text."]]


_PIECES = ["a", "é", "👩", "\u0301", "\u05d0", "*", "_", "`", "[", "](x)", "!", "> ", "- ", "1. ", "# ", "|", "|-|-|\n"]
_PIECES += ["\\", "&amp;", "<b>", "\n", "\n\n", "    ", "\t", " ", "---\n", "\u2028", "\x0c", "\x1f"]


@given(st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))
def test_any_markdown_gives_blocks_in_order_with_markup_inside(text: str) -> None:
    found = markdown.parse(text)
    assert found.text == text
    assert_in_order(text, found.blocks)
