"""Files that are damaged, misnamed or made for harm: each gives one clear line, in time, and stops nothing.

All are made here, small, whatever they would grow to.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import accumulate

import docx
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from famqa.documents.worker import ParserProcess
from famqa.errors import DocumentError

SECONDS, MEMORY_MB = 60, 384
HASTY = {"endless Markdown": 2.0}  # seconds for those that would take all the time they get
GOOD = b"= Kites =\nA kite needs wind.\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


def pdf(draw: Callable[[Canvas], None] = lambda canvas: None, **options: object) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, **options)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def prose(canvas: Canvas) -> None:
    canvas.drawString(72, 700, "The tower stands on a skerry.")


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is the catalog."""
    written = [b"%PDF-1.7\n", *(b"%d 0 obj\n%s\nendobj\n" % entry for entry in enumerate(objects, 1))]
    places = list(accumulate(map(len, written)))[:-1]
    out = b"".join(written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    )


def stream(piece: bytes, times: int, start: bytes = b"", end: bytes = b"") -> bytes:
    """A packed stream of `piece` again and again."""
    packer = zlib.compressobj(1)
    chunk = piece * 1000
    parts = [packer.compress(start), *(packer.compress(chunk) for _ in range(times // 1000)), packer.compress(end)]
    packed = b"".join([*parts, packer.flush()])
    return b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)


def pdf_with_content(content: bytes, *more: bytes) -> bytes:
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        content,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    )


def word(parts: dict[str, bytes] | None = None, text: str = "A kite needs wind.") -> bytes:
    """A DOCX, some of its parts replaced."""
    whole, out = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, (parts or {}).get(name, old.read(name)))
    return out.getvalue()


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def bomb(size_mb: int) -> bytes:
    """A DOCX whose text unpacks to so many MiB of zeros."""
    out = io.BytesIO(word())
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/media/picture.xml", "w") as part,
    ):
        for _ in range(size_mb):
            part.write(bytes(1 << 20))
    return out.getvalue()


def body(xml: str, before: str = "") -> bytes:
    namespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return f'<?xml version="1.0"?>{before}<w:document {namespace}><w:body>{xml}</w:body></w:document>'.encode()


def entities(levels: int) -> str:
    lines = ['<!ENTITY e0 "lol">']
    lines += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels)]
    return f"<!DOCTYPE bomb [{''.join(lines)}]>"


def flagged_as_encrypted(data: bytes) -> bytes:
    """The package with the flag of encryption set for its first part, in both of its directories."""
    out = bytearray(data)
    out[6] |= 1
    out[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(out)


def random_bytes(size: int) -> bytes:
    return random.Random(1).randbytes(size)


NOT_CP1252 = "Маяк стоит на скале у берега."
REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.txt", lambda: b"", "there is no text in it"),
    "only white space": ("a.md", lambda: b" \n\t\r\n", "there is no text in it"),
    "only a byte order mark": ("a.csv", lambda: b"\xef\xbb\xbf", "there is no text in it"),
    "empty pdf": ("a.pdf", lambda: b"", "there is no text in it"),
    "NULs": ("a.txt", lambda: b"text\x00\x00\x00text and more", "NUL"),
    "random bytes as text": ("a.txt", lambda: random_bytes(5000), "not UTF-8"),
    "one bad byte": ("a.txt", lambda: "Zoé, Åse, Ørjan ".encode() + b"\xff", "damaged UTF-8 (byte 19, line 1)"),
    "another alphabet": ("a.md", lambda: NOT_CP1252.encode("cp1251"), "not UTF-8, UTF-16 or Windows-1252"),
    "half a UTF-16 character": ("a.txt", lambda: "text".encode("utf-16") + b"x", "damaged UTF-16"),
    "unknown suffix": ("a.xyz", lambda: GOOD, "format '.xyz' is not known"),
    "no suffix": ("README", lambda: GOOD, "format 'none' is not known"),
    "old Word suffix": ("a.doc", lambda: OLE, "save it as .docx"),
    "PDF called txt": ("a.txt", lambda: pdf(prose), "is a PDF, not a text file; rename it to .pdf"),
    "Word called html": ("a.html", lambda: word(), "is a Word file, not a text file; rename it to .docx"),
    "text called PDF": ("a.pdf", lambda: GOOD, "is not a PDF, or its beginning is missing"),
    "text called Word": ("a.docx", lambda: GOOD, "is not a Word file"),
    "zip called PDF": ("a.pdf", lambda: zipped(a_dot_txt=GOOD), "is a zip archive, not a PDF"),
    "zip called Word": ("a.docx", lambda: zipped(a_dot_txt=GOOD), "is a zip archive, not a Word file"),
    "Excel called Word": ("a.docx", lambda: zipped(xl__workbook_dot_xml=b"<x/>"), "is an Excel file, not a Word file"),
    "old Word called docx": ("a.docx", lambda: OLE, "is an old Office file, not a Word file; save it as .docx"),
    "picture called html": ("a.html", lambda: b"\x89PNG\r\n\x1a\n" + random_bytes(99), "is a picture"),
    "RTF called txt": ("a.txt", lambda: b"{\\rtf1 Kites}", "is an RTF file"),
    "gzip called csv": ("a.csv", lambda: gzip.compress(GOOD), "is a gzip archive"),
    "cut off PDF": ("a.pdf", lambda: pdf(prose)[:700], "is cut off"),
    "encrypted PDF": ("a.pdf", lambda: pdf(prose, encrypt=StandardEncryption("a", "b")), "is encrypted"),
    "scanned PDF": ("a.pdf", lambda: pdf(lambda canvas: canvas.rect(0, 0, 9, 9, fill=1)), "run text recognition (OCR)"),
    "rubbish PDF": ("a.pdf", lambda: b"%PDF-1.4\n" + random_bytes(5000) + b"%%EOF", "is damaged"),
    "PDF without pages": ("a.pdf", lambda: raw_pdf(b"<</Type/Catalog>>"), "is damaged"),
    "PDF whose pages go in a circle": (
        "a.pdf",
        lambda: raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9999999>>"),
        "",
    ),
    "PDF that unpacks to more than the memory": (
        "a.pdf",
        lambda: pdf_with_content(stream(b"(a) Tj ", 60_000_000)),
        "needs more memory than is allowed",
    ),
    "PDF of endless text": (
        "a.pdf",
        lambda: pdf_with_content(stream(b"(endless words) Tj ", 2_000_000, b"BT /F 9 Tf ", b"ET")),
        "",
    ),
    "cut off Word": ("a.docx", lambda: word()[:-900], "damaged zip archive"),
    "encrypted Word": ("a.docx", lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "is encrypted"),
    "encrypted parts": ("a.docx", lambda: flagged_as_encrypted(word()), "is encrypted"),
    "empty Word": ("a.docx", lambda: word(text=""), "there is no text in it"),
    "Word without its text": ("a.docx", lambda: zipped(word__other_dot_xml=b"<x/>"), "is damaged"),
    "Word with broken XML": ("a.docx", lambda: word({"word/document.xml": b"<w:document><w:body>"}), "is damaged"),
    "zip bomb": ("a.docx", lambda: bomb(310), "unpacks to 310 MiB"),
    "XML entity bomb": (
        "a.docx",
        lambda: word({"word/document.xml": body("<w:p><w:r><w:t>&e9;</w:t></w:r></w:p>", entities(10))}),
        "declares XML entities",
    ),
    "deeply nested XML": (
        "a.docx",
        lambda: word({"word/document.xml": body("<w:sdt><w:sdtContent>" * 5000 + "</w:sdtContent></w:sdt>" * 5000)}),
        "",
    ),
    "page of scripts": ("a.html", lambda: b"<script>var a = 1</script><style>p {}</style>", "there is no text in it"),
    "deeply nested page": ("a.html", lambda: b"<div>" * 200_000 + b"deep", ""),
    "huge spans": ("a.html", lambda: b"<table><tr><td colspan=1000 rowspan=65000>a" + b"<tr><td>b" * 9000, "too many"),
    "endless Markdown": ("a.md", lambda: b"a**" * 300_000, "took longer than 2 s"),
    "table of separators": ("a.csv", lambda: b",,,\n" * 50, "there is no text in it"),
    "too many rows": ("a.csv", lambda: b"a,b\n" + b"1,2\n" * 200_001, "holds more than 200,000 paragraphs"),
    "too much text": ("a.txt", lambda: b"lamp " * 4_100_000, "holds more than 20 million characters"),
    "line break in its name": ("a\nb.pdf", lambda: GOOD, "a\\x0ab.pdf: is not a PDF"),
}

