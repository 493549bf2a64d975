"""SQuAD-format files: their questions, their paragraphs, and a corpus made of those paragraphs."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from famqa.errors import QuestionFileError


def read_rows(path: Path) -> list[dict[str, Any]]:
    """One dict a question with `id`, `title`, `context`, `question`, `answers` and `is_impossible`.

    Takes SQuAD's JSON, or JSONL with these fields, either also gzipped. Raises `QuestionFileError`.
    """
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
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
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionFileError(f"{path} is no SQuAD-format file ({type(error).__name__}: {error})") from None


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
    folder.mkdir(parents=True, exist_ok=True)
    titles = {row["context"]: str(row["title"]) for row in rows}
    doc_ids: dict[str, str] = {}
    notes: list[str] = []
    for number, (context, title) in enumerate(titles.items()):
        doc_ids[context] = f"{number:05}.txt"
        (folder / doc_ids[context]).write_text(context, "utf-8", newline="\n")
        notes.append(f"[documents.{json.dumps(doc_ids[context])}]\ntitle = {json.dumps(title, ensure_ascii=False)}\n")
    (folder / "sources.toml").write_text("\n".join(notes), "utf-8", newline="\n")
    return doc_ids
