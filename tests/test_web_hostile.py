"""Hostile documents, names, titles, questions and links, shown by real Chromium: nothing runs, nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from conftest import TermEmbedder
from conftest import _use as use
from famqa.embedding import ModelFiles
from hostile import BAD_NAME, BAD_SOURCE, BAD_TITLE, PAYLOADS, corpus
from web_site import Site, ask, browser, marked, served, wait_for_turns  # noqa: F401 - `browser` is a fixture

pytestmark = [pytest.mark.browser, pytest.mark.model]

CANARY = "window.hits = 0; window.hit = () => { window.hits += 1; fetch('http://elsewhere.invalid/hit') };"
FOUND = """() => {
  const bad = [];
  const leadsAway = (value) => {
    const url = new URL(value, location.href);
    return !["http:", "https:", "data:", "blob:"].includes(url.protocol) || (url.host && url.host !== location.host);
  };
  for (const node of document.querySelectorAll("*")) {
    for (const { name, value } of node.attributes) {
      const isLink = /^(src|href|xlink:href|action|formaction|data|poster)$/.test(name);
      const isMore = /^(srcset|srcdoc|style)$/.test(name);
      if (/^on/i.test(name) || (isLink && leadsAway(value)) || (isMore && /elsewhere|script|expression/.test(value))) {
        bad.push(`${node.tagName} ${name}=${value}`);
      }
      if (node.tagName === "A" && /^data:/i.test(value)) bad.push(value);
    }
    if (/^(iframe|object|embed|video|audio|math|noscript)$/i.test(node.tagName)) bad.push(node.tagName);
    if (node.tagName === "META" && node.httpEquiv === "refresh") bad.push("META refresh");
  }
  const ours = ":is(.turn, #sources, #shelf, #documents)";
  const inside = document.querySelectorAll(`${ours} :is(script, style, img, base, link)`);
  return [...bad, ...[...inside].map((node) => node.outerHTML)];
}"""


class Visit:
    """A tab whose page is watched: what it ran, what it asked for, and what it complained of."""

    def __init__(self, browser, site: Site) -> None:  # noqa: F811
        self.site = site
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.add_init_script(CANARY)
        self.tab = self.context.new_page()
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        own = urlsplit(site.address).netloc
        self.context.on(
            "request",
            lambda sent: (
                None
                if urlsplit(sent.url).netloc == own or sent.url.startswith(("data:", "blob:"))
                else self.elsewhere.append(sent.url)
            ),
        )
        self.tab.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("console", self._heard)

    def _heard(self, line) -> None:
        if line.type in ("error", "warning") and line.text != "Method not implemented.":  # Gradio's, after an upload
            self.complaints.append(line.text)

    def open(self, path: str, until: str) -> None:
        self.tab.goto(self.site.address + path)
        self.tab.wait_for_selector(until)

    def assert_harmless(self) -> None:
        """Nothing ran or was asked for, and nothing on the page could when it is used."""
        self.tab.wait_for_timeout(150)
        assert self.tab.evaluate("window.hits") == 0
        assert self.elsewhere == []
        assert self.complaints == []
        assert self.tab.evaluate(FOUND) == []
        assert urlsplit(self.tab.url).netloc == urlsplit(self.site.address).netloc


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser, model_files: ModelFiles) -> Iterator[Site]:  # noqa: F811
    with pytest.MonkeyPatch.context() as patch:
        use(patch, TermEmbedder(model_files))
        with served(tmp_path_factory.mktemp("hostile"), corpus()) as started:
            yield started


@pytest.fixture
def visit(browser, site: Site) -> Iterator[Visit]:  # noqa: F811
    opened = Visit(browser, site)
    yield opened
    opened.context.close()


SOURCES = {
    "signals.txt": "Who painted the gull rock signal?",
    BAD_NAME: "Who built the beacon lamp?",
    "harbour.html": "Who lent the harbour crane?",
    "wages.csv": "Who was the wages clerk?",
}


@pytest.fixture(scope="module")
def shown(browser, site: Site) -> Iterator[dict[str, tuple[Visit, str]]]:  # noqa: F811
    """For each document the page with an answer from it and the document open, as far as it goes, and its words."""
    found: dict[str, tuple[Visit, str]] = {}
    for doc_id, question in SOURCES.items():
        visit = Visit(browser, site)
        visit.open("/", "#question-box")
        ask(visit.tab, question)
        visit.tab.locator(".turn :is(.cite, .place)").first.click()
        assert marked(visit.tab)[0] == doc_id
        if doc_id in (BAD_NAME, "signals.txt"):  # longer than what is shown at first
            visit.tab.locator("#sources .more").click()
            visit.tab.wait_for_selector("#sources .more", state="detached")
        found[doc_id] = visit, visit.tab.text_content("#sources .text") or ""
    yield found
    for visit, _ in found.values():
        visit.context.close()


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_document_shows_it_as_text(shown: dict[str, tuple[Visit, str]], payload: str) -> None:
    assert payload in shown["signals.txt"][1]
    assert payload in shown[BAD_NAME][1]


@pytest.mark.parametrize("doc_id", SOURCES)
def test_an_open_document_does_nothing(shown: dict[str, tuple[Visit, str]], doc_id: str) -> None:
    shown[doc_id][0].assert_harmless()


def test_a_document_in_html_loses_what_is_no_text(shown: dict[str, tuple[Visit, str]], site: Site) -> None:
    words = shown["harbour.html"][1]
    assert "after the image" in words and "<script>hit()</script>" in words, "what was written as entities is text"
    assert site.assistant.document("harbour.html").title == "Harbour <img src=x:y onerror=hit()>"


def test_a_hostile_name_title_and_source_are_text(shown: dict[str, tuple[Visit, str]]) -> None:
    named = shown[BAD_NAME][0].tab
    assert BAD_NAME in (named.text_content("#sources .source-head") or "")
    titled = shown["signals.txt"][0].tab.text_content("#sources .source-head") or ""
    assert BAD_TITLE in titled and BAD_SOURCE in titled and "<b onclick=hit()>today</b>" in titled


def test_using_the_page_with_hostile_documents_runs_nothing(visit: Visit) -> None:
    visit.open("/", "#question-box")
    ask(visit.tab, SOURCES[BAD_NAME])
    for button in visit.tab.locator(".turn .cite, .turn .place").all()[:4]:
        button.hover()
        button.click()
    visit.tab.hover("#sources .source-head h2")
    visit.tab.locator("#sources .text").click()
    visit.tab.locator(".scope summary").click()
    visit.tab.wait_for_selector(".scope-list li")
    assert BAD_NAME in visit.tab.inner_text(".scope-list")
    visit.tab.locator(".scope-list input").first.check()
    visit.assert_harmless()


def test_hostile_questions_are_text(visit: Visit) -> None:
    """All of them in three questions; the reload shows them again, out of what the browser has kept."""
    visit.open("/", "#question-box")
    payloads = list(PAYLOADS.values())
    asked = [" ".join(payloads[at::8]) for at in range(8)]
    asked = [text.replace("\t", " ").replace("\u2028", " ")[:590] for text in asked]
    for text in asked[:4]:
        ask(visit.tab, text)
    visit.assert_harmless()
    assert visit.tab.locator(".turn .question").all_text_contents() == asked[:4]
    visit.tab.reload()
    visit.tab.wait_for_selector(".turn")
    wait_for_turns(visit.tab, 4)
    assert visit.tab.locator(".turn .question").all_text_contents() == asked[:4]
    visit.tab.click("#fresh")
    visit.tab.wait_for_selector("#earlier .reopen")
    assert asked[0] in (visit.tab.text_content("#earlier .reopen") or "")
    visit.assert_harmless()


@pytest.mark.parametrize("name", ["handler of an image", "end tags", "templates", "out of an attribute"])
def test_a_link_that_asks_a_hostile_question(visit: Visit, name: str) -> None:
    within = quote("'><img src=x:y onerror=hit()>")
    visit.open(f"/?q={quote(PAYLOADS[name])}&in={within}", ".turn")
    wait_for_turns(visit.tab, 1)
    assert PAYLOADS[name] in (visit.tab.text_content(".turn .question") or "")
    visit.assert_harmless()


PLACES = [
    "../../secret.txt@0123456789abcdef",
    "..%2F..%2Fsecret.txt@0123456789abcdef",
    "/etc/passwd@0123456789abcdef",
    "file:///etc/passwd@0123456789abcdef",
    "signals.txt/../../secret.txt@0123456789abcdef",
    "signals.txt\x00.txt@0123456789abcdef",
    "<img src=x:y onerror=hit()>@<script>hit()</script>",
    "javascript:hit()@0123456789abcdef",
    "linked/secret.txt@0123456789abcdef",
    "@",
    "signals.txt@../../CURRENT",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_link_to_no_place_of_ours(visit: Visit, place: str) -> None:
    (outside := visit.site.settings.corpus.parent / "secret.txt").write_text("the combination is 4711")
    (visit.site.settings.corpus / "linked").symlink_to(outside.parent) if place.startswith("linked") else None
    visit.open(
        f"/?source={quote(place)}&at={quote('0-9<svg onload=hit()>') if place == '@' else '0-20'}", "#sources .problem"
    )
    told = visit.tab.inner_text("#side")
    assert "4711" not in told and "root:" not in told
    assert len(visit.tab.inner_text("#sources .problem").splitlines()) == 1
    visit.assert_harmless()


def test_the_documents_page_with_hostile_files(visit: Visit, tmp_path: Path) -> None:
    visit.open("/documents/", "#documents-table tbody tr, #documents-table li")
    told = visit.tab.text_content("#documents") or ""
    assert BAD_NAME in told and BAD_TITLE in told
    upload = {
        "name": "pier <img src=x:y onerror=hit()> ${hit()}.txt",
        "mimeType": "text/html",
        "buffer": PAYLOADS["script"].encode(),
    }
    visit.tab.set_input_files("#documents-upload input[type=file]", [upload])
    visit.tab.wait_for_function("() => document.querySelector('#documents-news').innerText.includes('pier')")
    visit.assert_harmless()
    stored = [path.name for path in visit.site.settings.corpus.glob("pier*")]
    assert stored == ["pier _img src=x_y onerror=hit()_ ${hit()}.txt"]


def test_the_evaluation_page_with_a_hostile_question_file(visit: Visit) -> None:
    visit.open("/evaluation/", "h1")
    visit.tab.wait_for_selector("input[type=file]", state="attached")
    lines = "\n".join(f'{{"id": "<img src=x:y onerror=hit()>{at}", "question": }}' for at in range(2))
    upload = {"name": "q <svg onload=hit()>.jsonl", "mimeType": "application/json", "buffer": lines.encode()}
    visit.tab.locator("input[type=file]").first.set_input_files([upload])
    visit.tab.wait_for_timeout(1500)
    visit.assert_harmless()


def test_what_would_run_without_the_policy_does_not_run_with_it(visit: Visit) -> None:
    """The second line of defence: a payload that is put into the page on purpose."""
    visit.open("/", "#question-box")
    visit.tab.evaluate(
        """payloads => {
          for (const text of payloads) document.getElementById("sources").insertAdjacentHTML("beforeend", text);
          const script = document.createElement("script");
          script.textContent = "hit()";
          document.head.append(script);
          for (const link of document.querySelectorAll("#sources a")) link.click?.();
        }""",
        [text for name, text in PAYLOADS.items() if name not in ("refresh", "base", "form")],
    )
    visit.tab.wait_for_timeout(500)
    assert visit.tab.evaluate("window.hits") == 0
    assert any("Content Security Policy" in line for line in visit.complaints)
