"""Made-up paragraphs of several facts with questions in other words than theirs, in the shape the product feeds them.

Question answering data asks mostly in the words of the text, of what the text says. People ask "When was it given the
go-ahead?" of "was renewed in July", and ask for what is not said of something that is. Here each paragraph tells a few
of the facts of `prose_facts` about one invented thing; about half of the questions are of a fact that it leaves out.
"""

import random
import re
from collections.abc import Iterator

from line_items import _date, _dropped_capitals, _title
from line_phrases import ORDINALS, WORKS, person
from prose_facts import (
    ACTS,
    AIMS,
    BODIES,
    CAUSES,
    COLOURS,
    DIDS,
    EFFECTS,
    EVENINGS,
    FACTS,
    HOURS,
    HOUSES,
    LOSSES,
    MEETINGS,
    NEWS,
    OFFICES,
    OLDS,
    PARTS_PAID,
    POSTS,
    SITES,
    TERMS,
    THINGS,
    Fact,
)
from table_rows import FAMILY, GIVEN, MONTHS, NOUNS, TOWNS

_WHATS = ["season", "series", "edition", "volume", "exhibition", "phase", "chapter", "tour", "part"]
_PARTS = ["episodes", "chapters", "concerts", "rooms", "stages", "issues"]
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven"]
_HEADINGS = ["History", "Production", "Reception", "Release", "Background", "Plot", "Development", "", ""]
_SLOT = re.compile(r"\[(\w+)\]|\{(\w+)\}")


def _of(rng: random.Random, listed: str) -> str:
    return rng.choice(re.split(r";|\n", listed))


def _pair(rng: random.Random, name: str, listed: str) -> dict[str, str]:
    """Two different ones of a kind, so that a question can ask of the one what is told of the other."""
    one, other = rng.sample(re.split(r";|\n", listed), 2)
    return {name: one, f"{name}2": other}


def _values(rng: random.Random) -> dict[str, str]:
    """A value for every name in the templates; the same thing has the same name throughout a paragraph."""
    number, year, what = rng.randint(1, 6), rng.randint(1955, 2025), rng.choice(_WHATS)
    month_only = rng.random() < 0.5
    people = {f"p{n}": person(rng) for n in range(1, 15)}
    organisations = {name: f"{rng.choice(FAMILY)} {rng.choice(NOUNS)}" for name in ("org", "org2", "org3", "org4")}
    roles = {name: f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}" for name in ("r1", "r2")}
    said = {"act": _of(rng, ACTS), "aim": _of(rng, AIMS), "old": _of(rng, OLDS), "new": _of(rng, NEWS)}
    said |= {"house": _of(rng, HOUSES), "post": _of(rng, POSTS)}
    return (
        people
        | organisations
        | roles
        | said
        | {f"{name}_said": value for name, value in said.items()}
        | {
            "n": rng.choice([str(number), _NUMBERS[number - 1]]),
            "nth": ORDINALS[number - 1],
            "what": what,
            "What": what.capitalize(),
            "whats": f"{what}s".replace("seriess", "series"),
            "few": rng.choice(_NUMBERS[1:5]),
            "work": rng.choice([*WORKS, "museum", "magazine", "festival"]),
            "parts": rng.choice(_PARTS),
            "d1": _date(rng, year, month_only=True) if month_only else str(year),
            "d2": _date(rng, year + 1, False),
            "d3": _date(rng, year + 1 + (rng.random() < 0.3), False),
            "m1": f"{rng.choice(MONTHS)} {year}",
            "m2": f"{rng.choice(MONTHS)} {year + 1}",
            "cause": _of(rng, CAUSES),
            "k": rng.choice([str(rng.randint(4, 24)), "ten", "twelve", "eight"]),
            "k2": str(rng.randint(3, 90)),
            "pct": f"{rng.randint(20, 100)}%",
            "place": rng.choice(TOWNS),
            "decade": f"the {rng.choice(['early ', 'late ', ''])}{rng.randint(188, 202)}0s",
            "year": str(year + rng.randint(-60, 30)),
            "money": f"{rng.choice('$£€')}{rng.randint(2, 90)} million",
            "did": _of(rng, DIDS),
            "loss": _of(rng, LOSSES),
            "effect": _of(rng, EFFECTS),
            "post2": _of(rng, POSTS),
            "shop": f"{rng.choice(FAMILY)}{rng.choice(['+', ' Online', ' Library', ' Arcade'])}",
            "name": f"{rng.choice(NOUNS)} of {rng.choice(GIVEN)}",
            "site": _of(rng, SITES),
        }
        | {f"y{n}": str(rng.randint(1900, 2024)) for n in range(1, 8)}
        | {f"q{n}": person(rng) for n in range(1, 8)}
        | _pair(rng, "body", BODIES)
        | _pair(rng, "office", OFFICES)
        | _pair(rng, "thing", THINGS)
        | {
            "metres": f"{rng.randint(2, 95)} {rng.choice(['m', 'metres', 'feet', 'yards'])}",
            "cause2": _of(rng, CAUSES),
            "cause3": _of(rng, CAUSES),
            "price": f"{rng.choice('$£€')}{rng.randint(2, 90)},{rng.randint(0, 9)}00",
            "h1": _of(rng, HOURS),
            "h2": _of(rng, EVENINGS),
            "weekday": rng.choice(["Monday", "Tuesday", "Wednesday", "Friday", "Sunday"]),
            "colour": _of(rng, COLOURS),
            "month": rng.choice(MONTHS),
            "meeting": _of(rng, MEETINGS),
            "firm": f"{rng.choice(FAMILY)} {rng.choice(['& Sons', 'Ltd', 'Works', 'Brothers', 'and Daughter'])}",
            "part_paid": _of(rng, PARTS_PAID),
            "term": _of(rng, TERMS),
        }
    )


