"""Generations published while questions are asked: no error, no answer out of two of them, no memory kept."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from pathlib import Path

import pytest

from conftest import TermEmbedder, make_settings, write_corpus
from famqa.assistant import Assistant
from famqa.generations import Generation, open_generation
from famqa.indexing import update
from famqa.records import Answer
from famqa.settings import SENTENCE_READER, Settings

ROPES = 12
UPDATES = 5
THREADS = 8


def corpus_of(state: int) -> dict[str, str | bytes]:
    """Every state says of each rope something else, and at another place of its document."""
    return {
        f"{n:02}.txt": f"= Rope {n} =\n" + "It floats. " * state + f"Rope {n} is {n + state} metres long."
        for n in range(ROPES)
    }


def asking_settings(folder: Path, keep: int = 2) -> Settings:
    return make_settings(folder, corpus_of(0), reader=SENTENCE_READER, answer_threshold=0.0, keep_generations=keep)


class Askers:
    """Threads that ask without a pause until they are told to stop."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.answers: list[tuple[int, Answer]] = []  # the rope that was asked about
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(first,)) for first in range(THREADS)]

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, first: int) -> None:
        rope = first
        while not self._stop.is_set():
            rope = (rope + 1) % ROPES
            try:
                self.answers.append((rope, self.assistant.ask(f"How many metres long is rope {rope}?")))
            except BaseException as error:
                self.errors.append(error)
                return


@pytest.mark.parametrize("seconds", [2, pytest.param(20, marks=pytest.mark.slow)], ids=["2 seconds", "20 seconds"])
def test_swapped_under_load(seconds: float, tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = asking_settings(tmp_path)
    update(settings)
    served: dict[str, tuple[int, Generation]] = {}  # by name, with the state of the folder it was made from
    served_name = open_generation(settings.index).name
    served[served_name] = (0, open_generation(settings.index))
    with Askers(Assistant(settings)) as askers:
        for state in range(1, UPDATES + 1):
            time.sleep(seconds / (UPDATES + 1))
            write_corpus(settings.corpus, corpus_of(state))
            name = update(settings).generation
            served[name] = (state, open_generation(settings.index))
        time.sleep(seconds / (UPDATES + 1))
    assert askers.errors == []
    assert {answer.index for _, answer in askers.answers} == set(served)
    for rope, answer in askers.answers:
        state, generation = served[answer.index]
        for citation in (*answer.citations, *answer.nearest):
            document = generation.catalog.document(citation.doc_id)
            assert document.text[citation.start : citation.end] == citation.quote != ""
        for span in answer.spans:
            document = generation.catalog.document(answer.citations[0].doc_id)
            assert document.text[span.start : span.end] == span.text
        assert answer.answer == f"Rope {rope} is {rope + state} metres long."
    assert list((settings.index / "generations").glob(".*")) == []
    assert len(list((settings.index / "generations").iterdir())) == 2


def test_a_generation_that_nobody_asks_any_more_is_let_go_at_once(tmp_path: Path, fake_model: TermEmbedder) -> None:
    """Without the help of the garbage collector, which does not know how much memory vectors take."""
    settings = asking_settings(tmp_path)
    update(settings)
    assistant = Assistant(settings)
    assistant.ask("How many metres long is rope 1?")
    parts = [assistant.generation().catalog._file, assistant.generation().vectors]
    let_go = [weakref.ref(part) for part in parts]
    del parts
    write_corpus(settings.corpus, corpus_of(1))
    gc.disable()
    try:
        update(settings)
        assistant.ask("How many metres long is rope 1?")
        assert [reference() for reference in let_go] == [None, None]
    finally:
        gc.enable()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files by /proc")
def test_many_swaps_keep_no_files_open(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = asking_settings(tmp_path, keep=1)
    update(settings)
    assistant = Assistant(settings)
    counts: list[int] = []
    mapped: list[int] = []
    for state in range(1, 7):
        write_corpus(settings.corpus, corpus_of(state))
        update(settings)
        assistant.ask("How many metres long is rope 1?")
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
        mapped.append(Path("/proc/self/maps").read_text().count(str(settings.index)))
    assert counts[-1] <= counts[1] + 2
    assert mapped[-1] <= mapped[1] + 2
