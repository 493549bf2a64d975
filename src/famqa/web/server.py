"""The web server: `create_app` puts pages, API and figures together, `serve` does the whole from settings.

One process, one uvicorn. Three Gradio pages are mounted (the chat last, at "/"), beside them `/api`, `/mcp`,
`/healthz` (the process is alive), `/readyz` (it can answer) and `/metrics`. A request passes, from the outside:
its id and the log, the headers, who it is, the limits, then the pages.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from importlib import resources
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import JSONResponse, RedirectResponse, Response
from rich.console import Console
from rich.text import Text
from starlette.routing import Mount

from famqa import terminal
from famqa.assistant import Assistant
from famqa.errors import FamqaError, SettingsError
from famqa.settings import Settings
from famqa.updates import Updates
from famqa.users import read_users
from famqa.web import api, app, documents_page, evaluation_page, logs, mcp_server
from famqa.web.metrics import CONTENT_TYPE, Metrics, measured, threads_a_question
from famqa.web.plain_page import ICON_LINK
from famqa.web.protection import add_protection
from famqa.web.serving import Running, address_of, bind, exposure, keep_few_arenas
from famqa.web.stopping import Draining, RootPath, Stopping

try:
    import gradio as gr
except ValueError as error:  # Gradio reads its variables while it is imported
    raise SettingsError(f"a GRADIO_ variable is not usable: {error}; mend or unset it") from None

QUEUED = 200  # questions that may wait in the page's queue
KEPT_SESSIONS = 1000
_WARM_UP = "What is this about?"
_log = logging.getLogger(__name__)


def create_app(assistant: Assistant, settings: Settings, *, root_path: str = "") -> FastAPI:
    """Everything that is served, ready for an ASGI server; the reader is loaded as soon as that starts it.

    `root_path` is the path, or the whole address, at which a proxy shows it. Raises `SettingsError` for users or
    proxies that cannot be used. Building starts nothing.
    """
    metrics = Metrics()
    metrics.watch_index(assistant)
    counted = measured(assistant, metrics, log_questions=settings.log_questions)
    stopping = Stopping()
    readiness = _Readiness(assistant)
    tools = mcp_server.mounted(counted)
    root = urlsplit(root_path).path.rstrip("/")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        readiness.start()
        async with tools.running():
            yield

    served = FastAPI(title="famqa", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    served.state.stopping, served.state.readiness = stopping, readiness
    served.state.updates = updates = Updates(settings, stopping.is_set)
    served.mount("/api", api.create_api(counted, settings, metrics, updates))
    served.router.routes.extend(tools.routes)
    _add_figures(served, metrics, readiness)
    _mount_pages(served, counted, settings, updates, root_path.rstrip("/"), root)

    # What is added last is the outermost.
    served.add_middleware(Draining, stopping=stopping)
    add_protection(
        served,
        host=address_of(settings)[0],
        key_folder=settings.index,
        users_file=settings.users_file,
        proxy_header=settings.proxy_header,
        proxy_admins=settings.proxy_admins,
        guests=settings.guests,
        trusted_proxies=settings.trusted_proxies,
        allowed_hosts=(*settings.allowed_hosts, *filter(None, [urlsplit(root_path).hostname])),
        frame_ancestors=settings.frame_ancestors,
        rate_limit=settings.rate_limit,
        rate_burst=settings.rate_burst,
        max_file_mb=settings.max_file_mb,
        refused=metrics.too_fast,
    )
    served.add_middleware(logs.Requests, finished=metrics.request_finished)
    if root:
        served.add_middleware(RootPath, root=root)
    return served


def _add_figures(served: FastAPI, metrics: Metrics, readiness: _Readiness) -> None:
    @served.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @served.get("/readyz")
    def readyz() -> Response:
        problem = readiness.problem()
        if problem:
            return JSONResponse({"error": problem}, 503)
        return JSONResponse({"status": "ready"})

    @served.get("/metrics")
    def figures() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _mount_pages(
    served: FastAPI, assistant: Assistant, settings: Settings, updates: Updates, root_path: str, root: str
) -> None:
    """The Gradio apps: the administrator's first, the chat at "/" last, since it takes what is left."""
    favicon = resources.files("famqa.web").joinpath("favicon.svg").read_bytes()

    @served.get("/favicon.ico")
    @served.get("/documents/favicon.ico")
    @served.get("/evaluation/favicon.ico")
    def icon() -> Response:
        return Response(favicon, media_type="image/svg+xml", headers={"cache-control": "max-age=86400"})

    pages = {
        "/documents": documents_page.build(assistant, settings, updates),
        "/evaluation": evaluation_page.build(assistant, settings),
        "/": app.build_page(assistant, settings),
    }
    styles = {"/documents": documents_page.styles, "/evaluation": evaluation_page.styles, "/": app.styles}
    for path, page in pages.items():
        if path != "/":
            served.get(path)(_redirect(f"{root}{path}/"))
        page.queue(max_size=QUEUED)
        page.state_session_capacity = KEPT_SESSIONS
        gr.mount_gradio_app(
            served,
            page,
            path,
            root_path=f"{root_path}{path}".rstrip("/") if root_path else None,
            app_kwargs={"openapi_url": None, "docs_url": None, "redoc_url": None},
            footer_links=[],
            run_history=False,
            show_error=False,  # what went wrong inside is for the log; errors meant for people are shown all the same
            max_file_size="1kb" if path == "/" else settings.max_file_mb << 20,
            ssr_mode=False,  # it would start a Node server
            mcp_server=False,  # there is one of our own
            enable_monitoring=False,
            theme=app.theme(),
            css=styles[path](),
            head=ICON_LINK,
        )
        if "://" in root_path:  # Gradio takes the whole address for a path when it looks for its routes
            mount = served.router.routes[-1]
            assert isinstance(mount, Mount) and isinstance(mount.app, FastAPI)
            mount.app.add_middleware(RootPath, root=f"{root}{path}")


