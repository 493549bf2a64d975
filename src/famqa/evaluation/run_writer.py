"""A run's folder while it is written: rows are appended as they come, and a stopped run can be gone on with.

predictions.jsonl and scores.jsonl get a line a question, run.json is there from the first moment with
`"finished": false`, and metrics.json comes at the end. What the files hold: docs/evaluation.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from famqa.errors import FamqaError
from famqa.evaluation.rows import Question
from famqa.evaluation.run_folder import METRICS, PREDICTIONS, RUN, SCORES, Row, key_of, read_object

_MUST_MATCH = (
    ("famqa", "the version of famqa"),
    ("questions_sha256", "the file of questions"),
    ("index_digest", "the index"),
    ("reader_digest", "the reader"),
    ("settings", "the settings"),
)


class RunWriter:
    """Writes one run's files; a context manager that closes them."""

    def __init__(self, folder: Path, header: Row, questions: Sequence[Question], resume: bool) -> None:
        """Begins the run, or goes on with it. Raises `FamqaError` where the folder holds a run, or another one."""
        self._folder = folder
        self._header = header
        self.done: list[Row] = []
        """The rows of scores.jsonl that an earlier part of the run wrote."""
        self._elapsed_before_s = 0.0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if resume and (folder / RUN).is_file():
                self._go_on(questions)
            else:
                self._refuse_to_overwrite()
            self._write_json(RUN, self._header)
            self._predictions = self._open(PREDICTIONS)
            self._scores = self._open(SCORES)
        except OSError as error:
            raise FamqaError(f"{error.filename or folder}: {error.strerror}; name another folder with --out") from None

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._predictions.close()
        self._scores.close()

    def append(self, prediction: Row, score: Row) -> None:
        """Adds a question's lines; they are on their way to the disk when this returns."""
        for file, row in ((self._predictions, prediction), (self._scores, score)):
            file.write(_line(row))
            file.flush()

    def note_time(self, elapsed_s: float, asking_s: float) -> None:
        """Writes the seconds so far into run.json, for a run that was stopped."""
        self._header |= {"elapsed_s": self._elapsed(elapsed_s, asking_s), "asking_s": asking_s}
        self._write_json(RUN, self._header)

    def finish(self, metrics: Row, elapsed_s: float, asking_s: float) -> None:
        """Writes metrics.json, and run.json as finished."""
        self._write_json(METRICS, metrics)
        self._header |= {"elapsed_s": self._elapsed(elapsed_s, asking_s), "asking_s": asking_s, "finished": True}
        self._write_json(RUN, self._header)

    def _elapsed(self, elapsed_s: float, asking_s: float) -> float:
        """All parts of the run together; a part that was killed is counted by what its questions took."""
        return round(max(self._elapsed_before_s + elapsed_s, asking_s), 3)

    def _refuse_to_overwrite(self) -> None:
        for name in (RUN, PREDICTIONS, SCORES):
            if (self._folder / name).exists():
                raise FamqaError(
                    f"{self._folder} holds a run already; go on with it by --resume, "
                    "make it anew by --overwrite, or name another folder"
                )

    def _go_on(self, questions: Sequence[Question]) -> None:
        """Checks that the run is the same, and cuts the files back to the questions that both hold whole."""
        before = read_object(self._folder / RUN, "begin anew with --overwrite")
        for key, what in _MUST_MATCH:
            if before.get(key) != self._header[key]:
                change = _change(before.get(key), self._header[key])
                raise FamqaError(
                    f"{self._folder}: {what} changed since the run began ({change}); "
                    "undo that, or begin anew with --overwrite"
                )
        predictions, scores = (_whole_lines(self._folder / name) for name in (PREDICTIONS, SCORES))
        both = min(len(predictions), len(scores))
        while 0 < both < len(questions) and questions[both].turn > 1:  # a dialogue is asked from its beginning
            both -= 1
        self.done = [json.loads(line) for line in scores[:both]]
        for number, (question, prediction, score) in enumerate(zip(questions, predictions, self.done, strict=False), 1):
            if [key_of(row) for row in (json.loads(prediction), score)] != [(question.id, question.turn)] * 2:
                raise FamqaError(
                    f"{self._folder / PREDICTIONS}, line {number}: not of question '{question.name}'; "
                    "the files were altered, begin anew with --overwrite"
                )
        for name, lines in ((PREDICTIONS, predictions), (SCORES, scores)):
            kept = "".join(lines[:both]).encode()
            if (self._folder / name).stat().st_size != len(kept):
                with (self._folder / name).open("r+b") as file:
                    file.truncate(len(kept))
        self._elapsed_before_s = float(before.get("elapsed_s") or 0.0)
        self._header |= {"started": before.get("started", self._header["started"])}

    def _open(self, name: str) -> TextIO:
        return (self._folder / name).open("a", encoding="utf-8", newline="\n")

    def _write_json(self, name: str, value: Row) -> None:
        """Replaces the file as a whole, so that there is never half of one."""
        aside = self._folder / f".{name}.new"
        aside.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n")
        aside.replace(self._folder / name)


def overwrite(folder: Path) -> None:
    """Removes the files of a run from the folder; whatever else is in it stays. Raises `FamqaError`."""
    try:
        for name in (RUN, METRICS, PREDICTIONS, SCORES, "report.html"):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise FamqaError(f"{error.filename}: {error.strerror}; name another folder with --out") from None


def _whole_lines(path: Path) -> list[str]:
    """The lines that end and are JSON; from the first that is not, the rest is left out."""
    if not path.is_file():
        path.touch()
    lines: list[str] = []
    for line in path.read_text("utf-8", errors="replace").split("\n")[:-1]:
        try:
            json.loads(line)
        except ValueError:
            break
        lines.append(line + "\n")
    return lines


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def _change(before: Any, now: Any) -> str:
    """What differs: the settings by name, digests by their beginning."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        return ", ".join(f"{name} from {before.get(name)} to {now.get(name)}" for name in names)
    return f"from {str(before)[:12]} to {str(now)[:12]}"
