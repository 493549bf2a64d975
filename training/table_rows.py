"""Synthetic table rows and key-value lines with questions, so that the reader learns the `Header: cell` shape.

Every value is made up (names are put together from common parts), so there is nothing in them to remember. Half of the
questions are asked of the row that answers them; the rest of another row of the same table, or of a row whose cell for
that column is missing, and have no answer there.
"""

import random
from collections.abc import Callable, Iterator

Cell = Callable[[random.Random], str]


def _listed(words: str) -> list[str]:
    return words.split()


GIVEN = _listed(
    """Alma Bruno Carla Dario Elena Felix Greta Hugo Irene Jonas Karin Leon Mira Nils Olga Pablo Rosa
    Stefan Tara Victor Wanda Yusuf Anita Boris Clara Dmitri Esther Farid Hana Ivan Julia Kenji Laura
    Marco Nadia Oscar Priya"""
)
FAMILY = _listed(
    """Abbott Brandt Castillo Dorsey Eklund Farrow Gupta Hollis Ibarra Jansen Keller Lindqvist Marsh
    Novak Okafor Petrov Quigley Rossi Sandoval Tanaka Ulrich Vance Whitlock Xu Yardley Zimmer Bishop
    Cho Duarte Ferris"""
)
ADJECTIVES = _listed(
    """Silent Broken Golden Hidden Distant Crimson Frozen Second Hollow Bright Paper Northern Burning
    Lost Quiet Iron Open Endless Borrowed Last"""
)
NOUNS = _listed(
    """River Harbor Signal Garden Mountain Letter Station Mirror Bridge Winter Horizon Engine Island
    Promise Orchard Shadow Compass Valley Machine Tide"""
)
TOWNS = _listed(
    """Ashford Bellmare Corvin Dunholm Eastwick Fairmont Glenrock Hartwell Ironbridge Juniper Kestrel
    Larkspur Midvale Norwood Oakhurst Port Pinecrest Quarry Redfield Stonewell"""
)
MONTHS = _listed("January February March April May June July August September October November December")
_GENERAL_HEADINGS = ["Overview", "List", "Summary", "Details", "Schedule", "Results", "Table"]


def _person(rng: random.Random) -> str:
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def _people(rng: random.Random) -> str:
    return _person(rng) if rng.random() < 0.75 else f"{_person(rng)} and {_person(rng)}"


def _title(rng: random.Random) -> str:
    form = rng.randrange(3)
    if form == 0:
        return f"The {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    if form == 1:
        return f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    return f"{rng.choice(NOUNS)} of {rng.choice(TOWNS)}"


def _date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.choice(MONTHS), rng.randint(1950, 2026)
    iso = f"{year}-{MONTHS.index(month) + 1:02}-{day:02}"
    return rng.choice([f"{month} {day}, {year}", f"{day} {month} {year}", iso])


def _year(rng: random.Random) -> str:
    return str(rng.randint(1900, 2026))


def _town(rng: random.Random) -> str:
    return rng.choice(TOWNS)


def _count(low: int, high: int) -> Cell:
    return lambda rng: f"{rng.randint(low, high):,}"


def _pick(*options: str) -> Cell:
    return lambda rng: rng.choice(options)


def _decimal(unit: str) -> Cell:
    return lambda rng: f"{rng.randint(0, 29)}.{rng.randint(0, 99):02}{unit}"


