"""The report in real headless Chromium, opened as a file with the network off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from famqa.evaluation.report import write_report
from run_folders import TEXT, Row, score, write_run
from web_site import browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>window.__pwned=1</script><img src=x onerror='window.__pwned=1'> {{ 7*7 }} \U0001f680"


def rows() -> list[Row]:
    """Twelve questions: 2 missed by search, 1 by reading, 1 refused, 1 answered though unanswerable, the rest right."""
    made = [score(n, confidence=0.5 + n / 30, latency_ms=100.0 + n) for n in range(7)]
    made += [
        score(7, right=False, cause="search", cause_evidence="The passage came at rank 14; the first 8 were read."),
        score(8, right=False, cause="search", answer="Ingrid"),
        score(9, right=False),
        score(10, right=False, status="no_answer", answer="", cause="refuse"),
        score(11, right=False, answerable=False, expected=[], place=None, cause="refuse", type="unanswerable"),
    ]
    made[0]["question"] = f"What is {HOSTILE}?"
    made[0]["candidates"][0]["text"] = HOSTILE
    return made


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(write_run(tmp_path_factory.mktemp("run"), rows()))


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:  # noqa: F811
    """Opens a file in a browser without a network; in the end nothing may have been complained of or asked for."""
    contexts: list[Any] = []
    heard: list[str] = []

    def opened(path: Path, fragment: str = "", scheme: str = "light", width: int = 1280) -> Any:
        contexts.append(
            browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 844}, offline=True)
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url) if request.url.startswith("http") else None)
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector("#rows tr")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert heard == []


def shown(page: Any) -> list[str]:
    """The questions in the table, in order, by their number."""
    return [row.get_attribute("id") for row in page.locator("#rows tr:not(.details)").all()]


def overflow(page: Any) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_missed_by_search_can_be_filtered(report: Path, open_page: Any) -> None:
    page = open_page(report)
    assert len(shown(page)) == 12
    page.get_by_role("combobox", name="Cause").select_option(label="missed by search (2)")
    assert shown(page) == ["q7", "q8"]
    assert page.locator("#shown").inner_text() == "2 of 12 questions, 2 of them wrong"
    page.get_by_role("searchbox", name="Find").fill("ingrid")
    assert shown(page) == ["q8"]
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector("#rows tr:nth-child(12)", state="attached")  # a function would be refused by the policy
    assert page.get_by_role("searchbox", name="Find").input_value() == ""


def test_filters_by_type_result_and_refusal(report: Path, open_page: Any) -> None:
    page = open_page(report)
    page.get_by_role("combobox", name="Result").select_option("wrong")
    assert shown(page) == ["q7", "q8", "q9", "q10", "q11"]
    page.get_by_role("combobox", name="Answer").select_option("yes")
    assert shown(page) == ["q10"]
    page.get_by_role("combobox", name="Answer").select_option("")
    page.get_by_role("combobox", name="Type").select_option(label="unanswerable (1)")
    assert shown(page) == ["q11"]
    assert page.locator("#q11 .verdict-of").inner_text() == "Answered, has none"
    assert page.locator("#q11 .why").inner_text() == "missed by answering"
    page.get_by_role("searchbox", name="Find").fill("nothing like this")
    assert shown(page) == [] and page.locator("#shown").inner_text() == "No question is like this."


def test_columns_sort_up_down_and_back(report: Path, open_page: Any) -> None:
    page = open_page(report)
    head = page.locator("th[data-sort=confidence]")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending" and shown(page)[0] == "q0"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert shown(page)[:2] == ["q6", "q5"]  # 0.7 and 0.67; wrong ones have 0.55
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None and shown(page) == [f"q{n}" for n in range(12)]
    page.get_by_role("combobox", name="Order").select_option(label="slowest first")
    assert shown(page)[0] in {"q10", "q11"}


def test_a_row_opens_to_everything_about_the_question(report: Path, open_page: Any) -> None:
    page = open_page(report)
    button = page.locator("#q9 .open")
    assert button.get_attribute("aria-expanded") == "false" and page.locator(".sheet").count() == 0
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    sheet = page.locator("#q9 + tr .sheet")
    assert sheet.locator(".reason").inner_text().startswith("Missed by reading. Passage 1 holds the fact")
    assert "Edith Marlow or Marlow" in sheet.inner_text()
    assert sheet.locator(".quoted mark").first.inner_text() == "Peter Holm"
    assert sheet.locator(".quoted blockquote").first.inner_text() == TEXT
    assert sheet.locator(".quoted .fact").first.inner_text() == "Edith Marlow"
    candidates = sheet.locator(".candidates li")
    assert candidates.count() == 10
    assert "relevant" in candidates.nth(0).inner_text() and "not read" in candidates.nth(8).inner_text()
    assert "The Tower › Lamp, line 7" in sheet.inner_text() and "characters 135–147" in sheet.inner_text()
    button.click()
    assert page.locator(".sheet").count() == 0


def test_the_keyboard_is_enough(report: Path, open_page: Any) -> None:
    page = open_page(report)
    page.locator("#q0 .open").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').id") == "q1"
    page.keyboard.press("Enter")
    assert page.locator("#q1 + tr.details").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('tr').id") == "q1"
    page.keyboard.press("Space")
    assert page.locator("tr.details").count() == 0


def test_the_address_keeps_what_is_filtered_and_opened(report: Path, open_page: Any) -> None:
    page = open_page(report)
    page.get_by_role("combobox", name="Cause").select_option("search")
    page.locator("#q8 .open").click()
    address = page.url
    assert address.endswith("#cause=search&open=8")
    again = open_page(report, "#" + address.split("#")[1])
    assert shown(again) == ["q7", "q8"] and again.locator("#q8 + tr.details").count() == 1


def test_an_address_of_another_run_does_no_harm(report: Path, open_page: Any) -> None:
    page = open_page(report, "#cause=nonsense&order=alphabetical&open=999.x&type=none")
    assert len(shown(page)) == 12 and page.locator("tr.details").count() == 0


def test_hostile_texts_stay_texts(report: Path, open_page: Any) -> None:
    page = open_page(report)
    page.locator("#q0 .open").click()
    assert page.evaluate("window.__pwned") is None
    assert page.locator("img").count() == 0
    assert page.locator("#q0 .open").inner_text() == f"What is {HOSTILE}?"
    assert page.locator(".candidates blockquote").first.inner_text() == HOSTILE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_wide_and_narrow_screens_in_both_schemes(report: Path, open_page: Any, scheme: str, width: int) -> None:
    page = open_page(report, scheme=scheme, width=width)
    page.locator("#q9 .open").click()
    assert overflow(page) == 0
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert max(paper[:3]) < 60 if scheme == "dark" else min(paper[:3]) > 200
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('.plot text')].map((text) =>
             parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getCTM().a, text.getCTM().b)))"""
    )
    assert smallest >= 10
    assert page.locator("#q9 .open").evaluate("e => e.getBoundingClientRect().width") > 150


def test_a_thousand_questions_open_quickly(tmp_path: Path, open_page: Any) -> None:
    report = write_report(write_run(tmp_path, [score(n, right=n % 3 > 0) for n in range(1000)]))
    begun = time.perf_counter()
    page = open_page(report)
    seconds = time.perf_counter() - begun
    assert seconds < 5, "half a second on a machine with nothing else to do"
    assert len(shown(page)) == 200
    page.locator("#more").click()
    assert len(shown(page)) == 400 and page.evaluate("document.activeElement.closest('tr').id") == "q200"
    page.get_by_role("searchbox", name="Find").fill("number 999")
    assert shown(page) == ["q999"]
    page.locator("#q999 .open").click()
    assert page.locator(".candidates li").count() == 10
