"""Signing in and out in real Chromium: without scripts, from the keyboard alone, on a phone too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from famqa import users
from famqa.users import add_user
from famqa.web.protection import add_protection
from web_site import NARROW, WIDE, browser, focus_is_on, overflow  # noqa: F401 - `browser` is a fixture

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[str]:  # noqa: F811
    """A protected app of two pages."""
    folder = tmp_path_factory.mktemp("users")
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    @app.get("/documents/", response_class=HTMLResponse)
    def page() -> str:
        return "<!doctype html><title>t</title><h1>inside</h1><script>document.title = 'ran'</script>"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "COST", 4)
        add_user(folder / "users", "bob", "reader", "paper boat 9")
        add_protection(app, host="127.0.0.1", key_folder=Path(folder), users_file=folder / "users")
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", proxy_headers=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.05)
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.mark.parametrize(("size", "colours"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "phone in the dark"])
def test_in_and_out_with_the_keyboard_and_no_script(
    browser: Any,  # noqa: F811
    address: str,
    size: Any,
    colours: Any,
) -> None:
    context = browser.new_context(viewport=size, color_scheme=colours, java_script_enabled=False)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda sent: asked.append(sent.url))
    tab.goto(f"{address}/?q=a%20lamp")
    assert "/sign-in?next=" in tab.url and overflow(tab) == 0
    assert focus_is_on(tab, "#name")
    tab.keyboard.type("bob")
    tab.keyboard.press("Tab")
    tab.keyboard.type("wrong")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".problem")
    assert "do not belong together" in tab.inner_text("[role=alert]")
    assert tab.input_value("#name") == "bob" and focus_is_on(tab, "#password")
    tab.keyboard.type("paper boat 9")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("h1:has-text('inside')")
    assert tab.url == f"{address}/?q=a%20lamp"
    tab.goto(f"{address}/documents/")
    assert "administrators" in tab.inner_text("main") and overflow(tab) == 0
    tab.goto(f"{address}/sign-out")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#name")
    tab.goto(f"{address}/")
    assert "/sign-in" in tab.url
    assert all(url.startswith(address) for url in asked)
    context.close()


def test_the_page_inside_runs_its_script_and_no_handler(browser: Any, address: str) -> None:  # noqa: F811
    context = browser.new_context(http_credentials=None)
    tab = context.new_page()
    tab.goto(address)
    tab.fill("#name", "bob")
    tab.fill("#password", "paper boat 9")
    tab.click("button")
    tab.wait_for_selector("h1:has-text('inside')")
    assert tab.title() == "ran"
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x:y onerror=\"document.title=1\">')")
    tab.wait_for_timeout(300)
    assert tab.title() == "ran"
    context.close()
