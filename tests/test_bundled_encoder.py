"""The bundled model by torch alone gives the vectors of sentence-transformers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conftest import LIGHTHOUSE, PRICES, make_settings, write_corpus
from famqa import bundled_encoder
from famqa.bundled_encoder import FEW, can_embed, embed_few
from famqa.embedding import ModelFiles, SentenceEmbedder
from famqa.generations import open_generation, verify
from famqa.indexing import update

pytestmark = pytest.mark.model


def test_the_vectors_are_those_of_sentence_transformers(embedder: SentenceEmbedder) -> None:
    texts = ["", "a", "Kites é 👩‍🚀", "UPPER lower 1,200", *LIGHTHOUSE.split("\n"), *PRICES.split("\n"), "word " * 254]
    few = embed_few(embedder.files, texts)
    assert few.dtype == np.float32
    assert few == pytest.approx(embedder.embed(texts), abs=2e-6)


def test_it_is_for_few_texts_and_the_bundled_model_only(model_files: ModelFiles) -> None:
    assert can_embed(model_files, FEW)
    assert not can_embed(model_files, FEW + 1)
    assert not can_embed(replace(model_files, name="other"), 1)


def test_a_small_update_is_as_a_full_build_and_needs_no_sentence_transformers(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, {"lighthouse.txt": LIGHTHOUSE})
    code = (
        "import sys; from famqa.indexing import update; from famqa.settings import Settings; "
        "report = update(Settings(corpus=sys.argv[1], index=sys.argv[2])); "
        "assert 'sentence_transformers' not in sys.modules; print(report.embedded)"
    )
    source = str(Path(bundled_encoder.__file__).parents[1])
    command = [sys.executable, "-c", code, str(settings.corpus), str(settings.index)]
    done = subprocess.run(command, env={"PYTHONPATH": source}, capture_output=True, text=True, check=True)
    assert int(done.stdout) == open_generation(settings.index).manifest.passages <= FEW
    small = np.array(open_generation(settings.index).vectors.vectors)
    write_corpus(settings.corpus, {"items.txt": "".join(f"- item number {n}\n" for n in range(FEW))})
    assert update(settings, full=True).embedded > FEW  # by sentence-transformers
    generation = open_generation(settings.index)
    row = generation.manifest.documents[0].passages
    assert generation.manifest.documents[0].doc_id == "items.txt"
    assert generation.vectors.vectors[row:] == pytest.approx(small, abs=2e-6)
    assert verify(settings.index) == []
