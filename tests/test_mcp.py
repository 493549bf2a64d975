"""The tools `ask` and `search`, asked by the client of the mcp package over both transports."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import SMALL_CORPUS, _use, make_settings
from famqa.answering import to_dict
from famqa.assistant import Assistant
from famqa.embedding import SentenceEmbedder
from famqa.errors import SettingsError
from famqa.reading import SpanReader
from famqa.settings import Settings
from famqa.web import mcp_server, server
from famqa.web.serving import running

mcp = pytest.importorskip("mcp")
pytestmark = pytest.mark.model

ARCHITECT = "Who was the architect of Gull Rock Lighthouse?"
SOURCE = str(Path(mcp_server.__file__).parents[2])


@pytest.fixture(scope="module")
def address(
    small_settings: Settings, embedder: SentenceEmbedder, reader: SpanReader
) -> Iterator[tuple[str, Assistant]]:
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, embedder)
        patch.setattr("famqa.assistant._reader", lambda *_: reader)
        patch.setattr(server, "_mount_pages", lambda *_: None)
        assistant = Assistant(small_settings)
        with running(server.create_app(assistant, small_settings)) as site:
            yield f"{site.address}/mcp", assistant


def with_client(target: Any, use: Callable[[Any], Awaitable[Any]]) -> Any:
    """What `use` makes of a connected client."""

    async def connected() -> Any:
        async with mcp.Client(target, read_timeout_seconds=300) as client:
            return await use(client)

    return asyncio.run(connected())


def call(target: Any, tool: str, arguments: dict[str, Any]) -> Any:
    return with_client(target, lambda client: client.call_tool(tool, arguments))


def test_the_tools_are_listed_with_what_a_model_must_know(address: tuple[str, Assistant]) -> None:
    tools = {tool.name: tool for tool in with_client(address[0], lambda client: client.list_tools()).tools}
    assert sorted(tools) == ["ask", "search"]
    assert sorted(tools["ask"].input_schema["properties"]) == ["question", "turns", "within"]
    assert tools["ask"].input_schema["required"] == ["question"]
    assert sorted(tools["search"].input_schema["properties"]) == ["limit", "question", "within"]
    for tool in tools.values():
        assert tool.annotations.read_only_hint and len(tool.description) > 100
        assert all(field["description"] for field in tool.input_schema["properties"].values())
    assert "no_answer" in tools["ask"].description
    assert {"answer", "citations", "nearest", "status"} <= tools["ask"].output_schema["properties"].keys()


def test_an_answer_is_structured_and_its_citations_slice(address: tuple[str, Assistant]) -> None:
    target, assistant = address
    given = call(target, "ask", {"question": ARCHITECT})
    answer = given.structured_content
    expected = json.loads(json.dumps(to_dict(assistant.ask(ARCHITECT))))
    assert not given.is_error
    assert {k: v for k, v in answer.items() if k != "timings_ms"} == {
        k: v for k, v in expected.items() if k != "timings_ms"
    }
    assert answer["answer"] == "Edith Marlow"
    for citation in answer["citations"]:
        text = assistant.document(citation["doc_id"]).text
        assert text[citation["start"] : citation["end"]] == citation["quote"] != ""
    assert json.loads(given.content[0].text)["answer"] == "Edith Marlow"  # for clients that read only text


def test_a_follow_up_and_a_filter(address: tuple[str, Assistant]) -> None:
    turns = [{"question": "How tall is Gull Rock Lighthouse?", "answer": "42 metres"}]
    given = call(address[0], "ask", {"question": "Who was its architect?", "turns": turns})
    assert given.structured_content["answer"] == "Edith Marlow"
    given = call(address[0], "ask", {"question": ARCHITECT, "within": ["shop"]})
    assert given.structured_content["status"] == "no_answer"


def test_search_gives_passages_with_their_place(address: tuple[str, Assistant]) -> None:
    target, assistant = address
    given = call(target, "search", {"question": "hemp rope", "limit": 2})
    passages = given.structured_content["passages"]
    assert len(passages) == 2 and passages[0]["doc_id"] == "shop/prices.md"
    for passage in passages:
        text = assistant.document(passage["doc_id"]).text
        assert text[passage["start"] : passage["end"]] == passage["text"] != ""


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask", {"question": "  "}, "question"),
        ("ask", {"question": "Who?", "within": ["attic"]}, "'attic'"),
        ("ask", {"question": "x" * 3000}, "3000 characters"),
        ("search", {"question": "rope", "limit": 0}, "limit"),
        ("ask", {}, "question"),
    ],
)
def test_mistakes_are_told_to_the_model(
    address: tuple[str, Assistant], tool: str, arguments: dict[str, Any], told: str
) -> None:
    given = call(address[0], tool, arguments)
    assert given.is_error and told in given.content[0].text and "Traceback" not in given.content[0].text


def test_another_site_cannot_use_it_through_a_browser(address: tuple[str, Assistant]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({"origin": "https://elsewhere.example"}, {"host": "elsewhere.example"}):
        assert httpx.post(address[0], json=body, headers=headers, trust_env=False).status_code in (403, 421)


def test_over_standard_input_and_output(tmp_path: Path, small_settings: Settings) -> None:
    settings = make_settings(tmp_path, dict(SMALL_CORPUS))
    shutil.copytree(small_settings.index, settings.index)
    arguments = ["-m", "famqa.cli", "mcp", "--corpus", str(settings.corpus), "--index", str(settings.index)]
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    command = mcp.StdioServerParameters(command=sys.executable, args=arguments, env=environment)

    async def use(client: Any) -> Any:
        tools = await client.list_tools()
        return [tool.name for tool in tools.tools], await client.call_tool("ask", {"question": ARCHITECT})

    names, given = with_client(command, use)
    assert sorted(names) == ["ask", "search"]
    assert given.structured_content["answer"] == "Edith Marlow"


def test_without_the_package_both_ways_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_assistant: Assistant
) -> None:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    monkeypatch.setattr(mcp_server, "is_available", lambda: False)
    with pytest.raises(SettingsError, match="pip install 'mcp>=2,<3'"):
        mcp_server.create_server(small_assistant)
    given = TestClient(Starlette(routes=list(mcp_server.mounted(small_assistant).routes))).post("/mcp", json={})
    assert given.status_code == 501 and "pip install" in given.json()["error"]

    blocker = "import sys; sys.modules['mcp'] = None; from famqa.cli import main; sys.argv[1:] = ['mcp']; main()"
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run(
        [sys.executable, "-c", blocker], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "pip install 'mcp" in done.stderr
