"""Question files of every kind: what is read, and what is said of rows that cannot be used."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from conftest import read_questions, write_beir, write_rows
from famqa import documents
from famqa.errors import CorpusError, QuestionFileError
from famqa.evaluation.beir import file_stem, stem_of
from famqa.evaluation.corpora import write_pages
from famqa.evaluation.questions import load_questions
from famqa.evaluation.rows import Evidence, Question
from famqa.evaluation.squad import read_rows, write_corpus


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "questions.csv"
    path.write_text(text, "utf-8", newline="")
    return path


def left_out(path: Path) -> list[tuple[str, str]]:
    """(what stands after the file's name, what is wrong) of each row that was left out."""
    return [(row.where.removeprefix(f"{path}, "), row.why) for row in load_questions(path).left_out]


GOOD = {"id": "good", "question": "Who?", "answers": ["Ann"]}


# JSONL


def test_questions_and_dialogues_come_in_order(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "q.jsonl",
        {"id": "a", "question": "Who?", "answers": ["Ann", "Ann Fell"], "type": "name"},
        {"id": "b", "question": "Why?", "answerable": False},
        {"id": "c", "question": "Which?", "all_of": [["x", "y"], ["z"]]},
        {
            "id": 7,
            "turns": [
                {"question": "Who?", "answers": ["Bo"], "evidence": [{"doc": "a.txt", "text": "Bo came."}]},
                {"question": "When?", "answerable": False, "standalone": "When did Bo come?"},
            ],
        },
    )
    assert read_questions(path) == [
        Question("a", "Who?", ("Ann", "Ann Fell"), type="name"),
        Question("b", "Why?", answerable=False),
        Question("c", "Which?", all_of=(("x", "y"), ("z",))),
        Question("7", "Who?", ("Bo",), turn=1, evidence=(Evidence("a.txt", "Bo came."),)),
        Question("7", "When?", answerable=False, turn=2, standalone="When did Bo come?"),
    ]
    assert [question.name for question in read_questions(path)][-2:] == ["7 turn 1", "7 turn 2"]


def test_blank_lines_a_bom_crlf_and_missing_ids_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\r\n{"question": "Who?"}\r\n\n{"question": "Why?"}')
    loaded = load_questions(path)
    assert [(question.id, question.answerable) for question in loaded.questions] == [
        ("line-2", False),
        ("line-4", False),
    ]
    (note,) = loaded.notes
    assert "taken for unanswerable: 2" in note


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    question = "Who\u2028came\u0085in?"
    line = json.dumps({"id": "a", "question": question}, ensure_ascii=False)
    assert read_questions(write_rows(tmp_path / "q.jsonl", line))[0].question == question


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([1], "a JSON list, not an object"),
        ({"id": "x"}, "'question' is missing"),
        ({"question": " "}, "'question' is ' '"),
        ({"question": 3}, "'question' is 3"),
        ({"question": "Who \ud800?"}, "lone surrogate"),
        ({"question": "Who?", "answers": "Ann"}, "'answers' is 'Ann'; it must be a list"),
        ({"question": "Who?", "answers": [""]}, "'answers' must hold lists of texts that are not empty"),
        ({"question": "Who?", "answers": [1871]}, "'answers'"),
        ({"question": "Who?", "all_of": ["Ann"]}, "'all_of'"),
        ({"question": "Who?", "all_of": [["Ann"], []]}, "group without aliases"),
        ({"question": "Who?", "all_of": 3}, "'all_of'"),
        ({"question": "Who?", "answerable": "yes"}, "'answerable' is 'yes'"),
        ({"question": "Who?", "answerable": True}, "an answerable question needs 'answers'"),
        ({"question": "Who?", "answerable": False, "answers": ["Ann"]}, "'answerable' is false, but"),
        ({"question": "Who?", "type": 3}, "'type' is 3"),
        ({"question": "Who?", "evidence": ["a.txt"]}, "'evidence'"),
        ({"question": "Who?", "evidence": [{"doc": "a.txt"}]}, "'evidence' needs a 'doc'"),
        ({"id": ["x"], "question": "Who?"}, "'id' is ['x']"),
        ({"id": True, "question": "Who?"}, "'id' is True"),
        ({"id": "", "question": "Who?"}, "'id' is ''"),
        ({"turns": []}, "'turns'"),
        ({"turns": "Who?"}, "'turns'"),
        ({"turns": [{"question": "Who?"}, {"question": ""}]}, "turn 2: 'question'"),
    ],
)
def test_a_bad_row_is_left_out_and_named(row: object, words: str, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "q.jsonl", GOOD, row)
    loaded = load_questions(path)
    assert [question.id for question in loaded.questions] == ["good"]
    ((where, why),) = left_out(path)
    assert where == "line 2" and words in why and "\n" not in why
    with pytest.raises(QuestionFileError, match=r"1 row cannot be used; it is .*line 2: "):
        loaded.strict()


