"""DOCX to blocks: styles, lists, merged cells, and the text that word processors keep in odd places."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from conftest import assert_sound, block_texts
from famqa.documents import parse
from famqa.passages import Limits, cut
from famqa.records import Block, Document


def saved(word: WordDocument) -> bytes:
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def read(word: WordDocument) -> tuple[Document, tuple[Block, ...]]:
    return parse(saved(word), "handbook.docx")


def fill(word: WordDocument, rows: list[list[str]]) -> object:
    table = word.add_table(rows=len(rows), cols=len(rows[0]))
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            table.cell(y, x).text = text
    return table


@pytest.fixture
def handbook() -> WordDocument:
    word = docx.Document()
    word.add_heading("Handbook of the Museum", 0)
    word.add_paragraph("The museum stands in the old rope house.")
    word.add_heading("Staff", 1)
    word.add_paragraph("Work is shared. The keepers are:")
    for text, style in (
        ("Ann, since 1990", "List Bullet"),
        ("Bob, her mate", "List Bullet 2"),
        ("Cy", "List Bullet"),
    ):
        word.add_paragraph(text, style=style)
    word.add_paragraph("In the morning:")
    for text in ("Open the door", "Light the lamp"):
        word.add_paragraph(text, style="List Number")
    word.add_heading("Ships", 2)
    table = fill(
        word, [["Year", "Ship", "Cargo"], ["1874", "Aurora", "Timber"], ["", "Bluebell", "Coal"], ["1880", "none", ""]]
    )
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 1).merge(table.cell(3, 2))
    return word


def test_a_handbook_is_read_as_it_is_meant(handbook: WordDocument) -> None:
    document, blocks = read(handbook)
    assert (document.title, document.format) == ("Handbook of the Museum", "docx")
    assert block_texts(document, blocks) == [
        ("heading", "Handbook of the Museum"),
        ("paragraph", "The museum stands in the old rope house."),
        ("heading", "Staff"),
        ("paragraph", "Work is shared. The keepers are:"),
        ("list_item", "Ann, since 1990"),
        ("list_item", "Bob, her mate"),
        ("list_item", "Cy"),
        ("paragraph", "In the morning:"),
        ("list_item", "Open the door"),
        ("list_item", "Light the lamp"),
        ("heading", "Ships"),
        ("table_row", "| 1874 | Aurora | Timber |"),
        ("table_row", "| | Bluebell | Coal |"),
        ("table_row", "| 1880 | none |"),
    ]
    assert blocks[-1].headings == ("Staff", "Ships")
    assert all(block.page is None for block in blocks)
    assert "\n1. Open the door\n2. Light the lamp\n" in document.text


def test_items_and_merged_cells_keep_their_context(handbook: WordDocument) -> None:
    document, blocks = read(handbook)
    assert [(b.level, b.lead_in and document.text[slice(*b.lead_in)]) for b in blocks if b.kind == "list_item"] == [
        (0, "The keepers are:"),
        (1, "Ann, since 1990"),
        (0, "The keepers are:"),
        (0, "In the morning:"),
        (0, "In the morning:"),
    ]
    rows = [[(c.header, document.text[c.start : c.end], c.carried) for c in b.cells] for b in blocks if b.cells]
    assert rows[1:] == [
        [("Year", "1874", True), ("Ship", "Bluebell", False), ("Cargo", "Coal", False)],
        [("Year", "1880", False), ("Ship / Cargo", "none", False)],
    ]


def test_every_passage_and_cell_slices(handbook: WordDocument, limits: Limits) -> None:
    document, blocks = read(handbook)
    assert_sound(document, cut(document, blocks, limits))


def test_the_title_by_style_then_lone_heading_then_properties() -> None:
    word = docx.Document()
    word.core_properties.title = "Stated title"
    word.add_heading("One", 1)
    word.add_paragraph("Text.")
    assert read(word)[0].title == "One"
    word.add_heading("Two", 1)
    word.add_paragraph("More.")
    document, blocks = read(word)
    assert (document.title, blocks[1].headings, blocks[3].headings) == ("Stated title", ("One",), ("Two",))
    word.core_properties.title = "Document1.docx"
    document, blocks = read(word)
    assert (document.title, blocks[1].headings) == ("handbook", ("One",))


def test_headings_by_outline_level_and_by_styles_based_on_headings() -> None:
    word = docx.Document()
    style = word.styles.add_style("Chapter", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = word.styles["Heading 2"]
    word.add_paragraph("Lamps", style="Chapter")
    outlined = word.add_paragraph("Oil")
    outlined._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
    word.add_paragraph("It burns.")
    _, blocks = read(word)
    assert blocks[-1].headings == ("Lamps", "Oil")


def test_two_columns_of_names_and_values_are_an_infobox() -> None:
    word = docx.Document()
    fill(word, [["Height:", "42 metres"], ["Lit:", "1871"]])
    table = fill(word, [["Architect", "Edith Marlow"], ["Keeper", "Tomas"]])
    for row in table.rows:
        row.cells[0].paragraphs[0].runs[0].bold = True
    document, blocks = read(word)
    assert block_texts(document, blocks) == [
        ("key_value", "Height: 42 metres"),
        ("key_value", "Lit: 1871"),
        ("key_value", "Architect: Edith Marlow"),
        ("key_value", "Keeper: Tomas"),
    ]


def xml(body: str) -> Callable[[WordDocument], None]:
    namespaces = nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'

    def add(word: WordDocument) -> None:
        element = parse_xml(f"<w:body {namespaces}>{body}</w:body>")
        for child in list(element):
            word.element.body.insert(len(word.element.body) - 1, child)

    return add


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            ["In a control."],
        ),
        (
            "<w:p><w:ins><w:r><w:t>Added.</w:t></w:r></w:ins><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p>",
            ["Added."],
        ),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden. </w:t></w:r><w:r><w:t>Seen.</w:t></w:r></w:p>", ["Seen."]),
        ("<w:p><w:r><w:t>One</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t></w:r></w:p>", ["One two three"]),
        (
            "<w:p><w:r><w:t>Before.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r>"
            "<w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r>"
            "<w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>",
            ["Before.", "In a box."],
        ),
        ("<w:p><w:fldSimple w:instr='DATE'><w:r><w:t>2020</w:t></w:r></w:fldSimple></w:p>", ["2020"]),
    ],
    ids=["content control", "tracked changes", "hidden", "tabs and breaks", "text box", "field"],
)
def test_text_in_odd_places(body: str, expected: list[str]) -> None:
    word = docx.Document()
    xml(body)(word)
    assert [text for _, text in block_texts(*read(word))] == expected


def test_a_footnote_stands_after_the_paragraph_that_refers_to_it() -> None:
    word = docx.Document()
    xml('<w:p><w:r><w:t>The lamp burns oil.</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>')(word)
    word.add_paragraph("It is bright.")
    footnotes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t>Rapeseed oil until 1903.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    content = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(word))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode("latin-1")
            if name == "word/_rels/document.xml.rels":
                relation = f'<Relationship Id="rIdF" Type="{kind}" Target="footnotes.xml"/></Relationships>'
                data = data.replace("</Relationships>", relation)
            if name == "[Content_Types].xml":
                override = f'<Override PartName="/word/footnotes.xml" ContentType="{content}"/></Types>'
                data = data.replace("</Types>", override)
            new.writestr(name, data.encode("latin-1"))
        new.writestr("word/footnotes.xml", footnotes)
    document, blocks = parse(out.getvalue(), "a.docx")
    assert [text for _, text in block_texts(document, blocks)] == [
        "The lamp burns oil.",
        "Rapeseed oil until 1903.",
        "It is bright.",
    ]
