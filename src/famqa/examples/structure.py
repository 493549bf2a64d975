"""Questions from what a document marks as structure: key-value lines, table rows, "X as Y" items, introduced lists."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, groupby

from famqa.examples.english import (
    is_agent,
    is_date,
    is_name,
    is_number,
    is_participle,
    is_plural,
    lower_label,
    plural,
)
from famqa.examples.proposals import Kind, Proposal
from famqa.records import Block, BlockKind, Cell, Document

_MOST_TOLD_CHARS = 60
_MOST_TOLD_COLUMNS = 6
_MOST_ANSWER_CHARS = 100
_MOST_TITLE_WORDS = 6
_PLAIN_WORDS = re.compile(r"[^\W\d_]+(?:[-'’ ][^\W\d_]+){0,4}")
_COUNT_KEY = re.compile(r"(?:num|number of|no\. of|count of) +", re.IGNORECASE)
_LINKING = frozenset(("to", "of", "and", "or", "in", "on", "at", "by", "for", "from", "with", "a", "an", "the", "see"))
_ROLE = re.compile(r"(?P<name>[^,;:]{3,80}?) as (?P<role>[^,;:]{3,80})")
_CLAUSE = re.compile(r"(?P<name>[^,;:]{3,60}?), who (?P<clause>[^,;:]{5,100})")
_BEFORE = r"(?:.*[.!?]\s+)?"
_THE_ARE = re.compile(rf"{_BEFORE}The (?P<what>[^.:!?,]{{3,80}}?) (?P<verb>are|were)(?: the following)?:", re.DOTALL)
_DONE = re.compile(rf"{_BEFORE}(?P<what>[^\W\d_a-z][a-z]+s) (?P<done>[a-z]+)(?P<rest>(?: [^:!?,]+)?):", re.DOTALL)


def of_pairs(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "Composer: X" gives "Who is the composer of TITLE?".

    Below a heading it is 'What is listed for "KEY" under "HEADING"?', or, where several sections have the same key,
    "What is the KEY of HEADING?". Pairs that a sentence introduces make no sense without it and give nothing.
    """
    text = document.text
    pairs = [block for block in blocks if block.kind is BlockKind.KEY_VALUE and not _is_introduced(block, text)]
    uses = Counter(block.cells[0].header for block in pairs)
    for block in pairs:
        key, value = block.cells[0].header, _text(document, block.cells[0])
        heading = block.headings[-1] if block.headings else ""
        items = _items(value)
        if not _PLAIN_WORDS.fullmatch(key) or (len(value) > _MOST_ANSWER_CHARS and not items):
            continue
        if heading and uses[key] == 1:
            question = _under_heading(heading, key, value)
        else:
            question = _of_subject(heading or short(document.title), key, value)
        if question:
            groups = tuple((item,) for item in items)
            yield Proposal(Kind.PAIR, question, ((block.start, block.end),), () if items else (value,), groups)


def _is_introduced(block: Block, text: str) -> bool:
    return block.lead_in is not None and text[slice(*block.lead_in)].rstrip().endswith(":")


def _under_heading(heading: str, key: str, value: str) -> str:
    if is_agent(key) and is_name(value):
        return f'Who is listed as {lower_label(key)} under "{heading}"?'
    return f'What is listed for "{key}" under "{heading}"?'


def _of_subject(subject: str, key: str, value: str) -> str:
    """The question, or "" for a key that cannot be asked for in plain English."""
    words, name = key.split(), lower_label(key)
    if value == subject or len(subject.split()) > _MOST_TITLE_WORDS or "," in subject:
        return ""
    if _COUNT_KEY.match(key) and is_number(value):
        return f"How many {plural(_COUNT_KEY.sub('', key).lower())} does {subject} have?"
    if is_participle(words[-1]):
        return f"When was {subject} {key.lower()}?" if is_date(value) else ""
    if words[-1].lower().endswith("ing") or any(word.lower() in _LINKING for word in words):
        return ""
    if _items(value):
        return f"Which {plural(name)} are listed for {subject}?"
    if is_plural(key):
        return f"What are the {name} of {subject}?"
    return f"{'Who' if is_agent(key) and is_name(value) else 'What'} is the {name} of {subject}?"


def _items(value: str) -> list[str]:
    """The items of a value that is a list of at least three; else none (two may be a town and its country)."""
    items = [item.strip() for item in re.split(r",\s+(?:and\s+)?|;\s+", value)]
    return items if len(items) > 2 and all(0 < len(item) <= 40 and len(item.split()) <= 5 for item in items) else []


