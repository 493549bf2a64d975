"""The header where people sign in: each visitor's own pages, name and way out. Over HTTP, without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from conftest import SMALL_CORPUS, TermEmbedder, _use, make_settings
from famqa import users
from famqa.assistant import Assistant
from famqa.embedding import ModelFiles
from famqa.indexing import update
from famqa.settings import SENTENCE_READER, Settings
from famqa.web import server
from famqa.web.page_header import asks_for_names, visitors_header
from famqa.web.serving import running
from web_pages import Page

ANN, BOB = ("ann", "orange lamp 7"), ("bob", "paper boat 9")
ALL = ["Ask", "Documents", "Evaluation"]


def shown(html: str) -> tuple[list[str], str, str]:
    """The pages that a header links to, the name that it shows, and the way in or out."""
    links = re.findall(r"<a [^>]*>([^<]*)</a>", html)
    names = Page(html).all("span")
    way = [link for link in links if link.startswith("Sign")]
    return [link for link in links if link not in way], str(names[0]["title"]) if names else "", "".join(way)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, model_files: ModelFiles) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("header")
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, TermEmbedder(model_files))
        patch.setattr(users, "COST", 4)
        settings = make_settings(folder, dict(SMALL_CORPUS), reader=SENTENCE_READER, rate_limit=0)
        update(settings)
        users.add_user(folder / "users", ANN[0], "admin", ANN[1])
        users.add_user(folder / "users", BOB[0], "reader", BOB[1])
        yield settings.model_copy(update={"users_file": folder / "users", "guests": True})


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with running(server.create_app(Assistant(settings), settings)) as site:
        yield site.address


def header_of(address: str, path: str, who: tuple[str, str] | None) -> str:
    """What a visitor's header holds once the page has loaded, by the same calls that the page makes."""
    with httpx.Client(base_url=address + path, auth=who, trust_env=False, timeout=60) as client:
        config: dict[str, Any] = client.get("config").json()
        (brand,) = [each["id"] for each in config["components"] if each["props"].get("elem_id") == "brand"]
        (load,) = [each["id"] for each in config["dependencies"] if each["outputs"] == [brand]]
        call = {"data": [], "fn_index": load, "session_hash": "abc", "event_data": None}
        assert client.post("gradio_api/queue/join", json=call).status_code == 200
        with client.stream("GET", "gradio_api/queue/data?session_hash=abc") as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line else {}
                if message.get("msg") == "process_completed":
                    return str(message["output"]["data"][0])
    raise AssertionError("the event did not come to an end")


@pytest.mark.parametrize(
    ("path", "who", "expected"),
    [
        ("/", ANN, (ALL, "ann", "Sign out")),
        ("/documents/", ANN, (ALL, "ann", "Sign out")),
        ("/evaluation/", ANN, (ALL, "ann", "Sign out")),
        ("/", BOB, (["Ask"], "bob", "Sign out")),
        ("/", None, (["Ask"], "", "Sign in")),
    ],
)
def test_each_visitor_has_a_header_of_their_own(
    address: str, path: str, who: tuple[str, str] | None, expected: tuple[list[str], str, str]
) -> None:
    assert shown(header_of(address, path, who)) == expected


def test_before_it_is_known_who_looks_a_reader_is_shown_no_more(address: str) -> None:
    page = httpx.get(address, auth=BOB, trust_env=False, timeout=60).text
    assert "documents/" not in page and "evaluation/" not in page


def test_without_signing_in_nothing_differs(settings: Settings) -> None:
    for changed, expected in (({"users_file": None, "guests": False}, False), ({}, True), ({"users_file": None}, True)):
        assert asks_for_names(settings.model_copy(update=changed)) is expected
    open_to_all = settings.model_copy(update={"users_file": None, "guests": False})
    assert asks_for_names(open_to_all.model_copy(update={"proxy_header": "x-user"}))
    with running(server.create_app(Assistant(open_to_all), open_to_all)) as site:
        config = httpx.get(f"{site.address}/config", trust_env=False, timeout=60).json()
    (brand,) = [each for each in config["components"] if each["props"].get("elem_id") == "brand"]
    assert shown(brand["props"]["value"]) == (ALL, "", "")
    assert [each for each in config["dependencies"] if brand["id"] in each["outputs"]] == []


@pytest.mark.parametrize(
    ("values", "headers", "expected"),
    [
        ({"users_file": Path("users")}, {}, (["Ask"], "bob", "Sign out")),
        ({"proxy_header": "X-User"}, {"x-user": "bob"}, (["Ask"], "bob", "")),
        ({"proxy_header": "X-User", "users_file": Path("users")}, {"x-user": "bob"}, (["Ask"], "bob", "")),
        ({"proxy_header": "X-User", "users_file": Path("users")}, {}, (["Ask"], "bob", "Sign out")),
    ],
)
def test_who_comes_by_a_proxy_signs_out_there(
    settings: Settings, values: dict[str, Any], headers: dict[str, str], expected: tuple[list[str], str, str]
) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "headers": sent, "state": {"user": "bob", "role": "reader"}})
    stated = settings.model_copy(update={"users_file": None, "guests": False, **values})
    assert shown(visitors_header("ask", stated, request)) == expected
