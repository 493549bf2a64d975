"""Question files and runs beside an index, and the run that goes on in a thread of its own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from conftest import LIGHTHOUSE, SMALL_CORPUS, TermEmbedder, make_settings, write_rows
from famqa.assistant import Assistant, Trace
from famqa.errors import FamqaError
from famqa.evaluation.run_folder import read_predictions, read_run
from famqa.evaluation.runner import Phase, Runner
from famqa.evaluation.workbench import Files, load, shortened
from famqa.feedback import Feedback
from famqa.indexing import update
from famqa.settings import Settings

LAMP = "The first lamp burned rapeseed oil."
QUESTIONS = [
    {
        "id": f"q{number}",
        "question": question,
        "answers": [answer],
        "evidence": [{"doc": "lighthouse.txt", "text": text}],
    }
    for number, (question, answer, text) in enumerate(
        [
            ("What did the first lamp burn?", "rapeseed oil", LAMP),
            ("Who is the architect of the lighthouse?", "Edith Marlow", "- Architect: Edith Marlow"),
            ("What replaced the lamp in 1903?", "paraffin lamp", "A paraffin lamp replaced it in 1903."),
        ]
    )
]


class Watched:
    """An assistant that can be held up before a question, and that counts what it was asked."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.asked: list[str] = []
        self.held_at = ""
        self.is_held = threading.Event()
        self.go_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def trace(self, question: str, *arguments: Any, **named: Any) -> Trace:
        if question == self.held_at:
            self.is_held.set()
            assert self.go_on.wait(30)
        self.asked.append(question)
        return self._assistant.trace(question, *arguments, **named)


@pytest.fixture
def settings(tmp_path: Path, fake_model: TermEmbedder) -> Settings:
    made = make_settings(tmp_path, SMALL_CORPUS, reader="sentences", answer_threshold=0.0)
    update(made)
    return made


@pytest.fixture
def assistant(settings: Settings) -> Watched:
    return Watched(Assistant(settings))


@pytest.fixture
def files(settings: Settings) -> Files:
    return Files(settings)


# Question files


def test_files_to_choose_from(files: Files, settings: Settings, assistant: Any, tmp_path: Path) -> None:
    assert files.question_files() == []
    write_rows(tmp_path / "evaluation" / "mine.jsonl", QUESTIONS[0])
    (tmp_path / "evaluation" / "README.md").write_text("about")
    added = files.add(write_rows(tmp_path / "sent" / "b.jsonl", QUESTIONS[1]))
    assert (added.key, added.path) == ("uploaded/b.jsonl", settings.index / "questions" / "b.jsonl")
    answer = assistant.ask(QUESTIONS[0]["question"])
    Feedback(settings.index).record(
        question=answer.question, standalone_question=None, answer=answer, verdict="right", visitor="ann"
    )
    assert [(file.key, file.label) for file in files.question_files()] == [
        ("evaluation/mine.jsonl", "mine.jsonl"),
        ("uploaded/b.jsonl", "b.jsonl (uploaded)"),
        ("feedback", "Feedback so far (1 verdict)"),
    ]
    assert [question.question for question in files.load("uploaded/b.jsonl", assistant).questions] == [
        "Who is the architect of the lighthouse?"
    ]
    assert [question.question for question in files.load("feedback", assistant).questions] == [answer.question]
    files.remove("evaluation/mine.jsonl")
    files.remove("uploaded/b.jsonl")
    assert [file.key for file in files.question_files()] == ["evaluation/mine.jsonl", "feedback"]
    with pytest.raises(FamqaError, match="not there any more"):
        files.load("uploaded/b.jsonl", assistant)


@pytest.mark.parametrize("key", ["evaluation/../corpus/lighthouse.txt", "../x.jsonl", "uploaded//etc/passwd", ""])
def test_only_what_is_listed_can_be_chosen(files: Files, assistant: Any, key: str) -> None:
    with pytest.raises(FamqaError, match="not there any more"):
        files.chosen(key, assistant)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("q.jsonl", "q.jsonl"),
        (".hidden.jsonl", "hidden.jsonl"),
        ("a <b>&'.jsonl", "a-b-.jsonl"),
        ("q" * 200 + ".jsonl", "q" * 80 + ".jsonl"),
    ],
)
def test_names_of_uploads(files: Files, settings: Settings, tmp_path: Path, name: str, kept: str) -> None:
    assert files.add(write_rows(tmp_path / "sent" / name, QUESTIONS[0])).path == settings.index / "questions" / kept


def test_an_upload_replaces_none_and_must_hold_a_question(files: Files, settings: Settings, tmp_path: Path) -> None:
    first = files.add(write_rows(tmp_path / "sent" / "q.jsonl", QUESTIONS[0]))
    second = files.add(write_rows(tmp_path / "sent" / "q.jsonl", QUESTIONS[1]))
    assert (first.path.name, second.path.name) == ("q.jsonl", "q-2.jsonl")
    assert "first lamp" in first.path.read_text("utf-8")
    with pytest.raises(
        FamqaError, match=r"^bad\.jsonl: there is no question in it that can be used; the first row: bad"
    ):
        files.add(write_rows(tmp_path / "sent" / "bad.jsonl", {"answers": ["x"]}))
    with pytest.raises(FamqaError, match=r"^q\.exe: no question file; upload \.jsonl, \.csv, \.tsv, \.json$"):
        files.add(write_rows(tmp_path / "sent" / "q.exe", QUESTIONS[0]))
    assert sorted(path.name for path in (settings.index / "questions").iterdir()) == ["q-2.jsonl", "q.jsonl"]


