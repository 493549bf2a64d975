"""Questions made from a document's own structure and from sentences of a plain form."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import LIGHTHOUSE, PRICES, TermEmbedder, make_settings, parsed
from famqa.assistant import open_assistant
from famqa.examples import Kind, proposals, propose
from famqa.examples.english import is_agent, is_date, is_name, is_participle, lower_first, plural, sentences


def made(text: str, kind: Kind, doc_id: str = "a.txt") -> list[tuple[str, tuple[object, ...]]]:
    """Question and answers (or groups of them) of every proposal of one kind."""
    found = proposals(*parsed(text, doc_id))
    return [(each.question, each.answers or each.all_of) for each in found if each.kind is kind]


def test_natural_wordings_come_first_and_headings_last() -> None:
    text = "= Kite =\nSpan: 2 m\nURL: x\n\n== Tails ==\nA tail keeps it up.\n"
    text += "\n| Year | Winner |\n| 1990 | Ann |\n| 1991 | Bob |\n"
    assert list(propose(*parsed(text))) == [
        "What is the span of Kite?",
        "What is the URL of Kite?",
        "Which year is listed for Ann?",
        "Which year is listed for Bob?",
        "What does Kite say about tails?",
    ]


def test_each_question_once_and_none_too_long() -> None:
    text = f"= Kite =\nSpan: 2 m\nSpan: 3 m\n\n== {'Very ' * 30}long ==\nText.\n"
    assert list(propose(*parsed(text))) == ["What is the span of Kite?"]


def test_a_document_without_structure_proposes_nothing() -> None:
    assert list(propose(*parsed("A kite has a tail."))) == []


def test_infobox_keys() -> None:
    text = """\
= The Grey Mill (building) =
Architect: Una Brand
Opened: 3 May 1911
Owner: Mill Trust
Number of floors: 4
Materials: brick, oak, slate
Renovated: often
See also: Old Mill
Standing: yes
"""
    assert made(text, Kind.PAIR) == [
        ("Who is the architect of The Grey Mill?", ("Una Brand",)),
        ("When was The Grey Mill opened?", ("3 May 1911",)),
        ("Who is the owner of The Grey Mill?", ("Mill Trust",)),
        ("How many floors does The Grey Mill have?", ("4",)),
        ("Which materials are listed for The Grey Mill?", (("brick",), ("oak",), ("slate",))),
    ]


def test_keys_under_headings() -> None:
    text = "= App =\n\n== 1.0 ==\nCode name: Ash\nSize: 1 MB\n\n== 2.0 ==\nCode name: Elm\nEditor: Una Brand\n"
    assert made(text, Kind.PAIR) == [
        ("What is the code name of 1.0?", ("Ash",)),
        ('What is listed for "Size" under "1.0"?', ("1 MB",)),
        ("What is the code name of 2.0?", ("Elm",)),
        ('Who is listed as editor under "2.0"?', ("Una Brand",)),
    ]


def test_pairs_that_a_sentence_introduces_are_left_out() -> None:
    assert made("Days off are given for:\n- moving house: one day\n- a wedding: two days\n", Kind.PAIR) == []


def test_rows_ask_for_each_column_in_turn() -> None:
    assert made(LIGHTHOUSE, Kind.ROW) == [
        ("Which year is listed for Aurora?", ("1874",)),
        ("Which cargo is listed for Bluebell?", ("Coal",)),
        ("How many lives lost are listed for Corsair?", ("12",)),
        ("Which year is listed for Dunlin?", ("1880",)),
        ("Which year is listed for Eider?", ("1896",)),
    ]


def test_a_carried_cell_is_proved_by_its_row_with_the_row_above_as_context() -> None:
    document, blocks = parsed(LIGHTHOUSE)
    (dunlin,) = [each for each in proposals(document, blocks) if "Dunlin" in each.question]
    assert [document.text[start:end] for start, end in dunlin.evidence] == ["| | Dunlin | Salt | 4 |"]
    assert [document.text[start:end] for start, end in dunlin.context] == ["| 1880 | Corsair | Wine | 12 |"]


def test_rows_that_need_two_cells_to_be_told_apart() -> None:
    assert made(PRICES, Kind.ROW, "b.md") == [
        ("Which price is listed for Red lead (2 litres)?", ("31 crowns",)),
        ("Which price is listed for Red lead (5 litres)?", ("70 crowns",)),
    ]  # a row with an escaped bar is left out
    document, blocks = parsed(PRICES, "b.md")
    (five,) = [each for each in proposals(document, blocks) if "5 litres" in each.question]
    assert [document.text[start:end] for start, end in five.context] == ["| Red lead | 2 litres | 31 crowns |"]


def test_rows_that_are_alike_give_nothing() -> None:
    assert made("| Year | Name |\n| 1990 | Ann |\n| | Bob |\n", Kind.ROW) == []  # every row has the same year
    assert made("| Name | Score |\n| Ann | 1 |\n| Ann | 1 |\n", Kind.ROW) == []


def test_items() -> None:
    text = """\
