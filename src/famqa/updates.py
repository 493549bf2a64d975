"""`Updates`: the index brought up to date in a thread of its own, for all who watch.

One update at a time for a server: whoever starts a second one is told so, and everyone can see how far the first is.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from famqa import indexing, terminal
from famqa.errors import FamqaError, IndexBusyError
from famqa.generations import current_name
from famqa.indexing import Forecast, Report
from famqa.settings import Settings

Snapshot = dict[str, tuple[int, int]]
"""Size and time of the last change (ns) of every file, by path."""

_log = logging.getLogger(__name__)
_NICE = 10  # questions come first
_LOOK_SECONDS = 1.0  # between two looks at whether another process has built its index
_SHARES = {"reading": (0.0, 0.25), "embedding": (0.25, 0.65), "writing": (0.9, 0.1)}  # where a step begins, its length


@dataclass(frozen=True, slots=True)
class Status:
    """How far the update is, or how the last one ended; every change has another `number`."""

    number: int = 0
    is_running: bool = False
    is_stopping: bool = False
    step: str = ""  # "reading", "embedding" or "writing"; "" before the first; "waiting" for another process
    done: int = 0
    total: int = 0
    outcome: str = ""  # of the last one, one line; "" before there was any
    is_failure: bool = False  # that the last one failed
    report: Report | None = None  # of the last one, if it went well

    @property
    def fraction(self) -> float:
        """How much is done, from 0 to 1: the steps take up fixed shares of it, and it never goes back."""
        start, length = _SHARES.get(self.step, (0.0, 0.0))
        return start + length * (self.done / self.total if self.total else 0.0)


class UpdateStoppedError(FamqaError):
    """The update was given up before its end, by a visitor or because the server stops."""


class _Stopped(BaseException):
    """Ends an update between two steps; no `Exception`, so that nothing takes it for a failure."""


class Updates:
    """Starts updates of one index, tells how far they are and stops them. Safe to use from several threads.

    As soon as `is_ending` says that the server stops, so does a running update, and none is begun any more.
    """

    def __init__(self, settings: Settings, is_ending: Callable[[], bool] = lambda: False) -> None:
        self.settings = settings
        self._is_ending = is_ending
        self._changed = threading.Condition()
        self._status = Status()
        self._planning = threading.Lock()
        self._forecast: tuple[tuple[str, int], Forecast] | None = None

    def status(self) -> Status:
        """How it stands now."""
        return self._status

    def start(self) -> Status:
        """Begins an update and returns at once. Raises `IndexBusyError` while one is under way here."""
        return self._begin(False, False, True)[0]

    def run(self, full: bool = False, strict: bool = False, is_asked_for: bool = True) -> tuple[Report, float]:
        """Does an update and returns, once it is done, its report and the seconds it took.

        One that nobody asked for waits for other processes that build, and where there was nothing to do, what was
        told of the update before it stays. Raises `IndexBusyError` while one is under way here, `UpdateStoppedError`,
        and what `indexing.update` raises.
        """
        return self._begin(full, strict, is_asked_for)[1].result()

    def stop(self) -> bool:
        """Asks the running update to give up; whether there is one. What is served stays as it is."""
        with self._changed:
            if self._status.is_running:
                self._set(replace(self._status, is_stopping=True))
            return self._status.is_running

    def wait(self, number: int, seconds: float) -> Status:
        """The status as soon as its number is not `number`, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._status.number != number, seconds)
            return self._status

    def finish(self, seconds: float) -> bool:
        """Waits until nothing runs, so many seconds at most; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._status.is_running, seconds)

    def forecast(self) -> Forecast:
        """What an update would do now and take; known already while neither folder nor index have changed.

        New files are read for it. Raises `CorpusError`, `ModelError`, `IndexError_`.
        """
        with self._planning:
            seen = self.seen()
            if self._forecast is None or self._forecast[0] != seen:
                self._forecast = (seen, indexing.forecast(self.settings))
            return self._forecast[1]

    def seen(self) -> tuple[str, int]:
        """The served generation, and a number that is another one when a file of the folder has changed."""
        try:
            name = current_name(self.settings.index)
        except FamqaError:
            name = ""
        return name, hash(frozenset(snapshot(self.settings.corpus).items()))

    def _begin(self, full: bool, strict: bool, is_asked_for: bool) -> tuple[Status, Future[tuple[Report, float]]]:
        """The status of an update that begins, and where its result will be."""
        with self._changed:
            if self._status.is_running:
                raise IndexBusyError(f"an update is running already ({doing(self._status)}); wait until it is done")
            before = self._status
            status = self._set(Status(before.number, is_running=True))
        result: Future[tuple[Report, float]] = Future()
        # A thread never gets its priority back, so it must not be one of those that answer.
        threading.Thread(
            target=self._run, args=(full, strict, is_asked_for, before, result), name="famqa-update", daemon=True
        ).start()
        return status, result

    def _run(
        self, full: bool, strict: bool, is_asked_for: bool, before: Status, result: Future[tuple[Report, float]]
    ) -> None:
        give_way()
        started, seconds = time.perf_counter(), 0.0
        report: Report | None = None
        failure: Exception | None = None
        is_failure = True
        try:
            report = self._update(full, strict, is_asked_for)
            seconds = time.perf_counter() - started
            outcome, is_failure = terminal.summary(report, seconds), False
        except _Stopped:
            failure = UpdateStoppedError("the update was stopped, so the index was left as it was")
            outcome, is_failure = "the update was stopped; nothing has changed", False
        except FamqaError as error:
            outcome, failure = str(error), error
        except Exception as error:  # this thread has nobody above it who would tell
            _log.exception("an update failed")
            outcome, failure = "the update failed for a reason that was not foreseen; the log says what it was", error
        with self._changed:  # before the result is there, so that whoever gets it can begin the next one
            ended = Status(outcome=outcome, is_failure=is_failure, report=report)
            if report is not None and report.plan.is_up_to_date and not is_asked_for and before.report is not None:
                ended = before
            self._set(replace(ended, number=self._status.number))
        if report is not None:
            result.set_result((report, seconds))
        elif failure is not None:
            result.set_exception(failure)

    def _update(self, full: bool, strict: bool, is_asked_for: bool) -> Report:
        while True:
            try:
                return indexing.update(self.settings, full, self._progress, strict=strict)
            except IndexBusyError:
                if is_asked_for:
                    raise
                self._progress("waiting", 0, 0)
                time.sleep(_LOOK_SECONDS)

    def _progress(self, step: str, done: int, total: int) -> None:
        with self._changed:
            is_wanted = not (self._status.is_stopping or self._is_ending())
            if not is_wanted and (step != "writing" or not done):  # else it is published already
                raise _Stopped
            self._set(replace(self._status, step=step, done=done, total=total))

    def _set(self, status: Status) -> Status:
        """Only while the condition is held."""
        self._status = replace(status, number=self._status.number + 1)
        self._changed.notify_all()
        return self._status


def doing(status: Status) -> str:
    """What the update is at: "embedding 64 of 400 passages"."""
    match status.step:
        case "reading":
            return f"reading file {min(status.done + 1, status.total)} of {status.total}"
        case "embedding":
            return f"embedding {status.done} of {terminal.count(status.total, 'passage')}"
        case "writing":
            return "writing and checking the new index"
        case "waiting":
            return "waiting for another process that builds the index"
        case _:
            return "comparing the folder with the index"


def snapshot(corpus: Path) -> Snapshot:
    """All files below the folder as they are now, hidden ones left out; empty where the folder is not there."""
    found: Snapshot = {}
    for folder, subfolders, names in os.walk(corpus):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            path = Path(folder) / name
            if not name.startswith("."):
                with suppress(OSError):  # gone meanwhile
                    state = path.lstat()
                    found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found


def give_way() -> None:
    """Lets the threads that answer go first; on Linux each thread has a priority of its own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
