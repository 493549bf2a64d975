"""The Documents page: what is indexed, files added and removed, the index updated and gone back to.

`build` makes it for the server to mount; `styles` is the CSS that goes with it. What several visitors see is the same:
one `Updates` tells all of them how far an update is, and each page looks every few seconds whether anything is new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr

from famqa import library
from famqa.assistant import Assistant
from famqa.errors import DocumentError, FamqaError, IndexError_
from famqa.generations import current_name, history, rollback
from famqa.indexing import Forecast
from famqa.inventory import inventory
from famqa.settings import Settings
from famqa.updates import Status, Updates
from famqa.web import app, render
from famqa.web import documents_render as view
from famqa.web.documents_render import Line
from famqa.web.page_header import add_header, index_status

LOOK_SECONDS = 4.0
_DEEDS = ("remove", "restore", "rollback", "update", "stop", "look")
_ASSETS = resources.files("famqa.web")

Changes = dict[Any, Any]
"""Components of the page and what they show from now on."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the browser has sent: where it lies for now, and what its owner calls it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page shows, and what it last saw beside that: only what has come to rest is taken up."""

    shown: tuple[Any, ...] = ()
    last: tuple[Any, ...] = ()


def named(payload: Any) -> list[Upload]:
    """What Gradio's file component has received, with the names as they were: by itself it makes them plain."""
    files = [] if payload is None else [*getattr(payload, "root", [payload])]
    return [Upload(Path(file.path), file.orig_name or Path(file.path).name) for file in files]


def styles() -> str:
    """The CSS of this page, that of all pages included."""
    return f"{app.styles()}\n{_ASSETS.joinpath('documents.css').read_text('utf-8')}"


def build(assistant: Assistant, settings: Settings, updates: Updates | None = None) -> gr.Blocks:
    """The page, not yet served. With `updates` it shows, and makes way for, those that others start there."""
    desk = Desk(assistant, settings, updates or Updates(settings))
    page = gr.Blocks(title="Documents · famqa", analytics_enabled=False, fill_width=True)
    with page:
        seen = gr.State(Seen())
        with gr.Row(elem_id="top"):
            add_header(page, "documents", settings)
            status = gr.HTML(desk.header(), elem_id="status", apply_default_css=False)
        with gr.Column(elem_id="documents"):
            news = gr.HTML("", elem_id="documents-news", apply_default_css=False)
            with gr.Row(elem_id="documents-desk"):
                with gr.Column(elem_id="documents-add", min_width=0):
                    upload = gr.File(file_count="multiple", label="Add files", elem_id="documents-upload", height=150)
                    upload.preprocess = named  # type: ignore[method-assign, assignment]  # a subclass makes Gradio write files
                    gr.HTML(view.taken(settings.max_file_mb), apply_default_css=False)
                plan = gr.HTML(view.plan(Status(), None, "", False), elem_id="documents-plan", apply_default_css=False)
            wanted = gr.Textbox(
                label="Find a document",
                show_label=False,
                placeholder="Find a document by its title or path",
                container=False,
                max_lines=1,
                elem_id="documents-wanted",
            )
            table = gr.HTML(
                desk.holdings(""),
                elem_id="documents-table",
                apply_default_css=False,
                head=f"<script>{_ASSETS.joinpath('documents.js').read_text('utf-8')}</script>",
                js_on_load=f"famqaDocuments(trigger, {list(_DEEDS)!r})",  # Gradio looks for the events' names here
            )
            removed = gr.HTML(desk.removed(), elem_id="documents-removed", apply_default_css=False)
            kept = gr.HTML(desk.history(), elem_id="documents-history", apply_default_css=False)
        timer = gr.Timer(LOOK_SECONDS)

        def everything(sought: str, forecast: Forecast | None = None, problem: str = "") -> Changes:
            """The whole page as it is now."""
            return {
                status: desk.header(),
                plan: desk.plan(forecast, problem),
                table: desk.holdings(sought, forecast),
                removed: desk.removed(),
                kept: desk.history(),
            }

        def planned(sought: str) -> Changes:
            """The whole page with what an update would do."""
            now = desk.seen()
            forecast, problem = desk.forecast()
            return {**everything(sought, forecast, problem), seen: Seen(now, now)}

        def followed(sought: str) -> Iterator[Changes]:
            """How far a running update is, until it has ended; then the whole page."""
            state = desk.updates.status()
            while state.is_running:
                yield {plan: desk.plan()}
                state = desk.updates.wait(state.number, LOOK_SECONDS)
            yield planned(sought)

        def visit(sought: str) -> Iterator[Changes]:
            yield everything(sought)
            yield from followed(sought)

        def done(lines: Sequence[Line], sought: str) -> Iterator[Changes]:
            """First the news, then what follows from it for the next update."""
            yield {news: view.news(lines), table: desk.holdings(sought), removed: desk.removed(), kept: desk.history()}
            yield planned(sought)

        def take(files: list[Upload], sought: str) -> Iterator[Changes]:
            lines = [desk.add(file) for file in files]
            yield {news: view.news(lines), upload: None}
            yield {**planned(sought), upload: None}  # never left out: Gradio would make the component anew

        def remove(sought: str, event: gr.EventData) -> Iterator[Changes]:
            yield from done([desk.remove(event.key)], sought)

        def restore(sought: str, event: gr.EventData) -> Iterator[Changes]:
            yield from done([desk.restore(event.key)], sought)

        def go_back(sought: str, event: gr.EventData) -> Iterator[Changes]:
            yield from done([desk.rollback(event.key)], sought)

        def update(sought: str) -> Iterator[Changes]:
            line = desk.start()
            yield {news: view.news([line] if line else [])}
            yield from followed(sought)

        def stop() -> Changes:
            desk.updates.stop()
            return {plan: desk.plan()}

        def look(sought: str) -> Iterator[Changes]:
            yield {news: "", plan: desk.plan()}
            yield planned(sought)

        def tick(before: Seen, sought: str) -> Changes:
            """What others have changed: the folder once it is at rest, the index and its updates at once."""
            now = desk.seen()
            if desk.updates.status().is_running:
                return {plan: desk.plan(), seen: Seen((), now)}
            if now == before.shown:
                return {seen: before}
            if now[:2] == before.shown[:2] and now != before.last:
                return {seen: Seen(before.shown, now)}
            return planned(sought)

        outputs = [news, plan, table, removed, kept, status, seen]
        quiet: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "concurrency_limit": None,  # whoever follows an update keeps nobody waiting
        }
        deed = {**quiet, "trigger_mode": "multiple"}  # the next one must not be lost while a plan is made
        page.load(visit, [wanted], outputs, **quiet)
        upload.upload(take, [upload, wanted], [*outputs, upload], **quiet)
        wanted.change(desk.find, [wanted], [table], trigger_mode="always_last", **quiet)
        table.remove(remove, [wanted], outputs, **deed)
        table.restore(restore, [wanted], outputs, **deed)
        table.rollback(go_back, [wanted], outputs, **deed)
        table.update(update, [wanted], outputs, **deed)
        table.stop(stop, None, outputs, **deed)
        table.look(look, [wanted], outputs, **deed)
        timer.tick(tick, [seen, wanted], outputs, **quiet)
    return page