def test_what_is_told_of_a_file_does_not_tell_where_it_lies(settings: Settings, tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "sent" / "q.jsonl", QUESTIONS[0], {"id": "x", "question": ""}, {"question": "w" * 3000}
    )
    loaded = load(path, settings)
    assert loaded.path == Path("q.jsonl") and len(loaded.questions) == 1
    assert [row.where for row in loaded.left_out] == ["q.jsonl, line 2", "q.jsonl, line 3"]
    assert shortened("/a/b/q.jsonl, line 2; /a/b", Path("/a/b")) == "q.jsonl, line 2; b"


# Runs


def test_a_run_is_listed_read_and_deleted(files: Files, settings: Settings, assistant: Any, tmp_path: Path) -> None:
    runner = Runner(assistant)
    assert runner.progress().phase == Phase.NONE and files.runs() == []
    folder = files.new_run(write_rows(tmp_path / "q.jsonl", *QUESTIONS))
    runner.start(folder)
    assert runner.wait(60)
    done = runner.progress()
    assert (done.phase, done.done, done.total, done.name) == (Phase.FINISHED, 3, 3, folder.name)
    (run,) = files.runs()
    assert (run.file, run.questions, run.done, run.is_finished, run.problem) == ("q.jsonl", 3, 3, True, "")
    assert run.right == read_run(folder).metrics["metrics"]["right"]
    assert (folder / "report.html").is_file() and len(read_predictions(folder)) == 3
    for row in read_predictions(folder):
        for citation in row["citations"]:
            assert LIGHTHOUSE[citation["start"] : citation["end"]] == citation["quote"]
    (tmp_path / "index" / "runs" / "20260101T000000Z-broken").mkdir()
    assert [(each.file, each.problem) for each in files.runs()][1:] == [("broken", "cannot be read")]
    files.delete_run(folder.name)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["..", "../corpus", "", "20260101T000000Z-x/../..", "feedback.jsonl"])
def test_only_runs_can_be_deleted(files: Files, settings: Settings, name: str) -> None:
    (settings.index / "runs").mkdir(exist_ok=True)
    with pytest.raises(FamqaError, match="not there any more"):
        files.delete_run(name)
    assert settings.corpus.is_dir() and settings.index.is_dir()


def test_a_stopped_run_is_gone_on_with(files: Files, assistant: Any, tmp_path: Path) -> None:
    source = write_rows(tmp_path / "q.jsonl", *QUESTIONS)
    assistant.held_at = QUESTIONS[1]["question"]
    runner = Runner(assistant)
    folder = files.new_run(source)
    runner.start(folder)
    assert assistant.is_held.wait(30)
    with pytest.raises(FamqaError, match="a run is going on already"):
        runner.start(files.new_run(source))
    assert runner.progress().phase == Phase.RUNNING
    runner.stop()
    assert runner.progress().phase == Phase.STOPPING and runner.progress().is_running
    assistant.go_on.set()
    assert runner.wait(30)
    assert (runner.progress().phase, runner.progress().done) == (Phase.STOPPED, 2)
    stopped = next(run for run in files.runs() if run.name == folder.name)
    assert (stopped.done, stopped.questions, stopped.is_finished) == (2, 3, False)
    source.unlink()  # the run has its own copy
    assistant.asked.clear()
    later = Runner(assistant)  # of a server that was started again
    later.start(folder)
    assert later.wait(30)
    assert (later.progress().phase, later.progress().done_before) == (Phase.FINISHED, 2)
    assert set(assistant.asked) == {QUESTIONS[2]["question"]}
    assert [row["id"] for row in read_predictions(folder)] == ["q0", "q1", "q2"]


def test_an_index_that_changes_ends_the_run_in_one_line(
    files: Files, settings: Settings, assistant: Any, tmp_path: Path
) -> None:
    assistant.held_at = QUESTIONS[1]["question"]
    runner = Runner(assistant)
    folder = files.new_run(write_rows(tmp_path / "q.jsonl", *QUESTIONS))
    runner.start(folder)
    assert assistant.is_held.wait(30)
    (settings.corpus / "more.txt").write_text("= More =\nSomething else.\n", "utf-8")
    update(settings)
    assistant.go_on.set()
    assert runner.wait(30)
    assert runner.progress().phase == Phase.FAILED
    assert runner.progress().problem.startswith("the index was updated during the run")
    runner.start(folder)
    assert runner.wait(30)
    assert "the index changed since the run began" in runner.progress().problem
    assert runner.progress().problem.endswith("; undo that, or run the questions anew")
    assert str(tmp_path) not in runner.progress().problem


def test_a_run_beside_questions_of_others(files: Files, assistant: Any, tmp_path: Path) -> None:
    """While the run waits inside a question, somebody else's question is answered."""
    assistant.held_at = QUESTIONS[0]["question"]
    runner = Runner(assistant)
    runner.start(files.new_run(write_rows(tmp_path / "q.jsonl", *QUESTIONS)))
    assert assistant.is_held.wait(30)
    assert assistant.ask("Who is the architect of the lighthouse?").status == "answered"
    assert runner.progress().is_running
    assistant.go_on.set()
    assert runner.wait(30)