def of_rows(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "Which HEADER is listed for CELL?": told is what names this row alone; asked for are the others, row by row."""
    for table in _tables(blocks):
        rows = [row for row in table if len(row.cells) > 1 and all(cell.header for cell in row.cells)]
        seen = [{cell.header: _text(document, cell) for cell in row.cells} for row in rows]
        uses = Counter(choice for texts in seen for choice in _choices(texts))
        values: dict[str, set[str]] = {}
        for texts in seen:
            for header, text in texts.items():
                values.setdefault(header, set()).add(text)
        starts = [row.start for row in table]
        for number, (row, texts) in enumerate(zip(rows, seen, strict=True)):
            told = dict(next((choice for choice in _choices(texts) if uses[choice] == 1), ()))
            asked = [cell for cell in row.cells if cell.header not in told and _askable(texts, cell.header)]
            asked = [cell for cell in asked if len(values[cell.header]) > 1]  # a column that always says the same
            if told and asked and "\\" not in document.text[row.start : row.end]:
                cell = asked[number % len(asked)]
                carried = [each for each in row.cells if each.carried and (each is cell or each.header in told)]
                homes = [table[bisect_right(starts, each.start) - 1] for each in carried]
                context = tuple(dict.fromkeys((home.start, home.end) for home in homes))
                question = _of_row(cell.header, texts[cell.header], list(told.values()))
                yield Proposal(Kind.ROW, question, ((row.start, row.end),), (texts[cell.header],), context=context)


def _choices(texts: dict[str, str]) -> Iterator[tuple[tuple[str, str], ...]]:
    """What a question can tell of a row: one cell, or two, as (header, text); the first of them no number, date or
    quantity, so that the question names a thing.
    """
    cells = [(header, text) for header, text in texts.items() if len(text) <= _MOST_TOLD_CHARS][:_MOST_TOLD_COLUMNS]
    things = [(header, text) for header, text in cells if re.search(r"[^\W\d_]{3}", text)]
    things = [(header, text) for header, text in things if not re.match(r"\W*\d", text) and not is_date(text)]
    yield from ((thing,) for thing in things)
    yield from (pair for pair in combinations(cells, 2) if pair[0] in things)


def _askable(texts: dict[str, str], header: str) -> bool:
    """A cell can be asked for if its header is plain words and its text is short."""
    return bool(_PLAIN_WORDS.fullmatch(header)) and len(texts[header]) <= _MOST_ANSWER_CHARS


def _of_row(header: str, value: str, told: Sequence[str]) -> str:
    name = lower_label(header)
    named = f'"{told[0]}"' if "," in told[0] or len(told[0].split()) > 4 else told[0]
    if len(told) > 1:
        named += f" ({told[1]})"
    if is_participle(header.split()[-1]) and is_date(value):
        return f"When was {named} {header.lower()}?"
    if is_number(value) and is_plural(header.split()[0]):
        return f"How many {name} are listed for {named}?"
    return f"Which {name} {'are' if is_plural(name) else 'is'} listed for {named}?"


def _tables(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Rows that stand one after another in the list of blocks."""
    for is_row, run in groupby(blocks, key=lambda block: block.kind is BlockKind.TABLE_ROW):
        if is_row:
            yield list(run)


def of_items(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "X as Y" gives "Who is listed as Y?", and "X, who did Z" gives "Who did Z?", where X is a name or some."""
    for block in blocks:
        if block.kind is not BlockKind.LIST_ITEM or block.markup:
            continue
        item = re.sub(r"\s*\([^()]*\)", "", " ".join(document.text[block.start : block.end].split()))
        if match := _ROLE.match(item):
            role = re.split(r" (?:who|whose|which|that) ", match["role"])[0].strip(" .")
            question = "" if re.match(r"(?:his|her|their|its|well|soon|long)\b", role) else f"Who is listed as {role}?"
        elif match := _CLAUSE.match(item):
            question = f"Who {match['clause'].strip(' .')}?"
        else:
            continue
        names = re.split(r", | and ", match["name"])
        if question and all(map(is_name, names)):
            groups = tuple((name,) for name in names) if len(names) > 1 else ()
            answers = () if groups else (match["name"],)
            yield Proposal(Kind.ROLE, question, ((block.start, block.end),), answers, groups)


def of_lists(document: Document, blocks: Sequence[Block]) -> Iterator[Proposal]:
    """ "The keepers were:" gives "Who were the keepers?", and "Tools needed for this:" "Which tools were needed for
    this?"; every item is an answer that is wanted.
    """
    listed = [block for block in blocks if block.kind is BlockKind.LIST_ITEM and block.level == 0]
    for lead_in, run in groupby(listed, key=lambda block: block.lead_in):
        items = list(run)
        if lead_in is None or len(items) < 2:
            continue
        names = [re.split(r"[,;:(]", document.text[item.start : item.end])[0].strip(" .") for item in items]
        introduced = document.text[slice(*lead_in)]
        if match := _THE_ARE.fullmatch(introduced):
            who = "Who" if all(map(is_name, names)) else "What"
            question = f"{who} {match['verb']} the {match['what']}?"
        elif (match := _DONE.fullmatch(introduced)) and is_participle(match["done"]):
            question = f"Which {match['what'].lower()} were {match['done']}{match['rest']}?"
        else:
            continue
        if all(names) and len(set(names)) == len(names):
            evidence, groups = tuple((item.start, item.end) for item in items), tuple((name,) for name in names)
            yield Proposal(Kind.LIST, question, evidence, all_of=groups, context=(lead_in,))


def short(title: str) -> str:
    """The title without what is added in brackets or after a colon."""
    return re.split(r"\s*[(:]", title, maxsplit=1)[0] or title


def _text(document: Document, cell: Cell) -> str:
    return " ".join(document.text[cell.start : cell.end].split())
