"""Why an answer is wrong: each cause from documents, passages and candidates made by hand for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from famqa.assistant import Trace
from famqa.catalog import Catalog, Entry, write_catalog
from famqa.evaluation.causes import Asked
from famqa.evaluation.facts import Facts, Place, find_tokens
from famqa.evaluation.rows import Evidence, Question
from famqa.evaluation.scoring import score_row
from famqa.records import (
    Answer,
    Block,
    BlockKind,
    Candidate,
    Citation,
    Document,
    Passage,
    Reading,
    Segment,
    Span,
)

LAMP = "The lamp was lit in 1871 by Ann Fell. It burned rapeseed oil."
BELL = "A bell was rung in fog. Not in any block: Bo Holm."

PIECES = {
    "lamp.txt": (LAMP, ["The lamp was lit in 1871 by Ann", "Fell. It burned rapeseed oil."]),
    "bell.txt": (BELL, ["A bell was rung in fog."]),
}
"""Text and passages of each document; the passages cut "Ann Fell" in two."""


def passage(doc_id: str, ordinal: int) -> Passage:
    text, pieces = PIECES[doc_id]
    piece = pieces[ordinal]
    start = text.index(piece)
    place = (start, start + len(piece))
    segments = (Segment(0, start, len(piece)),)
    return Passage(doc_id, ordinal, BlockKind.PARAGRAPH, *place, piece, piece, segments, (place,))


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    entries = []
    for doc_id, (text, pieces) in PIECES.items():
        end = len(text) if doc_id == "lamp.txt" else text.index("Not in any block")
        blocks = (Block(BlockKind.PARAGRAPH, 0, end),)
        document = Document(doc_id, "T", text, "text", "0")
        entries.append(Entry(document, blocks, tuple(passage(doc_id, n) for n in range(len(pieces)))))
    write_catalog(tmp_path / "catalog.sqlite", entries)
    return Facts(SimpleNamespace(catalog=Catalog(tmp_path / "catalog.sqlite"), name="g"))  # type: ignore[arg-type]


def cited(doc_id: str, quote: str) -> Citation:
    start = PIECES[doc_id][0].index(quote)
    return Citation(1, doc_id, "T", (), None, 1, start, start + len(quote), quote)


def answered(text: str, *citations: Citation, confidence: float = 0.6) -> Answer:
    return Answer("Q?", "answered", text, (), confidence, citations, (), "g", timings_ms={"total": 12.5})


REFUSED = Answer("Q?", "no_answer", "", (), 0.9, (), (), "g")

Score = Callable[..., dict[str, Any]]


@pytest.fixture
def score(facts: Facts) -> Score:
    """The row of a question whose candidates are the named passages, of which the first two were read."""

    def make(
        question: Question, answer: Answer, ranked: Sequence[tuple[str, int]], spans: Sequence[Span] = ()
    ) -> dict[str, Any]:
        candidates = tuple(Candidate(n, passage(*key), 1.0 - n, 0.5, 1.0) for n, key in enumerate(ranked))
        trace = Trace(answer, candidates, Reading(tuple(spans), 0.5), facts.generation)
        return score_row(Asked(question, trace, 2, 0.3), facts)

    return make


OIL = Question("q", "What did it burn?", ("oil of rapeseed", "rapeseed oil"))
FIRST, SECOND, BELLS = ("lamp.txt", 0), ("lamp.txt", 1), ("bell.txt", 0)


def cause(row: dict[str, Any]) -> tuple[str | None, str]:
    return row["cause"], row["cause_evidence"]


def test_a_right_answer_has_no_cause_and_its_place(score: Score) -> None:
    row = score(OIL, answered("oil", cited("lamp.txt", "It burned rapeseed oil.")), [SECOND])
    assert (row["right"], cause(row)) == (True, (None, ""))
    start = LAMP.index("rapeseed oil")
    place = {"doc_id": "lamp.txt", "start": start, "end": start + len("rapeseed oil")}
    place |= {"line": 1, "section": [], "text_start": 0, "text": LAMP}
    assert {name: row["place"][name] for name in place} == place
    assert row["documents"] == ["lamp.txt"]


def test_load_the_fact_is_in_no_document(score: Score) -> None:
    row = score(replace(OIL, answers=("whale oil", "train oil")), REFUSED, [SECOND])
    assert cause(row) == ("load", "No document of the index holds “whale oil” nor any of 1 other spellings.")
    assert (row["place"], row["documents"]) == (None, [])
    row = score(Question("q", "Q?", ("sperm oil",), evidence=(Evidence("none.txt", "Sperm oil."),)), REFUSED, [SECOND])
    assert cause(row)[0] == "load" and "none.txt is not in it" in cause(row)[1]


def test_load_the_fact_is_in_no_block(score: Score) -> None:
    row = score(Question("q", "Who?", ("Bo Holm",)), REFUSED, [BELLS])
    assert cause(row) == ("load", "“Bo Holm” (bell.txt, line 1) is in the document's text, but in no block of it.")
    assert BELL[row["place"]["start"] : row["place"]["end"]] == "Bo Holm"


def test_cut_no_passage_holds_the_fact_whole(score: Score) -> None:
    row = score(Question("q", "Who lit it?", ("Ann Fell",)), answered("lamp", cited("lamp.txt", "lamp")), [FIRST])
    assert cause(row) == (
        "cut",
        "“Ann Fell” (lamp.txt, line 1) is in a block, but is split over 2 passages; none holds it whole.",
    )


def test_search_the_passage_was_not_among_those_read(score: Score) -> None:
    wrong = answered("a bell", cited("bell.txt", "A bell"))
    row = score(OIL, wrong, [BELLS, FIRST, SECOND])
    assert cause(row) == (
        "search",
        "The passage with “rapeseed oil” (lamp.txt, line 1) came at rank 3; the first 2 were read.",
    )
    assert [(c["rank"], c["read"], c["right"]) for c in row["candidates"]] == [
        (1, True, False),
        (2, True, False),
        (3, False, True),
    ]
    assert "was not among the first 2" in cause(score(OIL, wrong, [BELLS, FIRST]))[1]


def test_read_another_span_was_chosen(score: Score) -> None:
    bell = cited("bell.txt", "A bell was rung in fog.")
    wrong_span = Span(passage(*BELLS), 0, 6, 0.6, ((0, 6),))
    start = LAMP.index("rapeseed oil")
    right_span = Span(passage(*SECOND), start, start + 12, 0.25, ((start, start + 12),))
    row = score(OIL, answered("A bell", bell), [BELLS, SECOND], [wrong_span, right_span])
    assert cause(row) == (
        "read",
        "The passage with “rapeseed oil” (lamp.txt, line 1) was read (rank 2), but “A bell” (bell.txt, line 1) was "
        "chosen; the right span was number 2, with probability 0.250.",
    )
    assert cause(score(OIL, answered("A bell", bell), [BELLS, SECOND]))[1].endswith(
        "“A bell” (bell.txt, line 1) was chosen."
    )


def test_refuse_the_fact_was_read_but_no_answer_given(score: Score) -> None:
    start = LAMP.index("rapeseed oil")
    span = Span(passage(*SECOND), start, start + 12, 0.29, ((start, start + 12),))
    assert cause(score(OIL, REFUSED, [SECOND], [span])) == (
        "refuse",
        "The passage with “rapeseed oil” (lamp.txt, line 1) was read (rank 1), but no answer was given: the best span, "
        "“rapeseed oil”, which is right, has probability 0.290, below 0.300.",
    )
    assert "which is not right" in cause(score(OIL, REFUSED, [SECOND], [Span(passage(*BELLS), 0, 6, 0.2, ())]))[1]


def test_refuse_an_answer_was_given_where_there_is_none(score: Score) -> None:
    nobody = Question("q", "Who put it out?", answerable=False)
    row = score(nobody, answered("Ann", cited("lamp.txt", "Ann")), [FIRST])
    assert cause(row) == (
        "refuse",
        "The documents do not answer this, but “Ann” was given with confidence 0.600 (least to answer: 0.300).",
    )
    assert score(nobody, REFUSED, [FIRST])["right"] is True


def test_evidence_decides_which_place_counts(score: Score) -> None:
    """ "in" stands in both documents; the evidence says that only the one in fog is meant."""
    fog = Question(
        "q", "When is it rung?", ("fog", "in"), evidence=(Evidence("bell.txt", "A bell was   rung in\nfog."),)
    )
    row = score(fog, answered("Ann", cited("lamp.txt", "Ann")), [FIRST, SECOND, BELLS])
    assert cause(row)[0] == "search" and "bell.txt" in cause(row)[1]
    assert row["documents"] == ["bell.txt"]
    assert [candidate["right"] for candidate in row["candidates"]] == [False, False, True]


def test_evidence_that_only_gives_context_proves_nothing(score: Score) -> None:
    context = Evidence("bell.txt", "A bell was rung in fog.", "context")
    question = replace(OIL, evidence=(Evidence("lamp.txt", "It burned rapeseed oil."), context))
    row = score(question, REFUSED, [BELLS, SECOND])
    assert [candidate["right"] for candidate in row["candidates"]] == [False, True]
    assert row["documents"] == ["lamp.txt"]


def test_of_a_list_the_item_lost_first_decides(score: Score) -> None:
    listed = Question("q", "Who and what?", all_of=(("rapeseed oil",), ("Ann Fell",), ("fog",)))
    row = score(listed, answered("fog", cited("bell.txt", "fog")), [BELLS, SECOND])
    assert cause(row)[0] == "cut" and "Ann Fell" in cause(row)[1]
    assert row["scores"]["group_coverage"] == pytest.approx(1 / 3)


# The scores of one question


def test_the_scores_of_an_answer_by_hand(score: Score) -> None:
    """Of two citations one proves the answer and one is altered; the evidence overlaps one of two passages."""
    evidence = (Evidence("lamp.txt", "It burned rapeseed oil."),)
    altered = replace(cited("bell.txt", "A bell"), number=2, quote="A ball")
    answer = answered("the rapeseed", cited("lamp.txt", "It burned rapeseed oil."), altered)
    row = score(replace(OIL, evidence=evidence), answer, [BELLS, SECOND])
    discount = 0.6309297535714575  # 1 / log2(3): the one relevant passage came second
    assert row["scores"] == {
        "right": 1.0,
        "false_refusals": 0.0,
        "exact_match": 0.0,
        "f1": pytest.approx(2 * 1 / (1 + 2)),
        "alias_in_answer": 0.0,
        "alias_hit": 1.0,
        "citation_precision": 0.5,
        "support": 1.0,
        "citations_per_answer": 2.0,
        "verbatim": 0.5,
        **{"success_at_1": 0.0, "success_at_5": 1.0},
        **{"recall_at_1": 0.0, "recall_at_5": 1.0, "recall_at_10": 1.0, "recall_at_20": 1.0},
        "mrr": 0.5,
        "ndcg_at_10": pytest.approx(discount),
    }
    assert (row["confidence"], row["latency_ms"]) == (0.6, 12.5)


def test_without_evidence_an_alias_in_a_passage_decides_and_there_is_no_ndcg(score: Score) -> None:
    scores = score(OIL, REFUSED, [BELLS, SECOND])["scores"]
    assert (scores["recall_at_1"], scores["recall_at_5"], scores["mrr"]) == (0.0, 1.0, 0.5)
    assert "ndcg_at_10" not in scores
    assert (scores["f1"], scores["false_refusals"], scores["refusal_precision"]) == (0.0, 1.0, 0.0)


def test_a_refusal_where_there_is_no_answer(score: Score) -> None:
    row = score(Question("q", "Who?", answerable=False), REFUSED, [BELLS])
    assert row["scores"] == {"right": 1.0, "refusal_recall": 1.0, "refusal_precision": 1.0}


def test_judged_by_document(score: Score) -> None:
    """Two documents are relevant, the better one is not in the index; several passages of one count once."""
    judged = Question("q", "What?", judged=(("lamp", 1), ("lost", 2), ("bell", 0)))
    row = score(judged, answered("Ann", cited("lamp.txt", "Ann")), [BELLS, FIRST, SECOND])
    assert row["right"] and row["documents"] == ["lamp.txt"]
    assert (row["scores"]["recall_at_1"], row["scores"]["recall_at_5"], row["scores"]["mrr"]) == (0.0, 0.5, 0.5)
    assert row["scores"]["ndcg_at_10"] == pytest.approx(0.6309297535714575 / (2 + 0.6309297535714575))
    assert "f1" not in row["scores"] and row["scores"]["citation_precision"] == 1.0
    bell = answered("A bell", cited("bell.txt", "A bell"))
    assert cause(score(judged, bell, [BELLS, FIRST]))[0] == "read"
    assert cause(score(judged, REFUSED, [BELLS, FIRST]))[0] == "refuse"
    assert cause(score(judged, bell, [BELLS, BELLS, FIRST]))[0] == "search"
    assert cause(score(replace(judged, judged=(("lost", 2),)), bell, [BELLS]))[0] == "load"


# Places


@pytest.mark.parametrize(
    ("text", "alias", "found"),
    [
        ("In 27 or 7 reviews", "7", "7"),
        ("the Café's lamp", "CAFÉ S", "Café's"),
        ("the Cafe\u0301 here", "café", "Cafe\u0301"),
        ("Straße 5", "strasse 5", "Straße 5"),
        ("ﬁsh ½ and oil", "oil", "oil"),
        ("Ann Fell-Holm", "fell holm", "Fell-Holm"),
        ("nothing", "oil", None),
        ("nothing", "?", None),
    ],
)
def test_tokens_are_found_where_they_stand(text: str, alias: str, found: str | None) -> None:
    place = find_tokens(text, alias)
    assert (text[slice(*place)] if place else None) == found


def test_places_overlap_in_one_document_only() -> None:
    place = Place("a.txt", 5, 10)
    assert place.overlaps("a.txt", 9, 12) and place.overlaps("a.txt", 0, 6)
    assert not place.overlaps("a.txt", 10, 12) and not place.overlaps("b.txt", 5, 10)
