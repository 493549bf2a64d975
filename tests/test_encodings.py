"""Bytes to text: which encoding a file is in, that it is said, and what is refused rather than misread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from famqa.documents import parse_file
from famqa.documents.encodings import decode, decode_html
from famqa.documents.parsed import Unreadable

FRENCH = "Le phare coûte 5 € par an – dit « Zoé », l’aînée.\nIl date de 1871.\n"


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
def test_each_encoding_gives_the_same_text_and_is_named(codec: str, name: str) -> None:
    assert decode(FRENCH.replace("\n", "\r\n").encode(codec)) == (FRENCH, name)


def test_latin_1_reads_as_windows_1252_which_holds_all_its_letters() -> None:
    assert decode("Crème brûlée à Åre".encode("latin-1")) == ("Crème brûlée à Åre", "Windows-1252")


def test_big_endian_with_its_mark() -> None:
    assert decode(b"\xfe\xff\x00a\x00\xe9") == ("aé", "UTF-16")


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        decode(data)
    return str(raised.value)


def test_one_bad_byte_in_utf8_is_not_read_as_another_encoding() -> None:
    text = "Zoé and Åse live in Ålesund.\nHere: "
    assert refused(text.encode() + b"\xff!") == "damaged UTF-8 (byte 38, line 2); save it as UTF-8 again"


def test_other_alphabets_and_code_pages_are_refused_not_guessed() -> None:
    assert "not UTF-8, UTF-16 or Windows-1252" in refused("Маяк стоит на скале.".encode("cp1251"))
    assert "not UTF-8, UTF-16 or Windows-1252" in refused("灯台は岩の上に立つ。".encode("shift_jis"))
    polish = "Kapitan Łukasz powiedział, że przypłynął mały statek z białym żaglem.".encode("cp1250")
    assert "not UTF-8" in refused(polish)


def test_damaged_utf_16_and_nul_characters() -> None:
    assert refused("ab".encode("utf-16") + b"c") == "damaged UTF-16 (byte 6); save it as UTF-8"
    assert "NUL" in refused(b"text\x00text")
    assert "not UTF-8" in refused(b"\xff\x00\x81\x07caf\xe9")


def test_a_page_is_read_as_it_declares_unless_it_is_utf8() -> None:
    russian = '<meta charset="windows-1251"><p>Маяк</p>'
    assert decode_html(russian.encode("cp1251")) == (russian, "windows-1251")
    wrong = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>Zoé’s</p>'
    assert decode_html(wrong.encode()) == (wrong, "UTF-8")
    assert decode_html(wrong.encode("cp1252")) == (wrong, "Windows-1252")
    marked = '<meta charset="windows-1251"><p>Zoé</p>'
    assert decode_html(b"\xef\xbb\xbf" + marked.encode()) == (marked, "UTF-8")
    declared = '<?xml version="1.0" encoding="ISO-8859-2"?><p>Łódź</p>'
    assert decode_html(declared.encode("iso8859-2")) == (declared, "iso-8859-2")
    unknown = '<meta charset="rot13"><p>Lamp</p>'
    assert decode_html(unknown.encode()) == (unknown, "UTF-8")


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.html"])
def test_the_encoding_is_reported_unless_it_is_utf8(name: str) -> None:
    text = "Où,Prix\nThé,5\n" if name == "a.csv" else "Le thé coûte cinq couronnes.\n"
    assert parse_file(text.encode(), name).notes == ()
    for codec, said in (("cp1252", "Windows-1252"), ("utf-16", "UTF-16")):
        parsed = parse_file(text.encode(codec), name)
        assert parsed.notes == (f"read as {said}",)
        assert "thé" in parsed.document.text.lower()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r")))
def test_utf8_and_utf16_with_marks_come_back_as_they_went(text: str) -> None:
    text = text.removeprefix("\ufeff")
    assert decode(b"\xef\xbb\xbf" + text.encode())[0] == text
    assert decode(text.encode("utf-16"))[0] == text


@given(st.binary(max_size=200))
def test_any_bytes_give_a_text_or_a_reason(data: bytes) -> None:
    for read in (decode, decode_html):
        try:
            text, name = read(data)
        except Unreadable as error:
            assert "\n" not in str(error)
        else:
            assert name and "\x00" not in text and "\r" not in text
            text.encode()
