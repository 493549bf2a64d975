"""Two readers in turn: a small one reads all candidates, a larger one reads again what may hold the answer.

The larger one takes three times as long for a passage and judges better whether the passage answers at all, so it is
spent where it decides something (a cascade, as in Viola and Jones, "Rapid object detection using a boosted cascade of
simple features", CVPR 2001).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from famqa.asking import asks_for_several
from famqa.reader_weights import Features, locate_reader
from famqa.reading import Found, SpanReader, best_reading
from famqa.records import Candidate, Passage, Reading
from famqa.settings import CLOSE_READER, DEFAULT_READER

READ_AGAIN = 3  # passages
_READ_AGAIN_OF_SEVERAL = 24  # where the question asks for several things
_LOG_ODDS_BEHIND = 3.0  # of the likeliest passage, up to which another may hold one of several things


class Rereader:
    """A `Reader` over two others: the spans are the second one's, the first one's score of each counts too."""

    def __init__(self, first: SpanReader, second: SpanReader) -> None:
        self.first, self.second = first, second

    @property
    def digest(self) -> str:
        return f"{self.first.digest}+{self.second.digest}"

    @property
    def threshold(self) -> float:
        return self.second.threshold

    def read(self, question: str, candidates: Sequence[Candidate]) -> Reading:
        """The best spans of the passages read again, best first, each with the probability that it answers."""
        return best_reading(question, self.found(question, candidates), self.second.calibration)

    def found(self, question: str, candidates: Sequence[Candidate]) -> list[Found]:
        """The spans of the second reader, with what both know of them."""
        first: dict[tuple[str, int], list[Found]] = defaultdict(list)
        for span in self.first.found(question, candidates):
            first[_key(span.passage)].append(span)
        likely = {key: max(map(self._log_odds, spans)) for key, spans in first.items()}
        ranked = sorted(
            (candidate for candidate in candidates if _key(candidate.passage) in likely),
            key=lambda candidate: -likely[_key(candidate.passage)],
        )
        chosen = ranked[:READ_AGAIN]
        if asks_for_several(question):
            least = max(likely.values(), default=0.0) - _LOG_ODDS_BEHIND
            further = ranked[READ_AGAIN:_READ_AGAIN_OF_SEVERAL]
            chosen += [candidate for candidate in further if likely[_key(candidate.passage)] >= least]
        return [
            replace(span, features=_of_both(span, first[_key(span.passage)]))
            for span in self.second.found(question, chosen)
        ]

    def _log_odds(self, span: Found) -> float:
        return self.first.calibration.log_odds(span.features)


def _key(passage: Passage) -> tuple[str, int]:
    return passage.doc_id, passage.ordinal


def _of_both(span: Found, first: Sequence[Found]) -> Features:
    """The span's features with those of the first reader's best span there; without one, of the passage's worst."""
    scores = [other.features.above_none for other in first if other.overlaps(span)]
    score = max(scores) if scores else min(other.features.above_none for other in first)
    known = first[0].features
    return replace(span.features, search_behind=known.search_behind, first_above_none=score, first_lift=known.lift)


def open_reader(name: str, read_twice: bool) -> SpanReader | Rereader:
    """The reader of this name or folder; only the shipped one has another to read after it. Raises `ModelError`."""
    reader = SpanReader(locate_reader(name))
    if name == DEFAULT_READER and read_twice:
        return Rereader(reader, SpanReader(locate_reader(CLOSE_READER)))
    return reader