def test_an_id_used_twice_is_named_and_the_first_kept(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "q.jsonl", GOOD, GOOD | {"id": "b"}, GOOD | {"question": "Why?"})
    assert [question.question for question in load_questions(path).questions] == ["Who?", "Who?"]
    assert left_out(path) == [("line 3", "id 'good' was used in line 1; ids must differ, give this one another")]


def test_strict_names_the_first_and_the_number(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "q.jsonl", {"id": "x"}, GOOD, [1], 3)
    with pytest.raises(QuestionFileError) as raised:
        read_questions(path)
    message = str(raised.value)
    assert message.startswith(f"3 rows cannot be used; the first is {path}, line 1: 'question' is missing")
    assert "--strict" in message


def test_a_line_of_ten_megabytes_and_endless_nesting_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    long, deep = '{"question": "' + "x" * 10_000_000 + '"}', "[" * 100_000
    path.write_text(f"{json.dumps(GOOD)}\n{long}\n{deep}\n")
    assert [(where, why[:28]) for where, why in left_out(path)] == [
        ("line 2", "10,000,016 characters in one"),
        ("line 3", "JSON nested too deeply; writ"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no question"),
        (b"\n\r\n", "no question"),
        (b"{", "line 1: no JSON"),
        (b'{"question": "a"}\n\xff', "line 2: not UTF-8"),
    ],
)
def test_a_file_without_any_question_is_an_error(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(data)
    with pytest.raises(QuestionFileError) as raised:
        load_questions(path)
    assert str(path) in str(raised.value) and words in str(raised.value)
    with pytest.raises(QuestionFileError, match="No such file"):
        load_questions(tmp_path / "none.jsonl")
    (tmp_path / "q.jsonl.gz").write_bytes(data)
    with pytest.raises(QuestionFileError, match=r"cannot be unpacked|no question"):
        load_questions(tmp_path / "q.jsonl.gz")


def test_a_dialogue_goes_as_a_whole(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "q.jsonl", GOOD, {"id": "d", "turns": [{"question": "Who?"}, {"question": "w" * 50}]})
    rest = load_questions(path).without(lambda question: "too long" if len(question.question) > 40 else None)
    assert [question.id for question in rest.questions] == ["good"]
    assert [str(row) for row in rest.left_out] == [f"{path}, line 2, turn 2: too long"]
    with pytest.raises(QuestionFileError, match="no question can be asked"):
        load_questions(path).without(lambda question: "never")


# CSV


def test_a_table_has_the_fields_as_columns(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "\ufeffid,Question,answers,all_of,answerable,type,evidence\r\n"
        'a,"Who, then?",Ann | Ann Fell,,,name,"[{""doc"": ""a.txt"", ""text"": ""Ann came.""}]"\r\n'
        "b,Which?,,x|y;z,true,,\r\n"
        ",,,,,,\r\n"
        '"c","Why\nso?",,,no,,\r\n'
        'd,What?,"[""a|b"", ""c""]"\r\n',
    )
    assert read_questions(path) == [
        Question("a", "Who, then?", ("Ann", "Ann Fell"), type="name", evidence=(Evidence("a.txt", "Ann came."),)),
        Question("b", "Which?", all_of=(("x", "y"), ("z",))),
        Question("c", "Why\nso?", answerable=False),
        Question("d", "What?", ("a|b", "c")),
    ]
    assert [question.where.rpartition(" ")[2] for question in read_questions(path)] == ["2", "3", "5", "7"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_may_be_parted_by_other_marks(mark: str, tmp_path: Path) -> None:
    path = table(tmp_path, f'question{mark}all_of\nWhich?{mark}"x;z"\n')
    assert read_questions(path) == [Question("line-2", "Which?", all_of=(("x",), ("z",)))]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,,Ann,", "'question' is missing"),
        ("x,Who?,Ann||Bo,", "texts that are not empty"),
        ("x,Who?,Ann,maybe", "'answerable' is 'maybe'"),
        ("x,Who?,Ann,,,", "6 cells, but the header names 4"),
        ("x,Who?,[Ann],", "'answers' begins like JSON, but is no JSON"),
        ("good,Who?,Ann,", "id 'good' was used in line 2"),
        (f"x,{'w' * 1_100_000},Ann,", "no row of a table"),
    ],
)
def test_a_bad_row_of_a_table_is_named(row: str, words: str, tmp_path: Path) -> None:
    path = table(tmp_path, f"id,question,answers,answerable\ngood,Who?,Ann,\n{row}\nlast,Why?,Bo,\n")
    assert [question.id for question in load_questions(path).questions] == ["good", "last"]
    ((where, why),) = left_out(path)
    assert where == "line 3" and words in why


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("id,answers", "line 1: there is no column 'question'"),
        ("", "line 1: there is no column 'question'"),
        ("id,question,question", "column 'question' stands there twice"),
        ("id,question,turns", "write them as JSONL"),
    ],
)
def test_a_table_without_its_columns_is_an_error(header: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=words):
        load_questions(table(tmp_path, f"{header}\na,b,c\n"))


