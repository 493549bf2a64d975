"""Plain text to blocks: offsets, headings, lists, infoboxes and prose. Tables are in test_tables.py."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conftest import LIGHTHOUSE, block_texts, parsed
from famqa.documents import plain
from famqa.records import BlockKind, Cell


def test_title_and_heading_paths() -> None:
    document, blocks = parsed("= Kites =\nIntro.\n== Tails ==\n=== Knots ===\nTie it.\n== Lines ==\nPull it.\n")
    assert document.title == "Kites"
    assert [(block.kind.value, document.text[block.start : block.end], block.headings) for block in blocks] == [
        ("heading", "Kites", ()),
        ("paragraph", "Intro.", ()),
        ("heading", "Tails", ("Tails",)),
        ("heading", "Knots", ("Tails", "Knots")),
        ("paragraph", "Tie it.", ("Tails", "Knots")),
        ("heading", "Lines", ("Lines",)),
        ("paragraph", "Pull it.", ("Lines",)),
    ]
    assert [block.level for block in blocks if block.kind is BlockKind.HEADING] == [1, 2, 3, 2]


def test_a_line_with_an_equals_sign_is_no_heading() -> None:
    document, blocks = parsed("= Sums =\nTwo and two = four.\n=\n== ==\n")
    assert block_texts(document, blocks) == [
        ("heading", "Sums"),
        ("paragraph", "Two and two = four.\n=\n== =="),
    ]


def test_offsets_leave_out_marks_and_surrounding_space() -> None:
    document, blocks = parsed("  First line\nand second.  \n\n\t* item  \n")
    assert [(block.start, block.end) for block in blocks] == [(2, 24), (31, 35)]
    assert block_texts(document, blocks) == [("paragraph", "First line\nand second."), ("list_item", "item")]


def test_infobox_lines_are_keys_and_values() -> None:
    document, blocks = parsed(
        "= Kite =\nInfobox\n- Span: 2 m\n- Made by: Ada Fell, Bo Orr\n- Site: https://kite.example/a:b\n"
    )
    pairs = [block for block in blocks if block.kind is BlockKind.KEY_VALUE]
    assert [document.text[block.start : block.end] for block in pairs] == [
        "Span: 2 m",
        "Made by: Ada Fell, Bo Orr",
        "Site: https://kite.example/a:b",
    ]
    assert [(cell.header, document.text[cell.start : cell.end]) for block in pairs for cell in block.cells] == [
        ("Span", "2 m"),
        ("Made by", "Ada Fell, Bo Orr"),
        ("Site", "https://kite.example/a:b"),
    ]


def test_key_value_lines_without_list_marks() -> None:
    document, blocks = parsed("Span: 2 m\nLine: 30 m\n")
    assert block_texts(document, blocks) == [("key_value", "Span: 2 m"), ("key_value", "Line: 30 m")]
    assert blocks[1].cells == (Cell("Line", 16, 20),)


def test_a_list_with_few_colons_stays_a_list() -> None:
    document, blocks = parsed("Pack these.\n\n- Rope: 20 m\n- Knife\n- Water\n")
    assert block_texts(document, blocks)[1:] == [
        ("list_item", "Rope: 20 m"),
        ("list_item", "Knife"),
        ("list_item", "Water"),
    ]


def test_a_single_line_with_a_colon_is_prose() -> None:
    document, blocks = parsed("= Log =\nNote: the rope is wet.\n")
    assert block_texts(document, blocks)[1:] == [("paragraph", "Note: the rope is wet.")]


def test_nested_items_name_their_parent_as_lead_in() -> None:
    text = "Crew:\n- Ann, captain\n  - Bob, her mate\n    - Cy, his boy\n  - Di, cook\n- Ed, pilot\n"
    document, blocks = parsed(text)
    items = [block for block in blocks if block.kind is BlockKind.LIST_ITEM]
    assert [
        (document.text[item.start : item.end], item.level, item.lead_in and document.text[slice(*item.lead_in)])
        for item in items
    ] == [
        ("Ann, captain", 0, "Crew:"),
        ("Bob, her mate", 1, "Ann, captain"),
        ("Cy, his boy", 2, "Bob, her mate"),
        ("Di, cook", 1, "Ann, captain"),
        ("Ed, pilot", 0, "Crew:"),
    ]


def test_lead_in_is_the_line_right_above_or_a_colon_above_a_blank_line() -> None:
    def lead_in(text: str) -> str | None:
        document, blocks = parsed(text)
        found = next(block for block in blocks if block.kind is BlockKind.LIST_ITEM).lead_in
        return document.text[slice(*found)] if found else None

    assert lead_in("It rained.\nWe took these with us\n- rope\n") == "We took these with us"
    assert lead_in("It rained. We took:\n\n- rope\n") == "It rained. We took:"
    assert lead_in("It rained all day.\n\n- rope\n") is None
    assert lead_in("= Title =\n- rope\n") is None


def test_items_go_on_over_indented_lines_and_blank_lines() -> None:
    document, blocks = parsed("1. Tie the rope\n   to the mast.\n\n2) Pull.\n(c) Rest.\nThen go.\n")
    assert block_texts(document, blocks) == [
        ("list_item", "Tie the rope\n   to the mast."),
        ("list_item", "Pull."),
        ("list_item", "Rest."),
        ("paragraph", "Then go."),
    ]


def test_a_short_lone_line_is_a_heading_only_where_no_headings_are_marked() -> None:
    text = "Knots\n\nA knot holds two ropes together.\n\nBends\n\nA bend is a knot that joins two ropes."
    document, blocks = parsed(text)
    assert document.title == "Knots"
    assert block_texts(document, blocks) == [
        ("heading", "Knots"),
        ("paragraph", "A knot holds two ropes together."),
        ("heading", "Bends"),
        ("paragraph", "A bend is a knot that joins two ropes."),
    ]
    assert blocks[3].headings == ("Bends",)
    document, blocks = parsed("= Ropes =\n" + text)
    assert [block.kind for block in blocks].count(BlockKind.HEADING) == 1


def test_the_lighthouse_is_read_as_it_is_meant() -> None:
    document, blocks = parsed(LIGHTHOUSE)
    assert document.title == "Gull Rock Lighthouse"
    kinds = [block.kind.value for block in blocks]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "heading": 5,
        "paragraph": 6,  # the word Infobox, the introduction, two lead-ins, the lamp, the fog signal
        "key_value": 3,
        "list_item": 3,
        "table_row": 5,
    }
    horn = next(block for block in blocks if "steam horn" in document.text[block.start : block.end])
    assert horn.headings == ("Lamp", "Fog signal")


@given(st.text(alphabet=st.sampled_from("ab:|=-*1.() \t\n\u0301\u05d0é👩\u2028\x0c"), max_size=200))
def test_blocks_are_in_order_apart_and_without_space_at_their_ends(text: str) -> None:
    found = plain.parse(text)
    assert found.text == text
    at = 0
    for block in found.blocks:
        assert at <= block.start < block.end <= len(text)
        piece = text[block.start : block.end]
        assert piece == piece.strip()
        at = block.end
    covered = "".join(text[block.start : block.end] for block in found.blocks)
    for char in "é👩":  # neither is ever a mark, so none of them may be lost
        assert covered.count(char) == text.count(char)
