"""Synthetic list lines, timelines, infobox lines and award rows with questions, in the shape the product feeds them.

    Title > Heading:
    Lead-in
    Alma Brandt as Leon "Lee" Okafor (née Vance), a retired judge and Rosa's brother

Encyclopedias, handbooks and catalogues are full of such lines, and question answering data has next to none. Every
value is made up, as in `table_rows`. About half of the questions are asked of a line that does not answer them: of
another line of the same list, or for something that the line does not say.
"""

import random
from collections.abc import Iterator

from line_phrases import (
    CATEGORIES,
    EVENTS,
    INFOBOX,
    INSTALMENTS,
    JOBS,
    ORDINALS,
    PRIZES,
    RELATIONS,
    WORKS,
    person,
)
from table_rows import ADJECTIVES, FAMILY, GIVEN, MONTHS, NOUNS, TOWNS


def _date(rng: random.Random, year: int, month_only: bool) -> str:
    month, day = rng.choice(MONTHS), rng.randint(1, 28)
    if month_only:
        return f"{month} {year}"
    return rng.choice([f"{month} {day}, {year}", f"{day} {month} {year}", f"{month} {day}, {year}"])


def _title(rng: random.Random) -> str:
    return rng.choice(
        [f"The {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}", f"{rng.choice(NOUNS)} of {rng.choice(TOWNS)}"]
    )


def _range(number: int) -> str:
    return f"{number}–{number + 2}"


class Line:
    """A line put together piece by piece; `span(name)` is where a named piece stands."""

    def __init__(self) -> None:
        self.text = ""
        self.spans: dict[str, tuple[int, int]] = {}

    def add(self, text: str, name: str = "") -> "Line":
        if name:
            self.spans[name] = (len(self.text), len(self.text) + len(text))
        self.text += text
        return self


Asked = tuple[str, str]  # a question and the name of the piece that answers it
Made = tuple[Line, list[Asked], list[str]]  # with questions that the line does not answer


def _casting(rng: random.Random) -> Made:
    actor, given, family = person(rng), rng.choice(GIVEN), rng.choice(FAMILY)
    nick = rng.choice(GIVEN) if rng.random() < 0.25 else ""
    role = f'{given} "{nick}" {family}' if nick else f"{given} {family}"
    called = rng.choice([f"{nick or given} {family}", f"{given} {family}", f"{nick or given}"])
    line = Line().add(actor, "actor").add(rng.choice([" as ", " as ", " – ", " plays ", ": "])).add(role, "role")
    asked = [
        (
            rng.choice(
                [
                    "Who plays {0}?",
                    "Who portrays {0}?",
                    "Which actor plays {0}?",
                    "Who is {0} played by?",
                    "{0} actor",
                    "Who took the part of {0}?",
                ]
            ).format(called),
            "actor",
        ),
        (
            rng.choice(
                [
                    "Which character does {0} play?",
                    "What role does {0} have?",
                    "Whom does {0} play?",
                    "What is {0}'s part?",
                    "Who is {0} in it?",
                ]
            ).format(actor),
            "role",
        ),
    ]
    missing = [
        f"How old is {called}?",
        f"How does {called} die?",
        f"Where was {actor} born?",
        f"Which character does {person(rng)} play?",
        f"Who plays {person(rng)}?",
    ]
    if rng.random() < 0.25:
        born = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}" if rng.random() < 0.4 else rng.choice(FAMILY)
        line.add(" (née ").add(born, "born").add(")")
        asked += [
            (f"What is {called}'s {rng.choice(['maiden', 'birth', 'original'])} name?", "born"),
            (f"What was {called} called {rng.choice(['before', 'at birth'])}?", "born"),
        ]
    else:
        missing.append(f"What is {called}'s maiden name?")
    if rng.random() < 0.5:
        first = rng.randint(1, 4)
        seasons = rng.choice([f"season {first}", f"seasons {_range(first)}", f"season {first}–present"])
        line.add(" (").add(seasons, "seasons").add(rng.choice([")", "; guest later)", "; recurring before)"]))
        asked.append((f"In which seasons is {called}?", "seasons"))
    if rng.random() < 0.9:
        job = rng.choice(JOBS)
        line.add(", ").add(job, "job")
        bare = job.split(" ", 1)[1]
        asked += [
            (
                rng.choice(["Which character is {0}?", "Who is {0}?", "Which character is described as {0}?"]).format(
                    job
                ),
                "role",
            ),
            (rng.choice(["Who is {0}?", "What does {0} do?", "What is {0}'s job?"]).format(called), "job"),
            (f"What is the name of the {bare}?", "role"),
        ]
    if rng.random() < 0.5:
        relation, questions = rng.choice(RELATIONS)
        other = rng.choice(GIVEN)
        line.add(" and " if "job" in line.spans else ", ").add(f"{other}'s {relation}", "relation")
        full = other if rng.random() < 0.6 else f"{other} {rng.choice(FAMILY)}"
        asked += [(rng.choice(questions).format(other=full), "role")] * 2
        missing.append(f"Who is {person(rng)} married to?")
    if rng.random() < 0.35:
        model = person(rng)
        line.add(rng.choice([", based on ", ", inspired by ", ", modelled on ", ", loosely based on "])).add(
            model, "model"
        )
        asked += [
            (
                rng.choice(
                    [
                        "Who is {0} based on?",
                        "Who inspired the character of {0}?",
                        "On whom is {0} modelled?",
                        "Which real person is behind {0}?",
                    ]
                ).format(called),
                "model",
            )
        ] * 2
    else:
        missing.append(f"Who is {called} based on?")
    return line, asked, missing


