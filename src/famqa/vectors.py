"""Nearest vectors by cosine, exactly; the only import of faiss."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from famqa.errors import IndexDamagedError
from famqa.records import Vectors


def write_vectors(vectors: Vectors, npy: Path, index: Path) -> None:
    """Writes the vectors, and the FAISS index made from them. The vectors have length 1, so dot product is cosine."""
    np.save(npy, vectors)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    faiss.write_index(flat, str(index))


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

    def cosines(self, question: Vectors, rows: list[int]) -> list[float]:
        """Cosine of the question with each of the rows."""
        return [float(value) for value in self.vectors[rows] @ question]
