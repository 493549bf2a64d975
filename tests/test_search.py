"""Dense and lexical search fused, with scores worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from famqa.catalog import Catalog, Entry, write_catalog
from famqa.generations import CATALOG, FAISS, POSTINGS, VECTORS, Generation
from famqa.manifests import Manifest, Recipe
from famqa.postings import Postings, write_postings
from famqa.records import BlockKind, Document, Passage, Segment
from famqa.search import fuse, search, z_scores
from famqa.vectors import VectorIndex, write_vectors

TEXTS = ["red rope", "red chain", "blue rope", "green paint"]
VECTORS_OF_TEXTS = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]], dtype=np.float32)
EAST = np.array([1.0, 0.0], dtype=np.float32)


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    """Four passages whose cosines with EAST are 1, 0.6, 0 and -1."""
    document = Document("a.txt", "T", "\n".join(TEXTS), "text", "0" * 64)
    starts = [document.text.index(text) for text in TEXTS]
    passages = tuple(
        Passage(
            *("a.txt", ordinal, BlockKind.PARAGRAPH, start, start + len(text), text, text),
            segments=(Segment(0, start, len(text)),),
            sentences=((start, start + len(text)),),
        )
        for ordinal, (start, text) in enumerate(zip(starts, TEXTS, strict=True))
    )
    write_catalog(tmp_path / CATALOG, [Entry(document, (), passages)])
    write_vectors(VECTORS_OF_TEXTS, tmp_path / VECTORS, tmp_path / FAISS)
    write_postings(tmp_path / POSTINGS, TEXTS)
    recipe = Recipe("model", "0", 1, "famqa", "0", 160)
    return Generation(
        Manifest("name", "2026-01-01T00:00:00+00:00", recipe, (), (), 4, 2, {}),
        Catalog(tmp_path / CATALOG),
        VectorIndex(tmp_path / VECTORS, tmp_path / FAISS),
        Postings(tmp_path / POSTINGS),
    )


def test_z_scores_are_deviations_from_the_mean() -> None:
    # mean 2, standard deviation sqrt(2 / 3)
    assert z_scores({7: 1.0, 8: 2.0, 9: 3.0}) == {
        7: pytest.approx(-math.sqrt(1.5)),
        8: 0.0,
        9: pytest.approx(math.sqrt(1.5)),
    }
    assert z_scores({1: 0.3, 2: 0.3}) == {1: 0.0, 2: 0.0}
    assert z_scores({1: 5.0}) == {1: 0.0}


def test_fusing_weighs_the_two_z_scores() -> None:
    # two values have the z-scores -1 and 1
    assert fuse({0: 0.1, 1: 0.9}, {0: 8.0, 1: 2.0}, 0.75) == {0: pytest.approx(-0.5), 1: pytest.approx(0.5)}


def test_only_the_cosine_or_only_the_words(generation: Generation) -> None:
    assert [found.row for found in search(generation, "chain", EAST, 4, 1.0)] == [0, 1, 2, 3]
    assert [found.row for found in search(generation, "chain", EAST, 4, 0.0)] == [1, 0, 2, 3]


def test_both_together(generation: Generation) -> None:
    # Cosines: mean 0.15, deviation 0.7533. One BM25 of four is not 0: its z-score is sqrt(3), the others' -1/sqrt(3).
    found = search(generation, "chain", EAST, 4, 0.5)
    assert [candidate.row for candidate in found] == [1, 0, 2, 3]
    assert [candidate.score for candidate in found] == pytest.approx([1.1647, 0.2755, -0.3882, -1.0520], abs=1e-4)
    assert [candidate.cosine for candidate in found] == pytest.approx([0.6, 1.0, 0.0, -1.0])
    assert [candidate.bm25 for candidate in found] == pytest.approx([math.log(1 + 3.5 / 1.5), 0, 0, 0], rel=1e-5)
    assert [candidate.passage.text for candidate in found] == ["red chain", "red rope", "blue rope", "green paint"]


def test_no_word_in_common_leaves_the_cosine(generation: Generation) -> None:
    found = search(generation, "yellow?", EAST, 2, 0.5)
    assert [candidate.row for candidate in found] == [0, 1]
    assert found[0].score == pytest.approx(0.5 * (1 - 0.15) / math.sqrt(0.5675))
