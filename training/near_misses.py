"""Near-miss questions: an answerable question changed so that its passage no longer answers it.

Each maker returns the changed question, or None where it finds nothing safe to change. A changed question is
only worth something if it still looks answerable, so what is swapped in always comes from the same article, or is a
close relative of the word that it replaces.
"""

import random
import re

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"


def _any_of(words: str) -> str:
    return r"\b(?:" + "|".join(words.split()) + ")"


# Ordered: what an earlier kind matches is not looked at again by a later one.
KINDS: dict[str, re.Pattern[str]] = {
    "month": re.compile(_any_of(_MONTHS) + r"\b"),
    "day": re.compile(_any_of(_DAYS) + r"\b"),
    "ordinal": re.compile(rf"{_any_of(_ORDINALS)}\b|\b\d{{1,3}}(?:st|nd|rd|th)\b", re.IGNORECASE),
    "year": re.compile(r"\b(?:1\d{3}|20\d{2})s?\b"),
    "number": re.compile(rf"{_any_of(_NUMBER_WORDS)}\b|\b\d+(?:,\d{{3}})*(?:\.\d+)?\b(?!s)", re.IGNORECASE),
}
_NAME = re.compile(r"\b[A-Z][\w'’.-]*[\w](?:\s+(?:(?:of|the|de|van|von|and)\s+)?[A-Z][\w'’-]*\w)*", re.UNICODE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n+")
_WORD = re.compile(r"\w+(?:['’]\w+)?")

_STOP_WORDS = """
    a an and are as at be been being but by can could did do does for from had has have he her his how i if in
    into is it its many me much my of on or our she so some such than that the their them then there these they
    this those to too us was we were what when where which who whom whose why will with would you your about all
    also any because both each other same while although though however since according despite upon s t
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())

_OPPOSITES = """
    first/last before/after largest/smallest biggest/smallest larger/smaller bigger/smaller most/least more/fewer
    highest/lowest higher/lower north/south east/west northern/southern eastern/western increase/decrease
    increased/decreased increases/decreases increasing/decreasing early/late earlier/later earliest/latest
    begin/end began/ended start/finish started/stopped beginning/end oldest/youngest older/younger old/new
    win/lose won/lost winner/loser above/below inside/outside internal/external maximum/minimum major/minor
    public/private male/female men/women man/woman father/mother son/daughter husband/wife brother/sister
    king/queen best/worst better/worse good/bad long/short longest/shortest longer/shorter strong/weak
    strongest/weakest high/low rich/poor fast/slow fastest/slowest hot/cold warm/cool wet/dry open/closed
    opened/closed join/leave joined/left accept/reject accepted/rejected allow/forbid allowed/forbidden
    support/oppose supported/opposed gain/lose gained/lost buy/sell bought/sold import/export create/destroy
    created/destroyed build/demolish built/demolished add/remove added/removed positive/negative legal/illegal
    common/rare possible/impossible successful/unsuccessful majority/minority always/never upper/lower left/right
    front/rear ancient/modern urban/rural former/future arrive/depart arrived/departed enter/exit rise/fall
    rose/fell raise/lower include/exclude included/excluded winter/summer day/night birth/death born/buried
    attack/defend attacked/defended victory/defeat expand/shrink expanded/shrank heavy/light heavier/lighter
    heaviest/lightest thick/thin wide/narrow deep/shallow safe/dangerous easy/difficult true/false single/multiple
    temporary/permanent formal/informal direct/indirect national/foreign domestic/foreign similar/different
    agree/disagree agreed/disagreed love/hate loved/hated like/dislike help/hinder advantage/disadvantage
    strength/weakness appear/disappear encourage/discourage win/lose friend/enemy
"""
OPPOSITE: dict[str, str] = {}
for _pair in _OPPOSITES.split():
    _one, _other = _pair.split("/")
    OPPOSITE.setdefault(_one, _other)
    OPPOSITE.setdefault(_other, _one)

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|has|have|had|does|do|did)\b(?!n't)", re.IGNORECASE
)
_CONTRACTED = {"can": "can't", "will": "won't"}


def sentences(text: str) -> list[tuple[int, int]]:
    """Sentence offsets of `text`, half-open, in order, without the white space between them."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        found.append((start, match.start() + len(match.group().rstrip())))
        start = match.end()
    found.append((start, len(text)))
    return [(a, b) for a, b in found if text[a:b].strip()]


def folded(text: str) -> str:
    """`text` as space-separated lower-case words with a space at both ends, for whole-word containment tests."""
    return " " + " ".join(_WORD.findall(text.lower())) + " "


def mentions(text: str) -> dict[str, list[str]]:
    """Names, years, numbers and so on in `text`, by kind, each once; sentence-initial single words are left out."""
    found: dict[str, list[str]] = {}
    for kind, pattern in KINDS.items():
        found[kind] = list(dict.fromkeys(pattern.findall(text)))
    starts = {a for a, _ in sentences(text)}
    names = []
    for match in _NAME.finditer(text):
        name = match.group()
        lone_opener = match.start() in starts and " " not in name
        if lone_opener or name.lower() in STOP_WORDS or name in _MONTHS.split() or name in _DAYS.split():
            continue
        first, _, rest = name.partition(" ")
        names.append(rest if first.lower() in STOP_WORDS and rest and rest[0].isupper() else name)
    found["name"] = list(dict.fromkeys(names))
    return found


def swap_mention(question: str, answer_sentence: str, near: str, far: str, rng: random.Random) -> str | None:
    """`question` with one name, number, date or ordinal swapped for another of its kind.

    The other comes from `near` (the passage) or `far` (the rest of its article), never from the answer's own sentence.
    """
    pools = [mentions(far), mentions(near)]
    if rng.random() < 0.4:
        pools.reverse()
    hooks = [(kind, match) for kind in KINDS for match in KINDS[kind].findall(question)]
    lowered = question.lower()
    known = {name for pool in pools for name in pool["name"] if len(name) > 2}
    names = [n for n in known if re.search(r"\b" + re.escape(n.lower()) + r"\b", lowered)]
    names = [n for n in names if not any(n != m and n.lower() in m.lower() for m in names)]
    hooks += [("name", name) for name in sorted(names)]
    rng.shuffle(hooks)
    taken = folded(answer_sentence) + folded(question)
    for kind, old in hooks:
        for pool in pools:
            options = [
                new
                for new in pool[kind]
                if folded(new) not in taken
                and folded(old).strip() not in folded(new)
                and (kind != "name" or new[:5].lower() != old[:5].lower())
                and len(new) < 40
            ]
            if kind == "name":
                alike = [new for new in options if new.count(" ") == old.count(" ")]
                options = alike or options
            if not options:
                continue
            new = rng.choice(options)
            if question == lowered:
                new = new.lower()
            pattern = re.compile(r"\b" + re.escape(old) + r"(?!\w)", re.IGNORECASE)
            changed = pattern.sub(lambda _: new, question, count=1)  # noqa: B023 - called at once
            if changed != question:
                return changed
    return None


def swap_opposite(question: str, rng: random.Random) -> str | None:
    """`question` with one word turned into its opposite."""
    hooks = [m for m in _WORD.finditer(question) if m.group().lower() in OPPOSITE]
    # "how long", "how many more" and the like ask for a measure: the opposite asks for the same one.
    hooks = [m for m in hooks if not re.search(r"\bhow\s+$", question[: m.start()], re.IGNORECASE)]
    if not hooks:
        return None
    hook = rng.choice(hooks)
    new = OPPOSITE[hook.group().lower()]
    new = new.capitalize() if hook.group()[0].isupper() else new
    return question[: hook.start()] + new + question[hook.end() :]


def negate(question: str, rng: random.Random) -> str | None:
    """`question` with its first auxiliary negated."""
    match = _AUXILIARY.search(question)
    if match is None:
        return None
    word = match.group()
    how = rng.choice(["not", "never", "n't"])
    if how == "n't" or word.lower() in ("do", "does", "did", "have", "has", "had"):
        new = _CONTRACTED.get(word.lower(), word + "n't")
    else:
        new = f"{word} {how}"
    return question[: match.start()] + new + question[match.end() :]


def swap_word(question: str, answer_sentence: str, relatives: dict[str, list[str]], rng: random.Random) -> str | None:
    """`question` with one plain word swapped for a relative of it (`relatives`: word to words of its kind)."""
    sentence_words = folded(answer_sentence)
    hooks = [
        m
        for m in _WORD.finditer(question)
        if m.group().islower() and m.group() in relatives and f" {m.group()} " in sentence_words
    ]
    rng.shuffle(hooks)
    for hook in hooks:
        options = [w for w in relatives[hook.group()] if f" {w} " not in sentence_words]
        if options:
            return question[: hook.start()] + rng.choice(options) + question[hook.end() :]
    return None
