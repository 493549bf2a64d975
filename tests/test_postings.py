"""BM25 over terms, with scores worked out by hand."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from famqa.errors import IndexDamagedError
from famqa.postings import Postings, write_postings

TEXTS = ["red rope thin", "red chain heavy", "blue rope thick", "green green paint"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_postings(tmp_path / "postings", TEXTS)
    return tmp_path / "postings"


def test_scores_are_bm25(folder: Path) -> None:
    """All texts have three terms, so length changes nothing: score = idf * tf * 2.2 / (tf + 1.2)."""
    postings = Postings(folder)
    assert len(postings) == 4
    idf_of_one = math.log(1 + (4 - 1 + 0.5) / (1 + 0.5))
    idf_of_two = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    assert postings.search("chain", 10) == [(1, pytest.approx(idf_of_one, rel=1e-5))]
    assert postings.search("green", 10) == [(3, pytest.approx(idf_of_one * 2 * 2.2 / 3.2, rel=1e-5))]
    assert postings.search("red rope", 10) == [
        (0, pytest.approx(2 * idf_of_two, rel=1e-5)),
        (1, pytest.approx(idf_of_two, rel=1e-5)),
        (2, pytest.approx(idf_of_two, rel=1e-5)),
    ]


def test_the_limit_keeps_the_best(folder: Path) -> None:
    assert [row for row, _ in Postings(folder).search("red rope", 1)] == [0]


def test_question_and_text_meet_in_their_terms(folder: Path) -> None:
    postings = Postings(folder)
    assert postings.search("CHAINS?", 10) == postings.search("chain", 10)
    assert postings.search("chain chain chain", 10) == postings.search("chain", 10)


def test_nothing_in_common_finds_nothing(folder: Path) -> None:
    postings = Postings(folder)
    assert postings.search("yellow", 10) == []
    assert postings.search("?!", 10) == []
    assert postings.search("", 10) == []


def test_signs_of_a_query_language_are_only_text(folder: Path) -> None:
    postings = Postings(folder)
    assert postings.search('-red +(chain "AND terms:*', 10) == postings.search("red chain and terms", 10)


def test_number_words_meet_digits(tmp_path: Path) -> None:
    write_postings(tmp_path / "postings", ["the second wreck", "wreck number 2", "the third wreck"])
    assert sorted(row for row, _ in Postings(tmp_path / "postings").search("2nd", 10)) == [0, 1]


def test_a_missing_or_broken_index_is_damage(folder: Path) -> None:
    (folder / "meta.json").write_text("{")
    with pytest.raises(IndexDamagedError, match="postings"):
        Postings(folder)
    shutil.rmtree(folder)
    with pytest.raises(IndexDamagedError, match="postings"):
        Postings(folder)
