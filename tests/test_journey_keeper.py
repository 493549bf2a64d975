"""Who keeps the documents, in real Chromium: files in and out, updates; on each kind of screen, by keys too."""

from __future__ import annotations

from pathlib import Path

import pytest

from test_web_documents import Gate
from web_hands import Pointer, assert_sound, expect
from web_journeys import FILES, HANDS_IN_SHORT, answered, hand, opened, site
from web_site import Site, assert_highlight_is_the_document, browser, visitors

__all__ = ["browser", "hand", "site", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.mark.parametrize("hand", HANDS_IN_SHORT, indirect=True)
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
