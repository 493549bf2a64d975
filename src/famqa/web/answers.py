"""The conversation as HTML: question, short answer with its numbers, quotes with the answer marked. Pure.

What the browser needs of a turn stands in `data-` attributes; every word from outside is escaped here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from famqa.answering import ANSWERED
from famqa.records import Answer, AnswerSpan
from famqa.web import copying
from famqa.web.links import question_link
from famqa.web.painting import Layer, escape, markup_layer, origin, paint, place
from famqa.web.turns import Turn, recorded

WELL_SUPPORTED = 0.8
SUPPORTED = 0.6
LONG_ANSWER_CHARS = 80
QUESTION_CHARS = 600

_THUMB = (
    '<svg viewBox="0 0 20 20" aria-hidden="true"{}>'
    '<path d="M3 9h3v8H3zM8 9l3.2-6.2c1.5.2 2 1.4 1.7 2.7L12.4 8H17l-1.2 8.2-.8.8H8z"/></svg>'
)
_TURNED = ' class="turned"'


def conversation(turns: Sequence[Turn], opened: tuple[int, int] | None = None) -> str:
    """The whole conversation; `opened` is the turn and the source of it that is shown, whose button is pressed."""
    return "".join(_section(turn, opened) for turn in turns)


def support(confidence: float) -> str:
    """How well an answer stands, in words."""
    if confidence >= WELL_SUPPORTED:
        return "well supported"
    return "supported" if confidence >= SUPPORTED else "weakly supported"


def _section(turn: Turn, opened: tuple[int, int] | None) -> str:
    record = recorded(turn)
    kept = "" if record is None else f' data-record="{escape(record.model_dump_json())}"'
    return f'<section class="turn" data-turn="{turn.number}"{kept}>{_turn(turn, opened)}</section>'


def _turn(turn: Turn, opened: tuple[int, int] | None) -> str:
    question = turn.question
    if len(question) > QUESTION_CHARS:
        question = question[:QUESTION_CHARS] + "…"
    asked = f'<p class="question" dir="auto">{escape(question)}</p>'
    if turn.within:
        asked += f'<p class="asked-of" dir="auto">asked of: {escape(", ".join(turn.within))}</p>'
    if turn.error:
        return f'{asked}<p class="problem" role="alert">{escape(turn.error)}</p><div class="bar">{_again(turn)}</div>'
    if turn.stale:
        return (
            f'{asked}<p class="problem">The documents have changed since this was answered.</p>'
            f'<div class="bar">{_again(turn)}</div>'
        )
    if turn.answer is None:
        return f'{asked}<p class="pending"><span></span><span></span><span></span>{escape(turn.step or "waiting…")}</p>'
    if turn.answer.standalone_question:
        completed = escape(turn.answer.standalone_question)
        asked += (
            f'<p class="understood" dir="auto">asked as: <b>{completed}</b> '
            f'<button type="button" class="edit" data-question="{completed}">edit</button></p>'
        )
    if turn.answer.status == ANSWERED:
        return asked + _answer(turn, turn.answer, opened)
    if turn.answer.note and not turn.answer.nearest:
        return f'{asked}<div class="answer talk"><p class="short">{escape(turn.answer.note)}</p></div>'
    return asked + _refusal(turn, turn.answer)


def _answer(turn: Turn, answer: Answer, opened: tuple[int, int] | None) -> str:
    size = " long" if len(answer.answer) > LONG_ANSWER_CHARS else ""
    quotes = "".join(_quote(turn, answer, ref) for ref in range(len(answer.citations)))
    note = f'<p class="note">{escape(answer.note)}</p>' if answer.note else ""
    copies = "".join(
        f'<button type="button" class="copy" data-parts="{escape(json.dumps(parts))}" title="{title}">{label}</button>'
        for label, title, parts in (
            ("Copy", "Copy the answer with its citations", copying.plain(turn)),
            ("Markdown", "Copy the answer with its citations as Markdown", copying.markdown(turn)),
        )
    )
    return (
        f'<div class="answer"><p class="short{size}" dir="auto">{_short(turn, answer, opened)}</p>{note}{quotes}'
        f'<div class="bar">{_confidence(turn, answer)}{copies}{_link(turn)}{_again(turn)}{_judging(turn)}</div>'
        f"{_told(turn)}</div>"
    )


def _confidence(turn: Turn, answer: Answer) -> str:
    level = support(answer.confidence)
    return (
        f'<span class="confidence {level.split()[0]}" tabindex="0" aria-describedby="confidence-{turn.number}">{level}'
        f'<span class="tip" role="tooltip" id="confidence-{turn.number}">probability that this is right: '
        f"{answer.confidence:.2f}</span></span>"
    )


def _link(turn: Turn) -> str:
    asked = turn.answer.standalone_question if turn.answer and turn.answer.standalone_question else turn.question
    link = escape(question_link(asked, turn.within))
    return f'<a class="link" href="{link}" title="Copy a link that asks this question">Link</a>'


def _again(turn: Turn) -> str:
    return '<button type="button" class="again" title="Ask this question once more">Ask again</button>'


def _judging(turn: Turn) -> str:
    """The two thumbs; the one that the visitor has pressed is pressed."""
    buttons = "".join(
        f'<button type="button" class="judge" data-verdict="{verdict}" aria-label="This answer is {verdict}" '
        f'title="This answer is {verdict}" aria-pressed="{str(turn.verdict == verdict).lower()}">'
        f"{_THUMB.format('' if verdict == 'right' else _TURNED)}</button>"
        for verdict in ("right", "wrong")
    )
    return f'<span class="judging" role="group" aria-label="Is this right?">{buttons}</span>'


def _told(turn: Turn) -> str:
    return f'<p class="told" role="status">{escape(turn.told)}</p>'


def _short(turn: Turn, answer: Answer, opened: tuple[int, int] | None) -> str:
    """The pieces of the answer, each followed by its numbers as buttons."""
    refs = {citation.number: ref for ref, citation in enumerate(answer.citations)}
    shown = [
        paint(span.text, span.start, _marks(turn, answer, span))
        + "".join(cite(turn, refs[number], str(number), opened) for number in numbers if number in refs)
        for span, numbers in copying.pieces(answer)
    ]
    if not shown:
        shown = [escape(answer.answer) + "".join(cite(turn, ref, str(n), opened) for n, ref in refs.items())]
    return "; ".join(shown)


def _marks(turn: Turn, answer: Answer, span: AnswerSpan) -> list[Layer]:
    doc_id = next((c.doc_id for c in answer.citations if c.number == span.citation), "")
    return [markup_layer(turn.markup.get(doc_id, ()))]


def cite(turn: Turn, ref: int, label: str, opened: tuple[int, int] | None) -> str:
    """The small button that opens a source."""
    citation = turn.sources()[ref]
    where = escape(place(citation))
    pressed = "true" if opened == (turn.number, ref) else "false"
    return (
        f'<button type="button" class="cite" data-turn="{turn.number}" data-ref="{ref}" aria-pressed="{pressed}" '
        f'aria-label="Source {escape(label)}: {where}" title="{where}">{escape(label)}</button>'
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
        f'<button type="button" class="place" data-turn="{turn.number}" data-ref="{ref}">'
        f'<span class="number">{escape(label)}</span><span>{escape(place(citation))}</span></button>{source}'
    )


def _refusal(turn: Turn, answer: Answer) -> str:
    """That there is no answer, what was not found, and the closest passages, which are none."""
    note = f'<p class="note">{escape(answer.note)}</p>' if answer.note else ""
    head = f'<div class="answer none"><p class="short">The documents do not say.</p>{note}'
    foot = f'<div class="bar">{_link(turn)}{_again(turn)}{_judging(turn)}</div>{_told(turn)}</div>'
    if not answer.nearest:
        return head + foot
    first = len(answer.citations)
    items = "".join(
        f"<li>{_from(turn, first + at, chr(ord('a') + at % 26))}"
        f'<blockquote dir="auto">{turn.quotes[first + at]}</blockquote></li>'
        for at in range(len(answer.nearest))
    )
    lead = '<p class="near-title">The closest passages, which are not an answer:</p>'
    return f'{head}{lead}<ul class="near">{items}</ul>{foot}'
