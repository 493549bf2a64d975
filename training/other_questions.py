"""Near misses of other questions: another side of a fact, another thing of the text, another text's question.

`near_misses` changes a word of a question so that its passage no longer answers it. Here the passage speaks of the
very thing that is asked about, and what is asked for is not said: who did it where only the day is told, the
secretary of the museum where there is one of the hall, the price of a bridge whose length alone is given.
"""

import random
import re
from collections import defaultdict
from dataclasses import dataclass

from near_misses import KINDS, STOP_WORDS, folded, mentions, sentences
from wordnet import WordNet

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_DATED = re.compile(
    rf"{KINDS['month'].pattern}|{KINDS['day'].pattern}|\d{{3}}|\b(?:century|decade|ago|until|since|before|after|during"
    r"|while|when|year|month|week|day|today|now|morning|evening|night|spring|summer|autumn|winter)s?\b",
    re.IGNORECASE,
)
_CAUSED = re.compile(
    r"\b(?:because|since|due|owing|thanks|so|order|result|reason|purpose|aim|as|for|after|when|led|lead|leading|out"
    r"|following|if|that|cause[sd]?|causing|through|why|wanted|need(?:ed)?)\b|\bto (?!the |an? |[A-Z\d])|ing\b",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r"\b(?:at|on|near|from|into|outside|inside|across|through|within|around|between|over|under|to|off|along|where|home"
    r"|abroad|here|there)\b|\bin (?!\d)",
    re.IGNORECASE,
)
_DONE_BY = re.compile(r"\b(?:by|he|she|they|who|his|her|their|we|I)\b")
_AUXILIARIES = "did|was|were|is|are|does|do"
# What is asked for, how it is asked, and what a text would have to have for it to be told.
_SIDES = [("When", _DATED), ("Why", _CAUSED), ("Where", _PLACED)]
# How a measure is asked for, and the words that tell it.
_MEASURES = [
    ("wide", r"wide|width|broad|across|diameter"),
    ("deep", r"deep|depth"),
    ("heavy", r"weigh\w*|heavy|kg|kilo\w*|tons?|tonnes?|pounds?|lbs?"),
    ("old", r"old|aged?|born|built|founded|since|years?|\d{4}"),
    ("tall", r"tall|high|height|feet|foot|met(?:re|er)s?|m|ft"),
    ("long", r"long|length|last\w*|hours?|minutes?|days?|weeks?|months?|years?|km|miles?|feet|met(?:re|er)s?|m|ft"),
    ("fast", r"fast|speeds?|mph|per hour|km/h|knots?"),
    ("expensive", r"costs?|prices?|expensive|worth|sold|paid|pay|fees?|dollars?|pounds?|euros?"),
    ("far", r"far|distance|km|kilomet\w+|miles?|met(?:re|er)s?|feet|light-years?"),
]
_MONEY = re.compile(r"[$£€]")
# WordNet's topics whose nouns stand for a thing one can name: animals, made things, food, groups, places, persons.
_THINGS = (5, 6, 13, 14, 15, 18)


def other_side(question: str, start: int, end: int, context: str, wordnet: WordNet, rng: random.Random) -> str | None:
    """`question` asking for another side of what it asks about, one that the text around its answer does not tell."""
    around = _around(context, start, end)
    options = []
    match = re.match(rf"^(When|Where|Why|How|(?:In|On) (?:what|which) \w+|What year) ({_AUXILIARIES}) (.+)$", question)
    if match:
        head = "When" if "year" in match[1] or "date" in match[1] or "month" in match[1] else match[1]
        options += [f"{new} {match[2]} {match[3]}" for new, told in _SIDES if new != head and not told.search(around)]
    match = re.match(
        r"^(?:When|Where|Why|In what year) (was|were) (.+?) (\w+)(| (?:in|on|for|at|to|from) .+)\?$", question
    )
    if match and _is_deed(match[3], wordnet) and not _DONE_BY.search(around) and not _new_names(around, question):
        options += [f"Who {match[3]} {match[2]}{match[4]}?", f"By whom {match[1]} {match[2]} {match[3]}{match[4]}?"]
    match = re.match(r"^Who (\w+) ((?:the |an? |[A-Z])[^,]{2,40})\?$", question)
    if match and _is_deed(match[1], wordnet) and not re.search(r" (?:in|on|at|to|by) ", match[2]):
        options += [f"{new} was {match[2]} {match[1]}?" for new, told in _SIDES if not told.search(around)]
    match = re.match(r"^How (\w+) (is|was|are|were|did|does|do) (.+)$", question)
    if match and match[1] in dict(_MEASURES):
        for measure, told in _MEASURES:
            if measure != match[1] and match[2] in ("is", "was", "are", "were"):
                told_anywhere = re.search(rf"\b(?:{told})\b", context, re.IGNORECASE)
                if not told_anywhere and not (measure == "expensive" and _MONEY.search(context)):
                    options.append(f"How {measure} {match[2]} {match[3]}")
    return rng.choice(options) if options else None


