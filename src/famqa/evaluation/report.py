"""A run's folder to `report.html`: one file that opens anywhere, without a network, and holds everything about the run.

The page is a template with the style sheet and the script put into it. What the questions and documents say gets there
in two ways, each escaped once: through the template's own escaping, or as JSON that the script turns into text nodes.
The table's rows and their details are two blocks of JSON; the details are parsed when the first row is opened.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from famqa.answering import ANSWERED
from famqa.errors import FamqaError
from famqa.evaluation import plots
from famqa.evaluation import report_summary as summary
from famqa.evaluation.metric_names import AS_NUMBERS, CAUSES, COUNTS, WORDS, place_in_order
from famqa.evaluation.run_folder import Row, RunFolder, key_of, read_predictions, read_run

REPORT = "report.html"
_HERE = Path(__file__).parent
_CANDIDATES = 10  # always listed of a question; beyond them only those that are right
_BY = ("right", "f1", "alias_hit", "false_refusals", "refusal_recall", "citation_precision", "success_at_5")
_FACTS = {
    "famqa": "famqa",
    "questions_file": "question file",
    "questions_sha256": "sha256 of it",
    "index": "index",
    "index_digest": "digest of the index",
    "embedder_digest": "digest of the embedder",
    "reader_digest": "digest of the reader",
    "threshold": "answers from this probability on",
    "started": "started",
    "elapsed_s": "seconds in all",
    "asking_s": "seconds of asking",
    "machine": "machine",
}
_ELSEWHERE = {"settings", "left_out", "questions", "finished"}

Marked = list[list[str]]
"""A text in pieces, [text, marks]: "a" marks a piece of the answer given, "f" the fact; together they are the text."""


def write_report(run_folder: Path) -> Path:
    """Path of the `report.html` that was written into the folder of a run. Raises `FamqaError`."""
    page = render(read_run(run_folder), read_predictions(run_folder))
    path = run_folder / REPORT
    try:
        path.write_bytes(page.encode("utf-8", "replace"))  # a document may hold what is no character
    except OSError as error:
        raise FamqaError(f"{path}: {error.strerror}; make room or name another folder with --out") from None
    return path


def render(run: RunFolder, predictions: Sequence[Row]) -> str:
    """The page of a run."""
    style, script = ((_HERE / name).read_text("utf-8") for name in ("report.css", "report.js"))
    style += plots.styles()
    answers = {key_of(row): row for row in predictions}
    rows = [_row(number, row) for number, row in enumerate(run.scores)]
    details = [detail(row, answers.get(key_of(row), {})) for row in run.scores]
    outcomes = summary.count(run.scores)
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return template.from_string((_HERE / REPORT).read_text("utf-8")).render(
        style=style,
        script=script,
        style_digest=_digest(style),
        script_digest=_digest(script),
        rows_json=_for_script(rows),
        details_json=_for_script(details),
        words_json=_for_script({"causes": {name: words for name, (words, _) in CAUSES.items()}}),
        version=run.run.get("famqa", ""),
        asked=summary.asked(run),
        headline=summary.headline(outcomes),
        sentences=summary.sentences(outcomes, run),
        outcomes=outcomes,
        outcome_bar=summary.outcome_bar(outcomes),
        tiles=list(summary.tiles(outcomes, run)),
        plots=list(summary.all_plots(run)),
        types=sorted(Counter(row.get("type") or "" for row in run.scores).items()),
        causes=[(name, summary.cause_words(name), number) for name, number in summary.causes(run)],
        metrics=_metric_rows(run),
        by_type=_breakdown(run, "by_type"),
        by_document=_breakdown(run, "by_document"),
        left_out=run.run.get("left_out") or [],
        settings=[(name, _stated(value)) for name, value in sorted((run.run.get("settings") or {}).items())],
        facts=_facts(run),
    )


def marked(text: str, start: int, ranges: Sequence[tuple[int, int, str]]) -> Marked:
    """`text`, which begins at offset `start` of its document, in pieces with the marks of the ranges over them.

    >>> marked("Lit by Ann.", 100, [(107, 110, "a")])
    [['Lit by ', ''], ['Ann', 'a'], ['.', '']]
    """
    inside = [(max(b - start, 0), min(e - start, len(text)), mark) for b, e, mark in ranges]
    inside = [(begin, end, mark) for begin, end, mark in inside if begin < end]
    cuts = sorted({0, len(text), *(begin for begin, _, _ in inside), *(end for _, end, _ in inside)})
    return [
        [text[begin:end], "".join(sorted({mark for b, e, mark in inside if b <= begin and end <= e}))]
        for begin, end in pairwise(cuts)
    ]


def _row(number: int, row: Row) -> Row:
    """What the table shows and filters by."""
    return {
        "n": number,
        "id": str(row["id"]),
        "turn": int(row.get("turn") or 0),
        "question": row["question"],
        "type": row.get("type") or "",
        "right": bool(row["right"]),
        "refused": row["status"] != ANSWERED,
        "answerable": bool(row["answerable"]),
        "cause": summary.cause_shown(row),
        "answer": row.get("answer") or "",
        "expected": list(row.get("expected") or []),
        "confidence": row.get("confidence"),
        "ms": row.get("latency_ms"),
    }


def detail(row: Row, answer: Row) -> Row:
    """What a row of `scores.jsonl` opens to, with the answer that `predictions.jsonl` has of it; texts are `Marked`."""
    place = row.get("place")
    facts = [(place["start"], place["end"], "f", place["doc_id"])] if place else []
    of_number = {citation["number"]: citation["doc_id"] for citation in answer.get("citations") or []}
    given = [(s["start"], s["end"], "a", of_number.get(s["citation"], "")) for s in answer.get("spans") or []]
    all_marks = [*facts, *given]
    candidates = row.get("candidates") or []
    shown = [each for each in candidates if each["rank"] <= _CANDIDATES or each.get("right") or each.get("read")]
    return {
        "all_of": row.get("all_of") or [],
        "documents": row.get("documents") or [],
        "standalone": answer.get("standalone_question"),
        "evidence": row.get("cause_evidence") or "",
        "place": _place(place, candidates) if place else None,
        "citations": [_citation(each, all_marks) for each in answer.get("citations") or []],
        "nearest": [_citation(each, facts) for each in answer.get("nearest") or []] if not answer.get("spans") else [],
        "candidates": [
            {
                "rank": each["rank"],
                "doc": each["doc_id"],
                "section": list(each.get("section") or []),
                "text": _pieces(each["text"], each["start"], each["doc_id"], all_marks),
                "cut": len(each["text"]) < each["end"] - each["start"],
                "score": each.get("score"),
                "read": bool(each.get("read")),
                "right": bool(each.get("right")),
            }
            for each in shown
        ],
        "unlisted": len(candidates) - len(shown),
        "scores": row.get("scores") or {},
    }


def _citation(citation: Row, marks: Sequence[tuple[int, int, str, str]]) -> Row:
    return {
        "number": citation["number"],
        "doc": citation["doc_id"],
        "title": citation.get("title") or citation["doc_id"],
        "section": list(citation.get("section") or []),
        "line": citation.get("line"),
        "page": citation.get("page"),
        "quote": _pieces(citation["quote"], citation["start"], citation["doc_id"], marks),
    }


def _pieces(text: str, start: int, doc_id: str, marks: Sequence[tuple[int, int, str, str]]) -> Marked:
    return marked(text, start, [(begin, end, mark) for begin, end, mark, doc in marks if doc == doc_id])


def _place(place: Row, candidates: Sequence[Row]) -> Row:
    """Where the fact is: its own text if the run kept it, else the candidate that it lies in."""
    start, end = int(place["start"]), int(place["end"])
    found: Row = {"doc": place["doc_id"], "start": start, "end": end, "line": place.get("line"), "text": None}
    found["section"] = list(place.get("section") or [])
    if place.get("text"):
        begin = int(place.get("text_start", start))
        before, after = place.get("cut") or (False, False)
        text = marked(place["text"], begin, [(start, end, "f")])
        return found | {"text": [*([["…", ""]] if before else []), *text, *([["…", ""]] if after else [])]}
    for each in candidates:
        if each["doc_id"] == place["doc_id"] and each["start"] <= start and end <= each["start"] + len(each["text"]):
            section = list(each.get("section") or [])
            return found | {"section": section, "text": marked(each["text"], each["start"], [(start, end, "f")])}
    return found


def _metric_rows(run: RunFolder) -> list[tuple[str, str, str, str, str]]:
    """(name, value, over how many questions, name in words, what it is), in the usual order."""
    stated = run.metrics.get("metrics") or {}
    counts = run.metrics.get("counts") or {}
    return [
        (name, _figure(name, stated[name]), str(counts.get(name, "")), *WORDS.get(name, (name, "")))
        for name in sorted(stated, key=place_in_order)
        if isinstance(stated[name], (int, float))
    ]


def _breakdown(run: RunFolder, by: str) -> Row:
    """A table of some figures by type or by document: columns, and rows with their number of questions."""
    groups: dict[str, Row] = run.metrics.get(by) or {}
    found = {name for group in groups.values() for name in group.get("metrics") or {}}
    columns = [name for name in _BY if name in found]
    return {
        "columns": [WORDS[name][0] for name in columns],
        "rows": [
            (
                name or "none",
                group.get("questions", 0),
                [_figure(column, (group.get("metrics") or {}).get(column)) for column in columns],
            )
            for name, group in sorted(groups.items())
        ],
    }


def _facts(run: RunFolder) -> list[tuple[str, str]]:
    """What produced the run, beside the settings."""
    others = sorted(run.run.keys() - _FACTS.keys() - _ELSEWHERE)
    stated = [(name, run.run.get(name, "")) for name in (*_FACTS, *others)]
    return [(_FACTS.get(name, name), _stated(value)) for name, value in stated if value not in ("", [], {})]


def _stated(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_stated(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(_stated(part) for part in value)
    return str(value)


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name.endswith("_ms"):
        return f"{value:.0f} ms"
    if name in AS_NUMBERS:
        return f"{value:.3f}"
    return f"{value:.2f}" if name in COUNTS else f"{value * 100:.1f} %"


def _for_script(value: Any) -> str:
    """JSON that no text in it can end the script element with, nor open a comment in it."""
    stated = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return stated.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    """The hash by which the page's policy knows its own script and style sheet."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
