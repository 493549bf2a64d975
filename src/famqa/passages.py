"""Blocks to passages: bounded in tokens, whole sentences, never across a heading, with their context for searching."""

from __future__ import annotations

import base64
import bisect
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from itertools import islice, takewhile

import sentencex
import tiktoken

from famqa.documents.parsed import Range, trimmed, unmarked_ranges
from famqa.errors import SettingsError
from famqa.records import Block, BlockKind, Cell, Document, Passage, Segment

CHUNKER_VERSION = 2  # raise it when the same document would be cut otherwise

SPLIT_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""How text is split before byte pairs are merged."""

_CLOSING = re.compile(r"(?:\*{1,3}|_{1,3})(?=\s)")
_SENTENCE_LIMIT = 20_000  # characters given to the sentence splitter at once; longer paragraphs have no sentences
_FILL = 0.25  # a paragraph below this share of the limit goes together with the next one
_LABEL_WORDS = 3
_PIECE_CHARS = 40  # no word piece of the embedder stands for more
_CONTEXT_SHARE = 0.3  # of the embedder's limit, at most, for title, headings and lead-in

Count = Callable[[str], int]
Fits = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a passage may be: `max_tokens` of tiktoken for its text; `model_tokens` of the embedder for all."""

    max_tokens: int
    model_tokens: int
    count_tokens: Count  # tiktoken
    count_model_tokens: Count  # the embedder's tokenizer, without the marks it adds at both ends


@lru_cache(maxsize=4)
def encoding(name: str) -> tiktoken.Encoding:
    """The tiktoken encoding: "famqa" is shipped; any other name is tiktoken's own, which downloads it once.

    Raises `SettingsError` where it cannot be had, as do the two functions below.
    """
    if name != "famqa":
        try:
            return tiktoken.get_encoding(name)
        except Exception as error:  # tiktoken raises whatever its download raises
            raise SettingsError(f"encoding '{name}' cannot be had ({error}); 'famqa' needs no download") from None
    data = resources.files("famqa.data").joinpath("bpe-16k.tiktoken").read_bytes()
    ranks = {base64.b64decode(piece): int(rank) for piece, rank in (line.split() for line in data.splitlines())}
    return tiktoken.Encoding("famqa", pat_str=SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens={})


def encoding_digest(name: str) -> str:
    """sha256 of an encoding's tokens and pattern."""
    encoder = encoding(name)
    digest = hashlib.sha256(encoder._pat_str.encode())
    for piece in encoder.token_byte_values():
        digest.update(len(piece).to_bytes(4, "big") + piece)
    return digest.hexdigest()


def token_counter(encoding_name: str) -> Count:
    """A function from text to its number of tokens; any text is ordinary text, special tokens do not exist."""
    encoder = encoding(encoding_name)
    # Byte pair merging is quadratic in the length of a run without white space, so no run may be endless.
    run = 10_000
    return lambda text: sum(len(encoder.encode_ordinary(text[at : at + run])) for at in range(0, len(text), run))


def sentences(text: str, start: int, end: int) -> list[Range]:
    """Ranges of the sentences of `text[start:end]`, trimmed, in order; together they hold all that is not space."""
    found: list[Range] = []
    for part_start in range(start, end, _SENTENCE_LIMIT):
        part = text[part_start : min(part_start + _SENTENCE_LIMIT, end)]
        at = part_start
        for boundary in sentencex.get_sentence_boundaries("en", part):
            stop = part_start + boundary["end_index"]
            if closing := _CLOSING.match(text, stop, end):  # "**Note.** The rest": the stars close the first sentence
                stop = closing.end()
            piece = trimmed(text, at, stop)
            if piece[0] < piece[1]:
                found.append(piece)
            at = stop
        rest = trimmed(text, at, part_start + len(part))
        if rest[0] < rest[1]:
            found.append(rest)
    return found


def cut(document: Document, blocks: Sequence[Block], limits: Limits) -> list[Passage]:
    """All passages of a document, in order. Headings are context of what stands below them, not passages."""
    cutter = _Cutter(document, limits)
    passages: list[Passage] = []
    for group in _groups(_without_labels(blocks, document), document, limits):
        whole = replace(group[0], markup=tuple(gap for block in group for gap in block.markup))
        for piece in cutter.pieces(group, whole):
            passages.append(cutter.passage(len(passages), whole, piece))
    return passages


