"""The frame of the page as HTML: header, status, welcome, the form to ask with, the shelf of documents. Pure.

Every word from outside is escaped with `escape`, which other pages use as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from famqa.web.painting import escape as escape

if TYPE_CHECKING:
    from famqa.assistant import Overview

LISTED_DOCUMENTS = 8
PAGES = {"ask": ("Ask", ""), "documents": ("Documents", "documents/"), "evaluation": ("Evaluation", "evaluation/")}

LOGO = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="page" d="M5 3h14v18H5z"/>'
    '<path class="hit" d="M7.5 9.5h9v4h-9z"/><path class="rule" d="M8 6.6h8M8 11.5h8M8 16.4h5"/></svg>'
)
ACCOUNT = {"sign-in": "Sign in", "sign-out": "Sign out"}
_CURRENT = ' aria-current="page"'


def header(active: str, pages: Iterable[str] = tuple(PAGES), user: str = "", account: str = "") -> str:
    """The name, links to the pages and what this is in half a sentence; `active` is the key in `PAGES` shown now.

    `user` is the name of who has signed in, `account` the key in `ACCOUNT` of the link beside it; "" for neither.
    """
    root = "./" if active == "ask" else "../"  # relative, so that it holds below any path that a proxy adds
    links = "".join(
        f'<li><a href="{root}{PAGES[page][1]}"{_CURRENT if page == active else ""}>{PAGES[page][0]}</a></li>'
        for page in pages
    )
    name = f'<span title="{escape(user)}" dir="auto">{escape(user)}</span>' if user else ""
    way = f'<a href="{root}{account}">{ACCOUNT[account]}</a>' if account else ""
    return (
        f'<div class="brand">{LOGO}<h1>famqa</h1></div>'
        f'<nav class="pages" aria-label="Pages"><ul>{links}</ul></nav>'
        '<p class="tagline">answers from your own documents, word for word</p>'
        + (f'<p class="account">{name}{way}</p>' if name or way else "")
    )


def status(overview: Overview, now: datetime | None = None) -> str:
    """How much is indexed and since when: the time of the server's zone, with the date if it is not today's."""
    built = overview.built_at.astimezone()
    today = (now or datetime.now().astimezone()).date()
    when = f"{built:%H:%M}" if built.date() == today else f"{built.day} {built:%b %Y, %H:%M}"
    return (
        f'<p class="status" title="index {escape(overview.generation)}"><span class="dot"></span>'
        f"{_count(len(overview.documents), 'document')} · {_count(overview.passages, 'passage')}"
        f'<span class="when"> · updated <time datetime="{built.isoformat()}">{when}</time></span></p>'
    )


def welcome(examples: Sequence[str]) -> str:
    """What stands in place of the conversation before the first question; page.js adds the earlier conversations."""
    chips = "".join(f'<li><button type="button" class="chip">{escape(question)}</button></li>' for question in examples)
    return (
        '<div class="welcome"><h2>Ask your documents</h2>'
        "<p>Every answer is cut out of them word for word; nothing is made up. "
        "Press its number and the document opens at the place.</p>"
        + (f'<ul class="chips" aria-label="Example questions">{chips}</ul>' if chips else "")
        + "</div>"
    )


def form() -> str:
    """Where questions are written: the box, which documents to ask, and the buttons; page.js brings it to life."""
    return (
        '<form class="ask" aria-label="Ask">'
        '<ul class="only" aria-label="Answer only from" hidden></ul>'
        '<label class="unseen" for="question-box">Question</label>'
        '<textarea id="question-box" rows="1" placeholder="Ask your documents" autofocus></textarea>'
        '<div class="row"><details class="scope"><summary>All documents</summary>'
        '<div class="scope-box"><label for="scope-search">Answer only from these</label>'
        '<input id="scope-search" type="text" placeholder="Find a document or folder" autocomplete="off">'
        '<ul class="scope-list"></ul></div></details>'
        '<button type="button" id="fresh" hidden>New conversation</button>'
        '<button type="button" id="stop" hidden>Stop</button>'
        '<button type="submit" id="ask">Ask</button></div></form>'
    )


def correction() -> str:
    """Under an open source: where a visitor says what the right answer is; page.js shows it for a wrong answer."""
    return (
        '<form class="correction" aria-label="The right answer" hidden>'
        '<label for="right-answer">The right answer is… '
        "<span>select it in the document above, or type it as it stands there</span></label>"
        '<div class="row"><input id="right-answer" type="text" autocomplete="off" dir="auto">'
        '<button type="submit">Save</button><button type="button" class="dismiss">Not now</button></div></form>'
    )


def shelf(overview: Overview) -> str:
    """The Sources panel before anything is opened: which documents can answer."""
    listed = "".join(
        f'<li><button type="button" class="browse" data-document="{escape(document.doc_id)}">'
        f'<strong dir="auto">{escape(document.title)}</strong><span>'
        + escape(
            " · ".join(
                part
                for part in (document.source, document.date, document.format, _count(document.passages, "passage"))
                if part
            )
        )
        + "</span></button></li>"
        for document in overview.documents[:LISTED_DOCUMENTS]
    )
    more = len(overview.documents) - LISTED_DOCUMENTS
    rest = f'<p class="more">and {_count(more, "other document")}</p>' if more > 0 else ""
    return (
        '<div class="shelf"><h2>Sources</h2>'
        "<p>The passage behind an answer opens here, in its place in the document.</p>"
        f"<h3>Answers can come from</h3><ul>{listed}</ul>{rest}</div>"
    )


def notice(text: str) -> str:
    """One line that says why something cannot be shown."""
    return f'<p class="problem" role="alert">{escape(text)}</p>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
