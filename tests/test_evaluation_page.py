"""The Evaluation page in real headless Chromium: upload, run, stop, go on, figures, misses, compare, download."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from conftest import LIGHTHOUSE, SMALL_CORPUS, TermEmbedder, _use, make_settings
from famqa.assistant import Assistant, Trace
from famqa.embedding import ModelFiles
from famqa.errors import FamqaError
from famqa.feedback import Feedback
from famqa.indexing import update
from famqa.settings import Settings
from web_site import GRADIOS_OWN, WIDE, browser

__all__ = ["browser"]  # a fixture

PWN = "window.__pwned=1"
IMAGE = f'<img src=x onerror="{PWN}">'
LAMP = "The first lamp burned rapeseed oil."
MANY = [{"id": str(n), "question": f"What is number {n}?", "answers": [f"nowhere {n}"]} for n in range(25)]
QUESTIONS: list[dict[str, Any]] = [
    {"id": "lamp", "question": "What did the first lamp burn?", "answers": ["rapeseed oil"]},
    {"id": "siren", "question": "When did the steam horn give blasts?", "answers": ["in fog"]},
    {
        "id": f"hostile {IMAGE}",
        "type": f"<script>{PWN}</script>",
        "question": f"What replaced the {IMAGE} lamp in 1903? ${{{PWN}}} {{{{constructor}}}}",
        "answers": [f"electric {IMAGE}"],
        "evidence": [{"doc": "lighthouse.txt", "text": LAMP}],
    },
    {"id": "miss", "question": "Who is the architect?", "answers": ["Ada Thorne"]},
    {"id": "none", "question": "zzz qqq xxx?", "answerable": False},
]
BROKEN = ['{"id": "', '{"id": "b", "question": ""}', json.dumps({"id": IMAGE, "question": IMAGE, "answers": IMAGE})]


class Paced:
    """An assistant that a run can be held up in, so that it can be stopped in the middle."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._left = 1_000_000
        self._go_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def hold_after(self, questions: int) -> None:
        """So many more questions are answered at once, the others after `go_on`."""
        self._left = questions
        self._go_on.clear()

    def go_on(self) -> None:
        self._left = 1_000_000
        self._go_on.set()

    def trace(self, question: str, *arguments: Any, **named: Any) -> Trace:
        self._left -= 1
        if self._left < 0:
            assert self._go_on.wait(60)
        return self._assistant.trace(question, *arguments, **named)


@dataclass
class Site:
    """The served page, and what the browser asked for and complained of."""

    address: str
    assistant: Paced
    settings: Settings
    folder: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def questions(self, name: str, *more: str, rows: list[dict[str, Any]] = QUESTIONS) -> Path:
        """A question file, with further lines at its end."""
        path = self.folder / name
        path.write_text("\n".join([*(json.dumps(row) for row in rows), *more]) + "\n", "utf-8")
        return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, model_files: ModelFiles) -> Iterator[tuple[Paced, Settings, Path]]:
    folder = tmp_path_factory.mktemp("evaluation-page")
    settings = make_settings(folder, SMALL_CORPUS, reader="sentences", answer_threshold=0.02)
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, TermEmbedder(model_files))
        update(settings)
        yield Paced(Assistant(settings)), settings, folder


# Without a browser


def test_what_the_desk_says(small: tuple[Paced, Settings, Path]) -> None:
    from famqa.web.evaluation_desk import Desk

    assistant, settings, folder = small
    desk = Desk(assistant, settings, folder / "none")  # type: ignore[arg-type]
    assert "Upload one" in desk.checked(None)
    with pytest.raises(FamqaError, match="upload one first"):
        desk.start(None)
    assert "not there any more" in desk.checked("evaluation/x.jsonl")
    with pytest.raises(FamqaError, match="not there any more"):
        desk.run("../corpus")
    with pytest.raises(FamqaError, match="not there any more"):
        desk.delete("20260101T000000Z-x")
    start = LIGHTHOUSE.index(LAMP)
    link = desk.link_to("lighthouse.txt", start, start + len(LAMP), LAMP)
    assert link.startswith("../?source=lighthouse.txt@") and link.endswith(f"&at={start}-{start + len(LAMP)}")
    assert desk.link_to("lighthouse.txt", start + 1, start + len(LAMP), LAMP) == ""
    assert desk.link_to("gone.txt", 0, 4, "Lamp") == ""
    (settings.index / "runs" / "20260101T000000Z-empty").mkdir(parents=True)
    with pytest.raises(FamqaError, match=r"this run cannot be read \(.*\); delete it"):
        desk.run("20260101T000000Z-empty")
    desk.delete("20260101T000000Z-empty")
    assert desk.files.runs() == []