def _is_deed(word: str, wordnet: WordNet) -> bool:
    form = wordnet.form_of(word)
    return form is not None and form.part == "verb" and form.kind == "past"


def other_thing(question: str, sentence: str, context: str, wordnet: WordNet, rng: random.Random) -> str | None:
    """`question` about another thing of its kind that the passage names, though not where the answer stands."""
    said = set(folded(sentence).split()) | set(folded(question).split())
    named = set(re.findall(r"\b[Tt]he (?:[a-z]+ )?([a-z]{4,})\b", context)) - said
    kinds = {noun: kind for noun in sorted(named) if (kind := _kind(noun, wordnet))}
    # A noun that ends its phrase: in "the soviet union" and "the dog meat recipe" others hang on the first.
    ends = rf"(?= (?:{'|'.join(sorted(STOP_WORDS - {'of'}))})\b|[?,]|$)"
    hooks = list(re.finditer(rf"\b(?:the|an?|its|their|his|her) (?:[a-z]+ )?([a-z]{{4,}}){ends}", question))
    rng.shuffle(hooks)
    for hook in hooks:
        kind = _kind(hook[1], wordnet)
        if kind is None:
            continue
        fitting = [n for n, other in kinds.items() if other[:2] == kind[:2] and not other[2] & kind[2]]
        if fitting:
            new = rng.choice(fitting)
            before = re.sub(r"\ban? $", "an " if new[0] in "aeiou" else "a ", question[: hook.start(1)])
            return before + new + question[hook.end() :]
    return None


def _kind(noun: str, wordnet: WordNet) -> tuple[int, bool, frozenset[str]] | None:
    """(topic, is plural, its synset with those above it) of a noun that stands for a thing, or None."""
    form = wordnet.form_of(noun)
    if form is None or form.part != "noun":
        return None
    usual = wordnet.usual(form.lemma, "noun", 0.4)
    if usual is None or wordnet.synsets[usual[0]].topic not in _THINGS:
        return None
    kinds = wordnet.synsets[usual[0]].kinds
    return wordnet.synsets[usual[0]].topic, form.kind == "s", frozenset([usual[0], *kinds])


@dataclass(frozen=True, slots=True)
class Template:
    """A question with a gap where it names its subject, and the words that a text which answers it would have."""

    before: str
    after: str
    words: frozenset[str]
    title: str


