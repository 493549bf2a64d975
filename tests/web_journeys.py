"""What the journeys share: the documents and questions, a site, a visitor in each look, and steps that many take.

A journey is told once and taken on a wide and a narrow screen, light and dark, and with nothing but the keyboard. A
module gets the fixtures by importing them: `from web_journeys import hand, hold, site`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from web_hands import Keys, Pointer, expect
from web_site import NARROW, WIDE, Site, assert_highlight_is_the_document, served

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
# Each width and each colours are in these too; the other two of the four are run with `-m slow`.
HANDS_IN_SHORT = [
    pytest.param(*hand.values, id=hand.id, marks=pytest.mark.slow) if hand.id in ("dark", "light narrow") else hand
    for hand in HANDS
]


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