def _staff(rng: random.Random) -> Made:
    name, job, town = person(rng), rng.choice(JOBS).split(" ", 1)[1], rng.choice(TOWNS)
    year = rng.randint(1960, 2025)
    line = Line().add(name, "name").add(rng.choice([", ", " – ", ": "])).add(job, "job")
    line.add(rng.choice([" in ", ", at "])).add(town, "town").add(rng.choice([", since ", " from "])).add(
        str(year), "year"
    )
    return (
        line,
        [
            (
                rng.choice(["What is {0}'s job?", "What does {0} do?", "What is {0}'s role?", "{0} position"]).format(
                    name
                ),
                "job",
            ),
            (
                rng.choice(["Who is the {0}?", "Who is {0} in {1}?", "Which person is the {0}?"]).format(job, town),
                "name",
            ),
            (rng.choice(["Where does {0} work?", "In which town is {0}?"]).format(name), "town"),
            (rng.choice(["Since when has {0} been there?", "When did {0} start?"]).format(name), "year"),
        ],
        [
            f"What does {name} earn?",
            f"When did {name} leave?",
            f"Who was {job} before {name}?",
            f"Where was {name} born?",
        ],
    )


def _timeline(rng: random.Random) -> Made:
    what = rng.choice(INSTALMENTS)
    numbers = sorted(rng.sample(range(1, 7), rng.randint(1, 3)))
    line, asked, missing = Line(), [], []
    year = rng.randint(1970, 2022)
    told: set[tuple[int, int]] = set()
    for number in numbers:
        for kind in sorted(rng.sample(range(5), rng.randint(1, 3))):
            told.add((number, kind))
            piece = f"{number}-{kind}"
            name = rng.choice([f"The {ORDINALS[number - 1]} {what}", f"{what.capitalize()} {number}"])
            event = rng.choice(EVENTS[kind][0])
            before, after = event.split("{d}")
            month_only = before.endswith("in ") or rng.random() < 0.2
            line.add(f"{name} {before}").add(_date(rng, year, month_only), piece).add(f"{after}. ")
            named = rng.choice(
                [
                    f"{ORDINALS[number - 1]} {what}",
                    f"{what} {number}",
                    f"{number}. {what}",
                    f"{what} {ORDINALS[number - 1].replace('first', 'one').replace('second', 'two')}",
                ]
            )
            question = rng.choice(EVENTS[kind][1]).format(n=named).replace(f"the {what} {number}", f"{what} {number}")
            asked.append((question, piece))
        year += rng.randint(1, 2)
    for number in range(1, 7):
        for kind in range(5):
            if (number, kind) not in told:
                question = rng.choice(EVENTS[kind][1]).format(n=f"{ORDINALS[number - 1]} {what}")
                missing += [question] * (3 if number in numbers else 1)
    line.text = line.text.rstrip()
    return line, asked, missing


def _infobox(rng: random.Random) -> Made:
    keys, value_of, questions = rng.choice(INFOBOX)
    key, value, work = rng.choice(keys), value_of(rng), rng.choice(WORKS)
    line = Line().add(key, "key").add(": ").add(value, "value")
    asked: list[Asked] = [(question.format(w=work), "value") for question in questions]
    asked.append((f"{rng.choice(['What is the', 'What is its', 'Name the'])} {key.lower()}?", "value"))
    if key.lower() in ("number of episodes", "num episodes", "pages", "chapters", "members"):
        thing = key.lower().replace("number of ", "").replace("num ", "")
        asked = [(f"How many {thing} are there?", "value"), (f"How many {thing} does the {work} have?", "value")]
    if value_of is person or "producer" in key.lower() or key in ("Editor", "Illustrator", "Trustees"):
        named = rng.choice(value.split(", "))
        asked += [(f"What is {named}'s {rng.choice(['job', 'role', 'part'])} in the {work}?", "key")]
        asked += [(f"What did {named} do for the {work}?", "key")]
    if "–" in value:
        first, last = value.removesuffix(" minutes").split("–")
        at = line.spans["value"][0]
        line.spans["least"] = (at, at + len(first))
        line.spans["most"] = (at + len(first) + 1, at + len(first) + 1 + len(last))
        asked += [
            ("How long is the longest one, in minutes?", "most"),
            ("How many minutes does the shortest take?", "least"),
            (f"What is the shortest running time of the {work}?", "least"),
        ]
    others = [entry for entry in INFOBOX if entry[2] and entry[0] != keys]
    missing = [rng.choice(rng.choice(others)[2]).format(w=work) for _ in range(3)]
    return line, asked, missing


