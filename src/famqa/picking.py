"""Questions for all rows of a table that have one cell in common: "Which gauges work by radar?".

A reader sees one row at a time, and likes best what the row says of itself. Here a cell of which every word stands in
the question, side by side, picks its rows, and what they are called is the answer, each with its row as the quote.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from famqa.asking import asks_for_several
from famqa.catalog import Catalog
from famqa.records import Candidate, Cell, Passage, Span
from famqa.tabulating import CONFIDENCE, EMPTY_VERBS, Tabulated, tables_among, words_of
from famqa.terms import content_terms, stem, terms

_SURE_BY_READER = 0.6  # confidence where it is the reader alone that finds the table to be of what is asked for
_VERBS = EMPTY_VERBS | {  # which say no more of the rows than the cell does
    stem(verb)
    for verb in "work run go come set start begin leave belong stand lie operate count rate grade class mark".split()
}
_FEWEST_ROWS = 2  # that one cell picks; of one the reader knows as much
_TURNS = frozenset(
    "not no never nor neither except besides without only other others more less fewer than most least before after "
    "between or both also".split()
)
_NUMERIC = re.compile(r"[\W\d]*\d[\W\d]*")
_NOUN = re.compile(r"\b(?:which|what)(?: (?:of the|other|all))? (?P<noun>(?:\w+ )?\w+)", re.IGNORECASE)


def pick(question: str, candidates: Sequence[Candidate], refused: Span | None, catalog: Catalog) -> Tabulated | None:
    """The rows that one cell picks, of the first table found where every word of the question fits; else None.

    What is asked for has to be what the table is of, by its heading, its columns or its cells, or else the span that
    the reader found likeliest, though not likely enough to answer (`refused`), lies in one of the rows.
    """
    words = words_of(question)
    noun = _NOUN.search(question)
    if noun is None or not asks_for_several(question) or _TURNS & set(words):
        return None
    asked = set(content_terms(noun["noun"]))
    tables = tables_among(candidates, catalog)
    return next((found for rows, text in tables if (found := _picked(words, asked, rows, text, refused))), None)


def _picked(
    words: Sequence[str], noun: set[str], rows: Sequence[Passage], text: str, refused: Span | None
) -> Tabulated | None:
    said: dict[str, list[str]] = {}  # by the column: the longest cell that the question says
    for cell in (cell for row in rows for cell in row.cells):
        value = _said(cell, text, words)
        if len(value) > len(said.get(cell.header, [])):
            said[cell.header] = value
    picked = [row for row in rows if said and all(_has(row, header, value, text) for header, value in said.items())]
    if not (1 if len(said) > 1 else _FEWEST_ROWS) <= len(picked) < len(rows):
        return None
    about = set(terms(rows[0].search_text.split(":\n")[0])) | {t for c in rows[0].cells for t in terms(c.header)}
    left = set(content_terms(" ".join(words))) - about - noun - _VERBS
    left -= {term for value in said.values() for term in terms(" ".join(value))}
    is_of_it = noun & (about | {t for row in picked for cell in row.cells for t in terms(_text(cell, text))})
    if left or not (is_of_it or (refused is not None and refused.passage in picked)):
        return None
    names = [_name(row, said, noun, text) for row in picked]
    confidence = CONFIDENCE if is_of_it else _SURE_BY_READER
    spans = [
        Span(row, name.start, name.end, confidence, ((min(row.start, name.start), row.end),))
        for row, name in zip(picked, names, strict=True)
        if name
    ]
    by = " and ".join(f"“{' '.join(value)}” under “{header}”" for header, value in said.items())
    return (
        Tabulated(tuple(spans), f"All {len(picked)} rows of the table with {by}.")
        if len(spans) == len(picked)
        else None
    )


def _has(row: Passage, header: str, value: list[str], text: str) -> bool:
    return any(cell.header == header and words_of(_text(cell, text)) == value for cell in row.cells)


def _said(cell: Cell, text: str, words: Sequence[str]) -> list[str]:
    """The cell's words where they stand side by side in the question; of a number only if its header does too."""
    value = words_of(_text(cell, text))
    count = len(value)
    is_said = any(words[n : n + count] == value for n in range(len(words) - count + 1)) and bool(
        content_terms(" ".join(value))
    )
    is_number = _NUMERIC.fullmatch(_text(cell, text)) is not None
    return value if is_said and (not is_number or set(terms(cell.header)) & set(terms(" ".join(words)))) else []


def _name(row: Passage, picked_by: Container[str], noun: set[str], text: str) -> Cell | None:
    """The cell that the noun asked for names, else the first that is neither a number nor what picked the row."""
    others = [cell for cell in row.cells if cell.header not in picked_by and cell.start < cell.end]
    named = [cell for cell in others if set(terms(cell.header)) & noun]
    told = [cell for cell in others if not _NUMERIC.fullmatch(_text(cell, text))]
    return next(iter([*named, *told, *others]), None)


def _text(cell: Cell, text: str) -> str:
    return text[cell.start : cell.end]
