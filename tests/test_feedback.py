"""Verdicts of visitors: what is kept, what replaces what, and the question file that comes of them."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from conftest import LIGHTHOUSE, SMALL_CORPUS, Run, TermEmbedder, make_settings, read_rows, refused
from famqa import feedback as feedback_module
from famqa.catalog import Catalog
from famqa.errors import FamqaError
from famqa.evaluation.feedback_questions import export
from famqa.evaluation.questions import load_questions
from famqa.feedback import FEEDBACK, Feedback, Place, place_in
from famqa.generations import current_name, open_generation
from famqa.indexing import update
from famqa.records import Answer, AnswerSpan, Citation, Document
from famqa.settings import Settings

LAMP = "The first lamp burned rapeseed oil."
KEEPER = "- Tomas Arnesen, who served from 1871 to 1890"
OTHER_KEEPER = "- Peter Holm, who served from 1890 to 1921"


@pytest.fixture
def settings(tmp_path: Path, fake_model: TermEmbedder) -> Settings:
    """Settings of an index of the small corpus."""
    made = make_settings(tmp_path, SMALL_CORPUS)
    update(made)
    return made


@pytest.fixture
def feedback(settings: Settings) -> Feedback:
    return Feedback(settings.index)


def lighthouse(settings: Settings) -> Document:
    return open_generation(settings.index).catalog.document("lighthouse.txt")


def answered(settings: Settings, *parts: tuple[str, str], question: str = "Q?") -> Answer:
    """An answer of (span, quote) pairs, cut out of the lighthouse's text as it was written by the test."""
    citations: list[Citation] = []
    spans: list[AnswerSpan] = []
    for number, (words, quote) in enumerate(parts, 1):
        start = LIGHTHOUSE.index(quote)
        at = start + quote.index(words)
        place = ("lighthouse.txt", "Gull Rock Lighthouse", (), None, LIGHTHOUSE[:start].count("\n") + 1)
        citations.append(Citation(number, *place, start, start + len(quote), quote))
        spans.append(AnswerSpan(words, number, at, at + len(words)))
    status = "answered" if parts else "no_answer"
    text = "; ".join(span.text for span in spans)
    name = current_name(settings.index)
    return Answer(question, status, text, tuple(spans), 0.9, tuple(citations), (), name)


def judge(feedback: Feedback, answer: Answer, verdict: str, correction: Place | None = None, who: str = "ann") -> None:
    feedback.record(
        question=answer.question,
        standalone_question=answer.standalone_question,
        answer=answer,
        verdict=verdict,
        correction=correction,
        visitor=who,
    )


def selected(settings: Settings, words: str) -> Place:
    document = lighthouse(settings)
    start = document.text.index(words)
    return place_in(document, start, start + len(words))


def exported(feedback: Feedback, path: Path) -> list[dict[str, object]]:
    export(feedback, path, force=True)
    return read_rows(path)


# What is kept


def test_a_verdict_is_kept_with_its_places(feedback: Feedback, settings: Settings) -> None:
    answer = replace(answered(settings, ("rapeseed oil", LAMP)), standalone_question="What did the lamp burn?")
    assert feedback.rows() == [] and feedback.count() == 0 and not feedback.path.exists()
    judge(feedback, answer, "right")
    (row,) = feedback.rows()
    assert (row.question, row.asked, row.verdict) == ("Q?", "What did the lamp burn?", "right")
    assert (row.status, row.answer, row.spans, row.correction) == ("answered", "rapeseed oil", ("rapeseed oil",), None)
    document = lighthouse(settings)
    assert [(place.doc_id, place.digest) for place in row.cited] == [("lighthouse.txt", document.sha256)]
    assert document.text[row.cited[0].start : row.cited[0].end] == row.cited[0].quote == LAMP
    assert feedback.path == settings.index / FEEDBACK


