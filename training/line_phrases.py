"""The words of `line_items`: made-up trades, relations, events and infobox keys, each with its questions."""

import random
from collections.abc import Callable

from table_rows import FAMILY, GIVEN, NOUNS, TOWNS

ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
JOBS = [
    "a ship's doctor",
    "a retired judge",
    "a young pilot",
    "a union organiser",
    "a museum guard",
    "a radio operator",
    "the mayor of the town",
    "a travelling salesman",
    "a botanist",
    "the owner of the bakery",
    "a night nurse",
    "an ambitious reporter",
    "a former boxer who runs a gym",
    "the new head of the mission",
    "a bank clerk",
    "a government official",
    "an engineer fascinated by old clocks",
    "a smuggler who becomes a priest",
]
RELATIONS = [
    ("wife", ["Who is {other} married to?", "Who is {other}'s wife?", "Whom did {other} marry?"]),
    ("husband", ["Who is {other} married to?", "Who is the husband of {other}?", "{other} husband"]),
    ("daughter", ["Who is {other}'s daughter?", "What is the name of {other}'s daughter?"]),
    ("son", ["Who is {other}'s son?", "What is the name of the son of {other}?"]),
    ("best friend", ["Who is {other}'s best friend?", "Who is the closest friend of {other}?"]),
    ("assistant", ["Who is {other}'s assistant?", "Who assists {other}?"]),
    ("mentor", ["Who is {other}'s mentor?", "Who mentors {other}?"]),
]
WORKS = ["film", "series", "novel", "play", "album", "game", "show", "opera", "documentary", "book", "podcast"]


def person(rng: random.Random) -> str:
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


# What happens to one instalment of something, in words that mean the same; a paragraph tells some of them for several.
EVENTS: list[tuple[list[str], list[str]]] = [
    (
        ["was announced in {d}", "was ordered in {d}", "was commissioned in {d}", "was given the green light in {d}"],
        [
            "When was the {n} announced?",
            "When was the {n} ordered?",
            "When was the {n} commissioned?",
            "When did the {n} get the go-ahead?",
            "When was it decided to make the {n}?",
            "date the {n} was approved",
        ],
    ),
    (
        ["went into production in {d}", "began production in {d}", "started filming in {d}", "was being made from {d}"],
        [
            "When did work on the {n} begin?",
            "When did production of the {n} start?",
            "When did the {n} go into production?",
            "When did shooting of the {n} start?",
        ],
    ),
    (
        ["was finished in {d}", "wrapped production in {d}", "was completed in {d}"],
        [
            "When was the {n} finished?",
            "By when was the {n} complete?",
            "When did production of the {n} end?",
            "When was work on the {n} over?",
        ],
    ),
    (
        ["premiered on {d}", "was released on {d}", "came out on {d}", "opened on {d}", "debuted on {d}"],
        [
            "When did the {n} premiere?",
            "When did the {n} come out?",
            "When was the {n} released?",
            "When did the {n} start?",
            "When was the {n} first shown?",
            "{n} release date",
            "When did the {n} open?",
        ],
    ),
    (
        ["ended on {d}", "ran until {d}", "closed on {d}", "concluded on {d}"],
        [
            "When did the {n} end?",
            "When was the last day of the {n}?",
            "When did the {n} finish?",
            "How long did the {n} run?",
            "When did the {n} conclude?",
        ],
    ),
    (
        ["won its main prize in {d}", "was sold abroad in {d}", "was shown in {t} in {d}"],
        ["When did the {n} win its prize?", "When was the {n} sold abroad?"],
    ),
]
INSTALMENTS = ["season", "series", "edition", "volume", "exhibition", "version", "phase", "part", "film", "tour"]


INFOBOX: list[tuple[list[str], Callable[[random.Random], str], list[str]]] = [
    (
        ["Composer", "Music", "Music by"],
        person,
        ["Who wrote the music?", "Who composed the score of the {w}?", "Who is the composer?"],
    ),
    (["Director", "Directed by"], person, ["Who directed the {w}?", "Who was the director?"]),
    (
        ["Author", "Writer", "Creator", "Developer", "Designer"],
        person,
        ["Who wrote it?", "Who created the {w}?", "Who made the {w}?"],
    ),
    (
        ["Country", "Country of origin"],
        lambda r: r.choice(TOWNS) + "land",
        ["Which country is the {w} from?", "Where does the {w} come from?"],
    ),
    (
        ["Language"],
        lambda r: r.choice(["English", "Dutch", "Welsh", "Korean", "Finnish"]),
        ["What language is the {w} in?"],
    ),
    (
        ["Runtime", "Running time", "Duration", "Length"],
        lambda r: f"{r.randint(20, 90)}–{r.randint(91, 180)} minutes",
        ["How long is it?", "How long are they?", "How long does the {w} last?", "running time of the {w}"],
    ),
    (
        ["Publisher", "Network", "Distributor", "Label"],
        lambda r: f"{r.choice(FAMILY)} {r.choice(NOUNS)}",
        ["Who publishes the {w}?", "Who brought out the {w}?", "Which company distributes it?"],
    ),
    (
        ["First aired", "Released", "Release date", "Opened", "Founded"],
        lambda r: f"{r.randint(1950, 2025)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
        ["When did the {w} first come out?", "What was its first day?", "When did it start?"],
    ),
    (
        ["Location", "Shot in", "Headquarters"],
        lambda r: f"{r.choice(TOWNS)}, {r.choice(TOWNS)}",
        ["Where was it made?", "Where is it based?", "Where did the work take place?"],
    ),
    (
        ["Genre", "Type"],
        lambda r: ", ".join(r.sample(["mystery", "comedy", "history", "satire", "romance", "travel", "horror"], 2)),
        ["What genre is the {w}?", "What kind of {w} is it?"],
    ),
    (
        ["Producer", "Executive producer", "Editor", "Illustrator", "Trustees"],
        lambda r: ", ".join(person(r) for _ in range(r.randint(1, 4))),
        ["Who produced the {w}?", "Who are the producers?"],
    ),
    (["Number of episodes", "Num episodes", "Pages", "Chapters", "Members"], lambda r: str(r.randint(5, 400)), []),
]


PRIZES = [
    "Golden Reed",
    "Northern Light",
    "Critics' Circle",
    "Silver Lantern",
    "Academy of Letters",
    "Harbor",
    "Meridian",
]
CATEGORIES = [
    "Best Drama",
    "Best Supporting Role",
    "Outstanding Design",
    "Best Debut",
    "Achievement in Sound",
    "Best Short Work (Comedy or Drama)",
    "Innovation of the Year",
    "Best Ensemble",
    "Audience Choice",
]