# A table: what a row is about (the key column), then its other columns. Each column has its header's spellings, its
# values and its questions; {key} is the key cell. The key column's own questions ask back from another cell.
_TABLES: list[dict] = [
    {
        "key": (["Title", "Episode title", "Name"], _title),
        "extra": [(["No.", "Number", "No. overall"], _count(1, 60))],
        "columns": [
            (
                ["Directed by", "Director"],
                _people,
                ["Who directed {key}?", 'Who was the director of "{key}"?', "director of {key}"],
                "Which one did {value} direct?",
            ),
            (
                ["Written by", "Writer", "Author"],
                _people,
                ["Who wrote {key}?", "Who is {key} written by?", 'Who was the writer of "{key}"?'],
                "Which was written by {value}?",
            ),
            (
                ["Original release date", "Air date", "Released", "Premiered"],
                _date,
                ["When did {key} come out?", 'When was "{key}" first released?', "What date did {key} air?"],
                "What was released on {value}?",
            ),
            (
                ["Viewers (millions)", "Viewers"],
                _decimal(""),
                ["How many viewers did {key} have?", 'How many people watched "{key}"?'],
                None,
            ),
            (
                ["Running time", "Length"],
                _count(20, 180),
                ["How long is {key}?", "What is the running time of {key}?"],
                None,
            ),
        ],
    },
    {
        "key": (["Name", "Employee", "Person"], _person),
        "extra": [(["ID", "No."], _count(100, 999))],
        "columns": [
            (
                ["Position", "Role", "Job title"],
                _pick(
                    "engineer",
                    "head of sales",
                    "archivist",
                    "office manager",
                    "chief scientist",
                    "treasurer",
                    "lead designer",
                    "nurse",
                ),
                ["What is {key}'s role?", "What does {key} do?", "What position does {key} hold?"],
                "Who is the {value}?",
            ),
            (
                ["Office", "Location", "Based in", "City"],
                _town,
                ["Where does {key} work?", "In which city is {key}?"],
                "Who is based in {value}?",
            ),
            (["Start date", "Joined", "Since"], _date, ["When did {key} start?", "When did {key} join?"], None),
            (
                ["Born", "Date of birth"],
                _date,
                ["When was {key} born?", "What is {key}'s date of birth?"],
                "Who was born on {value}?",
            ),
            (["Phone", "Extension"], _count(1000, 9999), ["What is {key}'s extension?", "phone number {key}"], None),
        ],
    },
    {
        "key": (["Year", "Season", "Edition"], _year),
        "extra": [],
        "columns": [
            (
                ["Winner", "Champion"],
                _person,
                ["Who won in {key}?", "Who was the {key} champion?"],
                "In what year did {value} win?",
            ),
            (
                ["Host city", "Venue", "Location"],
                _town,
                ["Where was it held in {key}?", "Which city hosted it in {key}?"],
                "In which year was it in {value}?",
            ),
            (
                ["Award", "Prize", "Category"],
                _pick(
                    "Best Director",
                    "Best Newcomer",
                    "Outstanding Score",
                    "Audience Prize",
                    "Best Visual Effects",
                    "Jury Award",
                ),
                ["Which award was it in {key}?", "What prize was given in {key}?"],
                None,
            ),
            (
                ["Result", "Outcome"],
                _pick("Won", "Nominated", "Runner-up", "Withdrawn"),
                ["What was the result in {key}?", "How did it end in {key}?"],
                None,
            ),
            (
                ["Attendance", "Entries"],
                _count(500, 90000),
                ["What was the attendance in {key}?", "How many came in {key}?"],
                None,
            ),
        ],
    },
    {
        "key": (["Product", "Model", "Item"], lambda rng: f"{rng.choice(NOUNS)} {rng.randint(2, 99) * 10}"),
        "extra": [(["Code", "SKU"], _count(10000, 99999))],
        "columns": [
            (
                ["Price", "Cost"],
                lambda rng: f"${rng.randint(3, 900)}.{rng.choice(['00', '50', '95', '99'])}",
                ["How much does the {key} cost?", "What is the price of {key}?", "price {key}"],
                "Which costs {value}?",
            ),
            (["Weight", "Mass"], _decimal(" kg"), ["How heavy is the {key}?", "What does {key} weigh?"], None),
            (
                ["Colour", "Color"],
                _pick("black", "dark green", "silver", "red", "white", "navy blue"),
                ["What colour is the {key}?", "What color does {key} come in?"],
                None,
            ),
            (
                ["Warranty", "Guarantee"],
                _pick("two years", "12 months", "90 days", "five years"),
                ["How long is the warranty on {key}?"],
                None,
            ),
            (
                ["Made by", "Manufacturer", "Supplier"],
                lambda rng: f"{rng.choice(FAMILY)} & {rng.choice(FAMILY)}",
                ["Who makes the {key}?", "Who is the manufacturer of {key}?"],
                "What does {value} make?",
            ),
        ],
    },
    {
        "key": (["Role", "Character", "Part"], _person),
        "extra": [],
        "columns": [
            (
                ["Actor", "Played by", "Performer", "Portrayed by"],
                _person,
                ["Who plays {key}?", "Who portrayed {key}?", "Which actor played {key}?", "actor {key}"],
                "Which character does {value} play?",
            ),
            (
                ["Occupation", "Description"],
                _pick(
                    "a ship's doctor",
                    "a retired judge",
                    "a young pilot",
                    "a union organiser",
                    "a museum guard",
                    "a radio operator",
                ),
                ["What is {key}'s occupation?", "Who is {key}?"],
                None,
            ),
            (
                ["Appearances", "Episodes"],
                _count(1, 80),
                ["How many episodes is {key} in?", "How often does {key} appear?"],
                None,
            ),
            (
                ["First appearance", "First seen in"],
                _title,
                ["In what does {key} first appear?", "What is the first appearance of {key}?"],
                None,
            ),
        ],
    },
]


