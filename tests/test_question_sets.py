"""The question files that come with the project are sound: what they expect stands where they say it stands.

That a question is a fair one, and that nothing in the documents answers an unanswerable one, only reading can show.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conftest import BUNDLED_CORPUS, read_questions
from famqa.evaluation.metrics import contains

EVALUATION = Path(__file__).parents[1] / "evaluation"
SECOND = Path(__file__).parent / "second_corpus"
OF_OTHER_SUBJECTS = ("village", "railway", "mountain", "radio", "hospital")
SETS = {
    "bundled": (EVALUATION, BUNDLED_CORPUS),
    "second": (SECOND, SECOND / "documents"),
    **{name: (EVALUATION / name, EVALUATION / name / "documents") for name in OF_OTHER_SUBJECTS},
}

AT_LEAST = {
    "bundled": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "definition", "paraphrase", "noisy"], 8),
        **{"table": 15, "list": 12, "unanswerable-near": 25, "unanswerable-far": 5, "chit-chat": 4},
    },
    "second": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "definition", "paraphrase", "noisy"], 2),
        **{"table": 5, "list": 4, "unanswerable-near": 8, "unanswerable-far": 2, "chit-chat": 2},
    },
    "village": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "noisy"], 2),
        **{"table": 5, "list": 4, "paraphrase": 8, "unanswerable-near": 15, "unanswerable-far": 2},
    },
    "railway": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "definition", "noisy"], 3),
        **{"table": 8, "list": 6, "paraphrase": 8, "unanswerable-near": 14, "unanswerable-far": 4},
    },
    "mountain": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "definition", "noisy"], 5),
        **{"table": 9, "list": 8, "paraphrase": 10, "unanswerable-near": 16, "unanswerable-far": 4},
    },
    "radio": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "definition"], 5),
        **{"table": 10, "list": 9, "paraphrase": 20, "noisy": 12, "unanswerable-near": 24, "unanswerable-far": 4},
    },
    "hospital": {
        **dict.fromkeys(["person", "number", "date", "place", "why", "how", "definition"], 5),
        **{"table": 12, "list": 9, "paraphrase": 10, "noisy": 10},
        **{"unanswerable-near": 22, "unanswerable-far": 4, "chit-chat": 4},
    },
}
QUESTIONS = {"bundled": 130, "second": 40, "village": 60, "railway": 80, "mountain": 98, "radio": 126, "hospital": 120}
DIALOGUES = {"bundled": 16, "second": 4, "village": 5, "railway": 6, "mountain": 6, "radio": 8, "hospital": 8}
UNANSWERABLE = ("unanswerable-near", "unanswerable-far", "chit-chat")


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def asked(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The question of a row, or those of its turns."""
    return row.get("turns", [row])


def aliases(question: dict[str, Any]) -> list[str]:
    return [*question["answers"], *(alias for group in question.get("all_of", []) for alias in group)]


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=SETS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def questions(name: str) -> list[dict[str, Any]]:
    return rows_of(SETS[name][0] / "questions.jsonl")


@pytest.fixture
def dialogues(name: str) -> list[dict[str, Any]]:
    return rows_of(SETS[name][0] / "dialogues.jsonl")