def _award(rng: random.Random, title: str) -> Made:
    year, prize, category = str(rng.randint(1990, 2025)), f"{rng.choice(PRIZES)} Awards", rng.choice(CATEGORIES)
    own = rng.random() < 0.6
    nominee = title if own else person(rng)
    line = Line()
    for place, (header, value, name) in enumerate(
        [
            (rng.choice(["Year", "Date"]), year, "year"),
            (rng.choice(["Award", "Ceremony", "Event"]), prize, "prize"),
            (rng.choice(["Category", "Nominated for"]), category, "category"),
            (rng.choice(["Nominee(s)", "Nominee", "Recipient", "Work"]), nominee, "nominee"),
        ]
    ):
        line.add(("; " if place else "") + header + ": ").add(value, name)
    work = rng.choice(WORKS)
    asked = [
        (
            rng.choice(["Who was nominated for {c} in {y}?", "Who was up for {c} at the {p}?"]).format(
                c=category, y=year, p=prize
            ),
            "nominee",
        ),
        (
            rng.choice(["In what year was {n} nominated for {c}?", "When was {c} a category for {n}?"]).format(
                n=nominee, c=category
            ),
            "year",
        ),
        (
            rng.choice(["Which awards nominated {n} for {c}?", "Who put {n} up for {c}?"]).format(
                n=nominee, c=category
            ),
            "prize",
        ),
    ]
    named = rng.choice([f"the {work}", "it", title]) if own else nominee
    asked += [
        (
            rng.choice(
                [
                    "What was {n} nominated for at the {y} {p}?",
                    "Which prize was {n} in the running for at the {y} {p}?",
                    "For what was {n} nominated in {y}?",
                    "What was {n} up for in {y}?",
                    "In which category was {n} at the {p} in {y}?",
                ]
            ).format(n=named, y=year, p=prize),
            "category",
        )
    ] * 3
    other = str(int(year) + rng.choice([-3, -2, -1, 1, 2, 3]))
    missing = [
        f"What was {named} nominated for in {other}?",
        f"Who was nominated at the {prize} in {other}?",
        f"Who presented the {prize}?",
        f"Which {prize} did {person(rng)} win?",
    ]
    return line, asked, missing


def _dropped_capitals(question: str, rng: random.Random) -> str:
    if rng.random() < 0.15:
        question = question.lower()
    return question.rstrip("?") if rng.random() < 0.1 else question


_SHAPES = [
    (_casting, 0.4, ["Cast", "Cast and characters", "Main roles", "People", "Characters"]),
    (_staff, 0.1, ["Staff", "People", "Contacts", "Team"]),
    (_timeline, 0.25, ["Release", "History", "Production", "Development", ""]),
    (_infobox, 0.15, [""]),
    (_award, 0.1, ["Awards", "Accolades", "Reception > Accolades", "Honours"]),
]


def line_examples(count: int, seed: int) -> Iterator[dict]:
    """`count` examples in the builder's form: question, passage, start, end (-1, -1 where the line does not answer)."""
    rng = random.Random(f"line-items-{seed}")
    for made in range(count):
        make, _, headings = rng.choices(_SHAPES, [weight for _, weight, _ in _SHAPES])[0]
        title = _title(rng)
        line, asked, missing = make(rng, title) if make is _award else make(rng)
        heading = rng.choice(headings)
        passage = f"{title} > {heading}:\n" if heading else f"{title}:\n"
        if make is _infobox:
            passage += rng.choice(["Infobox\n", "", "At a glance\n"])
        begin = end = -1
        if rng.random() < 0.58:
            question, piece = rng.choice(asked)
            begin, end = (len(passage) + at for at in line.spans[piece])
        elif rng.random() < 0.6:
            question = rng.choice(missing)
        else:  # the same kind of question about another line of the list
            _, questions, _ = make(rng, title) if make is _award else make(rng)
            question, piece = rng.choice(questions)
            if any(
                word in line.text for word in question.replace("?", "").split() if word[0].isupper() and len(word) > 4
            ):
                question = rng.choice(missing)
        yield {
            "id": f"line-{seed}-{made}",
            "source": "line-items",
            "kind": "line" if begin >= 0 else "line-none",
            "question": _dropped_capitals(question, rng),
            "passage": passage + line.text,
            "start": begin,
            "end": end,
        }
