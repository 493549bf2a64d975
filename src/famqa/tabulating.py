"""Questions over all rows of one table: the most and the least of a column, the first and the last, how many rows.

A reader sees one row at a time and cannot compare. Here the rows are compared by rule, and only where every word of
the question is accounted for: by the measured column's header, by the column asked for, by the table's headings, or by
a cell that picks out rows. The whole stretch of rows is the quote, so that the comparison can be checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from famqa.catalog import Catalog
from famqa.records import Answer, BlockKind, Candidate, Cell, Passage, Span
from famqa.terms import content_terms, fold, stem, terms

_MOST = {"most", "highest", "largest", "biggest", "greatest", "maximum", "longest", "latest", "newest", "dearest"}
_MOST |= {"tallest", "heaviest", "deepest", "widest", "fastest"}
_LEAST = {"least", "fewest", "lowest", "smallest", "minimum", "shortest", "earliest", "oldest", "cheapest"}
_LEAST |= {"lightest", "narrowest", "slowest"}
_IN_TIME = {"latest", "newest", "recent", "recently", "earliest", "oldest", "first", "last"}
_ENDS = {"first": False, "last": True}  # where they end the question: "Which was released first?"
_MEASURES = {  # headers that an adjective or "costs" measures without naming them
    **dict.fromkeys(
        ("expensive", "dearest", "cheapest", "costly", "cost", "costs"), ("price", "cost", "fee", "rate", "amount")
    ),
    **dict.fromkeys(("longest", "shortest"), ("length", "duration", "time", "runtime", "minutes", "period")),
    **dict.fromkeys(("tallest", "highest"), ("height",)),
    **dict.fromkeys(("heaviest", "lightest"), ("weight",)),
    **dict.fromkeys(("largest", "biggest", "smallest"), ("size", "area")),
    **dict.fromkeys(("deepest",), ("depth",)),
    **dict.fromkeys(("widest", "narrowest"), ("width",)),
}
EMPTY_VERBS = frozenset(stem(verb) for verb in ("have", "use", "cost", "contain", "include", "list", "take", "get"))
_LEAD = 500  # characters of its section before a table, where it may stand what its rows are
_MOST_ROWS = 100  # of a table that is looked at
_FEWEST_ROWS = 2
_SURE = 0.5  # confidence from which on a number that was read is not counted again
CONFIDENCE = 0.9  # every word is accounted for, but the words may have been meant in another way

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_YEAR = r"(?P<year>1\d{3}|20\d{2})"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}-(?P<month>\d\d)(?:-(?P<day>\d\d))?",
        rf"(?:(?P<day>\d{{1,2}})\.? )?(?P<name>[a-z]{{3,9}})\.? {_YEAR}",
        rf"(?P<name>[a-z]{{3,9}})\.? (?P<day>\d{{1,2}}),? {_YEAR}",
        _YEAR,
    )
)


@dataclass(frozen=True, slots=True)
class Tabulated:
    """Cells that answer, best first, with the whole stretch of rows as their quote, and a line on what was compared."""

    spans: tuple[Span, ...]
    note: str
    is_count: bool = False  # a cell may hold the number itself, so what a reader finds goes first


def is_over_rows(question: str) -> bool:
    """Whether a question may be one over all rows of a table."""
    words = words_of(question)
    return _counts(words) or _direction(words) is not None


def tabulate(question: str, candidates: Sequence[Candidate], catalog: Catalog) -> Tabulated | None:
    """The cells that answer a question `is_over_rows` of a table that search found; None where not every word fits."""
    if not is_over_rows(question):
        return None
    words = words_of(question)
    counts = _counts(words)
    for rows, text in tables_among(candidates, catalog):
        table = _Table(rows, text)
        if len(rows) >= _FEWEST_ROWS and table.is_regular():
            found = table.counted(words) if counts else table.extreme(words, _direction(words) is True)
            if found is not None:
                return found
    return None


def tables_among(candidates: Sequence[Candidate], catalog: Catalog) -> Iterator[tuple[list[Passage], str]]:
    """The rows of each table of which a candidate is a row, with its document's text; long tables are left out."""
    seen: set[int] = set()
    for candidate in candidates:
        if candidate.passage.kind is not BlockKind.TABLE_ROW or candidate.row in seen:
            continue
        run = catalog.run(candidate.row)
        seen |= {row for row, _ in run}
        if len(run) <= _MOST_ROWS:
            yield [passage for _, passage in run], catalog.document(candidate.passage.doc_id).text


