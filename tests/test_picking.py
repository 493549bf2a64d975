"""`famqa.picking`: the rows that a cell picks; worked out by hand on one small table."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import parsed
from famqa.catalog import Catalog, Entry, write_catalog
from famqa.passages import Limits, cut
from famqa.picking import pick
from famqa.records import BlockKind, Candidate, Passage, Span
from famqa.tabulating import Tabulated

TEXT = """# Yard

## Boats

| No | Boat | Rig | Berth | Built by |
|----|------|-----|-------|----------|
| 1 | Aurora | gaff cutter | East Pier | Hobb & Daughter |
| 2 | Bluebell | lug | East Pier | Ann Vane |
| 3 | Comet | gaff cutter | West Pier | Hobb & Daughter |
| 4 | Dorothea | cutter | West Pier | Ann Vane |
"""
DOCUMENT, BLOCKS = parsed(TEXT, "yard.md")


class Yard:
    def __init__(self, folder: Path, limits: Limits) -> None:
        passages = tuple(cut(DOCUMENT, BLOCKS, limits))
        write_catalog(folder / "catalog.sqlite", [Entry(DOCUMENT, BLOCKS, passages)])
        self.catalog = Catalog(folder / "catalog.sqlite")
        self.rows: list[Passage] = [p for p in passages if p.kind is BlockKind.TABLE_ROW]
        self.found = [Candidate(n, p, 0.0, 0.0, 0.0) for n, p in enumerate(passages) if p.kind is BlockKind.TABLE_ROW]

    def ask(self, question: str, refused: Span | None = None) -> Tabulated | None:
        return pick(question, self.found[:1], refused, self.catalog)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> Yard:
    return Yard(tmp_path_factory.mktemp("picking"), limits)


def names(found: Tabulated | None) -> list[str]:
    return [DOCUMENT.text[span.start : span.end] for span in found.spans] if found else []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which boats have a lug and lie at the East Pier?", ["Bluebell"]),
        ("Which boats lie at East Pier?", ["Aurora", "Bluebell"]),
        ("Which boats are gaff cutters?", []),  # "cutters" is not the cell's word
        ("Which boats are rigged as gaff cutter?", ["Aurora", "Comet"]),  # not the Dorothea, a cutter
        ("Which boats were built by Hobb & Daughter?", ["Aurora", "Comet"]),
        ("Which rigs are there at the West Pier?", ["gaff cutter", "cutter"]),
        ("Which boats were sold by Ann Vane?", []),  # of selling the table says nothing
        ("Which boats do not lie at East Pier?", []),
        ("Which boats besides the Aurora lie at East Pier?", []),
        ("Which boat is at East Pier?", []),  # one is asked for
        ("Which keepers work at East Pier?", []),  # the table is not of keepers
        ("Which boats lie at North Pier?", []),
        ("Which boats have the number 2?", []),  # its header is "No"
    ],
)
def test_rows_with_a_cell_in_common(yard: Yard, question: str, expected: list[str]) -> None:
    assert names(yard.ask(question)) == expected


def test_each_row_is_a_quote_of_its_own(yard: Yard) -> None:
    found = yard.ask("Which boats lie at East Pier?")
    assert found is not None
    assert found.note == "All 2 rows of the table with “east pier” under “Berth”."
    assert [span.quotes for span in found.spans] == [((row.start, row.end),) for row in yard.rows[:2]]


def test_the_reader_may_know_that_the_table_is_of_what_is_asked_for(yard: Yard) -> None:
    row = yard.rows[0]
    span = Span(row, row.start, row.end, 0.1, ((row.start, row.end),))
    found = yard.ask("Which ships lie at East Pier?", refused=span)
    assert names(found) == ["Aurora", "Bluebell"] and found is not None
    assert found.spans[0].probability < 0.9
    assert yard.ask("Which ships lie at East Pier?") is None
    elsewhere = Span(yard.rows[2], yard.rows[2].start, yard.rows[2].end, 0.1, ())
    assert yard.ask("Which ships lie at East Pier?", refused=elsewhere) is None
