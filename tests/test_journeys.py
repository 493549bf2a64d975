"""Whole visits in real Chromium: who asks, who keeps the documents, who evaluates; on each kind of screen, by keys too.

Each is told once and taken on a wide and a narrow screen, light and dark, and with nothing but the keyboard.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from famqa import indexing
from famqa.feedback import Feedback
from test_web_documents import Gate
from web_hands import Keys, Pointer, assert_sound, expect
from web_site import NARROW, WIDE, Site, assert_highlight_is_the_document, browser, marked, served, visitors

__all__ = ["browser", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]

LIGHTHOUSE = """= Cape Vell Lighthouse =

The lighthouse at Cape Vell was designed by Ada Thorne. Its lamp burned whale oil until 1912.

==Keepers==
The first keeper was Jonas Brandt. \U0001f30a He and Ole Winther kept the light for forty years.

| Year | Prize |
| 1990 | Northern Heritage Medal |
"""
FILES: dict[str, str | bytes] = {
    "coast/lighthouse.txt": LIGHTHOUSE,
    "roads/bridge.txt": "= Long Bridge =\n\nThe bridge over the Dunn was designed by Per Holt. It opened in 1931.\n",
    "tides.md": "# Tides\n\nThe tide gauge at Sund was set up in 1931.\n",
    "scan.pdf": "no pdf",
}
QUESTION = "Who designed the lighthouse at Cape Vell?"
TESTS: list[dict[str, Any]] = [
    {"id": "architect", "question": QUESTION, "answers": ["Ada Thorne"]},
    {"id": "gauge", "question": "Where is the tide gauge?", "answers": ["Sund"]},
    {
        "id": "keeper",
        "question": "Who was the first keeper?",
        "answers": ["Ole Winther"],
        "evidence": [{"doc": "coast/lighthouse.txt", "text": "Ole Winther kept the light for forty years"}],
    },
    {"id": "none", "question": "Who painted the ceiling of the opera?", "answerable": False},
]
LOOKS = ("light", "dark", "light narrow", "dark narrow")
HANDS = [
    *(pytest.param((look, Pointer), id=look) for look in LOOKS),
    pytest.param(("dark narrow", Keys), id="dark narrow, keys alone"),
]
KEYS_BESIDE_A_PANEL = pytest.param(("light", Keys), id="light, keys alone")


class Hold:
    """Holds questions where they are read, from one on, until they are let go."""

    def __init__(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 1_000_000
        self._go_on = threading.Event()
        real = site.assistant.trace

        def trace(*asked: Any, on_step: Any = lambda _: None, **named: Any) -> Any:
            if any(asked[0] == row["question"] for row in TESTS):  # and not what the server warms up with
                self._left -= 1
            waits = self._left < 0

            def told(step: str) -> None:
                on_step(step)
                if waits and step.startswith("reading"):
                    assert self._go_on.wait(60)

            return real(*asked, on_step=told, **named)

        monkeypatch.setattr(site.assistant, "trace", trace)

    def after(self, questions: int) -> None:
        self._left = questions
        self._go_on.clear()

    def let_go(self) -> None:
        self._left = 1_000_000
        self._go_on.set()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("journeys")
    (root / "evaluation").mkdir()
    (root / "evaluation" / "one.jsonl").write_text(json.dumps(TESTS[0]) + "\n")
    with served(root, FILES, rate_limit=0) as site:
        yield site


@pytest.fixture
def hand(visitors: Any, site: Site, request: pytest.FixtureRequest) -> Iterator[Pointer]:
    """A fresh visitor with an empty tab; at the end nothing may have left the machine, complained or run."""
    look, kind = request.param
    visitors.grant_permissions(["clipboard-read", "clipboard-write"])
    site.forget()
    visitors.clear_cookies()
    hand = kind(opened(visitors, site, look), look)
    yield hand
    hand.tab.evaluate("localStorage.clear()")
    hand.tab.close()
    site.assert_quiet()


def opened(visitors: Any, site: Site, look: str) -> Any:
    """A new tab of that look, watched."""
    tab = visitors.new_page()
    tab.set_viewport_size(NARROW if "narrow" in look else WIDE)
    tab.emulate_media(color_scheme=look.split()[0])
    site.watch(tab)
    return tab


@pytest.fixture
def hold(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    hold = Hold(site, monkeypatch)
    yield hold
    hold.let_go()


def visit(hand: Pointer, site: Site, address: str) -> Pointer:
    """The same visitor with a further tab."""
    tab = opened(hand.tab.context, site, hand.look)
    tab.goto(address)
    return type(hand)(tab, hand.look)


def leave(other: Pointer, hand: Pointer) -> None:
    other.tab.close()
    hand.tab.bring_to_front()


def answered(tab: Any, turns: int) -> Any:
    """The newest turn, once it and all before it have their answers."""
    expect(tab.locator(".turn")).to_have_count(turns)
    expect(tab.locator(".pending")).to_have_count(0)
    expect(tab.locator("#ask")).to_be_visible()
    return tab.locator(".turn").last


def ask(hand: Pointer, question: str) -> Any:
    """The new turn with its answer; where the next question goes is in sight then."""
    turns = hand.tab.locator(".turn").count()
    hand.write(hand.tab.locator("#question-box"), question)
    hand.send(hand.tab.locator("#ask"))
    turn = answered(hand.tab, turns + 1)
    expect(hand.tab.locator("#question-box")).to_be_in_viewport()
    return turn


def copied(hand: Pointer, button: Any) -> str:
    """What a button puts into the clipboard."""
    hand.press(button)
    expect(button).to_have_text("Copied")
    return hand.tab.evaluate("navigator.clipboard.readText()")


def open_source(hand: Pointer, button: Any, site: Site) -> None:
    """Presses what names a source: it opens at the quote, which has the focus and is the document's words."""
    hand.press(button)
    expect(hand.tab.locator("#sources mark.quote:focus")).to_be_in_viewport()
    assert_highlight_is_the_document(hand.tab, site)


