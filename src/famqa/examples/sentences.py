"""Questions from sentences of a plain form: when something was done, by whom and why, and what something is.

Only a sentence that begins with its subject, or with a date before it, is taken: "SUBJECT VERB REST". A subject that
is a pronoun, or that a comma or a relative clause parts from its verb, gives nothing: better none than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from famqa.examples.english import (
    DATE,
    MONTH,
    NAME,
    PAST_TENSES,
    base_of_past,
    is_agent,
    is_name,
    is_participle,
    is_subject,
    lower_first,
    sentences,
)
from famqa.examples.proposals import Kind, Proposal
from famqa.records import Block, BlockKind, Document

_MOST_SENTENCE_CHARS = 500
_SAMPLE_CHARS = 200_000  # of a document: enough to see which words it writes as names
_MOST_REST_WORDS = 10
_BE = ("was", "were", "is", "are")
_VERB = "|".join((*_BE, *PAST_TENSES))
_SUBJECT = r"(?P<subject>[^\W_a-z][^,;:]*?)"
_CLAUSE = rf"{_SUBJECT} (?P<verb>{_VERB})(?P<rest>(?: [^,;:]+?)??)"
_DATED_LAST = re.compile(
    rf"{_CLAUSE} (?P<link>in|on|for) (?P<answer>{DATE})(?:[.;]|,? (?:and|because|when) |, (?!\d)|$)"
)
_DATED_FIRST = re.compile(
    rf"(?:In|On) (?P<answer>{DATE}),? (?P<subject>[^,;:]*?) (?P<verb>{_VERB})(?P<rest>(?: [^,;:]+?)?)"
    r"(?:[,;:](?!\S)|\.?$)"
)
_BECAUSE = re.compile(rf"{_CLAUSE},? because (?!of )(?P<answer>[^.;]+)\.?$")
_BY = re.compile(
    rf"{_SUBJECT} (?P<verb>was|were) (?P<done>\w+) by (?:the |an? )?(?:[\w-]+ ){{0,3}}?(?P<answer>{NAME})"
    rf"(?:[,;](?! (?:and |or )?(?:by )?{NAME})|\.?$| (?:in|on|as|for) )"
)
_IS_A = re.compile(
    rf"{_SUBJECT}(?: \([^)]*\))? (?P<verb>is|was) (?P<answer>an? .*?)"
    r"(?=[,.;:](?!\S)| (?:that|which|who|whose|where|(?:in|by|of|to|for|from|with|on|at) which|\() ?|$)"
)
_THE_OF = re.compile(
    rf"(?P<subject>The (?:[\w’'-]+ ){{1,3}}of [^,;]{{2,60}}?) (?P<verb>is|was) (?P<answer>{NAME})(?:[,;]|\.?$)"
)
_NOT_PLAIN = re.compile(
    r"\b(?:that|which|who|whose|where|when|while|and|or|but|because|said|says|it|they|he|she|has|have|had|be|been|being"
    r"|was|were|is|are|can|cannot|could|will|would|shall|should|may|might|must|do|does|did|to|not)\b"
)
_LINKED = re.compile(
    r"\b(?:that|which|who|whose|where|when|while|but|because|said|says|it|them|him|this|these|was|were|is|are|had|has"
    r"|have|would|could|will|can)\b|\. |\b(?:just|only|not|partly|mainly|largely|mostly|simply|perhaps|probably)$"
)


def of_dates(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "The tower was lit in 1871." gives "When was the tower lit?"."""
    text = document.text[:_SAMPLE_CHARS]
    for place, sentence in _sentences(document, blocks):
        found = _DATED_LAST.match(sentence) or _DATED_FIRST.match(sentence)
        if found and (asked := _inverted(found, text)):
            link = " for" if found.groupdict().get("link") == "for" else ""
            yield Proposal(Kind.DATE, f"When {asked}{link}?", (place,), (found["answer"],))


def of_reasons(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "The map was moved because rent had risen." gives "Why was the map moved?"."""
    text = document.text[:_SAMPLE_CHARS]
    for place, sentence in _sentences(document, blocks):
        found = _BECAUSE.match(sentence)
        if found and (asked := _inverted(found, text)):
            yield Proposal(Kind.REASON, f"Why {asked}?", (place,), (found["answer"],))


def of_doers(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "The check was designed by X." gives "Who designed the check?"; an irregular verb, "By whom was it written?"."""
    text = document.text[:_SAMPLE_CHARS]
    for place, sentence in _sentences(document, blocks):
        found = _BY.match(sentence)
        if found and is_participle(found["done"]) and _is_plain(found["subject"], text):
            told, done = lower_first(found["subject"], text), found["done"]
            by_whom = f"By whom {found['verb']} {told} {done}?"
            yield Proposal(
                Kind.BY, f"Who {done} {told}?" if done.endswith("ed") else by_whom, (place,), (found["answer"],)
            )


def of_definitions(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "A skerry is a rocky island." gives "What is a skerry?"; "The R of S is NAME." gives "Who is the R of S?"."""
    text = document.text[:_SAMPLE_CHARS]
    for place, sentence in _sentences(document, blocks):
        if found := _IS_A.match(sentence):
            subject, answer = found["subject"], found["answer"]
            is_vague = re.fullmatch(r"(?:The|A|An) [a-z]+", subject) and not subject.startswith("A")
            if is_vague or len(subject.split()) > 6 or not _is_plain(subject, text) or len(answer.split()) > 12:
                continue
            who = is_name(subject) and is_agent(answer.split(" of ")[0])
            told = lower_first(subject, text)
        elif found := _THE_OF.match(sentence):
            subject, answer = found["subject"], found["answer"]
            of_what = subject.split(" of ", 1)[1]
            is_passing = of_what.islower() and text.count(of_what) < 2  # no term of this document
            if is_passing or not _is_plain(subject, text):
                continue
            who, told = is_agent(subject.split(" of ")[0]), lower_first(subject)
        else:
            continue
        yield Proposal(Kind.DEFINITION, f"{'Who' if who else 'What'} {found['verb']} {told}?", (place,), (answer,))


def _inverted(found: re.Match[str], text: str) -> str:
    """The clause in the order of a question: "was the tower lit", "did the shop open"; "" if it is not a plain one."""
    subject, verb, rest = found["subject"], found["verb"], found["rest"].strip()
    if not _is_plain(subject, text) or _LINKED.search(rest) or len(rest.split()) > _MOST_REST_WORDS:
        return ""
    if re.search(f"{DATE}|{MONTH}", f"{subject} {rest}"):
        return ""
    told, tail = lower_first(subject, text), f" {rest}" if rest else ""
    if verb in _BE:
        return f"{verb} {told}{tail}"
    return f"did {told} {base_of_past(verb)}{tail}"


def _is_plain(subject: str, text: str) -> bool:
    return is_subject(subject, text) and not _NOT_PLAIN.search(subject)


def _sentences(document: Document, blocks: Sequence[Block]) -> Iterator[tuple[tuple[int, int], str]]:
    """Range and text of the sentences of prose, list items that are sentences included; none with markup in it."""
    for block in blocks:
        is_prose = block.kind is BlockKind.PARAGRAPH
        is_prose |= block.kind is BlockKind.LIST_ITEM and document.text[block.end - 1] == "."
        for start, end in sentences(document.text, block.start, block.end) if is_prose else ():
            marked = any(left < end and start < right for left, right in block.markup)
            if not marked and end - start <= _MOST_SENTENCE_CHARS:
                yield (start, end), " ".join(document.text[start:end].split())
