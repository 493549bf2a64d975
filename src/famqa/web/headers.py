"""`SecurityHeaders`: what a browser may do with a response. Nothing from elsewhere, and nothing goes elsewhere.

The policy of a page allows the page's own inline scripts by their digests, not inline scripts as such: an event
handler or a `javascript:` link that got into the page from a document would not run. Two things Gradio needs, found
by trying without them in Chromium:

- `'unsafe-eval'`: its HTML component makes a function of its template (`Function(…, "return `${value}`")`). The
  template is ours; what comes from documents is passed to it as a value. Only Gradio's pages have it.
- `style-src 'unsafe-inline'`: its components set `style` attributes, and its theme is a `style` element.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from famqa.web.asgi import App, Message, Receive, Scope, Send, route_path

_SCRIPT = re.compile(rb"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_CONFIG = re.compile(r"^\s*window\.gradio_config\s*=\s*(\{.*\})\s*;\s*$", re.DOTALL)
_ASSETS = re.compile(r"/(?:assets|static)/[^?]+\.(?:js|css|woff2?|png|svg|ico)$")

PERMISSIONS = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=(), clipboard-write=(self)"
)
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"  # a file is looked at, it does nothing
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


class SecurityHeaders:
    """Puts the headers on every response; also takes off Gradio's, which let any site read with cookies.

    `frame_ancestors` are the sites that may show the page in a frame, as a Content-Security-Policy names them.
    """

    def __init__(self, app: App, *, frame_ancestors: Sequence[str] = ()) -> None:
        self.app = app
        self.frame_ancestors = " ".join(frame_ancestors) or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        held: list[bytes] = []

        async def send_with_headers(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                content_type = _value(message, b"content-type")
                if content_type.startswith("text/html") and not _value(message, b"content-encoding"):
                    start = message  # its scripts must be seen before its headers can be sent
                    return
                policy = self._policy_of_file(route_path(scope), content_type)
                await send({**message, "headers": self._headers(scope, message, policy)})
            elif start is not None and message["type"] == "http.response.body":
                held.append(message.get("body", b""))
                if not message.get("more_body"):
                    body = b"".join(held)
                    policy = page_policy(body, self.frame_ancestors)
                    if _is_file(route_path(scope)):
                        policy = FILE_POLICY
                    await send({**start, "headers": self._headers(scope, start, policy)})
                    await send({"type": "http.response.body", "body": body})
            else:
                await send(message)

        await self.app(scope, receive, send_with_headers)

    def _policy_of_file(self, path: str, content_type: str) -> str:
        if _is_file(path):
            return FILE_POLICY
        if "javascript" in content_type:  # a worker is held to the policy of its own file
            return policy((), self.frame_ancestors)
        return DATA_POLICY

    def _headers(self, scope: Scope, message: Message, policy_text: str) -> list[tuple[bytes, bytes]]:
        ours = {
            "content-security-policy": policy_text,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": PERMISSIONS,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if self.frame_ancestors == "'none'":
            ours["x-frame-options"] = "DENY"
        if _ASSETS.search(route_path(scope)) and message["status"] < 400:
            ours["cache-control"] = _value(message, b"cache-control") or "no-cache"  # asked again, not sent again
        else:
            ours["cache-control"] = "no-store"
        kept = [
            (name, value)
            for name, value in message.get("headers", ())
            if name.lower().decode("latin-1") not in ours
            and not name.lower().startswith(b"access-control-")
            and name.lower() != b"server"
        ]
        return kept + [(name.encode(), value.encode("latin-1")) for name, value in ours.items()]


def policy(script_sources: Iterable[str], frame_ancestors: str = "'none'") -> str:
    """The Content-Security-Policy of a page whose scripts are its own and `script_sources`."""
    scripts = " ".join(["'self'", *dict.fromkeys(script_sources)])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-src 'self'; object-src 'none'; "
        f"base-uri 'self'; form-action 'self'; frame-ancestors {frame_ancestors}"
    )


def page_policy(page: bytes, frame_ancestors: str = "'none'") -> str:
    """The policy of an HTML page: its inline scripts by digest, those that Gradio will add from its config as well."""
    sources: list[str] = []
    for attributes, script in _SCRIPT.findall(page):
        if b"src=" in attributes.lower() or b"json" in attributes.lower():
            continue
        sources.append(_digest(script))
        config = _config(script)
        if config is not None:
            sources.append("'unsafe-eval'")
            sources += [_digest(added) for added in _added_scripts(config)]
    return policy(sources, frame_ancestors)


def _digest(script: bytes) -> str:
    """A script's source expression; the browser sees line ends as LF."""
    seen = script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(seen).digest()).decode()}'"


def _config(script: bytes) -> dict[str, Any] | None:
    found = _CONFIG.match(script.decode("utf-8", "replace"))
    if found is None:
        return None
    try:
        config = json.loads(found[1])
    except ValueError:
        return None
    return config if isinstance(config, dict) else None


def _added_scripts(config: dict[str, Any]) -> Iterator[bytes]:
    """Inline scripts that HTML components bring along in `head`; a component's value is never looked at."""
    for component in config.get("components", ()):
        head = component.get("props", {}).get("head")
        if isinstance(head, str):
            for _, script in _SCRIPT.findall(head.encode()):
                yield script


def _is_file(path: str) -> bool:
    """Whether it is a file that Gradio was given or has made, not a page."""
    return "/gradio_api/file" in path


def _value(message: Message, name: bytes) -> str:
    return next((v.decode("latin-1").lower() for n, v in message.get("headers", ()) if n.lower() == name), "")
