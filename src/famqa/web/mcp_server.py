"""famqa as tools of a language model, over the Model Context Protocol: `ask` and `search`.

Served at `/mcp` (streamable HTTP) beside the page, and by `famqa mcp` over standard input and output. The `mcp`
package may be missing, or be too old; then both say so.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from famqa import __version__
from famqa.assistant import Assistant
from famqa.errors import FamqaError, SettingsError
from famqa.records import Turn
from famqa.web.api_models import (
    MAX_PASSAGES,
    MAX_TURNS,
    WITHIN,
    AnswerModel,
    EarlierTurn,
    SearchRequest,
    SearchResult,
    Text,
    Within,
    answer_model,
    search_result,
)

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

PATH = "/mcp"
MISSING = "the MCP server needs the package mcp, version 2, which is not installed; run pip install 'mcp>=2,<3'"
INSTRUCTIONS = (
    "Answers questions from the user's own documents, word for word. Use `ask` for a question that a document may "
    "answer; use `search` to read what the documents say about something. Both give the exact place of everything: "
    "cite it by title and section, page or line. Never present what `nearest` or `search` give as an answer that was "
    "found, and do not fill a `no_answer` from your own knowledge without saying so."
)
ASK = (
    "Answer one question from the user's documents. The answer is cut word for word out of a document; each of its "
    "`spans` names the number of the citation it stands in, and a citation's `quote` is the sentence around it. "
    "`status` is 'answered' or 'no_answer'; then the documents do not say it, and `nearest` only shows the closest "
    "passages. `confidence` is the probability, from 0 to 1, that this is right. Ask one short factual question in "
    "plain words at a time; who, what, when, where, how many and 'which ... are there' work best."
)
SEARCH = (
    "Find the passages of the user's documents that fit a question or some words best, best first, each with its "
    "text and its place (document, section, page or line, character offsets). Use it to read around an answer, or "
    "where `ask` gives 'no_answer' or a question needs more than one fact."
)


def is_available() -> bool:
    """Whether the `mcp` package is installed."""
    try:
        return importlib.util.find_spec("mcp.server.mcpserver") is not None
    except (ImportError, ValueError):  # none, or one too old to have it
        return False


def create_server(assistant: Assistant) -> MCPServer[Any]:
    """The MCP server with its two tools. Raises `SettingsError` where the `mcp` package is missing."""
    if not is_available():
        raise SettingsError(MISSING)
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import ToolAnnotations

    server: MCPServer[Any] = MCPServer(
        "famqa", title="famqa", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING"
    )
    reads_only = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

    def ask(
        question: Annotated[Text, Field(description="one question, in plain words")],
        turns: Annotated[
            list[EarlierTurn],
            Field(
                max_length=MAX_TURNS, description="earlier questions with their answers, if this one follows them up"
            ),
        ] = [],  # noqa: B006 - it is never altered
        within: Annotated[Within, Field(description=WITHIN)] = [],  # noqa: B006
    ) -> AnswerModel:
        try:
            before = [Turn(earlier.question, earlier.answer) for earlier in turns]
            return answer_model(assistant.ask(question, before, within))
        except FamqaError as error:
            raise ToolError(str(error)) from None

    def search(
        question: Annotated[Text, Field(description="a question or the words to look for")],
        limit: Annotated[int, Field(ge=1, le=MAX_PASSAGES, description="most passages given back")] = 5,
        within: Annotated[Within, Field(description=WITHIN)] = [],  # noqa: B006
    ) -> SearchResult:
        try:
            return search_result(assistant, SearchRequest(question=question, limit=limit, within=within))
        except FamqaError as error:
            raise ToolError(str(error)) from None

    server.add_tool(ask, title="Ask the documents", description=ASK, annotations=reads_only, structured_output=True)
    server.add_tool(
        search, title="Search the documents", description=SEARCH, annotations=reads_only, structured_output=True
    )
    return server


@dataclass(frozen=True, slots=True)
class Mounted:
    """The routes of `/mcp`; what `running` gives must be entered while they are served."""

    routes: Sequence[BaseRoute]
    server: MCPServer[Any] | None

    def running(self) -> AbstractAsyncContextManager[None]:
        """Keeps the sessions of clients while it lasts."""
        return self.server.session_manager.run() if self.server else nullcontext()


def mounted(assistant: Assistant) -> Mounted:
    """`/mcp` for a web server; without the `mcp` package, a route that says what to install.

    Requests stand alone: no session is kept, so that clients and servers may come and go. Who may ask by which host
    name is decided in front of it, for all paths.
    """
    if not is_available():
        return Mounted([Route(PATH, _missing, methods=["GET", "POST", "DELETE"])], None)
    from mcp.server.transport_security import TransportSecuritySettings

    server = create_server(assistant)
    anywhere = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = server.streamable_http_app(
        streamable_http_path=PATH, stateless_http=True, json_response=True, transport_security=anywhere
    )
    return Mounted(app.routes, server)


async def _missing(request: Request) -> Response:
    return JSONResponse({"error": MISSING}, 501)
