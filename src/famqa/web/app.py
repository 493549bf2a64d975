"""The page in Gradio: `build_page` makes it, `launch` serves it, `serve` does the whole from settings.

Each visitor has a conversation of their own (`gr.State`, the last `KEPT_TURNS` turns). The browser names a source
by its turn and its place in it, so nothing can be opened that an answer has not cited.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from importlib import resources
from typing import Any

from rich.console import Console
from rich.text import Text

from famqa import conversation as follow_ups
from famqa import terminal
from famqa.answering import to_dict
from famqa.assistant import Assistant
from famqa.catalog import Catalog
from famqa.errors import DocumentError, FamqaError, SettingsError
from famqa.records import Answer
from famqa.settings import Settings
from famqa.web import render, source
from famqa.web.render import Turn

try:
    import gradio as gr
    from gradio.events import api
except ValueError as error:  # Gradio reads its variables while it is imported
    raise SettingsError(f"a GRADIO_ variable is not usable: {error}; mend or unset it") from None

KEPT_TURNS = 30
QUOTE_CHARS = 1200
EXCERPT_CHARS = 180
KEPT_SESSIONS = 1000
STATE_SECONDS = 12 * 3600

_log = logging.getLogger(__name__)
_ASSETS = resources.files("famqa.web")


def build_page(assistant: Assistant) -> gr.Blocks:
    """The page, not yet served; `launch` gives it its looks. Importing or building starts nothing."""

    def welcome() -> tuple[str, str, str]:
        """What a visitor finds: the index's status, the welcome and the list of documents."""
        overview = assistant.overview()
        return (
            render.status(overview),
            render.welcome(assistant.example_questions()),
            render.shelf(overview),
        )

    page = gr.Blocks(title="famqa", analytics_enabled=False, fill_width=True)
    found = welcome()  # the page holds it from the start, so that nothing jumps when a visit brings it up to date
    with page:
        turns = gr.State((), time_to_live=STATE_SECONDS)
        with gr.Row(elem_id="top"):
            gr.HTML(render.header(), elem_id="brand", apply_default_css=False)
            status = gr.HTML(found[0], elem_id="status", apply_default_css=False)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="chat", min_width=0):
                greeting = gr.HTML(found[1], elem_id="welcome", apply_default_css=False)
                conversation = _panel("conversation")
                with gr.Row(elem_id="form"):
                    box = gr.Textbox(
                        placeholder="Ask your documents",
                        label="Question",
                        show_label=False,
                        container=False,
                        autofocus=True,
                        lines=1,
                        max_lines=6,
                        elem_id="question",
                    )
                    button = gr.Button("Ask", variant="primary", elem_id="ask", scale=0, min_width=0)
            with gr.Column(elem_id="side", min_width=0):
                shelf = gr.HTML(found[2], elem_id="shelf", apply_default_css=False)
                sources = _panel("sources")

        def ask(question: str, past: Sequence[Turn], event: gr.EventData) -> Iterator[dict[Any, Any]]:
            """First the question with a sign of work, then its answer with the first source open."""
            asked: str = event.question if event.target is conversation else question
            if not asked.strip():
                return
            pending = Turn(past[-1].number + 1 if past else 1, asked[: render.QUESTION_CHARS + 1])
            yield {conversation: render.conversation([*past, pending]), box: ""}
            turn = _answered(assistant, pending, asked, past)
            kept = (*past, turn)[-KEPT_TURNS:]
            opened = (turn.number, 0) if turn.answer and turn.answer.citations else None
            result = {turns: kept, conversation: render.conversation(kept, opened=opened)}
            if opened:
                result[sources] = _source(assistant, turn, 0, source.AROUND_BLOCKS)
            else:  # nothing that was cited for another question may stand beside a refusal
                result[sources] = ""
            if turn.answer:
                result[status] = render.status(assistant.overview())
            yield result

        def open_source(past: Sequence[Turn], event: gr.EventData) -> str:
            """The Sources panel for the pressed mark."""
            around = getattr(event, "around", source.AROUND_BLOCKS)
            turn = next((turn for turn in past if turn.number == event.turn), None)
            if turn is None or not isinstance(around, int) or event.ref not in range(len(turn.sources())):
                return render.notice("This answer is no longer kept here. Ask the question again.")
            return _source(assistant, turn, event.ref, around)

        page.load(welcome, None, [status, greeting, shelf], show_progress="hidden", api_visibility="private")
        gr.on(
            [box.submit, button.click, conversation.example_select],
            ask,
            [box, turns],
            [turns, conversation, box, sources, status],
            show_progress="hidden",
            api_name="page_ask",
            api_visibility="private",
            concurrency_id="ask",
        )
        gr.on(
            [conversation.select, conversation.expand],
            open_source,
            [turns],
            [sources],
            show_progress="hidden",
            api_visibility="private",
            trigger_mode="always_last",
        )

        def ask_api(question: str) -> dict[str, Any]:
            """The answer to one question with its citations, in the form that `famqa ask --json` prints."""
            try:
                return to_dict(assistant.ask(question))
            except FamqaError as error:
                raise gr.Error(str(error), print_exception=False) from None

        api(ask_api, api_name="ask", concurrency_id="ask")
    return page


