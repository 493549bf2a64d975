"""What the Evaluation page does and shows, without the page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from famqa.assistant import Assistant
from famqa.errors import FamqaError
from famqa.evaluation.compare import compare
from famqa.evaluation.run_folder import RUN, Row, RunFolder, read_predictions, read_run
from famqa.evaluation.runner import Runner
from famqa.evaluation.workbench import Files, RunSummary, shortened
from famqa.settings import Settings
from famqa.web import evaluation_view as view
from famqa.web.evaluation_comparison import comparison
from famqa.web.links import Place, source_link, text_digest


class Desk:
    """The files, the runs and the one that is going on; deeds raise `FamqaError`, what is shown is HTML."""

    def __init__(self, assistant: Assistant, settings: Settings, questions: Path | None = None) -> None:
        self.files = Files(settings, questions)
        self.runner = Runner(assistant)
        self._assistant = assistant
        self._read = lru_cache(maxsize=2)(_read)

    def last_file(self) -> str:
        """The key of the question file that was run last, "" where it is not there any more."""
        name = next((run.file for run in self.files.runs()), "")
        return next((file.key for file in self.files.question_files() if file.path.name == name), "")

    def seen(self) -> str:
        """What is to be seen of the run that was started last, as far as it matters once."""
        now = self.runner.progress()
        return f"{now.name} {now.phase}"

    def checked(self, key: str | None) -> str:
        """What the chosen question file holds, or what is wrong with it."""
        if key is None:
            return '<p class="note">There are none yet. Upload one, or judge answers on the Ask page.</p>'
        try:
            return view.checked(self.files.load(key, self._assistant), self.files.is_upload(key))
        except FamqaError as error:
            return view.problem(str(error))

    def start(self, key: str | None) -> None:
        """Begins a new run of a question file. Raises `FamqaError`."""
        if key is None:
            raise FamqaError("there is no question file; upload one first")
        if self.runner.progress().is_running:
            raise FamqaError("a run is going on already; wait for it, or stop it first")
        self.files.load(key, self._assistant)  # before there is a folder for it
        self.runner.start(self.files.new_run(self.files.chosen(key, self._assistant)))

    def delete(self, name: str) -> None:
        """Deletes a run. Raises `FamqaError` for the one that is going on."""
        now = self.runner.progress()
        if now.is_running and now.name == name:
            raise FamqaError("this run is going on; stop it first")
        self.files.delete_run(name)

    def run(self, name: str) -> tuple[RunFolder, list[Row]]:
        """A finished run and its answers. Raises `FamqaError`."""
        folder = self.files.run_folder(name)
        try:
            return self._read(folder, (folder / RUN).stat().st_mtime_ns)
        except (FamqaError, OSError) as error:
            raise FamqaError(f"this run cannot be read ({shortened(str(error), folder)}); delete it") from None

    def comparison(self, name: str, other: str) -> str:
        """The run against another one; the one that began earlier is A."""
        summaries = {run.name: run for run in self.files.runs()}
        pair: list[RunSummary] = sorted(
            (summaries[each] for each in (name, other) if each in summaries), key=lambda run: run.name
        )
        try:
            (before, _), (after, _) = (self.run(run.name) for run in pair)
            return comparison(compare(before, after), pair[0], pair[1])
        except FamqaError as error:
            told = str(error)
            for run in pair:
                told = told.replace(str(self.files.run_folder(run.name)), view.label(run))
            return view.problem(told)

    def link_to(self, doc_id: str, start: int, end: int, words: str) -> str:
        """The address of a place on the page that answers; "" where the document no longer says so there."""
        try:
            document = self._assistant.document(doc_id)
        except FamqaError:
            return ""
        if not words or document.text[start:end] != words:
            return ""
        return "../" + source_link(Place(doc_id, text_digest(document), start, end))


def _read(folder: Path, _changed_ns: int) -> tuple[RunFolder, list[Row]]:
    return read_run(folder), read_predictions(folder)
