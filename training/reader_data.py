"""Build training examples for the reader from question answering files.

    python training/reader_data.py --file squad.jsonl.gz,share=2,negatives=0.7 --out training/runs/train.jsonl.gz

Out comes one JSON object a line: `id`, `source`, `kind`, `question`, `passage`, `start`, `end`, where
`passage[start:end]` is the answer, or both are -1 where the passage does not answer. The same arguments and seed give
the same file. See training/README.md for what each kind is.
"""

import argparse
import gzip
import hashlib
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from collection import Collection
from famqa.evaluation.squad import read_rows
from line_items import line_examples
from near_misses import folded, negate, sentences, swap_mention, swap_opposite, swap_word
from other_questions import Bank, other_side, other_thing
from prose_items import prose_examples
from relatives import word_relatives
from rewording import estranged, reworded, typed
from table_rows import table_examples
from wheel import model_folder
from wordnet import WordNet
from written_items import written_examples

HEADINGS = ["Overview", "History", "Background", "Description", "Details", "Notes", "Other", "Reception", "Summary"]
# How often each kind of negative is tried first; one that cannot be made gives way to the next in a random order.
# "side" and "thing" can be made of few questions, so they are nearly always tried first.
KIND_WEIGHTS = {
    "swapped": 0.30,
    "retrieved": 0.20,
    "removed": 0.12,
    "asked": 0.12,
    "side": 4.0,
    "thing": 4.0,
    "opposite": 0.10,
    "word": 0.10,
    "sentence": 0.04,
    "negated": 0.03,
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file named on the command line and how much of it to use."""

    path: Path
    share: float = 1.0  # 2 goes through it twice, 0.5 takes a random half
    negatives: float = 0.6  # made per answerable example
    titled: float = 0.7  # share of its examples that get the title in front
    kinds: tuple[str, ...] = tuple(KIND_WEIGHTS)


def parse_source(text: str) -> SourceFile:
    path, *options = text.split(",")
    values: dict[str, object] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name not in ("share", "negatives", "titled", "kinds"):
            raise argparse.ArgumentTypeError(
                f"unknown option {name!r} in {text!r}; use share, negatives, titled or kinds"
            )
        values[name] = tuple(value.split("+")) if name == "kinds" else float(value)
    return SourceFile(Path(path), **values)


class Builder:
    """Turns rows into examples. All randomness comes from one generator, in one order."""

    def __init__(
        self, collection: Collection, max_pieces: int, seed: int, wordnet: WordNet | None = None, other_words: float = 0
    ) -> None:
        self.rng = random.Random(seed)
        self.collection = collection
        self.tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.relatives = word_relatives(self.tokenizer)
        self.max_pieces = max_pieces
        self.wordnet = wordnet
        self.other_words = other_words
        self.bank: Bank | None = None

    def worded(self, question: str, sentence: str) -> str:
        """`question` as people ask it: now and then in other words than the text's, and as they type."""
        if self.wordnet and self.rng.random() < self.other_words:
            question = reworded(question, sentence, self.wordnet, self.rng)
        return typed(question, self.rng)

    def passage(
        self, title: str, source: SourceFile, question: str, context: str, start: int, end: int, whole: bool = False
    ) -> dict | None:
        """A window of `context` that holds [start, end) (or any window for -1), with or without its title in front."""
        rng, prefix = self.rng, ""
        if title and rng.random() < source.titled:
            prefix = title + (f" > {rng.choice(HEADINGS)}" if rng.random() < 0.4 else "") + ":\n"
        room = self.max_pieces - 3 - len(self.tokenizer.encode(question + " " + prefix, add_special_tokens=False).ids)
        if not whole and rng.random() < 0.15:
            room = min(room, rng.randint(48, 140))  # passages in use are often shorter than a paragraph
        offsets = self.tokenizer.encode(context, add_special_tokens=False).offsets
        a, b = 0, len(context)
        if len(offsets) > room:
            inside = (
                [i for i, (x, y) in enumerate(offsets) if x < end and y > start]
                if start >= 0
                else [rng.randrange(len(offsets))]
            )
            if not inside or len(inside) > room or room < 16:
                return None
            low, high = max(0, inside[-1] + 1 - room), min(inside[0], len(offsets) - room)
            first = rng.randint(min(low, high), max(low, high))
            a, b = offsets[first][0], offsets[min(first + room, len(offsets)) - 1][1]
        shift = len(prefix) - a
        return {
            "passage": prefix + context[a:b],
            "start": start + shift if start >= 0 else -1,
            "end": end + shift if start >= 0 else -1,
        }

    def answerable(self, row: dict, source: SourceFile) -> dict | None:
        context, answer = row["context"], row["answers"][0]
        start, end = answer["start"], answer["start"] + len(answer["text"])
        a, b = _sentence_around(context, start, end)
        kind, question = "answerable", self.worded(row["question"], context[a:b])
        if self.rng.random() < 0.08:  # the answer's sentence alone, like an item of a list
            context, start, end, kind = context[a:b], start - a, end - a, "answerable-sentence"
        made = self.passage(row["title"], source, question, context, start, end)
        return made and self.example(row, source, kind, question, made)

    def negative(self, row: dict, source: SourceFile) -> dict | None:
        kinds = [k for k in KIND_WEIGHTS if k in source.kinds]
        order = sorted(kinds, key=lambda k: self.rng.random() ** (1 / KIND_WEIGHTS[k]), reverse=True)
        for kind in order:
            changed = self.near_miss(row, kind)
            if changed is None:
                continue
            a, b = _sentence_around(row["context"], *_answer_span(row))
            question, context = self.worded(changed[0], row["context"][a:b]), changed[1]
            # A swapped question keeps its answer's sentence in view: that is what makes it a near miss.
            start, end = (-1, -1) if context != row["context"] else _answer_span(row)
            number = self.collection.number.get(context)  # a retrieved context has a title of its own
            title = row["title"] if number is None else self.collection.titles[number]
            made = self.passage(title, source, question, context, start, end)
            if made:
                made["start"] = made["end"] = -1
                return self.example(row, source, kind, question, made)
        return None

    def near_miss(self, row: dict, kind: str) -> tuple[str, str] | None:
        """(question, context) of a negative of that kind, or None."""
        question, context, rng = row["question"], row["context"], self.rng
        start, end = _answer_span(row)
        a, b = _sentence_around(context, start, end)
        aliases = [folded(answer["text"]) for answer in row["answers"]]
        if kind == "swapped":
            same = self.collection.by_title.get(row["title"], ()) if row["title"] else ()
            numbers = (
                rng.sample(list(same), min(4, len(same))) if len(same) > 1 else self.collection.ranked(question, 4)
            )
            far = "\n".join(self.collection.contexts[n] for n in numbers)
            changed = swap_mention(question, context[a:b], context, far, rng)
            return changed and (changed, context)
        if kind == "opposite":
            changed = swap_opposite(question, rng)
            return changed and (changed, context)
        if kind in ("side", "thing", "asked"):
            if self.wordnet is None:
                return None
            if kind == "side":
                changed = other_side(question, start, end, context, self.wordnet, rng)
            elif kind == "thing":
                changed = other_thing(question, context[a:b], context, self.wordnet, rng)
            else:
                changed = self.bank and self.bank.ask(context, row["title"], rng)
            return changed and (changed, context)
        if kind == "negated":
            changed = negate(question, rng)
            return changed and (changed, context)
        if kind == "word":
            changed = self.wordnet and estranged(question, context[a:b], context, self.wordnet, rng)
            changed = changed or swap_word(question, context[a:b], self.relatives, rng)
            return changed and (changed, context)
        if kind == "removed":
            rest = (context[:a].rstrip() + " " + context[b:].lstrip()).strip()
            return (question, rest) if len(rest) > 150 and not _holds(rest, aliases) else None
        if kind == "sentence":
            others = [context[x:y] for x, y in sentences(context) if not _holds(context[x:y], aliases) and y - x > 20]
            return (question, rng.choice(others)) if others else None
        ranked = [n for n in self.collection.ranked(question, 12) if self.collection.contexts[n] != context]
        ranked = [n for n in ranked if not _holds(self.collection.contexts[n], aliases)]
        same = [n for n in ranked if row["title"] and self.collection.titles[n] == row["title"]]
        pool = same[:3] if same and rng.random() < 0.7 else ranked[:5]
        return (question, self.collection.contexts[rng.choice(pool)]) if pool else None

    def example(self, row: dict, source: SourceFile, kind: str, question: str, made: dict) -> dict:
        name = source.path.name.split(".")[0]
        return {"id": str(row["id"]), "source": name, "kind": kind, "question": question, **made}


def _answer_span(row: dict) -> tuple[int, int]:
    answer = row["answers"][0]
    return answer["start"], answer["start"] + len(answer["text"])


def _sentence_around(context: str, start: int, end: int) -> tuple[int, int]:
    touched = [(a, b) for a, b in sentences(context) if a < end and b > start] or [(start, end)]
    return min(touched[0][0], start), max(touched[-1][1], end)


def _holds(text: str, aliases: list[str]) -> bool:
    words = folded(text)
    return any(alias in words for alias in aliases if alias.strip())


def build(
    sources: list[SourceFile],
    tables: int,
    lines: int,
    prose: int,
    written: Sequence[tuple[Path, int]],
    elsewhere: float,
    max_pieces: int,
    seed: int,
    wordnet: Path | None = None,
    other_words: float = 0,
) -> tuple[list[dict], list[dict]]:
    """(examples in random order, one record a file: name, sha256, rows, rows used)."""
    rows_of = {source.path: read_rows(source.path) for source in sources}
    collection = Collection()
    for rows in rows_of.values():
        for row in rows:
            collection.add(row["context"], row["title"])
    examples, files = [], []
    with tempfile.TemporaryDirectory() as folder:
        collection.build(folder)
        builder = Builder(collection, max_pieces, seed, wordnet and WordNet(wordnet), other_words)
        if builder.wordnet:
            answered = [row for rows in rows_of.values() for row in rows if row["answers"] and row["title"]]
            builder.bank = Bank(builder.wordnet, answered)
        for source in sources:
            rows = rows_of[source.path]
            chosen = rows * int(source.share)
            chosen = chosen + builder.rng.sample(rows, round(len(rows) * (source.share % 1)))
            for row in chosen:
                if row["is_impossible"] or not row["answers"]:
                    for _ in range(3):  # few and well made, so each is seen three times
                        made = builder.passage(
                            row["title"], source, row["question"], row["context"], -1, -1, whole=True
                        )
                        if made:
                            examples.append(builder.example(row, source, "impossible", row["question"], made))
                    continue
                examples.append(builder.answerable(row, source))
                if builder.rng.random() < source.negatives:
                    examples.append(builder.negative(row, source))
            digest = hashlib.sha256(source.path.read_bytes()).hexdigest()
            files.append({"file": source.path.name, "sha256": digest, "rows": len(rows), "rows_used": len(chosen)})
            print(f"{source.path.name}: {len(chosen)} rows taken, {len(examples)} examples so far", flush=True)
    examples = [example for example in examples if example]
    examples += table_examples(tables, seed)
    examples += line_examples(lines, seed)
    examples += prose_examples(prose, seed)
    for folder, times in written:
        examples += written_examples(folder, times, seed, elsewhere)
    random.Random(seed).shuffle(examples)
    for example in examples:
        answered = example["start"] >= 0
        if answered and not example["passage"][example["start"] : example["end"]].strip():
            sys.exit(f"example {example['id']} has an empty answer: a bug in the builder")
    return examples, files


def _folder_and_times(text: str) -> tuple[Path, int]:
    folder, _, times = text.rpartition("=")
    if not Path(folder).is_dir() or not times.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not FOLDER=TIMES with a folder of written texts")
    return Path(folder), int(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--file",
        action="append",
        required=True,
        type=parse_source,
        dest="sources",
        help="PATH[,share=1][,negatives=0.6][,titled=0.7][,kinds=swapped+removed]; give it once a file",
    )
    parser.add_argument("--out", required=True, type=Path, help="where the examples go (.jsonl or .jsonl.gz)")
    parser.add_argument("--tables", type=int, default=3000, help="synthetic table rows to add")
    parser.add_argument("--lines", type=int, default=8000, help="synthetic list lines, timelines and infoboxes to add")
    parser.add_argument("--prose", type=int, default=8000, help="synthetic paragraphs of several facts to add")
    parser.add_argument(
        "--written",
        type=_folder_and_times,
        action="append",
        default=[],
        metavar="FOLDER=TIMES",
        help="a folder of written texts, and how often to take each of their questions",
    )
    parser.add_argument(
        "--elsewhere", type=float, default=0, help="the share of those with an answer to ask of another text as well"
    )
    parser.add_argument(
        "--wordnet", type=Path, help="the folder of WordNet's database files, for questions in other words"
    )
    parser.add_argument("--other-words", type=float, default=0.45, help="the share of questions asked in other words")
    parser.add_argument("--max-pieces", type=int, default=256, help="question and passage together, in word pieces")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    examples, files = build(
        options.sources,
        options.tables,
        options.lines,
        options.prose,
        options.written,
        options.elsewhere,
        options.max_pieces,
        options.seed,
        options.wordnet,
        options.other_words,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if options.out.suffix == ".gz" else open
    with opener(options.out, "wt", encoding="utf-8") as out:
        for example in examples:
            out.write(json.dumps(example, ensure_ascii=False) + "\n")
    kinds = Counter(example["kind"] for example in examples)
    unanswered = sum(example["start"] < 0 for example in examples)
    summary = {
        "examples": len(examples),
        "no_answer": unanswered,
        "kinds": dict(kinds.most_common()),
        "files": files,
        "tables": options.tables,
        "lines": options.lines,
        "prose": options.prose,
        "written": {folder.name: times for folder, times in options.written},
        "elsewhere": options.elsewhere,
        "other_words": options.other_words if options.wordnet else 0,
        "max_pieces": options.max_pieces,
        "seed": options.seed,
    }
    options.out.with_name(options.out.name.split(".")[0] + ".summary.json").write_text(
        json.dumps(summary, indent=2) + "\n"
    )
    print(json.dumps(summary, indent=2))


if __name__ == "__main__":
    main()
