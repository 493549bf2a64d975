"""Sessions without a store: a signed cookie that names the user. Only those ended early are noted (`sign_outs`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from famqa.errors import SettingsError
from famqa.users import User
from famqa.web.asgi import Scope, header
from famqa.web.sign_outs import SignOuts

KEY_NAME = ".famqa-session-key"
SECRET_BYTES = 32
SESSION_SECONDS = 7 * 24 * 3600


class Sessions:
    """Makes and reads the session cookie. It ends with its time, a sign-out, a new password or the user's removal."""

    def __init__(
        self,
        secret: bytes,
        sign_outs: SignOuts | None = None,
        seconds: int = SESSION_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret = secret
        self._sign_outs = SignOuts() if sign_outs is None else sign_outs
        self._clock = clock
        self.seconds = seconds
        self.cookie = f"famqa-{hashlib.sha256(b'cookie' + secret).hexdigest()[:8]}"  # two servers on one machine

    def start(self, user: User, secure: bool, path: str) -> str:
        """The Set-Cookie value of a new session, for pages below `path`."""
        body = [user.name, int(self._clock()) + self.seconds, secrets.token_urlsafe(12), self._mark_of(user)]
        payload = _encode(json.dumps(body).encode())
        return self._set_cookie(f"{payload}.{self._sign(payload)}", self.seconds, secure, path)

    def find(self, scope: Scope, user_of: Callable[[str], User | None]) -> User | None:
        """The user of the request's session, if it has one that still holds."""
        for token in self._tokens(scope):
            if (body := self._read(token)) is not None and body[2] not in self._sign_outs:
                user = user_of(body[0])
                if user is not None and hmac.compare_digest(self._mark_of(user), body[3]):
                    return user
        return None

    def end(self, scope: Scope, secure: bool, path: str) -> str:
        """Ends the request's session, on disk; the Set-Cookie value that takes the cookie away."""
        read = [self._read(token) for token in self._tokens(scope)]
        self._sign_outs.add({body[2]: body[1] for body in read if body is not None})
        return self._set_cookie("", 0, secure, path)

    def _tokens(self, scope: Scope) -> list[str]:
        """What the request's cookies of our name hold; several where a browser has kept an older one."""
        named = (part.strip().partition("=") for part in re.split("[;,]", header(scope, "cookie")))
        return [value for name, _, value in named if name == self.cookie][:4]

    def _read(self, token: str) -> tuple[str, int, str, str] | None:
        """Name, end, id and mark of a token that we have signed and that has not run out."""
        payload, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(payload).encode(), signature.encode()):
            return None
        name, end, session, mark = json.loads(_decode(payload))
        return (name, end, session, mark) if end > self._clock() else None

    def _sign(self, payload: str) -> str:
        return _encode(hmac.digest(self._secret, b"session" + payload.encode("utf-8", "replace"), "sha256"))

    def _mark_of(self, user: User) -> str:
        """Changes with the password."""
        return _encode(hmac.digest(self._secret, b"mark" + user.password_hash.encode(), "sha256")[:12])

    def _set_cookie(self, value: str, seconds: int, secure: bool, path: str) -> str:
        parts = [f"{self.cookie}={value}", f"Path={path or '/'}", f"Max-Age={seconds}", "HttpOnly", "SameSite=Lax"]
        return "; ".join([*parts, "Secure"] if secure else parts)


def session_secret(folders: Sequence[Path]) -> bytes:
    """The key that sessions are signed with: that of the first folder which has one, else a new one kept there.

    Where no folder can be written to the key lasts as long as the process, and so do the sessions. Raises
    `SettingsError` for a key that others could read.
    """
    for folder in folders:
        path = folder / KEY_NAME
        with suppress(OSError):
            if path.exists():
                return _checked(path)
    for folder in folders:
        path, secret = folder / KEY_NAME, secrets.token_bytes(SECRET_BYTES)
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:  # another process was faster
                return _checked(path)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(secret)
            except OSError:  # the disk is full; half a key would be taken for a damaged one
                path.unlink(missing_ok=True)
                raise
            return secret
    return secrets.token_bytes(SECRET_BYTES)


def _checked(path: Path) -> bytes:
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES or path.stat().st_mode & 0o077:
        raise SettingsError(f"the session key {path} is damaged or readable by others; remove it, a new one is made")
    return secret


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
