"""How much one client may ask for: `RateLimit` (how often) and `BodyLimit` (how large)."""

from __future__ import annotations

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from famqa.web.asgi import (
    App,
    Message,
    Networks,
    Receive,
    Scope,
    Send,
    client_address,
    client_key,
    header,
    is_below,
    refuse,
    route_path,
)

MOST_CLIENTS = 10_000
MAX_BODY_BYTES = 8 << 20  # what a page sends of itself: a question and the conversation so far
READ_AWAY_BYTES = 64 << 20
UPLOADED_TOGETHER = 10  # files of the largest size; each is checked for itself where it is stored
FORM_BYTES = 64 << 10  # the parts of a form around its files

_WORK = re.compile(
    r"^/(?:api/(?:ask|search)|mcp)(?:/|$)"
    r"|/gradio_api/(?:queue/join|call/|component_server|upload(?:/|$))"
)
_CHANGES = re.compile(r"^/api/(?:documents|index)(?:/|$)")


class Buckets:
    """A token bucket for each key: `burst` at once, `per_minute` in the long run. Forgets those longest unused."""

    def __init__(
        self, per_minute: float, burst: float, most: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_second = per_minute / 60
        self.burst = max(1.0, burst)
        self.most = most
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when they were counted

    def take(self, key: str) -> float:
        """0.0 if the key may go on (a token is taken), else the seconds until it may."""
        now = self._clock()
        left, counted = self._left.pop(key, (self.burst, now))
        left = min(self.burst, left + (now - counted) * self.per_second)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, now)
        if len(self._left) > self.most:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.per_second

    def __len__(self) -> int:
        return len(self._left)


class RateLimit:
    """Answers 429 with Retry-After where a client asks for work too often; looking at pages is free.

    A client is the signed-in user, else the address. `per_minute` 0 switches it off. `refused` is called for each
    refusal, for metrics.
    """

    def __init__(
        self,
        app: App,
        *,
        per_minute: float = 300,
        burst: int = 100,
        trusted_proxies: Sequence[str] = (),
        refused: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.buckets = Buckets(per_minute, burst, clock=clock) if per_minute > 0 else None
        self.trusted = Networks.parse(trusted_proxies)
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.buckets is not None and scope["type"] in ("http", "websocket") and costs_work(scope):
            seconds = math.ceil(self.buckets.take(self._key(scope)))
            if seconds:
                if self.refused is not None:
                    self.refused()
                line = f"too many requests at once; try again in {seconds} {'second' if seconds == 1 else 'seconds'}"
                await refuse(scope, send, 429, line, [("retry-after", str(seconds))])
                return
        await self.app(scope, receive, send)

    def _key(self, scope: Scope) -> str:
        user = scope.get("state", {}).get("user")
        return f"user {user}" if user else client_key(client_address(scope, self.trusted))


def costs_work(scope: Scope) -> bool:
    """Whether a request makes the server search, read or store."""
    if scope["type"] == "websocket":
        return True
    path = re.sub(r"/{2,}", "/", route_path(scope))
    if scope["method"] in ("HEAD", "OPTIONS"):
        return False
    if scope["method"] == "GET":  # the answer to a call that was counted when it was made
        return re.match(r"^/api/(?:ask|search)(?:/|$)", path) is not None
    return _WORK.search(path) is not None or _CHANGES.match(path) is not None


class _TooLarge(Exception):
    """More came than was allowed."""


class BodyLimit:
    """Answers 413 where a body is larger than `max_bytes`, or than `uploads[prefix]` below one of its prefixes."""

    def __init__(self, app: App, *, max_bytes: int = MAX_BODY_BYTES, uploads: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.uploads = dict(uploads or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most(route_path(scope))
        line = f"this is larger than {_size(most)}, the most that is taken here"
        stated = header(scope, "content-length")
        if stated.isdecimal() and int(stated) > most:
            await _read_away(receive)
            await refuse(scope, send, 413, line, [("connection", "close")])
            return
        got, started = 0, False

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            if message["type"] == "http.request":
                got += len(message.get("body", b""))
                if got > most:
                    raise _TooLarge
            return message

        async def noticed(message: Message) -> None:
            nonlocal started
            if got > most and not started:
                return  # a framework has made an error of its own of it; ours is sent in its place
            started = True
            await send(message)

        with suppress(_TooLarge):
            await self.app(scope, counted, noticed)
        if got > most and not started:
            await _read_away(receive)
            await refuse(scope, send, 413, line, [("connection", "close")])

    def _most(self, path: str) -> int:
        return max([self.max_bytes, *(most for prefix, most in self.uploads.items() if is_below(path, prefix))])


async def _read_away(receive: Receive) -> None:
    """Takes in what is still on its way, up to a bound: who is cut off while sending does not read the answer."""
    got = 0
    while got < READ_AWAY_BYTES:
        message = await receive()
        got += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


def upload_limits(max_file_mb: int) -> dict[str, int]:
    """Where files are taken, and how large a request may be there: several files and the form around them."""
    most = (max_file_mb << 20) * UPLOADED_TOGETHER + FORM_BYTES
    return {f"{page}/gradio_api/upload": most for page in ("/documents", "/evaluation")} | {"/api/documents": most}


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count:,} bytes"
