"""Question answering files as rows: JSONL, or SQuAD 1.1 and 2.0 JSON, each plain or gzipped."""

import gzip
import json
import sys
from pathlib import Path


def load_rows(path: Path) -> list[dict]:
    """Rows with id, title, context, question, answers (text, start) and is_impossible, from JSONL or SQuAD JSON."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            if ".jsonl" in path.name:
                return [json.loads(line) for line in lines if line.strip()]
            articles = json.load(lines)["data"]
    except (OSError, ValueError, KeyError) as problem:
        sys.exit(f"cannot read {path}: {problem}; give a JSONL file (optionally .gz) or a SQuAD JSON file")
    return [
        {
            "id": qa["id"],
            "title": article.get("title", "").replace("_", " "),
            "context": paragraph["context"],
            "question": qa["question"],
            "is_impossible": qa.get("is_impossible", False),
            "answers": [{"text": a["text"], "start": a["answer_start"]} for a in qa["answers"]],
        }
        for article in articles
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]
