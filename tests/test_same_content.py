"""One handbook as plain text, Markdown, HTML, DOCX and PDF answers the same questions with the same words."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.platypus import Flowable, ListFlowable, ListItem, SimpleDocTemplate, Table
from reportlab.platypus import Paragraph as PdfParagraph

from conftest import _use, assert_cited, make_settings
from famqa.assistant import Assistant
from famqa.embedding import SentenceEmbedder
from famqa.indexing import update

TITLE = "Handbook of the Varn Rope Museum"
FACTS = [("Founded", "1952"), ("Director", "Maud Lindqvist"), ("Address", "12 Harbour Lane, Varn"), ("Staff", "23")]
INTRODUCTION = (
    "The Varn Rope Museum shows how rope was made by hand and by machine. It stands in the old ropewalk of the "
    "harbour, a wooden hall of 310 metres. The hall was built by the shipowner Anders Falk in 1784, because the navy "
    "needed anchor cables."
)
SECTIONS: list[tuple[int, str, list[str]]] = [
    (
        2,
        "Opening hours",
        [
            "The museum is open every day but Monday. In summer it opens at nine in the morning, and from October to "
            "April at eleven. It is closed in the whole of January for repairs of the roof."
        ],
    ),
    (
        2,
        "Collection",
        [
            "The collection holds 4,300 objects, among them the oldest spinning wheel for hemp in the country. "
            "The wheel was found in a barn near Orrby in 1931 and was given to the museum by the farmer Nils Berg.",
            "Hemp came from Riga until the war of 1808, and after it from farms inland.",
        ],
    ),
    (3, "Conservation", ["Ropes are kept at a humidity of 55 percent. Tar is removed with warm linseed oil."]),
]
LIST_HEADING = "Rooms"
LIST_LEAD_IN = "The rooms of the museum are:"
ROOMS = ["the hemp loft, where fibres are combed", "the spinning hall, the longest room", "the tar house, open in July"]
TABLE_HEADING = "Ropes on show"
HEADER = ["Rope", "Year made", "Length", "Maker"]
ROWS = [
    ["Cable of the Aurora", "1811", "220 metres", "Anders Falk"],
    ["Tow line of the Corsair", "1868", "95 metres", "Karin Holm"],
    ["Bell rope of Varn church", "1902", "14 metres", "Otto Lund"],
]

QUESTIONS = [
    ("When was the museum founded?", "1952"),
    ("Who is the director of the museum?", "Maud Lindqvist"),
    ("What is the address of the museum?", "12 Harbour Lane"),
    ("Who built the hall?", "Anders Falk"),
    ("When was the hall built?", "1784"),
    ("How long is the wooden hall?", "310 metres"),
    ("On which day is the museum not open?", "Monday"),
    ("When is the museum closed for repairs?", "January"),
    ("How many objects does the collection hold?", "4,300"),
    ("Where was the spinning wheel found?", "barn near Orrby"),
    ("When was the spinning wheel found?", "1931"),
    ("Who gave the spinning wheel to the museum?", "Nils Berg"),
    ("Where did hemp come from until 1808?", "Riga"),
    ("At what humidity are ropes kept?", "55 percent"),
    ("What is tar removed with?", "linseed oil"),
    ("Which room is the longest?", "spinning hall"),
    ("Where are fibres combed?", "hemp loft"),
    ("Who made the tow line of the Corsair?", "Karin Holm"),
    ("How long is the cable of the Aurora?", "220 metres"),
    ("In which year was the bell rope of Varn church made?", "1902"),
]


def as_text() -> bytes:
    lines = [f"= {TITLE} =", "", "Infobox", *(f"- {key}: {value}" for key, value in FACTS), "", INTRODUCTION, ""]
    for level, heading, paragraphs in SECTIONS:
        lines += [f"{'=' * level}{heading}{'=' * level}", *(line for text in paragraphs for line in (text, ""))]
    lines += [f"=={LIST_HEADING}==", LIST_LEAD_IN, *(f"- {room}" for room in ROOMS), "", f"=={TABLE_HEADING}=="]
    lines += ["| " + " | ".join(row) + " |" for row in (HEADER, *ROWS)]
    return "\n".join(lines).encode()


def as_markdown() -> bytes:
    lines = [f"# {TITLE}", "", *(f"- **{key}:** {value}" for key, value in FACTS), "", INTRODUCTION, ""]
    for level, heading, paragraphs in SECTIONS:
        lines += [f"{'#' * level} {heading}", "", *(line for text in paragraphs for line in (text, ""))]
    lines += [f"## {LIST_HEADING}", "", LIST_LEAD_IN, "", *(f"- {room}" for room in ROOMS), "", f"## {TABLE_HEADING}"]
    lines += ["", *("| " + " | ".join(row) + " |" for row in (HEADER, ["---"] * 4, *ROWS))]
    return "\n".join(lines).encode()


def as_html() -> bytes:
    def cells(row: list[str] | tuple[str, str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    facts = "".join(f"<tr><th>{key}</th><td>{value}</td></tr>" for key, value in FACTS)
    parts = [f"<h1>{TITLE}</h1><table>{facts}</table><p>{INTRODUCTION}</p>"]
    for level, heading, paragraphs in SECTIONS:
        parts += [f"<h{level}>{heading}</h{level}>", *(f"<p>{text}</p>" for text in paragraphs)]
    rooms = "".join(f"<li>{room}</li>" for room in ROOMS)
    parts.append(f"<h2>{LIST_HEADING}</h2><p>{LIST_LEAD_IN}</p><ul>{rooms}</ul><h2>{TABLE_HEADING}</h2>")
    parts.append(f"<table>{cells(HEADER, 'th')}{''.join(cells(row, 'td') for row in ROWS)}</table>")
    furniture = "<nav><a href='/'>Home</a></nav><script>var director = 'Nobody';</script>"
    return (
        f"<html><head><title>Museum</title></head><body>{furniture}<main>{''.join(parts)}</main></body></html>".encode()
    )


def as_docx() -> bytes:
    word = docx.Document()
    word.add_heading(TITLE, 0)
    table = word.add_table(rows=0, cols=2)
    for key, value in FACTS:
        row = table.add_row().cells
        row[0].text, row[1].text = f"{key}:", value
    word.add_paragraph(INTRODUCTION)
    for level, heading, paragraphs in SECTIONS:
        word.add_heading(heading, level - 1)
        for text in paragraphs:
            word.add_paragraph(text)
    word.add_heading(LIST_HEADING, 1)
    word.add_paragraph(LIST_LEAD_IN)
    for room in ROOMS:
        word.add_paragraph(room, style="List Bullet")
    word.add_heading(TABLE_HEADING, 1)
    table = word.add_table(rows=0, cols=len(HEADER))
    for cells in (HEADER, *ROWS):
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def as_pdf() -> bytes:
    styles = getSampleStyleSheet()
    title = ParagraphStyle("title", parent=styles["Title"], fontSize=24, leading=28)
    body = styles["BodyText"]
    story: list[Flowable] = [PdfParagraph(TITLE, title)]
    story += [PdfParagraph(f"{key}: {value}", body) for key, value in FACTS]
    story.append(PdfParagraph(INTRODUCTION, body))
    for level, heading, paragraphs in SECTIONS:
        story.append(PdfParagraph(heading, styles[f"Heading{level - 1}"]))
        story += [PdfParagraph(text, body) for text in paragraphs]
    story += [PdfParagraph(LIST_HEADING, styles["Heading1"]), PdfParagraph(LIST_LEAD_IN, body)]
    story.append(ListFlowable([ListItem(PdfParagraph(room, body)) for room in ROOMS], bulletType="bullet"))
    story.append(PdfParagraph(TABLE_HEADING, styles["Heading1"]))
    story.append(Table([HEADER, *ROWS], style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))
    out = io.BytesIO()

    def furniture(canvas: object, page: object) -> None:
        canvas.drawString(50, 20, f"Page {page.page}")

    SimpleDocTemplate(out).build(story, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "make"),
    [("a.txt", as_text), ("a.md", as_markdown), ("a.html", as_html), ("a.docx", as_docx), ("a.pdf", as_pdf)],
)
def test_every_format_answers_alike(
    name: str, make: Callable[[], bytes], tmp_path: Path, embedder: SentenceEmbedder
) -> None:
    settings = make_settings(tmp_path, {name: make()})
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, embedder)
        update(settings)
        assistant = Assistant(settings)
    assert assistant.overview().documents[0].title == TITLE
    wrong = []
    for question, expected in QUESTIONS:
        answer = assistant.ask(question)
        assert_cited(answer, assistant.document)
        if expected not in answer.answer or len(answer.answer) > len(expected) + 15:
            wrong.append((question, expected, answer.answer))
    assert wrong == []
    document = assistant.document(name)
    pages = {passage.page for passage in assistant.generation().catalog.entry(document.doc_id).passages}
    assert pages <= {1, 2} if name == "a.pdf" else pages == {None}
