"""CSV and TSV to blocks: a row with its cells under their headers, all sliced from the file's own text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import assert_in_order, assert_sound
from famqa.documents import delimited, parse
from famqa.passages import Limits, cut
from famqa.records import BlockKind

SHIPS = 'Year,Ship,Cargo\r\n1874,"Aurora, the ""Red""",Timber\r\n1880,Corsair,"Wine\r\nand oil"\r\n\r\n1896,,Salt\r\n'


def cells(text: str, name: str = "a.csv") -> list[list[tuple[str, str]]]:
    document, blocks = parse(text.encode(), name)
    return [[(cell.header, document.text[cell.start : cell.end]) for cell in block.cells] for block in blocks]


def test_rows_have_their_cells_under_their_headers() -> None:
    assert cells(SHIPS) == [
        [("Year", "1874"), ("Ship", 'Aurora, the ""Red""'), ("Cargo", "Timber")],
        [("Year", "1880"), ("Ship", "Corsair"), ("Cargo", "Wine\nand oil")],
        [("Year", "1896"), ("Cargo", "Salt")],
    ]


def test_the_text_is_the_files_own_and_so_are_the_line_numbers() -> None:
    document, blocks = parse(SHIPS.encode(), "ships.csv")
    assert document.text == SHIPS.replace("\r\n", "\n")
    assert (document.title, document.format) == ("ships", "table")
    assert [document.line_of(block.start) for block in blocks] == [2, 3, 6]
    assert all(block.kind is BlockKind.TABLE_ROW for block in blocks)


def test_quotes_are_markup_so_that_they_are_not_searched(limits: Limits) -> None:
    document, blocks = parse(SHIPS.encode(), "ships.csv")
    passages = cut(document, blocks, limits)
    assert_sound(document, passages)
    assert passages[0].search_text == 'ships:\nYear: 1874; Ship: Aurora, the "Red"; Cargo: Timber'
    assert passages[0].text == '1874,"Aurora, the ""Red""",Timber'


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    rows = [["Name", "Said"], ["Ann", "yes, or no"], ["Bob", "no; maybe"]]
    text = "\n".join(separator.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows[:2])
    assert cells(text + "\n") == [[("Name", "Ann"), ("Said", "yes, or no")]]


def test_tabs_count_in_a_tsv_and_a_stated_separator_everywhere() -> None:
    assert cells("Name\tSaid\nAnn, Bob, Cy\ta, b, c\n", "a.tsv") == [[("Name", "Ann, Bob, Cy"), ("Said", "a, b, c")]]
    assert cells("sep=;\nName;Age\nAnn;4\n") == [[("Name", "Ann"), ("Age", "4")]]


def test_lines_above_the_table_are_prose() -> None:
    document, blocks = parse(b"Report of 2020\n\nName,Age\nAnn,4\n", "a.csv")
    assert [(b.kind.value, document.text[b.start : b.end]) for b in blocks] == [
        ("paragraph", "Report of 2020"),
        ("table_row", "Ann,4"),
    ]


def test_what_is_no_header_is_a_row() -> None:
    assert cells("1,2\n3,4\n") == [[("", "1"), ("", "2")], [("", "3"), ("", "4")]]
    assert cells("Ann,1874\nBob,1880\n")[0] == [("", "Ann"), ("", "1874")]
    assert cells("Land,1990,1991\nVarn,5,6\n") == [[("Land", "Varn"), ("1990", "5"), ("1991", "6")]]
    assert cells("Names\nAnn\n") == [[("Names", "Ann")]]
    assert cells("Ann\n") == [[("", "Ann")]]


def test_a_row_may_be_longer_or_shorter_than_the_header() -> None:
    assert cells("A,B\n1\n1,2,3\n") == [[("A", "1")], [("A", "1"), ("B", "2"), ("", "3")]]


def test_a_stray_quote_does_not_swallow_the_rest_and_is_reported() -> None:
    parsed = delimited.parse('Size,Name\n"5 inches,nail\n6,"bolt"\n7,nut\n')
    assert [[parsed.text[c.start : c.end] for c in block.cells] for block in parsed.blocks][-1] == ["7", "nut"]
    assert parsed.notes == ()  # the quote closes before bolt
    parsed = delimited.parse('Size,Name\n5,"nail\n6,bolt\n')
    assert [[parsed.text[c.start : c.end] for c in block.cells] for block in parsed.blocks] == [
        ["5", '"nail'],
        ["6", "bolt"],
    ]
    assert parsed.notes == ("the quote that opens in line 2 does not close; taken as a part of the text",)


_CELLS = st.text(alphabet=st.sampled_from('ab1é👩",;\t\n '), max_size=6)


def unquoted(text: str, field: delimited.Field) -> str:
    kept, at = "", field.value[0]
    for left, right in field.marks:
        if field.value[0] <= left and right <= field.value[1]:
            kept += text[at:left]
            at = right
    return kept + text[at : field.value[1]]


@given(st.lists(st.lists(_CELLS, min_size=1, max_size=4), max_size=6), st.sampled_from(",;\t"))
def test_fields_are_those_of_the_csv_module(rows: list[list[str]], separator: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    text = out.getvalue()
    found, open_quote = delimited.split(text, separator)
    assert open_quote is None
    read = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    expected = [[cell.strip() for cell in row] for row in read if len(row) > 1 or "".join(row).strip()]
    assert [[unquoted(text, field) for field in row] for row in found] == expected


@given(st.text(alphabet=st.sampled_from('a1",;|\t\n é'), max_size=80), st.booleans())
def test_any_text_gives_blocks_in_order_with_cells_inside(text: str, is_tsv: bool) -> None:
    parsed = delimited.parse(text, is_tsv)
    assert_in_order(text, parsed.blocks)
    for block in parsed.blocks:
        edge = block.start
        for cell in block.cells:
            assert edge <= cell.start < cell.end <= block.end
            edge = cell.end
    for char in "a1é":
        kept = sum(text[b.start : b.end].count(char) for b in parsed.blocks)
        header = text.count(char) - kept
        assert header >= 0


@given(rows=st.lists(st.lists(_CELLS, min_size=2, max_size=3), min_size=1, max_size=4))
def test_every_passage_and_cell_of_a_table_slices(rows: list[list[str]], limits: Limits) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["Name", "Note", "More"][: len(rows[0])], *rows])
    parsed = delimited.parse(out.getvalue().replace("\r\n", "\n"))
    if parsed.blocks:
        document, blocks = parse(out.getvalue().encode(), "a.csv")
        assert_sound(document, cut(document, blocks, limits))


def test_a_long_row_is_cut_without_losing_its_words(cut_text: Callable[..., object], limits: Limits) -> None:
    long = " ".join(f"word{n}" for n in range(400))
    document, blocks = parse(f'Name,Note\nAnn,"{long}"\n'.encode(), "a.csv")
    passages = cut(document, blocks, limits)
    assert_sound(document, passages)
    assert len(passages) > 1 and all(f"word{n}" in " ".join(p.text for p in passages) for n in (0, 200, 399))
