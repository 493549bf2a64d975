"""A first question file from an index: the proposals of its documents, spread over them, as JSONL for a person to edit.

The proposals come from `famqa.examples`, by rule and without a model, so the same index gives the same file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path

from famqa.errors import FamqaError
from famqa.evaluation.run_folder import Row
from famqa.examples import Kind, Proposal, proposals
from famqa.records import Block, Document
from famqa.terminal import count

_MADE_FROM = {
    Kind.PAIR: "key-value lines",
    Kind.ROW: "table rows",
    Kind.ROLE: '"X as Y" items',
    Kind.LIST: "introduced lists",
    Kind.DATE: "dates",
    Kind.BY: "who did what",
    Kind.REASON: "reasons",
    Kind.DEFINITION: "definitions",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A proposal with the document that it was made from."""

    doc_id: str
    proposal: Proposal
    evidence: tuple[str, ...]  # the document's text at the proposal's places, context included


def suggest(entries: Iterable[tuple[Document, Sequence[Block]]], limit: int) -> list[Suggestion]:
    """At most `limit` suggestions, the documents taking turns, and in each the kinds of question.

    No question comes twice, and one that has different answers in two places does not come at all.
    """
    by_document = [list(_of_document(document, blocks)) for document, blocks in entries]
    answers: dict[str, tuple[object, object]] = {}
    ambiguous: set[str] = set()
    for suggestion in chain.from_iterable(by_document):
        wanted = (suggestion.proposal.answers, suggestion.proposal.all_of)
        if answers.setdefault(_key(suggestion), wanted) != wanted:
            ambiguous.add(_key(suggestion))
    in_turn = (suggestion for turn in zip_longest(*by_document) for suggestion in turn if suggestion is not None)
    chosen: dict[str, Suggestion] = {}
    for suggestion in in_turn:
        if _key(suggestion) not in ambiguous:
            chosen.setdefault(_key(suggestion), suggestion)
    return list(islice(chosen.values(), limit))


def _of_document(document: Document, blocks: Sequence[Block]) -> Iterator[Suggestion]:
    """The document's proposals whose answers stand in their evidence as they are (white space aside)."""
    for proposal in proposals(document, blocks):
        evidence = tuple(document.text[start:end] for start, end in (*proposal.evidence, *proposal.context))
        plain = "\n".join(" ".join(text.split()) for text in evidence)
        if all(answer in plain for answer in (*proposal.answers, *chain.from_iterable(proposal.all_of))):
            yield Suggestion(document.doc_id, proposal, evidence)


def _key(suggestion: Suggestion) -> str:
    return suggestion.proposal.question.casefold()


def to_row(suggestion: Suggestion, number: int) -> Row:
    """The suggestion as a line of a question file; ids count from "suggested-001"."""
    proposal = suggestion.proposal
    row: Row = {
        "id": f"suggested-{number:03d}",
        "type": proposal.kind.value,
        "question": proposal.question,
        "answers": list(proposal.answers),
    }
    if proposal.all_of:
        row["all_of"] = [list(group) for group in proposal.all_of]
    proofs = len(proposal.evidence)
    role = {"role": "part"} if proofs > 1 else {}
    evidence = [
        {"doc": suggestion.doc_id, "text": text} | (role if place < proofs else {"role": "context"})
        for place, text in enumerate(suggestion.evidence)
    ]
    return row | {"answerable": True, "evidence": evidence}


def to_jsonl(suggestions: Sequence[Suggestion]) -> str:
    """The suggestions as a question file, a line each."""
    return jsonl(to_row(suggestion, number) for number, suggestion in enumerate(suggestions, 1))


def jsonl(rows: Iterable[Row]) -> str:
    """The rows as lines of JSON."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def summary(suggestions: Sequence[Suggestion]) -> str:
    """One line: how many questions, from how many documents, of which kind."""
    kinds = Counter(suggestion.proposal.kind for suggestion in suggestions)
    named = ", ".join(f"{kinds[kind]} from {what}" for kind, what in _MADE_FROM.items() if kinds[kind])
    documents = len({suggestion.doc_id for suggestion in suggestions})
    return f"{count(len(suggestions), 'question')} from {count(documents, 'document')}: {named}"


def check_free(path: Path, force: bool) -> None:
    """Raises `FamqaError` if there is something at `path` that must not be replaced."""
    if path.is_dir():
        raise FamqaError(f"{path} is a folder; name a file with --out")
    if path.exists() and not force:
        raise FamqaError(f"{path} is there already; name another file, or replace it with --force")


def write(path: Path, text: str) -> None:
    """Writes the file, and the folders that it needs. Raises `FamqaError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise FamqaError(f"{error.filename or path}: {error.strerror}; name another file with --out") from None
