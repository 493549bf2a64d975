"""Questions over all rows of a table: worked out by hand on two small tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import parsed
from famqa.answering import compose
from famqa.catalog import Catalog, Entry, write_catalog
from famqa.passages import Limits, cut
from famqa.records import BlockKind, Candidate, Reading, Span
from famqa.tabulating import is_over_rows, is_read_elsewhere, tabulate

TEXT = """# Boat yard

## Boats

| Boat | Kind | Length | Launched | Price |
|------|------|--------|----------|-------|
| Aurora | cutter | 12 m | 3 May 1987 | 1,200 |
| Bluebell | dinghy | 4 m | June 12, 2001 | 90 |
| Comet | cutter | 9.5 m | 1999 | 800 |
| Dorothea | barge | 31 m | 1987-05-02 | 1,200 |

## Weights

| Boat | Weight |
|------|--------|
| Aurora | 9 t |
| Bluebell | 300 kg |
"""


@dataclass
class Yard:
    catalog: Catalog
    text: str
    candidates: list[Candidate]

    def ask(self, question: str) -> tuple[list[str], str]:
        """The answering cells and the note; ([], "") where nothing is answered."""
        found = tabulate(question, self.candidates, self.catalog)
        if found is None:
            return [], ""
        for span in found.spans:
            ((start, end),) = span.quotes
            assert start <= span.start < span.end <= end
        return [self.text[span.start : span.end] for span in found.spans], found.note


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> Yard:
    document, blocks = parsed(TEXT, "yard.md")
    passages = tuple(cut(document, blocks, limits))
    path: Path = tmp_path_factory.mktemp("tables") / "catalog.sqlite"
    write_catalog(path, [Entry(document, blocks, passages)])
    rows = [Candidate(n, p, 0.0, 0.0, 0.0) for n, p in enumerate(passages) if p.kind is BlockKind.TABLE_ROW]
    return Yard(Catalog(path), document.text, rows)


@pytest.mark.parametrize(
    ("question", "cells", "compared"),
    [
        ("Which boat is the longest?", ["Dorothea"], "4 rows of the table by “Length”"),
        ("Which boat has the smallest length?", ["Bluebell"], "4 rows of the table by “Length”"),
        ("Which cutter is the cheapest?", ["Comet"], "2 rows of the table by “Price”"),
        ("What is the lowest price of a boat?", ["90"], "4 rows of the table by “Price”"),
        ("Which boat was launched first?", ["Dorothea"], "4 rows of the table by “Launched”"),  # a day before Aurora
        ("Which is the newest boat?", ["Bluebell"], "4 rows of the table by “Launched”"),
        ("Which boats are the most expensive?", ["Aurora", "Dorothea"], "4 rows of the table by “Price”"),  # a tie
        ("What kind is the longest boat?", ["barge"], "4 rows of the table by “Length”"),
    ],
)
def test_the_most_and_the_least(yard: Yard, question: str, cells: list[str], compared: str) -> None:
    assert yard.ask(question) == (cells, f"Compared over {compared}.")


@pytest.mark.parametrize(
    ("question", "cells", "rows"),
    [
        ("How many cutters are there?", ["Aurora", "Comet"], "2 rows"),
        ("How many boats are there?", ["Aurora", "Bluebell", "Comet", "Dorothea"], "4 rows"),
        ("How many boats are barges?", ["Dorothea"], "1 row"),
    ],
)
def test_counting_names_the_rows(yard: Yard, question: str, cells: list[str], rows: str) -> None:
    assert yard.ask(question) == (cells, f"Counted: {rows} of the table.")


@pytest.mark.parametrize(
    ("words", "confidence", "expected"),
    [
        ("1,200", 0.9, False),  # a cell of the rows that were counted is not their number
        ("Boat yard", 0.9, True),
        ("Boat yard", 0.4, False),
    ],
)
def test_a_number_read_elsewhere_goes_first(yard: Yard, words: str, confidence: float, expected: bool) -> None:
    table = tabulate("How many cutters are there?", yard.candidates, yard.catalog)
    assert table is not None
    start = yard.text.index(words)
    passage = replace(yard.candidates[0].passage, start=start, end=start + len(words))
    span = Span(passage, start, start + len(words), confidence, ((start, start + len(words)),))
    answer = compose("Q?", Reading((span,), 0.1), [], yard.catalog, threshold=0.1, max_citations=1, index="gen")
    assert is_read_elsewhere(answer, table) is expected


@pytest.mark.parametrize(
    "question",
    [
        "Which boat is the heaviest?",  # tonnes and kilograms are not compared
        "Which green boat is the longest?",  # "green" stands in no row
        "Which boat is the loudest?",  # no column measures that
        "Which boat was launched in 1999?",  # nothing is compared
        "How many sailors has the Aurora?",  # no word for it in the table
        "How many yards are there?",  # what the document is on, not what the rows are
        "Which cutter with the highest mast is the longest?",  # two things at once
    ],
)
def test_nothing_is_said_where_a_word_does_not_fit(yard: Yard, question: str) -> None:
    assert yard.ask(question) == ([], "")


def test_the_quote_holds_all_rows_compared(yard: Yard) -> None:
    found = tabulate("Which boat is the longest?", yard.candidates, yard.catalog)
    assert found is not None
    ((start, end),) = found.spans[0].quotes
    assert yard.text[start:end].splitlines()[0].startswith("| Aurora")
    assert yard.text[start:end].splitlines()[-1].startswith("| Dorothea")


@pytest.mark.parametrize("question", ["Who made the Comet?", "When was the last boat sold?", "most", "?"])
def test_other_questions_are_left_to_the_reader(question: str) -> None:
    assert is_over_rows(question) == (question == "most")


def test_a_noun_that_only_the_text_above_the_table_has(tmp_path: Path, limits: Limits) -> None:
    text = "# Farm\n\n## Pears\n\nPears are sold out.\n\n## Prices\n\nWe sell apples by the crate.\n\n"
    text += "| Sort | Price |\n|---|---|\n| Gala | 14 |\n| Elstar | 12 |\n"
    document, blocks = parsed(text, "prices.md")
    passages = tuple(cut(document, blocks, limits))
    write_catalog(tmp_path / "catalog.sqlite", [Entry(document, blocks, passages)])
    rows = [Candidate(n, p, 0.0, 0.0, 0.0) for n, p in enumerate(passages) if p.kind is BlockKind.TABLE_ROW]
    prices = Yard(Catalog(tmp_path / "catalog.sqlite"), document.text, rows)
    assert prices.ask("Which apple costs the least?") == (["Elstar"], "Compared over 2 rows of the table by “Price”.")
    assert prices.ask("Which pear costs the least?") == ([], "")  # pears are above another heading
    assert prices.ask("Which sort of crate costs the least?") == ([], "")


def test_a_numbered_first_column_is_not_what_is_compared(tmp_path: Path, limits: Limits) -> None:
    text = (
        "# Plots\n\n| Plot | Holder | Rent |\n|---|---|---|\n| 1 | Reed | 40 |\n| 2 | Voss | 55 |\n| 3 | Ash | 35 |\n"
    )
    document, blocks = parsed(text, "plots.md")
    passages = tuple(cut(document, blocks, limits))
    write_catalog(tmp_path / "catalog.sqlite", [Entry(document, blocks, passages)])
    rows = [Candidate(n, passage, 0.0, 0.0, 0.0) for n, passage in enumerate(passages)]
    plots = Yard(Catalog(tmp_path / "catalog.sqlite"), document.text, rows)
    assert plots.ask("Which plot has the lowest rent?") == (["3"], "Compared over 3 rows of the table by “Rent”.")
