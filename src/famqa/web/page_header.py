"""The header of a page in Gradio: one for all, or where people sign in, one for each visitor."""

from __future__ import annotations

from typing import Any

import gradio as gr

from famqa.assistant import Assistant
from famqa.errors import FamqaError
from famqa.settings import Settings
from famqa.web import render

_READERS = ("ask",)  # the pages that a reader may open
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}


def add_header(page: gr.Blocks, active: str, settings: Settings) -> None:
    """Puts the header where it is called, inside `page`; `active` is the key of the page in `render.PAGES`."""
    if not asks_for_names(settings):
        gr.HTML(render.header(active), elem_id="brand", apply_default_css=False)
        return
    # Until it is known who looks, it shows what everybody may see who can open this page.
    first = render.header(active, _READERS if active in _READERS else render.PAGES)
    brand = gr.HTML(first, elem_id="brand", apply_default_css=False)

    def show(request: gr.Request) -> str:
        return visitors_header(active, settings, request)

    page.load(show, None, [brand], **_QUIET)


def index_status(assistant: Assistant) -> str:
    """How much is indexed, as the header shows it; why it cannot be told, where that is so."""
    try:
        return render.status(assistant.overview())
    except FamqaError as error:
        return f'<p class="status">{render.escape(str(error))}</p>'


def asks_for_names(settings: Settings) -> bool:
    """Whether visitors differ in what they may do, which is when `auth.Authentication` is there."""
    return settings.users_file is not None or bool(settings.proxy_header) or settings.guests


def visitors_header(active: str, settings: Settings, request: Any) -> str:
    """The header for who sends the request: their pages, their name, the way in or out."""
    name = str(getattr(request.state, "user", ""))
    pages = render.PAGES if getattr(request.state, "role", "") == "admin" else _READERS
    is_from_proxy = bool(settings.proxy_header) and settings.proxy_header in request.headers
    if settings.users_file is None or is_from_proxy:
        return render.header(active, pages, name)  # signing in and out is the proxy's affair
    return render.header(active, pages, name, "sign-out" if name else "sign-in")
