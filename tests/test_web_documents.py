"""The Documents page in real headless Chromium: files in, an update watched, files out and back, history."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import write_corpus
from famqa import indexing
from famqa.embedding import SentenceEmbedder
from web_site import NARROW, WIDE, Site, browser, focus_is_on, overflow, served  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.model]

HARBOUR = "= Cape Vell Lighthouse =\n\nThe lighthouse at Cape Vell was designed by Ada Thorne.\n"
PWN = "window.__pwned=1"
NASTY = f"<img src=x onerror={PWN}>"
READY = "() => document.querySelector('.plan .lead')?.textContent.match(/Up to date|\\d new|removed|An older|passages/)"


FILES = {
    "lighthouse.txt": HARBOUR,
    "tides.md": "# Tides\n\nThe tide gauge at Sund was set up in 1931.\n",
    f"{NASTY}.txt": f"The rocket tank {NASTY} holds ninety litres.\n",
    f"{NASTY}.pdf": "no pdf",
    "sources.toml": f"[documents.'tides.md']\ntitle = '{NASTY} Tides'\nsource = '<b>{NASTY}'\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser) -> Iterator[Site]:  # noqa: F811
    with served(tmp_path_factory.mktemp("documents"), FILES) as site:
        yield site


@pytest.fixture
def open_page(browser, site: Site):  # noqa: F811
    """Opens the page as a further visitor; at the end nothing may have left the machine, complained or run."""
    shutil.rmtree(site.settings.corpus)
    write_corpus(site.settings.corpus, FILES)  # whatever the test before has left there
    indexing.update(site.settings)
    opened = []
    site.forget()

    def visit(looks: str = "light", viewport: dict[str, int] = WIDE):
        context = browser.new_context(viewport=viewport, color_scheme=looks)
        opened.append(context)
        tab = context.new_page()
        tab.set_default_timeout(60_000)
        site.watch(tab)
        tab.goto(f"{site.address}/documents/")
        tab.wait_for_function(READY)
        return tab

    yield visit
    for context in opened:
        assert context.pages[0].evaluate("window.__pwned") is None
        context.close()
    assert [line for line in site.complaints if line != "Method not implemented."] == []  # Gradio's own, at uploads
    sent = {urlsplit(url).hostname for url in site.requests if not url.startswith(("data:", "blob:"))}
    assert sent == {"127.0.0.1"}


class Gate:
    """Holds updates where they embed, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.opened = reached, opened = threading.Event(), threading.Event()

        class Waiting(SentenceEmbedder):
            def embed(self, texts):
                reached.set()
                assert opened.wait(60)
                return super().embed(texts)

        monkeypatch.setattr(indexing, "SentenceEmbedder", Waiting)
        monkeypatch.setattr(indexing, "can_embed", lambda model, count: False)


def written(folder: Path, files: dict[str, bytes]) -> list[str]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in files]


def says(tab, selector: str, words: str) -> None:
    """Waits until that part of the page holds these words; fails with what is there instead."""
    try:
        found = "([part, words]) => document.querySelector(part)?.textContent.includes(words)"
        tab.wait_for_function(found, arg=[selector, words])
    except Exception as error:
        pytest.fail(f"{words!r} is not in {selector}; the page says: {tab.inner_text('body')} ({error})")


def plan_says(tab, words: str) -> None:
    says(tab, ".plan", words)


def news_says(tab, words: str) -> None:
    says(tab, ".news", words)


def header_says(tab, words: str) -> None:
    says(tab, "#status", words)


def update(tab) -> None:
    tab.click(".plan [data-deed=update]")
    plan_says(tab, "Up to date with the folder.")


