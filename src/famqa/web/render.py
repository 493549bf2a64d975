"""Answers to HTML: the conversation, the welcome and the header. Pure; every word from outside is escaped here.

A turn is shown as the question, the short answer with its numbers, then each quote with the answer marked in it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from famqa.answering import position
from famqa.records import Answer, AnswerSpan, Citation

if TYPE_CHECKING:
    from famqa.assistant import Overview

Range = tuple[int, int]

WELL_SUPPORTED = 0.8
SUPPORTED = 0.6
LONG_ANSWER_CHARS = 80
QUESTION_CHARS = 600
LISTED_DOCUMENTS = 8

LOGO = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="page" d="M5 3h14v18H5z"/>'
    '<path class="hit" d="M7.5 9.5h9v4h-9z"/><path class="rule" d="M8 6.6h8M8 11.5h8M8 16.4h5"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and what came of it: an answer, an error in one line, or neither yet."""

    number: int  # from 1, never used twice in a conversation
    question: str
    answer: Answer | None = None
    error: str = ""
    quotes: tuple[str, ...] = ()  # HTML of each of `sources()`, made by `source.quoted`
    markup: Mapping[str, tuple[Range, ...]] = field(default_factory=dict)  # by doc_id: marks, not words

    def sources(self) -> tuple[Citation, ...]:
        """All that can be opened from this turn, in the order of the `data-ref` numbers on the page."""
        return (*self.answer.citations, *self.answer.nearest) if self.answer else ()


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


def support(confidence: float) -> str:
    """How well an answer stands, in words."""
    if confidence >= WELL_SUPPORTED:
        return "well supported"
    return "supported" if confidence >= SUPPORTED else "weakly supported"


def place(citation: Citation) -> str:
    """Plain text like `Title › Section · line 12`; the page instead of the line where the document has pages."""
    where = position(citation)
    return " › ".join((citation.title, *citation.section)) + (f" · {where}" if where else "")


def origin(citation: Citation) -> str:
    """Source and date of the document as plain text; either may be missing."""
    return " · ".join(part for part in (citation.source, citation.date) if part)


def conversation(turns: Sequence[Turn], opened: tuple[int, int] | None = None) -> str:
    """The whole conversation; `opened` is the turn and the source of it that is shown, whose button is pressed."""
    return "".join(f'<section class="turn" data-turn="{turn.number}">{_turn(turn, opened)}</section>' for turn in turns)


def welcome(examples: Sequence[str]) -> str:
    """What stands in place of the conversation before the first question."""
    chips = "".join(f'<li><button type="button" class="chip">{escape(question)}</button></li>' for question in examples)
    return (
        '<div class="welcome"><h2>Ask your documents</h2>'
        "<p>Every answer is cut out of them word for word; nothing is made up. "
        "Press its number and the document opens at the place.</p>"
        + (f'<ul class="chips" aria-label="Example questions">{chips}</ul>' if chips else "")
        + "</div>"
    )


def _turn(turn: Turn, opened: tuple[int, int] | None) -> str:
    question = turn.question
    if len(question) > QUESTION_CHARS:
        question = question[:QUESTION_CHARS] + "…"
    asked = f'<p class="question" dir="auto">{escape(question)}</p>'
    if turn.error:
        return asked + f'<p class="problem" role="alert">{escape(turn.error)}</p>'
    if turn.answer is None:
        return (
            asked + '<p class="pending" role="status"><span></span><span></span><span></span>searching and reading…</p>'
        )
    if turn.answer.standalone_question:
        asked += f'<p class="understood" dir="auto">understood as: {escape(turn.answer.standalone_question)}</p>'
    if turn.answer.status != "answered":
        return asked + _refusal(turn, turn.answer)
    return asked + _answer(turn, turn.answer, opened)


def _answer(turn: Turn, answer: Answer, opened: tuple[int, int] | None) -> str:
    size = " long" if len(answer.answer) > LONG_ANSWER_CHARS else ""
    quotes = "".join(_quote(turn, answer, ref) for ref in range(len(answer.citations)))
    level = support(answer.confidence).split()[0]
    return (
        f'<div class="answer"><p class="short{size}" dir="auto">{_short(turn, answer, opened)}</p>{quotes}'
        f'<p class="confidence {level}" title="probability that this is right: {answer.confidence:.2f}">'
        f"{support(answer.confidence)}</p></div>"
    )


def _short(turn: Turn, answer: Answer, opened: tuple[int, int] | None) -> str:
    """The pieces of the answer, each followed by its number; neighbours from one place share the number.

    The same words from several places stand once, with all their numbers.
    """
    refs = {citation.number: ref for ref, citation in enumerate(answer.citations)}
    pieces: list[tuple[str, list[int]]] = []
    for span in answer.spans:
        words = paint(span.text, span.start, _marks(turn, answer, span))
        if pieces and pieces[-1][0] == words:
            pieces[-1][1].append(span.citation)
        else:
            pieces.append((words, [span.citation]))
    if not pieces:
        pieces = [(escape(answer.answer), list(refs))]
    shown: list[str] = []
    for at, (words, numbers) in enumerate(pieces):
        following = pieces[at + 1][1] if at + 1 < len(pieces) else None
        cites = (
            ""
            if numbers == following
            else "".join(
                cite(turn, refs[number], str(number), opened) for number in dict.fromkeys(numbers) if number in refs
            )
        )
        shown.append(words + cites)
    return "; ".join(shown)


