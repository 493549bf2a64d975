"""Run folders made up for tests, in the shape that `famqa eval --out` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conftest import write_rows

Row = dict[str, Any]

TEXT = "Every lamp of the tower was lit by Edith Marlow; Peter Holm kept it from 1890 to 1921."
FACT = TEXT.index("Edith Marlow")  # candidate 1 is the passage from character 100 on
TYPES = ("person", "date", "table", "unanswerable")


def score(number: int, **values: Any) -> Row:
    """A row of scores.jsonl: an answerable question that was answered rightly, unless `values` say otherwise."""
    right = bool(values.get("right", True))
    row: Row = {
        "id": f"q{number:04}",
        "question": f"Who lit lamp number {number}?",
        "type": TYPES[number % 3],
        "answerable": True,
        "expected": ["Edith Marlow", "Marlow"],
        "all_of": [],
        "status": "answered",
        "answer": "Edith Marlow" if right else "Peter Holm",
        "right": right,
        "cause": None if right else "read",
        "cause_evidence": "" if right else "Passage 1 holds the fact and was read, but another stretch was chosen.",
        "place": {"doc_id": "tower.txt", "start": 100 + FACT, "end": 100 + FACT + len("Edith Marlow")},
        "scores": {"f1": float(right), "alias_hit": float(right), "citations_per_answer": 1.0},
        "confidence": 0.9 if right else 0.55,
        "latency_ms": 100.0 + number % 17,
        "documents": ["tower.txt"],
        "candidates": [
            {
                "rank": rank,
                "doc_id": "tower.txt",
                "start": 100 * rank,
                "end": 100 * rank + len(TEXT),
                "section": ["Lamp"],
                "text": TEXT,
                "score": 3.0 - rank,
                "read": rank <= 8,
                "right": rank == 1,
            }
            for rank in range(1, 11)
        ],
    }
    return row | values


def prediction(row: Row) -> Row:
    """The answer that a row of scores is about, as predictions.jsonl holds it."""
    answered = row["status"] == "answered"
    at = TEXT.find(row["answer"]) if row["answer"] in TEXT else 0
    citation = {
        "number": 1,
        "doc_id": "tower.txt",
        "title": "The Tower",
        "section": ["Lamp"],
        "page": None,
        "line": 7,
        "start": 100,
        "end": 100 + len(TEXT),
        "quote": TEXT,
        "source": "",
        "date": "",
    }
    span = {"text": row["answer"], "citation": 1, "start": 100 + at, "end": 100 + at + len(row["answer"])}
    turn = {"turn": row["turn"]} if row.get("turn") else {}
    return {
        "id": row["id"],
        **turn,
        "question": row["question"],
        "standalone_question": None,
        "status": row["status"],
        "answer": row["answer"],
        "spans": [span] if answered else [],
        "confidence": row["confidence"],
        "citations": [citation] if answered else [],
        "nearest": [] if answered else [citation],
        "index": "20260102T030405Z-abcdef",
        "timings_ms": {"search": 4.0, "read": 90.0, "total": row["latency_ms"]},
    }


def write_run(folder: Path, rows: Sequence[Row], **run: Any) -> Path:
    """Writes a finished run of these scores; `run` goes into run.json."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "scores.jsonl", *rows)
    write_rows(folder / "predictions.jsonl", *map(prediction, rows))
    answerable = [row for row in rows if row["answerable"]]
    causes: dict[str, int] = {}
    for row in rows:
        if row["cause"]:
            causes[row["cause"]] = causes.get(row["cause"], 0) + 1
    names = sorted({name for row in rows for name in row["scores"]})
    values = {name: [row["scores"][name] for row in rows if name in row["scores"]] for name in names}
    types = sorted({row["type"] for row in rows})
    right = {name: [row["right"] for row in rows if row["type"] == name] for name in types}
    metrics = {
        "questions": len(rows),
        "answerable": len(answerable),
        "left_out": len(run.get("left_out", [])),
        "metrics": {name: sum(of) / len(of) for name, of in values.items()}
        | {"right": sum(row["right"] for row in rows) / max(len(rows), 1)},
        "counts": {name: len(of) for name, of in values.items()} | {"right": len(rows)},
        "by_type": {
            name: {"questions": len(of), "metrics": {"right": sum(of) / len(of)}} for name, of in right.items()
        },
        "by_document": {"tower.txt": {"questions": len(rows), "metrics": {"right": 0.5}}},
        "causes": causes,
        "risk_coverage": [[0.1, 0.0], [0.5, 0.1], [1.0, 0.3]],
        "reliability": [
            {"low": 0.5, "high": 0.6, "questions": 4, "mean_confidence": 0.55, "share_right": 0.5},
            {"low": 0.9, "high": 1.0, "questions": 6, "mean_confidence": 0.93, "share_right": 0.83},
        ],
        "latency_ms": {"median": 108.0, "p95": 115.0, "p99": 116.0},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), "utf-8")
    stated = {
        "famqa": "0.1.0",
        "questions_file": "questions.jsonl",
        "questions_sha256": "ab" * 32,
        "questions": len(rows),
        "left_out": [],
        "settings": {"corpus": "corpus", "candidates": 8, "answer_threshold": None},
        "index": "20260102T030405Z-abcdef",
        "index_digest": "cd" * 32,
        "embedder_digest": "ef" * 32,
        "reader_digest": "01" * 32,
        "threshold": 0.41,
        "started": "2026-01-02T03:04:05+00:00",
        "elapsed_s": 31.5,
        "asking_s": 30.9,
        "finished": True,
        "machine": "two cores",
    }
    (folder / "run.json").write_text(json.dumps(stated | run, indent=1), "utf-8")
    return folder