def test_a_run_that_ended_before_the_page_knew_that_it_was_its_own_is_opened_once(
    small: tuple[Paced, Settings, Path],
) -> None:
    from famqa.web import evaluation_page
    from famqa.web.evaluation_desk import Desk

    assistant, settings, folder = small
    (folder / "quick.jsonl").write_text(json.dumps(QUESTIONS[0]) + "\n", "utf-8")
    desks: list[Desk] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation_page, "Desk", lambda *given: desks.append(Desk(*given)) or desks[-1])
        page = evaluation_page.build(assistant, settings, folder)  # type: ignore[arg-type]
    deeds = {deed.fn.__name__: deed.fn for deed in page.fns.values() if deed.fn}
    (desk,) = desks
    desk.start("evaluation/quick.jsonl")
    for _ in range(600):
        if not desk.runner.progress().is_running:
            break
        time.sleep(0.05)
    name = desk.runner.progress().name
    others = deeds["tick"](desk.seen(), "", "", "", "")
    own = deeds["tick"](desk.seen(), name, "", "", "")
    again = deeds["tick"](desk.seen(), name, name, "", "")
    desk.delete(name)
    assert not any("verdict" in str(shown) for shown in [*others.values(), *again.values()])
    assert any("verdict" in str(shown) for shown in own.values())


# In the browser


