"""`GradioRoutes`: of Gradio's own routes, those that our pages use. Everything else is not there.

Gradio brings routes that fetch any address (`proxy=`, `file=http…`), keep a visitor's state on disk (`deep_link`), or
take files on a page that asks for none. And a call whose data claims to be a file may name an address, which Gradio
would then download: such data is refused before Gradio sees it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from famqa.web.asgi import App, Message, Receive, Scope, Send, header, refuse, route_path

PREFIX = "/gradio_api/"
MAX_DEPTH = 60  # of the data of a call

_GET = re.compile(
    r"(?:info|openapi\.json|app_id|startup-events|theme\.css|heartbeat/[\w-]+|queue/(?:data|status)"
    r"|call/(?:v2/)?[\w-]+/[\w-]+)/?"
)
_POST = re.compile(r"(?:queue/join|call/(?:v2/)?[\w-]+|component_server|cancel|reset)/?")
_UPLOAD_GET = re.compile(r"upload_progress/?|file=.+", re.DOTALL)
_UPLOAD_POST = re.compile(r"upload/?")
_CALL = re.compile(r"(?:queue/join|call/(?:v2/)?[\w-]+|component_server)/?")
_CLOSED = frozenset({"login", "logout", "monitoring", "svelte", "pwa_icon", "robots.txt"})  # beside the API, not below


class GradioRoutes:
    """Lets through what the pages need; 404 for the rest. `uploads` are the paths of the pages that take files.

    A file is served only below such a page, and only out of the folder where Gradio keeps what it was given or made.
    """

    def __init__(self, app: App, *, pages: Sequence[str] = ("/documents", "/evaluation")) -> None:
        self.app = app
        self.pages = tuple(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        page = next((page for page in self.pages if path.startswith(page + "/")), "")
        rest = path[len(page) :]
        if not _is_open(scope["method"], rest, bool(page)):
            await refuse(scope, send, 404, "there is nothing here")
            return
        call = rest.removeprefix(PREFIX)
        if scope["method"] == "POST" and rest.startswith(PREFIX) and _CALL.fullmatch(call):
            if not header(scope, "content-type").lower().startswith("application/json"):  # a form may hold files
                await refuse(scope, send, 415, "a call is sent as application/json")
                return
            body = await _body(receive)
            if body is None:
                return  # who asked has gone
            if not _is_harmless(body, bool(page)):
                await refuse(scope, send, 400, "this call names a file that was not uploaded here")
                return
            receive = _replayed(body, receive)
        await self.app(scope, receive, send)


def _is_open(method: str, path: str, takes_files: bool) -> bool:
    """Whether a path, below the page's own, is one of those that are served."""
    if "/gradio_api" not in path.lower():
        return path.lower().strip("/").partition("/")[0] not in _CLOSED
    if not path.startswith(PREFIX):
        return False
    rest = path.removeprefix(PREFIX)
    if method in ("GET", "HEAD"):
        if _GET.fullmatch(rest):
            return True
        if not takes_files or not _UPLOAD_GET.fullmatch(rest):
            return False
        return not rest.startswith("file=") or is_kept_file(rest.removeprefix("file="))
    if method == "POST":
        return bool(_POST.fullmatch(rest) or (takes_files and _UPLOAD_POST.fullmatch(rest)))
    return False


def upload_folder() -> Path:
    """Where Gradio keeps files that were uploaded or made for a download."""
    return Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio").resolve()


def is_kept_file(name: str) -> bool:
    """Whether the path, as written or with its percent escapes undone, is a file in Gradio's own folder."""
    for path in {name, unquote(name)}:
        if "\x00" in path or "://" in path:
            return False
        try:
            resolved = Path(path).resolve()
        except (OSError, RuntimeError, ValueError):
            return False
        if not resolved.is_relative_to(upload_folder()):
            return False
    return True


def _is_harmless(body: bytes, takes_files: bool) -> bool:
    """Whether a call's JSON names no file, or only ones that were uploaded; bad JSON is left for Gradio to refuse."""
    try:
        data = json.loads(body)
    except ValueError:  # and a text that is not UTF-8
        return True
    except RecursionError:
        return False
    return _names_no_other_file(data, takes_files, 0)


def _names_no_other_file(data: Any, takes_files: bool, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(data, list):
        return all(_names_no_other_file(item, takes_files, depth + 1) for item in data)
    if not isinstance(data, dict):
        return True
    path = data.get("path")
    if isinstance(path, str) and not (takes_files and is_kept_file(path)):
        return False
    return all(_names_no_other_file(item, takes_files, depth + 1) for item in data.values())


async def _body(receive: Receive) -> bytes | None:
    """The whole body, which `BodyLimit` keeps small; None if the connection has ended before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """`receive` for an app that has not read the body yet."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again
