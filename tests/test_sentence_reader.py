"""The reader without training: which sentence, cell or value it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from conftest import LIGHTHOUSE, PRICES, TermEmbedder
from famqa.embedding import ModelFiles
from famqa.records import BlockKind, Candidate, Document, Passage, Vectors
from famqa.sentence_reader import INTERCEPT, WEIGHTS, SentenceReader, Unit, asked_cell, kind_fits, probability
from famqa.terms import content_terms

CutText = Callable[..., tuple[Document, list[Passage]]]


@pytest.fixture
def embedder(model_files: ModelFiles) -> TermEmbedder:
    return TermEmbedder(model_files)


def candidates_of(passages: Sequence[Passage]) -> list[Candidate]:
    return [Candidate(row, passage, score=0.0, cosine=0.5, bm25=0.0) for row, passage in enumerate(passages)]


def passage_with(word: str, passages: Sequence[Passage]) -> Passage:
    return next(passage for passage in passages if word in passage.text)


def test_no_candidates_no_answer(embedder: TermEmbedder) -> None:
    reading = SentenceReader(embedder).read("Who?", [])
    assert (reading.spans, reading.no_answer_probability) == ((), 1.0)


def test_probability_is_the_logistic_function_of_the_weighted_features() -> None:
    assert probability([0.0] * len(WEIGHTS)) == pytest.approx(1 / (1 + math.exp(-INTERCEPT)))
    for number, weight in enumerate(WEIGHTS):
        features = [1.0 if other == number else 0.0 for other in range(len(WEIGHTS))]
        assert math.log(probability(features) / (1 - probability(features))) == pytest.approx(INTERCEPT + weight)


def test_features_by_hand(cut_text: CutText) -> None:
    """Of four sentences all hold "lamp": weight ln(1 + 0.5 / 4.5); two hold "oil": weight ln(1 + 2.5 / 2.5)."""

    class Directions:
        digest, dimension = "hand", 2

        def embed(self, texts: Sequence[str]) -> Vectors:
            known = {"Which lamp burned oil?": (1.0, 0.0), "The first lamp burned oil.": (0.8, 0.6)}
            return np.array([known.get(text, (0.0, 1.0)) for text in texts], dtype=np.float32)

    _, passages = cut_text("The first lamp burned oil. A new lamp came.")
    candidate = Candidate(0, passages[0], score=1.25, cosine=0.4, bm25=3.0)
    better = Candidate(1, passages[0], score=2.0, cosine=0.4, bm25=3.0)
    units = [Unit(found, start, end) for found in (candidate, better) for start, end in passages[0].sentences]
    first, second, *others = SentenceReader(Directions()).features("Which lamp burned oil?", units)
    lamp, oil_or_burned = math.log(1 + 0.5 / 4.5), math.log(2)
    assert first == pytest.approx((0.8, 1.0, 1.0, 1.25 - 2.0, 1.0))
    assert second == pytest.approx((0.0, lamp / (lamp + 2 * oil_or_burned), 1.0, 1.25 - 2.0, 1.0))
    assert [features[3] for features in others] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("question", "text", "fits"),
    [
        ("When was it lit?", "It was lit in March 1871.", True),
        ("In which year was it lit?", "It was lit by the keeper.", False),
        ("What day is it open?", "It is open on Sunday.", True),
        ("How many keepers were there?", "There were three keepers.", True),
        ("How tall is the tower?", "The tower is tall.", False),
        ("Who built Gull Rock?", "Edith Marlow built it.", True),
        ("Who built Gull Rock?", "Gull Rock was built of granite.", False),
        ("Why was it built?", "Because of the storms.", True),
    ],
)
def test_kind_fits(question: str, text: str, fits: bool) -> None:
    assert kind_fits(question, text, content_terms(question)) is fits


@pytest.mark.parametrize(
    ("question", "row", "answer"),
    [
        ("What cargo did the Aurora carry?", "Aurora", "Timber"),
        ("What cargo did the ship Aurora carry?", "Aurora", "Timber"),
        ("How many lives were lost with the Corsair?", "Corsair", "12"),
        ("Which ship was lost in 1896?", "Eider", "Eider"),
        ("In which year was the Bluebell lost?", "Bluebell", "1874"),
        ("What is the height of the tower?", "Height", "42 metres"),
    ],
)
def test_the_cell_that_is_asked_for(question: str, row: str, answer: str, cut_text: CutText) -> None:
    document, passages = cut_text(LIGHTHOUSE)
    cell = asked_cell(question, passage_with(row, passages))
    assert document.text[cell.start : cell.end] == answer


def test_a_carried_cell_is_found_in_a_part_of_a_row_too_long_for_one_passage(cut_text: CutText) -> None:
    table = "| Year | Report |\n| 1990 | Calm. |\n| | " + "The sea was rough all day. " * 100 + "|\n"
    document, passages = cut_text(table)
    parts = [passage for passage in passages if "rough" in passage.text]
    assert len(parts) > 1
    for part in parts:
        cell = asked_cell("In which year was it?", part)
        assert (cell.header, document.text[cell.start : cell.end]) == ("Year", "1990")


def test_the_best_sentence_comes_first_with_the_rest_of_certainty_for_no_answer(
    cut_text: CutText, embedder: TermEmbedder
) -> None:
    document, passages = cut_text(LIGHTHOUSE)
    reading = SentenceReader(embedder).read("What did the first lamp burn?", candidates_of(passages))
    best = reading.spans[0]
    assert document.text[best.start : best.end] == "The first lamp burned rapeseed oil."
    assert best.quotes == ((best.start, best.end),)
    assert reading.no_answer_probability == pytest.approx(1 - best.probability)
    likely = [span.probability for span in reading.spans]
    assert likely == sorted(likely, reverse=True) and 0 < likely[-1] <= likely[0] < 1


def test_a_row_answers_with_its_cell_and_is_quoted_whole(cut_text: CutText, embedder: TermEmbedder) -> None:
    document, passages = cut_text(PRICES, "prices.md")
    reading = SentenceReader(embedder).read("What is the price of white cream paint?", candidates_of(passages))
    best = reading.spans[0]
    assert best.passage.kind is BlockKind.TABLE_ROW
    assert document.text[best.start : best.end] == "27 crowns"
    (quote,) = best.quotes
    assert document.text[slice(*quote)] == "| White \\| cream | 2 litres | 27 crowns |"


def test_sentences_met_before_are_not_embedded_again(cut_text: CutText, embedder: TermEmbedder) -> None:
    _, passages = cut_text(LIGHTHOUSE)
    reader = SentenceReader(embedder)
    first = reader.read("What did the first lamp burn?", candidates_of(passages))
    embedder.texts.clear()
    assert reader.read("What did the first lamp burn?", candidates_of(passages)) == first
    assert embedder.texts == []
    reader.read("Who paid for the tower?", candidates_of(passages))
    assert embedder.texts == ["Who paid for the tower?"]


def test_the_digest_names_the_reader_and_its_embedder(embedder: TermEmbedder) -> None:
    assert SentenceReader(embedder).digest.endswith(embedder.digest)