def _filled(template: str, values: dict[str, str]) -> tuple[str, dict[str, tuple[int, int]]]:
    """The text, and where its answering pieces stand."""
    text, spans, at = "", {}, 0
    for match in _SLOT.finditer(template):
        text += template[at : match.start()]
        piece = match[1]
        value = values[piece or match[2]]
        if not text:
            value = value[:1].upper() + value[1:]
        if piece:
            spans[piece] = (len(text), len(text) + len(value))
        text += value
        at = match.end()
    return text + template[at:], spans


def prose_examples(count: int, seed: int) -> Iterator[dict]:
    """`count` examples in the builder's form: question, passage, start, end (-1, -1 where the text does not answer)."""
    rng = random.Random(f"prose-items-{seed}")
    for made in range(count):
        values = _values(rng)
        told = rng.sample(FACTS, rng.randint(1, 5))
        heading = rng.choice(_HEADINGS)
        passage = f"{_title(rng)}{f' > {heading}' if heading else ''}:\n"
        answers: list[tuple[str, int, int]] = []
        unanswered: list[str] = []
        for fact in told:
            text, spans = _filled(rng.choice(fact.stated), values)
            for piece, questions in fact.asked.items():
                if piece in spans:
                    start, end = (len(passage) + at for at in spans[piece])
                    answers += [(question, start, end) for question in questions]
                else:
                    unanswered += questions
            passage += text + " "
        passage = passage.rstrip()
        begin = end = -1
        if rng.random() < 0.55 and answers:
            template, begin, end = rng.choice(answers)
        else:
            template = _missing(rng, told, unanswered)
        yield {
            "id": f"prose-{seed}-{made}",
            "source": "prose-items",
            "kind": "prose" if begin >= 0 else "prose-none",
            "question": _dropped_capitals(_filled(template, values)[0], rng),
            "passage": passage,
            "start": begin,
            "end": end,
        }


def _missing(rng: random.Random, told: list[Fact], unanswered: list[str]) -> str:
    """A question that nothing in the text answers: of a fact left out, or of what the facts told do not say."""
    if unanswered and rng.random() < 0.5:
        return rng.choice(unanswered)
    known = {question for fact in told for questions in fact.asked.values() for question in questions}
    words = {template for fact in told for template in fact.stated}
    shares = {name for template in words for _, name in _SLOT.findall(template) if name}
    left = [
        question
        for fact in FACTS
        if fact not in told and not _same_pieces(fact, told)
        for questions in fact.asked.values()
        for question in questions
        if question not in known
    ]
    near = [question for question in left if shares & {name for _, name in _SLOT.findall(question)}]
    return rng.choice(near or left)


def _same_pieces(fact: Fact, told: list[Fact]) -> bool:
    """Whether a fact that is told says some of the same, so that its text may answer."""
    pieces = {piece for piece in fact.asked if piece}
    return any(pieces & set(other.asked) for other in told)
