"""Structured logs: one JSON object a line, each with the id of the request that it belongs to.

A request takes the id that `X-Request-ID` brings, if that is a sane one, or gets a new one; the answer names it in
the same header. What was asked is never in a log unless `log_questions` is set: neither the questions themselves nor
the query of an address, which may hold one.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = b"x-request-id"
Finished = Callable[[str, int, float], None]
"""Takes the method, the status and the seconds of each request that is done."""

_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")
_request_id: ContextVar[str] = ContextVar("famqa_request_id", default="")
_log = logging.getLogger("famqa.requests")
_QUIET_PATHS = ("/healthz", "/readyz", "/metrics")  # asked for every few seconds
_OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def request_id() -> str:
    """Of the request that is being answered; "" outside of any."""
    return _request_id.get()


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, message, request_id, then what `extra` brought."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if found := request_id():
            line["request_id"] = found
        line.update((name, value) for name, value in record.__dict__.items() if name not in _OWN_FIELDS)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def set_up(as_json: bool, stream: TextIO | None = None) -> logging.Handler:
    """Sends what is logged to `stream` (standard error); returns the handler, for those who take it away again.

    As JSON: everything from "info" on, each request and question with it. Else only warnings and errors, as lines to
    read.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.INFO if as_json else logging.WARNING)
    logging.getLogger("famqa").setLevel(logging.INFO if as_json else logging.WARNING)
    logging.getLogger().addHandler(handler)
    return handler


class Requests:
    """The outermost middleware: gives each request its id, logs it when it is done, and counts it.

    What fails below without an answer of its own becomes one line and status 500, and its traceback goes to the log.
    """

    def __init__(self, app: ASGIApp, finished: Finished | None = None) -> None:
        self.app = app
        self._finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == REQUEST_ID_HEADER), b"")
        token = _request_id.set(sane_id(sent.decode("latin-1")))
        started, status, size, is_whole = time.perf_counter(), 0, 0, False

        async def tell(message: Message) -> None:
            nonlocal status, size, is_whole
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (REQUEST_ID_HEADER, request_id().encode())]}
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
                is_whole = not message.get("more_body")
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except Exception:  # the last one who could answer
            _log.exception("a request failed")
            if is_whole:
                return
            if status:
                raise  # half an answer is out: the connection must break, so that nobody takes it for a whole one
            body = json.dumps({"error": f"something went wrong here; the log says what under {request_id()}"}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await tell({"type": "http.response.start", "status": 500, "headers": headers})
            await tell({"type": "http.response.body", "body": body})
        finally:
            seconds = time.perf_counter() - started
            if self._finished is not None:
                self._finished(scope["method"], status, seconds)
            if scope["path"] not in _QUIET_PATHS:
                extra = {
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "bytes": size,
                    "ms": round(seconds * 1000, 1),
                }
                _log.info("request", extra=extra)
            _request_id.reset(token)


def sane_id(stated: str) -> str:
    """The id that a request came with, or a new one where that has none or one that could not stand in a log."""
    return stated if _SANE_ID.fullmatch(stated) else uuid.uuid4().hex
