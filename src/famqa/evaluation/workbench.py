"""Question files and runs kept beside an index, for whoever evaluates in the browser.

<index>/questions/           question files that were uploaded
<index>/runs/<utc>-<name>/   a run as `famqa eval --out` writes it, with the question file that it asks
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from famqa.assistant import Assistant
from famqa.errors import FamqaError
from famqa.evaluation import run as running
from famqa.evaluation.feedback_questions import export
from famqa.evaluation.questions import LeftOut, QuestionSet, load_questions
from famqa.evaluation.run_folder import METRICS, RUN, SCORES, Row
from famqa.feedback import Feedback
from famqa.settings import Settings
from famqa.terminal import count

SUFFIXES = (".jsonl", ".csv", ".tsv", ".json")
FEEDBACK_KEY = "feedback"

_NAME_CHARS = 80
_RUN_NAME = re.compile(r"\d{8}T\d{6}Z-[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """A file of questions that can be chosen."""

    key: str  # "evaluation/smoke.jsonl", "uploaded/mine.csv", "feedback"
    label: str
    path: Path


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line about a run; `problem` says why it cannot be read, "" if it can."""

    name: str
    file: str  # the name of the question file
    questions: int
    done: int
    is_finished: bool
    started: datetime | None
    right: float | None  # share of the questions, once it is finished
    questions_sha256: str = ""
    problem: str = ""