def test_everyone_sees_an_update_and_asks_on(
    open_page, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = open_page()
    header_says(tab, "3 documents")
    where, name = "the old harbour", "Mill (1).md"
    files = {
        name: f"# The mill\n\nThe windmill at {where} was built by Otto Grane.\n".encode(),
        "ferry.txt": f"The ferry from {where} leaves at 05:40.\n".encode(),
        "photo.png": b"\x89PNG\r\n\x1a\n",
    }
    tab.set_input_files("#documents-upload input[type=file]", written(tmp_path, files))
    news_says(tab, f"{name}: added")
    plan_says(tab, "2 new")
    lines = tab.locator(".news li").all_inner_texts()
    assert len(lines) == 3 and "photo.png: format '.png' is not known" in lines[2]
    assert tab.locator(".news .problem").count() == 1
    assert (site.settings.corpus / name).exists(), "the name is its own, brackets and all"
    header_says(tab, "3 documents")
    assert overflow(tab) == 0

    gate = Gate(monkeypatch)
    tab.click(".plan [data-deed=update]")
    assert gate.reached.wait(60)
    plan_says(tab, "Embedding 0 of 2 passages")
    assert tab.locator("progress").get_attribute("value") == "25"
    assert site.assistant.ask("Who designed the lighthouse at Cape Vell?").answer == "Ada Thorne", "it goes on"
    other = open_page()
    assert other.locator("progress").count() == 1, "everyone sees it"
    other.evaluate(  # a button that was on the page a moment ago
        "document.querySelector('.plan').insertAdjacentHTML('beforeend', '<button data-deed=update>Old</button>')"
    )
    other.click("[data-deed=update]")
    news_says(other, "An update is running already (embedding 0 of 2 passages)")
    gate.opened.set()
    for each in (tab, other):
        plan_says(each, "Index built in")
        header_says(each, "5 documents")
    assert tab.locator("#documents-table").inner_text().count("The mill") == 1

    answer = site.assistant.ask(f"Who built the windmill at {where}?")
    assert (answer.answer, answer.citations[0].doc_id) == ("Otto Grane", name)
    cited = answer.citations[0]
    assert site.assistant.document(name).text[cited.start : cited.end] == cited.quote


def test_what_another_process_does_is_seen(open_page, site: Site) -> None:
    tab = open_page()
    plan_says(tab, "Up to date with the folder.")
    path = site.settings.corpus / "elsewhere.txt"
    path.write_text("The light vessel Otter was sold in 1958.\n")
    plan_says(tab, "1 new")
    indexing.update(site.settings)
    header_says(tab, "4 documents")
    plan_says(tab, "Up to date with the folder.")
    assert "elsewhere.txt" in tab.inner_text("#documents-table")
    path.unlink()
    plan_says(tab, "1 removed")
    update(tab)
    header_says(tab, "3 documents")


def test_names_and_titles_are_text(open_page, site: Site) -> None:
    tab = open_page()
    table = tab.inner_text("#documents-table")
    assert f"{NASTY} Tides" in table and f"{NASTY}.txt" in table and f"{NASTY}.pdf: is not a PDF" in table
    tab.locator("#documents-table [data-deed=remove]").first.click()
    assert NASTY in tab.inner_text("dialog[open]")
    tab.keyboard.press("Escape")
    tab.fill("#documents-wanted textarea, #documents-wanted input", "TIDES.MD")
    tab.wait_for_function("document.querySelectorAll('#documents-table tbody tr').length === 1")
    assert tab.locator("#documents img, #documents b, #documents script").count() == 0


def test_the_page_is_named_and_linked(open_page, site: Site) -> None:
    tab = open_page("dark", NARROW)
    assert tab.title() == "Documents · famqa"
    assert tab.inner_text("nav [aria-current]") == "Documents"
    assert overflow(tab) == 0
    names = tab.eval_on_selector_all(
        "#documents button, #documents input", "all => all.map(e => (e.ariaLabel || e.textContent).trim() || e.type)"
    )
    assert all(names), "every control has a name"
    started = time.monotonic()
    tab.click("nav a >> text=Ask")
    tab.wait_for_selector(".chip")
    assert time.monotonic() - started < 30
