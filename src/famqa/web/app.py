"""The chat page in Gradio: `build_page` makes it; what it does when it is used stands in `chat`.

Each visitor has a conversation of their own (`gr.State`). The browser keeps a record of it as well: where the server
has lost it, after a restart or a reload, the turns come back from there. `trigger` in page.js sends the events.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from famqa.answering import to_dict
from famqa.assistant import Assistant
from famqa.errors import FamqaError, SettingsError
from famqa.settings import Settings
from famqa.web import answers, render, source
from famqa.web.chat import Chat, kept
from famqa.web.page_header import add_header
from famqa.web.turns import Turn

try:
    import gradio as gr
    from gradio.events import api
except ValueError as error:  # Gradio reads its variables while it is imported
    raise SettingsError(f"a GRADIO_ variable is not usable: {error}; mend or unset it") from None

KEPT_SESSIONS = 1000
STATE_SECONDS = 12 * 3600
MOST_KEY_CHARS = 64
MOST_TURNS_EVER = 10**6  # of one conversation
ASKED_AT_ONCE = 16  # of the page; how many of them are answered at once is the assistant's affair
SCRIPTS = ("history.js", "selection.js", "scope.js", "sources.js", "judging.js", "page.js")
SHEETS = ("style.css", "answers.css")

_log = logging.getLogger(__name__)
_ASSETS = resources.files("famqa.web")
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}

Past = Sequence[Turn]
Changes = dict[Any, Any]


def build_page(assistant: Assistant, settings: Settings | None = None) -> gr.Blocks:
    """The page, not yet served; whoever serves it gives it `theme` and `styles`. Building starts nothing.

    `settings` say whether visitors sign in; by default they are the assistant's.
    """
    chat = Chat(assistant)

    def welcome() -> tuple[str, str, str]:
        """What a visitor finds: the index's status, the welcome and the list of documents."""
        overview = chat.overview()
        return render.status(overview), render.welcome(chat.examples()), render.shelf(overview)

    def choices(_: Any = None) -> list[tuple[str, str, str]]:
        """All that a question can be restricted to."""
        return chat.choices()

    page = gr.Blocks(title="famqa", analytics_enabled=False, fill_width=True)
    found = welcome()  # the page holds it from the start, so that nothing jumps when a visit brings it up to date
    with page:
        turns = gr.State((), time_to_live=STATE_SECONDS)
        with gr.Row(elem_id="top"):
            add_header(page, "ask", settings or assistant.settings)
            status = gr.HTML(found[0], elem_id="status", apply_default_css=False)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="chat", min_width=0):
                with gr.Column(elem_id="start", min_width=0):
                    greeting = gr.HTML(found[1], elem_id="welcome", apply_default_css=False)
                    _panel("earlier")
                conversation = _panel("conversation")
                form = _panel("form", render.form(), [choices])
            with gr.Column(elem_id="side", min_width=0):
                shelf = gr.HTML(found[2], elem_id="shelf", apply_default_css=False)
                sources = _panel("sources")
                correction = _panel("correction", render.correction())

        def ask(past: Past, event: gr.EventData) -> Iterator[Changes]:
            """The question with what is being done for it, then its answer with the first source open."""
            past = _known(chat, past, event)
            number = _number(event, past[-1].number + 1 if past else 1)
            question, alone = _text(event, "question"), bool(_get(event, "alone"))
            named, key = _get(event, "within"), _text(event, "key")[:MOST_KEY_CHARS]
            within = tuple(str(name) for name in named) if isinstance(named, list) else ()
            if again := next((turn for turn in past if turn.number == _get(event, "again")), None):
                question, within = again.question, again.within
                if again is past[-1]:
                    past = past[:-1]
                elif again.answer and again.answer.standalone_question:
                    question, alone = again.answer.standalone_question, True
            if not question.strip():
                return
            for turn in chat.ask(question, past, within, alone=alone, number=number, key=key):
                shown = kept(past, turn)
                if turn.answer is None and not turn.error:
                    yield {conversation: answers.conversation(shown)}
                    continue
                opened = (turn.number, 0) if turn.answer and turn.answer.citations else None
                result: Changes = {turns: shown, conversation: answers.conversation(shown, opened)}
                # Nothing that was cited for another question may stand beside a refusal.
                result[sources] = chat.open(shown, *opened) if opened else ""
                if turn.answer:
                    result[status] = render.status(chat.overview())
                yield result

        def stop(event: gr.EventData) -> None:
            """The page has taken the question back already. Gradio's own way may stop the question after it."""
            chat.stop(_text(event, "key")[:MOST_KEY_CHARS])

        def restore(event: gr.EventData) -> Changes:
            """The conversation that the browser kept, or an empty one; beside it what a permanent link names."""
            link = _text(event, "source")
            opened = chat.open_link(link, _text(event, "at")) if link else ""
            return {sources: opened, **_shown(chat.restore(_get(event, "records")))}

        def _shown(past: Past) -> Changes:
            return {turns: tuple(past), conversation: answers.conversation(past)}

        def open_source(past: Past, event: gr.EventData) -> str:
            """The Sources panel for the pressed mark, or for a permanent link."""
            around = _get(event, "around")
            around = around if isinstance(around, int) else source.AROUND_BLOCKS
            if _get(event, "document"):
                return chat.open_document(_text(event, "document"))
            if _get(event, "source"):
                return chat.open_link(_text(event, "source"), _text(event, "at"), around)
            return chat.open(_known(chat, past, event), _get(event, "turn"), _get(event, "ref"), around)

        def judge(past: Past, event: gr.EventData) -> Changes:
            """The verdict of a thumb, or the right answer that was selected."""
            past = _known(chat, past, event)
            turn = next((turn for turn in past if turn.number == _get(event, "turn")), None)
            if turn is None:
                return _shown(past)
            visitor = _text(event, "visitor")
            if _get(event, "selected"):
                turn = chat.correct(turn, _get(event, "selected"), visitor)
            else:
                turn = chat.judge(turn, _text(event, "verdict"), visitor)
            return _shown(kept(past, turn))

        page.load(welcome, None, [status, greeting, shelf], **_QUIET)
        asked = form.submit(
            ask,
            [turns],
            [turns, conversation, sources, status],
            api_name="page_ask",  # "ask" is for programs
            concurrency_id="page_ask",
            concurrency_limit=ASKED_AT_ONCE,
            **_QUIET,
        )
        asked.failure(None, js="() => famqa.failed()")
        form.stop(stop, None, None, **_QUIET)
        conversation.apply(restore, None, [turns, conversation, sources], **_QUIET)
        gr.on([conversation.select, conversation.expand], open_source, [turns], [sources], **_QUIET)
        gr.on([conversation.like, correction.submit], judge, [turns], [turns, conversation], **_QUIET)

        def ask_api(question: str) -> dict[str, Any]:
            """The answer to one question with its citations, in the form that `famqa ask --json` prints."""
            try:
                return to_dict(assistant.ask(question))
            except FamqaError as error:
                raise gr.Error(str(error), print_exception=False) from None

        api(ask_api, api_name="ask", concurrency_id="ask")
    return page


