"""`OriginGuard`: a page of another site cannot use this server through a visitor's browser.

It matters on a laptop too, where nobody signs in: any page in the browser can send requests to 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from famqa.web.asgi import FORWARDED, SAFE_METHODS, App, Networks, Receive, Scope, Send, header, peer, refuse

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_FORWARDED = tuple(name.encode("latin-1") for name in FORWARDED)


class OriginGuard:
    """Refuses what another site sends, and names that are not this server's; drops what strangers say of themselves.

    `hosts` are the names that the server may be asked by; without any, every name will do. They stop a page whose own
    name was made to point to this machine. `trusted_proxies` may say in `X-Forwarded-…` who asks, others may not.
    `identity_header` is the header in which one of `identity_proxies` names the user; from others it is taken off.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: Iterable[str] = (),
        trusted_proxies: Sequence[str] = (),
        identity_header: str = "",
        identity_proxies: Sequence[str] = (),
    ) -> None:
        self.app = app
        self.hosts = frozenset(_bare(host) for host in hosts)
        self.trusted = Networks.parse(trusted_proxies)
        self.identity_header = identity_header.lower().encode("latin-1")
        self.identity_proxies = Networks.parse(identity_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        dropped = set() if peer(scope) in self.trusted else set(_FORWARDED)
        if peer(scope) not in self.identity_proxies:
            dropped.add(self.identity_header)
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in dropped]
        scope = {**scope, "headers": headers}
        host = header(scope, "host")
        if self.hosts and _bare(host) not in self.hosts:
            line = f"this server is not known as {host[:80]!r}; add the name to allowed_hosts"
            await refuse(scope, send, 421, line)
        elif is_foreign(scope):
            await refuse(scope, send, 403, "another site may not send this; open the page itself")
        else:
            await self.app(scope, receive, send)


def served_hosts(bound: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """The names a server may be asked by: those allowed and the machine's own names for itself.

    None, which is any, where none are stated and it listens to more than itself.
    """
    stated = tuple(allowed)
    return (*LOOPBACK_NAMES, *stated) if stated or _is_loopback(bound) else ()


def is_foreign(scope: Scope) -> bool:
    """Whether a browser sends this for another site, and it is more than a look at a page.

    Browsers say so in Sec-Fetch-Site, or, over plain HTTP, in Origin. A program says neither and has no cookies to
    be misused.
    """
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return False
    site = header(scope, "sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = header(scope, "origin")
    if not origin:
        return False
    own = {header(scope, "host").lower(), header(scope, "x-forwarded-host").split(",")[0].strip().lower()}
    return urlsplit(origin).netloc.lower() not in own - {""}


def _bare(host: str) -> str:
    """A host without its port, in lower case."""
    host = host.strip().lower().rstrip(".")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]


def _is_loopback(bound: str) -> bool:
    if bound.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(bound.strip("[]")).is_loopback
    except ValueError:
        return False