def _panel(name: str) -> gr.HTML:
    """An HTML panel of ours, empty at first, wired to the function of the same name in page.js."""
    return gr.HTML(
        elem_id=name,
        apply_default_css=False,
        head=f"<script>{_asset('page.js')}</script>",
        js_on_load=f"famqa.{name}(element, trigger, watch)",
    )


def _asset(name: str) -> str:
    return _ASSETS.joinpath(name).read_text("utf-8")


def _answered(assistant: Assistant, turn: Turn, question: str, past: Sequence[Turn]) -> Turn:
    """The turn with its answer, or with one friendly line on what went wrong."""
    before = [
        follow_ups.Turn(answer.standalone_question or answer.question, answer.answer)
        for answer in (earlier.answer for earlier in past)
        if answer is not None
    ]
    try:
        trace = assistant.trace(question, turns=before)
        catalog = trace.generation.catalog  # not the one served now: it may be newer than the answer
        return replace(
            turn, answer=trace.answer, quotes=_quotes(catalog, trace.answer), markup=_markup(catalog, trace.answer)
        )
    except FamqaError as error:
        return replace(turn, error=_sentence(error))
    except Exception:  # the visitor must not be left waiting; the log says what it was
        _log.exception("a question failed")
        return replace(turn, error="Something went wrong here while answering. The log says what it was.")


def _sentence(error: FamqaError) -> str:
    message = str(error)
    return message[:1].upper() + message[1:]


def _quotes(catalog: Catalog, answer: Answer) -> tuple[str, ...]:
    """HTML of the quote of each source of an answer, in the order of `Turn.sources`."""
    return tuple(
        source.quoted(
            catalog.document(citation.doc_id),
            catalog.blocks(citation.doc_id),
            citation,
            _spans(answer, ref),
            QUOTE_CHARS if ref < len(answer.citations) else EXCERPT_CHARS,
        )
        for ref, citation in enumerate((*answer.citations, *answer.nearest))
    )


def _markup(catalog: Catalog, answer: Answer) -> dict[str, tuple[render.Range, ...]]:
    """The marks (emphasis, link targets) inside the answer's spans, by document."""
    found: dict[str, tuple[render.Range, ...]] = {}
    for citation in answer.citations:
        touched = [b for b in catalog.blocks(citation.doc_id) if b.start < citation.end and b.end > citation.start]
        marks = (mark for block in touched for mark in block.markup)
        found[citation.doc_id] = (*found.get(citation.doc_id, ()), *marks)
    return found


def _spans(answer: Answer, ref: int) -> list[render.Range]:
    """Where the answer stands inside one of its sources; nowhere in a nearest passage."""
    if ref >= len(answer.citations):
        return []
    number = answer.citations[ref].number
    return [(span.start, span.end) for span in answer.spans if span.citation == number]


def _source(assistant: Assistant, turn: Turn, ref: int, around: int) -> str:
    """The document of a turn's source, opened there."""
    citation = turn.sources()[ref]
    reference = (turn.number, ref)
    assert turn.answer is not None
    try:
        document, blocks = assistant.document(citation.doc_id), assistant.blocks(citation.doc_id)
    except DocumentError:  # it has left the corpus since
        return source.changed(citation, reference)
    except FamqaError as error:
        return render.notice(_sentence(error))
    return source.opened(
        document,
        blocks,
        citation,
        _spans(turn.answer, ref),
        reference=reference,
        around=around,
        is_answer=ref < len(turn.answer.citations),
    )


