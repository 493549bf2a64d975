"""`Draining`, so that the server can stop while pages are open, and `RootPath`, for a proxy that shows it at a path."""

from __future__ import annotations

import asyncio
import threading

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Stopping:
    """Set once, when the server begins to stop; can be waited for by coroutines and looked at by threads."""

    def __init__(self) -> None:
        self._thread_event = threading.Event()
        self._waiting: set[asyncio.Event] = set()

    def set(self) -> None:
        """Only from the server's own event loop."""
        self._thread_event.set()
        for event in self._waiting:
            event.set()

    def is_set(self) -> bool:
        return self._thread_event.is_set()

    async def wait(self) -> None:
        if self.is_set():
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await event.wait()
        finally:
            self._waiting.discard(event)


class Draining:
    """Ends the streams that a page keeps open for as long as it is open, once the server stops.

    Whatever else is under way may finish. To such a stream it looks as if its client had gone.
    """

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self.app = app
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_endless(scope):
            await self.app(scope, receive, send)
            return

        async def receive_or_stop() -> Message:
            received = asyncio.ensure_future(receive())
            stopped = asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait({received, stopped}, return_when=asyncio.FIRST_COMPLETED)
                return received.result() if received.done() else {"type": "http.disconnect"}
            finally:
                received.cancel()
                stopped.cancel()

        await self.app(scope, receive_or_stop, send)


def is_endless(scope: Scope) -> bool:
    """Whether a request opens a stream that ends only with its client."""
    path = scope["path"]
    return scope["method"] == "GET" and ("/gradio_api/heartbeat/" in path or path.endswith("/mcp"))


class RootPath:
    """Tells the app that a proxy shows it below `root`, whether the proxy takes that off a path or not."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self.app = app
        self._root = "/" + root.strip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            path = scope["path"]
            is_whole = path == self._root or path.startswith(f"{self._root}/")
            scope = {**scope, "root_path": self._root, "path": path if is_whole else self._root + path}
        await self.app(scope, receive, send)