def test_a_second_thought_replaces_the_first_of_the_same_visitor_only(feedback: Feedback, settings: Settings) -> None:
    answer = answered(settings, ("rapeseed oil", LAMP))
    judge(feedback, answer, "right")
    judge(feedback, answer, "right", who="bo")
    judge(feedback, answer, "wrong", selected(settings, "paraffin"))
    assert [(row.verdict, row.correction and row.correction.quote) for row in feedback.rows()] == [
        ("right", None),
        ("wrong", "paraffin"),
    ]
    feedback.withdraw(question="Q?", standalone_question=None, answer=answer, visitor="bo")
    feedback.withdraw(question="Q?", standalone_question=None, answer=answer, visitor="nobody")
    assert [row.verdict for row in feedback.rows()] == ["wrong"]
    other = answered(settings, ("Tomas Arnesen", KEEPER))
    judge(feedback, other, "right")
    assert feedback.count() == 2


def test_nothing_in_the_file_tells_who_it_was(feedback: Feedback, settings: Settings) -> None:
    judge(feedback, answered(settings, ("rapeseed oil", LAMP)), "right", who="visitor-token-5417")
    judge(feedback, answered(settings, ("Tomas Arnesen", KEEPER)), "right", who="visitor-token-5417")
    held = b"".join(path.read_bytes() for path in settings.index.glob(f"{FEEDBACK}*"))
    assert b"rapeseed oil" in held and b"visitor-token" not in held
    with sqlite3.connect(feedback.path) as connection:
        keys = {key for (key,) in connection.execute("SELECT key FROM verdicts")}
    assert len(keys) == 2, "two verdicts of one visitor have nothing in common"


def test_a_selection_loses_the_white_space_around_it() -> None:
    document = Document("a.txt", "A", "Lit by \n Ann Lee.\n", "text", "ab")
    assert place_in(document, 6, 16) == Place("a.txt", "ab", 9, 16, "Ann Lee")
    for start, end in ((6, 9), (9, 99), (-1, 4), (5, 5)):
        with pytest.raises(FamqaError, match="select the answer in the open source"):
            place_in(document, start, end)
    long = Document("b.txt", "B", "x" * 4001, "text", "cd")
    with pytest.raises(FamqaError, match="4,001 characters are selected, 4,000 at most"):
        place_in(long, 0, 4001)


