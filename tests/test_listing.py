"""The rows of a list or table that search did not find, on a table of known length."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import make_settings
from famqa.assistant import Assistant
from famqa.embedding import SentenceEmbedder
from famqa.generations import Generation, open_generation
from famqa.indexing import update
from famqa.listing import MOST_ROWS, other_rows
from famqa.records import BlockKind
from famqa.search import search

ROWS = 75
TABLE = "# Keepers\n\n| Year | Keeper |\n|---|---|\n" + "".join(
    f"| {1900 + n} | Keeper{n} Holm |\n" for n in range(ROWS)
)
TEXT = f"{TABLE}\nThe keepers lived in the tower.\n"


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory, embedder: SentenceEmbedder) -> Generation:
    settings = make_settings(tmp_path_factory.mktemp("list"), {"keepers.md": TEXT})
    update(settings)
    return open_generation(settings.index)


def test_the_whole_table_is_read_up_to_the_limit(generation: Generation, embedder: SentenceEmbedder) -> None:
    question = "Which keepers were there from 1900 on?"
    vector = embedder.embed_question(question)
    found = search(generation, question, vector, 100, 0.6)
    others, is_cut = other_rows(generation, vector, found, 8)
    read = [candidate.row for candidate in (*found[:8], *others)]
    rows = [c for c in (*found[:8], *others) if c.passage.kind is BlockKind.TABLE_ROW]
    assert len(read) == len(set(read))
    assert is_cut  # 75 rows are more than are read
    assert MOST_ROWS <= len(rows) < ROWS
    assert all(0 < candidate.cosine <= 1 for candidate in rows)


def test_a_single_row_found_is_no_list(generation: Generation, embedder: SentenceEmbedder) -> None:
    question = "Where did they live?"
    vector = embedder.embed_question(question)
    found = search(generation, question, vector, 100, 0.6)
    assert other_rows(generation, vector, found, 1) == ([], False)


def test_a_list_that_goes_on_is_not_shown_as_whole(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, {"keepers.md": TEXT})
    update(settings)
    answer = Assistant(settings).ask("Which keepers were there?")
    assert answer.status == "answered"
    assert len(answer.spans) > 8
    starts = [span.start for span in answer.spans]
    assert starts == sorted(starts)
    assert answer.note.startswith("There may be more")