HARMLESS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "one endless line": ("a.txt", lambda: b"lamp" * 500_000),
    "one endless heading": ("a.txt", lambda: b"= " + b"lamp " * 200_000),
    "one endless row": ("a.txt", lambda: b"| a " * 20_000),
    "nothing but line ends": ("a.md", lambda: b"\n" * 200_000 + b"end"),
    "nested Markdown": ("a.md", lambda: b"> " * 5000 + b"deep"),
    "entity bomb in a page": ("a.html", lambda: (entities(10) + "<p>One &e9; two.</p>").encode()),
    "file of another place in a page": (
        "a.html",
        lambda: b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><p>One &f; two.</p>',
    ),
    "quotes without end": ("a.csv", lambda: b"a,b\n" + b'"x,1\n' * 2001),
    "every control character": ("a.html", lambda: b"<p>One" + bytes(range(1, 32)) + b"two</p>"),
    "PDF of many objects": (
        "a.pdf",
        lambda: pdf_with_content(stream(b"", 0, b"BT /F 9 Tf (Only this.) Tj ET"), *([b"<</A 1 0 R>>"] * 200_000)),
    ),
    "rubbish before a PDF": ("a.pdf", lambda: b"HTTP/1.1 200 OK\n\n" + pdf(prose)),
}


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    with ParserProcess(SECONDS, MEMORY_MB) as process:
        yield process


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_file_gives_one_clear_line_and_stops_nothing(kind: str, parser: ParserProcess) -> None:
    doc_id, make, reason = REFUSED[kind]
    data = make()
    assert len(data) < 30 << 20
    with pytest.raises(DocumentError) as raised:
        if kind in HASTY:
            with ParserProcess(HASTY[kind], MEMORY_MB) as hasty:
                hasty.parse_file(data, doc_id)
        parser.parse_file(data, doc_id)
    message = str(raised.value)
    assert reason in message
    assert message.startswith(doc_id.split("\n")[0]) and message.isprintable() and len(message) < 300
    for technical in ("Traceback", "Error:", "Exception", " object at "):
        assert technical not in message
    assert parser.parse_file(GOOD, "good.txt").document.title == "Kites"


@pytest.mark.parametrize("kind", HARMLESS)
def test_an_odd_file_is_read_and_nothing_leaks_into_it(kind: str, parser: ParserProcess) -> None:
    doc_id, make = HARMLESS[kind]
    parsed = parser.parse_file(make(), doc_id)
    document = parsed.document
    assert parsed.blocks and all(document.text[block.start : block.end].strip() for block in parsed.blocks)
    assert "root:" not in document.text and "lollollol" not in document.text
    assert len(document.text) <= 2_000_000
