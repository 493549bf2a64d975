"""Text to HTML: escaping, ranges that stand out, and the words that name a place. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from famqa.answering import position
from famqa.records import Citation

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layer:
    """Ranges of a document that stand out in the same way; `doc_id` puts the place on each as `data-` attributes."""

    ranges: tuple[Range, ...]
    tag: str
    css: str
    doc_id: str | None = None

    def wrap(self, inner: str, start: int, end: int) -> str:
        place = ""
        if self.doc_id is not None:
            place = f' data-doc="{escape(self.doc_id)}" data-start="{start}" data-end="{end}"'
        return f'<{self.tag} class="{self.css}"{place}>{inner}</{self.tag}>'


def escape(text: str) -> str:
    """`text` as HTML that shows it and nothing else; a lone CR and NUL survive as far as HTML can carry them."""
    return html.escape(text).replace("\r", "&#13;").replace("\x00", "\ufffd")


def paint(text: str, at: int, layers: Sequence[Layer]) -> str:
    """HTML of `text`, which begins at offset `at` of its document, with each layer's ranges wrapped, outermost first.

    Taking the tags out again gives back `text`: nothing is added, lost or moved.

    >>> paint("Score by Ann.", 100, [Layer(((109, 112),), "mark", "answer")])
    'Score by <mark class="answer">Ann</mark>.'
    """
    if not layers or not text:
        return escape(text)
    layer, *inner = layers
    parts: list[str] = []
    done, end = at, at + len(text)
    for left, right in sorted(layer.ranges):
        left, right = max(left, done), min(right, end)
        if left < right:
            parts.append(paint(text[done - at : left - at], done, inner))
            parts.append(layer.wrap(paint(text[left - at : right - at], left, inner), left, right))
            done = right
    parts.append(paint(text[done - at :], done, inner))
    return "".join(parts)


def markup_layer(ranges: Iterable[Range]) -> Layer:
    """Emphasis marks, link targets and tags: part of the text, but dimmed."""
    return Layer(tuple(ranges), "span", "markup")


def place(citation: Citation) -> str:
    """Plain text like `Title › Section · line 12`; the page instead of the line where the document has pages."""
    where = position(citation)
    return " › ".join((citation.title, *citation.section)) + (f" · {where}" if where else "")


def origin(citation: Citation) -> str:
    """Source and date of the document as plain text; either may be missing."""
    return " · ".join(part for part in (citation.source, citation.date) if part)