def _problem(error: FamqaError) -> Line:
    """One line about a file begins with the file's name, every other one with a capital."""
    text = str(error)
    return Line(text if isinstance(error, DocumentError) else view.sentence(text), is_problem=True)


class Desk:
    """What the page does and shows, without the page: the deeds return a line of news, the others HTML."""

    def __init__(self, assistant: Assistant, settings: Settings, updates: Updates) -> None:
        self.updates = updates
        self._assistant = assistant
        self._settings = settings
        self._known: Forecast | None = None  # the last one that was made

    def seen(self) -> tuple[str, int, int]:
        """The served generation, the number of the update's status and a sign of the folder's state."""
        generation, folder = self.updates.seen()
        return generation, self.updates.status().number, folder

    def forecast(self) -> tuple[Forecast | None, str]:
        """What an update would do, or in one line why that cannot be said."""
        try:
            self._known = self.updates.forecast()
            return self._known, ""
        except FamqaError as error:
            return None, str(error)

    def add(self, file: Upload) -> Line:
        try:
            stored = library.add(self._settings, file.name, file.path)
        except FamqaError as error:
            return _problem(error)
        finally:
            with suppress(OSError):
                file.path.unlink()  # Gradio's own copy
        remark = f" ({stored.remark})" if stored.remark else ""
        return Line(f"{file.name}: added, {view.file_size(stored.size_bytes)}{remark}")

    def remove(self, doc_id: object) -> Line:
        try:
            gone = library.remove(self._settings, str(doc_id))
        except FamqaError as error:
            return _problem(error)
        text = f"{gone.doc_id}: moved to the trash; answers come from it until the next update"
        return Line(text, undo="restore", key=gone.key)

    def restore(self, key: object) -> Line:
        try:
            back = library.restore(self._settings, str(key))
        except FamqaError as error:
            return _problem(error)
        return Line(back.remark or f"{back.doc_id}: put back")

    def rollback(self, name: object) -> Line:
        before = ""
        with suppress(IndexError_):
            before = current_name(self._settings.index)
        try:
            manifest = rollback(self._settings.index, str(name))
        except FamqaError as error:
            return _problem(error)
        when = manifest.built_at.astimezone()
        return Line(f"Answers come from the index of {when:%d %b %Y, %H:%M} now", undo="rollback", key=before)

    def start(self) -> Line | None:
        """Starts an update; a line only if that is not possible now."""
        try:
            self.updates.start()
        except FamqaError as error:
            return _problem(error)
        return None

    def plan(self, forecast: Forecast | None = None, problem: str = "") -> str:
        return view.plan(self.updates.status(), forecast, problem, self._is_rolled_back())

    def find(self, sought: str) -> str:
        return self.holdings(sought, self._known)

    def holdings(self, sought: str, forecast: Forecast | None = None) -> str:
        """The failed files and the table; as the folder is where a forecast says so, else as the index has it."""
        try:
            found = inventory(self._settings, forecast.plan if forecast else None)
        except FamqaError as error:
            return render.notice(str(error))
        return view.holdings(found, forecast.failed if forecast else found.failed, sought)

    def removed(self) -> str:
        return view.removed(library.trash(self._settings))

    def history(self) -> str:
        try:
            return view.history(history(self._settings.index))
        except FamqaError:  # the table says it
            return ""

    def header(self) -> str:
        """The status at the top; asking for it makes the assistant take up a new generation."""
        return index_status(self._assistant)

    def _is_rolled_back(self) -> bool:
        try:
            return inventory(self._settings).is_rolled_back
        except FamqaError:
            return False