def words_of(text: str) -> list[str]:
    """Its words as they are compared: without case and marks."""
    return [fold(word) for word in re.findall(r"[^\W_]+", text)]


def _asked_noun(words: Sequence[str]) -> list[str]:
    """Terms of the word behind "which", "what" or "whose"; empty where there is none of them."""
    after = next((n for n, word in enumerate(words) if word in ("which", "what", "whose")), len(words))
    return content_terms(" ".join(words[after + 1 : after + 2]))


def _counts(words: Sequence[str]) -> bool:
    return list(words[:2]) == ["how", "many"]


def _direction(words: Sequence[str]) -> bool | None:
    """True for the most or last, False for the least or first, None where nothing is compared."""
    if words and words[-1] in _ENDS and "which" in words:
        return _ENDS[words[-1]]
    compared = [word for word in words if word in _MOST | _LEAST]
    return compared[0] in _MOST if len(compared) == 1 else None


def is_read_elsewhere(answer: Answer, table: Tabulated) -> bool:
    """Whether the answer was read with confidence, and not from a cell of the very rows that were counted."""
    if not answer.spans or answer.confidence < _SURE:
        return False
    read = answer.spans[0]
    doc_id = answer.citations[read.citation - 1].doc_id
    quotes = [quote for span in table.spans if span.passage.doc_id == doc_id for quote in span.quotes]
    return not any(start <= read.start and read.end <= end for start, end in quotes)


