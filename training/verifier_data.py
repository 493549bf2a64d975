"""Examples for the verifier: spans that a reader takes for answers, right and wrong ones.

    python training/verifier_data.py --data training/runs/train2.jsonl.gz --examples 50000 --seed 3 \\
        --out training/runs/verifier.jsonl.gz

One JSON object a line: `question`, `passage`, `start`, `end` (of the span in the passage) and `target`: the share of
words (F1) that the span has in common with the answer, 0 below one half. The reader's examples without an answer give
the span that the reader likes best in them: just the mistake that the verifier is there for.
"""

import argparse
import gzip
import json
import random
from pathlib import Path

import numpy as np

from famqa.evaluation.metrics import token_f1
from famqa.evaluation.squad import read_rows
from famqa.reader_weights import locate_reader
from famqa.reading import QUESTION_PIECES, SpanReader, Window, best_spans
from famqa.settings import DEFAULT_READER

MAX_PIECES = 256
WRONG_SPANS = 2  # at most, of an example with an answer
NONE_SPANS = 2  # of one without
CHUNK = 512


def windows_of(reader: SpanReader, rows: list[dict]) -> list[Window]:
    loaded = reader._loaded()
    windows = []
    for number, row in enumerate(rows):
        asked = loaded.tokenizer.encode(row["question"], add_special_tokens=False).ids[:QUESTION_PIECES]
        encoded = loaded.tokenizer.encode(row["passage"], add_special_tokens=False)
        room = MAX_PIECES - len(asked) - 3
        head = [loaded.mark_start, *asked, loaded.mark_end]
        ids = [*head, *encoded.ids[:room], loaded.mark_end]
        windows.append(Window(number, ids, len(head), encoded.offsets[:room]))
    return windows


def spans_of(row: dict, window: Window, starts: np.ndarray, ends: np.ndarray) -> list[tuple[int, int, float]]:
    """Spans with their targets: the answer itself, and those that the reader likes best."""
    passage = row["passage"]
    found = [(a, b) for a, b, _ in best_spans(window, starts, ends)]
    if row["start"] < 0:
        chosen: list[tuple[int, int, float]] = []
        for a, b in found:
            if len(chosen) < NONE_SPANS and not any(a < d and c < b for c, d, _ in chosen):
                chosen.append((a, b, 0.0))
        return chosen
    answer = passage[row["start"] : row["end"]]
    chosen = [(row["start"], row["end"], 1.0)]
    wrong = near = 0
    for a, b in found:
        if (a, b) == (row["start"], row["end"]):
            continue
        target = token_f1(passage[a:b], [answer])
        if target >= 0.5 and near < 1:
            near += 1
            chosen.append((a, b, round(target, 3)))
        elif target < 0.2 and wrong < WRONG_SPANS and not any(a < d and c < b for c, d, _ in chosen):
            wrong += 1
            chosen.append((a, b, 0.0))
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, type=Path, help="examples made by reader_data.py")
    parser.add_argument("--reader", default=DEFAULT_READER, help="whose spans are judged")
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--skip", nargs="*", default=["policyqa"], help="sources left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    rows = [row for row in read_rows(options.data) if row["source"] not in options.skip]
    rows = random.Random(options.seed).sample(rows, min(options.examples, len(rows)))
    reader = SpanReader(locate_reader(options.reader))
    counts = {"right": 0, "wrong": 0}
    with gzip.open(options.out, "wt", encoding="utf-8") as file:
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            windows = windows_of(reader, part)
            for row, window, (starts, ends) in zip(part, windows, reader._logits(windows), strict=True):
                for start, end, target in spans_of(row, window, starts, ends):
                    counts["right" if target else "wrong"] += 1
                    kept = {"question": row["question"], "passage": row["passage"], "kind": row["kind"]}
                    file.write(json.dumps({**kept, "start": start, "end": end, "target": target}) + "\n")
            if (first // CHUNK) % 10 == 0:
                print(first + len(part), counts, flush=True)
    print(counts)


if __name__ == "__main__":
    main()
