"""`famqa questions suggest`: a question file from an index, spread over its documents, without a model."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from conftest import BUNDLED_CORPUS, LIGHTHOUSE, PRICES, Run, parsed, read_questions, read_rows, refused
from famqa.evaluation.suggest import suggest, summary, to_jsonl, to_row
from famqa.records import Block, Document

SECOND_CORPUS = Path(__file__).parent / "second_corpus" / "documents"

KITE = "= Kite =\nSpan: 2 m\nDesigner: Ann Lee\n"
DOOR = "= Door =\nSpan: 3 m\nColour: red\n"


def entries(*texts: str) -> list[tuple[Document, tuple[Block, ...]]]:
    """A document a text: a.txt, b.txt, ..."""
    return [parsed(text, f"{letter}.txt") for letter, text in zip("abcdef", texts, strict=False)]


def test_documents_take_turns_up_to_the_limit() -> None:
    found = suggest(entries(KITE, DOOR), 10)
    assert [(each.doc_id, each.proposal.question) for each in found] == [
        ("a.txt", "What is the span of Kite?"),
        ("b.txt", "What is the span of Door?"),
        ("a.txt", "Who is the designer of Kite?"),
        ("b.txt", "What is the colour of Door?"),
    ]
    assert suggest(entries(KITE, DOOR), 2) == found[:2]


def test_a_question_comes_once_and_not_at_all_if_documents_disagree() -> None:
    assert [each.proposal.question for each in suggest(entries(KITE, KITE), 10)] == [
        "What is the span of Kite?",
        "Who is the designer of Kite?",
    ]
    disagreeing = suggest(entries(KITE, KITE.replace("2 m", "5 m")), 10)
    assert [each.proposal.question for each in disagreeing] == ["Who is the designer of Kite?"]


def test_a_row_of_the_file() -> None:
    (first, *_) = suggest(entries(KITE), 10)
    assert to_row(first, 7) == {
        "id": "suggested-007",
        "type": "pair",
        "question": "What is the span of Kite?",
        "answers": ["2 m"],
        "answerable": True,
        "evidence": [{"doc": "a.txt", "text": "Span: 2 m"}],
    }
    (listed,) = [each for each in suggest(entries(LIGHTHOUSE), 50) if each.proposal.kind == "list"]
    assert to_row(listed, 1) == {
        "id": "suggested-001",
        "type": "list",
        "question": "Who were the head keepers of the lighthouse?",
        "answers": [],
        "all_of": [["Tomas Arnesen"], ["Peter Holm"]],
        "answerable": True,
        "evidence": [
            {"doc": "a.txt", "text": "Tomas Arnesen, who served from 1871 to 1890", "role": "part"},
            {"doc": "a.txt", "text": "Peter Holm, who served from 1890 to 1921", "role": "part"},
            {"doc": "a.txt", "text": "The head keepers of the lighthouse were:", "role": "context"},
        ],
    }


def test_summary() -> None:
    found = suggest(entries(KITE, "= Fair =\nAnn Lee founded the fair in 1911.\n"), 10)
    assert summary(found) == "3 questions from 2 documents: 2 from key-value lines, 1 from dates"


@pytest.mark.parametrize("folder", [BUNDLED_CORPUS, SECOND_CORPUS])
def test_every_answer_stands_in_its_evidence_and_that_in_the_document(folder: Path) -> None:
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".txt", ".md")]
    documents = {path.name: parsed(path.read_text("utf-8"), path.name) for path in files}
    found = suggest(documents.values(), 1000)
    assert len(found) > 50
    assert {each.doc_id for each in found} == documents.keys()
    assert len({each.proposal.question for each in found}) == len(found)
    for each in found:
        assert all(text in documents[each.doc_id][0].text for text in each.evidence)
        wanted = [*each.proposal.answers, *(answer for group in each.proposal.all_of for answer in group)]
        assert wanted
        assert all(any(answer in " ".join(text.split()) for text in each.evidence) for answer in wanted)
        assert each.proposal.question[0].isupper() and each.proposal.question[-1] == "?"


@pytest.fixture
def run(tmp_path: Path, template_index: Path, monkeypatch: pytest.MonkeyPatch, command: Run) -> Run:
    """Runs `famqa questions suggest` in an empty folder over the index of the small corpus, unless another is named."""
    monkeypatch.chdir(tmp_path)
    return partial(command, "questions", "suggest", "--index", template_index)


def test_the_command_prints_a_question_file(run: Run, tmp_path: Path) -> None:
    code, out, err = run()
    documents = [parsed(LIGHTHOUSE, "lighthouse.txt"), parsed(PRICES, "shop/prices.md")]
    assert (code, out) == (0, to_jsonl(suggest(documents, 100)))
    (line,) = err.splitlines()
    assert line.startswith("13 questions from 2 documents: 3 from key-value lines, 7 from table rows, 2 from ")
    (tmp_path / "q.jsonl").write_text(out, "utf-8")
    assert len(read_questions(tmp_path / "q.jsonl")) == 13


def test_the_command_writes_a_file_and_replaces_none(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "new" / "q.jsonl"
    code, out, err = run("--out", str(target), "--limit", "2")
    assert (code, out) == (0, "")
    assert f"written to {target}" in err
    rows = read_rows(target)
    assert [row["id"] for row in rows] == ["suggested-001", "suggested-002"]
    line = refused(run, "--out", target)
    assert line == f"famqa: {target} is there already; name another file, or replace it with --force"
    assert len(target.read_text("utf-8").splitlines()) == 2
    assert run("--out", str(target), "--force")[0] == 0
    assert len(target.read_text("utf-8").splitlines()) == 13


def test_bad_use(run: Run, tmp_path: Path) -> None:
    assert refused(run, "--index", tmp_path / "none").startswith("famqa: there is no index in")
    assert run("--limit", "0")[0] == 2
    assert "is a folder" in refused(run, "--out", tmp_path)
    (tmp_path / "file").write_text("x")
    assert "name another file with --out" in refused(run, "--out", tmp_path / "file" / "q.jsonl")


def test_no_model_is_imported(template_index: Path) -> None:
    script = (
        "import sys; sys.argv = ['famqa', 'questions', 'suggest', '--index', sys.argv[1]]\n"
        "from famqa import cli\n"
        "try:\n    cli.main()\n"
        "finally:\n    assert not {'torch', 'transformers', 'gradio'} & sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(template_index)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 13