class _Table:
    def __init__(self, rows: Sequence[Passage], text: str) -> None:
        self.rows = rows
        self.text = text
        self.headers = [cell.header for cell in rows[0].cells] if rows else []
        self.context = set(terms(rows[0].search_text.split(":\n")[0])) if rows else set()
        self.lead = set(terms(_lead(rows[0], text))) if rows else set()

    def is_regular(self) -> bool:
        """Whether all rows have the same named columns."""
        named = len(self.headers) > 1 and all(self.headers) and len(set(self.headers)) == len(self.headers)
        return named and all([cell.header for cell in row.cells] == self.headers for row in self.rows)

    def extreme(self, words: Sequence[str], is_most: bool) -> Tabulated | None:
        compared = {w for w in words if w in _MOST | _LEAST | _IN_TIME}
        asked = set(content_terms(" ".join(w for w in words if w not in compared)))
        measured = self._measured(words, asked)
        if measured is None:
            return None
        wanted = self._wanted(words, measured)
        rest = asked - set(terms(self.headers[measured])) - self._adjectives(words) - self._said(wanted)
        rest -= set(_asked_noun(words)) & self.lead  # "which apple", of a table of sorts below a text on apples
        rows = self._picked(rest)
        values = [self._value(row, measured, is_most) for row in rows]
        known = [value for value in values if value is not None]
        if len(rows) < _FEWEST_ROWS or len(known) < len(values) or not self._alike(rows, measured):
            return None
        best = max(known) if is_most else min(known)
        winners = [row for row, value in zip(rows, values, strict=True) if value == best]
        if len(winners) == len(rows):
            return None
        note = f"Compared over {len(rows)} rows of the table by “{self.headers[measured]}”."
        return self._shown(winners, rows, wanted, note)

    def counted(self, words: Sequence[str]) -> Tabulated | None:
        asked = set(content_terms(" ".join(words[2:])))
        noun = set(content_terms(" ".join(words[2:4])))
        named = [n for n, header in enumerate(self.headers) if set(content_terms(header)) & noun]
        wanted = named[0] if named else 0
        if named and self._is_measure(wanted):
            return None  # "How many episodes has it": a cell holds the number
        rows = self._picked(asked - self._said(wanted) - {t for header in self.headers for t in terms(header)})
        # All rows are counted only as what the table itself is of: a title names the subject of the whole document.
        named_by = set(terms(" ".join([self.headers[wanted], *self.rows[0].headings[-1:]])))
        if not rows or (len(rows) == len(self.rows) and not asked & named_by):
            return None
        note = f"Counted: {len(rows)} row{'s' if len(rows) > 1 else ''} of the table."
        found = self._shown(rows, rows, wanted, note)
        return found and replace(found, is_count=True)

    def _measured(self, words: Sequence[str], asked: set[str]) -> int | None:
        """The column by which rows are compared: the only one of numbers or dates that the question speaks of."""
        hints = {stem(hint) for word in words for hint in _MEASURES.get(word, ())}
        fitting = [n for n in range(len(self.headers)) if self._is_measure(n)]
        named = [n for n in fitting if set(terms(self.headers[n])) & asked]
        if len(named) > 1:  # "Which plot has the lowest rent?" of plots that are numbered
            noun = set(_asked_noun(words))
            named = [n for n in named if not set(terms(self.headers[n])) & noun]
        hinted = [n for n in fitting if set(terms(self.headers[n])) & hints]
        dated = [n for n in fitting if self._is_dated(n)] if set(words) & _IN_TIME else []
        for found in (dated, named, hinted):
            if len(found) == 1:
                return found[0]
        return None

    def _wanted(self, words: Sequence[str], measured: int) -> int:
        """The column that the answer is taken from: the one that the noun asked for names, else the row's name.

        The noun stands behind "which" or "what", or behind the superlative: "What is the highest price?"
        """
        after = next((n for n, word in enumerate(words) if word in ("which", "what", "whose")), 0)
        noun = content_terms(" ".join(words[after + 1 : after + 3]))
        if not noun or words[after + 1] in ("is", "was", "are", "were"):
            behind = max(n for n, word in enumerate(words) if word in _MOST | _LEAST | _IN_TIME)
            noun = content_terms(" ".join(words[behind + 1 : behind + 3]))
        named = [n for n, header in enumerate(self.headers) if set(terms(header)) & set(noun)]
        return named[0] if named else next(n for n in range(len(self.headers)) if n != measured)

    def _said(self, column: int) -> set[str]:
        """Terms that name the table or the column asked for, and verbs that say nothing."""
        return set(terms(self.headers[column])) | self.context | EMPTY_VERBS

    def _adjectives(self, words: Sequence[str]) -> set[str]:
        return {stem(word) for word in words if word in _MEASURES}

    def _picked(self, rest: set[str]) -> list[Passage]:
        """The rows that hold all of the terms; none where a term is in no row."""
        return [row for row in self.rows if rest <= {t for cell in row.cells for t in terms(self._cell(cell))}]

    def _cell(self, cell: Cell) -> str:
        return self.text[cell.start : cell.end]

    def _is_measure(self, column: int) -> bool:
        return all(self._value(row, column, True) is not None for row in self.rows)

    def _value(self, row: Passage, column: int, is_most: bool) -> float | None:
        """The cell's date or number; of several numbers, as in a range, the one at the end that is compared."""
        cell = self._cell(row.cells[column])
        if self._is_dated(column):
            return _date(cell)
        numbers = [float(number.replace(",", "")) for number in _NUMBER.findall(cell)]
        return (max(numbers) if is_most else min(numbers)) if numbers else None

    def _is_dated(self, column: int) -> bool:
        return all(_date(self._cell(row.cells[column])) is not None for row in self.rows)

    def _alike(self, rows: Sequence[Passage], column: int) -> bool:
        """Whether the cells have the same unit, so that their numbers can be compared."""
        if self._is_dated(column):
            return True
        units = {re.sub(r"[\W\d_]+", " ", fold(self._cell(row.cells[column]))).strip().rstrip("s") for row in rows}
        return len(units) == 1

    def _shown(self, answers: Sequence[Passage], rows: Sequence[Passage], wanted: int, note: str) -> Tabulated | None:
        quote = (min(row.start for row in rows), max(row.end for row in rows))
        spans = []
        for row in answers:
            cell = row.cells[wanted]
            if cell.start == cell.end:
                return None
            quote = (min(quote[0], cell.start), max(quote[1], cell.end))
            spans.append((row, cell))
        return Tabulated(tuple(Span(row, cell.start, cell.end, CONFIDENCE, (quote,)) for row, cell in spans), note)


def _lead(row: Passage, text: str) -> str:
    """What stands above the table in its own section: its heading, and the text below that."""
    heading = text.rfind(row.headings[-1], 0, row.start) if row.headings else 0
    return text[max(0, heading, row.start - _LEAD) : row.start]


def _date(text: str) -> float | None:
    """The day as a number that grows with time; None where the text has no date, or more words than one."""
    bare = text.strip().strip("().")
    for pattern in _DATES:
        if match := pattern.fullmatch(bare):
            parts = match.groupdict()
            name = (parts.get("name") or "")[:3].casefold()
            if name and name not in _MONTHS:
                return None
            month = _MONTHS.index(name) + 1 if name else int(parts.get("month") or 0)
            return int(parts["year"]) * 372 + month * 31 + int(parts.get("day") or 0)
    return None
