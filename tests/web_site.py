"""What the browser tests share: a real Chromium, a served page over a small corpus, and steps that many tests take.

A module gets the fixtures by importing them: `from web_site import browser, tab, visitors`; `site` it makes with
`served`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from famqa.assistant import Assistant, open_assistant
from famqa.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
REQUIRED = os.environ.get("FAMQA_REQUIRE_BROWSER") == "1"  # read here, since tests run without FAMQA_ variables
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRADIOS_OWN = (
    "Method not implemented.",  # what its file component says at each upload
    "AbortError: signal is aborted",  # a page that is left while it asks for something
    "Connection errored out",
)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@dataclass
class Site:
    """A served page, and what the browser asked for and complained of."""

    address: str
    assistant: Assistant
    settings: Settings
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, tab) -> None:
        """Notes all requests and complaints of a tab."""
        tab.on("request", lambda sent: self.requests.append(sent.url))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("console", self._hear)
        tab.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _hear(self, line) -> None:
        if line.type in ("error", "warning"):
            where = f" ({line.location['url']})" if line.text.startswith("Failed to load") else ""
            self.complaints.append(line.text + where)

    def forget(self) -> None:
        self.requests.clear()
        self.complaints.clear()

    def assert_quiet(self) -> None:
        """Nothing has complained, and every request went to the page's own server."""
        complaints = [line for line in self.complaints if not any(own in line for own in GRADIOS_OWN)]
        assert complaints == [], complaints
        sent = {urlsplit(url).hostname for url in self.requests if not url.startswith(("data:", "blob:"))}
        assert sent == {"127.0.0.1"}, sent


def browser_path() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser():
    executable = browser_path()
    if executable is None:
        reason = f"no Chromium found (looked for {', '.join(BROWSERS)}); install one to test the page"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def served(root: Path, files: dict[str, str | bytes], *, root_path: str = "", **values: object) -> Iterator[Site]:
    """The whole server over a corpus of these files, on a free port; `values` are further settings."""
    from conftest import make_settings
    from famqa.web.server import create_app
    from famqa.web.serving import running

    settings = make_settings(root, files, **values)
    assistant = open_assistant(settings)
    with running(create_app(assistant, settings, root_path=root_path)) as server:
        yield Site(server.address, assistant, settings)


@pytest.fixture(scope="module")
def visitors(browser):
    """One browser profile for a module's tests, since fetching Gradio anew for each would take most of their time."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def tab(visitors, site: Site, request: pytest.FixtureRequest):
    """A fresh visitor; at the end nothing may have left the machine, complained or run.

    The parameter is "light" or "dark", with "narrow" for a phone.
    """
    looks = getattr(request, "param", "light").split()
    tab = visitors.new_page()
    tab.set_viewport_size(NARROW if "narrow" in looks else WIDE)
    tab.emulate_media(color_scheme=looks[0])
    site.forget()
    site.watch(tab)
    tab.goto(site.address)
    tab.wait_for_selector(".chip")
    yield tab
    assert tab.evaluate("window.__pwned") is None
    site.assert_quiet()
    tab.evaluate("localStorage.clear()")
    tab.close()


def ask(tab, question: str) -> None:
    """Types, sends and waits for the answer."""
    turns = tab.locator(".turn").count()
    tab.fill("#question-box", question)
    tab.press("#question-box", "Enter")
    wait_for_turns(tab, turns + 1)


def wait_for_turns(tab, count: int) -> None:
    """All answers of so many turns are there."""
    tab.wait_for_function(
        "n => document.querySelectorAll('.turn').length === n && !document.querySelector('.pending') "
        "&& document.getElementById('stop').hidden",
        arg=count,
    )


def marked(tab) -> tuple[str, int, int, str]:
    """Document, start and end of the highlight, and its text put together from its pieces."""
    tab.wait_for_selector("#sources mark.quote", state="attached")
    pieces = tab.eval_on_selector_all(
        "#sources mark.quote", "all => all.map(m => [m.dataset.doc, +m.dataset.start, +m.dataset.end, m.textContent])"
    )
    return pieces[0][0], pieces[0][1], pieces[-1][2], "".join(piece[3] for piece in pieces)


def assert_highlight_is_the_document(tab, site: Site) -> str:
    doc_id, start, end, text = marked(tab)
    assert site.assistant.document(doc_id).text[start:end] == text
    return text


def focus_is_on(tab, selector: str) -> bool:
    return tab.evaluate("selector => document.activeElement.matches(selector)", selector)


def overflow(tab) -> int:
    return tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
