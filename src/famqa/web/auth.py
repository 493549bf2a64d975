"""`Authentication`: who may see what. Not used at all where no users, no proxy's header and no guests are set.

A person signs in on a page of ours and gets a cookie; a program sends name and password with each request (HTTP
Basic); or a proxy that has signed the person in names them in a header. What is below the administrator's paths is
kept from readers, Gradio's own queue and file routes of those pages included.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterable, Sequence
from contextlib import suppress
from urllib.parse import parse_qs, quote

from famqa.users import MAX_PASSWORD_CHARS, NAME, User, Users
from famqa.web.asgi import (
    LOOPBACK,
    SAFE_METHODS,
    App,
    Networks,
    Receive,
    Scope,
    Send,
    client_address,
    client_key,
    header,
    is_below,
    is_https,
    is_page_visit,
    peer,
    refuse,
    respond,
    route_path,
)
from famqa.web.origins import is_foreign
from famqa.web.passwords import Passwords, TooManyTries
from famqa.web.sessions import Sessions
from famqa.web.sign_in import SIGN_IN, SIGN_OUT, safe_target, sign_in_address, sign_in_page, sign_out_page
from famqa.web.sign_outs import SignOuts

OPEN_PATHS = ("/healthz", "/readyz", "/favicon.ico", SIGN_IN)
ADMIN_PAGES = ("/documents", "/evaluation", "/metrics")
ADMIN_CHANGES = ("/api/documents", "/api/index")  # looking is for everybody
PROGRAMS = ("/api", "/mcp", "/metrics")

FORM_BYTES = 16 << 10
_HTML = "text/html; charset=utf-8"


class Authentication:
    """Lets in who has signed in; `scope["state"]` then holds "user" and "role" for what comes behind.

    `users` for signing in and HTTP Basic; `proxy_header` for a name that comes from `identity_proxies`, which is an
    administrator's if it stands in `proxy_admins` or as one in the users file. `trusted_proxies` may say from where a
    request came. `secret` signs the cookies, `sign_outs` notes those ended early. With `guests`, who has not signed in
    is a reader.
    """

    def __init__(
        self,
        app: App,
        *,
        users: Users | None = None,
        secret: bytes,
        sign_outs: SignOuts | None = None,
        proxy_header: str = "",
        proxy_admins: Iterable[str] = (),
        identity_proxies: Sequence[str] = (),
        trusted_proxies: Sequence[str] = LOOPBACK,
        guests: bool = False,
    ) -> None:
        self.app = app
        self.guests = guests
        self.users = users
        self.passwords = Passwords(users, secret) if users is not None else None
        self.sessions = Sessions(secret, sign_outs)
        self.proxy_header = proxy_header.lower()
        self.proxy_admins = frozenset(proxy_admins)
        self.identity_proxies = Networks.parse(identity_proxies)
        self.trusted = Networks.parse((*trusted_proxies, *identity_proxies))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        if path in OPEN_PATHS and path != SIGN_IN:
            await self.app(scope, receive, send)
            return
        try:
            user = self._from_proxy(scope) or self._from_session(scope) or await self._from_basic(scope)
        except TooManyTries as error:
            await refuse(scope, send, 429, str(error), [("retry-after", str(error.seconds))])
            return
        if path == SIGN_IN and scope["type"] == "http" and self.passwords is not None:
            await self._sign_in(scope, receive, send, user, self.passwords)
        elif user is None and not self.guests:
            await self._ask_to_sign_in(scope, send)
        elif user is None:
            await self._be_a_guest(scope, receive, send)
        elif path == SIGN_OUT and scope["type"] == "http":
            await self._sign_out(scope, send, user)
        elif user.role != "admin" and is_for_admins(scope):
            await refuse(scope, send, 403, "this is for administrators; ask one, or sign in as one")
        else:
            scope.setdefault("state", {}).update(user=user.name, role=user.role)
            headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"authorization"]
            await self.app({**scope, "headers": headers}, receive, send)

    async def _be_a_guest(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A visitor without a name asks as a reader does; what is an administrator's is asked a name for."""
        if not is_for_admins(scope) and route_path(scope) != SIGN_OUT:
            scope.setdefault("state", {}).update(role="reader")
            await self.app(scope, receive, send)
        elif self.users is None and not self.proxy_header:
            await refuse(scope, send, 403, "this is for administrators, and there are none here")
        else:
            await self._ask_to_sign_in(scope, send)

    def _user(self, name: str) -> User | None:
        return self.users.get(name) if self.users is not None else None

    def _from_proxy(self, scope: Scope) -> User | None:
        """The user whom a trusted proxy names."""
        if not self.proxy_header or peer(scope) not in self.identity_proxies:
            return None
        name = header(scope, self.proxy_header).strip()
        if not NAME.fullmatch(name):
            return None
        known = self._user(name)
        is_admin = name in self.proxy_admins or (known is not None and known.role == "admin")
        return User(name, "admin" if is_admin else "reader", "")

    def _from_session(self, scope: Scope) -> User | None:
        return self.sessions.find(scope, self._user) if self.users is not None else None

    async def _from_basic(self, scope: Scope) -> User | None:
        """The user of an Authorization header. Raises `TooManyTries`."""
        given = header(scope, "authorization")
        if self.passwords is None or not given.lower().startswith("basic "):
            return None
        try:
            name, colon, password = base64.b64decode(given[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        if not colon or not _could_be(name, password):
            return None
        return await self.passwords.check(name, password, self._client(scope), remember=True)

    def _client(self, scope: Scope) -> str:
        return client_key(client_address(scope, self.trusted))

    async def _ask_to_sign_in(self, scope: Scope, send: Send) -> None:
        path = route_path(scope)
        if self.passwords is None:
            await refuse(scope, send, 401, "nobody is signed in; open this through the proxy that signs people in")
        elif scope["type"] == "http" and is_page_visit(scope):
            target = quote(path, safe="/=@:,~!$&'()*+;") + _query(scope)
            await respond(send, 303, b"", _HTML, [("location", sign_in_address(_root(scope), safe_target(target)))])
        else:
            basic = [("www-authenticate", 'Basic realm="famqa", charset="UTF-8"')]
            # A browser that is told of Basic asks for a password by itself, which no script of a page should cause.
            is_program = any(is_below(path, prefix) for prefix in PROGRAMS) and not header(scope, "sec-fetch-mode")
            line = "sign in first: name and password as HTTP Basic" if is_program else "sign in first: open the page"
            await refuse(scope, send, 401, line, basic if is_program else [])

    async def _sign_in(
        self, scope: Scope, receive: Receive, send: Send, user: User | None, passwords: Passwords
    ) -> None:
        root = _root(scope)
        if scope["method"] in ("GET", "HEAD"):
            target = safe_target(_first(parse_qs(_query(scope)[1:]), "next"))
            if user is not None:
                await respond(send, 303, b"", _HTML, [("location", root + target)])
            else:
                await respond(send, 200, sign_in_page(root + SIGN_IN, target), _HTML)
            return
        if scope["method"] != "POST" or is_foreign(scope):
            await refuse(scope, send, 403, "this form was not sent from its own page; open the page and sign in there")
            return
        form = await _form(receive)
        name, password, target = (
            _first(form, "name").strip(),
            _first(form, "password"),
            safe_target(_first(form, "next")),
        )
        status, problem, headers = 401, "This name and password do not belong together. Try again.", []
        with_name = name if NAME.fullmatch(name) else ""
        if _could_be(name, password):
            try:
                found = await passwords.check(name, password, self._client(scope))
            except TooManyTries as error:
                status, problem = 429, f"Too many failed tries. Wait {error.seconds} seconds, then try again."
                headers = [("retry-after", str(error.seconds))]
            else:
                if found is not None:
                    cookie = self.sessions.start(found, is_https(scope, self.trusted), root)
                    await respond(send, 303, b"", _HTML, [("location", root + target), ("set-cookie", cookie)])
                    return
        await respond(send, status, sign_in_page(root + SIGN_IN, target, with_name, problem), _HTML, headers)

    async def _sign_out(self, scope: Scope, send: Send, user: User) -> None:
        root = _root(scope)
        if scope["method"] in ("GET", "HEAD"):
            await respond(send, 200, sign_out_page(root + SIGN_OUT, root + "/", user.name), _HTML)
        elif scope["method"] != "POST" or is_foreign(scope):
            await refuse(scope, send, 403, "this form was not sent from its own page; open the page and sign out there")
        else:
            cookie = await asyncio.to_thread(self.sessions.end, scope, is_https(scope, self.trusted), root)
            to = root + (SIGN_IN if self.passwords is not None else "/")
            # What the browser keeps of the conversations is not for whoever signs in there next.
            clear = ("clear-site-data", '"storage"')
            await respond(send, 303, b"", _HTML, [("location", to), ("set-cookie", cookie), clear])


def is_for_admins(scope: Scope) -> bool:
    """Whether a request is kept from readers."""
    path = route_path(scope)
    changes = scope["type"] != "http" or scope["method"] not in SAFE_METHODS
    return any(is_below(path, prefix) for prefix in ADMIN_PAGES) or (
        changes and any(is_below(path, prefix) for prefix in ADMIN_CHANGES)
    )


def _could_be(name: str, password: str) -> bool:
    return NAME.fullmatch(name) is not None and 0 < len(password) <= MAX_PASSWORD_CHARS


def _root(scope: Scope) -> str:
    return str(scope.get("root_path", "")).rstrip("/")


def _query(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"?{query}" if query else ""


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


async def _form(receive: Receive) -> dict[str, list[str]]:
    """The fields of a form, as far as this one can be long."""
    body = b""
    while len(body) <= FORM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    with suppress(ValueError):  # more fields than it has
        return parse_qs(body[:FORM_BYTES].decode("utf-8", "replace"), max_num_fields=10, keep_blank_values=True)
    return {}
