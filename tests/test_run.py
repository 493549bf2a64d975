"""Runs: what is written, how one is stopped and gone on with, and one from end to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import assert_cited, make_settings, read_rows, write_beir, write_corpus, write_rows
from famqa.assistant import Assistant, Trace
from famqa.errors import FamqaError, IndexStaleError, QuestionFileError
from famqa.evaluation import run as runs
from famqa.evaluation.beir import file_stem, stem_of
from famqa.evaluation.facts import Facts
from famqa.evaluation.questions import LeftOut, QuestionSet, load_questions
from famqa.evaluation.rows import Evidence, Question
from famqa.evaluation.run_writer import overwrite
from famqa.generations import Generation
from famqa.records import Answer, Citation, Reading

SOURCE = str(Path(runs.__file__).parents[2])

QUESTIONS = (
    Question("lamp", "What did the first lamp burn?", ("rapeseed oil",), type="fact"),
    Question("keepers", "Who kept it?", ("Peter Holm",), turn=1),
    Question("keepers", "And in 1874?", ("Tomas Arnesen",), turn=2),
    Question("peru", "What is the capital of Peru?", answerable=False),
)


Ask = Callable[[Question], Trace]


class Stopped(BaseException):
    """Stands in for Ctrl-C."""


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> QuestionSet:
    path = tmp_path_factory.mktemp("questions") / "q.jsonl"
    return QuestionSet(path, "0" * 64, QUESTIONS, (LeftOut(f"{path}, line 9", "no JSON"),))


@pytest.fixture
def ask(small_assistant: Assistant) -> Ask:
    """Answers every question by the same quote, quickly, and takes 5 ms by its own account."""
    generation = small_assistant.generation()
    text = generation.catalog.document("lighthouse.txt").text
    start = text.index("The first lamp burned rapeseed oil.")
    quote = text[start : start + 35]
    citation = Citation(1, "lighthouse.txt", "Gull Rock Lighthouse", ("Lamp",), None, 17, start, start + 35, quote)

    def answer(question: Question) -> Trace:
        given = Answer(
            question.question, "answered", quote, (), 0.75, (citation,), (), generation.name, None, {"total": 5.0}
        )
        return Trace(given, (), Reading((), 0.25), generation)

    return answer


def stop_at(ask: Ask, number: int) -> Ask:
    """The same, but stops when it is asked the `number`th time, the warming up included."""
    asked = iter(range(1, 1000))

    def asking(question: Question) -> Trace:
        if next(asked) == number:
            raise Stopped
        return ask(question)

    return asking


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("predictions.jsonl", "scores.jsonl", "metrics.json")}


def test_a_run_writes_a_line_a_question(
    ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path
) -> None:
    done: list[int] = []
    rows, measured = runs.run(ask, small_assistant, questions, tmp_path / "run", progress=done.append)
    predictions, scores = (
        read_rows(tmp_path / "run" / "predictions.jsonl"),
        read_rows(tmp_path / "run" / "scores.jsonl"),
    )
    named = [("lamp", None), ("keepers", 1), ("keepers", 2), ("peru", None)]
    assert [(row["id"], row.get("turn")) for row in predictions] == named
    assert [(row["id"], row.get("turn")) for row in scores] == named
    assert list(predictions[0])[:3] == ["id", "question", "standalone_question"]
    assert [row["right"] for row in scores] == [True, False, False, False]
    assert [row["cause"] for row in scores] == [None, "search", "search", "refuse"]
    assert rows == [{name: value for name, value in row.items() if name != "candidates"} for row in scores]
    assert measured == json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert (measured["questions"], measured["left_out"], measured["metrics"]["right"]) == (4, 1, 0.25)
    assert done == [0, 0, 1, 2, 3, 4]
    header = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (header["finished"], header["questions"], header["asking_s"]) == (True, 4, 0.02)
    assert header["left_out"] == [{"where": f"{questions.path}, line 9", "why": "no JSON"}]
    manifest = small_assistant.generation().manifest
    assert (header["index"], header["embedder_digest"]) == (manifest.name, manifest.recipe.embedder_digest)
    assert header["reader_digest"].startswith("spans-1:") and 0 < header["threshold"] < 1
    assert "host" not in header["settings"] and header["settings"]["candidates"] == 8


def test_without_a_folder_nothing_is_written(
    ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert runs.run(ask, small_assistant, questions)[1]["questions"] == 4
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [1, 2, 4, 5])
def test_a_run_that_was_stopped_is_gone_on_with(
    number: int, ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path
) -> None:
    runs.run(ask, small_assistant, questions, tmp_path / "whole")
    with pytest.raises(Stopped):
        runs.run(stop_at(ask, number), small_assistant, questions, tmp_path / "parts")
    assert json.loads((tmp_path / "parts" / "run.json").read_text())["finished"] is False
    kept = len(read_rows(tmp_path / "parts" / "predictions.jsonl"))
    assert kept == max(number - 2, 0)  # the first time is the warming up, and the last one stopped
    again: list[Question] = []

    def counting(question: Question) -> Trace:
        again.append(question)
        return ask(question)

    runs.run(counting, small_assistant, questions, tmp_path / "parts", resume=True)
    begun_anew = 1 if kept == 2 else 0  # a dialogue that was broken off is asked from its first turn
    assert again[1:] == list(QUESTIONS[kept - begun_anew :])
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert json.loads((tmp_path / "parts" / "run.json").read_text())["finished"] is True


@pytest.mark.parametrize("cut", ["predictions.jsonl", "scores.jsonl"])
@pytest.mark.parametrize("torn", [True, False])
def test_a_torn_last_line_is_dropped(
    cut: str, torn: bool, ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path
) -> None:
    runs.run(ask, small_assistant, questions, tmp_path / "run")
    whole = files(tmp_path / "run")
    path = tmp_path / "run" / cut
    path.write_bytes(whole[cut][:-20] if torn else b"".join(whole[cut].splitlines(keepends=True)[:2]))
    header = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(header | {"finished": False}))
    runs.run(ask, small_assistant, questions, tmp_path / "run", resume=True)
    assert files(tmp_path / "run") == whole


def test_a_finished_run_is_measured_again_but_not_asked(
    ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path
) -> None:
    runs.run(ask, small_assistant, questions, tmp_path / "run")
    whole = files(tmp_path / "run")
    runs.run(stop_at(ask, 1), small_assistant, questions, tmp_path / "run", resume=True)
    assert files(tmp_path / "run") == whole


def test_another_run_is_neither_overwritten_nor_gone_on_with(
    ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    runs.run(ask, small_assistant, questions, folder)
    whole = files(folder)
    with pytest.raises(FamqaError, match=r"holds a run already.*--resume.*--overwrite"):
        runs.run(ask, small_assistant, questions, folder)
    with pytest.raises(FamqaError, match="the file of questions changed"):
        runs.run(ask, small_assistant, replace(questions, sha256="1" * 64), folder, resume=True)
    header = json.loads((folder / "run.json").read_text())
    other = header | {"settings": header["settings"] | {"candidates": 3}}
    for altered, words in (
        (other, "the settings changed since the run began \\(candidates from 3 to 8\\)"),
        (header | {"index_digest": "x"}, "the index changed"),
        (header | {"reader_digest": "x"}, "the reader changed"),
    ):
        (folder / "run.json").write_text(json.dumps(altered))
        with pytest.raises(FamqaError, match=words):
            runs.run(ask, small_assistant, questions, folder, resume=True)
    assert files(folder) == whole
    (folder / "run.json").write_text(json.dumps(header))
    (folder / "predictions.jsonl").write_bytes(whole["predictions.jsonl"].replace(b'"peru"', b'"chile"'))
    with pytest.raises(FamqaError, match="line 4: not of question 'peru'"):
        runs.run(ask, small_assistant, questions, folder, resume=True)
    (folder / "notes.txt").write_text("mine")
    overwrite(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    runs.run(ask, small_assistant, questions, folder)
    assert files(folder) == whole


def test_an_index_updated_meanwhile_stops_the_run(
    ask: Ask, small_assistant: Assistant, questions: QuestionSet, tmp_path: Path
) -> None:
    generation = small_assistant.generation()
    later = Generation(
        replace(generation.manifest, name="later"), generation.catalog, generation.vectors, generation.postings
    )
    with pytest.raises(IndexStaleError, match="updated during the run"):
        runs.run(lambda question: replace(ask(question), generation=later), small_assistant, questions)


def test_questions_that_are_too_long_are_left_out(small_assistant: Assistant, questions: QuestionSet) -> None:
    long = replace(QUESTIONS[2], question="w " * 2000, where="q.jsonl, line 3, turn 2")
    asked = runs.askable(replace(questions, questions=(*QUESTIONS[:2], long, QUESTIONS[3])), small_assistant.settings)
    assert [question.id for question in asked.questions] == ["lamp", "peru"]  # the whole dialogue went
    assert "q.jsonl, line 3, turn 2: the question has" in str(asked.left_out[1])


def test_what_the_documents_do_not_bear_out_is_noted(small_assistant: Assistant, questions: QuestionSet) -> None:
    facts = Facts(small_assistant.generation())
    proved = replace(QUESTIONS[0], evidence=(Evidence("lighthouse.txt", "The first lamp\nburned rapeseed oil."),))
    unproved = replace(QUESTIONS[1], evidence=(Evidence("lighthouse.txt", "Peter Holm kept it."),))
    judged = Question("b", "What?", judged=(("lighthouse", 1), ("lost", 1)))
    asked = runs.with_notes(replace(questions, questions=(proved, unproved, judged)), facts)
    assert [note.rpartition(": ")[2] for note in asked.notes] == [
        "1 of the questions, the first is keepers turn 1",
        "1 of 2",
    ]
    assert not runs.with_notes(replace(questions, questions=(proved,)), facts).notes


# With the real assistant


def test_from_a_file_to_figures(small_assistant: Assistant, tmp_path: Path) -> None:
    rows = [
        {
            "id": "lamp",
            "question": "What did the first lamp burn?",
            "answers": ["rapeseed oil"],
            "type": "fact",
            "evidence": [{"doc": "lighthouse.txt", "text": "The first lamp burned rapeseed oil."}],
        },
        {"id": "peru", "question": "What is the capital of Peru?", "answerable": False, "type": "none"},
        {"id": "bad", "question": ""},
    ]
    loaded = runs.askable(load_questions(write_rows(tmp_path / "q.jsonl", *rows)), small_assistant.settings)
    measured = []
    for name in ("a", "b"):
        measured.append(runs.run(runs.ask_with(small_assistant, loaded), small_assistant, loaded, tmp_path / name)[1])
    metrics = measured[0]["metrics"]
    assert (measured[0]["left_out"], metrics["right"], metrics["refusal_recall"], metrics["f1"]) == (1, 1.0, 1.0, 1.0)
    assert metrics["recall_at_5"] == metrics["verbatim"] == 1.0
    assert measured[0]["by_document"] == {"lighthouse.txt": measured[0]["by_type"]["fact"]}
    first, second = (
        [{**row, "timings_ms": None} for row in read_rows(tmp_path / name / "predictions.jsonl")] for name in ("a", "b")
    )
    assert first == second
    for row in read_rows(tmp_path / "a" / "predictions.jsonl"):
        for citation in (*row["citations"], *row["nearest"]):
            text = small_assistant.document(citation["doc_id"]).text
            assert text[citation["start"] : citation["end"]] == citation["quote"] != ""
    assert_cited(small_assistant.ask("What did the first lamp burn?"), small_assistant.document)


def hear_interrupts() -> None:
    """A process started in the background of a shell script ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_process_that_is_interrupted_is_gone_on_with(small_assistant: Assistant, tmp_path: Path) -> None:
    """Ctrl-C in the middle of a run, then the same command with --resume.

    Four questions are asked again and again, so that the answers after the break can be held against those before.
    """
    settings = small_assistant.settings
    asked = ["What did the first lamp burn?", "Who shot the albatross?", "Who is the architect?", "When was it lit?"]
    rows = [{"id": f"q{n}", "question": asked[n % 4], "answers": ["rapeseed oil"]} for n in range(40)]
    write_rows(tmp_path / "q.jsonl", *rows)
    place = ["--corpus", str(settings.corpus), "--index", str(settings.index), "--out", "run"]
    command = [sys.executable, "-m", "famqa.cli", "eval", "q.jsonl", *place]
    environment = os.environ | {"PYTHONPATH": SOURCE, "FAMQA_CANDIDATES": "1"}
    predictions = tmp_path / "run" / "predictions.jsonl"
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, text=True, preexec_fn=hear_interrupts
    ) as process:
        deadline = time.monotonic() + 300
        while not (predictions.is_file() and predictions.read_text().count("\n") >= 5):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert err.splitlines() == ["famqa: stopped; go on with the same command and --resume"]
    before = (tmp_path / "run" / "scores.jsonl").read_bytes().count(b"\n")
    kept = predictions.read_bytes().splitlines()[:before]  # an answer that was not scored yet is asked for again
    assert 4 <= before < 40
    subprocess.run([*command, "--resume"], check=True, capture_output=True, cwd=tmp_path, env=environment)
    assert predictions.read_bytes().splitlines()[:before] == kept
    found = [{**row, "timings_ms": None} for row in read_rows(predictions)]
    assert [row.pop("id") for row in found] == [row["id"] for row in rows]
    assert found[4:] == found[:-4]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["finished"] is True


