"""What the verifier sees of a passage, by hand: a piece is a word here."""

from __future__ import annotations

import re

import pytest

from famqa.verifying import VERIFIER_PIECES, head_end, marked

START, END = 1, 2


def see(question: str, text: str, span: str) -> tuple[str, list[str]]:
    """The words of the input and those of them that are marked, from a text in which a word is a piece."""
    words = list(dict.fromkeys([*question.split(), *text.split()]))
    number = {word: n + 10 for n, word in enumerate(words)}
    places = [match.span() for match in re.finditer(r"\S+", text)]
    at = text.index(span)
    found = marked(
        [number[word] for word in question.split()],
        [number[text[a:b]] for a, b in places],
        places,
        head_end(text),
        (at, at + len(span)),
        (START, END),
    )
    assert len(found.ids) == len(found.types) <= VERIFIER_PIECES
    spelled = {n: word for word, n in number.items()} | {START: "<", END: "|"}
    middle = found.ids.index(END)
    inside = zip(found.ids[middle + 1 : -1], found.types[middle + 1 : -1], strict=True)
    assert set(found.types[: middle + 1]) == {0}
    assert found.types[-1] == 1
    return " ".join(spelled[n] for n in found.ids), [spelled[n] for n, kind in inside if kind == 0]


def test_question_headings_and_passage_with_the_span_marked() -> None:
    seen, span = see("Who lit it?", "Tower > Lamp:\nAnn Lee lit the lamp.", "Ann Lee")
    assert seen == "< Who lit it? | Tower > Lamp: Ann Lee lit the lamp. |"
    assert span == ["Ann", "Lee"]


def test_of_a_long_passage_the_headings_and_the_stretch_around_the_span() -> None:
    filler = [f"w{n}" for n in range(400)]
    text = "Tower:\n" + " ".join([*filler[:200], "HERE", *filler[200:]])
    seen, span = see("Where?", text, "HERE")
    words = seen.split()
    # 160 pieces: 3 marks, 1 of the question, 1 of the heading, and 155 around the span, 77 of them before it.
    assert len(words) == 160
    assert words[3] == "Tower:"
    assert words[4] == "w123"
    assert words[-2] == "w276"
    assert span == ["HERE"]


@pytest.mark.parametrize(("span", "first", "last"), [("w0", "w0", "w155"), ("w399", "w244", "w399")])
def test_a_span_at_an_end_of_the_passage_has_the_more_on_the_other_side(span: str, first: str, last: str) -> None:
    text = " ".join(f"w{n}" for n in range(400))  # no headings: 156 pieces of it
    words = see("Where?", text, span)[0].split()
    assert (words[3], words[-2]) == (first, last)


def test_a_span_in_the_headings_is_marked_there() -> None:
    seen, span = see("Which tower?", "Green Tower:\nThe lamp burns oil.", "Green")
    assert seen == "< Which tower? | Green Tower: The lamp burns oil. |"
    assert span == ["Green"]


def test_a_first_line_without_a_colon_is_no_heading() -> None:
    assert head_end("One line\nand another") == 0
    assert head_end("Tower:\nText") == 7
