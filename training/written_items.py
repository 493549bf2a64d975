"""Short texts written for training, with questions that people would ask of them, answered there or not.

    python training/written_items.py FILE...             checks files and says what is wrong with which line
    python training/written_items.py FILE... --rows OUT  writes their questions as question answering data

Each line of a file is one text: `title`, `heading` (may be empty), `text`, `answered` (a list of `[question, answer]`,
each answer cut out of the text word for word and standing in it once) and `unanswered` (questions that it does not
answer, though it names what they are about). They were written for this: in a reader's words, not in the text's. Those
in `written/held` are of other subjects than the rest; they are measured with and never trained on.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from line_items import _dropped_capitals


def problems(row: dict) -> list[str]:
    """What is wrong with a text; empty if nothing is."""
    missing = [name for name in ("title", "heading", "text", "answered", "unanswered") if name not in row]
    if missing:
        return [f"no {', '.join(missing)}"]
    found = []
    for pair in row["answered"]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) and each for each in pair)):
            found.append(f"not [question, answer]: {pair!r}")
        elif (times := row["text"].count(pair[1])) != 1:
            found.append(f"the answer stands {times} times in the text: {pair[1]!r}")
        elif pair[1] != pair[1].strip():
            found.append(f"white space around the answer: {pair[1]!r}")
    questions = [pair[0] for pair in row["answered"] if isinstance(pair, list)] + row["unanswered"]
    found += [f"asked twice: {question!r}" for question in set(questions) if questions.count(question) > 1]
    if not 80 <= len(row["text"]) <= 1200:
        found.append(f"the text has {len(row['text'])} characters, not 80 to 1,200")
    return found


def read(path: Path) -> list[dict]:
    """The texts of a file; ends the program with one line for each that is wrong."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    wrong = [f"{path.name}, line {number}: {each}" for number, row in enumerate(rows, 1) for each in problems(row)]
    if wrong:
        sys.exit("\n".join(wrong))
    return rows


def written_examples(folder: Path, times: int, seed: int, elsewhere: float = 0) -> Iterator[dict]:
    """Every question of every `*.jsonl` in the folder, `times` times, in the builder's form.

    The share `elsewhere` of the answered ones is asked of a text of another file as well, so that how a question is put
    says less of whether it has an answer.
    """
    rng = random.Random(f"written-items-{seed}")
    texts = {path.stem: read(path) for path in sorted(folder.glob("*.jsonl"))}
    for stem, rows in texts.items():
        strangers = [row for other, of_other in texts.items() if other != stem for row in of_other]
        for number, row in enumerate(rows):
            for turn in range(times):
                for each, (question, answer) in enumerate(_asked(row)):
                    name = f"written-{stem}-{number}-{each}-{turn}"
                    yield _example(name, question, answer, row, rng, as_written=turn == 0)
                    if elsewhere and answer and strangers and rng.random() < elsewhere:
                        yield _example(f"{name}-elsewhere", question, "", rng.choice(strangers), rng)


def _example(name: str, question: str, answer: str, row: dict, rng: random.Random, as_written: bool = False) -> dict:
    lead = " > ".join(part for part in (row["title"], row["heading"]) if part) + ":\n"
    lead = lead if rng.random() < 0.85 else ""
    at = len(lead) + row["text"].index(answer) if answer else -1
    return {
        "id": name,
        "source": "written-items",
        "kind": "written" if answer else "written-none",
        "question": question if as_written else _dropped_capitals(question, rng),
        "passage": lead + row["text"],
        "start": at,
        "end": at + len(answer) if answer else -1,
    }


def rows_of(path: Path) -> Iterator[dict]:
    """The questions of a file as rows of question answering data."""
    for number, row in enumerate(read(path)):
        for each, (question, answer) in enumerate(_asked(row)):
            yield {
                "id": f"written-{path.stem}-{number}-{each}",
                "title": f"{row['title']}, {row['heading']}".removesuffix(", "),
                "context": row["text"],
                "question": question,
                "answers": [{"text": answer, "start": row["text"].index(answer)}] if answer else [],
                "is_impossible": not answer,
            }


def _asked(row: dict) -> list[tuple[str, str]]:
    return [*((question, answer) for question, answer in row["answered"]), *((each, "") for each in row["unanswered"])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="texts, one a line")
    parser.add_argument("--rows", type=Path, metavar="OUT", help="write the questions here, as JSONL")
    options = parser.parse_args()
    for path in options.files:
        texts = read(path)
        answered = sum(len(text["answered"]) for text in texts)
        print(f"{path}: {len(texts)} texts, {answered} answered, {sum(len(text['unanswered']) for text in texts)} not")
    if options.rows:
        rows = [json.dumps(row, ensure_ascii=False) for path in options.files for row in rows_of(path)]
        options.rows.write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