# SQuAD

CONTEXT = "The lamp is old. It was lit in 1871 by Ann. It burns oil."


def squad_file(tmp_path: Path, *questions: object, name: str = "squad.json") -> Path:
    article = {"title": "Gull_Rock", "paragraphs": [{"context": CONTEXT, "qas": list(questions)}]}
    path = tmp_path / name
    data = json.dumps({"version": "v2.0", "data": [article]}).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


LIT = {
    "id": "s1",
    "question": "When was it lit?",
    "answers": [{"text": "1871", "answer_start": 31}, {"text": "in 1871", "answer_start": 28}],
}


@pytest.mark.parametrize("name", ["squad.json", "squad.json.gz"])
def test_squad_questions_have_their_sentence_as_evidence(name: str, tmp_path: Path) -> None:
    impossible: dict[str, Any] = {"id": "s2", "question": "Who put it out?", "answers": [], "is_impossible": True}
    impossible["plausible_answers"] = [{"text": "Ann", "answer_start": 39}]
    loaded = load_questions(squad_file(tmp_path, LIT, impossible, name=name))
    evidence = (Evidence("00000.txt", "It was lit in 1871 by Ann."),)
    assert loaded.questions == (
        Question("s1", "When was it lit?", ("1871", "in 1871"), evidence=evidence),
        Question("s2", "Who put it out?", answerable=False),
    )
    assert not loaded.left_out and not loaded.notes


def test_bad_parts_of_a_squad_file_are_named(tmp_path: Path) -> None:
    path = squad_file(tmp_path, LIT, {"id": "s2", "question": "Who?", "answers": [{"text": ""}]}, 3, LIT)
    assert [(where, why[:22]) for where, why in left_out(path)] == [
        ("article 1, paragraph 1, question 2", "an answer has no 'text"),
        ("article 1, paragraph 1, question 3", "a JSON int, not an obj"),
        ("article 1, paragraph 1, question 4", "id 's1' was used in qu"),
    ]
    path.write_text(json.dumps({"data": [{"paragraphs": None}, {"paragraphs": [{"context": CONTEXT, "qas": [LIT]}]}]}))
    assert left_out(path) == [("article 1", "'paragraphs' must be a list of objects")]
    path.write_text("[]")
    with pytest.raises(QuestionFileError, match="no SQuAD file"):
        load_questions(path)


def test_rows_with_a_context_are_squads_in_either_shape(tmp_path: Path) -> None:
    row = {"id": "s1", "title": "Gull Rock", "context": CONTEXT, "question": "When was it lit?", "is_impossible": False}
    columns = row | {"id": "s2", "answers": {"text": ["Ann"], "answer_start": [39]}}
    path = write_rows(
        tmp_path / "q.jsonl",
        row | {"answers": [{"text": "1871", "start": 31}]},
        columns,
        row | {"id": "s3", "answers": 3},
    )
    loaded = load_questions(path)
    assert [(question.id, question.answers) for question in loaded.questions] == [("s1", ("1871",)), ("s2", ("Ann",))]
    assert loaded.questions[1].evidence == (Evidence("00000.txt", "It was lit in 1871 by Ann."),)
    assert [why for _, why in left_out(path)] == ["'answers' must be a list of objects with 'text' and 'answer_start'"]


