"""A second look at a span: a small model reads the question and the passage with the span marked, and says whether
it answers.

The reader chooses among the spans of a passage; the verifier judges one span that is already chosen, so it can weigh
whether just this person, date or number is what the question asks for. Its logit is one of the things that the
calibration goes by. (Zhang, Yang and Zhao, "Retrospective Reader for Machine Reading Comprehension", AAAI 2021, read
twice for the same reason.)
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from famqa.reader_weights import VERIFIER, LoadedReader, ReaderFiles, load_reader

VERIFIER_PIECES = 160  # of an input: question, context line, the stretch around the span, marks
_QUESTION_PIECES = 48
_HEAD_PIECES = 32
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Marked:
    """A model's input: piece ids, and a type for each: 1 for the passage, 0 for the question and for the span."""

    ids: list[int]
    types: list[int]


def marked(
    question: Sequence[int],
    passage: Sequence[int],
    offsets: Sequence[tuple[int, int]],
    head_end: int,
    span: tuple[int, int],
    marks: tuple[int, int],
) -> Marked:
    """The question, the passage's first line and the stretch around the span, at most `VERIFIER_PIECES` long.

    `passage` and `offsets` are the pieces of the search text and their character ranges, `head_end` is where its
    context line ends (0 without one), `span` a range of its characters, `marks` the ids at the start and between.
    """
    asked = list(question[:_QUESTION_PIECES])
    first = next((n for n, (_, end) in enumerate(offsets) if end > span[0]), len(offsets))
    last = next((n for n in range(len(offsets) - 1, -1, -1) if offsets[n][0] < span[1]), -1)
    head = next((n for n, (start, _) in enumerate(offsets) if start >= head_end), len(offsets))
    if first < head:  # the span stands in the context line itself
        head = 0
    kept_head = min(head, _HEAD_PIECES)
    room = VERIFIER_PIECES - 3 - len(asked) - kept_head
    last = min(last, first + room - 1)
    spare = room - (last - first + 1)
    begin = max(head, first - spare // 2)
    end = min(len(passage), begin + room)
    begin = max(head, end - room)
    places = [*range(kept_head), *range(begin, end)]
    ids = [marks[0], *asked, marks[1], *(passage[n] for n in places), marks[1]]
    types = [0] * (len(asked) + 2) + [0 if first <= n <= last else 1 for n in places] + [1]
    return Marked(ids, types)


def head_end(search_text: str) -> int:
    """Where the line with title and headings ends in a passage's search text; 0 where there is none."""
    line, newline, _ = search_text.partition("\n")
    return len(line) + 1 if newline and line.endswith(":") else 0


class Verifier:
    """The model that judges spans; loads at the first of them. Safe to use from several threads."""

    def __init__(self, files: ReaderFiles) -> None:
        self._files = files
        self._model: LoadedReader | None = None
        self._loading = threading.Lock()

    def judge(self, question: str, spans: Sequence[tuple[str, tuple[int, int]]]) -> list[float]:
        """Log odds that each span answers; a span is a search text and a range of its characters."""
        reader = self._loaded()
        asked = reader.tokenizer.encode(question, add_special_tokens=False).ids
        texts = list(dict.fromkeys(text for text, _ in spans))
        encoded = dict(zip(texts, reader.tokenizer.encode_batch(texts, add_special_tokens=False), strict=True))
        marks = (reader.mark_start, reader.mark_end)
        inputs = [
            marked(asked, encoded[text].ids, encoded[text].offsets, head_end(text), place, marks)
            for text, place in spans
        ]
        odds = [0.0] * len(inputs)
        order = sorted(range(len(inputs)), key=lambda n: len(inputs[n].ids))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            for n, value in zip(batch, self._forward([inputs[n] for n in batch]), strict=True):
                odds[n] = value
        return odds

    def _forward(self, inputs: Sequence[Marked]) -> list[float]:
        import torch

        longest = max(len(each.ids) for each in inputs)
        ids = np.zeros((len(inputs), longest), dtype=np.int64)
        types, mask = np.zeros_like(ids), np.zeros_like(ids)
        for row, each in enumerate(inputs):
            ids[row, : len(each.ids)] = each.ids
            types[row, : len(each.ids)] = each.types
            mask[row, : len(each.ids)] = 1
        arrays = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
        with torch.inference_mode():
            output = self._loaded().model(**{name: torch.from_numpy(values) for name, values in arrays.items()})
        # Piece 0 stood for "no answer" in the reader that the verifier was trained on from.
        none = output.start_logits[:, 0] + output.end_logits[:, 0]
        return [-float(value) for value in none]

    def _loaded(self) -> LoadedReader:
        with self._loading:
            if self._model is None:
                self._model = load_reader(self._files, VERIFIER)
        return self._model
