"""The span reader: its decoder by hand, its windows, and the way back from the searched text to the document."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import parsed
from famqa.passages import Limits, cut
from famqa.reader_weights import Calibration, Features
from famqa.reading import ANSWER_PIECES, MAX_PIECES, STRIDE_PIECES, SpanReader, Window, best_spans, lift
from famqa.records import Candidate, Document, Passage
from letter_reader import LetterReader


def window(words: int, head: int = 3) -> Window:
    """A window of one-letter words: offsets (0, 1), (2, 3), ...; `head` pieces of mark, question, mark before them."""
    return Window(0, [0] * (head + words + 1), head, [(2 * i, 2 * i + 1) for i in range(words)])


def logits(window: Window, values: dict[int, float], none: float = 0.0) -> np.ndarray:
    """-10 everywhere but at the context's pieces that are named, and at the mark that stands for no answer."""
    found = np.full(len(window.ids), -10.0, dtype=np.float32)
    found[0] = none
    for piece, value in values.items():
        found[window.context_at + piece] = value
    return found


def test_the_best_span_is_the_best_sum_above_no_answer() -> None:
    five = window(5)
    start, end, above = best_spans(five, logits(five, {1: 4.0}, none=1.0), logits(five, {2: 3.0}, none=0.5))[0]
    assert (start, end) == (2, 5)  # the second and third word
    assert above == pytest.approx(4.0 + 3.0 - 1.0 - 0.5)


def test_an_end_before_its_start_is_never_taken() -> None:
    five = window(5)
    spans = best_spans(five, logits(five, {3: 9.0}), logits(five, {1: 9.0}))
    assert all(start < end for start, end, _ in spans)
    # The best that is allowed: start at 3 with an end at or after it, or end at 1 with a start at or before it.
    assert {(start, end) for start, end, above in spans if above == pytest.approx(-1.0)} == {
        (6, 7), (6, 9), (2, 3), (0, 3),
    }  # fmt: skip


def test_a_span_is_no_longer_than_the_limit() -> None:
    long = window(ANSWER_PIECES + 5)
    spans = best_spans(long, logits(long, {0: 9.0}), logits(long, {ANSWER_PIECES: 9.0, ANSWER_PIECES - 1: 5.0}))
    assert spans[0][:2] == (0, 2 * (ANSWER_PIECES - 1) + 1)
    assert spans[0][2] == pytest.approx(14.0)


def test_question_and_marks_are_never_part_of_a_span() -> None:
    five = window(5, head=4)
    starts, ends = logits(five, {0: 1.0}), logits(five, {0: 1.0})
    starts[1:4], ends[1:4], starts[-1], ends[-1] = 50.0, 50.0, 50.0, 50.0
    assert best_spans(five, starts, ends)[0] == (0, 1, pytest.approx(2.0))


def test_fewer_spans_than_asked_for() -> None:
    one = window(1)
    assert best_spans(one, logits(one, {0: 2.0}), logits(one, {0: 3.0})) == [(0, 1, pytest.approx(5.0))]


TEXT = """= Harbour =

==Lamps==
The first lamp burned rapeseed. A second one burned paraffin.

==Ships==
| Year | Ship | Cargo |
| 1874 | Aurora | timber |
| | Bluebell | coal |
"""


def read(limits: Limits, wanted: dict[str, float], calibration: Calibration | None = None, question: str = "Q?"):  # type: ignore[no-untyped-def]
    document, blocks = parsed(TEXT, "harbour.txt")
    passages = cut(document, blocks, limits)
    candidates = [Candidate(n, passage, 0.0, 0.0, 0.0) for n, passage in enumerate(passages)]
    reader = LetterReader(wanted, calibration or Calibration(1.0, 0.0, 0.0))
    return document, reader.read(question, candidates)


