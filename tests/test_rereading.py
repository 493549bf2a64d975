"""Two readers in turn: what is read again, and what is known of a span from both."""

from __future__ import annotations

import pytest

from conftest import parsed
from famqa.passages import Limits, cut
from famqa.reader_weights import Calibration, Features
from famqa.reading import SpanReader
from famqa.records import Candidate
from famqa.rereading import READ_AGAIN, Rereader, open_reader
from famqa.settings import DEFAULT_READER
from letter_reader import LetterReader

LAMPS = ("oak", "brass", "glass", "iron", "tin")
TEXT = "= Harbour =\n\n" + "\n\n".join(f"==Lamp {n}==\nIt was made of {name}." for n, name in enumerate(LAMPS))
FIRST = {"oak.": 5.0, "brass.": 4.0, "glass.": 3.0, "iron.": 2.0, "tin.": -9.0}


def candidates(limits: Limits, scores: dict[str, float] | None = None) -> list[Candidate]:
    """A passage for each lamp, with a search score where one is given for its word."""
    found = scores or {}
    passages = [passage for passage in cut(*parsed(TEXT, "harbour.txt"), limits) if "made of" in passage.text]
    return [Candidate(n, p, found.get(p.text.split()[-1], 0.0), 0.0, 0.0) for n, p in enumerate(passages)]


def pair(second: dict[str, float], calibration: Calibration | None = None) -> Rereader:
    plain = Calibration(1.0, 0.0, 0.0)
    return Rereader(LetterReader(FIRST, plain), LetterReader(second, calibration or plain))


def words(reader: Rereader, limits: Limits, question: str = "What was it made of?") -> list[str]:
    spans = reader.read(question, candidates(limits)).spans
    return [span.passage.text[span.start - span.passage.start : span.end - span.passage.start] for span in spans]


def test_what_the_second_reader_finds_counts(limits: Limits) -> None:
    reader = pair({"glass.": 3.0, "oak.": 1.0})
    assert words(reader, limits)[:2] == ["glass.", "oak."]


def test_only_the_likeliest_passages_are_read_again(limits: Limits) -> None:
    reader = pair({"tin.": 9.0})
    assert "tin." not in words(reader, limits)
    assert len(reader.first.seen) == len(LAMPS)
    assert reader.second.seen == [f"It was made of {name}." for name in LAMPS[:READ_AGAIN]]


def test_more_are_read_again_where_several_are_asked_for(limits: Limits) -> None:
    reader = pair(FIRST)
    words(reader, limits, "Which materials were they made of?")
    # a score of s is 2 s log odds: 10, 8, 6, 4 and -18, of which three lie no further than 3 behind; so the best three
    assert reader.second.seen == [f"It was made of {name}." for name in LAMPS[:READ_AGAIN]]
    near = Rereader(LetterReader({f"{name}.": 2.0 for name in LAMPS}, Calibration(1.0, 0.0, 0.0)), reader.second)
    reader.second.seen.clear()
    near.read("Which materials were they made of?", candidates(limits))
    assert len(reader.second.seen) == len(LAMPS)


def test_both_scores_and_the_search_are_known_of_a_span(limits: Limits) -> None:
    found = pair({"brass.": 3.0, "oak.": -9.0}).found("What was it made of?", candidates(limits, {"oak.": 1.5}))
    known = {span.passage.text[span.start - span.passage.start :]: span.features for span in found}
    # start and end score alike, so a word of 3 lies 6 above no answer; its passage lies 1.5 behind the best one
    brass, oak = known["brass."], known["oak."]
    assert (brass.above_none, brass.search_behind, brass.first_above_none) == pytest.approx((6.0, -1.5, 8.0))
    assert (oak.above_none, oak.search_behind, oak.first_above_none) == pytest.approx((-18.0, 0.0, 10.0))
    alone = pair({}).first.found("What was it made of?", candidates(limits))
    assert brass.first_lift == next(f.features.lift for f in alone if f.passage.text.endswith("brass."))


def test_the_score_of_the_first_is_weighed() -> None:
    calibration = Calibration(above_none=0.5, search_behind=1.0, intercept=-1.0, first_above_none=0.25)
    # 0.5 x (4 + 2) - 2 - 1 + 0.25 x (8 + 4)
    assert calibration.log_odds(Features(4.0, -2.0, 2.0, 8.0, 4.0)) == pytest.approx(3.0)


def test_nothing_to_read_is_no_answer(limits: Limits) -> None:
    reading = pair({}).read("What was it made of?", [])
    assert (reading.spans, reading.no_answer_probability) == ((), 1.0)


def test_another_reader_than_the_shipped_one_reads_alone() -> None:
    assert isinstance(open_reader(DEFAULT_READER, read_twice=True), Rereader)
    assert isinstance(open_reader(DEFAULT_READER, read_twice=False), SpanReader)
