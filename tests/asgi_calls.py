"""Requests to an ASGI app without a server, and an app that tells what reached it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

OTHER_MACHINE = "203.0.113.7"


def call(
    app: Any, method: str, path: str, *, client: str = "127.0.0.1", base: str = "http://testserver", **sent: Any
) -> httpx.Response:
    """The response to one request from the address `client`."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(client, 12345))
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            return await http.request(method, path, **sent)

    return asyncio.run(run())


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it was asked, as JSON: path, user, role, headers, and how long the body was."""
    if scope["type"] != "http":
        return
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    state = scope.get("state", {})
    told = {
        "path": scope["path"],
        "user": state.get("user"),
        "role": state.get("role"),
        "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
        "length": length,
    }
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


def websocket(app: Any, path: str) -> list[dict[str, Any]]:
    """What an app sends to who opens a websocket."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": path,
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1),
        "query_string": b"",
        "scheme": "ws",
    }
    asyncio.run(app(scope, receive, send))
    return sent


class Clock:
    """Time that passes when it is told to."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
