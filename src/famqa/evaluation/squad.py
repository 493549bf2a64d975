"""SQuAD-format files: their questions, their paragraphs, and a corpus made of those paragraphs."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from famqa.errors import QuestionFileError
from famqa.evaluation.corpora import Page, write_pages
from famqa.evaluation.rows import RowError

_SENTENCE_END = re.compile(r"[.!?]['\")\]]*\s+")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """One dict a question with `id`, `title`, `context`, `question`, `answers` and `is_impossible`.

    Takes SQuAD's JSON, or JSONL with these fields, either also gzipped. Raises `QuestionFileError`.
    """
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig") as file:
            if ".jsonl" in path.suffixes:
                return [json.loads(line) for line in file if line.strip()]
            return [
                {
                    "id": question["id"],
                    "title": article.get("title", "").replace("_", " "),
                    "context": paragraph["context"],
                    "question": question["question"],
                    "answers": [{"text": a["text"], "start": a["answer_start"]} for a in question["answers"]],
                    "is_impossible": question.get("is_impossible", False),
                }
                for article in json.load(file)["data"]
                for paragraph in article["paragraphs"]
                for question in paragraph["qas"]
            ]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise QuestionFileError(f"{path} is no SQuAD-format file ({type(error).__name__}: {error})") from None


def question_rows(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    """Each question of SQuAD's JSON, versions 1.1 and 2.0, with its `context` and `title`, and where it stands.

    What is no question comes as a `RowError`. Raises `QuestionFileError` where the file as a whole is none.
    """
    try:
        articles = json.loads(text)["data"]
        if not isinstance(articles, list):
            raise TypeError("'data' is no list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise QuestionFileError(
            f"{path}: no SQuAD file ({type(error).__name__}: {error}); questions of your own are named .jsonl or .csv"
        ) from None
    for article_where, article in _objects({"data": articles}, "data", "article", str(path)):
        for paragraph_where, paragraph in _objects(article, "paragraphs", "paragraph", article_where):
            for where, question in _objects(paragraph, "qas", "question", paragraph_where):
                if isinstance(question, RowError):
                    yield where, question
                else:
                    title = str(article.get("title", "")).replace("_", " ")
                    yield where, {**question, "context": paragraph.get("context"), "title": title}


def _objects(parent: Any, name: str, what: str, where: str) -> Iterator[tuple[str, Any]]:
    """The objects of a list with their places; what is none, or a list that is missing, as a `RowError`."""
    if isinstance(parent, RowError):
        yield where, parent
        return
    listed = parent.get(name)
    if not isinstance(listed, list):
        yield where, RowError(f"'{name}' must be a list of objects")
        return
    for number, entry in enumerate(listed, 1):
        is_object = isinstance(entry, dict)
        yield (
            f"{where}, {what} {number}",
            entry if is_object else RowError(f"a JSON {type(entry).__name__}, not an object"),
        )


def is_row(row: Any) -> bool:
    """Whether a row is SQuAD's: a question with the context that it was asked about."""
    return isinstance(row, dict) and "context" in row and "question" in row


def question_row(row: dict[str, Any], doc_id: str) -> dict[str, Any]:
    """The row as a question file has it, its evidence the sentence around each answer. Raises `RowError`."""
    context = row["context"]
    impossible = row.get("is_impossible", False)
    if not isinstance(impossible, bool):
        raise RowError("'is_impossible' must be true or false")
    answers = [] if impossible else _answers(row.get("answers"), context)
    if not answers and not impossible and "is_impossible" not in row and "answers" not in row:
        raise RowError("there are no 'answers'; SQuAD's rows have them")
    sentences = dict.fromkeys(_sentence(context, start, start + len(text)) for text, start in answers if start >= 0)
    return {
        **{name: row[name] for name in ("id", "question", "type") if row.get(name) is not None},
        "answers": list(dict.fromkeys(text for text, _ in answers)),
        "answerable": bool(answers),
        "evidence": [{"doc": doc_id, "text": sentence} for sentence in sentences],
    }


def _answers(stated: Any, context: str) -> list[tuple[str, int]]:
    """(text, start) of each answer, start -1 where it is not there; takes SQuAD's shape and that of its tables."""
    if isinstance(stated, dict):  # columns instead of rows, as in parquet releases
        texts, starts = stated.get("text"), stated.get("answer_start")
        if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
            raise RowError("'answers' must have lists 'text' and 'answer_start' of equal length")
        stated = [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]
    if not isinstance(stated, list) or not all(isinstance(answer, dict) for answer in stated):
        raise RowError("'answers' must be a list of objects with 'text' and 'answer_start'")
    found: list[tuple[str, int]] = []
    for answer in stated:
        text, start = answer.get("text"), answer.get("answer_start", answer.get("start"))
        if not isinstance(text, str) or not text.strip():
            raise RowError("an answer has no 'text'; fill it or take it out")
        is_there = isinstance(start, int) and context[start : start + len(text)] == text
        found.append((text, start if is_there and isinstance(start, int) else context.find(text)))
    return found


def _sentence(context: str, start: int, end: int) -> str:
    """The sentence of the context that holds `start:end`, by a simple rule that errs on the long side."""
    left = max((match.end() for match in _SENTENCE_END.finditer(context, 0, start)), default=0)
    after = _SENTENCE_END.search(context, max(end - 1, 0))
    return context[left : after.end() if after else len(context)].strip()


def answerable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that have an answer, each distinct question text once."""
    found = [row for row in rows if row["answers"] and not row.get("is_impossible")]
    return list({row["question"].strip(): row for row in found}.values())


def halves(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows to choose and calibrate on, and those to report on: whole articles, by turns in the order of a hash."""
    titles = sorted({row["title"] for row in rows}, key=lambda title: hashlib.sha256(title.encode()).hexdigest())
    first = set(titles[::2])
    return [row for row in rows if row["title"] in first], [row for row in rows if row["title"] not in first]


def write_corpus(folder: Path, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Writes every distinct paragraph as a text file of its own, titled by its article; returns context to doc_id."""
    titles = {row["context"]: str(row.get("title") or "") for row in rows}
    doc_ids = {context: doc_id(number) for number, context in enumerate(titles)}
    write_pages(folder, (Page(doc_ids[context], title, context) for context, title in titles.items()))
    return doc_ids


def doc_id(number: int) -> str:
    """The document of the context with this number, from 0 in the order of the file."""
    return f"{number:05}.txt"
