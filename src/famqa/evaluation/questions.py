"""Question files of any kind: JSONL, CSV, SQuAD, BEIR folders. What cannot be used is listed, never just dropped."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from famqa.errors import QuestionFileError
from famqa.evaluation import beir, squad
from famqa.evaluation.corpora import Page
from famqa.evaluation.csv_rows import read_csv
from famqa.evaluation.rows import Question, RowError, parse_json, to_questions


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that cannot be used, and what is wrong with it."""

    where: str  # "questions.jsonl, line 7"
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of one file, in order, and the rows of it that were left out."""

    path: Path
    sha256: str  # of the file; of a BEIR folder, of its files together
    questions: tuple[Question, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()  # what a reader of the figures should know of the file
    contexts: tuple[Page, ...] = ()  # SQuAD: the texts that the questions were asked about

    def pages(self) -> Iterable[Page]:
        """The documents that the questions bring along. Raises `QuestionFileError` where there are none."""
        if self.path.is_dir():
            return beir.pages(self.path)
        if not self.contexts:
            raise QuestionFileError(f"{self.path} brings no documents along; name their folder with --corpus")
        return self.contexts

    def without(self, problem: Callable[[Question], str | None]) -> QuestionSet:
        """The set less the questions that have a problem; of a dialogue, all turns go with the one that has it.

        Raises `QuestionFileError` if none is left.
        """
        faulty = {
            question.id: LeftOut(question.where, why) for question in self.questions if (why := problem(question))
        }
        if not faulty:
            return self
        kept = tuple(question for question in self.questions if question.id not in faulty)
        if not kept:
            raise QuestionFileError(f"no question can be asked: {next(iter(faulty.values()))}")
        return replace(self, questions=kept, left_out=(*self.left_out, *faulty.values()))

    def strict(self) -> QuestionSet:
        """The set itself if nothing was left out; raises `QuestionFileError` naming the first row and the number."""
        if self.left_out:
            number = "1 row" if len(self.left_out) == 1 else f"{len(self.left_out)} rows"
            first = "it is" if len(self.left_out) == 1 else "the first is"
            raise QuestionFileError(
                f"{number} cannot be used; {first} {self.left_out[0]}; mend the file, or run without --strict"
            )
        return self


def load_questions(path: Path) -> QuestionSet:
    """The questions of a file or BEIR folder. Raises `QuestionFileError` if there is none that can be used.

    A folder is taken for BEIR, `.csv` for a table, `.json` for SQuAD, anything else for JSONL, whose rows may also be
    SQuAD-like (with a `context`); each file may be gzipped (`.gz`).
    """
    if path.is_dir():
        digest, rows = beir.read_rows(path)
        return _collect(path, digest, rows)
    data = _bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    suffixes = [suffix.lower() for suffix in path.suffixes]
    text = _decoded(_unzipped(data, path) if suffixes[-1:] == [".gz"] else data, path)
    kind = next((suffix for suffix in reversed(suffixes) if suffix != ".gz"), "")
    if kind in (".csv", ".tsv"):
        return _collect(path, digest, read_csv(text, path))
    if kind == ".json":
        return _collect(path, digest, squad.question_rows(text, path))
    return _collect(path, digest, _jsonl(text, path))


def _collect(path: Path, digest: str, rows: Iterator[tuple[str, Any]]) -> QuestionSet:
    """The set of the rows that can be used; a row is (where it stands, JSON value or `RowError`)."""
    questions: list[Question] = []
    left_out: list[LeftOut] = []
    first_use: dict[str, str] = {}
    contexts: dict[str, Page] = {}
    silent = 0
    for where, row in rows:
        place = where.rpartition(", ")[2]
        try:
            if isinstance(row, RowError):
                raise row
            if squad.is_row(row):
                row = squad.question_row(row, _context(row, contexts).doc_id)
            found = to_questions(row, place.replace(" ", "-"), where)
            if found[0].id in first_use:
                raise RowError(
                    f"id '{found[0].id}' was used in {first_use[found[0].id]}; ids must differ, give this one another"
                )
        except RowError as error:
            left_out.append(LeftOut(where, str(error)))
            continue
        first_use[found[0].id] = place
        questions += found
        silent += not found[0].answerable and not found[0].turn and row.get("answerable") is None
    if not questions:
        hint = f"; the first row: {left_out[0]}" if left_out else ""
        raise QuestionFileError(f"{path}: there is no question in it that can be used{hint}; write at least one")
    notes = (
        (f"without 'answers' and 'answerable', taken for unanswerable: {silent} of the questions",) if silent else ()
    )
    return QuestionSet(path, digest, tuple(questions), tuple(left_out), notes, tuple(contexts.values()))


def _context(row: dict[str, Any], contexts: dict[str, Page]) -> Page:
    """The document of a SQuAD row's context; one not met before is added to `contexts`. Raises `RowError`."""
    text = row["context"]
    if not isinstance(text, str) or not text.strip():
        raise RowError("'context' must be a text that is not empty")
    if text not in contexts:
        contexts[text] = Page(squad.doc_id(len(contexts)), str(row.get("title") or ""), text)
    return contexts[text]


def _jsonl(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON may hold other line ends
        if line.strip():
            try:
                yield f"{path}, line {number}", parse_json(line)
            except RowError as error:
                yield f"{path}, line {number}", error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise QuestionFileError(f"{path}: {error.strerror}; name a file of questions") from None


def _unzipped(data: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise QuestionFileError(f"{path}: cannot be unpacked ({error}); name a whole .gz file") from None


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise QuestionFileError(f"{path}, line {line}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
