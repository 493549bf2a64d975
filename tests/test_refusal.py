"""What a refusal says was not found, and which documents a question is asked of."""

from __future__ import annotations

import math

import pytest

from famqa.errors import QuestionError
from famqa.records import BlockKind, Candidate, Passage, Reading, Span
from famqa.refusal import doubted, not_found
from famqa.selection import select_documents
from famqa.terms import content_terms, terms

ALL = "The keeper moved the lamp. A budget was agreed upon in spring."


def candidate(text: str) -> Candidate:
    passage = Passage("a.txt", 0, BlockKind.PARAGRAPH, 0, len(text), text, text, (), ((0, len(text)),))
    return Candidate(0, passage, 0.0, 0.0, 0.0)


def occurs(word: str) -> bool:
    return bool(set(content_terms(word)) & set(terms(ALL)))


@pytest.mark.parametrize(
    ("question", "reasons"),
    [
        ("Who moved the lamp?", 0),
        ("Who moved the lamp for Ann Lee?", 1),  # a name that stands nowhere
        ("who moved the lamp for ann lee?", 0),
        ("Who moved the lamp at the BBC?", 0),  # it may be written out
        ("Who lost the Keeper Cup?", 0),  # a word of the name stands there
        ("how high are mountains", 1),  # not one word stands there
        ("How high is Kilimanjaro?", 2),
        ("Why?", 0),
    ],
)
def test_what_stands_nowhere_makes_an_answer_less_likely(question: str, reasons: int) -> None:
    spans = tuple(Span(candidate(ALL).passage, 0, 3, p, ((0, 3),)) for p in (0.5, 0.2))
    reading = doubted(Reading(spans, 0.5), question, occurs)
    expected = [1 / (1 + math.exp(reasons)), 1 / (1 + 4 * math.exp(reasons))]  # odds of 1 and 1/4, e times less each
    assert [span.probability for span in reading.spans] == pytest.approx(expected)
    assert reading.no_answer_probability == pytest.approx(1 - expected[0])


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("What is the boiling point of ethanol?", "The documents do not have “boiling”, “point” or “ethanol”."),
        ("Who painted the lamp?", "The documents do not have “painted”."),
        ("How much did the lamp cost?", "The documents do not have “cost”."),
        (
            "What budget did the keeper have?",
            "“budget” stands elsewhere in the documents, not in the passages that were closest.",
        ),
        ("Who moves the lamp?", "The words of the question occur in the documents, but no passage found answers it."),
        ("Why?", "The words of the question occur in the documents, but no passage found answers it."),
    ],
)
def test_one_line_says_what_was_not_found(question: str, line: str) -> None:
    assert not_found(question, [candidate("The keeper moved the lamp.")], occurs) == line


IDS = ["handbook.md", "reports/2024/may.pdf", "reports/2025/may.pdf", "reports-old.txt", "a [b].md"]


@pytest.mark.parametrize(
    ("within", "chosen"),
    [
        (["handbook.md"], {"handbook.md"}),
        (["reports"], {"reports/2024/may.pdf", "reports/2025/may.pdf"}),
        (["reports/2024/"], {"reports/2024/may.pdf"}),
        (["./reports/2025"], {"reports/2025/may.pdf"}),
        (["*.md"], {"handbook.md", "a [b].md"}),
        (["a [b].md"], {"a [b].md"}),
        (["reports/*/may.pdf", "reports-old.txt"], {"reports/2024/may.pdf", "reports/2025/may.pdf", "reports-old.txt"}),
    ],
)
def test_documents_by_name_folder_or_pattern(within: list[str], chosen: set[str]) -> None:
    assert select_documents(IDS, within) == chosen


@pytest.mark.parametrize("name", ["report", "handbook", "", " ", "/", "reports/2023", "../reports"])
def test_a_name_that_fits_nothing_is_told(name: str) -> None:
    with pytest.raises(QuestionError, match="no document of the index is named by"):
        select_documents(IDS, ["handbook.md", name])
