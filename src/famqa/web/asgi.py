"""What the middlewares share: who asks, for which path, and a refusal in one line. Pure ASGI, no framework."""

from __future__ import annotations

import html
import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from famqa.errors import SettingsError
from famqa.web.plain_page import plain_page

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Fields = Iterable[tuple[str, str]]

LOOPBACK = ("127.0.0.0/8", "::1")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")
IPV6_CLIENT_BITS = 64  # one household or server has at least this many addresses to change between


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses that are believed about the requests they pass on, such as those of a reverse proxy."""

    everything: bool
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    @classmethod
    def parse(cls, values: Iterable[str]) -> Networks:
        """From addresses and networks like 10.0.0.0/8; "*" is every address. Raises `SettingsError`."""
        stated = [value.strip() for value in values if value.strip()]
        try:
            networks = tuple(ipaddress.ip_network(value, strict=False) for value in stated if value != "*")
        except ValueError as error:
            raise SettingsError(f"trusted_proxies: {error}; give addresses or networks like 10.0.0.0/8") from None
        return cls("*" in stated, networks)

    def __contains__(self, address: str) -> bool:
        if self.everything:
            return True
        parsed = parsed_address(address)
        return parsed is not None and any(parsed in network for network in self.networks)


def parsed_address(text: str) -> Address | None:
    """The address without port, brackets and zone, an IPv4 one in IPv6 clothes as IPv4; None if it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def header(scope: Scope, name: str) -> str:
    """The value of a request header, several joined by commas; "" without it. `name` in lower case."""
    key = name.encode("latin-1")
    return ",".join(value.decode("latin-1") for given, value in scope.get("headers", ()) if given.lower() == key)


def route_path(scope: Scope) -> str:
    """The path below the root path, always with a leading slash; percent escapes are gone already."""
    path: str = scope.get("path", "")
    root: str = scope.get("root_path", "").rstrip("/")
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root) :]
    return path or "/"


def is_below(path: str, prefix: str) -> bool:
    """Whether the path is the prefix or lies below it; however many slashes, dots and capitals are put in.

    >>> is_below("//Documents/./queue", "/documents"), is_below("/documents-of-mine", "/documents")
    (True, False)
    """
    parts: list[str] = []
    for part in path.lower().replace("\\", "/").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return f"/{'/'.join(parts)}/".startswith(prefix.rstrip("/") + "/")


def peer(scope: Scope) -> str:
    """The address that the connection comes from; "" for a socket file."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def client_address(scope: Scope, trusted: Networks) -> str:
    """The address of who asks: the peer, or what trusted proxies say, read from the nearest one outward."""
    address = peer(scope)
    for hop in reversed(header(scope, "x-forwarded-for").split(",")):
        said = parsed_address(hop)
        if address not in trusted or said is None:
            break
        address = str(said)
    return address


def client_key(address: str) -> str:
    """One key for all addresses that a client can choose from: the address, of IPv6 its network."""
    parsed = parsed_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, IPV6_CLIENT_BITS), strict=False))
    return str(parsed or address)


def is_https(scope: Scope, trusted: Networks) -> bool:
    """Whether the visitor's side of the connection is encrypted, as far as it can be known."""
    said = header(scope, "x-forwarded-proto").split(",")[0].strip().lower()
    return scope.get("scheme") in ("https", "wss") or (said == "https" and peer(scope) in trusted)


def is_page_visit(scope: Scope) -> bool:
    """Whether a person opens a page, rather than a program or a script of the page asking."""
    return scope.get("method") in ("GET", "HEAD") and "text/html" in header(scope, "accept")


async def respond(send: Send, status: int, body: bytes, content_type: str, headers: Fields = ()) -> None:
    """Sends a whole response."""
    given = [("content-type", content_type), ("content-length", str(len(body))), *headers]
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def refuse(scope: Scope, send: Send, status: int, line: str, headers: Fields = ()) -> None:
    """Answers with one line: a page for a person, `{"error": line}` for a program; a websocket is closed."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": line[:120]})
        return
    if is_page_visit(scope):
        title = HTTPStatus(status).phrase
        home = html.escape(str(scope.get("root_path", "")).rstrip("/") + "/")
        body = f'<h1>{title}</h1><p>{html.escape(line)}</p><a href="{home}">Back to the questions</a>'
        await respond(send, status, plain_page(title, body), "text/html; charset=utf-8", headers)
        return
    text = json.dumps({"error": line}, ensure_ascii=False)
    await respond(send, status, text.encode(), "application/json", headers)
