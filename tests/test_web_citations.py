"""A hundred citations over all formats, opened one after the other in Chromium: what is marked is what was cited.

What the page lets a visitor select is held against the same offsets.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from famqa.records import BlockKind
from famqa.web.links import text_digest
from famqa.web.turns import Record
from test_same_content import as_docx, as_html, as_markdown, as_pdf, as_text
from web_site import Site, browser, served, tab, visitors, wait_for_turns

__all__ = ["browser", "tab", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]

ODD = (
    "= Odd characters =\r\n\r\nThe \U0001f680 rose — cafe\u0301, na\u00efve, \U0001f468\u200d\U0001f469\u200d\U0001f467"
    " and Z\u0351\u036b\u0343a\u0334lgo.\tA tab, a\u00a0hard space, <b>no bold</b> &amp; no &entity;.\r\n\r\n"
    "\u05d4\u05de\u05d2\u05d3\u05dc\u05d5\u05e8 \u05e0\u05d1\u05e0\u05d4 \u05d1\u05e9\u05e0\u05ea 1887. "
    "\u0628\u064f\u0646\u064a\u064e \u0627\u0644\u0645\u0646\u0627\u0631 (1887).\r\n\r\n"
    "==\u202eReversed\u202c \U0001f3f3\ufe0f\u200d\U0001f308==\r\n"
    "- one \U0001f1f8\U0001f1ea flag\r\n  - two\ufeff marks\r\n- Key: v\u0308alue\r\n\r\n"
    "| A \U0001f600 | B |\r\n| \U0001f600\U0001f600 | x |\r\n| | \u05d0\u05d1 |\r\n| y | |\r\n"
)
LONG = "= Log =\n\n" + "".join(
    f"Entry {n}: the gauge read {n * 7 % 1000} \u00b0C \u2014 \U0001f30a {'and rising ' * (n % 9)}at noon.\n\n"
    for n in range(3000)
)
CSV = 'Ship,Cargo,Lost\nAurora,Timber,3\nBluebell,"Coal, \U0001faa8",7\nCorsair,"Wine\nand salt",12\nDunlin,,4\n'
EACH = 14


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser) -> Iterator[Site]:
    files = {
        "a.txt": as_text(),
        "b.md": as_markdown(),
        "c d/\u00e5 #1 & 50%.html": as_html(),
        "e.docx": as_docx(),
        "f.pdf": as_pdf(),
        "g.csv": CSV.encode(),
        "odd.txt": ODD.encode(),
        "long.txt": LONG.encode(),
    }
    with served(tmp_path_factory.mktemp("citations"), files) as site:
        yield site


def places(site: Site, doc_id: str) -> list[tuple[int, int]]:
    """Whole blocks, and ranges that begin and end anywhere, over block ends as well; the same every time."""
    chance = random.Random(doc_id)
    text = site.assistant.document(doc_id).text
    blocks = [block for block in site.assistant.blocks(doc_id) if block.kind is not BlockKind.HEADING]
    found = [(block.start, block.end) for block in chance.sample(blocks, min(EACH // 2, len(blocks)))]
    while len(found) < EACH:
        start = chance.randrange(len(text) - 1)
        end = min(len(text), start + chance.randint(1, 300))
        if text[start:end].strip():
            found.append((start, end))
    return found


def record(site: Site, number: int, doc_id: str) -> Record:
    cited = places(site, doc_id)
    return Record(
        number=number,
        question=f"What is in {doc_id}?",
        status="answered",
        confidence=0.9,
        index="i",
        digests={doc_id: text_digest(site.assistant.document(doc_id))},
        citations=[(doc_id, *place) for place in cited],
        nearest=[],
        spans=[(1, *cited[0])],
    )


OPEN_ALL = """async () => {
    const found = [];
    for (const button of document.querySelectorAll('.turn .place')) {
        const { turn, ref } = button.dataset;
        button.click();
        const head = `.source-head[data-turn="${turn}"][data-ref="${ref}"]`;
        for (let wait = 0; !document.querySelector(head) && wait < 1000; wait++) {
            await new Promise((done) => setTimeout(done, 10));
        }
        const marks = [...document.querySelectorAll('#sources mark.quote')];
        getSelection().setBaseAndExtent(marks[0], 0, marks.at(-1), marks.at(-1).childNodes.length);
        const selected = famqaSelection.selected();
        found.push({
            turn: Number(turn), ref: Number(ref), doc: marks[0].dataset.doc,
            ranges: marks.map((mark) => [Number(mark.dataset.start), Number(mark.dataset.end)]),
            text: marks.map((mark) => mark.textContent).join(''),
            selected: [selected?.doc, selected?.start, selected?.end],
        });
    }
    return found;
}"""


def test_a_hundred_citations_are_marked_exactly(tab, site: Site) -> None:
    doc_ids = [document.doc_id for document in site.assistant.overview().documents]
    records = [record(site, number, doc_id) for number, doc_id in enumerate(doc_ids, 1)]
    kept = json.dumps([{"id": "x", "at": "2026-01-01", "records": [each.model_dump() for each in records]}])
    tab.evaluate("kept => localStorage['famqa.conversations'] = kept", kept)
    other = tab.context.new_page()
    site.watch(other)
    other.goto(site.address)
    other.click(".reopen")
    wait_for_turns(other, len(doc_ids))
    found = other.evaluate(OPEN_ALL)
    assert len(found) == len(doc_ids) * EACH >= 100
    for each in found:
        doc_id, start, end = records[each["turn"] - 1].citations[each["ref"]]
        text = site.assistant.document(doc_id).text
        assert each["doc"] == doc_id
        assert each["text"] == text[start:end]
        assert (each["ranges"][0][0], each["ranges"][-1][1]) == (start, end)
        assert all(left[1] == right[0] for left, right in zip(each["ranges"], each["ranges"][1:], strict=False))
        assert each["selected"] == [doc_id, start, end]