@pytest.fixture
def every(questions: list[dict[str, Any]], dialogues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All questions, those of the dialogues included."""
    return [question for row in (*questions, *dialogues) for question in asked(row)]


def test_ids_are_unique(questions: list[dict[str, Any]], dialogues: list[dict[str, Any]]) -> None:
    ids = [row["id"] for row in (*questions, *dialogues)]
    assert all(ids) and len(set(ids)) == len(ids)


def test_no_question_comes_twice(questions: list[dict[str, Any]]) -> None:
    texts = [plain(row["question"].casefold()).strip("?!. ") for row in questions]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_there_are_enough_of_every_type(name: str, questions: list[dict[str, Any]]) -> None:
    found = Counter(row["type"] for row in questions)
    assert found.keys() == AT_LEAST[name].keys()
    assert {kind: found[kind] for kind, least in AT_LEAST[name].items() if found[kind] < least} == {}
    assert len(questions) >= QUESTIONS[name]


def test_dialogues_have_turns_that_stand_alone_when_completed(name: str, dialogues: list[dict[str, Any]]) -> None:
    assert len(dialogues) >= DIALOGUES[name]
    for row in dialogues:
        assert 2 <= len(row["turns"]) <= 5
        assert all(turn["standalone"].strip() for turn in row["turns"])
        assert any(turn["standalone"] != turn["question"] for turn in row["turns"]), row["id"]
    assert any(not turn["answerable"] for row in dialogues for turn in row["turns"])


def test_evidence_stands_in_its_document(name: str, every: list[dict[str, Any]]) -> None:
    folder = SETS[name][1]
    texts = {path.relative_to(folder).as_posix(): plain(path.read_text("utf-8")) for path in folder.rglob("*.*")}
    pieces = [piece for question in every for piece in question["evidence"]]
    assert [piece for piece in pieces if plain(piece["text"]) not in texts[piece["doc"]]] == []
    assert all(piece.get("role", "part") in ("part", "context") for piece in pieces)


def test_every_alias_stands_in_the_evidence(every: list[dict[str, Any]]) -> None:
    for question in every:
        texts = [piece["text"] for piece in question["evidence"]]
        missing = [alias for alias in aliases(question) if not any(contains(text, alias) for text in texts)]
        assert missing == [], question["question"]


def test_every_piece_of_evidence_holds_an_alias(every: list[dict[str, Any]]) -> None:
    """Context may hold none; and where a carried cell is the answer, it is the context that holds it."""
    for question in every:
        holds = {
            (piece.get("role", ""), any(contains(piece["text"], alias) for alias in aliases(question)))
            for piece in question["evidence"]
        }
        assert not holds & {("", False), ("part", False)} or ("context", True) in holds, question["question"]


def test_lists_have_groups(questions: list[dict[str, Any]]) -> None:
    for row in questions:
        if row["type"] == "list":
            assert len(row["all_of"]) >= 2 and all(row["all_of"]) and row["answers"] == []


def test_the_unanswerable_have_no_answer_and_the_others_one(
    every: list[dict[str, Any]], questions: list[dict[str, Any]]
) -> None:
    for question in every:
        assert question["answerable"] == bool(aliases(question)) == bool(question["evidence"]), question["question"]
    assert all(row["answerable"] == (row["type"] not in UNANSWERABLE) for row in questions)


def test_the_reader_of_question_files_takes_them(name: str, every: list[dict[str, Any]]) -> None:
    read = [each for file in ("questions.jsonl", "dialogues.jsonl") for each in read_questions(SETS[name][0] / file)]
    assert [(each.question, each.answers) for each in read] == [
        (question["question"], tuple(question["answers"])) for question in every
    ]


def test_the_small_part_is_a_part_with_all_kinds_in_it() -> None:
    small = rows_of(EVALUATION / "smoke.jsonl")
    whole = rows_of(EVALUATION / "questions.jsonl") + rows_of(EVALUATION / "dialogues.jsonl")
    assert [row for row in small if row not in whole] == []
    kinds = [{question["type"] for row in rows for question in asked(row)} for rows in (small, whole)]
    assert kinds[0] == kinds[1]
    assert 20 <= len(small) <= 40


def test_the_readme_counts_right() -> None:
    questions, dialogues = (rows_of(EVALUATION / name) for name in ("questions.jsonl", "dialogues.jsonl"))
    turns = [turn for row in dialogues for turn in row["turns"]]
    readme = (EVALUATION / "README.md").read_text("utf-8")
    answerable = [sum(question["answerable"] for question in asked_for) for asked_for in (questions, turns)]
    assert f"{len(questions)} questions, {answerable[0]} of them answerable" in readme
    assert f"{len(dialogues)} dialogues of two to four turns, {len(turns)} turns in all, {answerable[1]} of" in readme
    assert f"{len(rows_of(EVALUATION / 'smoke.jsonl')) - 1} of the questions and one dialogue" in readme
    counted = Counter(row["type"] for row in questions)
    listed = [line.split("|")[1:3] for line in readme.splitlines() if re.match(r"\| `(?!type)[^.]*\|", line)]
    stated = {
        kind.strip(" `"): int(number)
        for kinds, numbers in listed
        for kind, number in zip(kinds.split(","), numbers.split(","), strict=True)
    }
    assert stated == counted
