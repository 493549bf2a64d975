"""Dense and lexical search, fused into one ranking of candidate passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import fmean, pstdev

from famqa.generations import Generation
from famqa.records import Candidate, Vectors

_DEPTH = 100  # passages asked of each of the two searches


def search(
    generation: Generation,
    question: str,
    vector: Vectors,
    limit: int,
    dense_weight: float,
    allowed: Sequence[int] | None = None,
) -> list[Candidate]:
    """The `limit` best passages by `dense_weight` x z(cosine) + (1 - `dense_weight`) x z(BM25), best first.

    Both scores are z-scored over the union of what the two searches find, each passage having its exact cosine; a
    passage that the lexical search did not find has BM25 0. With `allowed`, only those rows are searched. Convex
    combination after normalisation: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval",
    TOIS 2023.
    """
    depth = max(_DEPTH, limit)
    if allowed is None:
        lexical = dict(generation.postings.search(question, depth))
        nearest = [row for row, _ in generation.vectors.search(vector, depth)]
    else:
        lexical, nearest = _search_among(generation, question, vector, depth, allowed)
    rows = sorted({*nearest, *lexical})
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


def _search_among(
    generation: Generation, question: str, vector: Vectors, depth: int, allowed: Sequence[int]
) -> tuple[dict[int, float], list[int]]:
    """BM25 of the best of the allowed rows that share a term with the question, and the nearest of them by cosine."""
    if not allowed:
        return {}, []
    inside = set(allowed)
    found = generation.postings.search(question, len(generation.postings))  # best first, so the first are the best
    lexical = dict(islice((pair for pair in found if pair[0] in inside), depth))
    cosines = generation.vectors.cosines(vector, list(allowed))
    nearest = sorted(range(len(allowed)), key=lambda n: (-cosines[n], n))[:depth]
    return lexical, [allowed[n] for n in nearest]


def fuse(cosines: Mapping[int, float], bm25: Mapping[int, float], dense_weight: float) -> dict[int, float]:
    """The weighted sum of both scores after z-scoring each; the keys of both mappings are the same rows."""
    dense, lexical = z_scores(cosines), z_scores(bm25)
    return {row: dense_weight * dense[row] + (1 - dense_weight) * lexical[row] for row in cosines}


def z_scores(scores: Mapping[int, float]) -> dict[int, float]:
    """Each score in standard deviations from their mean; all 0 where they are equal."""
    mean, deviation = fmean(scores.values()), pstdev(scores.values())
    return {row: (score - mean) / deviation if deviation > 1e-9 else 0.0 for row, score in scores.items()}
