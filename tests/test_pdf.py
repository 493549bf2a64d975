"""PDF to blocks: reading order, paragraphs over lines and pages, headings, lists, tables, and what is left out."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Table,
)

from conftest import assert_sound, block_texts
from famqa.documents import parse, parse_file
from famqa.errors import DocumentError
from famqa.passages import Limits, cut
from famqa.records import Block, Document

STYLES = getSampleStyleSheet()
TITLE = ParagraphStyle("title", parent=STYLES["Title"], fontSize=24, leading=28)
BODY = ParagraphStyle("body", parent=STYLES["BodyText"], alignment=4)
GRID = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
SENTENCES = [
    f"Sentence number {n} tells how the keeper of the lamp trimmed its wick in the year {n}." for n in range(90)
]


def pdf(story: list[Flowable], title: str = "", furniture: Callable[..., None] = lambda canvas, page: None) -> bytes:
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4, title=title).build(story, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


def drawn(draw: Callable[[Canvas], None], **options: object) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, **options)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def read(data: bytes) -> tuple[Document, tuple[Block, ...]]:
    return parse(data, "handbook.pdf")


def text_of(numbers: range) -> str:
    return " ".join(SENTENCES[n] for n in numbers)


def header_and_footer(canvas: Canvas, page: BaseDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(2 * cm, A4[1] - 1.2 * cm, "Museum of Varn, Annual Report")
    canvas.drawCentredString(A4[0] / 2, 1.2 * cm, f"Page {page.page} of 9")


def test_headings_by_size_lists_and_ruled_tables() -> None:
    keepers = [Paragraph(text, BODY) for text in ("Ann, since 1990", f"Bob, of whom is told: {SENTENCES[1]}")]
    rows = [["Year", "Ship", "Cargo"], ["1874", "Aurora", "Timber"], ["", "Bluebell", "Coal"], ["1880", "none", ""]]
    story = [
        Paragraph("Handbook of the Museum", TITLE),
        Paragraph("Staff", STYLES["Heading1"]),
        Paragraph(text_of(range(5)), BODY),
        Paragraph(text_of(range(5, 9)), BODY),
        Paragraph("The keepers are:", BODY),
        ListFlowable([ListItem(item) for item in keepers], bulletType="bullet"),
        Paragraph("Ships", STYLES["Heading2"]),
        Table(rows, style=[*GRID, ("SPAN", (0, 1), (0, 2)), ("SPAN", (1, 3), (2, 3))]),
    ]
    document, blocks = read(pdf(story, title="untitled"))
    assert (document.title, document.format) == ("Handbook of the Museum", "pdf")
    assert block_texts(document, blocks) == [
        ("heading", "Handbook of the Museum"),
        ("heading", "Staff"),
        ("paragraph", text_of(range(5))),
        ("paragraph", text_of(range(5, 9))),
        ("paragraph", "The keepers are:"),
        ("list_item", "Ann, since 1990"),
        ("list_item", f"Bob, of whom is told: {SENTENCES[1]}"),
        ("heading", "Ships"),
        ("table_row", "| 1874 | Aurora | Timber |"),
        ("table_row", "| | Bluebell | Coal |"),
        ("table_row", "| 1880 | none |"),
    ]
    assert blocks[-1].headings == ("Staff", "Ships")
    assert {block.page for block in blocks} == {1}
    item = blocks[5]
    assert item.lead_in is not None and document.text[slice(*item.lead_in)] == "The keepers are:"
    assert [(c.header, document.text[c.start : c.end], c.carried) for c in blocks[-2].cells] == [
        ("Year", "1874", True),
        ("Ship", "Bluebell", False),
        ("Cargo", "Coal", False),
    ]


def test_two_columns_are_read_one_after_the_other_below_a_title_over_both() -> None:
    out = io.BytesIO()
    width = (A4[0] - 5 * cm) / 2
    top = Frame(2 * cm, A4[1] - 5 * cm, A4[0] - 4 * cm, 3 * cm)
    columns = [Frame(2 * cm + n * (width + cm), 2 * cm, width, 10 * cm) for n in (0, 1)]
    template = BaseDocTemplate(out, pagesize=A4)
    template.addPageTemplates([PageTemplate("first", [top, *columns])])
    template.build(
        [
            NextPageTemplate("first"),
            Paragraph("The Ledgers of Varn Harbour", TITLE),
            FrameBreak(),
            Paragraph("Early years", STYLES["Heading2"]),
            *(Paragraph(text_of(range(n, n + 6)), BODY) for n in (0, 6, 12)),
        ]
    )
    document, blocks = read(out.getvalue())
    assert block_texts(document, blocks) == [
        ("heading", "The Ledgers of Varn Harbour"),
        ("heading", "Early years"),
        ("paragraph", text_of(range(6))),
        ("paragraph", text_of(range(6, 12))),
        ("paragraph", text_of(range(12, 18))),
    ]


def test_pages_are_named_and_headers_footers_and_numbers_left_out() -> None:
    story = [Paragraph("Report", TITLE)]
    for n in range(4):
        story += [Paragraph(text_of(range(n * 4, n * 4 + 4)), BODY), PageBreak()]
    document, blocks = read(pdf(story, furniture=header_and_footer))
    assert [(block.kind.value, block.page) for block in blocks] == [
        ("heading", 1),
        *(("paragraph", page) for page in (1, 2, 3, 4)),
    ]
    assert "Annual Report" not in document.text and "Page" not in document.text


def test_a_paragraph_over_a_page_break_is_one_and_belongs_to_its_first_page() -> None:
    long = text_of(range(80))
    document, blocks = read(pdf([Paragraph("Log", TITLE), Paragraph(long, BODY)], furniture=header_and_footer))
    assert block_texts(document, blocks) == [("heading", "Log"), ("paragraph", long)]
    assert [block.page for block in blocks] == [1, 1]


def test_a_table_over_a_page_break_keeps_its_headers() -> None:
    rows = [["Year", "Ship"], *([str(1800 + n), f"Ship {n}"] for n in range(60))]
    document, blocks = read(pdf([Table(rows, style=GRID, repeatRows=1)]))
    assert len(blocks) == 60
    assert {cell.header for block in blocks for cell in block.cells} == {"Year", "Ship"}
    assert {block.page for block in blocks} == {1, 2}
    document, blocks = read(pdf([Table(rows, style=GRID)]))
    assert [c.header for c in blocks[-1].cells] == ["Year", "Ship"]
    assert document.text[slice(blocks[-1].start, blocks[-1].end)] == "| 1859 | Ship 59 |"


def test_columns_without_rules_are_a_table_too() -> None:
    rows = [["Room", "Theme", "Opened"], ["1", "Ropes", "1988"], ["2", "Lamps", "1991"], ["3", "Wrecks", "2004"]]
    document, blocks = read(pdf([Paragraph(text_of(range(3)), BODY), Table(rows), Paragraph(text_of(range(3)), BODY)]))
    assert block_texts(document, blocks)[1:-1] == [
        ("table_row", "| 1 | Ropes | 1988 |"),
        ("table_row", "| 2 | Lamps | 1991 |"),
        ("table_row", "| 3 | Wrecks | 2004 |"),
    ]
    assert [cell.header for cell in blocks[1].cells] == ["Room", "Theme", "Opened"]


def lines(*texts: str, size: float = 11) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        for n, text in enumerate(texts):
            canvas.drawString(72, 700 - n * 1.2 * size, text)

    return draw


def test_words_parted_at_line_ends_are_mended_as_the_document_writes_them() -> None:
    document, _ = read(
        drawn(
            lines(
                "The light-house was built for the harbour, and its keep-",
                "ers lived in it. A well-known painter came by in the years 1871-",
                "1874, and the painter was well-",
                "known in Varn. All of it stands in the log of the North-",
                "Eastern company, which the keepers wrote themselves.",
            )
        )
    )
    assert "its keepers lived" in document.text
    assert "1871-1874, and" in document.text
    assert "was well-known in Varn" in document.text
    assert "North-Eastern company" in document.text


def test_bold_lines_are_headings_and_keys_with_values_pairs() -> None:
    def draw(canvas: Canvas) -> None:
        lines(*[f"{SENTENCES[n]}" for n in range(4)])(canvas)
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 620, "Opening hours")
        canvas.setFont("Helvetica", 11)
        for n, text in enumerate(("Summer: 9 am to 6 pm", "Winter: 10 am to 4 pm")):
            canvas.drawString(72, 600 - n * 13.2, text)

    document, blocks = read(drawn(draw))
    assert [(b.kind.value, document.text[b.start : b.end]) for b in blocks[-3:]] == [
        ("heading", "Opening hours"),
        ("key_value", "Summer: 9 am to 6 pm"),
        ("key_value", "Winter: 10 am to 4 pm"),
    ]
    assert blocks[-1].headings == ("Opening hours",)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_turned_on_its_side_reads_upright(angle: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(300, 400)
        canvas.rotate(angle)
        canvas.drawString(0, 0, "The tower stands on")
        canvas.drawString(0, -14, "a skerry off Varn.")

    document, blocks = read(drawn(draw))
    assert block_texts(document, blocks) == [("paragraph", "The tower stands on a skerry off Varn.")]


def test_footnote_marks_go_and_powers_stay() -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        for piece, rise, size in (
            ("The lamp", 0, 11), ("3", 5, 7), (" lit 10", 0, 11), ("4", 5, 7), (" rooms of 20 m", 0, 11), ("2", 5, 7),
            (" each in the old house.", 0, 11),
        ):  # fmt: skip
            text.setFont("Helvetica", size)
            text.setRise(rise)
            text.textOut(piece)
        canvas.drawText(text)

    document, _ = read(drawn(draw))
    assert document.text == "The lamp lit 10^4 rooms of 20 m2 each in the old house.\n"


def test_the_title_from_the_properties_if_it_is_one() -> None:
    def title(stated: str) -> str:
        return read(pdf([Paragraph("Rules for keepers", TITLE), Paragraph(SENTENCES[0], BODY)], title=stated))[0].title

    assert title("The Keeper's Rules") == "The Keeper's Rules"
    for no_title in ("untitled", "Microsoft Word - rules.doc", "rules_v2.docx", ""):
        assert title(no_title) == "Rules for keepers"
    assert read(drawn(lines("Only some prose here, and no heading at all.")))[0].title == "handbook"


def test_pages_without_text_are_reported_and_a_scan_is_refused() -> None:
    def draw(canvas: Canvas, words: str) -> None:
        for page in range(4):
            if page == 1:
                canvas.drawString(72, 700, words)
            canvas.rect(50, 50, 200, 200, fill=1)
            canvas.showPage()

    parsed = parse_file(drawn(lambda canvas: draw(canvas, "The tower stands on a skerry.")), "a.pdf")
    assert parsed.notes == ("pages 1, 3-4 of 4 without text (scanned?)",)
    assert parsed.blocks[0].page == 2
    with pytest.raises(DocumentError, match=r"^a\.pdf: holds no text; it may be scanned: .*OCR"):
        parse_file(drawn(lambda canvas: draw(canvas, " ")), "a.pdf")


def test_encrypted_and_cut_off_files_say_so() -> None:
    whole = drawn(lines("The tower stands on a skerry."))
    locked = drawn(lines("Secret."), encrypt=StandardEncryption("user", "owner"))
    for data, reason in (
        (locked, "is encrypted; save it without a password"),
        (whole[: len(whole) // 2], "is cut off, its end is missing; get it anew"),
        (b"%PDF-1.7\nrubbish\n%%EOF\n", "is damaged and cannot be opened as PDF; get it anew"),
    ):
        with pytest.raises(DocumentError) as raised:
            parse(data, "a.pdf")
        assert str(raised.value) == f"a.pdf: {reason}"
    owner_only = drawn(lines("Open to all readers."), encrypt=StandardEncryption("", "owner"))
    assert "Open to all" in read(owner_only)[0].text


def test_every_passage_and_cell_slices(limits: Limits) -> None:
    rows = [["Year", "Ship"], *([str(1800 + n), f"Ship {n} of the harbour"] for n in range(60))]
    story = [Paragraph("Log", TITLE), *(Paragraph(text_of(range(n, n + 7)), BODY) for n in range(20))]
    document, blocks = read(pdf([*story, Table(rows, style=GRID)], furniture=header_and_footer))
    passages = cut(document, blocks, limits)
    assert_sound(document, passages)
    assert passages[-1].page == max(block.page or 0 for block in blocks) > 1


def test_a_cell_that_all_but_touches_the_next_is_parted_where_its_column_begins() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        rows = [
            ("Rope", "Maker"),
            ("Bell rope", "Otto Lund"),
            ("Tow line of the Corsair", "Karin Holm"),
            ("Cord", "Ann"),
        ]
        edge = 72 + canvas.stringWidth("Tow line of the Corsair", "Helvetica", 10) + 5
        for n, (rope, maker) in enumerate(rows):
            canvas.drawString(72, 700 - 14 * n, rope)
            canvas.drawString(edge, 700 - 14 * n, maker)

    document, blocks = read(drawn(draw))
    assert [text for _, text in block_texts(document, blocks)] == [
        "| Bell rope | Otto Lund |",
        "| Tow line of the Corsair | Karin Holm |",
        "| Cord | Ann |",
    ]
    assert [cell.header for cell in blocks[1].cells] == ["Rope", "Maker"]


def test_a_year_before_a_raised_number_is_no_power() -> None:
    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        for piece, rise, size in (("It burned oil until 1903", 0, 11), ("1", 5, 7), (" and gas after it.", 0, 11)):
            text.setFont("Helvetica", size)
            text.setRise(rise)
            text.textOut(piece)
        canvas.drawText(text)

    assert read(drawn(draw))[0].text == "It burned oil until 1903 and gas after it.\n"
