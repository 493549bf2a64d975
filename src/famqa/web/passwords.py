"""Checking passwords at a measured pace: slowly for those who fail, quickly for a program that has just been right."""

from __future__ import annotations

import asyncio
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from famqa.users import User, Users, is_password

FREE_FAILURES = 5
LONGEST_WAIT_SECONDS = 300
LONGEST_NAME_WAIT_SECONDS = 30  # else anybody could keep a user out
FORGOTTEN_SECONDS = 3600
MOST_KEPT = 10_000
BASIC_SECONDS = 600
CHECKED_AT_ONCE = 2  # each takes 32 MiB and a core


class Failures:
    """Failed tries by key: the first few are free, then each doubles the wait. Forgets those longest ago."""

    def __init__(self, longest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest_seconds
        self._clock = clock
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the last was

    def wait(self, key: str) -> float:
        """Seconds until the key may try again; 0.0 if it may now."""
        tries, last = self._tries.get(key, (0, 0.0))
        if tries < FREE_FAILURES:
            return 0.0
        return max(0.0, last + min(2.0 ** (tries - FREE_FAILURES), self._longest) - self._clock())

    def begin(self, key: str) -> None:
        """Counts a try before it is known how it ends, so that many at once are not free."""
        now = self._clock()
        tries, last = self._tries.pop(key, (0, now))
        self._tries[key] = (1 if now - last > FORGOTTEN_SECONDS else tries + 1, now)
        if len(self._tries) > MOST_KEPT:
            self._tries.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forgets the key's failures."""
        self._tries.pop(key, None)

    def __len__(self) -> int:
        return len(self._tries)


class TooManyTries(Exception):
    """Another try may be made in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many failed tries; try again in {seconds} {'second' if seconds == 1 else 'seconds'}")
        self.seconds = seconds


class Passwords:
    """Checks names and passwords, slowly for those who fail, and quickly for a program that has just been right."""

    def __init__(self, users: Users, key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._users = users
        self._key = key
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()  # digest: hash it was checked by, end
        self._running: dict[bytes, asyncio.Task[User | None]] = {}
        self._by_address = Failures(LONGEST_WAIT_SECONDS, clock)
        self._by_name = Failures(LONGEST_NAME_WAIT_SECONDS, clock)
        self._slots = asyncio.Semaphore(CHECKED_AT_ONCE)

    async def check(self, name: str, password: str, address: str, remember: bool = False) -> User | None:
        """The user whose password this is. Raises `TooManyTries` where this address or name must wait.

        With `remember`, the same pair is right for the next minutes without the work, as long as the user's hash stays.
        """
        digest = hmac.digest(self._key, f"{name}\0{password}".encode("utf-8", "surrogatepass"), "sha256")
        if remember and (user := self._recent(name, digest)):
            return user
        task = self._running.get(digest)  # many at once with the same password are one try
        if task is None:
            if seconds := math.ceil(max(self._by_address.wait(address), self._by_name.wait(name))):
                raise TooManyTries(seconds)
            self._by_address.begin(address)
            self._by_name.begin(name)
            task = asyncio.create_task(self._check(name, password, address, digest))
            self._running[digest] = task
            task.add_done_callback(lambda _: self._running.pop(digest, None))
        return await asyncio.shield(task)

    async def _check(self, name: str, password: str, address: str, digest: bytes) -> User | None:
        user = self._users.get(name)
        async with self._slots:
            right = await asyncio.to_thread(is_password, password, user.password_hash if user else None)
        if not right or user is None:
            return None
        self._by_address.succeeded(address)
        self._by_name.succeeded(name)
        self._known[digest] = (user.password_hash, self._clock() + BASIC_SECONDS)
        if len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
        return user

    def _recent(self, name: str, digest: bytes) -> User | None:
        """The user, if the same name and password were found right a short while ago and still are."""
        checked_by, end = self._known.get(digest, ("", 0.0))
        user = self._users.get(name)
        return user if user is not None and user.password_hash == checked_by and end > self._clock() else None
