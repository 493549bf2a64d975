"""The page in real headless Chromium, over a real index of a small corpus, some of it hostile.

What a visitor can do beyond asking and looking at sources is in test_web_visit.py.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from web_site import (
    NARROW,
    Site,
    ask,
    assert_highlight_is_the_document,
    browser,
    focus_is_on,
    marked,
    overflow,
    served,
    tab,
    visitors,
)

__all__ = ["browser", "tab", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]

HARBOUR = """= Cape Vell Lighthouse =

- Architect: Ada Thorne
- Height: 41 metres
- Opened: 1887

==History==
The lighthouse at Cape Vell was designed by Ada Thorne. Its lamp burned whale oil until 1912.

==Keepers==
The keepers of the lighthouse were:
- Jonas Brandt, the first keeper
  - Mette Brandt, his assistant
- Ole Winther, the last keeper

==Prizes==
| Year | Prize | Result |
| 1990 | Northern Heritage Medal | won |
| Coastal Architecture Award | nominated | |
"""

PWN = "window.__pwned=1"
HOSTILE = f"""# Rocket <img src=x onerror="{PWN}"> notes

The rocket fuel tank <img src=x onerror="{PWN}"> holds <script>{PWN}</script> ninety litres of kerosene.

## <svg onload="{PWN}"> ${{{PWN}}} {{{{constructor}}}}

