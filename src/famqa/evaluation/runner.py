"""The run that is going on: its questions are asked in a thread of its own, beside what others ask the assistant.

It can be stopped between two questions and gone on with later, also after the server was stopped.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from famqa.assistant import Assistant, Trace
from famqa.errors import FamqaError
from famqa.evaluation import run as running
from famqa.evaluation.facts import Facts
from famqa.evaluation.questions import QuestionSet
from famqa.evaluation.report import write_report
from famqa.evaluation.rows import Question
from famqa.evaluation.workbench import load, questions_of, shortened

_OTHERWISE = "undo that, or begin anew with --overwrite"  # what the command line would do
_log = logging.getLogger(__name__)


class Phase(StrEnum):
    """What became of the run that was started last."""

    NONE = "none"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is that was started last."""

    phase: Phase = Phase.NONE
    name: str = ""
    done: int = 0
    total: int = 0
    elapsed_s: float = 0.0
    done_before: int | None = None  # questions that an earlier part of the run asked; None until that is known
    problem: str = ""

    @property
    def is_running(self) -> bool:
        return self.phase in (Phase.RUNNING, Phase.STOPPING)


class _Stopped(Exception):
    """Raised between two questions; what was asked so far is kept."""


class Runner:
    """Asks the questions of at most one run at a time, beside whatever else the assistant is asked."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._progress = Progress()
        self._began = 0.0
        self._thread: threading.Thread | None = None

    def progress(self) -> Progress:
        """How far it is."""
        with self._lock:
            found = self._progress
            return replace(found, elapsed_s=time.monotonic() - self._began) if found.is_running else found

    def start(self, folder: Path) -> None:
        """Begins the run in `folder`, or goes on with it. Raises `FamqaError` if one is going on already."""
        questions = load(questions_of(folder), self._assistant.settings)
        with self._lock:
            if self._progress.is_running:
                raise FamqaError("a run is going on already; wait for it, or stop it first")
            self._stopping.clear()
            self._began = time.monotonic()
            self._progress = Progress(Phase.RUNNING, folder.name, 0, len(questions.questions))
        self._thread = threading.Thread(target=self._run, args=(folder, questions), name="famqa-eval", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops the run after the question that is being asked."""
        self._stopping.set()
        with self._lock:
            if self._progress.phase == Phase.RUNNING:
                self._progress = replace(self._progress, phase=Phase.STOPPING)

    def wait(self, seconds: float) -> bool:
        """Whether nothing is going on any more, after so many seconds at most."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.progress().is_running

    def _run(self, folder: Path, questions: QuestionSet) -> None:
        try:
            noted = running.with_notes(questions, Facts(self._assistant.generation()))
            ask = running.ask_with(self._assistant, noted)

            def unless_stopped(question: Question) -> Trace:
                if self._stopping.is_set():
                    raise _Stopped
                return ask(question)

            running.run(unless_stopped, self._assistant, noted, folder, resume=True, progress=self._came_to)
            write_report(folder)
            self._end(Phase.FINISHED)
        except _Stopped:
            self._end(Phase.STOPPED)
        except FamqaError as error:
            told = shortened(str(error), folder.parent).replace(_OTHERWISE, "undo that, or run the questions anew")
            self._end(Phase.FAILED, told)
        except Exception:  # nobody is above this thread
            _log.exception("an evaluation failed")
            self._end(Phase.FAILED, "something went wrong here while asking; the log says what it was")

    def _came_to(self, done: int) -> None:
        with self._lock:
            before = self._progress.done_before
            self._progress = replace(self._progress, done=done, done_before=done if before is None else before)

    def _end(self, phase: Phase, problem: str = "") -> None:
        with self._lock:
            elapsed_s = time.monotonic() - self._began
            self._progress = replace(self._progress, phase=phase, problem=problem, elapsed_s=elapsed_s)
