"""Question and passages to answer spans, with a small extractive model; the decoder is ours.

All candidate passages of a question are read together. Every span of every passage is scored on one scale, "no
answer" is one of the outcomes, and a span found in the search text is mapped back to the document's own characters.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from famqa.asking import asks_for_news, asks_for_several
from famqa.reader_weights import Calibration, Features, LoadedReader, ReaderFiles, load_reader
from famqa.records import Candidate, Passage, Reading, Span
from famqa.terms import content_terms

Logits = npt.NDArray[np.float32]
Place = tuple[int, int]

MAX_PIECES = 256  # of a window: the question, a stretch of a passage and three marks
QUESTION_PIECES = 64  # a longer question is read by its beginning
STRIDE_PIECES = 64  # overlap of two windows of a long passage
ANSWER_PIECES = 30  # longest span
_SPANS_A_WINDOW = 20  # looked at further
_SPANS = 60  # given back
TEMPERATURE = 3.0  # at which the scores of a passage's spans are added up
_BATCH = 4  # windows that go through the model together; more would be padded for longer than it saves


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one passage as the model sees it: marks, question, context."""

    candidate: int  # its place among the candidates
    ids: list[int]
    context_at: int  # where the context begins in `ids`; it goes on to the last but one
    offsets: list[tuple[int, int]]  # of each piece of the context in the passage's search text


@dataclass(frozen=True, slots=True)
class Found:
    """A range of a document that may answer, with what is known of it."""

    passage: Passage
    start: int
    end: int
    features: Features

    def overlaps(self, span: Span | Found) -> bool:
        return span.passage.doc_id == self.passage.doc_id and span.start < self.end and self.start < span.end