def test_a_span_is_mapped_to_the_document_and_quoted_by_its_sentence(limits: Limits) -> None:
    document, reading = read(limits, {"paraffin.": 2.0})
    best = reading.spans[0]
    assert document.text[best.start : best.end] == "paraffin."
    assert [document.text[start:end] for start, end in best.quotes] == ["A second one burned paraffin."]
    # 4 above no answer; the four spans from an earlier word to this one lie 12 lower, all others 24 and more
    lifted = 4 + 3 * math.log(1 + 4 * math.exp(-12 / 3))
    assert best.probability == pytest.approx(1 / (1 + math.exp(-lifted)), abs=1e-4)
    assert reading.no_answer_probability == pytest.approx(1 - best.probability)


def test_words_that_stand_only_in_the_context_are_no_answer(limits: Limits) -> None:
    document, reading = read(limits, {"Harbour": 9.0, "Lamps:": 8.0, "rapeseed.": 1.0})
    assert document.text[reading.spans[0].start : reading.spans[0].end] == "rapeseed."


def test_a_carried_cell_is_found_where_it_stands(limits: Limits) -> None:
    document, reading = read(limits, {"1874;": 1.0})
    texts = {document.text[span.start : span.end] for span in reading.spans if span.probability > 0.5}
    assert texts == set()  # with the separator it is no cell's text
    document, reading = read(limits, {"coal": 2.0})
    best = reading.spans[0]
    assert [document.text[start:end] for start, end in best.quotes] == ["| | Bluebell | coal |"]


def test_spans_do_not_overlap_and_come_in_order(limits: Limits) -> None:
    document, reading = read(limits, {"first": 3.0, "lamp": 3.5, "second": 2.0})
    places = [(span.start, span.end) for span in reading.spans]
    assert document.text[slice(*places[0])] == "lamp"
    for n, (start, end) in enumerate(places):
        assert all(end <= other[0] or other[1] <= start for other in places[:n])
    likely = [span.probability for span in reading.spans]
    assert likely == sorted(likely, reverse=True)


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("What is rapeseed?", "paraffin."),  # its own word is no answer
        ("What is a wick?", "rapeseed."),
        ("Which is it, rapeseed or paraffin?", "rapeseed."),  # a choice is between its own words
        ("Is it rapeseed?", "rapeseed."),
        ("Why rapeseed?", "rapeseed."),  # marks the sentence that explains
    ],
)
def test_the_questions_own_words_are_no_answer(limits: Limits, question: str, best: str) -> None:
    document, reading = read(limits, {"rapeseed.": 3.0, "paraffin.": 2.0}, question=question)
    assert document.text[reading.spans[0].start : reading.spans[0].end] == best


def test_the_features_are_weighed_together() -> None:
    calibration = Calibration(above_none=0.5, search_behind=0.25, intercept=-1.0)
    assert calibration.log_odds(Features(4.0, -2.0)) == pytest.approx(0.5)  # 0.5 x 4 + 0.25 x -2 - 1


def test_a_span_knows_how_far_its_passage_lies_behind(limits: Limits) -> None:
    passages = list(cut(*parsed(TEXT, "harbour.txt"), limits))
    scores = {passage: 2.0 if "rapeseed" in passage.text else 0.5 for passage in passages}
    candidates = [Candidate(n, passage, scores[passage], 0.0, 0.0) for n, passage in enumerate(passages)]
    reader = LetterReader({"rapeseed.": 3.0, "coal": 2.0}, Calibration())
    found = {reader_text(f.passage, f.start, f.end): f.features for f in reader.found("Q?", candidates)}
    rapeseed, coal = found["rapeseed."], found["coal"]
    assert (rapeseed.above_none, rapeseed.search_behind) == pytest.approx((6.0, 0.0))
    assert (coal.above_none, coal.search_behind) == pytest.approx((4.0, -1.5))


def test_other_spans_of_a_passage_lift_it() -> None:
    assert lift([6.0]) == 0.0
    assert lift([2.0, 6.0]) == pytest.approx(3 * 0.2339625)  # 3 log(1 + exp(-4/3))
    assert lift([1.0, 1.0, 1.0], temperature=1.0) == pytest.approx(1.0986123)  # log 3


