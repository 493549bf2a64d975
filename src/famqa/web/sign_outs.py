"""`SignOuts`: the sessions that people have ended, kept in a file so that a restart does not bring them back.

    sign_outs.sqlite3: ended(session, until)      an id, and when the session would have ended by itself

The file holds no names and no cookies; an id alone opens nothing.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from famqa.errors import SettingsError

SIGN_OUTS = ".famqa-sign-outs.sqlite3"
MOST_KEPT = 100_000
KEPT_SECONDS = 7 * 24 * 3600  # beyond a session's end, since a clock may be set back
_WRITE_SECONDS, _READ_SECONDS = 5.0, 0.2  # that another process is waited for
_COUNTER_AT, _COUNTER_BYTES = 24, 4  # in SQLite's file header; another number after each change
_log = logging.getLogger(__name__)


class SignOuts:
    """Ids of ended sessions. What one process adds, the others that share the file know at their next look.

    Read from all `paths`, written to the first that takes it; where none does, an id lasts as long as the process, and
    the log says so. Raises `SettingsError` for a file that cannot be read.
    """

    def __init__(self, paths: Sequence[Path] = (), clock: Callable[[], float] = time.time) -> None:
        self._paths = tuple(paths)
        self._clock = clock
        self._writing = threading.Lock()
        self._unwritten: dict[str, float] = {}
        self._known: dict[Path, tuple[bytes, frozenset[str]]] = {}
        for path in self._paths:
            try:
                self._look(path, _WRITE_SECONDS)
            except (sqlite3.Error, OSError) as error:
                raise SettingsError(
                    f"the list of ended sessions {path} cannot be read ({error}); mend it, or remove it together with "
                    "the .famqa-session-key beside it: then everybody signs in anew"
                ) from None

    def __contains__(self, session: str) -> bool:
        for path in self._paths:
            with suppress(sqlite3.Error, OSError):  # what was read before still counts
                self._look(path, _READ_SECONDS)
        return session in self._unwritten or any(session in ended for _, ended in self._known.values())

    def add(self, sessions: Mapping[str, float]) -> None:
        """Notes ids with the time their sessions would have ended; on disk when it returns, which may take seconds."""
        with self._writing:
            self._unwritten = {**self._unwritten, **sessions}
            problem = ""
            for path in self._paths if self._unwritten else ():
                try:
                    self._write(path, self._unwritten)
                    self._look(path, _WRITE_SECONDS)
                except (sqlite3.Error, OSError) as error:
                    problem = problem or f"{path}: {error}"
                else:
                    self._unwritten = {}
                    return
            if problem:
                _log.warning("who has just signed out is remembered only until the server ends (%s)", problem)

    def _look(self, path: Path, seconds: float) -> None:
        """Reads the file if it has changed."""
        counter = _change_counter(path)
        if counter != self._known.get(path, (b"", frozenset()))[0]:
            with closing(sqlite3.connect(path, timeout=seconds)) as connection:
                ended = frozenset(session for (session,) in connection.execute("SELECT session FROM ended"))
            self._known[path] = counter, ended

    def _write(self, path: Path, sessions: Mapping[str, float]) -> None:
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path, timeout=_WRITE_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE IF NOT EXISTS ended (session TEXT PRIMARY KEY, until REAL NOT NULL)")
            connection.execute("DELETE FROM ended WHERE until < ?", (self._clock() - KEPT_SECONDS,))
            connection.executemany("INSERT OR REPLACE INTO ended VALUES (?, ?)", sessions.items())
            connection.execute("DELETE FROM ended WHERE rowid <= (SELECT max(rowid) FROM ended) - ?", (MOST_KEPT,))
            connection.execute("COMMIT")


def _change_counter(path: Path) -> bytes:
    """b"" for a file that is not there or empty."""
    try:
        with path.open("rb") as file:
            head = file.read(_COUNTER_AT + _COUNTER_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    return head[_COUNTER_AT:] or head  # one that is too short is not taken for none
