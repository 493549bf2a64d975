"""The two ways in which journeys use a page, by pointer and by keyboard alone, and what has to hold after each step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from web_site import Site, overflow

MOST_TABS = 150  # between two things that a visitor uses one after the other

_IS_BEFORE = """element => {
    const now = document.activeElement;
    return now !== document.body && Boolean(now.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING);
}"""
_HAS_FOCUS = "element => element === document.activeElement"
_IS_SEEN = """element => {
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""
_PLACE_OF_WORDS = """(text, words) => {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(words);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + words.length);
        const boxes = [...range.getClientRects()];
        const [first, last] = [boxes[0], boxes.at(-1)];
        return [first.left + 1, first.top + first.height / 2, last.right - 1, last.top + last.height / 2];
    }
}"""


class Pointer:
    """Clicks; types into what was clicked."""

    def __init__(self, tab: Any, look: str) -> None:
        self.tab = tab
        self.look = look  # "light" or "dark", with "narrow" for a phone

    def press(self, target: Any) -> None:
        """Presses a button, a link, a summary or a box to tick."""
        target.click()

    def write(self, target: Any, words: str) -> None:
        """Puts words into a field, in place of what stands there."""
        self.go_to(target)
        self.tab.keyboard.press("Control+A")
        self.tab.keyboard.type(words) if words else self.tab.keyboard.press("Delete")

    def go_to(self, target: Any) -> None:
        """Gives the focus to a field."""
        target.click()

    def send(self, button: Any) -> None:
        """Sends the form in which something was written."""
        self.press(button)

    def back(self) -> None:
        """Out of the open source, to where it was opened."""
        button = self.tab.locator(".tool.back")
        button.click() if button.is_visible() else self.tab.keyboard.press("Escape")

    def stop(self) -> None:
        """The question that waits."""
        self.tab.click("#stop")

    def look_at(self, target: Any) -> None:
        """Brings out what shows only when something is pointed at, or has the focus."""
        target.hover()

    def choose_files(self, target: Any, files: list[Path]) -> None:
        """Files for what opens the browser's own way to choose them."""
        with self.tab.expect_file_chooser() as chosen:
            self.press(target)
        chosen.value.set_files(files)

    def choose(self, target: Any, option: str) -> None:
        """One of the options of the browser's own list, which opens outside the page."""
        target.select_option(label=option)

    def right_answer(self, words: str) -> None:
        """Selects words in the open source."""
        text = self.tab.locator("#sources .text")
        text.get_by_text(words).first.scroll_into_view_if_needed()
        left, top, right, bottom = text.evaluate(f"(text, words) => ({_PLACE_OF_WORDS})(text, words)", words)
        self.tab.mouse.move(left, top)
        self.tab.mouse.down()
        self.tab.mouse.move(right, bottom, steps=4)
        self.tab.mouse.up()


class Keys(Pointer):
    """Nothing but keys: what is used is first reached with Tab or Shift+Tab, and then in sight."""

    def reach(self, target: Any) -> None:
        target.wait_for(state="visible")
        wanted = target.element_handle()
        key = "Shift+Tab" if wanted.evaluate(_IS_BEFORE) else "Tab"
        for _ in range(MOST_TABS):
            if wanted.evaluate(_HAS_FOCUS):
                assert wanted.evaluate(_IS_SEEN), "what has the focus is in sight"
                return
            self.tab.keyboard.press(key)
        pytest.fail(f"{target} cannot be reached with {key}")

    def press(self, target: Any) -> None:
        self.reach(target)
        is_box = target.evaluate("element => element.matches('[type=checkbox]')")
        self.tab.keyboard.press("Space" if is_box else "Enter")

    def go_to(self, target: Any) -> None:
        self.reach(target)

    def send(self, button: Any) -> None:
        self.tab.keyboard.press("Enter")

    def back(self) -> None:
        self.tab.keyboard.press("Escape")

    def stop(self) -> None:
        self.tab.keyboard.press("Escape")

    def look_at(self, target: Any) -> None:
        self.reach(target)

    def choose(self, target: Any, option: str) -> None:
        self.reach(target)
        labels, now = target.evaluate("list => [[...list.options].map(option => option.label), list.selectedIndex]")
        steps = labels.index(option) - now
        for _ in range(abs(steps)):
            self.tab.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")

    def right_answer(self, words: str) -> None:
        self.write(self.tab.locator("#right-answer"), words)


def expect(target: Any) -> Any:
    """Playwright's, as patient as its other waits."""
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    return expect(target)


def faults(tab: Any) -> list[str]:
    """Serious faults of accessibility that axe finds, a line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    return [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for fault in axe.run(tab).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def assert_sound(tab: Any, site: Site) -> None:
    """The page as it stands has no sideways scroll and no serious fault, and has complained of nothing."""
    assert overflow(tab) == 0
    assert faults(tab) == []
    site.assert_quiet()
