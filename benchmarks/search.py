"""How often search puts the right paragraph first, and among the first five, on a SQuAD-format file.

    python benchmarks/search.py FILE [--limit 300] [--weights 1.0 0.7 0.0] [--passage-tokens N] [--keep DIR]

FILE is SQuAD JSON or JSONL (also .gz) with `title`, `context` and `question`. Every paragraph becomes a document of
its own, titled by its article, and the product's own `famqa index` and `search` do the rest. A document is found at
the rank of its best passage. Only questions with an answer count, each distinct text once.
"""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from common import arguments, paragraphs
from famqa.embedding import SentenceEmbedder, locate
from famqa.evaluation import squad
from famqa.generations import open_generation
from famqa.indexing import update
from famqa.search import search
from famqa.settings import Settings

DEPTH = 60


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="questions asked, drawn at random with seed 0; 0 is all")
    parser.add_argument("--contexts", type=int, default=0, help="paragraphs indexed, the first ones; 0 is all")
    parser.add_argument("--weights", type=float, nargs="+", default=[1.0, 0.0, Settings().dense_weight])
    parser.add_argument("--passage-tokens", type=int, default=None)
    parser.add_argument(
        "--keep", type=Path, default=None, help="folder for corpus and index, used again if it is there"
    )
    args = parser.parse_args()

    every = squad.read_rows(args.file)
    contexts = set(list(dict.fromkeys(row["context"] for row in every))[: args.contexts or None])
    every = [row for row in every if row["context"] in contexts]
    rows = squad.answerable(every)
    if args.limit:
        rows = random.Random(0).sample(rows, min(args.limit, len(rows)))

    with paragraphs(every, args.keep, passage_tokens=args.passage_tokens) as (settings, doc_ids):
        started = time.perf_counter()
        report = update(settings)
        seconds = time.perf_counter() - started
        print(f"{report.documents} paragraphs, {report.passages} passages, {len(rows)} questions")
        print(f"{report.embedded} passages embedded, in {seconds:.0f} s with the rest of indexing")
        generation = open_generation(settings.index)
        embedder = SentenceEmbedder(locate(settings.embedder))
        embedder.embed_question("warm up")
        vectors, embed_ms = [], []
        for row in rows:
            started = time.perf_counter()
            vectors.append(embedder.embed_question(row["question"].strip()))
            embed_ms.append((time.perf_counter() - started) * 1000)
        print(f"embedding a question: median {statistics.median(embed_ms):.1f} ms", flush=True)
        for weight in args.weights:
            ranks, search_ms = [], []
            for row, vector in zip(rows, vectors, strict=True):
                started = time.perf_counter()
                found = search(generation, row["question"].strip(), vector, DEPTH, weight)
                search_ms.append((time.perf_counter() - started) * 1000)
                order = list(dict.fromkeys(candidate.passage.doc_id for candidate in found))
                right = doc_ids[row["context"]]
                ranks.append(order.index(right) + 1 if right in order else DEPTH + 1)
            name = {1.0: "dense alone", 0.0: "BM25 alone"}.get(weight, f"fused, {weight:g} dense")
            first = sum(rank == 1 for rank in ranks) / len(ranks)
            five = sum(rank <= 5 for rank in ranks) / len(ranks)
            print(f"{name:18} first {first:6.1%}   among five {five:6.1%}   "
                  f"mean reciprocal rank {statistics.fmean(1 / rank for rank in ranks):.3f}   "
                  f"search median {statistics.median(search_ms):.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