def test_a_corpus_made_of_the_questions(tmp_path: Path, fake_model: object) -> None:
    """A SQuAD file brings its texts along; its evidence is found in them."""
    context = "The lamp is old. It burned oil."
    qas = [{"id": "s1", "question": "What did it burn?", "answers": [{"text": "oil", "answer_start": 27}]}]
    article = {"title": "Lamp", "paragraphs": [{"context": context, "qas": qas}]}
    write_corpus(tmp_path, {"squad.json": json.dumps({"data": [article]})})
    from famqa.evaluation.corpora import write_pages
    from famqa.indexing import update

    loaded = load_questions(tmp_path / "squad.json")
    write_pages(tmp_path / "corpus", loaded.pages())
    settings = make_settings(tmp_path, {}, reader="sentences", answer_threshold=0.0)
    update(settings)
    assistant = Assistant(settings)
    _, measured = runs.run(
        runs.ask_with(assistant, loaded), assistant, runs.with_notes(loaded, Facts(assistant.generation()))
    )
    assert (measured["metrics"]["recall_at_1"], measured["metrics"]["alias_hit"]) == (1.0, 1.0)
    with pytest.raises(QuestionFileError, match="no question can be asked"):
        runs.askable(loaded, replace_question_limit(settings))


def replace_question_limit(settings: Any) -> Any:
    return settings.model_copy(update={"max_question_chars": 3})


