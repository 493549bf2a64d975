"""The API for programs, an application of its own below `/api`: questions, search, documents, the index.

Every refusal is one line, `{"error": "…"}`. `/api/openapi.json` describes all of it, `/api/docs` shows that to people.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

import anyio.to_thread
from fastapi import APIRouter, FastAPI, File, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from famqa import __version__, errors, generations, indexing, library
from famqa.assistant import Assistant
from famqa.errors import FamqaError
from famqa.records import Turn
from famqa.settings import Settings
from famqa.updates import Updates
from famqa.web import api_docs, logs
from famqa.web.api_models import (
    MAX_PASSAGES,
    MAX_SLICE_CHARS,
    WITHIN,
    AnswerModel,
    AskRequest,
    DocumentList,
    DocumentText,
    IndexModel,
    RemovedModel,
    RollbackModel,
    RollbackRequest,
    SearchRequest,
    SearchResult,
    StoredModel,
    Text,
    UpdateModel,
    UpdateRequest,
    Within,
    answer_model,
    document_list,
    generation_model,
    plan_model,
    problems,
    search_result,
    update_model,
)
from famqa.web.metrics import Metrics, questions_at_once

MOST_WAITING = 500  # questions; more would wait for minutes
_DESCRIPTION = (
    "Answers cut word for word out of your documents, each with the place it comes from. Offsets are half-open ranges "
    "of Unicode code points in a document's text, so that a citation's quote is text[start:end]."
)
_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


def create_api(assistant: Assistant, settings: Settings, metrics: Metrics, updates: Updates | None = None) -> FastAPI:
    """The application to mount at "/api". With `updates` it shares, and makes way for, those that others start."""
    api = FastAPI(
        title="famqa",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_tags=[{"name": name} for name in ("questions", "documents", "index")],
        responses=problems(401, 403, 422, 429, 500),
    )
    api.add_exception_handler(FamqaError, _refused)
    api.add_exception_handler(RequestValidationError, _not_valid)
    api.add_exception_handler(HTTPException, _no_such_route)
    api.add_exception_handler(Exception, _failed)
    api.include_router(_questions(assistant))
    api.include_router(_documents(assistant, settings))
    api.include_router(_index(assistant, settings, metrics, updates or Updates(settings)))
    api_docs.add_page(api)
    return api


def _questions(assistant: Assistant) -> APIRouter:
    router = APIRouter(tags=["questions"], responses=problems(503))
    turn = anyio.CapacityLimiter(questions_at_once())

    async def in_turn(request: Request, work: Callable[[], _Result]) -> _Result:
        """The work's result, done first come first served, a few at a time; not at all once the client has gone."""
        if turn.statistics().tasks_waiting >= MOST_WAITING:
            raise HTTPException(503, "too many questions are waiting; try again in some seconds", {"Retry-After": "10"})
        async with turn:
            if await request.is_disconnected():
                raise HTTPException(503, "the client has gone")
            return await anyio.to_thread.run_sync(work)

    async def answer(request: Request, asked: AskRequest) -> AnswerModel:
        turns = [Turn(earlier.question, earlier.answer) for earlier in asked.turns]
        return answer_model(await in_turn(request, partial(assistant.ask, asked.question, turns, asked.within)))

    async def find(request: Request, wanted: SearchRequest) -> SearchResult:
        return await in_turn(request, partial(search_result, assistant, wanted))

    @router.post("/ask", summary="Ask a question", responses=problems(400))
    async def ask(request: Request, asked: AskRequest) -> AnswerModel:
        """One cited answer, or `no_answer` with the nearest passages. With `turns`, it may be a follow-up."""
        return await answer(request, asked)

    @router.get("/ask", summary="Ask a question by its address")
    async def ask_by_address(
        request: Request,
        question: Annotated[Text, Query(examples=["Who designed the lighthouse?"])],
        within: Annotated[Within, Query(description=WITHIN)] = [],  # noqa: B006 - FastAPI copies it
    ) -> AnswerModel:
        """The same for a question that stands alone."""
        return await answer(request, AskRequest(question=question, within=within))

    @router.post("/search", summary="Search for passages", responses=problems(400))
    async def search(request: Request, wanted: SearchRequest) -> SearchResult:
        """The passages that fit a question best, with their place and score; nothing is read out of them."""
        return await find(request, wanted)

    @router.get("/search", summary="Search for passages by address")
    async def search_by_address(
        request: Request,
        question: Annotated[Text, Query(examples=["Who designed the lighthouse?"])],
        limit: Annotated[int, Query(ge=1, le=MAX_PASSAGES)] = 10,
        within: Annotated[Within, Query(description=WITHIN)] = [],  # noqa: B006
    ) -> SearchResult:
        """The same."""
        return await find(request, SearchRequest(question=question, limit=limit, within=within))

    return router


