"""HTML to blocks: what counts as content, and how its structure is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import assert_sound, block_texts
from famqa.documents import html, parse
from famqa.passages import Limits, cut
from famqa.records import Block, Document

PAGE = """\
<!DOCTYPE html><html lang="en"><head><title>Gull Rock | Varn Museum</title>
<style>p { color: red }</style><script>var ships = "<p>secret</p>";</script></head>
<body class="has-sidebar"><div id="cookie-banner">We use cookies. <button>Fine</button></div>
<header><a href="/">Varn Museum</a><nav><ul><li><a href="/x">Home page</a></li></ul></nav></header>
<div class="sidebar">Buy tickets</div>
<main><article>
<h1>Gull Rock <em>Lighthouse</em></h1>
<p>The tower stands on a skerry<sup class="ref">[1]</sup> off Varn. Its stones
  weigh 10<sup>3</sup> tons; the air has little CO<sub>2</sub>.</p>
<p hidden>Not shown.</p><p style="display: none">Not shown either.</p><div aria-hidden="true">Nor this.</div>
<h2>Keepers</h2>
The head keepers were:
<ul><li>Tomas Arnesen, 1871 to 1890<ol><li>Ingrid, his daughter</li></ol></li>
<li><p>Peter Holm</p><p>He liked fog.</p></li></ul>
<h3>Wrecks</h3>
<table><caption>Ships lost near the rock</caption>
<thead><tr><th rowspan="2">Year</th><th rowspan="2">Ship</th><th colspan="2">Lives lost</th></tr>
<tr><th>Crew</th><th>Guests</th></tr></thead>
<tbody><tr><td rowspan="2">1874</td><td>Aurora</td><td>3</td><td>1</td></tr>
<tr><td>Bluebell</td><td colspan="2">none</td></tr>
<tr><td>1896</td><td>Eider</td><td></td><td>2</td></tr></tbody></table>
</article></main>
<footer>Imprint</footer></body></html>
"""


def page(text: str, doc_id: str = "a.html") -> tuple[Document, tuple[Block, ...]]:
    return parse(text.encode(), doc_id)


def texts(text: str) -> list[tuple[str, str]]:
    return block_texts(*page(text))


def test_a_page_is_read_as_it_is_meant() -> None:
    document, blocks = page(PAGE)
    assert (document.title, document.format) == ("Gull Rock Lighthouse", "html")
    assert block_texts(document, blocks) == [
        ("heading", "Gull Rock Lighthouse"),
        ("paragraph", "The tower stands on a skerry off Varn. Its stones weigh 10^3 tons; the air has little CO2."),
        ("heading", "Keepers"),
        ("paragraph", "The head keepers were:"),
        ("list_item", "Tomas Arnesen, 1871 to 1890"),
        ("list_item", "Ingrid, his daughter"),
        ("list_item", "Peter Holm"),
        ("list_item", "He liked fog."),
        ("heading", "Wrecks"),
        ("paragraph", "Ships lost near the rock"),
        ("table_row", "| 1874 | Aurora | 3 | 1 |"),
        ("table_row", "| | Bluebell | none |"),
        ("table_row", "| 1896 | Eider | | 2 |"),
    ]
    assert [block.headings for block in blocks[-4:]] == [("Keepers", "Wrecks")] * 4


def test_list_items_know_what_introduces_them() -> None:
    document, blocks = page(PAGE)
    assert [
        (document.text[b.start : b.end], b.level, b.lead_in and document.text[slice(*b.lead_in)])
        for b in blocks
        if b.kind == "list_item"
    ] == [
        ("Tomas Arnesen, 1871 to 1890", 0, "The head keepers were:"),
        ("Ingrid, his daughter", 1, "Tomas Arnesen, 1871 to 1890"),
        ("Peter Holm", 0, "The head keepers were:"),
        ("He liked fog.", 1, "Peter Holm"),
    ]


def test_cells_stand_under_all_their_headers_and_spans_are_carried() -> None:
    document, blocks = page(PAGE)
    rows = [
        [(cell.header, document.text[cell.start : cell.end], cell.carried) for cell in block.cells]
        for block in blocks
        if block.cells
    ]
    assert rows == [
        [
            ("Year", "1874", False),
            ("Ship", "Aurora", False),
            ("Lives lost / Crew", "3", False),
            ("Lives lost / Guests", "1", False),
        ],
        [
            ("Year", "1874", True),
            ("Ship", "Bluebell", False),
            ("Lives lost / Crew / Lives lost / Guests", "none", False),
        ],
        [("Year", "1896", False), ("Ship", "Eider", False), ("Lives lost / Guests", "2", False)],
    ]


def test_every_passage_and_cell_slices(limits: Limits) -> None:
    document, blocks = page(PAGE)
    passages = cut(document, blocks, limits)
    assert_sound(document, passages)
    wreck = next(passage for passage in passages if "Bluebell" in passage.text)
    assert wreck.search_text.startswith("Gull Rock Lighthouse > Keepers > Wrecks:\nYear: 1874; Ship: Bluebell")


def test_furniture_is_left_out_and_content_in_the_same_dress_is_not() -> None:
    document, _ = page(PAGE)
    for word in ("cookies", "Fine", "Home page", "tickets", "Imprint", "secret", "color", "shown", "Nor this", "[1]"):
        assert word not in document.text
    assert texts('<div class="sidebar"><p>All of the page is in here.</p></div>') == [
        ("paragraph", "All of the page is in here.")
    ]
    assert texts("<article><header><p>By Ann</p></header><p>Text.</p><aside>A fact.</aside></article>") == [
        ("paragraph", "By Ann"),
        ("paragraph", "Text."),
        ("paragraph", "A fact."),
    ]
    assert ("paragraph", "Cookie dough needs butter.") in texts(
        "<p>A page about baking and what it takes to do it well.</p>"
        '<div class="cookie-recipes">Cookie dough needs butter.</div>'
    )


def test_infoboxes_and_definition_lists_are_keys_and_values() -> None:
    document, blocks = page(
        "<table><tr><th colspan=2>Facts</th></tr><tr><th>Height</th><td>42 metres</td></tr>"
        "<tr><th>Keepers:</th><td><ul><li>Tomas</li><li>Peter</li></ul></td></tr></table>"
        "<dl><dt>Lamp<dd>paraffin<dt>Horn<dt>Siren<dd>steam<dd>loud</dl>"
        "<p>Opens: 9 am<br>Closes: 5 pm</p>"
    )
    assert block_texts(document, blocks)[0] == ("paragraph", "Facts")
    assert [(b.cells[0].header, document.text[b.cells[0].start : b.cells[0].end]) for b in blocks if b.cells] == [
        ("Height", "42 metres"),
        ("Keepers", "Tomas; Peter"),
        ("Lamp", "paraffin"),
        ("Horn, Siren", "steam"),
        ("Horn, Siren", "loud"),
        ("Opens", "9 am"),
        ("Closes", "5 pm"),
    ]


def test_tables_without_marked_headers() -> None:
    def headers(rows: list[list[str]]) -> list[str]:
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        _, blocks = page(f"<table>{body}</table>")
        return [cell.header for cell in blocks[0].cells]

    assert headers([["Name", "Age"], ["Ann", "4"]]) == ["Name", "Age"]
    assert headers([["Ann", "4"], ["Bob", "5"]]) == ["", ""]
    assert headers([["Ann:", "a pilot"], ["Bob:", "a cook"]]) == ["Ann"]


def test_a_table_that_only_places_things_is_read_through() -> None:
    found = texts("<table><tr><td><h2>Lamps</h2><p>Oil.</p></td><td><p>Side.</p></td></tr></table>")
    assert found == [("heading", "Lamps"), ("paragraph", "Oil."), ("paragraph", "Side.")]


def test_marks_of_footnotes_and_anchors_are_left_out() -> None:
    assert texts("<h2>Lamps<a href=#lamps>¶</a></h2><p>Oil<sup><a href='#n1'>1</a></sup> of 5 m<sup>2</sup>.</p>") == [
        ("heading", "Lamps"),
        ("paragraph", "Oil of 5 m2."),
    ]


def test_breaks_blocks_in_links_and_loose_text() -> None:
    assert texts("Loose <b>words</b><div>In a box<p>and out</div>tail<br><br>next<a href=x><p>linked</p></a>") == [
        ("paragraph", "Loose words"),
        ("paragraph", "In a box"),
        ("paragraph", "and out"),
        ("paragraph", "tail"),
        ("paragraph", "next"),
        ("paragraph", "linked"),
    ]
    assert texts("<pre>\n  one\n    two\n</pre>") == [("paragraph", "one\n    two")]
    assert texts("<p>Ann &amp; Bob&#8217;s &quot;tea&quot;&nbsp;&hellip;") == [("paragraph", 'Ann & Bob’s "tea" …')]


def test_the_title_is_the_heading_if_there_is_one_else_the_pages() -> None:
    assert page("<title>T</title><h1>A <b>lamp</b></h1><p>x")[0].title == "A lamp"
    document, blocks = page("<title>T</title><h1>A</h1><p>x</p><h1>B</h1><p>y</p>")
    assert (document.title, blocks[-1].headings) == ("T", ("B",))
    assert page("<p>x", "lamp.htm")[0].title == "lamp"


def test_entities_of_the_page_itself_are_not_expanded() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    document, _ = page(bomb + "<p>One &b; two &f; three.</p>")
    assert "lollol" not in document.text and "root:" not in document.text and "three" in document.text


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote", "span"])
def test_deep_nesting_gives_a_result_or_a_reason(tag: str) -> None:
    from famqa.errors import DocumentError

    deep = "".join(f"<{part}>" for part in [tag] * 3000) + "deep"
    try:
        document, _ = page(f"<p>Start.</p>{deep}")
    except DocumentError as error:
        assert "nested too deeply" in str(error) and "\n" not in str(error)
    else:
        assert "deep" in document.text


_PIECES = ["<p>", "</p>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "<th rowspan=2>", "<td colspan=3>"]
_PIECES += [
    "</table>",
    "<h1>",
    "<h2>",
    "</h2>",
    "<br>",
    "<b>",
    "</b>",
    "<dl><dt>",
    "<dd>",
    "<pre>",
    "a",
    "é: 👩",
    " ",
    "\n",
]
_PIECES += [
    "&amp;",
    "<!--",
    "-->",
    "<script>",
    "<sup>2</sup>",
    "<main>",
    "<nav>",
    "\x01",
    "&#0;",
    "&#xD800;",
    "<",
    "x:",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_any_page_gives_blocks_in_order_with_cells_that_slice(text: str) -> None:
    parsed = html.parse(text)
    parsed.text.encode()
    at = 0
    for block in parsed.blocks:
        assert at <= block.start < block.end <= len(parsed.text)
        assert parsed.text[block.start : block.end] == parsed.text[block.start : block.end].strip()
        for cell in block.cells:
            assert 0 <= cell.start < cell.end <= block.end
            assert cell.carried or block.start <= cell.start
        at = block.end