def _redirect(target: str) -> Callable[[], Response]:
    def redirect() -> Response:
        return RedirectResponse(target, 308)

    return redirect


class _Readiness:
    """Whether questions can be answered: the models are loaded, by a first question, and the index opens."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._problem = "the reader is being loaded; try again in a few seconds"
        # Whose thread it is that starts it must not matter: one that a daemon makes is a daemon too if nothing is said.
        self._thread = threading.Thread(target=self._load, name="famqa-load", daemon=False)

    def start(self) -> None:
        """Begins to load, in a thread of its own, unless that has been begun."""
        if self._thread.ident is None:
            self._thread.start()

    def wait(self) -> None:
        """Returns when loading has ended: neither Python nor torch can be torn down while it goes on."""
        if self._thread.ident is not None:
            self._thread.join()

    def problem(self) -> str:
        """One line, "" if there is none."""
        if self._problem:
            return self._problem
        try:
            self._assistant.overview()
        except FamqaError as error:
            return str(error)
        return ""

    def _load(self) -> None:
        try:
            self._assistant.ask(_WARM_UP)
            self._problem = ""
        except FamqaError as error:
            self._problem = str(error)
        except Exception as error:  # nobody is above this thread
            _log.exception("the reader cannot be loaded")
            self._problem = f"the reader cannot be loaded: {error}"


def serve(settings: Settings) -> None:
    """Brings the index up to date, serves everything and returns when Ctrl-C stops it.

    Questions under way are finished first, for some seconds at most; a second Ctrl-C does not wait for them. Raises
    `SettingsError` if the address cannot be used, `UsersError`, and what `open_assistant` raises.
    """
    keep_few_arenas()

    import torch

    console = Console(stderr=True)
    if settings.users_file is not None:
        read_users(settings.users_file)  # a line that is wrong is told before minutes are spent on an index
    bound = bind(*address_of(settings))
    warning = exposure(settings, bound.getsockname()[0])
    try:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's stop is as clean as Ctrl-C
        logs.set_up(as_json=settings.log_format == "json")
        torch.set_num_threads(threads_a_question())
        assistant = terminal.open_assistant(settings, console)
        served = create_app(assistant, settings, root_path=os.environ.get("GRADIO_ROOT_PATH", ""))
        server = Running(served, bound, served.state.stopping)
        server.start()
    except BaseException:
        bound.close()
        raise
    console.print(f"famqa is ready at [bold]{server.address}[/bold] (Ctrl-C stops it)", highlight=False)
    if warning:
        console.print(Text(warning), soft_wrap=True)
    try:
        with _watching(settings, console, served.state.updates) if settings.watch else nullcontext():
            try:
                server.wait()
            except KeyboardInterrupt:
                server.stop()
        served.state.readiness.wait()
    except KeyboardInterrupt:
        server.abort()
    console.print("stopped")


def _watching(settings: Settings, console: Console, updates: Updates) -> AbstractContextManager[None]:
    """The folder of documents is followed while the context lasts; what was done is told on the console."""
    from famqa.watching import watching

    def say(line: str) -> None:
        console.print(Text(f"{datetime.now():%H:%M:%S} {line}"), soft_wrap=True)

    return watching(settings, say, updates)
