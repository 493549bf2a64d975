"""Permanent links: what goes in comes out, and a link names nothing but a place or a question."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from famqa.web.links import LinkError, Place, citation_at, question_link, read_place, source_link, text_digest
from web_pages import document

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def parameters(link: str) -> dict[str, list[str]]:
    """As a browser reads them."""
    return parse_qs(urlsplit("http://host/" + link).query, keep_blank_values=True)


@given(NAMES, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_place_survives_its_link(doc_id: str, start: int, length: int) -> None:
    place = Place(doc_id, "0123456789abcdef", start, start + length)
    read = parameters(source_link(place))
    assert read_place(read["source"][0], read["at"][0]) == place


def test_odd_names_are_percent_encoded() -> None:
    place = Place("år/a b@c#d&e?.txt", "0123456789abcdef", 3, 9)
    assert source_link(place) == "?source=%C3%A5r/a%20b@c%23d%26e%3F.txt@0123456789abcdef&at=3-9"


def test_a_whole_document_needs_no_range() -> None:
    place = Place("a.txt", "0123456789abcdef", 0, 0)
    assert source_link(place) == "?source=a.txt@0123456789abcdef"
    assert read_place("a.txt@0123456789abcdef", "") == place


@pytest.mark.parametrize(
    ("source", "at"),
    [("", ""), ("a.txt", "1-2"), ("@abc", "1-2"), ("a@b", "1"), ("a@b", "-1-2"), ("a@b", "9-3"), ("a@b", "1-²")],
)
def test_what_names_no_place_is_told_in_one_line(source: str, at: str) -> None:
    with pytest.raises(LinkError, match="copy it again"):
        read_place(source, at)


def test_a_question_and_its_documents_survive_their_link() -> None:
    read = parameters(question_link("Who & what is “it”? #1", ["a/b c", "d&e"]))
    assert read == {"q": ["Who & what is “it”? #1"], "in": ["a/b c", "d&e"]}


def test_the_digest_is_that_of_the_text() -> None:
    doc, _ = document("# Log\n\nRain. ☔\n")
    assert text_digest(doc) == hashlib.sha256(doc.text.encode()).hexdigest()[:16]


def test_a_citation_at_a_place_has_its_section_and_line() -> None:
    doc, blocks = document("# Log\n\n## Monday\n\nRain.\n\nSun.\n")
    at = doc.text.index("Sun.")
    cited = citation_at(doc, blocks, at, at + 4)
    assert (cited.quote, cited.section, cited.line, cited.title) == ("Sun.", ("Monday",), 7, "Log")
    with pytest.raises(LinkError, match="no characters"):
        citation_at(doc, blocks, at, len(doc.text) + 1)