class Files:
    """The question files and runs beside one index."""

    def __init__(self, settings: Settings, bundled: Path | None = None) -> None:
        """`bundled` is a folder with question files to choose from: by default `evaluation` beside the corpus."""
        self._settings = settings
        self._bundled = settings.corpus.absolute().parent / "evaluation" if bundled is None else bundled
        self._uploads = settings.index / "questions"
        self._runs = settings.index / "runs"
        self.feedback = Feedback(settings.index)
        self.feedback_file = self._runs / "feedback.jsonl"  # written when it is chosen

    def question_files(self) -> list[QuestionFile]:
        """What can be chosen: the project's own files, earlier uploads, and the feedback if there is any."""
        found = [
            QuestionFile(f"{kind}/{path.name}", f"{path.name}{note}", path)
            for kind, note, folder in (("evaluation", "", self._bundled), ("uploaded", " (uploaded)", self._uploads))
            for path in _listed(folder)
        ]
        number = 0
        with suppress(FamqaError):  # a file that cannot be read is told of by famqa questions export
            number = self.feedback.count()
        if number:
            label = f"Feedback so far ({count(number, 'verdict')})"
            found.append(QuestionFile(FEEDBACK_KEY, label, self.feedback_file))
        return found

    def chosen(self, key: str, assistant: Assistant) -> Path:
        """The file of a key; that of the feedback is written now. Raises `FamqaError` if there is none."""
        chosen = next((file for file in self.question_files() if file.key == key), None)
        if chosen is None:
            raise FamqaError("this question file is not there any more; choose another")
        if key == FEEDBACK_KEY:
            export(self.feedback, chosen.path, force=True, catalog=assistant.generation().catalog)
        return chosen.path

    def load(self, key: str, assistant: Assistant) -> QuestionSet:
        """The questions of a file that can be asked. Raises `FamqaError` where there are none."""
        path = self.chosen(key, assistant)
        try:
            return load(path, self._settings)
        except FamqaError:
            if key != FEEDBACK_KEY:
                raise
            told = "no verdict makes a question yet: that takes an answer found right, or the right one for a wrong one"
            raise FamqaError(told) from None

    def add(self, upload: Path) -> QuestionFile:
        """Keeps an uploaded file, under its own name where that is free. Raises `FamqaError` for one of no use."""
        name = _safe(upload.name)
        if Path(name).suffix.lower() not in SUFFIXES:
            raise FamqaError(f"{upload.name[:_NAME_CHARS]}: no question file; upload {', '.join(SUFFIXES)}")
        load(upload, self._settings)
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = _free(self._uploads, Path(name).stem, Path(name).suffix.lower())
        shutil.copyfile(upload, path)
        return next(file for file in self.question_files() if file.path == path)

    def remove(self, key: str) -> None:
        """Removes an uploaded file; the runs that asked it keep a copy."""
        chosen = next((file for file in self.question_files() if file.key == key), None)
        if chosen is not None and self.is_upload(key):
            chosen.path.unlink(missing_ok=True)

    @staticmethod
    def is_upload(key: str) -> bool:
        """Whether the file was uploaded here, and so can be removed here."""
        return key.startswith("uploaded/")

    def new_run(self, questions: Path) -> Path:
        """A new folder for a run, with a copy of its question file."""
        stem = _safe(questions.stem)[:40]
        folder = _free(self._runs, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{stem}", "")
        (folder / "questions").mkdir(parents=True)
        shutil.copyfile(questions, folder / "questions" / questions.name)
        return folder

    def run_folder(self, name: str) -> Path:
        """The folder of a run by name. Raises `FamqaError` if there is none."""
        folder = self._runs / name
        if not _RUN_NAME.fullmatch(name) or not folder.is_dir():
            raise FamqaError("this run is not there any more; choose another")
        return folder

    def runs(self) -> list[RunSummary]:
        """All runs, the newest first."""
        if not self._runs.is_dir():
            return []
        names = sorted((path.name for path in self._runs.iterdir() if _RUN_NAME.fullmatch(path.name)), reverse=True)
        return [_summary(self._runs / name) for name in names]

    def delete_run(self, name: str) -> None:
        """Deletes a run with all that was found. Raises `FamqaError` if there is none."""
        shutil.rmtree(self.run_folder(name), ignore_errors=True)


def load(path: Path, settings: Settings) -> QuestionSet:
    """The questions of a file that can be asked; what is told of it names the file, not where it lies.

    Raises `FamqaError` where there are none.
    """
    try:
        found = running.askable(load_questions(path), settings)
    except FamqaError as error:
        raise FamqaError(shortened(str(error), path.parent)) from None
    left_out = tuple(LeftOut(shortened(row.where, path.parent), row.why) for row in found.left_out)
    return replace(found, path=Path(path.name), left_out=left_out)


def questions_of(folder: Path) -> Path:
    """The copy of the question file that a run's folder holds. Raises `FamqaError` if it is gone."""
    path = next(iter(_listed(folder / "questions")), None)
    if path is None:
        raise FamqaError("the run has lost its question file, so it cannot be gone on with; delete it")
    return path


def shortened(text: str, folder: Path) -> str:
    """The text with the folder taken off the paths in it: its reader knows files by their names."""
    return text.replace(f"{folder}/", "").replace(str(folder), folder.name)


def _summary(folder: Path) -> RunSummary:
    """What is known of a run without reading its answers."""
    try:
        stated: Row = json.loads((folder / RUN).read_text("utf-8"))
        questions = int(stated["questions"])
        is_finished = bool(stated["finished"])
        started = datetime.fromisoformat(stated["started"])
        right, done = None, questions
        if is_finished:
            right = float(json.loads((folder / METRICS).read_text("utf-8"))["metrics"]["right"])
        else:
            done = min(sum(1 for _ in _lines(folder / SCORES)), questions)
    except (OSError, ValueError, KeyError, TypeError):
        return RunSummary(folder.name, folder.name.partition("-")[2], 0, 0, False, None, None, problem="cannot be read")
    file = Path(str(stated.get("questions_file", ""))).name
    sha256 = str(stated.get("questions_sha256", ""))
    return RunSummary(folder.name, file, questions, done, is_finished, started, right, sha256)


def _lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as file:
            yield from file


def _listed(folder: Path) -> list[Path]:
    """The question files of a folder, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())


def _safe(name: str) -> str:
    """The name with nothing in it that a file system could take for something else."""
    plain = re.sub(r"[^\w.-]+", "-", Path(name).name, flags=re.ASCII).strip(".-") or "questions"
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:_NAME_CHARS]}{dot}{suffix[:10]}" if dot else plain[:_NAME_CHARS]


def _free(folder: Path, stem: str, suffix: str) -> Path:
    """A path in `folder` that is not taken: with "-2", "-3", ... where it must be."""
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{suffix}", number + 1
    return path
