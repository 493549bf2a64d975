"""Question files and what is measured, by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from famqa.errors import QuestionFileError
from famqa.evaluation.metrics import alias_hit, contains, exact_match, is_right, percentile, token_f1
from famqa.evaluation.questions import Question, read_questions
from famqa.evaluation.run import Prediction, measure, prediction_as_dict
from famqa.records import Answer, Citation


def written(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_questions_and_dialogues_come_in_order(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"id": "a", "question": "Who?", "answers": ["Ann", "Ann Fell"], "type": "name"},
        {"id": "b", "question": "Why?", "answerable": False},
        {"id": "c", "question": "Which?", "all_of": [["x", "y"], ["z"]]},
        {"id": "d", "turns": [{"question": "Who?", "answers": ["Bo"]}, {"question": "When?", "answerable": False}]},
    )
    assert read_questions(path) == [
        Question("a", "Who?", ("Ann", "Ann Fell"), type="name"),
        Question("b", "Why?", answerable=False),
        Question("c", "Which?", all_of=(("x", "y"), ("z",))),
        Question("d", "Who?", ("Bo",), turn=1),
        Question("d", "When?", answerable=False, turn=2),
    ]


def test_blank_lines_a_bom_and_missing_ids_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\r\n{"question": "Who?"}\r\n\n{"question": "Why?"}')
    assert [(question.id, question.answerable) for question in read_questions(path)] == [
        ("line-2", False),
        ("line-4", False),
    ]


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    question = "Who\u2028came\u0085in?"
    assert read_questions(written(tmp_path, {"id": "a", "question": question}))[0].question == question


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ([1], "not an object"),
        ({"id": "x"}, "'question'"),
        ({"question": " "}, "'question'"),
        ({"question": 3}, "'question'"),
        ({"question": "Who?", "answers": "Ann"}, "'answers'"),
        ({"question": "Who?", "answers": [""]}, "'answers'"),
        ({"question": "Who?", "all_of": ["Ann"]}, "'all_of'"),
        ({"question": "Who?", "all_of": 3}, "'all_of'"),
        ({"question": "Who?", "answerable": "yes"}, "'answerable'"),
        ({"question": "Who?", "answerable": True}, "'answers'"),
        ({"turns": []}, "'turns'"),
        ({"turns": [{"question": "Who?"}, {"question": ""}]}, "turn 2"),
    ],
)
def test_a_bad_line_is_named(row: object, word: str, tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError) as raised:
        read_questions(written(tmp_path, {"id": "good", "question": "Who?"}, row))
    message = str(raised.value)
    assert "line 2" in message and word in message and "\n" not in message


def test_an_id_used_twice_is_named(tmp_path: Path) -> None:
    row = {"id": "a", "question": "Who?"}
    with pytest.raises(QuestionFileError, match="line 3: id 'a' was used in line 1"):
        read_questions(written(tmp_path, row, row | {"id": "b"}, row))


@pytest.mark.parametrize(
    ("text", "alias", "found"),
    [
        ("in 7 reviews", "7", True),
        ("in 27 reviews", "7", False),
        ("The Café's price: 5%", "café", True),
        ("5 crowns", "5%", False),
        ("Ann Marie Fell", "Ann Fell", False),
        ("ANN-FELL", "ann fell", True),
        ("anything", "?!", False),
    ],
)
def test_an_alias_is_found_as_whole_tokens(text: str, alias: str, found: bool) -> None:
    assert contains(text, alias) is found


def test_exact_match_and_f1_are_squads() -> None:
    assert exact_match("The Red Lamp!", ["lamp", "red lamp"]) == 1.0
    assert exact_match("red lamps", ["red lamp"]) == 0.0
    assert exact_match("", []) == token_f1("", []) == 1.0
    assert token_f1("the old red lamp", ["red lamp", "lamp"]) == pytest.approx(2 * 2 / (3 + 2))
    assert token_f1("rope", ["red lamp"]) == token_f1("rope", []) == 0.0


def test_percentile_is_the_nearest_rank() -> None:
    values = [float(n) for n in range(20, 0, -1)]
    assert (percentile(values, 0.95), percentile(values, 0.5), percentile([3.0], 0.95)) == (19.0, 10.0, 3.0)


def citation(quote: str) -> Citation:
    return Citation(1, "a.txt", "A", (), None, 1, 0, len(quote), quote)


def answer(text: str, *quotes: str, ms: float = 10.0) -> Answer:
    status = "answered" if text else "no_answer"
    return Answer("Q?", status, text, (), 0.5, tuple(map(citation, quotes)), (), "gen", timings_ms={"total": ms})


def test_an_alias_may_stand_in_the_answer_or_a_quote_and_every_group_needs_one() -> None:
    question = Question("q", "Who?", ("Ann", "Bo"))
    assert is_right(question, answer("Bo"))
    assert is_right(question, answer("she", "It was Ann."))
    assert not is_right(question, answer("Cy", "It was Cy."))
    groups = Question("q", "Who?", all_of=(("Ann", "Anna"), ("Bo",)))
    assert alias_hit(groups, ["Anna came", "then Bo"])
    assert not alias_hit(groups, ["Anna came"])
    nobody = Question("q", "Who?", answerable=False)
    assert is_right(nobody, answer("")) and not is_right(nobody, answer("Ann"))


def test_a_run_is_measured() -> None:
    fact = Question("f", "Who?", ("Ann",), type="fact")
    nobody = Question("n", "Who?", answerable=False, type="none")
    metrics = measure(
        [
            Prediction(fact, answer("Ann", "Ann came.", ms=10), 1),
            Prediction(fact, answer("Bo", "Bo came.", "Cy came.", ms=20), 1),
            Prediction(fact, answer("", ms=30), 0),
            Prediction(nobody, answer("", ms=40), 0),
        ]
    )
    assert (metrics.questions, metrics.answerable) == (4, 3)
    assert metrics.alias_hit == metrics.false_refusals == pytest.approx(1 / 3)
    assert (metrics.refusal_recall, metrics.citations_per_answer) == (1.0, 1.5)
    assert metrics.verbatim == pytest.approx(2 / 3)
    assert (metrics.latency_median_ms, metrics.latency_p95_ms) == (25.0, 40.0)
    assert metrics.by_type == {"fact": pytest.approx(1 / 3), "none": 1.0}


def test_a_prediction_is_the_answer_with_its_id_and_turn() -> None:
    question = Question("q", "Who?", ("Ann",))
    made = prediction_as_dict(Prediction(question, answer("Ann", "Ann came."), 1))
    assert (made["id"], made["answer"], "turn" in made) == ("q", "Ann", False)
    assert prediction_as_dict(Prediction(replace(question, turn=2), answer("Ann"), 0))["turn"] == 2