def _row(table: dict, headers: dict[int, str], rng: random.Random) -> list[tuple[int, str, str]]:
    """One row: (column number, header, cell); -1 is the key column, -2 the extra one."""
    cells = [(-1, headers[-1], table["key"][1](rng))]
    for extra in table["extra"]:
        if -2 in headers:
            cells.insert(0, (-2, headers[-2], extra[1](rng)))
    for number, column in enumerate(table["columns"]):
        if number in headers:
            cells.append((number, headers[number], column[1](rng)))
    return cells


def table_examples(count: int, seed: int) -> Iterator[dict]:
    """`count` examples in the builder's form: question, passage, start, end (-1, -1 where the row does not answer)."""
    rng = random.Random(f"table-rows-{seed}")
    made = 0
    while made < count:
        table = rng.choice(_TABLES)
        headers = {-1: rng.choice(table["key"][0])}
        if table["extra"] and rng.random() < 0.5:
            headers[-2] = rng.choice(table["extra"][0][0])
        shown = rng.sample(range(len(table["columns"])), rng.randint(2, len(table["columns"])))
        for number in sorted(shown):
            headers[number] = rng.choice(table["columns"][number][0])
        rows = [_row(table, headers, rng) for _ in range(rng.randint(2, 6))]
        joiner, separator = rng.choice([("; ", ": "), (" | ", ": "), ("\n", ": "), (". ", ": "), (", ", ": ")])
        asked = rng.choice(shown)
        row = rng.choice(rows)
        key = next(cell for number, _, cell in row if number == -1)
        value = next(cell for number, _, cell in row if number == asked)
        _, _, questions, reverse = table["columns"][asked]
        if reverse and rng.random() < 0.3:
            question, wanted = reverse.format(value=value), -1
        else:
            question, wanted = rng.choice(questions).format(key=key), asked
        answerable = rng.random() < 0.55
        shown_rows = [row]
        if not answerable:
            others = [r for r in rows if r is not row and all(c[2] not in (key, value) for c in r)]
            if rng.random() < 0.4 and wanted != -1:
                shown_rows = [[cell for cell in row if cell[0] != wanted]]
            elif others:
                shown_rows = [rng.choice(others)]
            else:
                continue
        elif rng.random() < 0.2:
            shown_rows = rng.sample(rows, len(rows))  # several rows in one passage
        title = f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
        heading = rng.choice(_GENERAL_HEADINGS)
        passage = rng.choice([f"{title}:\n", f"{title} > {heading}:\n", f"{title} > {heading}:\n", ""])
        start = end = -1
        for shown_row in shown_rows:
            for place, (number, header, cell) in enumerate(shown_row):
                passage += (joiner if place else "") + header + separator
                if answerable and shown_row is row and number == wanted:
                    start, end = len(passage), len(passage) + len(cell)
                passage += cell
            passage += "\n"
        yield {
            "id": f"table-{seed}-{made}",
            "source": "table-rows",
            "kind": "table" if answerable else "table-none",
            "question": question,
            "passage": passage.rstrip("\n"),
            "start": start,
            "end": end,
        }
        made += 1
