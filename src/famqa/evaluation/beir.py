"""BEIR folders: `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv`, as questions that are judged by document.

Thakur et al., "BEIR: A Heterogenous Benchmark for Zero-shot Evaluation of Information Retrieval Models", NeurIPS 2021.
A document of the set is a file named by its id (`file_stem`), so a candidate's document is known by its file's name.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from famqa.errors import QuestionFileError
from famqa.evaluation.corpora import Page
from famqa.evaluation.rows import RowError, parse_json

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
_SPLITS = ("test", "dev", "train")  # the first that is there is taken
_MAX_STEM_BYTES = 200


def file_stem(beir_id: str) -> str:
    """The name, without suffix, of the file of a BEIR document: its id, signs that no file name can hold as %XX."""
    stem = quote(beir_id, safe=" ,()+=@~!'").replace(".", "%2E")
    return stem if len(stem) <= _MAX_STEM_BYTES else hashlib.sha256(beir_id.encode()).hexdigest()


def stem_of(doc_id: str) -> str:
    """What `file_stem` gave for the document of the index: its file's name without folders and suffix."""
    return PurePosixPath(doc_id).stem


def read_rows(folder: Path) -> tuple[str, Iterator[tuple[str, Any]]]:
    """Digest of queries and qrels, and a row a judged query (`judged` has its (file stem, grade) pairs).

    Queries without judgements are left out. Raises `QuestionFileError` where a file is missing or no table.
    """
    queries = _text(folder / _QUERIES, folder)
    qrels_path = _qrels_path(folder)
    qrels = _text(qrels_path, folder)
    digest = hashlib.sha256(f"{queries}\0{qrels}".encode()).hexdigest()
    return digest, _rows(folder / _QUERIES, queries, _judgements(qrels_path, qrels))


def pages(folder: Path) -> Iterator[Page]:
    """The documents of the set. Raises `QuestionFileError` naming the line that holds none."""
    path = folder / _CORPUS
    for where, row in _objects(path, _text(path, folder)):
        if isinstance(row, RowError):
            raise QuestionFileError(f"{where}: {row}")
        title = str(row.get("title") or "")
        yield Page(f"{file_stem(row['_id'])}.txt", title, row["text"].strip() or title)


def _objects(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any] | RowError]]:
    """The object of each line, or what is wrong with it, and where it stands."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = parse_json(line)
                if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("_id", "text")):
                    raise RowError("no object with the texts '_id' and 'text'; mend the line")
            except RowError as error:
                row = error
            yield f"{path}, line {number}", row


def _rows(path: Path, text: str, judged: dict[str, list[tuple[str, int]]]) -> Iterator[tuple[str, Any]]:
    asked: set[str] = set()
    for where, row in _objects(path, text):
        if isinstance(row, RowError):
            yield where, row
            continue
        asked.add(row["_id"])
        grades = judged.get(row["_id"], [])
        if any(grade > 0 for _, grade in grades):
            yield where, {"id": row["_id"], "question": row["text"], "judged": grades, "answerable": True}
        elif grades:
            yield where, RowError("the qrels name no document that is relevant to it; add one or take the query out")
        # Queries of another split have no judgement in this one: they are no part of it.
    for query in sorted(judged.keys() - asked):
        yield f"{path}", RowError(f"the qrels judge a query '{query}' that is not there; add it or take it out")


def _judgements(path: Path, text: str) -> dict[str, list[tuple[str, int]]]:
    """(file stem, grade) pairs by query id; the first line may be a header, four columns are TREC's."""
    found: dict[str, list[tuple[str, int]]] = {}
    for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE), 1):
        if not cells or (number == 1 and not cells[-1].strip().lstrip("-").isdigit()):
            continue
        if len(cells) not in (3, 4) or not cells[-1].strip().lstrip("-").isdigit():
            raise QuestionFileError(f"{path}, line {number}: no judgement; write query, document and a whole number")
        found.setdefault(cells[0], []).append((file_stem(cells[-2]), int(cells[-1])))
    return found


def _qrels_path(folder: Path) -> Path:
    for split in _SPLITS:
        if (folder / _QRELS / f"{split}.tsv").is_file():
            return folder / _QRELS / f"{split}.tsv"
    others = sorted((folder / _QRELS).glob("*.tsv"))
    if not others:
        raise QuestionFileError(
            f"{folder}: no BEIR set: {folder / _QRELS / 'test.tsv'} is not there; name a file of questions instead"
        )
    return others[0]


def _text(path: Path, folder: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise QuestionFileError(f"{folder}: no BEIR set: {path}: {error.strerror}; name a file of questions") from None
    except UnicodeDecodeError as error:
        raise QuestionFileError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
