"""What the API takes and gives, as pydantic models: they check requests and make the OpenAPI description.

Offsets are half-open ranges of code points in a document's canonical text, as everywhere in famqa.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from famqa import generations, indexing, planning
from famqa.answering import to_dict
from famqa.assistant import Assistant, check_question
from famqa.catalog import Catalog
from famqa.manifests import FailedFile, Manifest
from famqa.records import Answer, Candidate
from famqa.search import search
from famqa.selection import select_documents

MAX_CHARS = 10_000  # of a question at this door; the settings may allow less
MAX_TURNS = 30
MAX_WITHIN = 100
MAX_PASSAGES = 50
MAX_SLICE_CHARS = 100_000
WITHIN = "only these documents: ids, folders or patterns such as 'reports/*.pdf'; empty for all"
_EXAMPLE_QUESTION = "Who designed the lighthouse?"

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARS, pattern=r"\S")]
Within = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=1000)]], Field(max_length=MAX_WITHIN)]


class Taken(BaseModel):
    """A request body; what it does not know is refused, since it may be a misspelt option."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """A response body."""


class Problem(Given):
    """Why a request was not served, in one line."""

    error: str = Field(examples=["the question is empty; write one"])


class EarlierTurn(Taken):
    """A question before this one, which it may follow up, and its answer."""

    question: Text = Field(description="as it was understood (`standalone_question`, else `question`)")
    answer: Annotated[str, StringConstraints(max_length=MAX_CHARS)] = ""


class AskRequest(Taken):
    """A question, with what it may refer to and where to look."""

    question: Text = Field(examples=[_EXAMPLE_QUESTION])
    turns: list[EarlierTurn] = Field(default=[], max_length=MAX_TURNS, description="earlier questions, oldest first")
    within: Within = Field(default=[], description=WITHIN)


class SearchRequest(Taken):
    """What to look for."""

    question: Text = Field(examples=[_EXAMPLE_QUESTION])
    limit: int = Field(default=10, ge=1, le=MAX_PASSAGES, description="most passages given back")
    within: Within = Field(default=[], description=WITHIN)


class UpdateRequest(Taken):
    """How to bring the index up to date."""

    full: bool = Field(default=False, description="build everything anew")
    strict: bool = Field(default=False, description="publish nothing if a file cannot be indexed")


class RollbackRequest(Taken):
    """What to go back to."""

    generation: str = Field(default="", max_length=100, description="name of a generation; empty for the one before")


class CitationModel(Given):
    """A place in a document: `quote` is `text[start:end]` of it."""

    number: int
    doc_id: str
    title: str
    section: list[str]
    page: int | None
    line: int
    start: int
    end: int
    quote: str
    source: str
    date: str


class SpanModel(Given):
    """A piece of the answer, cut out of the document of the citation of that number."""

    text: str
    citation: int
    start: int
    end: int


class AnswerModel(Given):
    """A cited answer, or "no_answer" with the nearest passages, which are not an answer."""

    question: str
    standalone_question: str | None = Field(description="how it was understood, where that differs")
    status: Literal["answered", "no_answer"]
    answer: str = Field(description="the spans' texts, joined; empty on no_answer", examples=["Ada Thorne"])
    spans: list[SpanModel]
    confidence: float = Field(description="from 0 to 1, that this is right; on no_answer, that nothing found answers")
    citations: list[CitationModel]
    nearest: list[CitationModel]
    note: str = Field(default="", description="one line worth saying about the answer")
    index: str = Field(description="the index generation that was asked")
    timings_ms: dict[str, float]


class PassageModel(Given):
    """A passage that was found, with its place and how well it fits."""

    doc_id: str
    title: str
    section: list[str]
    page: int | None
    line: int
    start: int
    end: int
    text: str
    source: str
    date: str
    score: float = Field(description="fused and z-scored within this search; higher is better")
    cosine: float
    bm25: float = Field(description="0 where no word of the question occurs")


class SearchResult(Given):
    """The best passages, best first."""

    question: str
    index: str
    passages: list[PassageModel]


class DocumentModel(Given):
    """A document of the served index."""

    doc_id: str = Field(examples=["reports/lighthouse.txt"])
    title: str
    format: str
    passages: int
    source: str
    date: str
    digest: str = Field(description="sha256 of the file")


class FailedModel(Given):
    """A file that is not in the index, and why."""

    doc_id: str
    reason: str


class DocumentList(Given):
    """What is indexed and what could not be."""

    index: str
    documents: list[DocumentModel]
    failed: list[FailedModel]


class DocumentText(Given):
    """A stretch of a document's text: `text` is what stands from `start` to `end`."""

    doc_id: str
    title: str
    format: str
    source: str
    date: str
    digest: str = Field(description="sha256 of the file")
    length: int = Field(description="code points of the whole text")
    start: int
    end: int
    text: str


class StoredModel(Given):
    """A file that is in the folder now; it answers questions after the next update of the index."""

    doc_id: str
    size_bytes: int
    remark: str = ""


class RemovedModel(Given):
    """A file that was moved to the trash of the folder; the next update takes it out of the index."""

    doc_id: str
    size_bytes: int
    trash_key: str = Field(description="its place in the trash, below .trash in the folder of documents")


