"""Fits a reader's `Calibration` on one half of SQuAD-format files, and shows how well it holds on the other.

    python training/calibrate_reader.py FILE... [--reader NAME|DIR] [--once] [--questions 800] [--write MANIFEST]

The shipped reader is the small one with the larger one that reads again, whose manifest takes that calibration; with
`--once` it is the small one alone, whose own calibration says which passages are read again.

Every paragraph of a FILE is a document, and each FILE a folder of them. Questions with an answer are asked of all of
it; of the questions without one, half are the file's own (written to look answerable) and half are answerable ones
whose paragraph is taken out of the candidates. A span is right if its words share at least half (F1) with an answer.
The articles go by turns to the half that fits and the half that shows (their titles in the order of their sha256).
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
from famqa.reading import SpanReader
from famqa.rereading import Rereader, open_reader
from famqa.search import search
from famqa.settings import DEFAULT_READER, load_settings

SPANS_A_QUESTION = 5


Asked = list[tuple[str, list[tuple[Features, bool]]]]
"""For each question its kind, and its best spans with whether each is right."""


class Collection:
    """The paragraphs of a file as an index, asked by a reader."""

    def __init__(self, file: Path, home: Path, reader: SpanReader | Rereader) -> None:
        self.rows = squad.read_rows(file)
        self._reader = reader
        self._doc_ids = squad.write_corpus(home / "corpus", self.rows)
        self._settings = load_settings(corpus=home / "corpus", index=home / "index")
        update(self._settings)
        self._generation = open_generation(self._settings.index)
        self._embedder = SentenceEmbedder(locate(self._settings.embedder))

    def ask(self, rows: list[dict[str, Any]], questions: int) -> Asked:
        """At most so many questions with an answer, and half as many without one."""
        drawn = random.Random(0)
        answerable = squad.answerable(rows)
        answerable = drawn.sample(answerable, min(questions, len(answerable)))
        impossible = [row for row in rows if row.get("is_impossible")]
        impossible = drawn.sample(impossible, min(len(answerable) // 4, len(impossible)))
        taken_out = answerable[: len(answerable) // 4]
        return (
            [("answerable", self._spans(row)) for row in answerable]
            + [("impossible", self._spans(row)) for row in impossible]
            + [("taken out", self._spans(row, without=self._doc_ids[row["context"]])) for row in taken_out]
        )

    def _spans(self, row: dict[str, Any], without: str = "") -> list[tuple[Features, bool]]:
        """Features of the best spans for a question, and whether each is right; the document `without` left out."""
        question = row["question"].strip()
        vector = self._embedder.embed_question(question)
        wanted = self._settings.candidates
        found = search(self._generation, question, vector, wanted + 3, self._settings.dense_weight)
        found = [candidate for candidate in found if candidate.passage.doc_id != without][:wanted]
        answers = [] if without else [answer["text"] for answer in row["answers"]]
        best = sorted(self._reader.found(question, found), key=lambda f: -f.features.above_none)[:SPANS_A_QUESTION]
        texts = [self._generation.catalog.document(f.passage.doc_id).text[f.start : f.end] for f in best]
        return [
            (f.features, bool(answers) and token_f1(text, answers) >= 0.5) for f, text in zip(best, texts, strict=True)
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--reader", default=DEFAULT_READER)
    parser.add_argument("--once", action="store_true", help="without the larger reader that reads again")
    parser.add_argument("--questions", type=int, default=800, help="of a file, with an answer, in each half")
    parser.add_argument(
        "--keep", type=Path, default=None, help="folder for corpora and indexes, used again if they are there"
    )
    parser.add_argument("--threshold", type=float, default=0.17, help="least probability at which to answer")
    parser.add_argument("--write", type=Path, default=None, help="manifest.json to put the calibration into")
    args = parser.parse_args()

    reader = open_reader(args.reader, not args.once)
    fitted: Asked = []
    shown: dict[str, Asked] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for file in args.files:
            name = file.name.split(".")[0]
            collection = Collection(file, (args.keep or Path(temporary)) / name, reader)
            fits, shows = squad.halves(collection.rows)
            fitted += collection.ask(fits, args.questions)
            shown[name] = collection.ask(shows, args.questions)

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
    for name, asked in shown.items():
        print(f"\n{name}, the other half")
        show([(kind, *top(calibration, found)) for kind, found in asked if found])


def show(tops: list[tuple[str, float, bool]]) -> None:
    """Prints how far the probabilities of the best spans hold, and what a threshold would refuse."""
    print("probability of the best span, questions, share right")
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
    print("threshold: refused of each kind; right among the answered")
    for threshold in (0.1, 0.15, 0.17, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
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
