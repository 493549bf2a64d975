"""Documents and passages in SQLite: what goes in comes out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from famqa.catalog import Catalog, Entry, write_catalog
from famqa.errors import DocumentError, IndexDamagedError
from famqa.records import Block, BlockKind, Cell, Document, Passage, Segment

TEXT = "Kites é 👩‍🚀\n| 1990 | Ann |\n| | Bob |\n"  # the astronaut is three code points, so the first row begins at 12
ROW_BOB = (27, 36)
YEAR = (14, 18)


def entry(doc_id: str) -> Entry:
    document = Document(doc_id, "Kites", TEXT, "text", "0" * 64, source="A 'quoted' book", date="1990-02")
    cells = (Cell("Year", *YEAR, carried=True), Cell("Who", 31, 34))
    blocks = (
        Block(BlockKind.HEADING, 0, 11, level=1, markup=((0, 1), (4, 5))),
        Block(BlockKind.LIST_ITEM, 0, 5, ("A", "B"), level=2, lead_in=(0, 3), page=7),
        Block(BlockKind.TABLE_ROW, *ROW_BOB, ("A",), cells=cells),
    )
    passages = (
        Passage(doc_id, 0, BlockKind.PARAGRAPH, 0, 5, "Kites", "T:\nKites", (Segment(3, 0, 5),), ((0, 5),), ("A", "B")),
        Passage(
            doc_id,
            1,
            BlockKind.TABLE_ROW,
            *ROW_BOB,
            TEXT[slice(*ROW_BOB)],
            "Year: 1990; Who: Bob",
            (Segment(6, 14, 4), Segment(17, 31, 3)),
            (ROW_BOB,),
            ("A",),
            cells,
            page=7,
        ),
    )
    return Entry(document, blocks, passages)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    path = tmp_path / "catalog.sqlite"
    assert write_catalog(path, [entry("a.txt"), entry("sub/b.txt")]) == 4
    return Catalog(path)


def test_the_offsets_of_this_file_are_right() -> None:
    assert TEXT[slice(*YEAR)] == "1990"
    assert TEXT[slice(*ROW_BOB)] == "| | Bob |"
    assert TEXT[31:34] == "Bob"


def test_entries_come_out_as_they_went_in(catalog: Catalog) -> None:
    assert catalog.doc_ids() == ["a.txt", "sub/b.txt"]
    assert catalog.entry("a.txt") == entry("a.txt")
    assert catalog.entry("sub/b.txt") == entry("sub/b.txt")


def test_passages_by_row_in_the_order_asked_for(catalog: Catalog) -> None:
    a, b = entry("a.txt").passages, entry("sub/b.txt").passages
    assert catalog.passages([3, 0, 2]) == [b[1], a[0], b[0]]
    assert catalog.search_texts() == ["T:\nKites", "Year: 1990; Who: Bob"] * 2


def test_a_document_that_is_not_there(catalog: Catalog) -> None:
    with pytest.raises(DocumentError, match=r"no document 'c\.txt'"):
        catalog.document("c.txt")
    assert catalog.blocks("c.txt") == ()


def test_a_row_that_is_not_there_is_damage(catalog: Catalog) -> None:
    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite"):
        catalog.passages([0, 4])


def test_a_file_that_is_no_catalog_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(b"no database at all, but long enough to have a header" * 10)
    with pytest.raises(IndexDamagedError, match=r"catalog\.sqlite"):
        Catalog(path).doc_ids()


def test_threads_may_read_at_the_same_time(catalog: Catalog) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: catalog.passages([row % 4])[0], range(200)))
    expected = [*entry("a.txt").passages, *entry("sub/b.txt").passages]
    assert found == [expected[row % 4] for row in range(200)]