def test_threads_do_not_lose_each_others_verdicts(feedback: Feedback, settings: Settings) -> None:
    answer = answered(settings, ("rapeseed oil", LAMP))

    def give(number: int) -> None:
        for turn in range(5):
            judge(Feedback(settings.index), answer, "right", who=f"{number}-{turn}")

    threads = [threading.Thread(target=give, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert feedback.count() == 40


def _give_from_elsewhere(index: Path, answer: Answer, number: int) -> None:
    for turn in range(10):
        judge(Feedback(index), answer, "right", who=f"{number}-{turn}")


def test_processes_do_not_lose_each_others_verdicts(feedback: Feedback, settings: Settings) -> None:
    answer = answered(settings, ("rapeseed oil", LAMP))
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_give_from_elsewhere, args=(settings.index, answer, number)) for number in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert feedback.count() == 30


def test_files_that_cannot_be_used_are_one_line(feedback: Feedback, settings: Settings) -> None:
    answer = answered(settings, ("rapeseed oil", LAMP))
    judge(feedback, answer, "right")
    with sqlite3.connect(feedback.path) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(FamqaError, match="has version 9, this famqa knows 1; bring famqa up to date"):
        judge(feedback, answer, "right")
    for path in settings.index.glob(f"{FEEDBACK}*"):
        path.unlink()
    feedback.path.write_bytes(b"no database, but long enough to be taken for one" * 20)
    with pytest.raises(FamqaError, match="cannot be used") as raised:
        feedback.rows()
    assert "\n" not in str(raised.value)


def test_there_is_a_most(feedback: Feedback, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_module, "_MOST_ROWS", 1)
    judge(feedback, answered(settings, ("rapeseed oil", LAMP)), "right")
    with pytest.raises(FamqaError, match="holds 1 verdicts and takes no more"):
        judge(feedback, answered(settings, ("Tomas Arnesen", KEEPER)), "right")
    assert feedback.count() == 1


# The question file


def test_right_answers_and_corrections_become_questions(feedback: Feedback, settings: Settings, tmp_path: Path) -> None:
    judge(feedback, answered(settings, ("rapeseed oil", LAMP), question="What did it burn?"), "right")
    wrong = answered(settings, ("rapeseed oil", LAMP), question="What came in 1903?")
    judge(feedback, wrong, "wrong", selected(settings, "paraffin lamp"))
    judge(feedback, answered(settings, question="How do I bake bread?"), "right")
    rows = exported(feedback, tmp_path / "q.jsonl")
    start = LIGHTHOUSE.index(LAMP)
    assert [{name: row[name] for name in row if name not in ("id", "type")} for row in rows] == [
        {
            "question": "What did it burn?",
            "answers": ["rapeseed oil"],
            "answerable": True,
            "evidence": [{"doc": "lighthouse.txt", "text": LAMP, "start": start, "end": start + len(LAMP)}],
        },
        {
            "question": "What came in 1903?",
            "answers": ["paraffin lamp"],
            "answerable": True,
            "evidence": [
                {
                    "doc": "lighthouse.txt",
                    "text": "paraffin lamp",
                    "start": LIGHTHOUSE.index("paraffin lamp"),
                    "end": LIGHTHOUSE.index("paraffin lamp") + 13,
                }
            ],
        },
        {"question": "How do I bake bread?", "answers": [], "answerable": False},
    ]
    text = lighthouse(settings).text
    for row in rows[:2]:
        (proof,) = row["evidence"]
        assert text[proof["start"] : proof["end"]] == proof["text"]
    read = load_questions(tmp_path / "q.jsonl")
    assert [question.answerable for question in read.questions] == [True, True, False]
    assert read.left_out == () and {question.type for question in read.questions} == {"feedback"}


def test_a_list_needs_all_of_its_items(feedback: Feedback, settings: Settings, tmp_path: Path) -> None:
    judge(feedback, answered(settings, ("Tomas Arnesen", KEEPER), ("Peter Holm", OTHER_KEEPER)), "right")
    (row,) = exported(feedback, tmp_path / "q.jsonl")
    assert (row["answers"], row["all_of"]) == ([], [["Tomas Arnesen"], ["Peter Holm"]])
    assert [(proof["text"], proof["role"]) for proof in row["evidence"]] == [(KEEPER, "part"), (OTHER_KEEPER, "part")]


def test_what_was_only_found_wrong_waits_to_be_filled_in(
    feedback: Feedback, settings: Settings, tmp_path: Path
) -> None:
    judge(feedback, answered(settings, ("rapeseed oil", LAMP), question="What now?"), "wrong")
    judge(feedback, answered(settings, ("Tomas Arnesen", KEEPER), question="Who was first?"), "right")
    told = export(feedback, tmp_path / "q.jsonl").told()
    assert told == "2 questions: 1 found right, 0 corrected, 1 found wrong, to be filled in at the end of the file"
    rows = read_rows(tmp_path / "q.jsonl")
    assert [row["question"] for row in rows] == ["Who was first?", "What now?"]
    assert rows[1]["given"] == ["rapeseed oil"] and "write 'answers'" in rows[1]["note"]
    read = load_questions(tmp_path / "q.jsonl")
    assert [question.question for question in read.questions] == ["Who was first?"]
    assert [row.why for row in read.left_out] == [
        "an answerable question needs 'answers' (a list of aliases) or 'all_of'"
    ]


@pytest.mark.parametrize(
    ("verdicts", "answers"),
    [
        (["right", "right", "wrong"], ["rapeseed oil"]),
        (["right", "wrong", "wrong"], ["paraffin"]),
        (["right", "wrong"], None),  # in dispute: to be filled in
    ],
)
def test_most_visitors_decide(
    feedback: Feedback, settings: Settings, tmp_path: Path, verdicts: list[str], answers: list[str] | None
) -> None:
    answer = answered(settings, ("rapeseed oil", LAMP))
    for number, verdict in enumerate(verdicts):
        correction = selected(settings, "paraffin") if verdict == "wrong" else None
        judge(feedback, answer, verdict, correction, who=str(number))
    (row,) = exported(feedback, tmp_path / "q.jsonl")
    assert row["answers"] == (answers or [])
    assert ("note" in row) == (answers is None)


def test_spellings_of_one_question_are_one_row_with_all_answers(
    feedback: Feedback, settings: Settings, tmp_path: Path
) -> None:
    judge(feedback, answered(settings, ("rapeseed oil", LAMP), question="what did  it burn?"), "right")
    judge(feedback, answered(settings, ("oil", LAMP), question="What did it burn?"), "right")
    (row,) = exported(feedback, tmp_path / "q.jsonl")
    assert row["question"] == "What did it burn?"
    assert row["answers"] == ["rapeseed oil", "oil"] and len(row["evidence"]) == 1


def test_an_answer_and_a_refusal_both_found_right_are_in_dispute(
    feedback: Feedback, settings: Settings, tmp_path: Path
) -> None:
    judge(feedback, answered(settings, ("rapeseed oil", LAMP)), "right")
    judge(feedback, answered(settings), "right")
    (row,) = exported(feedback, tmp_path / "q.jsonl")
    assert row["given"] == ["rapeseed oil", "(no answer)"] and "disagree" in row["note"]


def test_places_are_found_again_where_the_documents_changed(
    feedback: Feedback, settings: Settings, tmp_path: Path
) -> None:
    judge(feedback, answered(settings, ("rapeseed oil", LAMP), question="moved"), "right")
    judge(feedback, answered(settings, ("Tomas Arnesen", KEEPER), question="gone"), "right")
    judge(feedback, answered(settings, ("Peter Holm", OTHER_KEEPER), question="twice"), "right")
    two = answered(settings, ("rapeseed oil", LAMP), ("Tomas Arnesen", KEEPER), question="half of a list is gone")
    judge(feedback, two, "right")
    changed = LIGHTHOUSE.replace("Tomas Arnesen, who", "Tom, who").replace("==Keepers==", "==The keepers of old==")
    (settings.corpus / "lighthouse.txt").write_text(changed + OTHER_KEEPER + "\n", "utf-8")
    update(settings)
    made = export(feedback, tmp_path / "q.jsonl")
    (row,) = made.rows
    start = changed.index(LAMP)
    assert start != LIGHTHOUSE.index(LAMP)
    assert (row["question"], row["evidence"][0]["start"]) == ("moved", start)
    assert lighthouse(settings).text[start : row["evidence"][0]["end"]] == LAMP
    assert made.lost == ("gone", "twice", "half of a list is gone")
    assert made.told().endswith("; 3 left out, since the documents have changed there")


def test_a_correction_in_a_document_that_is_gone_is_left_out(
    feedback: Feedback, settings: Settings, tmp_path: Path
) -> None:
    catalog: Catalog = open_generation(settings.index).catalog
    price = catalog.document("shop/prices.md")
    at = price.text.index("31 crowns")
    judge(feedback, answered(settings, ("rapeseed oil", LAMP)), "wrong", place_in(price, at, at + 9))
    assert exported(feedback, tmp_path / "q.jsonl")[0]["answers"] == ["31 crowns"]
    (settings.corpus / "shop/prices.md").unlink()
    update(settings)
    with pytest.raises(FamqaError, match="nothing to export; 1 left out, since the documents have changed there"):
        export(feedback, tmp_path / "q.jsonl", force=True)
    assert "31 crowns" in (tmp_path / "q.jsonl").read_text("utf-8"), "what was there is kept"


# The command


def test_the_command(command: Run, feedback: Feedback, settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "new" / "q.jsonl"
    run = partial(command, "questions", "export", "--index", settings.index)
    assert "nothing to export; judge answers in the chat first" in refused(run, "--out", target)
    judge(feedback, answered(settings, ("rapeseed oil", LAMP)), "right")
    assert run("--out", target) == (0, "", f"1 question: 1 found right, 0 corrected; written to {target}\n")
    assert "is there already" in refused(run, "--out", target)
    assert run("--out", target, "--force")[0] == 0
    assert len(load_questions(target).questions) == 1
