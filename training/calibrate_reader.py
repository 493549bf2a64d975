"""Fits a reader's `Calibration` on one half of a SQuAD-format file, and shows how well it holds on the other.

    python training/calibrate_reader.py FILE [--reader NAME|DIR] [--once] [--questions 800] [--write MANIFEST]

The shipped reader is the small one with the larger one that reads again, whose manifest takes that calibration; with
`--once` it is the small one alone, whose own calibration says which passages are read again.

Every paragraph of FILE is a document. Questions with an answer are asked of all of them; of the questions without
one, half are the file's own (written to look answerable) and half are answerable ones whose paragraph is taken out
of the candidates. A span is right if its words share at least half (F1) with an answer. The articles go by turns to
the half that fits and the half that shows (their titles in the order of their sha256).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from famqa.embedding import SentenceEmbedder, locate
from famqa.evaluation import squad
from famqa.evaluation.metrics import token_f1
from famqa.generations import open_generation
from famqa.indexing import update
from famqa.reader_weights import Calibration, Features
from famqa.rereading import Rereader, open_reader
from famqa.search import search
from famqa.settings import DEFAULT_READER, load_settings

SPANS_A_QUESTION = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--reader", default=DEFAULT_READER)
    parser.add_argument("--once", action="store_true", help="without the larger reader that reads again")
    parser.add_argument("--questions", type=int, default=800, help="with an answer, in each half")
    parser.add_argument(
        "--keep", type=Path, default=None, help="folder for corpus and index, used again if it is there"
    )
    parser.add_argument("--threshold", type=float, default=0.17, help="least probability at which to answer")
    parser.add_argument("--write", type=Path, default=None, help="manifest.json to put the calibration into")
    args = parser.parse_args()

    every = squad.read_rows(args.file)
    with tempfile.TemporaryDirectory() as temporary:
        home = args.keep or Path(temporary)
        doc_ids = squad.write_corpus(home / "corpus", every)
        settings = load_settings(corpus=home / "corpus", index=home / "index")
        update(settings)
        generation = open_generation(settings.index)
        embedder = SentenceEmbedder(locate(settings.embedder))
        reader = open_reader(args.reader, not args.once)

        def spans(row: dict[str, Any], without: str = "") -> list[tuple[Features, bool]]:
            """Features of the best spans for a question, and whether each is right; the document `without` left out."""
            question = row["question"].strip()
            vector = embedder.embed_question(question)
            found = search(generation, question, vector, settings.candidates + 3, settings.dense_weight)
            found = [candidate for candidate in found if candidate.passage.doc_id != without][: settings.candidates]
            answers = [] if without else [answer["text"] for answer in row["answers"]]
            best = sorted(reader.found(question, found), key=lambda f: -f.features.above_none)[:SPANS_A_QUESTION]
            texts = [generation.catalog.document(f.passage.doc_id).text[f.start : f.end] for f in best]
            return [
                (f.features, bool(answers) and token_f1(text, answers) >= 0.5)
                for f, text in zip(best, texts, strict=True)
            ]

        def ask(rows: list[dict[str, Any]]) -> list[tuple[str, list[tuple[Features, bool]]]]:
            drawn = random.Random(0)
            answerable = drawn.sample(squad.answerable(rows), args.questions)
            impossible = [row for row in rows if row.get("is_impossible")]
            impossible = drawn.sample(impossible, min(args.questions // 4, len(impossible)))
            taken_out = answerable[: args.questions // 4]
            return (
                [("answerable", spans(row)) for row in answerable]
                + [("impossible", spans(row)) for row in impossible]
                + [("taken out", spans(row, without=doc_ids[row["context"]])) for row in taken_out]
            )

        fitted, shown = (ask(rows) for rows in squad.halves(every))

    names = ["above_none", "search_behind", *(["first_above_none"] if isinstance(reader, Rereader) else [])]
    x = np.array([weighed(features)[: len(names)] for _, found in fitted for features, _ in found])
    y = np.array([right for _, found in fitted for _, right in found])
    model = LogisticRegression(C=100.0, max_iter=1000).fit(x, y)
    weights = {name: round(float(weight), 3) for name, weight in zip(names, model.coef_[0], strict=True)}
    calibration = Calibration(**weights, intercept=round(float(model.intercept_[0]), 3), threshold=args.threshold)
    print(calibration)
    if args.write:
        manifest = json.loads(args.write.read_text("utf-8"))
        manifest["calibration"] = asdict(calibration)
        args.write.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")

    tops = [(kind, *top(calibration, found)) for kind, found in shown if found]
    print("\nreliability on the other half: probability of the best span, questions, share right")
    for low in np.arange(0, 1, 0.1):
        inside = [right for _, p, right in tops if low <= p < low + 0.1 or (low > 0.85 and p == 1)]
        if inside:
            print(f"  {low:.1f} to {low + 0.1:.1f}  {len(inside):5}  {np.mean(inside):6.1%}")
    bins = [(p, right) for _, p, right in tops]
    error = sum(
        abs(sum(p for p, _ in part) - sum(right for _, right in part))
        for low in range(10)
        for part in [[pair for pair in bins if min(int(pair[0] * 10), 9) == low]]
    ) / len(bins)
    print(f"expected calibration error {error:.3f}")
    print("\nthreshold: refused of each kind; right among the answered")
    for threshold in (0.1, 0.15, 0.18, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        shares = []
        for kind in ("answerable", "impossible", "taken out"):
            of_kind = [p < threshold for k, p, _ in tops if k == kind]
            shares.append(f"{kind} {np.mean(of_kind):6.1%}" if of_kind else "")
        answered = [right for k, p, right in tops if k == "answerable" and p >= threshold]
        print(f"  {threshold:.2f}  {'  '.join(shares)}  right {np.mean(answered):6.1%}")


def weighed(features: Features) -> tuple[float, float, float]:
    """What `Calibration.log_odds` weighs."""
    first = features.first_above_none + features.first_lift
    return features.above_none + features.lift, features.search_behind, first


def top(calibration: Calibration, found: list[tuple[Features, bool]]) -> tuple[float, bool]:
    """Probability of a question's best span, and whether it is right."""
    features, right = max(found, key=lambda pair: calibration.log_odds(pair[0]))
    return 1 / (1 + float(np.exp(-calibration.log_odds(features)))), right


if __name__ == "__main__":
    main()
