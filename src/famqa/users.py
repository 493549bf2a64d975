"""The users file: who may sign in, in which role, with scrypt hashes of the passwords. Read anew when it changes.

    # famqa users: name, role, hash of the password; written by `famqa users add`
    ann admin scrypt$15$8$3$c2FsdA==$aGFzaA==
    bob reader scrypt$15$8$3$…

A hash names its own costs (log2 of N, r, p), so that they can be raised later without a new password for everybody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import secrets
import tempfile
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from famqa.errors import FamqaError

Role = Literal["reader", "admin"]

_log = logging.getLogger(__name__)

ROLES: tuple[Role, ...] = get_args(Role)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 1024
COST, BLOCKS, PARALLEL = 15, 8, 3  # 32 MiB and about a quarter of a second: dear for who tries many
_MOST = (18, 16, 16)  # of each, in a hash that is read
HEADING = "# famqa users: name, role, hash of the password; written by `famqa users add`\n"


class UsersError(FamqaError):
    """The users file cannot be used, or a user cannot be added or removed."""


@dataclass(frozen=True, slots=True)
class User:
    """Who may sign in; `password_hash` as `hash_password` gives it."""

    name: str
    role: Role
    password_hash: str


def hash_password(password: str) -> str:
    """The password's hash with a new salt, as the users file holds it."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, COST, BLOCKS, PARALLEL)
    return "$".join(
        ("scrypt", str(COST), str(BLOCKS), str(PARALLEL), *(base64.b64encode(x).decode() for x in (salt, digest)))
    )


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one hashed. Without a hash: no, after the same work, so that time tells nothing."""
    if len(password) > MAX_PASSWORD_CHARS:
        return False
    nobody = f"scrypt${COST}${BLOCKS}${PARALLEL}${'A' * 22}==${'A' * 43}="
    costs, salt, digest = _parts(password_hash or nobody)
    same = hmac.compare_digest(_scrypt(password, salt, *costs), digest)
    return same and password_hash is not None


def _scrypt(password: str, salt: bytes, cost: int, blocks: int, parallel: int) -> bytes:
    given = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    memory = 128 * blocks * ((1 << cost) + parallel + 2)
    return hashlib.scrypt(given, salt=salt, n=1 << cost, r=blocks, p=parallel, maxmem=memory, dklen=32)


def _parts(password_hash: str) -> tuple[tuple[int, int, int], bytes, bytes]:
    """Costs, salt and digest of a hash; raises `ValueError` if it is none, or one that would take all memory."""
    kind, cost, blocks, parallel, salt, digest = password_hash.split("$")
    costs = int(cost), int(blocks), int(parallel)
    if kind != "scrypt" or not all(1 <= n <= most for n, most in zip(costs, _MOST, strict=True)):
        raise ValueError(password_hash)
    return costs, base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)


def read_users(path: Path) -> dict[str, User]:
    """The users of the file by name, in its order. Raises `UsersError` with the line that is wrong."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UsersError(f"there is no users file {path}; make one with `famqa users add NAME`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsersError(f"the users file {path} cannot be read: {_why(error)}") from None
    users: dict[str, User] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = line.split()
        try:
            name, role, password_hash = fields
            _parts(password_hash)
            if not NAME.fullmatch(name) or role not in ROLES or name in users:
                raise ValueError(name)
        except (ValueError, binascii.Error):
            raise UsersError(
                f"{path}, line {number}: not a user (name, role {' or '.join(ROLES)}, hash), or one named twice; "
                "mend or remove the line"
            ) from None
        users[name] = User(name, role, password_hash)
    return users


def add_user(path: Path, name: str, role: Role, password: str) -> bool:
    """Adds a user, or gives one a new role and password; True if it is a new one. Makes the file where there is none.

    Raises `UsersError` for a name or password that will not do.
    """
    if not NAME.fullmatch(name):
        raise UsersError(f"{name!r} is no user name; take up to 64 letters, digits and . _ @ + -")
    if len(password) < MIN_PASSWORD_CHARS:
        raise UsersError(f"the password is too short; take at least {MIN_PASSWORD_CHARS} characters")
    if len(password) > MAX_PASSWORD_CHARS:
        raise UsersError(f"the password is too long; take at most {MAX_PASSWORD_CHARS} characters")
    users = read_users(path) if path.exists() else {}
    is_new = name not in users
    users[name] = User(name, role, hash_password(password))
    _write(path, users)
    return is_new


def remove_user(path: Path, name: str) -> None:
    """Takes a user out of the file; raises `UsersError` if there is none of the name."""
    users = read_users(path)
    if name not in users:
        raise UsersError(f"there is no user {name!r} in {path}; `famqa users list` shows who there is")
    del users[name]
    _write(path, users)


def _write(path: Path, users: dict[str, User]) -> None:
    """Replaces the file in one step; only its owner may read it."""
    lines = HEADING + "".join(f"{user.name} {user.role} {user.password_hash}\n" for user in users.values())
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # made with mode 600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsersError(f"the users file {path} cannot be written: {_why(error)}") from None


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


class Users:
    """The users of a file as it stands now. A file that has gone wrong keeps those known before, and says so once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._users = read_users(path)

    def get(self, name: str) -> User | None:
        """The user of that name, if there is one."""
        stamp = self._stamp()
        with self._lock:
            if stamp != self._seen:
                self._seen = stamp
                try:
                    self._users, self.problem = read_users(self.path), ""
                except UsersError as error:
                    self.problem = str(error)
                    _log.warning("the users known before stay: %s", error)
            return self._users.get(name)

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)
