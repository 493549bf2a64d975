"""Table rows: cells under their headers, and cells that a row span left out filled from the row above."""

from __future__ import annotations

import pytest

from conftest import LIGHTHOUSE, PRICES, parsed
from famqa.documents.parsed import is_rule, pipe_cells
from famqa.records import BlockKind


def rows(text: str, doc_id: str = "a.txt") -> list[list[tuple[str, str, bool]]]:
    """(header, text, carried) of each cell of each table row."""
    document, blocks = parsed(text, doc_id)
    return [
        [(cell.header, document.text[cell.start : cell.end], cell.carried) for cell in block.cells]
        for block in blocks
        if block.kind is BlockKind.TABLE_ROW
    ]


def cells(line: str) -> list[str]:
    return [line[start:end] for start, end in pipe_cells(line, 0, len(line))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("| a | b |", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("  | a b |c|  ", ["a b", "c"]),
        ("| a | | b |", ["a", "", "b"]),
        ("| a || b |", ["a", "", "b"]),
        ("| a | b | |", ["a", "b", ""]),
        (r"| a \| b | c |", [r"a \| b", "c"]),
        ("| a", ["a"]),
    ],
)
def test_cells_of_a_row(line: str, expected: list[str]) -> None:
    assert cells(line) == expected


def test_a_rule_is_dashes_and_colons_in_every_cell() -> None:
    for line, expected in {"|---|:-:|": True, "| -- | - |": True, "|---| 2 |": False, "|---||": False}.items():
        assert is_rule(line, pipe_cells(line, 0, len(line))) is expected


TABLE = """\
| Year | Race | Winner |
| 1990 | Harbour Cup | Ann |
| 1991 | Harbour Cup | Bob |
| 1991 | Island Run | Cy |
"""


def test_a_full_row_has_its_cells_under_the_headers() -> None:
    assert rows(TABLE)[1] == [("Year", "1991", False), ("Race", "Harbour Cup", False), ("Winner", "Bob", False)]


def test_a_separator_row_is_no_row() -> None:
    lines = TABLE.splitlines(keepends=True)
    assert rows("".join([lines[0], "|:---|---|--:|\n", *lines[1:]])) == rows(TABLE)


@pytest.mark.parametrize(
    "row",
    ["| | Island Run | Di |", "| Island Run | Di |", "| Island Run | Di | |", "|  |Island Run|Di|"],
    ids=["empty", "left out", "left out and padded", "empty without spaces"],
)
def test_a_lost_first_cell_is_filled_from_above(row: str) -> None:
    assert rows(TABLE + row)[-1] == [("Year", "1991", True), ("Race", "Island Run", False), ("Winner", "Di", False)]


@pytest.mark.parametrize("row", ["| | | Di |", "| Di |", "| Di | | |"], ids=["empty", "left out", "padded"])
def test_two_lost_cells_are_filled_from_above(row: str) -> None:
    table = TABLE + "| 1992 | Island Run | Di |\n" + row
    assert rows(table)[-1] == [("Year", "1992", True), ("Race", "Island Run", True), ("Winner", "Di", False)]


def test_a_filled_cell_points_at_the_row_where_its_text_stands() -> None:
    document, blocks = parsed("| Year | Who |\n| 1990 | Ann |\n| | Bob |\n| | Cy |\n")
    years = [block.cells[0] for block in blocks]
    assert document.text.index("1990") == 17
    assert [(cell.start, cell.end, cell.carried) for cell in years] == [
        (17, 21, False),
        (17, 21, True),
        (17, 21, True),
    ]
    assert [document.text[block.start : block.end] for block in blocks] == ["| 1990 | Ann |", "| | Bob |", "| | Cy |"]


def test_an_empty_cell_inside_or_at_the_end_stays_empty() -> None:
    assert rows(TABLE + "| 1992 | | Di |\n| 1993 | Island Run | |")[-2:] == [
        [("Year", "1992", False), ("Winner", "Di", False)],
        [("Year", "1993", False), ("Race", "Island Run", False)],
    ]


