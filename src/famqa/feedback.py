"""What visitors think of answers: right, wrong, and where the right one stands, in `<index>/feedback.sqlite3`.

    answer + verdict (+ a selected place) -> record() -> rows() -> evaluation.feedback_questions: a question file

Of a visitor nothing is kept. A row's key is a digest of the visitor's token, the question and the answer: enough to
let a second thought replace the first, not enough to tell who gave two verdicts.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from famqa.errors import FamqaError, IndexError_
from famqa.generations import kept_names, read_kept
from famqa.records import Answer, Document

FEEDBACK = "feedback.sqlite3"
RIGHT, WRONG = "right", "wrong"
MAX_QUOTE_CHARS = 4000
"""A longer selection is not the answer to a question."""

_VERSION = 1
_MOST_ROWS = 100_000  # anybody who reaches the page can give verdicts
_WAIT_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE verdicts (
  key TEXT PRIMARY KEY, question TEXT NOT NULL, standalone_question TEXT, status TEXT NOT NULL, answer TEXT NOT NULL,
  spans TEXT NOT NULL, cited TEXT NOT NULL, verdict TEXT NOT NULL, correction TEXT, index_name TEXT NOT NULL,
  given_at TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one version of a document; `quote == document.text[start:end]` where `digest` is its sha256."""

    doc_id: str
    digest: str  # of the document's file; "" where it is not known
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict on one answer."""

    question: str
    standalone_question: str | None
    status: str  # of the answer: "answered" or "no_answer"
    answer: str
    spans: tuple[str, ...]  # the answer's parts
    cited: tuple[Place, ...]  # the quotes that the parts stand in
    verdict: str  # RIGHT or WRONG
    correction: Place | None
    index: str  # the generation that was asked
    given_at: str  # ISO 8601, UTC

    @property
    def asked(self) -> str:
        """The question, written out so that it needs no other."""
        return " ".join((self.standalone_question or self.question).split())


def place_in(document: Document, start: int, end: int) -> Place:
    """The selected stretch without the white space around it. Raises `FamqaError` where it cannot be an answer."""
    if not 0 <= start < end <= len(document.text):
        raise FamqaError(f"{document.doc_id} has no characters {start} to {end}; select the answer in the open source")
    selected = document.text[start:end]
    quote = selected.strip()
    if not any(char.isalnum() for char in quote):
        raise FamqaError("no word is selected; select the answer in the open source")
    if len(quote) > MAX_QUOTE_CHARS:
        raise FamqaError(f"{len(quote):,} characters are selected, {MAX_QUOTE_CHARS:,} at most; select only the answer")
    begin = start + len(selected) - len(selected.lstrip())
    return Place(document.doc_id, document.sha256, begin, begin + len(quote), quote)


class Feedback:
    """The verdicts beside one index; safe to use from several threads and processes. The file comes with the first."""

    def __init__(self, index: Path) -> None:
        self.index = index
        self.path = index / FEEDBACK

    def record(
        self,
        *,
        question: str,
        standalone_question: str | None,
        answer: Answer,
        verdict: str,
        correction: Place | None = None,
        visitor: str,
    ) -> None:
        """Keeps the verdict, in place of an earlier one of this visitor on this answer.

        `visitor` is any text that the visitor's page keeps for itself, such as a random one; it is not stored. A
        correction comes from `place_in`, and goes with WRONG. Raises `FamqaError` where it cannot be kept.
        """
        if verdict not in (RIGHT, WRONG):
            raise ValueError(f"verdict is {verdict!r}; it must be {RIGHT!r} or {WRONG!r}")
        if correction is not None and verdict == RIGHT:
            raise ValueError("a right answer needs no correction")
        digests = _digests(self.index, answer.index)
        holding = {span.citation for span in answer.spans}
        cited = [
            Place(each.doc_id, digests.get(each.doc_id, ""), each.start, each.end, each.quote)
            for each in answer.citations
            if each.number in holding
        ]
        row = (
            _key(visitor, question, standalone_question, answer),
            question,
            standalone_question,
            answer.status,
            answer.answer,
            _dump([" ".join(span.text.split()) for span in answer.spans]),
            _dump([asdict(place) for place in cited]),
            verdict,
            None if correction is None else _dump(asdict(correction)),
            answer.index,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with self._open(for_writing=True) as connection:
            (kept,) = connection.execute("SELECT count(*) FROM verdicts").fetchone()
            if kept >= _MOST_ROWS:
                raise FamqaError(f"{self.path} holds {kept:,} verdicts and takes no more; export it and move it away")
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT OR REPLACE INTO verdicts VALUES ({marks})", row)  # noqa: S608

    def withdraw(self, *, question: str, standalone_question: str | None, answer: Answer, visitor: str) -> None:
        """Takes this visitor's verdict on this answer back, if there is one."""
        with self._open(for_writing=True) as connection:
            key = _key(visitor, question, standalone_question, answer)
            connection.execute("DELETE FROM verdicts WHERE key = ?", (key,))

    def rows(self) -> list[Given]:
        """All verdicts, the earliest first. Raises `FamqaError` where the file cannot be read."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            found = connection.execute("SELECT * FROM verdicts ORDER BY rowid").fetchall()
        try:
            return [_given(fields) for fields in found]
        except (ValueError, TypeError) as error:
            raise self._unusable(error) from None

    def count(self) -> int:
        """How many verdicts there are."""
        if not self.path.exists():
            return 0
        with self._open() as connection:
            return int(connection.execute("SELECT count(*) FROM verdicts").fetchone()[0])

    @contextmanager
    def _open(self, for_writing: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each use: cheap here, and right with any number of threads and processes."""
        try:
            if for_writing:
                self.index.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
                self._prepare(connection)
                connection.execute("BEGIN IMMEDIATE" if for_writing else "BEGIN")
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Makes the table in a new file. Raises `FamqaError` for a file of a later famqa."""
        if self._version(connection) == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            if self._version(connection) == 0:  # nobody else has made it since
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")
        version = self._version(connection)
        if version != _VERSION:
            raise FamqaError(f"{self.path} has version {version}, this famqa knows {_VERSION}; bring famqa up to date")

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def _unusable(self, error: Exception) -> FamqaError:
        return FamqaError(f"{self.path} cannot be used ({error}); check the disk, or move the file away")


def _key(visitor: str, question: str, standalone_question: str | None, answer: Answer) -> str:
    """sha256 that a visitor's verdicts on one answer share."""
    places = [(place.doc_id, place.start, place.end) for place in (*answer.citations, *answer.nearest)]
    stated = [visitor, question, standalone_question, answer.status, answer.answer, answer.index, places]
    return hashlib.sha256(json.dumps(stated).encode()).hexdigest()


def _digests(index: Path, name: str) -> dict[str, str]:
    """sha256 of the documents of a generation; none where it is gone."""
    if name not in kept_names(index):
        return {}
    try:
        manifest = read_kept(index, name)
    except IndexError_:
        return {}
    return {document.doc_id: document.sha256 for document in manifest.documents}


def _given(fields: Sequence[Any]) -> Given:
    _, question, standalone, status, answer, spans, cited, verdict, correction, index, given_at = fields
    return Given(
        question=question,
        standalone_question=standalone,
        status=status,
        answer=answer,
        spans=tuple(json.loads(spans)),
        cited=tuple(Place(**place) for place in json.loads(cited)),
        verdict=verdict,
        correction=None if correction is None else Place(**json.loads(correction)),
        index=index,
        given_at=given_at,
    )


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
