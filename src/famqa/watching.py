"""Following a folder of documents: the index is brought up to date while questions are answered."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from watchfiles import watch

from famqa import terminal
from famqa.errors import FamqaError, IndexBusyError, IndexError_
from famqa.generations import is_rolled_back
from famqa.indexing import Report
from famqa.settings import Settings
from famqa.updates import Updates, UpdateStoppedError, give_way, snapshot

Say = Callable[[str], None]
"""Takes one line about what was done or what failed."""

QUIET_SECONDS = 1.5  # without any change, after which writing is taken to have stopped
_LONGEST_WAIT_SECONDS = 600  # for a file that never stops growing, such as a log
_RETRY_SECONDS = 60  # after a failure, which may mend itself as a full disk does
_LOOK_SECONDS = 1.0  # between two looks at whether to stop, and at whether another builder is done


class _Stopped(Exception):
    """The watcher is to end."""


class Watcher:
    """Updates the index in a thread of its own whenever files of the corpus folder are new, changed or gone.

    It waits until no file has changed for `quiet_seconds`, and for an update that others have begun through the same
    `updates` or in another process. What fails is said in one line and does not end it. An index that was rolled back
    to is left alone until the folder changes.
    """

    def __init__(
        self, settings: Settings, say: Say, quiet_seconds: float = QUIET_SECONDS, updates: Updates | None = None
    ) -> None:
        self._settings = settings
        self._say = say
        self._quiet_seconds = quiet_seconds
        self._stop = threading.Event()
        self._updates = updates or Updates(settings, self._stop.is_set)
        self._thread = threading.Thread(target=self._run, name="famqa-watch", daemon=True)
        self._is_polling = False
        self._last_failure = ""

    def start(self) -> None:
        """Begins to watch; what has changed since the last update is taken up at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; an update is given up, and the index stays as it was. Shared `updates` have to end by themselves."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        give_way()
        due = time.monotonic()  # the folder may have changed before it was watched
        with suppress(IndexError_):
            due = math.inf if is_rolled_back(self._settings.index) else due
        while not self._stop.is_set():
            try:
                for is_changed in self._changes():
                    if is_changed or time.monotonic() >= due:
                        due = math.inf if self._bring_up_to_date() else time.monotonic() + _RETRY_SECONDS
                self._stop.wait(_LOOK_SECONDS)  # the folder itself has gone, or is another one
            except _Stopped:
                return
            except OSError as error:  # no more watches are to be had from the system, or it has none
                self._tell_failure(f"the folder cannot be watched ({error}); it is looked at every second instead")
                self._is_polling = True
                self._stop.wait(_LOOK_SECONDS)
            except Exception as error:  # this thread has nobody above it who could do better
                self._tell_failure(f"{type(error).__name__}: {error}")
                self._stop.wait(_RETRY_SECONDS)
            due = time.monotonic()

    def _changes(self) -> Iterator[bool]:
        """Whether files have changed since the last look, every second; ends when the folder is not the same."""
        corpus = self._settings.corpus
        identity = _identity(corpus)
        if identity is None:
            self._tell_failure(f"the corpus folder '{corpus}' is not there; it is waited for")
            return
        home, index = corpus.resolve(), self._settings.index.resolve()
        for changed in watch(
            home,
            watch_filter=lambda _, path: _may_be_document(Path(path), home, index),
            stop_event=self._stop,
            rust_timeout=int(_LOOK_SECONDS * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._is_polling or None,
            ignore_permission_denied=True,
        ):
            if self._stop.is_set() or _identity(corpus) != identity:
                return
            yield bool(changed)

    def _bring_up_to_date(self) -> bool:
        """Waits for quiet and updates; whether that went well."""
        self._wait_for_quiet()
        try:
            report, seconds = self._update()
        except UpdateStoppedError:
            if self._stop.is_set():
                raise _Stopped from None
            self._say("the update was stopped; the next change of a file begins another")
            return True
        except FamqaError as error:
            self._tell_failure(str(error))
            return False
        self._last_failure = ""
        if not report.plan.is_up_to_date:
            self._say(terminal.summary(report, seconds))
            for line in [*report.plan.remarks, *(f"not indexed: {failure.reason}" for failure in report.failed)]:
                self._say(line)
        return True

    def _update(self) -> tuple[Report, float]:
        """Updates as soon as nobody else does; what it did and the seconds it took."""
        while True:
            try:
                return self._updates.run(is_asked_for=False)
            except IndexBusyError:
                if self._stop.wait(_LOOK_SECONDS):
                    raise _Stopped from None

    def _wait_for_quiet(self) -> None:
        latest = time.monotonic() + _LONGEST_WAIT_SECONDS
        before = snapshot(self._settings.corpus)
        while time.monotonic() < latest:
            if self._stop.wait(self._quiet_seconds):
                raise _Stopped
            now = snapshot(self._settings.corpus)
            if now == before:
                return
            before = now

    def _tell_failure(self, reason: str) -> None:
        if reason != self._last_failure:  # once, and not at each attempt
            self._say(f"the index could not be brought up to date: {reason}")
        self._last_failure = reason


@contextmanager
def watching(settings: Settings, say: Say, updates: Updates | None = None) -> Iterator[None]:
    """The folder is followed while the context lasts; with `updates`, through those that others start too."""
    watcher = Watcher(settings, say, updates=updates)
    watcher.start()
    try:
        yield
    finally:
        watcher.stop()


def _may_be_document(path: Path, corpus: Path, index: Path) -> bool:
    """Whether a path may be a file of the corpus: not hidden, and not in the index, should that lie inside."""
    if path.is_relative_to(index) or not path.is_relative_to(corpus):
        return False
    return not any(part.startswith(".") for part in path.relative_to(corpus).parts)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one of the same name; None where it is not there."""
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
