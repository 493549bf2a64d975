"""An answer with its citations to take away, as plain text or as Markdown.

A copy is a list of strings, alternately text and a link relative to the page: only the browser knows under which
address the page is reached.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from famqa.records import Answer, AnswerSpan, Citation
from famqa.web.links import Place, question_link, source_link
from famqa.web.painting import origin, place
from famqa.web.turns import Turn

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~])")


def pieces(answer: Answer) -> list[tuple[AnswerSpan, list[int]]]:
    """The parts of the answer with the numbers to show behind each.

    The same words from several places stand once, with all their numbers; neighbours from one place share the number.
    """
    parts: list[tuple[AnswerSpan, list[int]]] = []
    for span in answer.spans:
        if parts and parts[-1][0].text == span.text:
            parts[-1][1].append(span.citation)
        else:
            parts.append((span, [span.citation]))
    following = [numbers for _, numbers in parts[1:]]
    return [
        (span, [] if at < len(following) and following[at] == numbers else list(dict.fromkeys(numbers)))
        for at, (span, numbers) in enumerate(parts)
    ]


def plain(turn: Turn) -> list[str]:
    """Question, answer and quotes as plain text, a link under each quote."""
    answer = turn.answer
    assert answer is not None
    words = "; ".join(" ".join([_line(span.text), *(f"[{number}]" for number in ns)]) for span, ns in pieces(answer))
    parts = [f"{answer.standalone_question or turn.question}\n\n{words}\n"]
    if answer.note:
        parts[-1] += f"{answer.note}\n"
    for citation in answer.citations:
        parts[-1] += f"\n[{citation.number}] “{citation.quote}”\n{_from(citation)}\n"
        parts += [_link(turn, citation), "\n"]
    return parts


def markdown(turn: Turn) -> list[str]:
    """Question, answer and quotes as Markdown that shows the documents' words as they stand, numbers linked."""
    answer = turn.answer
    assert answer is not None
    question = answer.standalone_question or turn.question
    parts = [f"**[{_escaped(_line(question))}](", question_link(question, turn.within), ")**\n\n"]
    by_number = {citation.number: citation for citation in answer.citations}
    for at, (span, numbers) in enumerate(pieces(answer)):
        parts[-1] += ("; " if at else "") + _escaped(_line(span.text))
        for number in numbers:
            parts[-1] += f" [\\[{number}\\]]("
            parts += [_link(turn, by_number[number]), ")"]
    parts[-1] += "\n"
    if answer.note:
        parts[-1] += f"\n{_escaped(answer.note)}\n"
    for citation in answer.citations:
        quote = "\n> ".join(_escaped(line) for line in citation.quote.splitlines())
        parts[-1] += f"\n> {quote}\n>\n> \\[{citation.number}\\] [{_escaped(_from(citation))}]("
        parts += [_link(turn, citation), ")\n"]
    return parts


def _link(turn: Turn, citation: Citation) -> str:
    digest = turn.digests.get(citation.doc_id, "")
    return source_link(Place(citation.doc_id, digest, citation.start, citation.end))


def _from(citation: Citation) -> str:
    return " · ".join(part for part in (place(citation), origin(citation)) if part)


def _line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def joined(parts: Sequence[str], base: str) -> str:
    """The copy of a page at `base`, as the browser puts it together."""
    return "".join(base + part if at % 2 else part for at, part in enumerate(parts))