@pytest.mark.parametrize("hand", [*HANDS, KEYS_BESIDE_A_PANEL], indirect=True)
def test_the_asker(hand: Pointer, site: Site, hold: Hold) -> None:
    tab = hand.tab
    tab.goto(site.address)
    box = tab.locator("#question-box")
    example = tab.locator(".chip").first
    expect(box).to_be_focused()
    expect(tab.locator("#welcome h2")).to_have_text("Ask your documents")
    assert_sound(tab, site)

    question = example.inner_text()
    hand.press(example)
    expect(answered(tab, 1).locator(".question")).to_have_text(question)

    # a question of one's own: what is done for it, stopped, asked again
    hold.after(0)
    hand.write(box, QUESTION)
    hand.send(tab.locator("#ask"))
    expect(tab.locator(".turn").last.locator(".pending")).to_contain_text("reading")
    expect(box).to_have_value("")
    hand.stop()
    expect(box).to_have_value(QUESTION)
    expect(tab.locator(".turn")).to_have_count(1)
    hold.let_go()
    hand.send(tab.locator("#ask"))
    turn = answered(tab, 2)
    expect(turn.locator(".short")).to_contain_text("Ada Thorne")

    # its source, and how sure it is
    mark = turn.locator(".cite").first
    open_source(hand, mark, site)
    assert "Ada Thorne" in marked(tab)[3]
    hand.back()
    expect(mark).to_be_focused()
    assert "supported" in turn.locator(".confidence").inner_text()
    hand.look_at(turn.locator(".confidence"))
    expect(turn.locator(".tip")).to_contain_text("probability that this is right: 0.")
    assert_sound(tab, site)

    # taken away
    doc_id, start, end, quote = marked(tab)
    digest = tab.get_attribute("#sources .text", "data-digest")
    link = f"{site.address}/?source={doc_id}@{digest}&at={start}-{end}"
    assert copied(hand, turn.locator(".copy").first) == (
        f"{QUESTION}\n\nAda Thorne [1]\n\n[1] “{quote}”\nCape Vell Lighthouse · line 3\n{link}\n"
    )
    assert copied(hand, turn.locator(".copy").last) == (
        f"**[{QUESTION}]({site.address}/?q=Who+designed+the+lighthouse+at+Cape+Vell%3F)**\n\n"
        f"Ada Thorne [\\[1\\]]({link})\n\n> {quote}\n>\n> \\[1\\] [Cape Vell Lighthouse · line 3]({link})\n"
    )
    asking = copied(hand, turn.locator("a.link"))
    assert parse_qs(urlsplit(asking).query) == {"q": [QUESTION]}
    other = visit(hand, site, asking)
    expect(answered(other.tab, 1).locator(".short")).to_contain_text("Ada Thorne")
    leave(other, hand)

    # a follow-up, and the question that it was completed to
    turn = ask(hand, "And the bridge over the Dunn?")
    expect(turn.locator(".short")).to_contain_text("Per Holt")
    completed = turn.locator(".understood b").inner_text()
    hand.press(turn.locator(".edit"))
    expect(box).to_have_value(completed)
    expect(box).to_be_focused()
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.type(" in 1931")
    hand.send(tab.locator("#ask"))
    turn = answered(tab, 4)
    expect(turn.locator(".question")).to_have_text(f"{completed[:-1]} in 1931?")
    expect(turn.locator(".understood")).to_have_count(0)

    # a refusal, its closest passages, and once more
    turn = ask(hand, "Who painted the ceiling of the opera?")
    expect(turn.locator(".short")).to_have_text("The documents do not say.")
    expect(turn.locator(".cite")).to_have_count(0)
    open_source(hand, turn.locator(".place").first, site)
    expect(tab.locator(".not-answer")).to_be_visible()
    assert_sound(tab, site)
    hand.back()
    hand.press(turn.locator(".again"))
    expect(answered(tab, 5).locator(".short")).to_have_text("The documents do not say.")

    # a permanent link, before and after the document has changed
    open_source(hand, tab.locator(".turn").nth(1).locator(".place").first, site)
    assert copied(hand, tab.locator(".source-head a.link")) == link
    other = visit(hand, site, link)
    expect(other.tab.locator("#sources mark.quote:focus")).to_be_in_viewport()
    assert marked(other.tab) == (doc_id, start, end, quote)
    path = site.settings.corpus / doc_id
    path.write_text(f"A new line.\n\n{LIGHTHOUSE}")
    indexing.update(site.settings)
    other.tab.reload()
    expect(other.tab.locator("#sources .problem")).to_contain_text("has changed since the link was made")
    assert other.tab.locator("#sources mark").count() == 0
    assert_sound(other.tab, site)
    path.write_text(LIGHTHOUSE)
    indexing.update(site.settings)
    other.tab.reload()
    assert marked(other.tab) == (doc_id, start, end, quote)
    leave(other, hand)

    # kept after a reload, and in the list of earlier conversations
    before = tab.locator(".turn").all_inner_texts()
    tab.reload()
    answered(tab, 5)
    assert tab.locator(".turn").all_inner_texts() == before
    hand.press(tab.locator("#fresh"))
    expect(tab.locator(".reopen")).to_have_count(2)  # that of the link as well
    assert_sound(tab, site)
    hand.press(tab.locator(".reopen:has-text('5 questions')"))
    open_source(hand, answered(tab, 5).locator(".place").first, site)
    hand.back()

    # of some documents only
    hand.press(tab.locator("#fresh"))
    hand.press(tab.locator(".scope summary"))
    hand.write(tab.locator("#scope-search"), "coast")
    hand.press(tab.locator(".scope-list input").first)
    assert_sound(tab, site)
    tab.keyboard.press("Escape")
    expect(tab.locator(".scope summary")).to_be_focused()
    turn = ask(hand, "Who designed the bridge over the Dunn?")
    expect(turn.locator(".asked-of")).to_have_text("asked of: coast")
    assert "Per Holt" not in turn.inner_text()
    hand.press(tab.locator(".only button"))
    turn = ask(hand, "Who was the first keeper?")

    # right, wrong, and what would be right
    hand.press(turn.locator("[data-verdict=right]"))
    expect(turn.locator(".told")).to_contain_text("Noted as right")
    hand.press(turn.locator("[data-verdict=wrong]"))
    expect(turn.locator(".told")).to_contain_text("Noted as wrong")
    expect(tab.locator("#right-answer")).to_be_in_viewport()
    hand.right_answer("Ole Winther")
    expect(tab.locator("#right-answer")).to_have_value("Ole Winther")
    assert_sound(tab, site)
    hand.send(tab.locator(".correction [type=submit]"))
    expect(turn.locator(".told")).to_contain_text("Noted as the right answer: Ole Winther")
    expect(turn.locator("[data-verdict=wrong]")).to_be_focused()
    (row,) = Feedback(site.settings.index).rows()
    assert row.correction is not None and row.correction.start == LIGHTHOUSE.index("Ole Winther")
    hand.press(turn.locator("[data-verdict=wrong]"))
    expect(turn.locator(".told")).to_have_text("Taken back.")
    assert Feedback(site.settings.index).rows() == []


