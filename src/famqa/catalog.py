"""Documents, blocks and passages in one SQLite file: written once, then only read."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from famqa.errors import DocumentError, IndexDamagedError, IndexError_
from famqa.records import Block, BlockKind, Cell, Document, Passage, Segment, block_of

_SCHEMA = """
CREATE TABLE documents (
  doc_id TEXT PRIMARY KEY, title TEXT NOT NULL, format TEXT NOT NULL, sha256 TEXT NOT NULL,
  source TEXT NOT NULL, date TEXT NOT NULL, text TEXT NOT NULL, blocks TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE passages (
  row INTEGER PRIMARY KEY, doc_id TEXT NOT NULL REFERENCES documents, ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, search_text TEXT NOT NULL,
  segments TEXT NOT NULL, sentences TEXT NOT NULL, headings TEXT NOT NULL, cells TEXT NOT NULL, page INTEGER
);
CREATE INDEX passages_of_document ON passages (doc_id, ordinal);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with all that was made of it."""

    document: Document
    blocks: tuple[Block, ...]
    passages: tuple[Passage, ...]


def write_catalog(path: Path, entries: Iterable[Entry]) -> int:
    """Writes the file and returns the number of passages; rows count from 0 in the order of the entries.

    Raises `IndexError_` where the disk is full or cannot be written to.
    """
    try:
        return _write(path, entries)
    except sqlite3.Error as error:
        raise IndexError_(f"{path} cannot be written ({error}); check the space on its disk") from None


def _write(path: Path, entries: Iterable[Entry]) -> int:
    row = 0
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # the file is built aside and synced as a whole
        connection.executescript(_SCHEMA)
        for entry in entries:
            document = entry.document
            blocks = _dump([astuple(block) for block in entry.blocks])
            fields = (document.doc_id, document.title, document.format, document.sha256)
            connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*fields, document.source, document.date, document.text, blocks),
            )
            for passage in entry.passages:
                connection.execute(
                    "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _row(row, passage)
                )
                row += 1
        connection.commit()
    finally:
        connection.close()
    return row


class _File:
    """A catalog file that is only read, from several threads; closed when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._damaged(error) from None

    def select(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from None

    def __del__(self) -> None:
        with suppress(AttributeError):  # it was never opened
            self._connection.close()

    def _damaged(self, error: sqlite3.Error) -> IndexDamagedError:
        return IndexDamagedError(f"{self.path} cannot be read ({error}); run famqa index --full")


class Catalog:
    """Reads one catalog file; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path)
        self._file.select("SELECT 1 FROM documents LIMIT 1")  # opens the file now, so that it may be removed later
        # The cache refers to the file and not to the catalog: a cycle would keep old generations in memory.
        self.document = lru_cache(maxsize=256)(partial(_document, self._file))

    def doc_ids(self) -> list[str]:
        """All document ids, sorted."""
        return [doc_id for (doc_id,) in self._file.select("SELECT doc_id FROM documents ORDER BY doc_id")]

    def contents(self) -> list[tuple[str, str, int]]:
        """(id, sha256 of the file's bytes, number of passages) of every document, sorted."""
        rows = self._file.select(
            "SELECT doc_id, sha256, (SELECT count(*) FROM passages p WHERE p.doc_id = d.doc_id) FROM documents d"
        )
        return sorted((doc_id, sha256, count) for doc_id, sha256, count in rows)

    def blocks(self, doc_id: str) -> tuple[Block, ...]:
        """The document's blocks in order; empty for an id that is not known."""
        found = self._file.select("SELECT blocks FROM documents WHERE doc_id = ?", (doc_id,))
        return tuple(block_of(fields) for (dumped,) in found for fields in json.loads(dumped))

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of the rows, in the order asked for. Raises `IndexDamagedError` if one is not there."""
        marks = ",".join("?" * len(rows))
        found = self._file.select(f"SELECT * FROM passages WHERE row IN ({marks})", tuple(rows))  # noqa: S608
        by_row = {fields[0]: fields for fields in found}
        if len(by_row) != len(set(rows)):
            raise IndexDamagedError(f"{self._file.path} lacks passages that the index names; run famqa index --full")
        return [self._passage(by_row[row]) for row in rows]

    def entry(self, doc_id: str) -> Entry:
        """The document with its blocks and passages."""
        found = self._file.select("SELECT * FROM passages WHERE doc_id = ? ORDER BY ordinal", (doc_id,))
        return Entry(self.document(doc_id), self.blocks(doc_id), tuple(self._passage(fields) for fields in found))

    def run(self, row: int) -> list[tuple[int, Passage]]:
        """Row numbers and passages of the same kind and section that stand around this one without a gap, in order."""
        statement = (
            "SELECT p.* FROM passages p, passages m WHERE m.row = ? AND p.doc_id = m.doc_id AND p.kind = m.kind "
            "AND p.headings = m.headings ORDER BY p.row"
        )
        found = {fields[0]: fields for fields in self._file.select(statement, (row,))}
        first = last = row  # the rows of a document follow one another
        while first - 1 in found:
            first -= 1
        while last + 1 in found:
            last += 1
        return [(n, self._passage(found[n])) for n in range(first, last + 1) if n in found]

    def rows(self, doc_ids: Iterable[str]) -> list[int]:
        """The rows of all passages of the documents, sorted."""
        wanted = json.dumps(sorted(doc_ids))
        statement = "SELECT row FROM passages WHERE doc_id IN (SELECT value FROM json_each(?)) ORDER BY row"
        return [row for (row,) in self._file.select(statement, (wanted,))]

    def search_texts(self) -> list[str]:
        """The search text of every passage, in the order of the rows."""
        return [text for (text,) in self._file.select("SELECT search_text FROM passages ORDER BY row")]

    def problems(self) -> Iterator[str]:
        """What does not slice from its document, a line each; nothing if all is whole."""
        for doc_id in self.doc_ids():
            entry = self.entry(doc_id)
            for ordinal, passage in enumerate(entry.passages):
                if passage.ordinal != ordinal:
                    yield f"{doc_id}: passage {ordinal} is missing"
                for what in _unsliced(entry.document.text, passage):
                    yield f"{doc_id}, passage {passage.ordinal}: {what} does not slice from the document"

    def _passage(self, fields: tuple[Any, ...]) -> Passage:
        _, doc_id, ordinal, kind, start, end, search_text, segments, sentences, headings, cells, page = fields
        return Passage(
            doc_id=doc_id,
            ordinal=ordinal,
            kind=BlockKind(kind),
            start=start,
            end=end,
            text=self.document(doc_id).text[start:end],
            search_text=search_text,
            segments=tuple(Segment(*segment) for segment in json.loads(segments)),
            sentences=tuple((left, right) for left, right in json.loads(sentences)),
            headings=tuple(json.loads(headings)),
            cells=tuple(Cell(*cell) for cell in json.loads(cells)),
            page=page,
        )


def _document(file: _File, doc_id: str) -> Document:
    """The document; raises `DocumentError` if there is none of that id."""
    statement = "SELECT title, text, format, sha256, source, date FROM documents WHERE doc_id = ?"
    found = file.select(statement, (doc_id,))
    if not found:
        raise DocumentError(f"there is no document '{doc_id}' in the index; famqa status lists what there is")
    return Document(doc_id, *found[0])


def _unsliced(text: str, passage: Passage) -> Iterator[str]:
    """The pieces of a passage that are not where they claim to be in the document's text."""
    if not 0 <= passage.start < passage.end <= len(text):
        yield f"the range {passage.start}-{passage.end}"
    for segment in passage.segments:
        searched = passage.search_text[segment.search_start : segment.search_start + segment.length]
        if searched != text[segment.start : segment.start + segment.length]:
            yield f"search text at {segment.search_start}"
    for start, end in [*passage.sentences, *((cell.start, cell.end) for cell in passage.cells)]:
        if not 0 <= start <= end <= len(text):
            yield f"range {start}-{end}"


def _row(row: int, passage: Passage) -> tuple[Any, ...]:
    return (
        *(row, passage.doc_id, passage.ordinal, passage.kind.value, passage.start, passage.end, passage.search_text),
        _dump([astuple(segment) for segment in passage.segments]),
        _dump(passage.sentences),
        _dump(passage.headings),
        _dump([astuple(cell) for cell in passage.cells]),
        passage.page,
    )


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
