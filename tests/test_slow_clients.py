"""Clients that open connections and say nothing, or little: they are let go, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from famqa.web import slow_clients
from famqa.web.serving import Running, bind
from famqa.web.stopping import Stopping

LOOK_SECONDS = 0.6
HEADERS = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


async def patient(scope: Any, receive: Any, send: Any) -> None:
    """Reads all of a body; to /stream it answers slowly, a byte after each two looks."""
    if scope["type"] != "http":
        return
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        if message["type"] == "http.disconnect":
            return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(3 if scope["path"] == "/stream" else 0):
        await asyncio.sleep(2 * LOOK_SECONDS)
        await send({"type": "http.response.body", "body": b".", "more_body": True})
    await send({"type": "http.response.body", "body": b"!"})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(slow_clients, "LOOK_SECONDS", LOOK_SECONDS)
    server = Running(patient, bind("127.0.0.1", 0), Stopping())
    server.start()
    yield server.address
    server.stop()


def connected(address: str) -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname, where.port), timeout=20)


def is_let_go(connection: socket.socket) -> bool:
    """Waits until the server closes it."""
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", HEADERS + b"some"])
def test_who_says_no_more_is_let_go(address: str, said: bytes) -> None:
    with connected(address) as connection:
        connection.sendall(said)
        assert is_let_go(connection)


def test_headers_that_come_drop_by_drop_have_to_come_to_an_end(address: str) -> None:
    with connected(address) as connection, pytest.raises(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection.sendall(b"x: y\r\n")
            time.sleep(LOOK_SECONDS / 10)


def test_a_body_may_take_its_time_as_long_as_it_comes(address: str) -> None:
    with connected(address) as connection:
        connection.sendall(HEADERS)
        began = time.monotonic()
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(LOOK_SECONDS / 20)
        assert time.monotonic() - began > 4 * LOOK_SECONDS
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_an_answer_may_take_its_time(address: str) -> None:
    with connected(address) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        given = b""
        while piece := connection.recv(100):
            given += piece
        assert given.endswith(b"\r\n\r\n1\r\n.\r\n1\r\n.\r\n1\r\n.\r\n1\r\n!\r\n0\r\n\r\n")


def test_others_are_answered_beside_two_hundred_silent_ones(address: str) -> None:
    silent = [connected(address) for _ in range(200)]
    assert httpx.post(address, content=b"x", trust_env=False).text == "!"
    assert all(is_let_go(connection) for connection in silent)
    for connection in silent:
        connection.close()