def theme() -> gr.themes.Base:
    """Gradio's own parts in the system's fonts; the colours are those of style.css."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "DejaVu Sans Mono", "monospace"],
        primary_hue="blue",
        neutral_hue="slate",
    )


def launch(page: gr.Blocks, host: str, port: int) -> str:
    """Serves the page in the background and returns its address; raises `SettingsError` if the port is taken."""
    host = host.strip("[]")
    port = _check_port(host, port)
    _keep_from_proxy(host)
    with resources.as_file(_ASSETS.joinpath("favicon.svg")) as favicon:
        try:
            _, address, _ = page.launch(
                server_name=f"[{host}]" if ":" in host else host,
                server_port=port,
                prevent_thread_lock=True,
                quiet=True,
                share=False,
                inbrowser=False,
                enable_monitoring=False,
                footer_links=[],
                favicon_path=str(favicon),
                max_file_size="1kb",  # nothing here takes files, but the route for them is always there
                state_session_capacity=KEPT_SESSIONS,
                theme=theme(),
                css=_asset("style.css"),
            )
        except OSError as error:
            raise _unusable(host, port, error) from None
    return str(address).rstrip("/")


def serve(settings: Settings) -> None:
    """Brings the index up to date, serves the page and returns when Ctrl-C stops it.

    Raises `SettingsError` if the address cannot be used, and what `open_assistant` raises.
    """
    console = Console(stderr=True)
    host, port = _address(settings)
    _check_port(host, port)  # before minutes are spent on an index
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's stop is as clean as Ctrl-C
    assistant = terminal.open_assistant(settings, console)
    page = build_page(assistant)
    address = launch(page, host, port)
    console.print(f"famqa is ready at [bold]{address}[/bold] (Ctrl-C stops it)", highlight=False)
    try:
        with _watching(settings, console) if settings.watch else nullcontext():
            threading.Event().wait()
    except KeyboardInterrupt:
        page.close(verbose=False)
        console.print("stopped")


def _watching(settings: Settings, console: Console) -> AbstractContextManager[None]:
    """The folder of documents is followed while the context lasts; what was done is told on the console."""
    from famqa.watching import watching

    return watching(settings, lambda line: console.print(Text(f"{datetime.now():%H:%M:%S} {line}"), soft_wrap=True))


def _address(settings: Settings) -> tuple[str, int]:
    """Host and port: as set for famqa, else as GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say, else the defaults."""
    host, port = settings.host, settings.port
    if "host" not in settings.model_fields_set:
        host = os.environ.get("GRADIO_SERVER_NAME") or host
    gradio_port = os.environ.get("GRADIO_SERVER_PORT")
    if "port" not in settings.model_fields_set and gradio_port:
        if not gradio_port.isdecimal() or int(gradio_port) > 65535:
            raise SettingsError(f"GRADIO_SERVER_PORT = {gradio_port!r} is no port; give a number from 0 to 65535")
        port = int(gradio_port)
    return host, port


def _check_port(host: str, port: int) -> int:
    """The port, a free one for 0; raises `SettingsError` if the page cannot be served there."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host.strip("[]"), port))
            probe.listen()
            return int(probe.getsockname()[1])
    except OSError as error:
        raise _unusable(host, port, error) from None


def _unusable(host: str, port: int, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        why = "the port is in use; stop what uses it or choose another with --port or FAMQA_PORT"
    else:
        why = f"{(error.strerror or str(error)).lower()}; check --host and --port"
    return SettingsError(f"the page cannot be served at {host}:{port}: {why}")


def _keep_from_proxy(host: str) -> None:
    """Gradio asks its own page whether it is up; a proxy set for the machine must not see that request."""
    for name in ("NO_PROXY", "no_proxy"):
        known = [part for part in os.environ.get(name, "").split(",") if part]
        os.environ[name] = ",".join(dict.fromkeys([*known, "127.0.0.1", "localhost", host]))
