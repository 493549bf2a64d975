"""From a question to a cited answer, with the real model; and with the stand-in, what happens around it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import famqa
from conftest import SMALL_CORPUS, TermEmbedder, assert_cited, make_settings, write_corpus
from famqa.assistant import Assistant, open_assistant
from famqa.errors import DocumentError, IndexDamagedError, IndexMissingError, IndexStaleError, QuestionError
from famqa.generations import current_name
from famqa.indexing import update
from famqa.settings import SENTENCE_READER, Settings


def said(answer: famqa.Answer) -> str:
    """The answer and all that is quoted for it."""
    return "\n".join([answer.answer, *(citation.quote for citation in answer.citations)])


# With the real model


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What fuel did the first lamp use?", "rapeseed oil"),
        ("Who was the architect of the lighthouse?", "Edith Marlow"),
        ("Why has nobody kept the lighthouse since 1974?", "automatic"),
        ("What was the cargo of the Bluebell?", "Coal"),
        ("Who assisted Tomas Arnesen?", "Ingrid Arnesen"),
        ("What does a tin of five litres of red lead cost?", "70 crowns"),
        ("How much is a metre of thick hemp rope?", "9 crowns"),
        ("Who runs the shop?", "Maud Lindqvist"),
    ],
)
def test_questions_on_the_small_corpus(question: str, words: str, small_assistant: Assistant) -> None:
    answer = small_assistant.ask(question)
    assert_cited(answer, small_assistant.document)
    assert answer.status == "answered"
    assert 1 <= len(answer.citations) <= 3
    assert words in said(answer)


@pytest.mark.model
@pytest.mark.parametrize("question", ["How do volcanoes form?", "What is the capital of Peru?", "?", "👩‍🚀"])
def test_what_is_not_in_the_documents_is_not_answered(question: str, small_assistant: Assistant) -> None:
    answer = small_assistant.ask(question)
    assert_cited(answer, small_assistant.document)
    assert (answer.status, answer.answer, answer.spans, answer.citations) == ("no_answer", "", (), ())
    assert 1 <= len(answer.nearest) <= 3


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Who composed the music of the series?", "Jeff Russo"),
        ("Who is the first human on the Moon in the series?", "Alexei Leonov"),
        ("Which award was For All Mankind nominated for by the TCA?", "Outstanding Achievement in Drama"),
    ],
)
def test_questions_on_the_bundled_corpus(question: str, words: str, bundled_assistant: Assistant) -> None:
    answer = bundled_assistant.ask(question)
    assert_cited(answer, bundled_assistant.document)
    assert answer.status == "answered"
    assert words in said(answer)


@pytest.mark.model
def test_citations_of_the_bundled_corpus_show_where_it_was_compiled_from(bundled_assistant: Assistant) -> None:
    listed = {entry.doc_id: entry for entry in bundled_assistant.overview().documents}
    assert set(listed) == {"for-all-mankind.txt", "season-4-preview.md"}
    citation = bundled_assistant.ask("Who composed the music of the series?").citations[0]
    assert citation.title == listed[citation.doc_id].title
    assert citation.source == listed[citation.doc_id].source != ""
    assert citation.date == listed[citation.doc_id].date != ""


# With the stand-in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path, SMALL_CORPUS, reader=SENTENCE_READER, answer_threshold=0.0)


@pytest.fixture
def assistant(settings: Settings, fake_model: TermEmbedder) -> Assistant:
    return open_assistant(settings)


def test_an_answer_tells_what_was_asked_of_what_and_how_long_it_took(assistant: Assistant) -> None:
    answer = assistant.ask("  What did the first\n lamp burn? ")
    assert_cited(answer, assistant.document)
    assert answer.question == "  What did the first\n lamp burn? "
    assert answer.answer == "The first lamp burned rapeseed oil."
    assert answer.index == current_name(assistant.settings.index)
    assert answer.standalone_question is None
    assert answer.timings_ms["total"] >= max(answer.timings_ms.values()) > 0


def test_white_space_makes_no_other_question(assistant: Assistant) -> None:
    one, other = assistant.ask("What did the lamp burn?"), assistant.ask("\tWhat did  the lamp\nburn? ")
    assert (one.spans, one.citations, one.confidence) == (other.spans, other.citations, other.confidence)


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("", "empty"),
        (" \t\n\u2003", "empty"),
        ("why " * 25_000, "99999 characters, 2000 at most"),
        ("what \udcff is", "UTF-8"),
        ("\ud800", "UTF-8"),
    ],
    ids=["empty", "space", "100,000 characters", "stray byte", "half a pair"],
)
def test_a_question_that_cannot_be_asked_is_one_line(question: str, word: str, assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match=word) as raised:
        assistant.ask(question)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 200


@pytest.mark.model
def test_a_question_longer_than_the_model_reads_is_refused(small_assistant: Assistant) -> None:
    question = "why " * 300
    assert len(question) < small_assistant.settings.max_question_chars
    with pytest.raises(QuestionError, match="300 tokens, 254 at most"):
        small_assistant.ask(question)


@pytest.mark.parametrize("question", ["' OR 1=1; --", '"*:* AND terms:[a TO z]"', "a\x00b lamp", "\u202elamp\u202c"])
def test_odd_questions_are_only_text(question: str, assistant: Assistant) -> None:
    assert_cited(assistant.ask(question), assistant.document)


def test_the_overview_lists_what_is_indexed(assistant: Assistant) -> None:
    overview = assistant.overview()
    assert [(d.doc_id, d.title, d.format) for d in overview.documents] == [
        ("lighthouse.txt", "Gull Rock Lighthouse", "text"),
        ("shop/prices.md", "Prices in the harbour shop", "markdown"),
    ]
    assert overview.passages == sum(d.passages for d in overview.documents) > 10
    assert overview.generation == current_name(assistant.settings.index)
    assert overview.built_at.tzinfo is not None


def test_documents_and_blocks_by_id(assistant: Assistant) -> None:
    document = assistant.document("lighthouse.txt")
    assert document.text == SMALL_CORPUS["lighthouse.txt"]
    assert document.text[assistant.blocks("lighthouse.txt")[0].start :].startswith("Gull Rock Lighthouse =")
    with pytest.raises(DocumentError, match=r"'none\.txt'"):
        assistant.document("none.txt")


def test_a_new_generation_is_taken_up_between_two_questions(assistant: Assistant) -> None:
    before = assistant.ask("What is the colour of the flag?")
    assert "flag" not in said(before)
    write_corpus(assistant.settings.corpus, {"flag.txt": "The colour of the flag is violet."})
    name = update(assistant.settings).generation
    after = assistant.ask("What is the colour of the flag?")
    assert (after.answer, after.index) == ("The colour of the flag is violet.", name)
    assert before.index != after.index
    assert_cited(after, assistant.document)
    (assistant.settings.corpus / "flag.txt").unlink()
    update(assistant.settings)
    assert "violet" not in said(assistant.ask("What is the colour of the flag?"))


def test_a_new_generation_that_is_damaged_is_refused_and_the_next_one_taken(assistant: Assistant) -> None:
    write_corpus(assistant.settings.corpus, {"flag.txt": "The colour of the flag is violet."})
    name = update(assistant.settings).generation
    path = assistant.settings.index / "generations" / name / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamagedError, match=r"vectors\.npy"):
        assistant.ask("What is the colour of the flag?")
    update(assistant.settings)
    assert assistant.ask("What is the colour of the flag?").answer == "The colour of the flag is violet."


def test_threads_ask_while_generations_come_and_go(tmp_path: Path, fake_model: TermEmbedder) -> None:
    settings = make_settings(tmp_path, SMALL_CORPUS, reader=SENTENCE_READER, answer_threshold=0.0, keep_generations=1)
    assistant = open_assistant(settings)
    done = threading.Event()
    answers: list[list[famqa.Answer]] = [[] for _ in range(4)]
    problems: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            while not done.is_set() or not answers[number]:
                answers[number].append(assistant.ask("What did the first lamp burn?"))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    names = []
    for number in range(5):
        write_corpus(settings.corpus, {"flag.txt": f"Flag number {number} is violet."})
        names.append(update(settings).generation)
    done.set()
    for thread in threads:
        thread.join(60)
    assert problems == []
    for asked in answers:
        assert {answer.answer for answer in asked} == {"The first lamp burned rapeseed oil."}
        for answer in asked[:: max(len(asked) // 5, 1)]:
            assert_cited(answer, assistant.document)
    assert assistant.ask("What did the first lamp burn?").index == names[-1]


def test_an_index_that_is_not_there_or_of_another_embedder(
    settings: Settings, other_embedder: Path, fake_model: TermEmbedder
) -> None:
    with pytest.raises(IndexMissingError, match="famqa index"):
        Assistant(settings)
    update(settings)
    fake_model.digest = "another"
    with pytest.raises(IndexStaleError, match="made with the embedder all-MiniLM-L6-v2") as raised:
        Assistant(settings.model_copy(update={"embedder": str(other_embedder)}))
    assert "\n" not in str(raised.value)


def test_opening_brings_the_index_up_to_date(settings: Settings, fake_model: TermEmbedder) -> None:
    steps: list[str] = []
    assert "flag.txt" not in str(open_assistant(settings).overview())
    write_corpus(settings.corpus, {"flag.txt": "The flag is violet."})
    overview = open_assistant(settings, progress=lambda step, done, total: steps.append(step)).overview()
    assert "flag.txt" in [document.doc_id for document in overview.documents]
    assert "writing" in steps


# The package


def test_the_public_names_are_there() -> None:
    assert {"Answer", "Assistant", "Citation", "Settings", "load_settings", "open_assistant"} <= set(famqa.__all__)
    for name in famqa.__all__:
        assert getattr(famqa, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = famqa.nothing


def test_importing_the_package_loads_nothing_heavy() -> None:
    source = str(Path(famqa.__file__).parents[1])
    code = "import sys, famqa; sys.exit(bool({'torch', 'numpy', 'faiss', 'pydantic', 'gradio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": source}, check=False).returncode == 0