def _documents(assistant: Assistant, settings: Settings) -> APIRouter:
    router = APIRouter(prefix="/documents", tags=["documents"])

    @router.get("", summary="List the documents", responses=problems(503))
    def list_documents() -> DocumentList:
        """What is in the served index, and which files could not be taken in."""
        return document_list(assistant.generation().manifest)

    @router.post("", summary="Add a document", status_code=201, responses=problems(400, 409, 413))
    def add(file: Annotated[UploadFile, File(description="the file; its name decides its format")]) -> StoredModel:
        """Stores a file in the folder of documents, never over another one. An update of the index takes it up."""
        data = file.file.read((settings.max_file_mb << 20) + 1)
        stored = library.add(settings, file.filename or "", data)
        return StoredModel(doc_id=stored.doc_id, size_bytes=stored.size_bytes, remark=stored.remark)

    @router.get("/{doc_id:path}", summary="Read a document", responses=problems(404, 503))
    def read(
        doc_id: str,
        start: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
        end: Annotated[int | None, Query(ge=0, le=1 << 40, description="without it, as much as is given")] = None,
    ) -> DocumentText:
        """A stretch of its text, 100,000 code points at most; what lies beyond its end is left out."""
        try:
            document = assistant.document(doc_id)
        except errors.DocumentError as error:
            raise HTTPException(404, str(error)) from None
        length = len(document.text)
        start = min(start, length)
        end = max(start, min(length, start + MAX_SLICE_CHARS, length if end is None else end))
        return DocumentText(
            doc_id=document.doc_id,
            title=document.title,
            format=document.format,
            source=document.source,
            date=document.date,
            digest=document.sha256,
            length=length,
            start=start,
            end=end,
            text=document.text[start:end],
        )

    @router.delete("/{doc_id:path}", summary="Remove a document", responses=problems(404, 409))
    def remove(doc_id: str) -> RemovedModel:
        """Moves the file to the folder's trash. It answers questions until the index is updated."""
        try:
            removed = library.remove(settings, doc_id)
        except library.UnknownDocumentError:
            raise
        except errors.DocumentError as error:
            raise HTTPException(409, str(error)) from None
        return RemovedModel(doc_id=removed.doc_id, size_bytes=removed.size_bytes, trash_key=removed.key)

    return router


def _index(assistant: Assistant, settings: Settings, metrics: Metrics, updates: Updates) -> APIRouter:
    router = APIRouter(prefix="/index", tags=["index"], responses=problems(409, 503))

    @router.get("", summary="Look at the index")
    def look(
        plan: Annotated[bool, Query(description="whether to compare the folder with it; that reads all files")] = True,
    ) -> IndexModel:
        """What is served, which generations are kept, and what an update would do."""
        manifest = assistant.generation().manifest
        return IndexModel(
            generation=manifest.name,
            built_at=manifest.built_at,
            documents=len(manifest.documents),
            passages=manifest.passages,
            history=[generation_model(kept) for kept in generations.history(settings.index)],
            plan=plan_model(indexing.plan(settings)) if plan else None,
        )

    @router.post("", summary="Update the index", responses=problems(400))
    def update(wanted: UpdateRequest | None = None) -> UpdateModel:
        """Brings the index up to date with the folder and answers when that is done; questions go on meanwhile."""
        wanted = wanted or UpdateRequest()
        try:
            report, seconds = updates.run(wanted.full, wanted.strict)
        except errors.IndexBusyError:
            metrics.update_finished("busy")
            raise
        except Exception:
            metrics.update_finished("failed")
            raise
        metrics.update_finished("unchanged" if report.plan.is_up_to_date else "published")
        return update_model(report, seconds)

    @router.post("/rollback", summary="Go back to an older generation", responses=problems(400, 404))
    def rollback(wanted: RollbackRequest | None = None) -> RollbackModel:
        """Serves an older generation again: the one before, or a named one. It is checked first."""
        try:
            manifest = generations.rollback(settings.index, wanted.generation if wanted else "")
        except errors.IndexMissingError as error:
            raise HTTPException(404, str(error)) from None
        except errors.IndexError_ as error:
            raise HTTPException(409, str(error)) from None
        return RollbackModel(
            generation=manifest.name,
            built_at=manifest.built_at,
            documents=len(manifest.documents),
            passages=manifest.passages,
        )

    return router


def status_of(error: FamqaError) -> int:
    """The HTTP status of what a user can cause or mend."""
    match error:
        case library.UnknownDocumentError():
            return 404
        case library.SameContentError() | errors.IndexBusyError() | errors.CorpusError():
            return 409
        case library.TooLargeError():
            return 413
        case errors.QuestionError() | errors.DocumentError():
            return 422
        case _:
            return 503


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, FamqaError)
    status = status_of(error)
    if status >= 500:
        _log.warning("a request could not be served: %s", error)
    return JSONResponse({"error": str(error)}, status)


async def _not_valid(request: Request, error: Exception) -> Response:
    """Names the first field that is wrong; what it held is not repeated."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return JSONResponse({"error": f"{where}: {first['msg']}; /api/docs says what is taken"}, 422)


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """The last line of defence; the traceback is for the log."""
    return JSONResponse({"error": f"something went wrong here; the log says what under {logs.request_id()}"}, 500)
