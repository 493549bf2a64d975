"""`famqa.defining`: what a document says that a thing is."""

import pytest

from famqa.defining import asked_for, defined, kind_of
from famqa.records import BlockKind, Candidate, Passage, Reading, Segment, Span


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What is Filmrat?", "Filmrat"),
        ("what's filmrat", "filmrat"),
        ("And who was Ada Bell?", "Ada Bell"),
        ("What is a vent filter?", "vent filter"),
        ("What is the Kingfisher?", "Kingfisher"),
        ("What is The Making of Norwold?", "Making of Norwold"),
        ("What does caulking mean?", "caulking"),
        ("What is the price?", ""),
        ("What is it?", ""),
        ("Who is in the cast?", ""),
        ("What is Filmrat about?", ""),
        ("What is the height of Ben Nevis?", ""),
        ("When is Easter?", ""),
        ("Who was the first keeper?", ""),
        ("What is going on with the roof of the hall?", ""),
    ],
)
def test_asked_for(question: str, name: str) -> None:
    assert asked_for(question) == name


@pytest.mark.parametrize(
    ("name", "sentence", "kind"),
    [
        ("Filmrat", "Filmrat is a site that collects reviews.", "a site that collects reviews"),
        ("Filmrat", "Filmrat (since 2003) was one of the first sites, and it lives on.", "one of the first sites"),
        ("Ada Bell", "The tower was built by Ada Bell, an engineer from Leeds, in 1901.", "an engineer from Leeds"),
        ("Ada Bell", "- Mary Orr as Ada Bell (season 2), a pilot", "a pilot"),
        ("vent filter", "**Vent filter**: a mesh that keeps out moisture", "a mesh that keeps out moisture"),
        ("MPX", "Cards are read by MPX (a protocol of 1998).", "a protocol of 1998"),
        ("Norwold", "Next came a novel about the sea, Norwold, which sold well.", "a novel about the sea"),
        ("Ark", "It came with a short film, The Ark, on a disc.", "a short film"),
        ("Norwold", "They live in a small town called Norwold.", "a small town"),
        ("Filmrat", "On the review site Filmrat it has 75 %.", "review site"),
        # What is said there is said of another thing, or of no thing at all.
        ("Filmrat", "The price of Filmrat is a secret.", None),
        ("Paris", "In Paris, a friend of his opened a bar.", None),
        ("Paris", "He left, and in Paris, a friend took him in.", None),
        ("Ada Bell", "A year later, Ada Bell left.", None),
        ("Ohio", "He bought a mall in Columbus, Ohio.", None),
        ("Norwold", "It is the first western Norwold.", None),
        ("Film", "On the review site Film Weekly it has 75 %.", None),
        ("Filmrat", "Filmrat is closed.", None),
        ("rat", "Filmrat is a site.", None),
    ],
)
def test_kind_of(name: str, sentence: str, kind: str | None) -> None:
    found = kind_of(name, sentence)
    assert (found and sentence[slice(*found)]) == kind


TEXT = "Ratings\nOn the review site Filmrat it has 75 %. It was seen often."
QUOTED = (8, TEXT.index(" It was"))


def candidate(text: str = TEXT) -> Candidate:
    sentences = (QUOTED, (QUOTED[1] + 1, len(text)))
    passage = Passage(
        "a.txt", 0, BlockKind.PARAGRAPH, 8, len(text), text[8:], text, (Segment(0, 0, len(text)),), sentences
    )
    return Candidate(0, passage, 1.0, 0.5, 2.0)


def reading(start: int, end: int, probability: float) -> Reading:
    return Reading((Span(candidate().passage, start, end, probability, (QUOTED,)),), 1 - probability)


def test_the_kind_stands_before_what_is_less_likely() -> None:
    percent = TEXT.index("75 %")
    found = defined(reading(percent, percent + 4, 0.3), "What is Filmrat?", [candidate()])
    assert [TEXT[span.start : span.end] for span in found.spans] == ["review site", "75 %"]
    assert found.spans[0].quotes == (QUOTED,)
    assert found.no_answer_probability == pytest.approx(0.2)


def test_a_reader_that_is_surer_goes_first() -> None:
    percent = TEXT.index("75 %")
    found = defined(reading(percent, percent + 4, 0.95), "What is Filmrat?", [candidate()])
    assert [TEXT[span.start : span.end] for span in found.spans] == ["75 %", "review site"]


def test_what_the_reader_found_there_is_replaced_or_kept() -> None:
    site = TEXT.index("site")
    replaced = defined(reading(site, site + 4, 0.3), "What is Filmrat?", [candidate()])
    assert [TEXT[span.start : span.end] for span in replaced.spans] == ["review site"]
    sure = reading(site, site + 4, 0.9)
    assert defined(sure, "What is Filmrat?", [candidate()]) is sure


def test_other_questions_are_left_alone() -> None:
    before = reading(8, 10, 0.3)
    assert defined(before, "What did Filmrat say?", [candidate()]) is before
    assert defined(before, "What is Metascore?", [candidate()]) is before
