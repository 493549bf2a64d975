"""What the chat page does when it is used, without Gradio: asks, opens sources, restores, takes verdicts.

`Chat` keeps nothing of a visitor; the turns come in and go out as values.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from queue import SimpleQueue
from typing import Any

from famqa import records
from famqa.assistant import Assistant, Overview
from famqa.errors import DocumentError, FamqaError
from famqa.feedback import RIGHT, WRONG, Feedback, Place, place_in
from famqa.records import Answer, Document
from famqa.web import source
from famqa.web.links import citation_at, read_place, text_digest
from famqa.web.turns import MOST_TURNS, Turn, completed, restored

FAILED = "Something went wrong here while answering. The log says what it was."
KEPT_STOPS = 1000
_LOST = "This answer is no longer kept here. Ask the question again."

_log = logging.getLogger(__name__)


class Chat:
    """The chat over one assistant; safe to use from several threads."""

    def __init__(self, assistant: Assistant, feedback: Feedback | None = None) -> None:
        """Verdicts go to `feedback`, by default that beside the assistant's index."""
        self._assistant = assistant
        self._feedback = feedback or Feedback(assistant.settings.index)
        self._examples: tuple[str, list[str]] = ("", [])  # of which generation
        self._stopped: deque[str] = deque(maxlen=KEPT_STOPS)  # keys of questions, the newest last
        self._waiting: dict[str, SimpleQueue[Turn | str | None]] = {}  # by the key of the question

    def overview(self) -> Overview:
        """What is indexed now."""
        return self._assistant.overview()

    def examples(self) -> list[str]:
        """Questions to begin with, found once for each generation."""
        name = self._assistant.generation().name
        if self._examples[0] != name:
            self._examples = (name, list(dict.fromkeys(self._assistant.example_questions())))
        return self._examples[1]

    def choices(self) -> list[tuple[str, str, str]]:
        """(name, title, what it is) of all folders and then all documents that a question can be restricted to."""
        documents = [(document.doc_id, document.title) for document in self.overview().documents]
        folders = {str(parent) for doc_id, _ in documents for parent in PurePosixPath(doc_id).parents} - {"."}
        return [
            *((folder, f"{folder}/", "folder") for folder in sorted(folders)),
            *((doc_id, title, doc_id) for doc_id, title in documents),
        ]

    def ask(
        self,
        question: str,
        past: Sequence[Turn],
        within: Sequence[str] = (),
        *,
        alone: bool = False,
        number: int = 1,
        key: str = "",
    ) -> Iterator[Turn]:
        """Turn `number` as it comes about: pending, with each step that is done, last with its answer or its error.

        `alone` asks it as a question of its own, whatever was asked before. With a `key` that nobody else knows it
        can be stopped: then nothing more of it comes.
        """
        most = self._assistant.settings.max_question_chars
        turn = Turn(number, question[:most], tuple(within))
        yield turn
        news: SimpleQueue[Turn | str | None] = SimpleQueue()
        if key:
            self._waiting[key] = news
        before = () if alone else past
        context = contextvars.copy_context()  # so that the log knows which request this belongs to

        def work() -> None:
            news.put(context.run(self._answered, turn, question, before, news.put))

        threading.Thread(target=work, name="answer", daemon=True).start()
        try:
            while key not in self._stopped and (new := news.get()) is not None:
                turn = replace(turn, step=new) if isinstance(new, str) else new
                yield turn
                if new is turn:
                    return
        finally:
            self._waiting.pop(key, None)

    def stop(self, key: str) -> None:
        """Lets nothing more come of the question with that key, asked already or not yet; no key, no question."""
        if key:
            self._stopped.append(key)
            if news := self._waiting.get(key):
                news.put(None)

    def _answered(self, turn: Turn, question: str, past: Sequence[Turn], on_step: Callable[[str], None]) -> Turn:
        """The turn with its answer, or with one friendly line on what went wrong."""
        before = [
            records.Turn(answer.standalone_question or answer.question, answer.answer)
            for answer in (earlier.answer for earlier in past)
            if answer is not None
        ]
        try:
            trace = self._assistant.trace(question, turns=before, within=turn.within, on_step=on_step)
            catalog = trace.generation.catalog  # not the one served now: it may be newer than the answer
            return completed(turn, trace.answer, catalog.document, lru_cache(catalog.blocks))
        except FamqaError as error:
            return replace(turn, error=sentence(error))
        except Exception:  # the visitor must not be left waiting; the log says what it was
            _log.exception("a question failed")
            return replace(turn, error=FAILED)

    def restore(self, records: Any) -> tuple[Turn, ...]:
        """The turns of a browser's records, their words sliced anew from the documents."""
        try:
            catalog = self._assistant.generation().catalog
            return restored(records, catalog.document, lru_cache(catalog.blocks))
        except FamqaError:
            return ()

    def open(self, past: Sequence[Turn], number: Any, ref: Any, around: int = source.AROUND_BLOCKS) -> str:
        """The Sources panel for source `ref` of turn `number`."""
        turn = next((turn for turn in past if turn.number == number), None)
        if turn is None or not isinstance(ref, int) or not 0 <= ref < len(turn.sources()):
            return source.notice(_LOST)
        citation = turn.sources()[ref]
        reference = (turn.number, ref)
        try:
            document, blocks = self._document(citation.doc_id), self._assistant.blocks(citation.doc_id)
        except DocumentError:  # it has left the corpus since
            return source.changed(citation, reference)
        except FamqaError as error:
            return source.notice(sentence(error))
        is_answer = turn.answer is not None and ref < len(turn.answer.citations)
        return source.opened(
            document, blocks, citation, turn.spans(ref), reference=reference, around=around, is_answer=is_answer
        )

    def open_link(self, named: str, at: str, around: int = source.AROUND_BLOCKS) -> str:
        """The Sources panel for a permanent link, or what has become of the place."""
        try:
            place = read_place(named, at)
            document, blocks = self._document(place.doc_id), self._assistant.blocks(place.doc_id)
            if text_digest(document) != place.digest:
                return source.changed(citation_at(document, blocks, 0, 0), (0, 0), source.CHANGED_SINCE_LINK)
            return source.opened(document, blocks, citation_at(document, blocks, place.start, place.end), around=around)
        except DocumentError:
            return source.notice(f"The document that this link names is not here any more: {place.doc_id}")
        except FamqaError as error:
            return source.notice(sentence(error))

    def open_document(self, doc_id: str) -> str:
        """The Sources panel with a document open at its beginning."""
        try:
            document, blocks = self._document(doc_id), self._assistant.blocks(doc_id)
            return source.opened(document, blocks, citation_at(document, blocks, 0, 0))
        except FamqaError as error:
            return source.notice(sentence(error))

    def judge(self, turn: Turn, verdict: str, visitor: str) -> Turn:
        """The turn with the visitor's verdict, which is kept; the same verdict once more takes it back."""
        if turn.answer is None or verdict not in (RIGHT, WRONG):
            return turn
        try:
            if verdict == turn.verdict:
                self._feedback.withdraw(
                    question=turn.question,
                    standalone_question=turn.answer.standalone_question,
                    answer=turn.answer,
                    visitor=visitor,
                )
                return replace(turn, verdict="", told="Taken back.")
            self._record(turn, turn.answer, verdict, visitor)
        except FamqaError as error:
            return replace(turn, told=sentence(error))
        return replace(turn, verdict=verdict, told="Thank you. Noted as right." if verdict == RIGHT else _NOTED_WRONG)

    def correct(self, turn: Turn, selected: Any, visitor: str) -> Turn:
        """The turn with the right answer that the visitor found in a document.

        `selected` holds the document ("doc", "digest") and either "start" and "end" or the words ("text") to look for.
        """
        if turn.answer is None:
            return turn
        try:
            correction = self._selected(selected if isinstance(selected, dict) else {})
            self._record(turn, turn.answer, WRONG, visitor, correction)
        except FamqaError as error:
            return replace(turn, told=sentence(error))
        return replace(turn, verdict=WRONG, told=f"Thank you. Noted as the right answer: {_short(correction.quote)}")

    def _record(self, turn: Turn, answer: Answer, verdict: str, visitor: str, correction: Place | None = None) -> None:
        self._feedback.record(
            question=turn.question,
            standalone_question=answer.standalone_question,
            answer=answer,
            verdict=verdict,
            correction=correction,
            visitor=visitor,
        )

    def _selected(self, selected: dict[str, Any]) -> Place:
        document = self._document(str(selected.get("doc", "")))
        if text_digest(document) != selected.get("digest"):
            raise FamqaError(f"{document.doc_id} has changed meanwhile; open the source again and select the answer")
        start, end, words = selected.get("start"), selected.get("end"), str(selected.get("text", "")).strip()
        if not (isinstance(start, int) and isinstance(end, int)):
            near = selected.get("near")
            start = document.text.find(words, max(0, near) if isinstance(near, int) else 0) if words else -1
            start = document.text.find(words) if words and start < 0 else start
            if start < 0:
                raise FamqaError(f"“{_short(words)}” does not stand in {document.title}; select the answer in the text")
            end = start + len(words)
        return place_in(document, start, end)

    def _document(self, doc_id: str) -> Document:
        return self._assistant.document(doc_id)


def kept(past: Sequence[Turn], turn: Turn) -> tuple[Turn, ...]:
    """The conversation with the turn in its place, or at the end; the newest turns of it."""
    if any(each.number == turn.number for each in past):
        return tuple(turn if each.number == turn.number else each for each in past)
    return (*past, turn)[-MOST_TURNS:]


def sentence(error: FamqaError) -> str:
    """The error's message as a sentence begins."""
    message = str(error)
    return message[:1].upper() + message[1:]


_NOTED_WRONG = "Noted as wrong. If the right answer stands in a document, open it and say where."


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 120 else words[:119] + "…"