def _panel(name: str, value: str = "", server_functions: Sequence[Any] = ()) -> gr.HTML:
    """An HTML panel of ours, wired to the function of the same name in page.js; the conversation's brings the scripts.

    Panels are shown in any order, so each waits for the scripts.
    """
    scripts = "".join(f"<script>{_asset(script)}</script>" for script in SCRIPTS)
    begin = f"famqa.{name}(element, trigger, watch, server)"
    return gr.HTML(
        value,
        elem_id=name,
        apply_default_css=False,
        head=scripts if name == "conversation" else None,
        js_on_load=f"(function begin() {{ window.famqa ? {begin} : setTimeout(begin, 10) }})()",
        server_functions=list(server_functions),
    )


def _known(chat: Chat, past: Past, event: gr.EventData) -> Past:
    """The turns that are kept here; where they were lost, those that the browser kept."""
    return past or chat.restore(_get(event, "records"))


def _get(event: gr.EventData, name: str) -> Any:
    return getattr(event, name, None)


def _number(event: gr.EventData, least: int) -> int:
    """The number that the page has given the new turn, where it is none that was there before."""
    given = _get(event, "number")
    return given if isinstance(given, int) and least <= given <= MOST_TURNS_EVER else least


def _text(event: gr.EventData, name: str) -> str:
    value = _get(event, name)
    return value if isinstance(value, str) else ""


def _asset(name: str) -> str:
    return _ASSETS.joinpath(name).read_text("utf-8")


def theme() -> gr.themes.Base:
    """Gradio's own parts in the system's fonts; the colours are those of style.css."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "DejaVu Sans Mono", "monospace"],
        primary_hue="blue",
        neutral_hue="slate",
    )


def styles() -> str:
    """The looks that all pages share, as CSS: colours as variables, the header, buttons; answers and sources."""
    return "\n".join(_asset(sheet) for sheet in SHEETS)
