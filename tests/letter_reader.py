"""A span reader with hand-made logits instead of a model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from famqa.reader_weights import Calibration
from famqa.reading import SpanReader, Window


class LetterReader(SpanReader):
    """A piece is a word, and a word in `wanted` scores as given; `seen` are the passages that were read."""

    def __init__(self, wanted: dict[str, float], calibration: Calibration) -> None:
        super().__init__(SimpleNamespace(digest="letters", calibration=calibration))  # type: ignore[arg-type]
        self.wanted = wanted
        self.seen: list[str] = []

    def _windows(self, question, number, candidate):  # type: ignore[no-untyped-def]
        offsets, at = [], 0
        self.seen.append(candidate.passage.text)
        for word in candidate.passage.search_text.split():
            at = candidate.passage.search_text.index(word, at)
            offsets.append((at, at + len(word)))
            at += len(word)
        yield Window(number, [0] * (len(offsets) + 2), 1, offsets)
        self.texts = getattr(self, "texts", {}) | {number: candidate.passage.search_text}

    def _logits(self, windows):  # type: ignore[no-untyped-def]
        return [(scores, scores) for scores in map(self._scores, windows)]

    def _scores(self, window: Window) -> np.ndarray:
        words = [self.texts[window.candidate][start:end] for start, end in window.offsets]
        return np.array([0.0, *(self.wanted.get(word, -10.0) for word in words), -10.0], dtype=np.float32)
