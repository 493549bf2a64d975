"""What a visitor does on the page: stops, retries, edits, takes away, links, chooses documents, comes back, judges."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from web_site import (
    Site,
    ask,
    assert_highlight_is_the_document,
    browser,
    focus_is_on,
    served,
    tab,
    visitors,
    wait_for_turns,
)

__all__ = ["browser", "tab", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]

LIGHTHOUSE = """= Cape Vell Lighthouse =

The lighthouse at Cape Vell was designed by Ada Thorne. Its lamp burned whale oil until 1912.

==Keepers==
The first keeper was Jonas Brandt. 🌊 He and Ole Winther kept the light for forty years.

| Year | Prize |
| 1990 | Northern Heritage Medal |
"""
BRIDGE = "= Long Bridge =\n\nThe bridge over the Dunn was designed by Per Holt. It was opened in 1931.\n"
QUESTION = "Who designed the lighthouse at Cape Vell?"
CLIPBOARD = "navigator.clipboard.readText()"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser) -> Iterator[Site]:
    files = {"coast/lighthouse.txt": LIGHTHOUSE, "roads/bridge.txt": BRIDGE}
    with served(tmp_path_factory.mktemp("visit"), files) as site:
        yield site


def copied(tab, button) -> str:
    """What a button puts into the clipboard."""
    tab.evaluate("navigator.clipboard.writeText('')")
    button.click()
    tab.wait_for_function(f"{CLIPBOARD}.then(text => text !== '')")
    return tab.evaluate(CLIPBOARD)


def visit(tab, site: Site, link: str):
    """A further tab of the same browser."""
    other = tab.context.new_page()
    other.set_viewport_size(tab.viewport_size)
    site.watch(other)
    other.goto(link)
    return other


def test_a_question_that_failed_is_asked_again_in_its_place(tab, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(site.assistant, "trace", lambda *_, **__: 1 / 0)
        ask(tab, QUESTION)
        assert "Something went wrong" in tab.inner_text(".problem")
    tab.click(".again")
    tab.wait_for_selector(".answer")
    wait_for_turns(tab, 1)
    assert "Ada Thorne" in tab.inner_text(".answer") and tab.locator(".problem").count() == 0


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("?source=coast/lighthouse.txt@0123456789abcdef&at=10-20", "has changed since the link was made"),
        ("?source=../../etc/passwd@0123456789abcdef&at=0-10", "not here any more"),
    ],
)
def test_a_link_to_what_is_not_there_says_so(tab, site: Site, link: str, said: str) -> None:
    other = visit(tab, site, f"{site.address}/{link}")
    other.wait_for_selector("#sources .problem")
    assert said in other.inner_text("#sources") and other.locator("#sources mark").count() == 0
    other.close()


def test_a_link_asks_the_same_question_of_the_same_documents(tab, site: Site) -> None:
    tab.click(".scope summary")
    tab.wait_for_selector(".scope-list input")
    tab.keyboard.type("coast")  # the focus is in the search field
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert tab.inner_text(".only") == "coast" and "Only 1" in tab.inner_text(".scope summary")
    tab.keyboard.press("Escape")
    assert focus_is_on(tab, ".scope summary")
    ask(tab, "Who designed the bridge over the Dunn?")
    assert "Per Holt" not in tab.inner_text(".turn") and tab.inner_text(".asked-of") == "asked of: coast"
    link = copied(tab, tab.locator(".turn a.link"))
    assert parse_qs(urlsplit(link).query) == {"q": ["Who designed the bridge over the Dunn?"], "in": ["coast"]}
    tab.click(".only button")
    ask(tab, "Who designed the bridge over the Dunn?")
    assert "Per Holt" in tab.locator(".turn").last.inner_text()
    other = visit(tab, site, link)
    wait_for_turns(other, 1)
    assert other.inner_text(".asked-of") == "asked of: coast" and other.inner_text(".only") == "coast"
    assert urlsplit(other.url).query == "", "a reload does not ask again"
    other.close()


def test_a_reload_shows_the_conversation_with_working_citations(tab, site: Site) -> None:
    ask(tab, QUESTION)
    ask(tab, "Who was the first keeper?")
    before = tab.locator(".turn").all_inner_texts()
    tab.reload()
    wait_for_turns(tab, 2)
    assert tab.locator(".turn").all_inner_texts() == before
    for at in range(2):
        tab.locator(".turn").nth(at).locator(".cite").first.click()
        tab.wait_for_selector(f'.source-head[data-turn="{at + 1}"]')
        assert_highlight_is_the_document(tab, site)
    ask(tab, "And what did its lamp burn?")
    assert tab.locator(".turn").count() == 3
    stored = tab.evaluate("localStorage['famqa.conversations']")
    assert "Jonas" not in stored and "keeper" in stored, "places and questions are kept, not words of documents"


def test_earlier_conversations_can_be_reopened_and_forgotten(tab) -> None:
    ask(tab, QUESTION)
    tab.click("#fresh")
    tab.wait_for_selector("#earlier .reopen")
    assert focus_is_on(tab, "#question-box") and tab.locator(".turn").count() == 0
    ask(tab, "Who was the first keeper?")
    tab.click("#fresh")
    tab.wait_for_function("document.querySelectorAll('#earlier .reopen').length === 2")
    tab.locator(".reopen").last.focus()
    tab.keyboard.press("Enter")
    wait_for_turns(tab, 1)
    assert tab.inner_text(".question") == QUESTION and "Ada Thorne" in tab.inner_text(".answer")
    tab.click("#fresh")
    tab.wait_for_selector(".forget")
    tab.locator(".forget").first.click()
    assert tab.locator(".reopen").count() == 1
    tab.click(".forget-all")
    assert tab.locator(".reopen").count() == 0
    assert tab.evaluate("localStorage['famqa.conversations']") is None


def test_what_a_browser_kept_is_checked(tab) -> None:
    ask(tab, QUESTION)
    spoil = """change => {
        const kept = JSON.parse(localStorage['famqa.conversations']);
        change === 'digest' ? kept[0].records[0].digests['coast/lighthouse.txt'] = '0'
                            : kept[0].records[0].question = '<img src=x onerror="window.__pwned=1">';
        localStorage['famqa.conversations'] = JSON.stringify(kept);
    }"""
    tab.evaluate(spoil, "question")
    tab.reload()
    wait_for_turns(tab, 1)
    assert tab.inner_text(".question").startswith("<img") and "Ada Thorne" in tab.inner_text(".answer")
    tab.click("#fresh")
    tab.wait_for_selector("#earlier .reopen")
    assert tab.locator("#earlier img").count() == 0
    tab.click(".reopen")
    wait_for_turns(tab, 1)
    tab.evaluate(spoil, "digest")
    tab.reload()
    tab.wait_for_selector(".turn .problem")
    assert "have changed since" in tab.inner_text(".turn") and "Ada Thorne" not in tab.inner_text(".turn")


def test_a_server_that_has_forgotten_the_conversation_learns_it_from_the_page(tab, site: Site) -> None:
    ask(tab, QUESTION)
    tab.evaluate("document.querySelector('#sources').dataset.old = 1")
    import gc

    from gradio.state_holder import StateHolder  # what a restart empties

    for holder in [each for each in gc.get_objects() if isinstance(each, StateHolder)]:
        for session in list(holder.session_data.values()):
            session.state_data.clear()
    tab.locator(".place").first.click()
    assert_highlight_is_the_document(tab, site)
    ask(tab, "And what did its lamp burn?")
    assert tab.locator(".turn").count() == 2


def test_a_document_is_browsed_and_sources_are_stepped_through(tab, site: Site) -> None:
    tab.locator(".browse").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.activeElement.matches('.doc')")
    assert tab.locator("#sources mark").count() == 0 and "Cape Vell" in tab.inner_text(".source-head")
    tab.click(".tool.close")
    assert tab.is_visible("#shelf") and focus_is_on(tab, ".browse")
    ask(tab, "How do I bake sourdough bread?")
    places = tab.locator(".place")
    if places.count() > 1:
        places.first.click()
        tab.wait_for_selector('.source-head[data-ref="0"]')
        tab.keyboard.press("Alt+ArrowDown")
        tab.wait_for_selector('.source-head[data-ref="1"]')
        assert "not an answer" in tab.inner_text(".source-head")
        tab.keyboard.press("Alt+ArrowUp")
        tab.wait_for_selector('.source-head[data-ref="0"]')


def test_small_talk_is_answered_politely(tab) -> None:
    ask(tab, "Thank you!")
    assert tab.locator(".answer.talk .short").inner_text() != ""
    assert tab.locator(".bar, .cite, .place").count() == 0
