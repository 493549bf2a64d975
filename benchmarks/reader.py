"""EM and F1 of a reader on a SQuAD-format file: given the paragraph, with unanswerable questions, and end to end.

    python benchmarks/reader.py FILE [--reader NAME|DIR] [--limit 1000] [--parts given mixed end] [--keep DIR]

given   answerable questions, each with its own paragraph (cut as the product cuts it)
mixed   as many unanswerable as answerable ones, their paragraph given; an answer below the threshold is none. The
        threshold is the best on one half of the articles, the figures are of the other half
end     answerable questions against all paragraphs of the file, index and search included

EM and F1 are those of SQuAD's script. Questions are drawn with seed 0; figures on the reporting half of the articles
(titles by turns in the order of their sha256) are given beside those on all.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from pathlib import Path
from typing import Any

from common import arguments, paragraphs
from famqa.embedding import SentenceEmbedder, locate, model_token_counter
from famqa.evaluation import squad
from famqa.evaluation.metrics import exact_match, token_f1
from famqa.generations import open_generation
from famqa.indexing import update
from famqa.passages import Limits, cut, token_counter
from famqa.records import Block, BlockKind, Candidate, Document, Reader
from famqa.rereading import open_reader
from famqa.search import search
from famqa.settings import DEFAULT_READER, Settings, load_settings


def best_text(reader: Reader, question: str, candidates: list[Candidate]) -> tuple[str, float]:
    """Text of the best span and its probability; "" and 0 where there is none."""
    spans = reader.read(question, candidates).spans
    if not spans:
        return "", 0.0
    passage = spans[0].passage
    return passage.text[spans[0].start - passage.start : spans[0].end - passage.start], spans[0].probability


class Given:
    """Candidates for a question with its paragraph given: the paragraph's passages, cut as the product cuts them."""

    def __init__(self, settings: Settings) -> None:
        files = locate(settings.embedder)
        counts = token_counter(settings.encoding), model_token_counter(files)
        self._limits = Limits(settings.passage_tokens, files.max_tokens, *counts)

    def __call__(self, row: dict[str, Any]) -> list[Candidate]:
        text = row["context"]
        document = Document("p.txt", row["title"], text, "text", "")
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        passages = cut(document, [Block(BlockKind.PARAGRAPH, start, end)], self._limits)
        return [Candidate(n, passage, 0.0, 0.0, 0.0) for n, passage in enumerate(passages)]


def best_threshold(found: list[tuple[dict[str, Any], str, float]]) -> tuple[float, float]:
    """The least score to answer from that gives the best mean F1, and that F1."""
    ordered = sorted(found, key=lambda entry: -entry[2])
    golds = [[answer["text"] for answer in row["answers"]] for row, _, _ in ordered]
    answered = [token_f1(text, gold) for (_, text, _), gold in zip(ordered, golds, strict=True)]
    refused = [token_f1("", gold) for gold in golds]
    total, best, threshold = sum(refused), 0.0, math.inf
    for n, (_, _, score) in enumerate(ordered):
        total += answered[n] - refused[n]
        if total > best:
            best, threshold = total, score
    return threshold, best / len(ordered)


def show(name: str, rows: list[dict[str, Any]], texts: list[str], reporting: set[str]) -> None:
    scores = [
        (row["title"] in reporting, exact_match(text, golds), token_f1(text, golds))
        for row, text in zip(rows, texts, strict=True)
        for golds in [[answer["text"] for answer in row["answers"]]]
    ]
    for part, chosen in (("all", scores), ("reporting half", [score for score in scores if score[0]])):
        em, f1 = (100 * statistics.fmean(score[i] for score in chosen) for i in (1, 2))
        print(f"{name:6} {part:15} {len(chosen):6} questions   EM {em:5.1f}   F1 {f1:5.1f}", flush=True)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--reader", default=DEFAULT_READER)
    parser.add_argument("--once", action="store_true", help="without the larger reader that reads again")
    parser.add_argument("--limit", type=int, default=1000, help="questions of each part; 0 is all")
    parser.add_argument("--parts", nargs="+", choices=("given", "mixed", "end"), default=["given", "mixed", "end"])
    parser.add_argument(
        "--keep", type=Path, default=None, help="folder for corpus and index, used again if it is there"
    )
    args = parser.parse_args()

    every = squad.read_rows(args.file)
    reporting = {row["title"] for row in squad.halves(every)[1]}
    reader = open_reader(args.reader, not args.once)
    settings = load_settings()
    given = Given(settings)
    answerable = squad.answerable(every)

    def drawn(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return random.Random(0).sample(rows, min(args.limit, len(rows))) if args.limit else rows

    if "given" in args.parts:
        rows = drawn(answerable)
        show("given", rows, [best_text(reader, row["question"], given(row))[0] for row in rows], reporting)
    if "mixed" in args.parts:
        impossible = [row | {"answers": []} for row in every if row.get("is_impossible")]
        per_half = args.limit // 2 or len(impossible)
        halves: dict[bool, list[dict[str, Any]]] = {}
        for half in (False, True):
            pools = ([row for row in rows if (row["title"] in reporting) is half] for rows in (answerable, impossible))
            sizes = [list(pool) for pool in pools]
            size = min(per_half, *map(len, sizes))
            halves[half] = [row for pool in sizes for row in random.Random(0).sample(pool, size)]
        found = {
            half: [(row, *best_text(reader, row["question"], given(row))) for row in rows]
            for half, rows in halves.items()
        }
        threshold, f1 = best_threshold(found[False])
        kept = [text if probability >= threshold else "" for _, text, probability in found[True]]
        print(f"mixed  threshold {threshold:.3f}, F1 {100 * f1:.1f} on the half it was chosen on")
        show("mixed", halves[True], kept, reporting)
    if "end" in args.parts:
        with paragraphs(every, args.keep) as (settings, _):
            update(settings)
            generation = open_generation(settings.index)
            embedder = SentenceEmbedder(locate(settings.embedder))
            texts, elapsed_ms = [], []
            rows = drawn(answerable)
            for row in rows:
                question = row["question"].strip()
                started = time.perf_counter()
                vector = embedder.embed_question(question)
                found_by_search = search(generation, question, vector, settings.candidates, settings.dense_weight)
                texts.append(best_text(reader, question, found_by_search)[0])
                elapsed_ms.append((time.perf_counter() - started) * 1000)
            show("end", rows, texts, reporting)
            print(
                f"end    median {statistics.median(elapsed_ms):.0f} ms a question, {settings.candidates} passages read"
            )


if __name__ == "__main__":
    main()