- Una Brand as the miller (2001–2003; 2007), who came late
- Per Lund and Ida Holm as young millers
- Tom Arne, who kept the cat
- Flour as food
- Jan Falk as well
"""
    assert made(text, Kind.ROLE) == [
        ("Who is listed as the miller?", ("Una Brand",)),
        ("Who is listed as young millers?", (("Per Lund",), ("Ida Holm",))),
        ("Who kept the cat?", ("Tom Arne",)),
    ]


def test_introduced_lists() -> None:
    assert made(LIGHTHOUSE, Kind.LIST) == [
        ("Who were the head keepers of the lighthouse?", (("Tomas Arnesen",), ("Peter Holm",)))
    ]
    assert made("Tools used in step 2.1:\n- saw\n- file\n", Kind.LIST) == [
        ("Which tools were used in step 2.1?", (("saw",), ("file",)))
    ]
    assert made("New this year:\n- a saw\n- a file\n", Kind.LIST) == []


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The tower was lit in 1871.", "When was the tower lit?", "1871"),
        ("Una Brand left the mill on 3 May 1911, after a row.", "When did Una Brand leave the mill?", "3 May 1911"),
        ("In March 1920, the mill closed for good.", "When did the mill close for good?", "March 1920"),
        ("The fair is planned for 2031.", "When is the fair planned for?", "2031"),
        ("The opening of the mill was on May 3, 1911.", "When was the opening of the mill?", "May 3, 1911"),
    ],
)
def test_dates(sentence: str, question: str, answer: str) -> None:
    assert made(sentence, Kind.DATE) == [(question, (answer,))]


@pytest.mark.parametrize(
    "sentence",
    [
        "It was lit in 1871.",  # a pronoun says nothing out of its place
        "The lamp that was lit in 1871 is gone.",
        "The mill, a ruin by then, was sold in 1871.",
        "The tower was reported in 1871 to be unsafe.",
        "The fair was announced for May 3, in January 1911.",
        "The hottest day recorded was a Monday in 1911.",
        "The mill has five floors.",
        "When Una Brand left in 1871, all wept.",
    ],
)
def test_sentences_that_are_not_plain_give_no_date(sentence: str) -> None:
    assert made(sentence, Kind.DATE) == []


def test_doers() -> None:
    text = """\
The mill was designed by Una Brand. The songs were written by the poet Per Lund in 1911. The sails were torn by wind.
The wall was built by Ida Holm, Jan Falk and others. The wheel, an old one, was mended by Jan Falk.
"""
    assert made(text, Kind.BY) == [
        ("Who designed the mill?", ("Una Brand",)),
        ("By whom were the songs written?", ("Per Lund",)),
    ]


def test_reasons() -> None:
    text = (
        "The mill was closed, because its wheel had broken. The cat stayed because of the mice. It left because I did."
    )
    assert made(text, Kind.REASON) == [("Why was the mill closed?", ("its wheel had broken",))]


def test_definitions() -> None:
    text = """\
Bran is a part of the grain that is kept apart. The Grey Mill is an old mill. The reason is a storm.
Una Brand was a miller from Varn. From Corn To Bread is a book on the mill. She read From Corn To Bread.
"""
    assert made(text, Kind.DEFINITION) == [
        ("What is Bran?", ("a part of the grain",)),
        ("What is the Grey Mill?", ("an old mill",)),
        ("What was Una Brand?", ("a miller from Varn",)),
        ("What is From Corn To Bread?", ("a book on the mill",)),
    ]


def test_the_one_of_a_thing() -> None:
    text = """\
The founder of the mill was Per Lund. Bread is baked in the mill. The voice of Bran Radio is Ida Holm.
The owner of a small white cat is Una Brand. The colour of the mill is grey.
"""
    assert made(text, Kind.DEFINITION) == [
        ("Who was the founder of the mill?", ("Per Lund",)),
        ("What is the voice of Bran Radio?", ("Ida Holm",)),
    ]  # the cat is mentioned in passing only


def test_markup_gives_nothing() -> None:
    assert list(proposals(*parsed("The mill was designed by **Una Brand**.", "a.md"))) == []


def test_words() -> None:
    assert [plural(noun) for noun in ("genre", "company", "box", "day", "systems")] == [
        "genres",
        "companies",
        "boxes",
        "days",
        "systems",
    ]
    assert [is_agent(noun) for noun in ("Composer", "head keepers", "number", "Location")] == [True, True, False, False]
    assert [is_name(text) for text in ("Dr. Ann B. Lee", "Ludwig van Beethoven", "Ann", "2 Main Street")] == [
        True,
        True,
        False,
        False,
    ]
    assert [is_participle(word) for word in ("Aired", "lit", "Red", "speed", "open")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_date(text) for text in ("1990-05-03", "3 May 1990", "May 1990", "May", "12")] == [True] * 3 + [False] * 2


def test_a_name_keeps_its_capital() -> None:
    text = "Filming ended. The filming of Bran began; all saw Bran at the mill."
    assert lower_first("Filming of it", text) == "filming of it"
    assert lower_first("Bran", text) == "Bran"
    assert lower_first("The mill", text) == "the mill"
    assert lower_first("BBC news", text) == "BBC news"


def test_sentences_do_not_end_at_initials() -> None:
    text = "Ann B. Lee came. Dr. Holm left! Why? No one knew."
    found = [text[start:end] for start, end in sentences(text, 0, len(text))]
    assert found == ["Ann B. Lee came.", "Dr. Holm left!", "Why?", "No one knew."]


def test_only_questions_that_are_answered_are_shown(tmp_path: Path, fake_model: TermEmbedder) -> None:
    files = {"a.txt": LIGHTHOUSE, "b.txt": "= Kite =\nSpan: 2 m\nLine: 30 m\n"}
    settings = make_settings(tmp_path, files, reader="sentences", answer_threshold=0.0)
    assistant = open_assistant(settings)
    shown = assistant.example_questions(3)
    assert shown == [
        "What is the height of Gull Rock Lighthouse?",
        "What is the span of Kite?",
        "Who served from 1871 to 1890?",
    ]
    assert all(assistant.ask(question).status == "answered" for question in shown)
    assert open_assistant(settings.model_copy(update={"answer_threshold": 1.0})).example_questions(3) == []
