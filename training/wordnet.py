"""Words that mean the same, are of the same kind, or are made from one another, from WordNet's database files.

The files (`data.noun`, `data.verb`, `data.adj`, `cntlist.rev`, `noun.exc`, `verb.exc`) are those of WordNet 3.0, as
Debian's package `wordnet-base` installs them to /usr/share/wordnet. Only senses that a word is mostly used in are
taken: how often each was met in a tagged corpus stands in `cntlist.rev`.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_PARTS = {"noun": 1, "verb": 2, "adj": 3}
_PERSON, _ACT, _EVENT = 18, 4, 11  # WordNet's lexicographer files
_UNCHANGED = frozenset("set put cut hit let shut cost hurt burst cast spread read bid split quit beat".split())


@dataclass(slots=True)
class Synset:
    part: str
    topic: int
    words: list[str]
    counts: list[int]
    kinds: list[str] = field(default_factory=list)  # keys of the hypernyms
    examples: list[str] = field(default_factory=list)  # keys of the hyponyms
    opposites: list[tuple[int, str, int]] = field(default_factory=list)  # (own word, key, its word), from 0
    derived: list[tuple[int, str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Form:
    """A word as it stands in a text: what it is a form of, and which."""

    lemma: str
    part: str
    kind: str  # base, s, past or ing; for nouns base or s


class WordNet:
    def __init__(self, folder: Path) -> None:
        counts: dict[str, int] = {}
        for line in (folder / "cntlist.rev").read_text("utf-8").splitlines():
            key, _, count = line.split()
            counts[key] = int(count)
        self.synsets: dict[str, Synset] = {}
        self.senses: dict[str, list[tuple[str, int, int]]] = defaultdict(list)  # word: (key, place, count)
        for part, number in _PARTS.items():
            for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
                if line[:1] != " ":
                    self._read(line.split(" | ")[0].split(), part, number, counts)
        self._irregular = {part: _exceptions(folder / f"{part}.exc") for part in ("noun", "verb")}

    def _read(self, columns: list[str], part: str, number: int, counts: dict[str, int]) -> None:
        key, size = f"{part}{columns[0]}", int(columns[3], 16)
        names = columns[4 : 4 + 2 * size : 2]
        numbers = [int(n, 16) for n in columns[5 : 5 + 2 * size : 2]]
        words = [re.sub(r"\(\w+\)$", "", name).replace("_", " ") for name in names]
        found = [
            counts.get(f"{name.lower()}%{number}:{columns[1]}:{n:02d}::", 0)
            for name, n in zip(names, numbers, strict=True)
        ]
        synset = Synset(part, int(columns[1]), words, found)
        at = 4 + 2 * size
        for place in range(at + 1, at + 1 + 4 * int(columns[at]), 4):
            sign, other, other_part, words_of = columns[place : place + 4]
            target = {"n": "noun", "v": "verb", "a": "adj", "s": "adj"}.get(other_part)
            if target is None:
                continue
            target += other
            pair = (int(words_of[:2], 16) - 1, target, int(words_of[2:], 16) - 1)
            if sign in ("@", "@i"):
                synset.kinds.append(target)
            elif sign == "~":
                synset.examples.append(target)
            elif sign == "!":
                synset.opposites.append(pair)
            elif sign == "+":
                synset.derived.append(pair)
        self.synsets[key] = synset
        for place, (word, count) in enumerate(zip(words, found, strict=True)):
            self.senses[word].append((key, place, count))

    def usual(self, lemma: str, part: str, share: float = 0.5) -> tuple[str, int] | None:
        """(synset, place of the word in it) that `lemma` mostly stands for as that part of speech, or None."""
        senses = [s for s in self.senses.get(lemma, ()) if s[0].startswith(part)]
        total = sum(count for *_, count in senses)
        key, place, count = max(senses, key=lambda sense: sense[2], default=("", 0, 0))
        return (key, place) if count >= 2 and count >= share * total else None

    def synonyms(self, lemma: str, part: str) -> list[str]:
        """Other words for what `lemma` mostly means, where that is a common meaning of theirs too; or its kind."""
        usual = self.usual(lemma, part)
        if usual is None:
            return []
        synset = self.synsets[usual[0]]
        counted = zip(synset.words, synset.counts, strict=True)
        found = [word for word, count in counted if count >= 1 and self._means(word, part, usual[0])]
        if part == "noun" and synset.topic not in (3, 9):
            for kind in synset.kinds[:1]:
                above = self.synsets[kind]
                if above.counts[0] >= 3 and len(above.examples) < 30:
                    found.append(above.words[0])
        return [w for w in found if w != lemma and w.islower() and lemma not in w.split() and re.search("[aeiou]", w)]

    def siblings(self, lemma: str, part: str) -> list[str]:
        """Opposites of `lemma` and words of the same kind that mean something else."""
        usual = self.usual(lemma, part)
        if usual is None:
            return []
        synset = self.synsets[usual[0]]
        found = [self.synsets[key].words[other] for own, key, other in synset.opposites if own == usual[1]]
        for kind in synset.kinds:
            for key in self.synsets[kind].examples:
                other = self.synsets[key]
                if key != usual[0] and other.counts[0] >= 2 and self._means(other.words[0], part, key, 0.5):
                    found.append(other.words[0])
        same = set(synset.words) | set(self.synonyms(lemma, part))
        return [word for word in found if word not in same and word.islower()]

    def made_from(self, verb: str, topics: tuple[int, ...]) -> list[str]:
        """Nouns made from `verb` that are of one of these topics: "director" of "direct" for persons."""
        usual = self.usual(verb, "verb", 0.3)
        if usual is None:
            return []
        pairs = [(key, other) for own, key, other in self.synsets[usual[0]].derived if own == usual[1]]
        nouns = [(self.synsets[key], other) for key, other in pairs if key.startswith("noun")]
        return [s.words[other] for s, other in nouns if s.topic in topics and s.words[other].islower()]

    def doers(self, verb: str) -> list[str]:
        return [word for word in self.made_from(verb, (_PERSON,)) if word.endswith(("er", "or", "ist"))]

    def doings(self, verb: str) -> list[str]:
        return [word for word in self.made_from(verb, (_ACT, _EVENT)) if not word.endswith(("er", "or"))]

    def _means(self, word: str, part: str, key: str, share: float = 0.25) -> bool:
        senses = [s for s in self.senses.get(word, ()) if s[0].startswith(part)]
        total = sum(count for *_, count in senses)
        return total > 0 and sum(count for k, _, count in senses if k == key) >= share * total

    def form_of(self, word: str) -> Form | None:
        """What `word` is a form of, where it is clearly a noun, a verb or an adjective."""
        forms = [form for form in self._forms(word) if self.senses.get(form.lemma)]
        weights = {form: self._count(form) for form in forms}
        best = max(weights, key=lambda form: weights[form], default=None)
        return best if best and weights[best] >= 3 and weights[best] >= 0.7 * sum(weights.values()) else None

    def _count(self, form: Form) -> int:
        return sum(count for key, _, count in self.senses[form.lemma] if key.startswith(form.part))

    def _forms(self, word: str) -> list[Form]:
        forms = {Form(word, part, "base") for part in _PARTS}
        for part in ("noun", "verb"):
            for lemma in self._irregular[part].get(word, ()):
                forms.add(Form(lemma, part, "s" if part == "noun" else "ing" if word.endswith("ing") else "past"))
        for ending, kinds in (("s", "s"), ("ed", "past"), ("ing", "ing")):
            if word.endswith(ending) and len(word) > len(ending) + 2:
                stem = word[: -len(ending)]
                lemmas = {stem, stem + "e", stem.removesuffix("e"), re.sub(r"ie?$", "y", stem)}
                for lemma in lemmas:
                    for part in ("noun", "verb") if kinds == "s" else ("verb",):
                        if self.inflected(Form(lemma, part, kinds)) == word:
                            forms.add(Form(lemma, part, kinds))
        return sorted((f for f in forms), key=lambda f: (f.lemma, f.part, f.kind))

    def inflected(self, form: Form) -> str | None:
        """The word in that form; None where its past and its participle differ, since a text must choose."""
        head, _, rest = form.lemma.partition(" ") if form.part == "verb" else ("", "", "")
        if rest:
            made = self.inflected(Form(head, "verb", form.kind))
            return made and f"{made} {rest}"
        word = form.lemma
        if form.kind == "base":
            return word
        irregular = self._of_lemma.get((form.part, word), [])
        if form.part == "noun" and irregular:
            return irregular[0]
        if form.kind == "past" and word in _UNCHANGED:
            return word
        if form.part == "verb" and form.kind != "s":
            fitting = [w for w in irregular if w.endswith("ing") == (form.kind == "ing")]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
        if form.kind == "s":
            if re.search(r"[^aeiou]y$", word):
                return word[:-1] + "ies"
            return word + ("es" if re.search(r"(?:s|x|z|ch|sh)$", word) else "s")
        if form.kind == "past":
            if word.endswith("e"):
                return word + "d"
            return word[:-1] + "ied" if re.search(r"[^aeiou]y$", word) else word + "ed"
        return (word[:-1] if re.search(r"[^eoy]e$", word) else word) + "ing"

    @cached_property
    def _of_lemma(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for part, exceptions in self._irregular.items():
            for word, lemmas in exceptions.items():
                for lemma in lemmas:
                    found[part, lemma].append(word)
        return found


def _exceptions(path: Path) -> dict[str, list[str]]:
    lines = (line.replace("_", " ").split() for line in path.read_text("utf-8").splitlines())
    return {word: lemmas for word, *lemmas in lines}