class Bank:
    """Real questions about persons, places and things, to be asked of others whose text says nothing of the kind."""

    def __init__(self, wordnet: WordNet, rows: list[dict]) -> None:
        self.wordnet = wordnet
        self.persons: set[str] = set()
        self.places: set[str] = set()
        for row in rows:
            asks = _asked_for(row["question"])
            known = {"person": self.persons, "place": self.places}.get(asks or "")
            if known is not None:
                known.update(answer["text"] for answer in row["answers"] if answer["text"][:1].isupper())
        self.templates: dict[tuple, list[Template]] = defaultdict(list)
        for row in rows:
            self._add(row["question"], row["context"], row["title"])

    def _add(self, question: str, context: str, title: str) -> None:
        asks, subjects = _asked_for(question), self._subjects(question, context)
        if len(subjects) != 1 or not asks or any(KINDS[kind].search(question) for kind in ("year", "number", "month")):
            return
        (subject, kind), *_ = subjects.items()
        before, _, after = question.partition(subject)
        words = frozenset(w.lower() for w in _WORD.findall(before + " " + after) if w.lower() not in STOP_WORDS)
        plain = question != question.lower() and not re.search(r"[A-Z]", before[1:] + after)
        if words and plain and len(question) < 90:
            self.templates[(kind, asks)].append(Template(before, after, words, title))

    def _subjects(self, question: str, context: str) -> dict[str, tuple]:
        """Persons, places and things that `context` names and `question` too (all of them for ""), with their kinds."""
        found: dict[str, tuple] = {}
        for name in mentions(context)["name"]:
            if 3 < len(name) < 40 and (not question or question.count(name) == 1):
                found[name] = ("person",) if name in self.persons else ("place",) if name in self.places else ()
        for noun in re.findall(r"\b[Tt]he ([a-z]{4,})\b(?! of\b)", context):
            kind = _kind(noun, self.wordnet)
            if kind and (not question or question.count(f"the {noun}") == 1):
                found[f"the {noun}"] = kind[:2]
        return {subject: kind for subject, kind in found.items() if kind}

    def ask(self, context: str, title: str, rng: random.Random) -> str | None:
        """A question on something named in `context`, which has things of the kind asked for and not this; or None."""
        subjects = list(self._subjects("", context).items())
        taken = {word[:5] for word in folded(context).split()}
        for _ in range(6):
            if not subjects:
                return None
            subject, kind = rng.choice(subjects)
            fitting = [key for key in sorted(self.templates, key=str) if key[0] == kind and _has(key[1], context)]
            if not fitting:
                continue
            sizes = [len(self.templates[key]) for key in fitting]
            template = rng.choice(self.templates[rng.choices(fitting, sizes)[0]])
            if template.title != title and not self._told(template.words, taken):
                return template.before + subject + template.after
        return None

    def _told(self, words: frozenset[str], taken: set[str]) -> bool:
        """True where a third of the words, or words that mean the same, stand in the text."""
        found = 0
        for word in words:
            form = self.wordnet.form_of(word)
            same = [word] + (self.wordnet.synonyms(form.lemma, form.part) if form else [])
            found += any(w[:5] in taken for w in same)
        return found > 0.34 * len(words)


def _asked_for(question: str) -> str | None:
    lowered = question.lower()
    for asks, pattern in (
        ("person", r"^(?:who|whom|whose|by whom)\b"),
        ("date", r"^(?:when|what year|in what year|in which year|what date|on what date)\b"),
        ("number", r"^how (?:many|much|long|old|far|tall|high|large|big|deep)\b|^what (?:percentage|number)\b"),
        ("place", r"^(?:where|in (?:what|which) (?:city|country|town|state|place))\b"),
        ("reason", r"^why\b"),
        ("other", r"^(?:what|which)\b"),
    ):
        if re.search(pattern, lowered):
            return asks
    return None


def _has(asks: str, context: str) -> bool:
    """True where the text has things of the kind asked for, so that not saying which is a near miss."""
    if asks == "person":
        return any(" " in name for name in mentions(context)["name"])
    if asks == "date":
        return bool(KINDS["year"].search(context) or KINDS["month"].search(context))
    if asks == "number":
        return bool(KINDS["number"].search(context))
    if asks == "place":
        return bool(re.search(r"\b(?:in|at|near|from) [A-Z]", context))
    return asks != "reason" or not re.search(r"\b(?:because|since|due to|owing)\b", context)


def _around(context: str, start: int, end: int) -> str:
    """The answer's sentence without the answer, with the sentences beside it."""
    spans = sentences(context)
    touched = [i for i, (a, b) in enumerate(spans) if a < end and b > start] or [0]
    a, b = spans[max(0, touched[0] - 1)][0], spans[min(len(spans) - 1, touched[-1] + 1)][1]
    return context[a:start] + " ... " + context[end : max(b, end)]


def _new_names(text: str, question: str) -> list[str]:
    return [name for name in mentions(text)["name"] if folded(name) not in folded(question)]