@pytest.fixture(scope="module")
def site(small: tuple[Paced, Settings, Path], browser) -> Iterator[Site]:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI, Response

    from famqa.web import app, evaluation_page
    from famqa.web.headers import SecurityHeaders

    assistant, settings, folder = small
    served = FastAPI()
    served.add_middleware(SecurityHeaders)

    @served.get("/favicon.ico")
    @served.get("/evaluation/favicon.ico")
    def icon() -> Response:
        return Response("<svg xmlns='http://www.w3.org/2000/svg'/>", media_type="image/svg+xml")

    page = evaluation_page.build(assistant, settings)  # type: ignore[arg-type]
    gr.mount_gradio_app(
        served,
        page,
        "/evaluation",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        theme=app.theme(),
        css=evaluation_page.styles(),
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(served, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}/evaluation/", assistant, settings, folder)
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def tab(browser, site: Site):
    """A fresh visitor; at the end nothing may have left the machine, complained or run."""
    context = browser.new_context(viewport=WIDE)
    tab = context.new_page()
    site.requests.clear()
    site.complaints.clear()
    site.assistant.go_on()
    tab.on("request", lambda sent: site.requests.append(sent.url))
    tab.on("pageerror", lambda error: site.complaints.append(str(error)))
    tab.on("console", lambda line: line.type in ("error", "warning") and site.complaints.append(line.text))
    tab.on("dialog", lambda dialog: (site.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    visit(tab, site)
    yield tab
    assert tab.evaluate("window.__pwned") is None
    assert [line for line in site.complaints if not any(own in line for own in GRADIOS_OWN)] == []
    assert {urlsplit(url).hostname for url in site.requests if not url.startswith(("data:", "blob:"))} == {"127.0.0.1"}
    context.close()


def visit(tab, site: Site) -> None:
    tab.goto(site.address)
    tab.wait_for_selector("#runs h2")
    tab.wait_for_selector("#checked p")


def upload(tab, path: Path) -> None:
    tab.set_input_files("#upload-questions input, input[type=file]", path)
    tab.wait_for_function("name => document.querySelector('#question-file select').value.includes(name)", arg=path.stem)
    tab.wait_for_selector("#checked .holds")


def run(tab) -> None:
    """Runs the chosen file until its figures are there."""
    before = tab.locator("#runs li").count()
    tab.click("#start-run")
    finished(tab, before + 1)


def finished(tab, runs: int) -> None:
    """Waits until there are so many runs, the newest of them done and open."""
    tab.wait_for_function("n => document.querySelectorAll('#runs li').length === n", arg=runs)
    tab.wait_for_selector("#runs li.shown:first-child")
    tab.wait_for_selector("#found .verdict h2")


@pytest.mark.browser
def test_a_hostile_question_file_runs_nothing_and_its_problems_are_listed(tab, site: Site) -> None:
    upload(tab, site.questions("hostile.jsonl", *BROKEN))
    assert "5 questions, 4 of them answerable." in tab.inner_text("#checked")
    tab.click("#checked .left-out summary")
    listed = tab.locator("#checked .left-out li").all_inner_texts()
    assert [line.split(":")[0] for line in listed] == [f"hostile.jsonl, line {number}" for number in (6, 7, 8)]
    run(tab)
    tab.click(".miss summary:has-text('What replaced')")
    opened = tab.inner_text(".miss[open]")
    assert IMAGE in opened and f"electric {IMAGE}" in opened and f"${{{PWN}}}" in opened
    assert tab.locator("#evaluation img, #evaluation script").count() == 0
    assert f"<script>{PWN}" in (tab.text_content("#plots") or "")
    tab.click("#runs [data-run] [data-do=delete]")
    tab.click("#runs [data-run] [data-do=delete]")
    tab.wait_for_selector("#found .empty")


@pytest.mark.browser
def test_causes_sift_the_misses(tab, site: Site) -> None:
    upload(tab, site.questions("sift.jsonl"))
    run(tab)
    everything = tab.locator("details.miss").count()
    cause = tab.locator(".causes button[data-cause='load']")
    cause.click()
    tab.wait_for_selector(".causes button[data-cause='load'][aria-pressed=true]")
    assert 0 < tab.locator("details.miss").count() < everything
    assert tab.locator(".miss .why").first.inner_text().startswith("Missed by loading")
    assert tab.evaluate("document.activeElement.dataset.cause") == "load"


@pytest.mark.browser
def test_more_misses_are_shown_when_asked_for(tab, site: Site) -> None:
    upload(tab, site.questions("many.jsonl", rows=MANY))
    run(tab)
    assert tab.locator("details.miss").count() == 20
    tab.click(".causes [data-cause='load']")
    tab.wait_for_selector(".causes [data-cause='load'][aria-pressed=true]")
    tab.focus(".more")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.querySelectorAll('details.miss').length === 25")
    assert tab.locator(".causes [data-cause='load'][aria-pressed=true]").count() == 1, "the cause stays chosen"
    assert "number 20?" in tab.evaluate("document.activeElement.innerText"), "the first of the new ones has the focus"


@pytest.mark.browser
def test_what_is_no_question_file_is_one_line(tab, site: Site) -> None:
    path = site.folder / "bad.jsonl"
    path.write_text("nothing of use\n", "utf-8")
    tab.set_input_files("#upload-questions input, input[type=file]", path)
    tab.wait_for_selector("#checked .problem")
    told = tab.inner_text("#checked .problem")
    assert told.startswith("bad.jsonl: there is no question in it that can be used") and str(site.folder) not in told


@pytest.mark.browser
def test_feedback_is_a_question_file(tab, site: Site) -> None:
    answer = site.assistant.ask("What did the first lamp burn?")
    Feedback(site.settings.index).record(
        question=answer.question, standalone_question=None, answer=answer, verdict="right", visitor="ann"
    )
    visit(tab, site)
    tab.select_option("#question-file select", label="Feedback so far (1 verdict)")
    with tab.expect_download() as download:
        tab.click("#download-feedback")
    (row,) = map(json.loads, Path(download.value.path()).read_text("utf-8").splitlines())
    assert download.value.suggested_filename == "feedback.jsonl"
    assert (row["question"], row["answers"]) == (answer.question, [answer.answer])
    Feedback(site.settings.index).path.unlink()


@pytest.mark.browser
def test_deleting_asks_twice(tab, site: Site) -> None:
    upload(tab, site.questions("gone.jsonl"))
    run(tab)
    before = tab.locator("#runs li").count()
    button = tab.locator("#runs li.shown [data-do=delete]")
    button.click()
    assert button.inner_text() == "Delete for good?"
    tab.locator("#runs li.shown .show").focus()
    assert button.inner_text() == "Delete"
    assert tab.locator("#runs li").count() == before
    button.click()
    button.click()
    tab.wait_for_function("n => document.querySelectorAll('#runs li').length === n", arg=before - 1)
    tab.wait_for_selector("#found .empty")