def test_a_beir_set_is_measured_as_trec_eval_measures_it(tmp_path: Path, fake_model: object) -> None:
    """Graded judgements, one of a document that is not there; the reference is given the ranking of documents."""
    ir_measures = pytest.importorskip("ir_measures")
    from famqa.evaluation.corpora import write_pages
    from famqa.indexing import update

    texts = {
        "lamp/1": "The first lamp burned rapeseed oil. A paraffin lamp replaced it.",
        "lamp/2": "The lamp of the harbour burns gas.",
        "bell.a": "The bell weighs two tons.",
        "bell.b": "A bell is rung in fog, and the lamp is lit.",
        "rope": "Hemp rope costs four crowns.",
    }
    queries = {"q1": "What does the lamp burn?", "q2": "How heavy is the bell?", "q3": "What does rope cost?"}
    qrels = [("q1", "lamp/1", 2), ("q1", "lamp/2", 1), ("q1", "rope", 0), ("q1", "lost", 2)]
    qrels += [("q2", "bell.a", 1), ("q2", "bell.b", 1), ("q3", "bell.b", 1)]
    rows = [{"_id": name, "title": "", "text": text} for name, text in texts.items()]
    asked = [{"_id": name, "text": text} for name, text in queries.items()]
    table = "".join(f"{q}\t{name}\t{grade}\n" for q, name, grade in qrels)

    loaded = load_questions(write_beir(tmp_path / "set", rows, asked, table))
    settings = make_settings(tmp_path, {}, reader="sentences", answer_threshold=0.0)
    write_pages(settings.corpus, loaded.pages())
    update(settings)
    assistant = Assistant(settings)
    _, measured = runs.run(runs.ask_with(assistant, loaded), assistant, loaded)

    names = {file_stem(name): name for name in texts}
    found = []
    for query, text in queries.items():
        order = dict.fromkeys(stem_of(c.passage.doc_id) for c in assistant.trace(text, 100).candidates)
        found += [ir_measures.ScoredDoc(query, names[stem], -float(rank)) for rank, stem in enumerate(order)]
    judged = [ir_measures.Qrel(*qrel) for qrel in qrels]
    measures = {"ndcg_at_10": ir_measures.nDCG @ 10, "mrr": ir_measures.RR, "success_at_1": ir_measures.Success @ 1}
    measures |= {f"recall_at_{k}": ir_measures.R @ k for k in (1, 5, 10, 20)}
    theirs = ir_measures.calc_aggregate(measures.values(), judged, found)
    assert measured["metrics"]["ndcg_at_10"] < 1
    for name, each in measures.items():
        assert measured["metrics"][name] == pytest.approx(theirs[each], abs=1e-9), name
    notes = runs.with_notes(loaded, Facts(assistant.generation())).notes
    assert notes == ("relevant documents that are not in the index: 1 of 5",)


@pytest.mark.model
def test_a_turn_follows_up_those_before_it_also_after_a_stop(small_assistant: Assistant, tmp_path: Path) -> None:
    turns = [
        {"question": "Who was the architect of Gull Rock Lighthouse?", "answers": ["Edith Marlow"]},
        {"question": "And when was it first lit?", "answers": ["1871"]},
    ]
    path = tmp_path / "dialogue.jsonl"
    path.write_text(json.dumps({"id": "d", "turns": turns}))
    loaded = load_questions(path)
    ask = runs.ask_with(small_assistant, loaded)
    first, second = (ask(question).answer for question in loaded.questions)
    assert first.standalone_question is None
    assert second.standalone_question is not None and "Gull Rock Lighthouse" in second.standalone_question
    assert "1871" in second.answer
    later = runs.ask_with(small_assistant, loaded)(loaded.questions[1]).answer  # as --resume asks it
    assert (later.standalone_question, later.answer) == (second.standalone_question, second.answer)
