"""Dense and lexical search, fused into one ranking of candidate passages."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, pstdev

from famqa.generations import Generation
from famqa.records import Candidate, Vectors

_DEPTH = 100  # passages asked of each of the two searches


def search(generation: Generation, question: str, vector: Vectors, limit: int, dense_weight: float) -> list[Candidate]:
    """The `limit` best passages by `dense_weight` x z(cosine) + (1 - `dense_weight`) x z(BM25), best first.

    Both scores are z-scored over the union of what the two searches find, each passage having its exact cosine; a
    passage that the lexical search did not find has BM25 0. Convex combination after normalisation: Bruch, Gai and
    Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    depth = max(_DEPTH, limit)
    lexical = dict(generation.postings.search(question, depth))
    rows = sorted({row for row, _ in generation.vectors.search(vector, depth)} | lexical.keys())
    if not rows:
        return []
    cosines = dict(zip(rows, generation.vectors.cosines(vector, rows), strict=True))
    bm25 = {row: lexical.get(row, 0.0) for row in rows}
    fused = fuse(cosines, bm25, dense_weight)
    best = sorted(rows, key=lambda row: (-fused[row], row))[:limit]
    passages = generation.catalog.passages(best)
    return [
        Candidate(row, passage, fused[row], cosines[row], bm25[row])
        for row, passage in zip(best, passages, strict=True)
    ]


def fuse(cosines: Mapping[int, float], bm25: Mapping[int, float], dense_weight: float) -> dict[int, float]:
    """The weighted sum of both scores after z-scoring each; the keys of both mappings are the same rows."""
    dense, lexical = z_scores(cosines), z_scores(bm25)
    return {row: dense_weight * dense[row] + (1 - dense_weight) * lexical[row] for row in cosines}


def z_scores(scores: Mapping[int, float]) -> dict[int, float]:
    """Each score in standard deviations from their mean; all 0 where they are equal."""
    mean, deviation = fmean(scores.values()), pstdev(scores.values())
    return {row: (score - mean) / deviation if deviation > 1e-9 else 0.0 for row, score in scores.items()}
