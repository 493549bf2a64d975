"""Whole visits in real Chromium where people sign in, and where a proxy shows the pages below a path."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from famqa import users
from famqa.web.server import create_app
from famqa.web.serving import running
from web_hands import Pointer, assert_sound, expect
from web_journeys import FILES, HANDS, HANDS_IN_SHORT, QUESTION, TESTS, answered, ask, copied, hand, visit
from web_site import Site, assert_highlight_is_the_document, browser, marked, served, visitors

__all__ = ["browser", "hand", "visitors"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.model]

ROOT = "/docs/famqa"
READER, ADMIN = ("bob", "paper boat 9"), ("ann", "orange lamp 7")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Site]:
    """One where people sign in."""
    root = tmp_path_factory.mktemp("guarded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "COST", 4)
        users.add_user(root / "users", READER[0], "reader", READER[1])
        users.add_user(root / "users", ADMIN[0], "admin", ADMIN[1])
        with served(root, FILES, rate_limit=0, users_file=root / "users") as site:
            yield site


@contextmanager
def stripping_proxy(target: str) -> Iterator[str]:
    """The address of a reverse proxy that shows the target below `ROOT`, takes that off each path, and no more."""
    client = httpx.AsyncClient(base_url=target, timeout=None, trust_env=False)

    async def forward(request: Request) -> Response:
        if not request.url.path.startswith(f"{ROOT}/"):
            return Response(status_code=204)  # another site; a browser looks there for an icon
        address = request.scope["raw_path"].decode().removeprefix(ROOT)
        headers = [*request.headers.raw, (b"x-forwarded-for", b"203.0.113.7"), (b"x-forwarded-proto", b"http")]
        query = f"?{request.url.query}" if request.url.query else ""
        body = request.stream() if request.method == "POST" else None
        sent = client.build_request(request.method, address + query, headers=headers, content=body)
        got = await client.send(sent, stream=True)
        answer = StreamingResponse(got.aiter_raw(), got.status_code, background=BackgroundTask(got.aclose))
        answer.raw_headers = list(got.headers.raw)
        return answer

    app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def sign_in(hand: Pointer, who: tuple[str, str]) -> None:
    """Fills in the form that is open; the focus is where the first empty field is."""
    hand.write(hand.tab.locator("#name"), who[0])
    hand.write(hand.tab.locator("#password"), who[1])
    hand.send(hand.tab.locator("button"))


def refusals(site: Site) -> list[str]:
    """What the browser said of pages that were refused; after this it has said nothing."""
    told = [line for line in site.complaints if "the server responded with a status of 40" in line]
    site.complaints[:] = [line for line in site.complaints if line not in told]
    return told


@pytest.mark.parametrize("hand", HANDS_IN_SHORT, indirect=True)
def test_signing_in_and_out(hand: Pointer, site: Site) -> None:
    tab = hand.tab
    pages = tab.locator("nav.pages a")
    tab.goto(f"{site.address}/?q=Who+designed+the+lighthouse+at+Cape+Vell%3F")
    expect(tab.locator("#name")).to_be_focused()
    assert_sound(tab, site)
    sign_in(hand, (READER[0], "wrong"))
    expect(tab.get_by_role("alert")).to_contain_text("do not belong together")
    assert len(refusals(site)) == 1
    assert_sound(tab, site)
    sign_in(hand, READER)

    # a reader asks, and has no other page
    turn = answered(tab, 1)
    expect(turn.locator(".question")).to_have_text(QUESTION)
    expect(turn.locator(".short")).to_contain_text("Ada Thorne")
    expect(pages).to_have_text(["Ask"])
    expect(tab.locator(".account")).to_contain_text("bob")
    assert_sound(tab, site)
    for page in ("documents", "evaluation"):
        tab.goto(f"{site.address}/{page}/")
        expect(tab.locator("main")).to_contain_text("administrators")
    assert len(refusals(site)) == 2
    assert_sound(tab, site)
    hand.press(tab.get_by_text("Back to the questions"))
    answered(tab, 1)
    hand.press(tab.get_by_text("Sign out"))
    expect(tab.locator("main")).to_contain_text("You are signed in as bob.")
    assert_sound(tab, site)
    hand.press(tab.locator("button"))
    expect(tab.locator("#name")).to_be_focused()
    assert tab.evaluate("localStorage.length") == 0, "the next one does not find the conversation"

    # an administrator has all of them
    tab.goto(f"{site.address}/documents/")
    sign_in(hand, ADMIN)
    expect(tab.locator(".plan")).to_contain_text("Up to date with the folder.")
    expect(pages).to_have_text(["Ask", "Documents", "Evaluation"])
    expect(tab.locator(".account")).to_contain_text("ann")
    assert_sound(tab, site)
    hand.press(pages.last)
    expect(tab.locator("#runs h2")).to_be_visible()
    expect(tab.locator(".account")).to_contain_text("ann")
    assert_sound(tab, site)
    hand.press(tab.get_by_text("Sign out"))
    hand.press(tab.locator("button"))
    expect(tab.locator("#name")).to_be_focused()


@pytest.mark.parametrize("hand", [HANDS[0]], indirect=True)
def test_below_the_path_of_a_proxy(hand: Pointer, site: Site, tmp_path: Path) -> None:
    tab = hand.tab
    pages = tab.locator("nav.pages a")
    with (
        running(create_app(site.assistant, site.settings, root_path=ROOT)) as inner,
        stripping_proxy(inner.address) as outer,
    ):
        shown = replace(site, address=f"{outer}{ROOT}")
        tab.goto(f"{shown.address}/")
        sign_in(hand, ADMIN)
        expect(tab.locator(".chip").first).to_be_visible()
        expect(tab.locator("link[rel=icon]")).to_be_attached()
        turn = ask(hand, QUESTION)
        expect(turn.locator(".short")).to_contain_text("Ada Thorne")
        hand.press(turn.locator(".cite").first)
        assert_highlight_is_the_document(tab, shown)
        link = copied(hand, tab.locator(".source-head a.link"))
        assert link.startswith(f"{shown.address}/?source=coast/lighthouse.txt@")
        other = visit(hand, shown, link)
        assert marked(other.tab) == marked(tab)
        other.tab.close()

        hand.press(pages.nth(1))
        expect(tab.locator(".plan")).to_contain_text("Up to date with the folder.")
        path = tmp_path / "mill.md"
        path.write_text("# The mill\n\nThe windmill at the harbour was built by Otto Grane.\n")
        hand.choose_files(tab.locator("#documents-upload button").first, [path])
        expect(tab.locator(".news")).to_contain_text("mill.md: added")
        hand.press(tab.locator(".plan [data-deed=update]"))
        expect(tab.locator("#status")).to_contain_text("4 documents")
        hand.press(tab.locator("#documents-table [data-key='mill.md']"))
        hand.press(tab.locator("dialog .danger"))
        expect(tab.locator(".plan")).to_contain_text("1 removed")
        hand.press(tab.locator(".plan [data-deed=update]"))
        expect(tab.locator("#status")).to_contain_text("3 documents")

        hand.press(pages.nth(2))
        path = tmp_path / "mine.jsonl"
        path.write_text(f"{TESTS[2]}\n".replace("'", '"'))
        hand.choose_files(tab.locator("#upload-questions"), [path])
        expect(tab.locator("#checked .holds")).to_contain_text("1 question")
        hand.press(tab.locator("#start-run"))
        hand.press(tab.locator(".miss summary"))
        with tab.expect_download() as download:
            hand.press(tab.locator("#download-report"))
        assert download.value.suggested_filename == "report.html"
        hand.press(tab.locator(".miss a").first)
        assert marked(tab)[3] == "Ole Winther"
        assert_highlight_is_the_document(tab, shown)

        hand.press(pages.first)
        answered(tab, 1)
        hand.press(tab.get_by_text("Sign out"))
        hand.press(tab.locator("button"))
        expect(tab.locator("#name")).to_be_focused()
        assert urlsplit(tab.url).path == f"{ROOT}/sign-in"
        asked = {urlsplit(url).path for url in site.requests if not url.startswith(("data:", "blob:"))}
        assert all(path.startswith(f"{ROOT}/") for path in asked), [p for p in asked if not p.startswith(ROOT)]