@pytest.mark.parametrize("hand", HANDS, indirect=True)
def test_the_keeper(hand: Pointer, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = hand.tab
    reader = opened(tab.context, site, hand.look)  # has the first page open all the while
    reader.goto(site.address)
    expect(reader.locator("#status")).to_contain_text("3 documents")
    tab.bring_to_front()
    tab.goto(f"{site.address}/documents/")
    plan, news, status = tab.locator(".plan"), tab.locator(".news"), tab.locator("#status")
    rows = tab.locator("#documents-table tbody tr")
    dialog, sure = tab.locator("dialog"), tab.locator("dialog .danger")
    expect(plan).to_contain_text("Up to date with the folder.")
    expect(status).to_contain_text("3 documents")
    expect(rows).to_have_count(3)
    expect(tab.locator(".failed")).to_contain_text("scan.pdf: is not a PDF")
    assert_sound(tab, site)

    hand.write(tab.locator("#documents-wanted textarea, #documents-wanted input"), "ROADS/")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Long Bridge")
    hand.write(tab.locator("#documents-wanted textarea, #documents-wanted input"), "")
    expect(rows).to_have_count(3)

    # files in: a good one, a name that is taken, a file that is there already, one of no use
    texts = {
        "mill.md": "# The mill\n\nThe windmill at the harbour was built by Otto Grane.\n",
        "tides.md": "# Spring tides\n\nThe highest spring tide at Sund was measured in 1967.\n",
        "copy.md": FILES["tides.md"],
        "photo.png": "\x89PNG",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(str(text), "latin-1")
    hand.choose_files(tab.locator("#documents-upload button").first, [tmp_path / name for name in texts])
    expect(news.locator("li")).to_have_count(4)
    lines = news.locator("li").all_inner_texts()
    assert lines[0].startswith("mill.md: added") and "tides (2).md" in lines[1]
    assert lines[2:] == [
        "copy.md: the same file is there already, as tides.md",
        "photo.png: format '.png' is not known; known are .txt, .text, .md, .markdown, .html, .htm, .xhtml, .pdf, "
        ".docx, .csv, .tsv",
    ]
    expect(plan).to_contain_text("2 new")
    expect(status).to_contain_text("3 documents")
    assert_sound(tab, site)

    # an update that is stopped, and one that is not
    gate = Gate(monkeypatch)
    hand.press(plan.locator("[data-deed=update]"))
    assert gate.reached.wait(60)
    expect(plan).to_contain_text("Embedding 0 of 2 passages")
    expect(plan.locator("progress")).to_have_attribute("value", "25")
    assert_sound(tab, site)
    hand.press(plan.locator("[data-deed=stop]"))
    expect(plan).to_contain_text("Stopping")
    gate.opened.set()
    expect(plan).to_contain_text("The update was stopped; nothing has changed")
    hand.press(plan.locator("[data-deed=update]"))
    expect(plan).to_contain_text("Index built in")
    expect(status).to_contain_text("5 documents")
    expect(rows).to_have_count(5)

    # who had the other page open all the while gets the answer from the new index
    reader.bring_to_front()
    reader.fill("#question-box", "Who built the windmill at the harbour?")
    reader.press("#question-box", "Enter")
    expect(answered(reader, 1).locator(".short")).to_contain_text("Otto Grane")
    expect(reader.locator("#status")).to_contain_text("5 documents")
    assert_highlight_is_the_document(reader, site)
    reader.close()
    tab.bring_to_front()

    # a file out, after a second thought; back; out
    remove = tab.locator("#documents-table [data-key='mill.md']")
    hand.press(remove)
    expect(dialog).to_contain_text("Remove “The mill” (mill.md)?")
    assert_sound(tab, site)
    hand.press(dialog.get_by_text("Cancel"))
    expect(dialog).to_be_hidden()
    expect(remove).to_be_focused()
    hand.press(remove)
    hand.press(sure)
    expect(news).to_contain_text("mill.md: moved to the trash")
    expect(plan).to_contain_text("1 removed")
    expect(tab.locator("#documents-removed")).to_contain_text("mill.md")
    hand.press(news.locator("button"))
    expect(news).to_contain_text("mill.md: put back")
    expect(plan).to_contain_text("Up to date with the folder.")

    # back to the index before, and forward again
    history = tab.locator("#documents-history [data-deed=rollback]")
    hand.press(history.first)
    hand.press(sure)
    expect(news).to_contain_text("Answers come from the index of")
    expect(status).to_contain_text("3 documents")
    expect(plan).to_contain_text("An older index is served")
    assert_sound(tab, site)
    hand.press(news.locator("button"))
    expect(status).to_contain_text("5 documents")

    for name in ("mill.md", "tides (2).md"):
        hand.press(tab.locator(f"#documents-table [data-key='{name}']"))
        hand.press(sure)
        expect(news).to_contain_text(f"{name}: moved to the trash")
    expect(plan).to_contain_text("2 removed")
    hand.press(plan.locator("[data-deed=update]"))
    expect(plan).to_contain_text("Up to date with the folder.")
    expect(status).to_contain_text("3 documents")


@pytest.mark.parametrize("hand", HANDS, indirect=True)
def test_the_evaluator(hand: Pointer, site: Site, tmp_path: Path, hold: Hold) -> None:
    tab = hand.tab
    file = tmp_path / "mine.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in TESTS))
    tab.goto(f"{site.address}/evaluation/")
    held, progress, runs = tab.locator("#checked .holds"), tab.locator("#progress"), tab.locator("#runs li")
    expect(held).to_have_text("1 question, 1 of them answerable.")
    expect(tab.locator("#status")).to_contain_text("3 documents")
    assert_sound(tab, site)
    hand.choose_files(tab.locator("#upload-questions"), [file])
    expect(held).to_have_text("4 questions, 3 of them answerable.")
    if not isinstance(hand, Keys):  # with keys Gradio's list now and then closes without the choice
        hand.choose(tab.locator("#question-file input"), "one.jsonl")
        expect(held).to_have_text("1 question, 1 of them answerable.")
        hand.choose(tab.locator("#question-file input"), "mine.jsonl (uploaded)")
        expect(held).to_have_text("4 questions, 3 of them answerable.")

    hold.after(3)  # the first question is asked twice, to warm up
    hand.press(tab.locator("#start-run"))
    expect(progress.locator("[role=progressbar]")).to_have_attribute("aria-valuenow", "2")
    assert_sound(tab, site)
    hand.press(tab.locator("#stop-run"))
    expect(progress).to_contain_text("Stopping after this question")
    hold.let_go()
    expect(progress).to_contain_text("Stopped at 3 of 4 questions.")
    tab.reload()  # it can be gone on with later, and the file is still the chosen one
    expect(tab.locator("#question-file input")).to_have_value("mine.jsonl (uploaded)")
    hand.press(runs.first.locator("[data-do=resume]"))
    expect(tab.locator("#found .verdict h2")).to_contain_text("of 3 answerable questions")
    expect(tab.locator("#plots svg").nth(3)).to_be_attached()

    miss = tab.locator(".miss:has-text('Who was the first keeper?')")
    hand.press(miss.locator("summary"))
    expect(miss).to_contain_text("Ole Winther")
    assert_sound(tab, site)
    address = f"{site.address}/evaluation/{miss.locator('a').first.get_attribute('href')}"
    other = visit(hand, site, address)
    expect(other.tab.locator("#sources mark.quote:focus")).to_be_in_viewport()
    assert "Ole Winther" in assert_highlight_is_the_document(other.tab, site)
    leave(other, hand)

    with tab.expect_download() as download:
        hand.press(tab.locator("#download-report"))
    assert download.value.suggested_filename == "report.html"
    with tab.expect_download() as download:
        hand.press(tab.locator("#download-predictions"))
    predictions = [json.loads(line) for line in Path(download.value.path()).read_text("utf-8").splitlines()]
    assert [row["id"] for row in predictions] == [row["id"] for row in TESTS]
    for citation in (citation for row in predictions for citation in row["citations"]):
        text = site.assistant.document(citation["doc_id"]).text
        assert text[citation["start"] : citation["end"]] == citation["quote"]

    hand.press(tab.locator("#start-run"))
    expect(runs).to_have_count(2)
    expect(progress).to_contain_text("Done: 4 questions")
    hand.press(runs.last.locator("[data-do=compare]"))
    expect(tab.locator(".comparison .judged")).to_contain_text("No difference: every question came out as before")
    assert_sound(tab, site)

    for left in (1, 0):
        delete = runs.first.locator("[data-do=delete]")
        hand.press(delete)
        expect(delete).to_have_text("Delete for good?")
        hand.press(delete)
        expect(runs).to_have_count(left)
    remove = tab.locator("#checked [data-do=remove]")
    hand.press(remove)
    expect(tab.get_by_role("option")).to_have_count(0)  # keys have passed the list, and Gradio's fades away slowly
    hand.press(remove)
    expect(held).to_have_text("1 question, 1 of them answerable.")
    assert list((site.settings.index / "questions").iterdir()) == []