class GenerationModel(Given):
    """A state of the index that is kept on disk."""

    name: str
    served: bool
    built_at: datetime | None
    documents: int | None
    passages: int | None
    problem: str = Field(description="why it cannot be served; empty if it can")


class MoveModel(Given):
    """A document whose file has another path now."""

    old: str
    new: str


class PlanModel(Given):
    """What an update would do, or did."""

    up_to_date: bool
    reason: str = Field(description="what is forced beyond the changes of files; empty if nothing")
    added: list[str]
    changed: list[str]
    removed: list[str]
    moved: list[MoveModel]
    failed: list[FailedModel]
    remarks: list[str]


class IndexModel(Given):
    """The index as it is served, what is kept of it, and what it lacks."""

    generation: str
    built_at: datetime
    documents: int
    passages: int
    history: list[GenerationModel] = Field(description="newest first")
    plan: PlanModel | None = Field(description="null where it was not asked for")


class UpdateModel(Given):
    """What an update did."""

    generation: str
    documents: int
    passages: int
    embedded: int = Field(description="vectors that had to be computed")
    kept: int
    seconds: float
    plan: PlanModel


class RollbackModel(Given):
    """The generation that is served now."""

    generation: str
    built_at: datetime
    documents: int
    passages: int


def answer_model(answer: Answer) -> AnswerModel:
    """An answer as JSON has it everywhere."""
    return AnswerModel.model_validate(to_dict(answer))


def passage_model(candidate: Candidate, catalog: Catalog) -> PassageModel:
    """A candidate with its place; `catalog` is that of the generation it was found in."""
    passage, document = candidate.passage, catalog.document(candidate.passage.doc_id)
    return PassageModel(
        doc_id=document.doc_id,
        title=document.title,
        section=list(passage.headings),
        page=passage.page,
        line=document.line_of(passage.start),
        start=passage.start,
        end=passage.end,
        text=passage.text,
        source=document.source,
        date=document.date,
        score=round(candidate.score, 4),
        cosine=round(candidate.cosine, 4),
        bm25=round(candidate.bm25, 4),
    )


def search_result(assistant: Assistant, wanted: SearchRequest) -> SearchResult:
    """The best passages of the served generation. Raises `QuestionError`."""
    asked = check_question(wanted.question, assistant.settings)
    generation = assistant.generation()
    catalog = generation.catalog
    allowed = catalog.rows(select_documents(catalog.doc_ids(), wanted.within)) if wanted.within else None
    vector = assistant.embedder.embed_question(asked)
    found = search(generation, asked, vector, wanted.limit, assistant.settings.dense_weight, allowed)
    passages = [passage_model(candidate, catalog) for candidate in found]
    return SearchResult(question=wanted.question, index=generation.name, passages=passages)


def document_list(manifest: Manifest) -> DocumentList:
    """The documents of a generation."""
    listed = [
        DocumentModel(
            doc_id=entry.doc_id,
            title=entry.title,
            format=entry.format,
            passages=entry.passages,
            source=entry.source,
            date=entry.date,
            digest=entry.sha256,
        )
        for entry in manifest.documents
    ]
    return DocumentList(index=manifest.name, documents=listed, failed=failed_models(manifest.failed))


def failed_models(failed: tuple[FailedFile, ...]) -> list[FailedModel]:
    """Files that are not indexed."""
    return [FailedModel(doc_id=failure.doc_id, reason=failure.reason) for failure in failed]


def generation_model(kept: generations.Kept) -> GenerationModel:
    """A generation on disk."""
    manifest = kept.manifest
    return GenerationModel(
        name=kept.name,
        served=kept.is_served,
        built_at=manifest.built_at if manifest else None,
        documents=len(manifest.documents) if manifest else None,
        passages=manifest.passages if manifest else None,
        problem=kept.problem,
    )


def plan_model(plan: planning.Plan, failed: tuple[FailedFile, ...] | None = None) -> PlanModel:
    """A plan; `failed` are the files that failed once they were read."""
    return PlanModel(
        up_to_date=plan.is_up_to_date,
        reason=plan.reason,
        added=list(plan.added),
        changed=list(plan.changed),
        removed=list(plan.removed),
        moved=[MoveModel(old=move.old, new=move.new) for move in plan.moved],
        failed=failed_models(plan.failed if failed is None else failed),
        remarks=list(plan.remarks),
    )


def update_model(report: indexing.Report, seconds: float) -> UpdateModel:
    """What `indexing.update` did."""
    return UpdateModel(
        generation=report.generation,
        documents=report.documents,
        passages=report.passages,
        embedded=report.embedded,
        kept=report.kept,
        seconds=round(seconds, 2),
        plan=plan_model(report.plan, report.failed),
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can refuse with these statuses."""
    return {status: {"model": Problem, "description": _WHY[status]} for status in statuses}


_WHY: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, where users have to be.",
    403: "Only an administrator may do this, or the page of another site asks for it.",
    404: "There is no such thing.",
    409: "Something stands in the way.",
    413: "It is too large.",
    422: "The request is not usable as it is.",
    429: "Too many requests; Retry-After says when to try again.",
    500: "Something went wrong in famqa; the log says what.",
    503: "It cannot be answered now.",
}