def test_the_texts_of_a_squad_file_become_a_corpus(tmp_path: Path) -> None:
    loaded = load_questions(squad_file(tmp_path, LIT))
    assert write_pages(tmp_path / "corpus", loaded.pages()) == 1
    assert (tmp_path / "corpus" / "00000.txt").read_text() == CONTEXT
    assert documents.read_sources(tmp_path / "corpus")["00000.txt"].title == "Gull Rock"
    # The same as what is made from the rows, and written again without harm.
    rows = read_rows(tmp_path / "squad.json")
    assert write_corpus(tmp_path / "corpus", rows) == {CONTEXT: "00000.txt"}
    with pytest.raises(QuestionFileError, match="brings no documents along"):
        load_questions(write_rows(tmp_path / "q.jsonl", GOOD)).pages()


def test_a_folder_with_other_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "mine.txt").write_text("Mine.")
    with pytest.raises(CorpusError, match=r"such as mine\.txt"):
        write_pages(tmp_path / "corpus", load_questions(squad_file(tmp_path, LIT)).pages())


# BEIR


def beir_folder(tmp_path: Path, qrels: str, **files: str) -> Path:
    rows = [{"_id": "D-1", "title": "Oil", "text": "It burns oil."}, {"_id": "a/b", "title": "", "text": "It is old."}]
    queries = [{"_id": "q1", "text": "What burns?"}, {"_id": "q2", "text": "How old?"}, {"_id": "q3", "text": "Else?"}]
    folder = write_beir(tmp_path / "set", rows, queries, qrels)
    for name, text in files.items():
        (folder / f"{name}.jsonl").write_text(text)
    return folder


def test_a_beir_folder_gives_judged_questions_and_its_corpus(tmp_path: Path) -> None:
    folder = beir_folder(tmp_path, "query-id\tcorpus-id\tscore\nq1\tD-1\t2\nq1\ta/b\t0\nq2\ta/b\t1\n")
    loaded = load_questions(folder)
    assert loaded.questions == (
        Question("q1", "What burns?", judged=(("D-1", 2), ("a%2Fb", 0))),
        Question("q2", "How old?", judged=(("a%2Fb", 1),)),
    )
    assert not loaded.left_out
    assert write_pages(tmp_path / "corpus", loaded.pages()) == 2
    assert (tmp_path / "corpus" / "a%2Fb.txt").read_text() == "It is old."
    assert documents.read_sources(tmp_path / "corpus")["D-1.txt"].title == "Oil"


@pytest.mark.parametrize("beir_id", ["MED-10", "a/b", "v1.2", "..", "x%2Fy", "é" * 300, "http://a.b/c?d=1"])
def test_a_document_is_known_by_the_name_of_its_file(beir_id: str, tmp_path: Path) -> None:
    doc_id = f"{file_stem(beir_id)}.txt"
    (tmp_path / doc_id).write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == [doc_id]
    assert stem_of(f"folder/{doc_id}") == stem_of(doc_id) == file_stem(beir_id)


def test_what_is_wrong_with_a_beir_folder_is_named(tmp_path: Path) -> None:
    folder = beir_folder(tmp_path, "q1\t0\tD-1\t1\nq2\t0\ta/b\t0\nq9\t0\tD-1\t1\n")
    assert [(row.where, row.why[:42]) for row in load_questions(folder).left_out] == [
        (f"{folder / 'queries.jsonl'}, line 2", "the qrels name no document that is relevan"),
        (f"{folder / 'queries.jsonl'}", "the qrels judge a query 'q9' that is not t"),
    ]
    (folder / "qrels" / "test.tsv").write_text("q1\tD-1\tmuch\nq1\tD-1\t1\nq1 D-1 1\n")
    with pytest.raises(QuestionFileError, match=r"test\.tsv, line 3: no judgement"):
        load_questions(folder)
    (folder / "qrels" / "test.tsv").write_text("q1\tD-1\t1\n")
    (folder / "corpus.jsonl").write_text('{"_id": "D-1", "text": "a"}\n{"_id": 3}\n')
    with pytest.raises(QuestionFileError, match=r"corpus\.jsonl, line 2"):
        list(load_questions(folder).pages())
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(QuestionFileError, match="no BEIR set"):
        load_questions(folder)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(QuestionFileError, match="no BEIR set"):
        load_questions(folder)