def test_a_column_that_is_empty_in_every_row_says_nothing_of_the_others() -> None:
    table = "| Year | Race | Result |\n| 1990 | Harbour Cup | |\n| 1991 | Island Run | |\n| Harbour Cup | | |\n"
    assert rows(table) == [
        [("Year", "1990", False), ("Race", "Harbour Cup", False)],
        [("Year", "1991", False), ("Race", "Island Run", False)],
        [("Year", "1991", True), ("Race", "Harbour Cup", False)],
    ]


def test_a_new_name_goes_under_a_column_of_names_not_of_numbers() -> None:
    table = "| Year | Race |\n| 1990 | Harbour Cup |\n| 1991 | Harbour Cup |\n| Lagoon Dash |\n"
    assert rows(table)[2] == [("Year", "1991", True), ("Race", "Lagoon Dash", False)]


def test_nothing_is_filled_into_the_first_row() -> None:
    assert rows("| Year | Race |\n| | Harbour Cup |\n| 1991 | Island Run |\n")[0] == [("Race", "Harbour Cup", False)]


def test_what_was_filled_once_goes_on_until_it_is_replaced() -> None:
    table = (
        TABLE + "| | Island Run | Di |\n| | Harbour Cup | Ed |\n| 1995 | Island Run | Flo |\n| | Harbour Cup | Gus |\n"
    )
    assert [row[0] for row in rows(table)[3:]] == [
        ("Year", "1991", True),
        ("Year", "1991", True),
        ("Year", "1995", False),
        ("Year", "1995", True),
    ]


def test_where_nothing_tells_the_columns_apart_a_short_row_begins_in_the_first() -> None:
    assert rows("| A | B |\n| x | y |\n| z |\n")[1] == [("A", "z", False)]


def test_more_cells_than_headers_have_no_header() -> None:
    assert rows("| Year |\n| 1990 | Ann |\n") == [[("Year", "1990", False), ("", "Ann", False)]]


def test_a_lone_row_is_its_own_content() -> None:
    assert rows("| 1990 | Ann |\n") == [[("", "1990", False), ("", "Ann", False)]]


def test_escaped_bars_stay_in_their_cell() -> None:
    table = "| Name | Price |\n|---|---|\n| White \\| cream | 27 |\n"
    for doc_id in ("a.txt", "a.md"):
        assert rows(table, doc_id) == [[("Name", "White \\| cream", False), ("Price", "27", False)]]


def test_markdown_tables_without_outer_bars_in_lists_and_in_quotes() -> None:
    expected = [[("A", "x", False), ("B", "y", False)]]
    assert rows("A | B\n--|--\nx | y\n", "a.md") == expected
    assert rows("- | A | B |\n  |---|---|\n  | x | y |\n", "a.md") == expected
    assert rows("> | A | B |\n> |---|---|\n> | x | y |\n", "a.md") == expected


def test_the_tables_of_the_small_corpus() -> None:
    assert rows(LIGHTHOUSE)[1] == [
        ("Year", "1874", True),
        ("Ship", "Bluebell", False),
        ("Cargo", "Coal", False),
        ("Lives lost", "7", False),
    ]
    assert rows(LIGHTHOUSE)[3][0] == ("Year", "1880", True)
    assert rows(LIGHTHOUSE)[4] == [("Year", "1896", False), ("Ship", "Eider", False), ("Lives lost", "2", False)]
    assert rows(PRICES, "a.md") == [
        [("Colour", "Red lead", False), ("Tin", "2 litres", False), ("Price", "31 crowns", False)],
        [("Colour", "Red lead", True), ("Tin", "5 litres", False), ("Price", "70 crowns", False)],
        [("Colour", "White \\| cream", False), ("Tin", "2 litres", False), ("Price", "27 crowns", False)],
    ]