A [harmless looking link](javascript:{PWN}) and ![picture](x" onerror="{PWN}) describe the parachute colour: orange.
"""
HOSTILE_NAME = f"rocket <img src=x onerror={PWN}>.md"

TIDES = "= Tides =\n\n" + "".join(f"On day {n} the tide gauge read {n * 7 % 1000} units.\n\n" for n in range(300))
SOURCES = '[documents."lighthouse.txt"]\nsource = "a <b>guide</b> to the coast"\ndate = "1999"\n'
QUESTION = "Who designed the lighthouse at Cape Vell?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser) -> Iterator[Site]:
    files = {"lighthouse.txt": HARBOUR, HOSTILE_NAME: HOSTILE, "long.txt": TIDES, "sources.toml": SOURCES}
    with served(tmp_path_factory.mktemp("page"), files) as site:
        yield site


def test_a_visitor_sees_what_this_is(tab) -> None:
    assert tab.title() == "famqa"
    assert "answers from your own documents" in tab.inner_text("#top")
    assert tab.locator("nav a").all_inner_texts() == ["Ask", "Documents", "Evaluation"]
    assert tab.get_attribute("nav a[aria-current]", "href") == "./"
    assert "3 documents" in tab.inner_text("#status")
    assert tab.get_attribute("#question-box", "placeholder") == "Ask your documents"
    assert focus_is_on(tab, "#question-box")
    assert "Cape Vell Lighthouse" in tab.inner_text("#shelf")
    assert tab.locator(".chip").count() >= 1
    assert tab.locator("footer").count() == 0
    assert overflow(tab) == 0


def test_ask_and_the_first_source_opens(tab, site: Site) -> None:
    ask(tab, QUESTION)
    assert tab.input_value("#question-box") == ""
    assert tab.inner_text(".question") == QUESTION
    assert not tab.is_visible("#welcome") and not tab.is_visible("#shelf")
    assert "Ada Thorne" in tab.inner_text(".answer")
    assert "supported" in tab.inner_text(".confidence")
    assert tab.get_attribute(".cite", "aria-pressed") == "true"
    assert "Ada Thorne" in assert_highlight_is_the_document(tab, site)
    head = tab.inner_text(".source-head")
    assert "Cape Vell Lighthouse" in head and "line " in head and "a <b>guide</b> to the coast · 1999" in head
    in_view = "m => { const r = m.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }"
    assert tab.locator("#sources mark.quote").first.evaluate(in_view)


def test_click_every_mark(tab, site: Site) -> None:
    for question in ("Who designed the lighthouse?", "Who was the assistant of Jonas Brandt?", "What was nominated?"):
        ask(tab, question)
    buttons = tab.locator(".cite, .place")
    assert buttons.count() >= 3
    for at in range(buttons.count()):
        button = buttons.nth(at)
        turn, ref = button.get_attribute("data-turn"), button.get_attribute("data-ref")
        button.click()
        tab.wait_for_selector(f'.source-head[data-turn="{turn}"][data-ref="{ref}"]')
        assert_highlight_is_the_document(tab, site)


def test_a_list_a_table_and_facts_look_like_what_they_are(tab) -> None:
    ask(tab, "Who was the first keeper?")
    tab.locator(".cite, .place").first.click()
    tab.wait_for_selector(".doc ul ul li", state="attached")
    assert tab.locator(".doc table th").all_inner_texts() == ["Year", "Prize", "Result"]
    assert tab.locator(".doc dl dt").all_inner_texts() == ["Architect:", "Height:", "Opened:"]
    assert tab.get_attribute(".doc td.carried", "data-carried") == "1990"
    assert tab.locator(".doc h4").all_inner_texts() == ["History", "Keepers", "Prizes"]


@pytest.mark.parametrize(
    "question", ["How many litres does the rocket fuel tank hold?", "What is the parachute colour?"]
)
def test_a_hostile_document_shows_as_text(tab, site: Site, question: str) -> None:
    ask(tab, question)
    tab.locator(".cite, .place").first.click()
    tab.wait_for_selector("#sources mark.quote", state="attached")
    assert_highlight_is_the_document(tab, site)
    assert marked(tab)[0] == HOSTILE_NAME
    words = tab.text_content("#sources .text")
    assert f"<script>{PWN}</script>" in words and f'<img src=x onerror="{PWN}">' in words
    assert f"](javascript:{PWN})" in words and "{{constructor}}" in words
    assert HOSTILE_NAME in tab.inner_text(".source-head")
    assert tab.locator(".doc img, .doc script, .doc a, .doc svg, .turn img, .turn script").count() == 0


def test_a_hostile_question_shows_as_text(tab) -> None:
    question = f'<img src=x onerror="{PWN}"> **bold** ${{{PWN}}} {{{{7*7}}}} [l](javascript:{PWN})'
    ask(tab, question)
    assert tab.inner_text(".question") == question
    assert tab.locator(".turn img, .question a, .question b").count() == 0


def test_no_answer(tab) -> None:
    ask(tab, QUESTION)
    ask(tab, "How do I bake sourdough bread?")
    last = tab.locator(".turn").last
    assert "The documents do not say." in last.inner_text()
    assert last.locator(".cite").count() == 0
    assert tab.locator("#sources mark.quote").count() == 0, "what was cited before does not stay beside a refusal"
    assert tab.is_visible("#shelf")
    if last.locator(".place").count():
        last.locator(".place").first.click()
        tab.wait_for_selector("#sources .not-answer")


def test_errors_are_one_line_in_the_conversation(tab, site: Site) -> None:
    ask(tab, "why " * 25_000)
    line = tab.inner_text(".turn .problem")
    assert "characters" in line and "\n" not in line
    ask(tab, QUESTION)
    assert "Ada Thorne" in tab.locator(".turn").last.inner_text()


def test_an_empty_question_is_not_asked(tab) -> None:
    tab.fill("#question-box", "   ")
    tab.click("#ask")
    tab.wait_for_timeout(700)
    assert tab.locator(".turn").count() == 0
    assert tab.locator(".toast-body").count() == 0


def test_a_long_document_opens_in_part_and_grows(tab, site: Site) -> None:
    ask(tab, "What did the tide gauge read on day 150?")
    tab.locator(".cite, .place").first.click()
    tab.wait_for_selector(".more")
    before = tab.locator(".doc .piece").count()
    tab.locator(".more").last.scroll_into_view_if_needed()
    top = "() => document.querySelector('#sources mark.quote').getBoundingClientRect().top"
    was = tab.evaluate(top)
    assert before < 100
    tab.locator(".more").last.click()
    tab.wait_for_function("n => document.querySelectorAll('.doc .piece').length > n", arg=before)
    assert_highlight_is_the_document(tab, site)
    assert abs(tab.evaluate(top) - was) < 5, "the quote stays where it was while more is shown"


def test_visitors_do_not_see_each_other(tab, browser, site: Site) -> None:
    ask(tab, QUESTION)
    other = browser.new_page()
    other.goto(site.address)
    other.wait_for_selector(".chip")
    assert other.locator(".turn").count() == 0
    other.close()


def test_a_narrow_screen_has_no_sideways_scroll(tab, site: Site) -> None:
    tab.set_viewport_size(NARROW)
    assert overflow(tab) == 0
    ask(tab, "What was nominated for the Coastal Architecture Award?")
    ask(tab, QUESTION)
    assert overflow(tab) == 0
    cite = tab.locator(".turn").last.locator(".cite, .place").first
    cite.click()
    tab.wait_for_function("document.activeElement.matches('#sources mark.quote')")
    assert tab.locator("#sources mark.quote").first.evaluate(
        "m => m.getBoundingClientRect().top > 0 && m.getBoundingClientRect().top < innerHeight"
    )
    tab.click(".tool.back")
    assert tab.evaluate("document.activeElement.matches('.cite, .place')")
    assert overflow(tab) == 0


@pytest.mark.parametrize("tab", ["dark"], indirect=True)
def test_dark_pages_are_dark(tab) -> None:
    ask(tab, QUESTION)
    colour = "e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    assert max(tab.locator(".gradio-container").evaluate(colour)) < 60
    assert max(tab.locator("#side").evaluate(colour)) < 60


def test_the_favicon_is_ours(site: Site, tab) -> None:
    answer = tab.request.get(f"{site.address}/favicon.ico")
    assert answer.ok and "svg" in answer.headers["content-type"] and "#ffd75e" in answer.text()


def test_programs_get_the_answer_as_the_command_gives_it(site: Site) -> None:
    from gradio_client import Client

    from famqa.answering import to_dict

    question = QUESTION
    client = Client(site.address, verbose=False)
    given = client.predict(question, api_name="/ask")
    expected = json.loads(json.dumps(to_dict(site.assistant.ask(question))))
    for answer in (given, expected):
        answer.pop("timings_ms")
    assert given == expected
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/ask"]


def test_nothing_outside_is_served(site: Site, tab) -> None:
    for path in ("/gradio_api/file=/etc/passwd", f"/gradio_api/file={site.settings.corpus}/lighthouse.txt"):
        assert tab.request.get(site.address + path).status in (403, 404)


def test_a_taken_port_is_one_line_and_exit_code_2(site: Site, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        source = Path(__file__).parents[1] / "src"
        done = subprocess.run(
            [sys.executable, Path(__file__).parents[1] / "app.py"],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(source),
                "FAMQA_PORT": str(port),
                "FAMQA_CORPUS": str(site.settings.corpus),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in done.stderr and "--port" in done.stderr