def _without_labels(blocks: Sequence[Block], document: Document) -> list[Block]:
    """The blocks without bare labels of lists ("Contents:"), which are context of the items and say nothing alone."""
    lead_ins = {block.lead_in for block in blocks}
    return [
        block
        for block in blocks
        if (block.start, block.end) not in lead_ins
        or block.kind is not BlockKind.PARAGRAPH
        or len(document.text[block.start : block.end].split()) > _LABEL_WORDS
    ]


def _groups(blocks: Sequence[Block], document: Document, limits: Limits) -> Iterator[list[Block]]:
    """Blocks that make passages together: short paragraphs under one heading with the next, all others alone."""
    open_group: list[Block] = []
    for block in blocks:
        if open_group and (
            block.kind is not BlockKind.PARAGRAPH
            or open_group[-1].headings != block.headings
            or limits.count_tokens(document.text[open_group[0].start : open_group[-1].end]) > limits.max_tokens * _FILL
            or limits.count_tokens(document.text[open_group[0].start : block.end]) > limits.max_tokens
        ):
            yield open_group
            open_group = []
        if block.kind is BlockKind.PARAGRAPH:
            open_group.append(block)
        elif block.kind is not BlockKind.HEADING:
            yield [block]
    if open_group:
        yield open_group


@dataclass(frozen=True, slots=True)
class _Cutter:
    document: Document
    limits: Limits

    def pieces(self, group: Sequence[Block], whole: Block) -> list[list[Range]]:
        """The sentence ranges of each passage that a group of blocks is cut into; `whole` has all their markup."""
        text = self.document.text
        if whole.kind in (BlockKind.TABLE_ROW, BlockKind.KEY_VALUE):
            units = [(block.start, block.end) for block in group]
        else:
            units = [unit for block in group for unit in sentences(text, block.start, block.end)]
        room = self._room(whole)

        def fits(start: int, end: int) -> bool:
            return self._fits(whole, start, end, room)

        most_chars = _PIECE_CHARS * room  # an endless line is not tokenized whole again and again
        units = [part for unit in units for part in self._fitting(unit, fits, most_chars)]
        return self._balanced(units, fits)

    def _room(self, block: Block) -> int:
        """Model tokens left for the text beside its context."""
        used = self.limits.count_model_tokens("".join(piece for piece, _ in self._context(block)))
        return max(self.limits.model_tokens - used - 2, 8)

    def _fits(self, block: Block, start: int, end: int, room: int) -> bool:
        """Whether a range is within the limits, as it stands and as it is searched: either may have more tokens."""
        text = self.document.text[start:end]
        searched = "".join(piece for piece, _ in self._plain(block, start, end))
        return (
            len(text) <= _PIECE_CHARS * room
            and self.limits.count_tokens(text) <= self.limits.max_tokens
            and self.limits.count_model_tokens(text) <= room
            and (searched == text or self.limits.count_model_tokens(searched) <= room)
        )

    def _fitting(self, unit: Range, fits: Fits, most_chars: int) -> list[Range]:
        """The unit whole if it fits, otherwise parts of it that do, cut at white space where there is any."""
        parts: list[Range] = []
        start, end = unit
        while not fits(start, end):
            stop = self._longest(start, min(end, start + most_chars), fits)
            parts.append(trimmed(self.document.text, start, stop))
            start, end = trimmed(self.document.text, stop, end)
            if start == end:
                return parts
        return [*parts, (start, end)]

    def _longest(self, start: int, end: int, fits: Fits) -> int:
        """The furthest stop such that `start:stop` fits; token counts grow with length, so it can be bisected."""
        length = bisect.bisect_left(range(1, end - start + 1), True, key=lambda size: not fits(start, start + size))
        stop = start + max(length, 1)
        text = self.document.text
        spaces = (i for i in range(min(stop, end - 1), start + (stop - start) // 2, -1) if text[i].isspace())
        return next(spaces, stop)

    def _balanced(self, units: Sequence[Range], fits: Fits) -> list[list[Range]]:
        """Units packed into as few passages as fit, of like length, so that no stub is left at the end."""
        if not units:
            return []
        text = self.document.text
        if fits(units[0][0], units[-1][1]):
            return [list(units)]
        sizes = [self.limits.count_tokens(text[start:end]) + 1 for start, end in units]
        target = sum(sizes) / -(-sum(sizes) // self.limits.max_tokens)
        packed: list[list[Range]] = [[]]
        filled = 0
        for unit, size in zip(units, sizes, strict=True):
            if packed[-1] and (filled + size / 2 > target or not fits(packed[-1][0][0], unit[1])):
                packed.append([])
                filled = 0
            packed[-1].append(unit)
            filled += size
        return packed

    def passage(self, ordinal: int, block: Block, units: Sequence[Range]) -> Passage:
        start, end = units[0][0], units[-1][1]
        search_text, segments = _join([*self._context(block), *self._body(block, start, end)])
        return Passage(
            doc_id=self.document.doc_id,
            ordinal=ordinal,
            kind=block.kind,
            start=start,
            end=end,
            text=self.document.text[start:end],
            search_text=search_text,
            segments=segments,
            sentences=tuple(units),
            headings=block.headings,
            cells=tuple(cell for cell in block.cells if _stands_in(cell, start, end, segments)),
            page=block.page,
        )

    def _context(self, block: Block) -> list[tuple[str, int | None]]:
        """Title, heading path and lead-in, without offsets: they are searched, never quoted from here.

        Where they are too long, the outermost headings go first, then the lead-in's beginning.
        """
        most = int(self.limits.model_tokens * _CONTEXT_SHARE)
        path = [self.document.title, *block.headings]
        while len(path) > 1 and self.limits.count_model_tokens(" > ".join(path)) > most // 2:
            path.pop(1 if len(path) > 2 else 0)
        pieces = [self._shortened(" > ".join(path), most // 2) + ":\n"]
        if block.lead_in is not None:
            lead_in = " ".join(self.document.text[slice(*block.lead_in)].split())
            pieces.append(self._shortened(lead_in, most // 2) + "\n")
        return [(piece, None) for piece in pieces]

    def _shortened(self, text: str, most: int) -> str:
        text = text[: most * _PIECE_CHARS]
        while self.limits.count_model_tokens(text) > most:
            text = text[: int(len(text) * 0.8)]
        return text

    def _body(self, block: Block, start: int, end: int) -> list[tuple[str, int | None]]:
        """The text of `start:end` as searched: cells under their headers, markup left out.

        A row that is too long for that is searched as it stands, the cells carried from above in front of each part.
        """
        plain = self._plain(block, start, end)
        if block.kind is not BlockKind.TABLE_ROW:
            return plain
        whole = (start, end) == (block.start, block.end)
        carried = [cell for cell in block.cells if cell.carried]
        choices = [self._as_pairs(block, block.cells)] if whole else []
        choices.append([*self._as_pairs(block, carried), ("; " if carried else "", None), *plain])
        room = self._room(block)
        fitting = (pieces for pieces in choices if self.limits.count_model_tokens(_join(pieces)[0]) <= room)
        return next(fitting, plain)

    def _as_pairs(self, block: Block, cells: Sequence[Cell]) -> list[tuple[str, int | None]]:
        """`Header: cell; Header: cell`, each cell's text with its offset."""
        pieces: list[tuple[str, int | None]] = []
        for cell in cells:
            pieces.append((("; " if pieces else "") + (f"{cell.header}: " if cell.header else ""), None))
            pieces += self._plain(block, cell.start, cell.end)
        return pieces

    def _plain(self, block: Block, start: int, end: int) -> list[tuple[str, int | None]]:
        """The text of `start:end` without its markup, in verbatim pieces."""
        text = self.document.text
        first = bisect.bisect_left(block.markup, start, key=lambda gap: gap[0])
        gaps = list(takewhile(lambda gap: gap[1] <= end, islice(block.markup, first, None)))
        return [(text[left:right], left) for left, right in unmarked_ranges(start, end, gaps)]


def _stands_in(cell: Cell, start: int, end: int, segments: Sequence[Segment]) -> bool:
    """Whether a passage holds the cell: a row that is too long is cut in parts, and not every part has every cell."""
    in_range = start <= cell.start and cell.end <= end
    return in_range or any(cell.start <= segment.start < cell.end for segment in segments)


def _join(pieces: Sequence[tuple[str, int | None]]) -> tuple[str, tuple[Segment, ...]]:
    """The pieces as one text, and a segment for each that has an offset in the document."""
    segments: list[Segment] = []
    at = 0
    for piece, start in pieces:
        if start is not None and piece:
            segments.append(Segment(at, start, len(piece)))
        at += len(piece)
    return "".join(piece for piece, _ in pieces), tuple(segments)
