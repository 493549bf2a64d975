"""Fits the logistic regression of `famqa.sentence_reader` on a SQuAD-format file and prints what to write there.

    python training/fit_sentence_reader.py FILE [--contexts 2000] [--limit 1000] [--keep DIR]

Every paragraph is a document; the product's own search gives the candidates. A sentence is right if it holds the
answer. For every second question the right document is taken out of the candidates, so that the probability also
means something where nothing answers. Half of the articles fit, the other half show the table of thresholds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from famqa.embedding import SentenceEmbedder, locate
from famqa.evaluation import squad
from famqa.generations import open_generation
from famqa.indexing import update
from famqa.search import search
from famqa.sentence_reader import FEATURES, SentenceReader, Unit
from famqa.settings import load_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--contexts", type=int, default=2000)
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--keep", type=Path, default=None)
    args = parser.parse_args()

    every = squad.read_rows(args.file)
    contexts = set(list(dict.fromkeys(row["context"] for row in every))[: args.contexts])
    every = [row for row in every if row["context"] in contexts]
    rows = random.Random(0).sample(squad.answerable(every), args.limit)
    titles = sorted({row["title"] for row in rows})
    fitting = set(titles[::2])

    with tempfile.TemporaryDirectory() as temporary:
        home = args.keep or Path(temporary)
        doc_ids = squad.write_corpus(home / "corpus", every)
        settings = load_settings(corpus=home / "corpus", index=home / "index")
        update(settings)
        generation = open_generation(settings.index)
        embedder = SentenceEmbedder(locate(settings.embedder))
        reader = SentenceReader(embedder)
        samples: list[tuple[bool, bool, list[tuple[float, ...]], list[bool]]] = []
        for number, row in enumerate(rows):
            question, right = row["question"].strip(), doc_ids[row["context"]]
            vector = embedder.embed_question(question)
            found = search(generation, question, vector, settings.candidates + 2, settings.dense_weight)
            if number % 2:
                found = [candidate for candidate in found if candidate.passage.doc_id != right]
            found = found[: settings.candidates]
            units = [Unit(c, start, end) for c in found for start, end in c.passage.sentences]
            labels = [
                unit.candidate.passage.doc_id == right
                and any(unit.start <= a["start"] and a["start"] + len(a["text"]) <= unit.end for a in row["answers"])
                for unit in units
            ]
            samples.append((row["title"] in fitting, number % 2 == 0, reader.features(question, units), labels))

    x = np.array([f for fit, _, features, _ in samples if fit for f in features])
    y = np.array([label for fit, _, _, labels in samples if fit for label in labels])
    model = LogisticRegression(C=10.0, max_iter=1000).fit(x, y)
    print("FEATURES ", FEATURES)
    print("WEIGHTS  ", tuple(round(float(w), 2) for w in model.coef_[0]))
    print("INTERCEPT", round(float(model.intercept_[0]), 2))

    tops: list[tuple[bool, float, bool]] = []  # has its document, best probability, best is right
    for fit, whole, features, labels in samples:
        if not fit:
            p = model.predict_proba(np.array(features))[:, 1]
            tops.append((whole, float(p.max()), bool(labels[int(p.argmax())])))
    with_answer = [top for top in tops if top[0]]
    print(f"best sentence right: {np.mean([right for _, _, right in with_answer]):.1%} of {len(with_answer)}")
    for threshold in (0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5):
        refused = np.mean([p < threshold for whole, p, _ in tops if not whole])
        lost = np.mean([p < threshold for _, p, _ in with_answer])
        print(f"threshold {threshold:.2f}: refuses {refused:.1%} of what has no answer, {lost:.1%} of what has one")


if __name__ == "__main__":
    main()
