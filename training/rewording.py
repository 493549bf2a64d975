"""Questions in other words: the same thing asked with synonyms and other turns of phrase, or a near miss of its kind.

Question answering data mostly asks in the words of its text; people do not. `reworded` keeps what a question asks and
changes how; `estranged` changes one word into another of the same kind, so that the text no longer answers.
"""

import random
import re

from near_misses import STOP_WORDS, folded
from wordnet import Form, WordNet

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_YEAR = re.compile(r"(?:1\d|20)\d\d")

# (pattern, what may stand instead; \1 is the first group). All keep the rest of the question as it is.
_TURNS = [
    (r"^(?:In|On|At|During) (?:what|which) (?:year|date|day|month|time) (.+)$", [r"When \1"]),
    (r"^(?:What|Which) year (did|was|were|is|do|does) (.+)$", [r"When \1 \2"]),
    (r"^Why (did|does|do|was|were|is|are) (.+)$", [r"For what reason \1 \2", r"What is the reason why \1 \2"]),
    (r"^What (?:is|was) the reason (?:that|why|for) (.+)$", [r"Why \1", r"Reason for \1"]),
    (r"^Where (did|does|do|was|were|is|are) (.+)$", [r"In what place \1 \2", r"At which place \1 \2"]),
    (r"^In (?:what|which) (?:place|city|country|town|state|location) (.+)$", [r"Where \1"]),
    (r"^How many (\w+) (are|were) there (.+)$", [r"What \2 the number of \1 \3", r"number of \1 \3"]),
    (r"^How many (\w+) (.+)$", [r"What number of \1 \2", r"The number of \1 that \2 is?"]),
    (r"^How much (\w+) (.+)$", [r"What amount of \1 \2"]),
    (r"^What (?:is|was) the (?:name|title) of (.+)$", [r"What is \1 called?", r"name \1", r"How is \1 named?"]),
    (r"^What (\w+) (did|does|do|was|were|is|are) (.+)$", [r"Which \1 \2 \3"]),
    (r"^Which (\w+) (did|does|do|was|were|is|are) (.+)$", [r"What \1 \2 \3"]),
    (r"^Who (is|was) the (\w+) of (.+?)\?$", [r"Who is \3's \2?", r"\3's \2", r"Name the \2 of \3.", r"\2 of \3"]),
    (r"^What (is|was) the (\w+) of (.+?)\?$", [r"What \1 \3's \2?", r"\3's \2", r"Give the \2 of \3."]),
    (r"^What (is|are|was|were) (?!.*(?:ed|en)\b)(.+?)\?$", [r"Tell me what \2 \1", r"Can you tell me what \2 \1?"]),
    (r"^Who (\w+ed) (.+?)\?$", [r"\2 was \1 by whom?", r"By whom was \2 \1?", r"Which person \1 \2?"]),
    (r"^(?:When|Where|Why|Who|What|How|Which) .+$", [r"Do you know: \g<0>", r"Please tell me: \g<0>", r"\g<0>"]),
]


def reworded(question: str, sentence: str, wordnet: WordNet, rng: random.Random) -> str:
    """`question` asked otherwise; words that it shares with `sentence`, where its answer stands, give way first."""
    if rng.random() < 0.35:
        question = _nominal(question, wordnet, rng) or question
    if rng.random() < 0.45:
        question = _turned(question, rng)
    shared = set(folded(sentence).split())

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if not _is_plain(word) or rng.random() > (0.75 if word in shared else 0.3):
            return word
        return _instead(word, wordnet.synonyms, wordnet, rng, set()) or word

    return _WORD.sub(other, question)


def estranged(question: str, sentence: str, context: str, wordnet: WordNet, rng: random.Random) -> str | None:
    """`question` with a word that it shares with its answer's sentence turned into another of its kind, or None."""
    shared, taken = set(folded(sentence).split()), set(folded(context).split())
    hooks = [m for m in _WORD.finditer(question) if _is_plain(m.group()) and m.group() in shared]
    rng.shuffle(hooks)
    for hook in hooks:
        new = _instead(hook.group(), wordnet.siblings, wordnet, rng, taken)
        if new:
            return question[: hook.start()] + new + question[hook.end() :]
    return None


def _is_plain(word: str) -> bool:
    return word.islower() and word.isalpha() and len(word) > 3 and word not in STOP_WORDS


def _instead(word: str, options, wordnet: WordNet, rng: random.Random, taken: set[str]) -> str | None:
    form = wordnet.form_of(word)
    if form is None:
        return None
    lemmas = [lemma for lemma in options(form.lemma, form.part) if not taken & set(lemma.split())]
    made = [wordnet.inflected(Form(lemma, form.part, form.kind)) for lemma in lemmas]
    fitting = [new for new in made if new and not taken & set(new.split())]
    return rng.choice(fitting) if fitting else None


def _turned(question: str, rng: random.Random) -> str:
    for pattern, instead in _TURNS:
        if re.match(pattern, question):
            changed = re.sub(pattern, rng.choice(instead), question)
            return re.sub(r"\?+$", "?", changed)
    return question


def _nominal(question: str, wordnet: WordNet, rng: random.Random) -> str | None:
    """ "Who directed X?" as "Who was the director of X?", "When was X founded?" as "date of the foundation of X"."""
    match = re.match(r"^Who (\w+) (.+?)\?$", question)
    form = match and wordnet.form_of(match[1])
    if match and form and form.part == "verb":
        doers = wordnet.doers(form.lemma)
        if doers:
            doer = rng.choice(doers)
            rest = match[2]
            return rng.choice([f"Who was the {doer} of {rest}?", f"{doer} of {rest}", f"Name the {doer} of {rest}."])
    match = re.match(r"^When was (.+) (\w+)\?$", question)
    form = match and wordnet.form_of(match[2])
    if match and form and form.part == "verb" and form.kind == "past":
        doings = wordnet.doings(form.lemma)
        if doings:
            doing = rng.choice(doings)
            return rng.choice([f"What was the date of the {doing} of {match[1]}?", f"date of {match[1]}'s {doing}"])
    return None


def typed(question: str, rng: random.Random) -> str:
    """`question` as it is, or as people type it: lower case, no question mark, key words only, a slip of the key."""
    draw = rng.random()
    if draw < 0.15:
        question = question.lower()
        return question.rstrip(" ?") if rng.random() < 0.7 else question
    if draw < 0.20:
        words = [w for w in _WORD.findall(question) if w.lower() not in STOP_WORDS]
        return " ".join(words) if len(words) > 1 else question
    if draw < 0.24:
        spots = [i for i in range(1, len(question) - 2) if question[i].isalpha() and question[i + 1].isalpha()]
        if spots:
            i = rng.choice(spots)
            one, two = question[i], question[i + 1]
            question = question[:i] + rng.choice([two + one, one, one + one + two]) + question[i + 2 :]
        return question
    return question.rstrip(" ?") if draw < 0.29 else question
