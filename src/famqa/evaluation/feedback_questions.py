"""Verdicts of visitors to a question file: what they found right is asked again, what they mended is the answer.

One row a question, however many visitors judged it:

- An answer that more visitors found right than wrong is an answer to expect; a refusal found right makes the question
  unanswerable. Of one found wrong, the corrections are.
- What was only found wrong, or is in dispute, is still the most useful question there is: the one that failed. It is
  written at the end of the file with no answers, which `famqa eval` names and leaves out until a person fills it in.
- Evidence is what the documents say now. A place in a document that has changed is looked up by its words; where they
  are gone, or stand in it more than once, the answer that rests on them is left out and counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from famqa.answering import ANSWERED
from famqa.catalog import Catalog
from famqa.errors import DocumentError, FamqaError
from famqa.evaluation.run_folder import Row
from famqa.evaluation.suggest import check_free, jsonl, write
from famqa.feedback import RIGHT, Feedback, Given, Place
from famqa.generations import open_generation
from famqa.terminal import count

TYPE = "feedback"
_ID_CHARS = 10


@dataclass(frozen=True, slots=True)
class Exported:
    """The rows of a question file, and what became of the verdicts."""

    rows: tuple[Row, ...]
    right: int  # questions whose answer, or refusal, was found right
    corrected: int  # questions with an answer that a visitor selected
    to_fill: int  # questions that a person has to fill in
    lost: tuple[str, ...]  # questions left out, since the documents no longer say what was found right

    def told(self) -> str:
        """One line: how many questions, and of which kind."""
        parts = [f"{self.right} found right", f"{self.corrected} corrected"]
        if self.to_fill:
            parts.append(f"{self.to_fill} found wrong, to be filled in at the end of the file")
        return f"{count(len(self.rows), 'question')}: {', '.join(parts)}{self.told_lost()}"

    def told_lost(self) -> str:
        """What was left out, "" if nothing was."""
        number = len(self.lost)
        return f"; {number} left out, since the documents have changed there" if number else ""


@dataclass(frozen=True, slots=True)
class _Known:
    """An answer to expect."""

    parts: tuple[str, ...]  # of a list more than one; none where refusing is right
    places: tuple[Place, ...]
    is_correction: bool


def export(feedback: Feedback, path: Path, force: bool = False, catalog: Catalog | None = None) -> Exported:
    """Writes a question file of what visitors told, and says what came of it.

    Places are checked against `catalog`, by default that of the served generation. Raises `FamqaError` where there is
    no feedback, or where there is a file at `path` and not `force`.
    """
    check_free(path, force)
    exported = _exported(feedback.rows(), catalog or open_generation(feedback.index).catalog)
    if not exported.rows:
        lost = exported.told_lost()
        raise FamqaError(f"{feedback.path} holds nothing to export{lost}; judge answers in the chat first")
    write(path, jsonl(exported.rows))
    return exported


def _exported(verdicts: Sequence[Given], catalog: Catalog) -> Exported:
    """The question file that the verdicts make, over the documents of `catalog`."""
    by_question: dict[str, list[Given]] = {}
    for given in verdicts:
        by_question.setdefault(given.asked.casefold(), []).append(given)
    rows: list[Row] = []
    to_fill: list[Row] = []
    lost: list[str] = []
    right = corrected = 0
    for key, about in by_question.items():
        settled = _settled(about)
        known = [found for each in settled if (found := _found(each, catalog)) is not None]
        row: Row = {"id": f"feedback-{hashlib.sha256(key.encode()).hexdigest()[:_ID_CHARS]}", "type": TYPE}
        row["question"] = about[-1].asked
        is_in_dispute = any(not each.parts for each in known) and any(each.parts for each in known)
        if known and not is_in_dispute:
            rows.append(row | _expected(known))
            is_corrected = any(each.is_correction for each in known)
            corrected += is_corrected
            right += not is_corrected
        elif settled and not known:
            lost.append(about[-1].asked)
        else:
            to_fill.append(row | _to_fill(about))
    return Exported((*rows, *to_fill), right, corrected, len(to_fill), tuple(lost))


def _settled(about: Sequence[Given]) -> list[_Known]:
    """What the verdicts on one question agree on: of each answer that was given, whatever most visitors said."""
    by_answer: dict[tuple[str, str], list[Given]] = {}
    for given in about:
        by_answer.setdefault((given.status, given.answer.casefold()), []).append(given)
    found: list[_Known] = []
    for judged in by_answer.values():
        approving = [given for given in judged if given.verdict == RIGHT]
        against = len(judged) - len(approving)
        if len(approving) > against:
            latest = approving[-1]
            parts = latest.spans if len(latest.spans) > 1 else (latest.answer,) if latest.status == ANSWERED else ()
            found.append(_Known(parts, latest.cited, False))
        elif against > len(approving):
            places = dict.fromkeys(given.correction for given in judged if given.correction is not None)
            found += [_Known((" ".join(place.quote.split()),), (place,), True) for place in places]
    return found


def _found(settled: _Known, catalog: Catalog) -> _Known | None:
    """The answer with its places where they are now; None where one of them is lost."""
    places = [_place(place, catalog) for place in settled.places]
    kept = tuple(place for place in places if place is not None)
    return replace(settled, places=kept) if len(kept) == len(places) else None


def _place(place: Place, catalog: Catalog) -> Place | None:
    try:
        document = catalog.document(place.doc_id)
    except DocumentError:
        return None
    is_same_version = document.sha256 == place.digest
    if is_same_version and place.quote and document.text[place.start : place.end] == place.quote:
        return place
    start = document.text.find(place.quote) if place.quote else -1
    if start < 0 or document.text.find(place.quote, start + 1) >= 0:
        return None
    return replace(place, digest=document.sha256, start=start, end=start + len(place.quote))


def _expected(known: Sequence[_Known]) -> Row:
    """The fields that say what is right; of several lists the last counts, of several answers each one."""
    if not any(each.parts for each in known):
        return {"answers": [], "answerable": False}
    lists = [each for each in known if len(each.parts) > 1]
    if lists:
        parts, places = lists[-1].parts, lists[-1].places
        role = {"role": "part"} if len(places) > 1 else {}
        evidence = [_evidence(place) | role for place in places]
        return {"answers": [], "all_of": [[part] for part in parts], "answerable": True, "evidence": evidence}
    answers = dict.fromkeys(part for each in known for part in each.parts)
    proofs = dict.fromkeys(place for each in known for place in each.places)
    return {"answers": list(answers), "answerable": True, "evidence": [_evidence(place) for place in proofs]}


def _evidence(place: Place) -> Row:
    return {"doc": place.doc_id, "text": place.quote, "start": place.start, "end": place.end}


def _to_fill(about: Sequence[Given]) -> Row:
    """The fields of a question that nobody has answered yet; `famqa eval` leaves it out as long as it is so."""
    given = dict.fromkeys(each.answer or "(no answer)" for each in about)
    is_in_dispute = any(each.verdict == RIGHT or each.correction is not None for each in about)
    why = "visitors disagree about what was given" if is_in_dispute else "what was given is wrong"
    return {
        "answers": [],
        "answerable": True,
        "given": list(given),
        "note": f"{why}: write 'answers', or set 'answerable' to false",
    }
