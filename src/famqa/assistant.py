"""`Assistant.ask`: the whole way from a question to a cited answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, zip_longest

from famqa.answering import ANSWERED, NO_ANSWER, compose, from_table
from famqa.asking import asks_for_several
from famqa.conversation import readings
from famqa.defining import defined
from famqa.embedding import SentenceEmbedder, known_words, locate
from famqa.errors import IndexError_, IndexStaleError, QuestionError
from famqa.examples import propose
from famqa.generations import Generation, current_name, is_rolled_back, open_generation
from famqa.indexing import Progress, no_progress, update
from famqa.listing import other_rows
from famqa.picking import pick
from famqa.records import Answer, Block, Candidate, Document, Reader, Reading, Turn
from famqa.refusal import doubted, not_found
from famqa.rereading import open_reader
from famqa.search import search
from famqa.selection import select_documents
from famqa.sentence_reader import SentenceReader
from famqa.settings import SENTENCE_READER, Settings
from famqa.small_talk import small_talk
from famqa.spelling import Spelling
from famqa.tabulating import is_over_rows, is_read_elsewhere, tabulate
from famqa.terms import terms

_READING_SHARE = 0.9  # how much less a further way to understand a follow-up counts than the one before it
_ROW_DEPTH = 100  # passages among which the rows of a list or table are looked for
_EXAMPLE_DOCUMENTS = 5
_EXAMPLES_TRIED = 12


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """One line of an overview."""

    doc_id: str
    title: str
    format: str
    passages: int
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the served generation holds."""

    generation: str
    documents: tuple[DocumentSummary, ...]
    passages: int
    built_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer and how it came about, for those who measure or mend."""

    answer: Answer
    candidates: tuple[Candidate, ...]  # best first; the reader saw the first `Settings.candidates` of them
    reading: Reading
    generation: Generation  # that was asked


class Assistant:
    """Answers questions from one index; takes up a newly published generation between two questions.

    Safe to use from several threads: a question keeps the generation that it began with.
    """

    def __init__(self, settings: Settings) -> None:
        """Opens the index. Raises one of the `IndexError_` family, or `ModelError`."""
        self.settings = settings
        self._embedder = SentenceEmbedder(locate(settings.embedder))
        self._reader = _reader(settings, self._embedder)
        self._switching = threading.Lock()
        self._generation = self._open()
        self._spelled = self._speller(self._generation)

    @property
    def embedder(self) -> SentenceEmbedder:
        """What questions are embedded with."""
        return self._embedder

    @property
    def reader(self) -> Reader:
        """What finds the answer in the candidates."""
        return self._reader

    @property
    def threshold(self) -> float:
        """Least probability at which it answers."""
        stated = self.settings.answer_threshold
        return self._reader.threshold if stated is None else stated

    def with_threshold(self, threshold: float) -> Assistant:
        """The same assistant with another threshold, for those who measure."""
        other = copy(self)
        other.settings = self.settings.model_copy(update={"answer_threshold": threshold})
        return other

    def ask(self, question: str, turns: Sequence[Turn] = (), within: Sequence[str] = ()) -> Answer:
        """The answer, cut out of a document and cited, or a "no_answer" with the nearest passages.

        `turns` are the questions before this one, which it may follow up. `within` names the documents to answer from
        (ids, folders, patterns), all where it is empty. Raises `QuestionError` for an empty or overlong question and
        for a name that fits no document.
        """
        return self.trace(question, turns=turns, within=within).answer

    def trace(
        self,
        question: str,
        depth: int = 0,
        turns: Sequence[Turn] = (),
        within: Sequence[str] = (),
        on_step: Callable[[str], None] = lambda _: None,
    ) -> Trace:
        """The answer with all that led to it; at least `depth` candidates are listed, however many of them are read.

        Of the ways in which a follow-up can be understood, the one with the likeliest answer. `on_step` hears in a
        word or two what is done next. Raises `QuestionError`.
        """
        check_question(question, self.settings)
        if reply := small_talk(question):
            return self._replied(question, reply)
        understood_as = readings(question, turns)
        spelled = [self._spelling().corrected(reading) for reading in understood_as]
        tried = [self._trace(reading, depth, within, on_step) for reading in dict.fromkeys([*spelled, *understood_as])]
        best = tried[max(range(len(tried)), key=lambda n: _READING_SHARE**n * _likely(tried[n].reading))]
        understood = best.answer.question
        return replace(
            best,
            answer=replace(
                best.answer,
                question=question,
                standalone_question=understood if understood.split() != question.split() else None,
                timings_ms=_sum([trace.answer.timings_ms for trace in tried]),
            ),
        )

    def _replied(self, question: str, reply: str) -> Trace:
        """What is no question to the documents gets a line of ours and nothing of theirs."""
        generation = self.generation()
        answer = Answer(question, NO_ANSWER, "", (), 1.0, (), (), generation.name, note=reply)
        return Trace(replace(answer, timings_ms=_Timings().in_ms()), (), Reading((), 1.0), generation)

    def _spelling(self) -> Spelling:
        """Of the served generation."""
        generation = self.generation()
        if self._spelled[0] != generation.name:
            self._spelled = self._speller(generation)
        return self._spelled[1]

    def _speller(self, generation: Generation) -> tuple[str, Spelling]:
        return generation.name, Spelling(generation.catalog.search_texts, known_words(self._embedder.files))

    def _trace(self, question: str, depth: int, within: Sequence[str], on_step: Callable[[str], None]) -> Trace:
        times = _Timings()
        asked = check_question(question, self.settings)
        generation = self.generation()
        allowed = _rows(generation, within)
        on_step("searching…")
        with times.measure("search"):
            vector = self._embedder.embed_question(asked)
            several = asks_for_several(asked)
            is_over_table = is_over_rows(asked)
            limit = max(depth, self.settings.candidates, _ROW_DEPTH if several or is_over_table else 0)
            found = search(generation, asked, vector, limit, self.settings.dense_weight, allowed)
            candidates = found[: self.settings.candidates]
            others, is_cut = other_rows(generation, vector, found, len(candidates)) if several else ([], False)
            candidates += others
        on_step(f"reading {len(candidates)} passages…")
        with times.measure("read"):
            has_words = bool(terms(asked))  # "?" asks for nothing, whatever a model makes of it
            reading = self._reader.read(asked, candidates) if has_words else Reading((), 1.0)
            occurs = generation.postings.occurs(allowed)
            reading = defined(doubted(reading, asked, occurs), asked, candidates)
        with times.measure("answer"):
            answer = compose(
                question,
                reading,
                candidates,
                generation.catalog,
                threshold=self.threshold,
                max_citations=self.settings.max_citations,
                index=generation.name,
                is_cut=is_cut,
            )
            if is_over_table:
                table = tabulate(asked, found, generation.catalog)
            else:
                refused = reading.spans[0] if reading.spans and answer.status == NO_ANSWER else None
                table = pick(asked, found, refused, generation.catalog) if several else None
            is_unsure = table is not None and (table.is_count or not is_over_table)
            if table and not (is_unsure and is_read_elsewhere(answer, table)):
                answer = from_table(question, table, generation.catalog, generation.name)
            if answer.status == NO_ANSWER:
                answer = replace(answer, note=not_found(asked, candidates, occurs))
        return Trace(replace(answer, timings_ms=times.in_ms()), tuple(found), reading, generation)

    def document(self, doc_id: str) -> Document:
        """The document of the served generation; raises `DocumentError` for an unknown id."""
        return self.generation().catalog.document(doc_id)

    def blocks(self, doc_id: str) -> tuple[Block, ...]:
        """The structure of a document of the served generation, in order."""
        return self.generation().catalog.blocks(doc_id)

    def overview(self) -> Overview:
        """What is indexed now."""
        manifest = self.generation().manifest
        listed = tuple(
            DocumentSummary(entry.doc_id, entry.title, entry.format, entry.passages, entry.source, entry.date)
            for entry in manifest.documents
        )
        return Overview(manifest.name, listed, manifest.passages, manifest.built_at)

    def example_questions(self, limit: int = 3) -> list[str]:
        """Questions that a visitor can begin with: made from the documents by rule, and answered by them."""
        generation = self.generation()
        proposed = [
            propose(generation.catalog.document(doc_id), generation.catalog.blocks(doc_id))
            for doc_id in generation.catalog.doc_ids()[:_EXAMPLE_DOCUMENTS]
        ]
        found: list[str] = []
        for question in islice((q for turn in zip_longest(*proposed) for q in turn if q), _EXAMPLES_TRIED):
            if len(found) < limit and self.ask(question).status == ANSWERED:
                found.append(question)
        return found

    def generation(self) -> Generation:
        """The served generation, switched to first if another has been published."""
        if current_name(self.settings.index) != self._generation.name:
            with self._switching:
                if current_name(self.settings.index) != self._generation.name:
                    self._generation = self._open()
        return self._generation

    def _open(self) -> Generation:
        generation = open_generation(self.settings.index)
        if generation.manifest.recipe.embedder_digest != self._embedder.digest:
            raise IndexStaleError(
                f"the index '{self.settings.index}' was made with the embedder {generation.manifest.recipe.embedder}, "
                f"not with {self.settings.embedder}; run famqa index to make it anew"
            )
        return generation


def check_question(question: str, settings: Settings) -> str:
    """The question with its white space made plain. Raises `QuestionError` for an empty, overlong or broken one."""
    asked = " ".join(question.split())
    if not asked:
        raise QuestionError("the question is empty; write one")
    if asked != asked.encode("utf-8", "replace").decode():
        raise QuestionError("the question holds bytes that are no text; write it in UTF-8")
    if len(asked) > settings.max_question_chars:
        raise QuestionError(
            f"the question has {len(asked)} characters, {settings.max_question_chars} at most are taken; shorten it"
        )
    return asked


def _reader(settings: Settings, embedder: SentenceEmbedder) -> Reader:
    if settings.reader == SENTENCE_READER:
        return SentenceReader(embedder)
    return open_reader(settings.reader, settings.read_twice)


def open_assistant(settings: Settings, progress: Progress = no_progress, wait_seconds: float = 600) -> Assistant:
    """An assistant over an index that has been brought up to date with its folder.

    An index that was rolled back to is used as it is.
    """
    with suppress(IndexError_):  # none, or a damaged one: both are mended by the update
        if is_rolled_back(settings.index):
            return Assistant(settings)
    update(settings, progress=progress, wait_seconds=wait_seconds)
    return Assistant(settings)


def _rows(generation: Generation, within: Sequence[str]) -> list[int] | None:
    """The rows of the documents named; None where none are named and all are meant."""
    if not within:
        return None
    return generation.catalog.rows(select_documents(generation.catalog.doc_ids(), within))


def _likely(reading: Reading) -> float:
    return reading.spans[0].probability if reading.spans else 0.0


def _sum(timings: Sequence[dict[str, float]]) -> dict[str, float]:
    return {stage: round(sum(each[stage] for each in timings), 2) for stage in timings[0]}


class _Timings:
    """Milliseconds of each stage, and in all since it was made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._stages[stage] = (time.perf_counter() - started) * 1000

    def in_ms(self) -> dict[str, float]:
        stages = self._stages | {"total": (time.perf_counter() - self._started) * 1000}
        return {name: round(value, 2) for name, value in stages.items()}
