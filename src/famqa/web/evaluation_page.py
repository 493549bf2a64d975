"""The Evaluation page: run a file of questions, see the figures, open the misses, compare with an earlier run.

`build` makes it for the server to mount; `styles` is the CSS that goes with it. There is one run at a time for all who
look at the page, which asks every second how far it is.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from famqa.assistant import Assistant
from famqa.errors import FamqaError
from famqa.evaluation import plots
from famqa.evaluation.report import REPORT
from famqa.evaluation.run_folder import PREDICTIONS
from famqa.evaluation.runner import Phase
from famqa.evaluation.workbench import FEEDBACK_KEY, SUFFIXES, shortened
from famqa.settings import Settings
from famqa.web import app
from famqa.web import evaluation_view as view
from famqa.web.evaluation_desk import Desk
from famqa.web.page_header import add_header, index_status

LOOK_SECONDS = 1.0
_KEPT_FILES = (3600, 24 * 3600)  # files made for downloading go after a day; looked for every hour
_ASSETS = resources.files("famqa.web")
Changes = dict[Any, Any]
"""Components of the page and what they show from now on."""


def styles() -> str:
    """The CSS of this page, that of all pages included."""
    return f"{app.styles()}\n{plots.styles()}\n{_ASSETS.joinpath('evaluation.css').read_text('utf-8')}"


def build(assistant: Assistant, settings: Settings, questions: Path | None = None) -> gr.Blocks:
    """The page, not yet served. `questions` is a folder of question files, by default the one beside the corpus."""
    desk = Desk(assistant, settings, questions)
    choosing, pressing = (_ASSETS.joinpath(name).read_text("utf-8") for name in ("choosing.js", "evaluation.js"))
    page = gr.Blocks(title="Evaluation · famqa", analytics_enabled=False, fill_width=True, delete_cache=_KEPT_FILES)
    with page:
        shown = gr.State("")
        compared = gr.State("")
        with gr.Row(elem_id="top"):
            add_header(page, "evaluation", settings)
            status = _html(index_status(assistant), "status")
        with gr.Row(elem_id="evaluation"):
            with gr.Column(elem_id="bench", min_width=0):
                gr.HTML("<h2>Questions</h2>", apply_default_css=False)
                file = _html(None, "question-file", html_template=view.QUESTION_FILE, js_on_load=choosing, options="")
                upload = gr.UploadButton(
                    "Upload a question file", file_types=list(SUFFIXES), elem_id="upload-questions", size="md"
                )
                checked = _html("", "checked", js_on_load=pressing)
                feedback = gr.DownloadButton(
                    "Download the feedback as a question file", elem_id="download-feedback", size="md", visible=False
                )
                with gr.Row(elem_id="going"):
                    start = gr.Button("Run", variant="primary", elem_id="start-run", min_width=0)
                    stop = gr.Button("Stop", elem_id="stop-run", min_width=0, interactive=False)
                progress = _html("", "progress")
                runs = _html("", "runs", js_on_load=pressing)
            with gr.Column(elem_id="found", min_width=0):
                comparison = _html("", "comparison")
                figures = _html(view.nothing_shown(), "figures")
                with gr.Row(elem_id="downloads", visible=False) as downloads:
                    report = gr.DownloadButton("Download the report", elem_id="download-report", size="md")
                    predictions = gr.DownloadButton(
                        "Download the predictions", elem_id="download-predictions", size="md"
                    )
                misses = _html("", "misses", js_on_load=pressing)
                plots = _html("", "plots")
        seen = gr.State("")  # of the run that was started last: what this page has shown of it
        followed = gr.State("")  # the run that was started here, to be opened when it is done
        opened_done = gr.State("")  # the run that was opened so
        timer = gr.Timer(LOOK_SECONDS)

        def listed(run: str, other: str = "") -> Changes:
            """The list of runs and how far the one that is going on is."""
            now = desk.runner.progress()
            return {
                runs: view.runs(desk.files.runs(), run, other, now.name if now.is_running else ""),
                progress: view.progress(now),
                start: gr.Button(interactive=not now.is_running),
                stop: gr.Button(interactive=now.phase == Phase.RUNNING),
                seen: desk.seen(),
            }

        def opened(run: str) -> Changes:
            """All that is to see of a run, and nothing that was compared before."""
            try:
                found, answers = desk.run(run)
            except FamqaError as error:
                return {**nothing(), figures: view.problem(str(error))}
            return {
                **listed(run),
                shown: run,
                compared: "",
                comparison: "",
                figures: view.figures(found),
                downloads: gr.Row(visible=True),
                report: gr.DownloadButton(value=_for_download(found.path / REPORT)),
                predictions: gr.DownloadButton(value=_for_download(found.path / PREDICTIONS)),
                misses: view.misses(found, answers, "", view.SHOWN_MISSES, desk.link_to),
                plots: view.plots(found),
            }

        def nothing() -> Changes:
            hidden: Changes = {downloads: gr.Row(visible=False), misses: "", plots: "", comparison: ""}
            return {**listed(""), **hidden, shown: "", compared: "", figures: view.nothing_shown()}

        def choices(chosen: str) -> Changes:
            """The files to choose from, with what the chosen one holds."""
            found = desk.files.question_files()
            keys = [each.key for each in found]
            key = chosen if chosen in keys else keys[0] if keys else None
            return {file: gr.HTML(key, options=view.options(found)), **choose(key)}

        def visit(chosen: str | None) -> Changes:
            newest = next((run.name for run in desk.files.runs() if run.is_finished), "")
            now = desk.runner.progress()
            follows = {followed: now.name if now.is_running else ""}
            seen_first = opened(newest) if newest else nothing()
            return {status: index_status(assistant), **choices(chosen or desk.last_file()), **seen_first, **follows}

        def choose(chosen: str | None) -> Changes:
            """What a file holds; the feedback can be downloaded as well."""
            told = desk.checked(chosen)
            path = desk.files.feedback_file if chosen == FEEDBACK_KEY else None
            download = gr.DownloadButton(value=_for_download(path) if path else None, visible=path is not None)
            return {checked: told, feedback: download}

        def remove(chosen: str | None) -> Changes:
            if chosen is not None:
                desk.files.remove(chosen)
            return choices("")

        def take(path: str) -> Changes:
            try:
                return choices(desk.files.add(Path(path)).key)
            except FamqaError as error:
                return {checked: view.problem(shortened(str(error), Path(path).parent))}

        def begin(chosen: str | None, run: str, other: str) -> Changes:
            try:
                desk.start(chosen)
            except FamqaError as error:
                return {**listed(run, other), progress: view.problem(str(error))}
            return {**listed(run, other), followed: desk.runner.progress().name, seen: ""}

        def end(run: str, other: str) -> Changes:
            desk.runner.stop()
            return listed(run, other)

        def tick(before: str, follows: str, opened_last: str, run: str, other: str) -> Changes:
            """How far the run is; what comes of it once, to all who look on."""
            now, key = desk.runner.progress(), desk.seen()
            # Whatever was seen: a tick on its way while the run was started may have seen its end, and not known whose.
            if now.phase == Phase.FINISHED and now.name == follows != opened_last:
                return {**opened(now.name), opened_done: now.name}
            if key == before:
                return {progress: view.progress(now)} if now.is_running else {seen: key}
            return listed(run, other)

        def press(run: str, other: str, event: gr.EventData) -> Changes:
            """What was pressed in the list of runs."""
            name, deed = _told(event, "run"), _told(event, "do")
            try:
                if deed == "show":
                    return opened(name)
                if deed == "compare":
                    return {**listed(run, name), compared: name, comparison: desk.comparison(run, name)}
                if deed == "resume":
                    desk.runner.start(desk.files.run_folder(name))
                    return {**listed(run, other), followed: name, seen: ""}
                if deed == "delete":
                    desk.delete(name)
                    if name == run:
                        return nothing()
                    if name == other:
                        return {**listed(run), compared: "", comparison: ""}
            except FamqaError as error:
                return {**listed(run, other), progress: view.problem(str(error))}
            return listed(run, other)

        def sift(run: str, event: gr.EventData) -> str:
            """The misses of one cause, or more of them."""
            try:
                found, answers = desk.run(run)
            except FamqaError as error:
                return view.problem(str(error))
            most = _told(event, "most")
            number = int(most) if most.isdecimal() else view.SHOWN_MISSES
            return view.misses(found, answers, _told(event, "cause"), number, desk.link_to)

        bench = [status, file, checked, feedback, start, stop, progress, runs, seen, followed, opened_done]
        everything = [*bench, comparison, figures, downloads, report, predictions, misses, plots, shown, compared]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 4}
        page.load(visit, [file], everything, **quiet)
        file.input(choose, [file], [checked, feedback], trigger_mode="always_last", **quiet)
        checked.select(remove, [file], [file, checked, feedback], **quiet)
        upload.upload(take, [upload], [file, checked, feedback], **quiet)
        start.click(begin, [file, shown, compared], everything, **quiet)
        stop.click(end, [shown, compared], everything, **quiet)
        timer.tick(tick, [seen, followed, opened_done, shown, compared], everything, **quiet)
        runs.select(press, [shown, compared], everything, **quiet)
        misses.select(sift, [shown], [misses], **quiet)
    return page


def _told(event: gr.EventData, name: str) -> str:
    """What the browser told with the event under a name; "" for nothing."""
    told = getattr(event, name, "")
    return told if isinstance(told, str) else ""


def _html(value: str | None, name: str, **more: Any) -> gr.HTML:
    return gr.HTML(value, elem_id=name, apply_default_css=False, **more)


def _for_download(path: Path) -> str | None:
    """A copy where Gradio may serve it from, named by its run; None where there is no such file."""
    if not path.is_file():
        return None
    return str(save_file_to_cache(path, get_upload_folder()))