def test_all_spans_of_a_passage_know_its_lift(limits: Limits) -> None:
    passages = [passage for passage in cut(*parsed(TEXT, "harbour.txt"), limits) if "burned" in passage.text]
    reader = LetterReader({"rapeseed.": 3.0, "first": 3.0}, Calibration())
    found = reader.found("Q?", [Candidate(0, passages[0], 0.0, 0.0, 0.0)])
    assert {f.features.lift for f in found} == {lift([f.features.above_none for f in found])}
    assert found[0].features.lift > 3 * 0.69  # of the two words alone it would be 3 log 2


def test_where_several_are_asked_for_all_have_the_lift_of_the_likeliest(limits: Limits) -> None:
    wanted = {"first": 3.0, "lamp": 3.0, "coal": 3.0}  # "first", "first lamp" and "lamp" lift their passage
    for question, is_equal in (("Which goods?", True), ("Which one?", False)):
        document, reading = read(limits, wanted, question=question)
        likely = {document.text[span.start : span.end]: span.probability for span in reading.spans}
        assert (likely["coal"] == pytest.approx(reading.spans[0].probability)) is is_equal


def reader_text(passage: Passage, start: int, end: int) -> str:
    return passage.text[start - passage.start : end - passage.start]


def test_no_candidate_is_no_answer(limits: Limits) -> None:
    reading = LetterReader({}, Calibration()).read("Q?", [])
    assert (reading.spans, reading.no_answer_probability) == ((), 1.0)


@pytest.mark.model
class TestShipped:
    """The real weights."""

    def passages(self, text: str, limits: Limits) -> tuple[Document, list[Passage]]:
        document, blocks = parsed(text, "text.txt")
        return document, cut(document, blocks, limits)

    def ask(self, reader: SpanReader, question: str, text: str, limits: Limits) -> tuple[Document, list[str]]:
        document, passages = self.passages(text, limits)
        candidates = [Candidate(n, passage, 0.0, 0.0, 0.0) for n, passage in enumerate(passages)]
        spans = reader.read(question, candidates).spans
        for span in spans:
            start, end = span.start - span.passage.start, span.end - span.passage.start
            if span.passage.start <= span.start:
                assert span.passage.text[start:end] == document.text[span.start : span.end]
        return document, [document.text[span.start : span.end] for span in spans]

    def test_a_plain_fact(self, reader: SpanReader, limits: Limits) -> None:
        text = "The lighthouse was designed by Ada Winter in 1871. Its first keeper was Tom Gale."
        assert self.ask(reader, "Who designed the lighthouse?", text, limits)[1][0] == "Ada Winter"
        assert self.ask(reader, "Who was the first keeper?", text, limits)[1][0] == "Tom Gale"
        assert "1871" in self.ask(reader, "When was the lighthouse designed?", text, limits)[1][0]

    def test_windows_of_a_long_passage_overlap_and_hold_all_of_it(self, reader: SpanReader) -> None:
        text = "word " * 600
        passage = SimpleNamespace(search_text=text)
        windows = list(reader._windows("what?", 0, Candidate(0, passage, 0.0, 0.0, 0.0)))  # type: ignore[arg-type]
        assert all(len(w.ids) <= MAX_PIECES for w in windows)
        assert windows[0].offsets[0] == (0, 4) and windows[-1].offsets[-1][1] == len(text.rstrip())
        for before, after in pairwise(windows):
            assert before.offsets[-STRIDE_PIECES] == after.offsets[0]

    @pytest.mark.parametrize("question", ["?", "who " * 400, "\U0001f600", "שלום", "e\u0301"])
    def test_odd_questions(self, reader: SpanReader, limits: Limits, question: str) -> None:
        self.ask(reader, question, "The lamp burned rapeseed oil.", limits)

    @settings(max_examples=15, deadline=None)
    @given(st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r"), min_size=1))
    def test_offsets_slice_whatever_the_text(self, reader: SpanReader, limits: Limits, text: str) -> None:
        words = "The keeper Ada lit the lamp. " + text.replace("\n", " ")
        if parsed(words, "text.txt")[1]:
            self.ask(reader, "Who lit the lamp?", words, limits)

    def test_one_endless_line(self, reader: SpanReader, limits: Limits) -> None:
        self.ask(reader, "Who?", "a" * 20_000, limits)
