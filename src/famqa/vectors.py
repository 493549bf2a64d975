"""Nearest vectors by cosine, exactly; the only import of faiss."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np

from famqa.errors import IndexDamagedError, IndexError_
from famqa.records import Vectors

_LENGTH_TOLERANCE = 1e-3  # of float32 vectors of a model that may have worked in half precision


def write_vectors(vectors: Vectors, npy: Path, index: Path) -> None:
    """Writes the vectors, and the FAISS index made from them. The vectors have length 1, so dot product is cosine.

    Raises `IndexError_` where the disk is full or cannot be written to.
    """
    try:
        np.save(npy, vectors)
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        faiss.write_index(flat, str(index))
    except (OSError, RuntimeError) as error:  # numpy and FAISS do not say why a write fell short
        is_full = shutil.disk_usage(npy.parent).free < vectors.nbytes
        reason = "the disk is full" if is_full else " ".join(str(error).split())[:120]
        raise IndexError_(f"{npy.parent}: the vectors cannot be written ({reason}); check the space there") from None


class VectorIndex:
    """The vectors of one generation; row i belongs to passage i."""

    def __init__(self, npy: Path, index: Path) -> None:
        try:
            self.vectors: Vectors = np.load(npy, mmap_mode="r", allow_pickle=False)
            self._index = faiss.read_index(str(index))
        except (OSError, EOFError, ValueError, RuntimeError) as error:
            reason = str(error).split("\n")[0][:160]
            raise IndexDamagedError(f"the vectors in {npy.parent} cannot be read: {reason}") from None
        if self._index.ntotal != len(self.vectors) or self._index.d != self.vectors.shape[1]:
            raise IndexDamagedError(f"{index} and {npy.name} do not hold the same vectors")

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, question: Vectors, limit: int) -> list[tuple[int, float]]:
        """(row, cosine) of the `limit` nearest, best first; ties by row. `question` has shape (dimension,)."""
        cosines, rows = self._index.search(question[None, :], min(limit, len(self)))
        found = [(int(row), float(cosine)) for row, cosine in zip(rows[0], cosines[0], strict=True) if row >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def problems(self) -> Iterator[str]:
        """What is wrong with the vectors, a line each; nothing if all are unit vectors and the same in both files."""
        lengths = np.linalg.norm(self.vectors, axis=1)
        bad = np.flatnonzero(~(np.abs(lengths - 1) < _LENGTH_TOLERANCE))  # not a number is bad too
        if len(bad):
            yield f"vector {bad[0]} has length {lengths[bad[0]]:.4g} instead of 1, as have {len(bad) - 1} others"
        if not np.array_equal(self._index.reconstruct_n(0, len(self)), self.vectors):
            yield "the two files of vectors do not hold the same numbers"

    def cosines(self, question: Vectors, rows: list[int]) -> list[float]:
        """Cosine of the question with each of the rows."""
        return [float(value) for value in self.vectors[rows] @ question]
