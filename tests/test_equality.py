"""However the folder came to be as it is, the updated index is the one that a fresh build would make."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from conftest import TermEmbedder, write_corpus
from famqa import generations
from famqa.assistant import Assistant
from famqa.errors import IndexMissingError
from famqa.generations import Generation, current_name, is_rolled_back, kept_names, open_generation, rollback, verify
from famqa.indexing import update
from famqa.settings import SENTENCE_READER, Settings

ALL_NAMES = ["a.txt", "b.md", "sub/a.txt", "sub/deep/c.txt", "d.txt"]
NAMES = st.sampled_from(ALL_NAMES)
NUMBERS = st.integers(0, 4)
TEXTS = st.sampled_from(
    [
        "= Kites =\nA kite has a tail. It flies at 30 metres.\n\n- Span: 2 m\n- Line: 30 m\n",
        "= Kites =\nA kite has two tails. It flies at 30 metres.\n\n- Span: 3 m\n- Line: 30 m\n",
        "Hemp rope floats on water.\n",
        "| Year | Ship |\n| 1874 | Aurora |\n| 1880 | Corsair |\n",
        "# Ropes\n\nHemp rope floats on water. " + "It is made of many strands that are twisted together. " * 8,
        "# Ropes\n\n" + "A strand is made of yarns. " * 3,
        "",  # of no use
        "\x00",  # of no use
    ]
)
QUESTIONS = ["How many tails has a kite?", "What floats on water?", "Which ship was lost in 1880?"]


class Stop(BaseException):
    """Ends a build where it stands."""


class Life(RuleBasedStateMachine):
    """A folder to which things happen, and its index."""

    @initialize(texts=st.lists(TEXTS, min_size=2, max_size=4))
    def begin(self, texts: list[str]) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.corpus = write_corpus(self.home / "corpus", {"always.txt": "= Oars =\nAn oar is of ash.\n"})
        write_corpus(self.corpus, dict(zip(ALL_NAMES, texts, strict=False)))
        self.tokens = 160
        self.titles: dict[str, str] = {}
        update(self.settings())

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.bring_up_to_date()
            shutil.rmtree(self.home)

    def settings(self, index: str = "index") -> Settings:
        chosen = {"reader": SENTENCE_READER, "answer_threshold": 0.0, "passage_tokens": self.tokens}
        return Settings(corpus=self.corpus, index=self.home / index, **chosen)

    def present(self, number: int) -> str | None:
        """One of the documents that may go or be moved."""
        found = [name for name in ALL_NAMES if (self.corpus / name).exists()]
        return found[number % len(found)] if found else None

    def then(self, is_updated: bool) -> None:
        """What an update gets wrong stays wrong, and shows when the index is compared."""
        if is_updated:
            update(self.settings())

    @rule(name=NAMES, text=TEXTS, is_updated=st.booleans())
    def write(self, name: str, text: str, is_updated: bool) -> None:
        write_corpus(self.corpus, {name: text})
        self.then(is_updated)

    @rule(number=NUMBERS, new=NAMES, is_updated=st.booleans())
    def move(self, number: int, new: str, is_updated: bool) -> None:
        if old := self.present(number):
            (self.corpus / new).parent.mkdir(parents=True, exist_ok=True)
            (self.corpus / old).replace(self.corpus / new)
            self.then(is_updated)

    @rule(number=NUMBERS, is_updated=st.booleans())
    def delete(self, number: int, is_updated: bool) -> None:
        if name := self.present(number):
            (self.corpus / name).unlink()
            self.then(is_updated)

    @rule(number=NUMBERS, title=st.sampled_from(["Of the sea", "Of the air", ""]), is_updated=st.booleans())
    def name_in_the_notes(self, number: int, title: str, is_updated: bool) -> None:
        if name := self.present(number):
            self.titles[name] = title
            notes = "".join(f'[documents."{name}"]\ntitle = "{title}"\n' for name, title in self.titles.items())
            write_corpus(self.corpus, {"sources.toml": notes})
            self.then(is_updated)

    @rule(is_updated=st.booleans())
    def cut_otherwise(self, is_updated: bool) -> None:
        self.tokens = 184 - self.tokens  # 160 or 24
        self.then(is_updated)

    @rule(steps=st.integers(0, 20))
    def crash(self, steps: int) -> None:
        """The build ends at one of its writes; what it served before is whole."""
        left = iter(range(steps))
        real = generations._sync

        def stop(path: Path) -> None:
            real(path)
            if next(left, None) is None:
                raise Stop

        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(generations, "_sync", stop)
                update(self.settings())
        except Stop:
            pass
        self.check_whole()

    @precondition(lambda self: len(kept_names(self.home / "index")) > 1)
    @rule()
    def go_back(self) -> None:
        try:
            rollback(self.home / "index")
        except IndexMissingError:  # there is nothing older
            return
        self.check_whole()

    def bring_up_to_date(self) -> None:
        report = update(self.settings())
        self.check_whole()
        assert not is_rolled_back(self.home / "index")
        assert report.generation == current_name(self.home / "index")
        assert update(self.settings()).plan.is_up_to_date
        clean = self.settings("fresh")
        update(clean)
        self.compare(open_generation(self.home / "index"), open_generation(clean.index))
        answers = [[self.answer(index, question) for question in QUESTIONS] for index in (self.settings(), clean)]
        assert answers[0] == answers[1]
        shutil.rmtree(clean.index)

    def compare(self, updated: Generation, clean: Generation) -> None:
        assert updated.manifest.documents == clean.manifest.documents
        assert updated.manifest.failed == clean.manifest.failed
        for doc_id in clean.catalog.doc_ids():
            assert updated.catalog.entry(doc_id) == clean.catalog.entry(doc_id)
        assert updated.catalog.search_texts() == clean.catalog.search_texts()
        assert np.array_equal(updated.vectors.vectors, clean.vectors.vectors)

    def answer(self, settings: Settings, question: str) -> object:
        answer = Assistant(settings).ask(question)
        for citation in (*answer.citations, *answer.nearest):
            assert (self.corpus / citation.doc_id).is_file()
        return answer.status, answer.answer, answer.spans, answer.citations, answer.nearest, answer.confidence

    def check_whole(self) -> None:
        if (self.home / "index" / "CURRENT").exists():
            assert verify(self.home / "index") == []


@pytest.mark.parametrize("examples", [15, pytest.param(200, marks=pytest.mark.slow)], ids=["a few", "many"])
def test_any_life_of_the_folder_ends_in_the_index_of_a_fresh_build(
    examples: int, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # no power fails here, and disks are slow
    run_state_machine_as_test(
        Life,
        settings=hypothesis.settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            derandomize=examples < 100,  # the same lives each time where time is short
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
