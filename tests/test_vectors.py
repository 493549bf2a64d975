"""Nearest vectors by cosine, with vectors worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from famqa.errors import IndexDamagedError
from famqa.vectors import VectorIndex, write_vectors

# Directions in the plane; the cosine with (1, 0) is the first number.
ROWS = np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 1.0], [0.6, -0.8], [-1.0, 0.0]], dtype=np.float32)
EAST = np.array([1.0, 0.0], dtype=np.float32)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    npy, index = tmp_path / "vectors.npy", tmp_path / "vectors.faiss"
    write_vectors(ROWS, npy, index)
    return npy, index


def test_nearest_first_and_ties_by_row(files: tuple[Path, Path]) -> None:
    index = VectorIndex(*files)
    assert len(index) == 5
    found = index.search(EAST, 4)
    assert [row for row, _ in found] == [1, 0, 3, 2]
    assert [cosine for _, cosine in found] == pytest.approx([1.0, 0.6, 0.6, 0.0])


def test_more_than_there_is_gives_all(files: tuple[Path, Path]) -> None:
    assert [row for row, _ in VectorIndex(*files).search(EAST, 100)] == [1, 0, 3, 2, 4]


def test_cosines_of_chosen_rows_in_their_order(files: tuple[Path, Path]) -> None:
    assert VectorIndex(*files).cosines(EAST, [4, 0, 1]) == pytest.approx([-1.0, 0.6, 1.0])


@pytest.mark.parametrize("which", [0, 1], ids=["npy", "faiss"])
@pytest.mark.parametrize("content", [b"", b"no vectors"], ids=["empty", "other"])
def test_a_file_that_holds_no_vectors_is_damage(files: tuple[Path, Path], which: int, content: bytes) -> None:
    files[which].write_bytes(content)
    with pytest.raises(IndexDamagedError, match="vectors"):
        VectorIndex(*files)


def test_files_that_do_not_belong_together_are_damage(files: tuple[Path, Path]) -> None:
    np.save(files[0], ROWS[:3])
    with pytest.raises(IndexDamagedError, match="do not hold the same vectors"):
        VectorIndex(*files)
