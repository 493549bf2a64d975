"""Who evaluates, in real Chromium: question files, runs, misses, comparisons; on each kind of screen, by keys too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from web_hands import Pointer, assert_sound, expect
from web_journeys import HANDS_IN_SHORT, TESTS, Hold, hand, hold, leave, site, visit
from web_site import Site, assert_highlight_is_the_document, browser, visitors

__all__ = ["browser", "hand", "hold", "site", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.mark.parametrize("hand", HANDS_IN_SHORT, indirect=True)
def test_the_evaluator(hand: Pointer, site: Site, tmp_path: Path, hold: Hold) -> None:
    tab = hand.tab
    file = tmp_path / "mine.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in TESTS))
    tab.goto(f"{site.address}/evaluation/")
    chosen = tab.locator("#question-file select")
    held, progress, runs = tab.locator("#checked .holds"), tab.locator("#progress"), tab.locator("#runs li")
    expect(held).to_have_text("1 question, 1 of them answerable.")
    expect(tab.locator("#status")).to_contain_text("3 documents")
    assert_sound(tab, site)
    hand.choose_files(tab.locator("#upload-questions"), [file])
    expect(held).to_have_text("4 questions, 3 of them answerable.")
    hand.choose(chosen, "one.jsonl")
    expect(held).to_have_text("1 question, 1 of them answerable.")
    hand.choose(chosen, "mine.jsonl (uploaded)")
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
    expect(chosen).to_have_value("uploaded/mine.jsonl")
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
    hand.press(remove)
    expect(held).to_have_text("1 question, 1 of them answerable.")
    assert list((site.settings.index / "questions").iterdir()) == []