class SpanReader:
    """A `Reader` over an extractive question answering model; loads it at the first question."""

    def __init__(self, files: ReaderFiles, calibration: Calibration | None = None) -> None:
        self.files = files
        self.calibration = calibration or files.calibration
        self._model: LoadedReader | None = None
        self._loading = threading.Lock()

    @property
    def digest(self) -> str:
        return f"spans-1:{self.files.digest}"

    @property
    def threshold(self) -> float:
        return self.calibration.threshold

    def read(self, question: str, candidates: Sequence[Candidate]) -> Reading:
        """The best spans that do not overlap, best first, each with the probability that it answers."""
        return best_reading(question, self.found(question, candidates), self.calibration)

    def found(self, question: str, candidates: Sequence[Candidate]) -> list[Found]:
        """The best spans of every window that stand in a document word for word, with what is known of them.

        Spans that only say the question's own words are left out where those cannot answer it.
        """
        said = set(content_terms(question)) if asks_for_news(question) else set()
        windows = [window for n, candidate in enumerate(candidates) for window in self._windows(question, n, candidate)]
        scored: dict[int, list[tuple[Place, float]]] = defaultdict(list)
        for window, (starts, ends) in zip(windows, self._logits(windows), strict=True):
            passage = candidates[window.candidate].passage
            for start, end, above_none in best_spans(window, starts, ends):
                place = _place(passage, start, end)
                if place is None or not _is_of_one_sentence(passage, place):
                    continue
                if not _is_echo(passage.search_text[start:end], said):
                    scored[window.candidate].append((place, above_none))
        best = max((candidate.score for candidate in candidates), default=0.0)
        spans: list[Found] = []
        for n, places in scored.items():
            passage, behind = candidates[n].passage, candidates[n].score - best
            lifted = lift([above_none for _, above_none in places])
            spans += [Found(passage, *place, Features(above_none, behind, lifted)) for place, above_none in places]
        return spans

    def _windows(self, question: str, number: int, candidate: Candidate) -> Iterator[Window]:
        reader = self._loaded()
        asked = reader.tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_PIECES]
        encoded = reader.tokenizer.encode(candidate.passage.search_text, add_special_tokens=False)
        room = MAX_PIECES - len(asked) - 3
        head = [reader.mark_start, *asked, reader.mark_end]
        for at in range(0, max(len(encoded.ids) - STRIDE_PIECES, 1), room - STRIDE_PIECES):
            ids = encoded.ids[at : at + room]
            if ids:
                yield Window(number, [*head, *ids, reader.mark_end], len(head), encoded.offsets[at : at + room])

    def _logits(self, windows: Sequence[Window]) -> list[tuple[Logits, Logits]]:
        """Start and end logits of each window's pieces. Windows of like length go through the model together."""
        found: dict[int, tuple[Logits, Logits]] = {}
        order = sorted(range(len(windows)), key=lambda n: len(windows[n].ids))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            starts, ends = self._forward([windows[n] for n in batch])
            for row, n in enumerate(batch):
                length = len(windows[n].ids)
                found[n] = starts[row, :length], ends[row, :length]
        return [found[n] for n in range(len(windows))]

    def _forward(self, windows: Sequence[Window]) -> tuple[Logits, Logits]:
        import torch

        reader = self._loaded()
        longest = max(len(window.ids) for window in windows)
        ids = np.zeros((len(windows), longest), dtype=np.int64)
        kinds, mask = np.zeros_like(ids), np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window.ids)] = window.ids
            kinds[row, window.context_at : len(window.ids)] = 1
            mask[row, : len(window.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask}
        if getattr(reader.model.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = kinds
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=reader.is_bf16):
            output = reader.model(**{name: torch.from_numpy(values) for name, values in inputs.items()})
        return output.start_logits.float().numpy(), output.end_logits.float().numpy()

    def _loaded(self) -> LoadedReader:
        with self._loading:
            if self._model is None:
                self._model = load_reader(self.files)
        return self._model


def best_reading(question: str, found: Sequence[Found], calibration: Calibration) -> Reading:
    """The likeliest of the spans found that do not overlap, likeliest first.

    Where the question asks for several things, all have the lift of the likeliest: an item of three words is no less
    one of them than a line that has room for twenty spans.
    """
    log_odds = [calibration.log_odds(span.features) for span in found]
    if found and asks_for_several(question):
        known = found[max(range(len(found)), key=lambda n: log_odds[n])].features
        features = [replace(span.features, lift=known.lift, first_lift=known.first_lift) for span in found]
        log_odds = [calibration.log_odds(each) for each in features]
    spans: list[Span] = []
    for n in sorted(range(len(found)), key=lambda n: -log_odds[n]):
        if not any(found[n].overlaps(span) for span in spans):
            passage, place = found[n].passage, (found[n].start, found[n].end)
            spans.append(Span(passage, *place, _probability(log_odds[n]), _quotes(passage, place)))
        if len(spans) == _SPANS:
            break
    return Reading(tuple(spans), 1 - spans[0].probability if spans else 1.0)


def best_spans(
    window: Window, starts: Logits, ends: Logits, limit: int = _SPANS_A_WINDOW
) -> list[tuple[int, int, float]]:
    """The best ranges of a window's search text: start, end, and start + end logit above those of "no answer".

    Start and end are chosen together: the end is never before the start nor more than `ANSWER_PIECES` away.
    """
    length = len(window.offsets)
    inside = slice(window.context_at, window.context_at + length)
    # Row i holds the scores of the spans that begin at piece i and have 1, 2, ... pieces.
    padded = np.pad(ends[inside], (0, ANSWER_PIECES), constant_values=-np.inf)
    reach = np.lib.stride_tricks.sliding_window_view(padded, ANSWER_PIECES)[:length]
    scores = starts[inside][:, None] + reach - (starts[0] + ends[0])
    best = np.argsort(-scores, axis=None, kind="stable")[:limit]
    found: list[tuple[int, int, float]] = []
    for flat in best:
        first, further = divmod(int(flat), ANSWER_PIECES)
        score = float(scores[first, further])
        if math.isfinite(score):
            found.append((window.offsets[first][0], window.offsets[first + further][1], score))
    return found


def lift(scores: Sequence[float], temperature: float = TEMPERATURE) -> float:
    """How far the soft maximum of a passage's scores, T log(sum(exp(score / T))), lies above their maximum.

    Where a passage answers, the reader sees its answer in many stretches of it that overlap; where it does not, often
    in one alone, and surely. T above 1 softens that (Guo et al., "On calibration of modern neural networks", 2017).

    >>> round(lift([3.0, 3.0, -90.0], temperature=2.0), 3)  # 2 log 2
    1.386
    """
    most = max(scores)
    return temperature * math.log(sum(math.exp((score - most) / temperature) for score in scores))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, log_odds))))


def _place(passage: Passage, search_start: int, search_end: int) -> Place | None:
    """Range in the document, without white space at its ends; None where the words are not the document's."""
    text = passage.search_text[search_start:search_end]
    search_start += len(text) - len(text.lstrip())
    search_end -= len(text) - len(text.rstrip())
    return passage.to_document(search_start, search_end) if search_start < search_end else None


def _is_of_one_sentence(passage: Passage, place: Place) -> bool:
    """Whether the place lies within one sentence: an answer that runs into the next says something else besides."""
    return sum(1 for s in passage.sentences if s[0] < place[1] and place[0] < s[1]) <= 1


def _is_echo(text: str, said: Set[str]) -> bool:
    """Whether the text has words, and all of them are among those said."""
    found = content_terms(text) if said else []
    return bool(found) and set(found) <= said


def _quotes(passage: Passage, place: Place) -> tuple[Place, ...]:
    """The sentence that holds the span; for a cell carried from another row, the row that asked for it."""
    holding = (s for s in passage.sentences if s[0] < place[1] and place[0] < s[1])
    return (next(holding, (passage.start, passage.end)),)