def _marks(turn: Turn, answer: Answer, span: AnswerSpan) -> list[Layer]:
    doc_id = next((c.doc_id for c in answer.citations if c.number == span.citation), "")
    return [markup_layer(turn.markup.get(doc_id, ()))]


def markup_layer(ranges: Iterable[Range]) -> Layer:
    """Emphasis marks, link targets and tags: part of the text, but dimmed."""
    return Layer(tuple(ranges), "span", "markup")


def cite(turn: Turn, ref: int, label: str, opened: tuple[int, int] | None) -> str:
    """The small button that opens a source."""
    citation = turn.sources()[ref]
    where = escape(place(citation))
    pressed = "true" if opened == (turn.number, ref) else "false"
    return (
        f'<button type="button" class="cite" data-turn="{turn.number}" data-ref="{ref}" aria-pressed="{pressed}" '
        f'aria-controls="sources" aria-label="Source {escape(label)}: {where}" title="{where}">{escape(label)}</button>'
    )


def _quote(turn: Turn, answer: Answer, ref: int) -> str:
    """A citation: its quote with the answer marked (left out where the answer is the quote), then where it stands."""
    citation = answer.citations[ref]
    spans = [span for span in answer.spans if span.citation == citation.number]
    repeats = any(span.text.strip() == citation.quote.strip() for span in spans)
    quote = "" if repeats else f'<blockquote dir="auto">{turn.quotes[ref]}</blockquote>'
    return f'<figure class="cited">{quote}<figcaption>{_from(turn, ref, str(citation.number))}</figcaption></figure>'


def _from(turn: Turn, ref: int, label: str) -> str:
    citation = turn.sources()[ref]
    said = any(other.doc_id == citation.doc_id for other in turn.sources()[:ref])  # once a document is enough
    source = "" if said or not origin(citation) else f'<span class="origin">{escape(origin(citation))}</span>'
    return (
        f'<button type="button" class="place" data-turn="{turn.number}" data-ref="{ref}" aria-controls="sources">'
        f'<span class="number">{escape(label)}</span><span>{escape(place(citation))}</span></button>{source}'
    )


def _refusal(turn: Turn, answer: Answer) -> str:
    head = '<div class="answer none"><p class="short">The documents do not say.</p>'
    if not answer.nearest:
        return head + "</div>"
    first = len(answer.citations)
    items = "".join(
        f"<li>{_from(turn, first + at, chr(ord('a') + at % 26))}"
        f'<blockquote dir="auto">{turn.quotes[first + at]}</blockquote></li>'
        for at in range(len(answer.nearest))
    )
    lead = '<p class="near-title">The closest passages, which are not an answer:</p>'
    return f'{head}{lead}<ul class="near">{items}</ul></div>'


def header() -> str:
    """The name and what it is in half a sentence."""
    return (
        f'<div class="brand">{LOGO}<h1>famqa</h1></div>'
        '<p class="tagline">answers from your own documents, word for word</p>'
    )


def status(overview: Overview, now: datetime | None = None) -> str:
    """How much is indexed and since when: the time of the server's zone, with the date if it is not today's."""
    built = overview.built_at.astimezone()
    today = (now or datetime.now().astimezone()).date()
    when = f"{built:%H:%M}" if built.date() == today else f"{built.day} {built:%b %Y, %H:%M}"
    return (
        f'<p class="status" title="index {escape(overview.generation)}"><span class="dot"></span>'
        f"{_count(len(overview.documents), 'document')} · {_count(overview.passages, 'passage')}"
        f'<span class="when"> · updated <time datetime="{built.isoformat()}">{when}</time></span></p>'
    )


def shelf(overview: Overview) -> str:
    """The Sources panel before anything is opened: which documents can answer."""
    listed = "".join(
        f"<li><strong>{escape(document.title)}</strong><span>"
        + escape(
            " · ".join(
                part
                for part in (
                    document.source,
                    document.date,
                    document.format,
                    _count(document.passages, "passage"),
                )
                if part
            )
        )
        + "</span></li>"
        for document in overview.documents[:LISTED_DOCUMENTS]
    )
    more = len(overview.documents) - LISTED_DOCUMENTS
    rest = f'<p class="more">and {_count(more, "other document")}</p>' if more > 0 else ""
    return (
        '<div class="shelf"><h2>Sources</h2>'
        "<p>The passage behind an answer opens here, in its place in the document.</p>"
        f"<h3>Answers can come from</h3><ul>{listed}</ul>{rest}</div>"
    )


def notice(text: str) -> str:
    """The Sources panel where a source cannot be opened: one line that says why."""
    return f'<div class="shelf opened"><h2>Sources</h2><p class="problem" role="alert">{escape(text)}</p></div>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
