"""What the rules know of English: names, dates, plurals, past tenses. The word lists are of the language alone."""

from __future__ import annotations

import re

from famqa.terms import FUNCTION_WORDS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?)"
)
_YEAR = r"(?:1[0-9]|20)\d\d"
MONTH = rf"\b{_MONTH}"
"""Pattern of the name of a month, or of its short form."""

DATE = (
    rf"(?:\d{{1,2}} {_MONTH} {_YEAR}|{_MONTH} \d{{1,2}},? {_YEAR}|(?:mid-|early |late )?{_MONTH} {_YEAR}"
    rf"|{_YEAR}-\d\d-\d\d|{_YEAR})"
)
"""Pattern of a date that names its year: "3 May 1990", "May 3, 1990", "May 1990", "1990-05-03", "1990"."""

NAME = (
    r"(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[^\W\d_a-z][\w'’-]*"
    r"(?: (?:[^\W\d_a-z]\.|[^\W\d_a-z][\w'’-]*|van|von|de|der|da|di)){0,3} [^\W\d_a-z][\w'’-]+"
)
"""Pattern of what looks like the name of a person: two words with capitals or more."""
_AGENT = re.compile(
    r"(?:\w*[^\Waeiou]er|\w+(?:tor|ssor|sor|ist|cian|rian|eer|tect|man|woman)"
    r"|chair|head|chief|captain|host|owner|president|student|agent|clerk|cook|judge|nurse|pilot|figure"
    r"|son|daughter|wife|husband|mother|father|king|queen)s?"
)
_NO_AGENT = _words(
    "number order paper letter computer chapter header folder printer server router sensor motor factor sector monitor "
    "connector timer meter filter adapter power tower river cover layer container register water weather winter summer "
    "quarter vector tractor timber rubber copper silver answer corner border shelter list dinner supper center theater "
    "chamber disorder manner danger error mirror diameter parameter buffer charter newsletter remainder matter"
)

_PAST = {
    past: base
    for base, past in sorted(
        pair.split("/")
        for pair in _words(
            "begin/began start/started open/opened close/closed end/ended move/moved die/died retire/retired "
            "appear/appeared arrive/arrived leave/left join/joined premiere/premiered launch/launched "
            "come/came go/went return/returned resume/resumed stop/stopped win/won lose/lost sign/signed "
            "become/became marry/married graduate/graduated merge/merged burn/burned sink/sank fall/fell "
            "rise/rose build/built buy/bought sell/sold found/founded create/created introduce/introduced "
            "replace/replaced publish/published release/released announce/announced adopt/adopted "
            "change/changed take/took make/made write/wrote receive/received finish/finished report/reported "
            "renew/renewed cancel/cancelled record/recorded discover/discovered invent/invented design/designed "
            "follow/followed visit/visited settle/settled collapse/collapsed expire/expired crash/crashed "
            "grow/grew reach/reached lapse/lapsed remove/removed restore/restored bring/brought acquire/acquired"
        )
    )
}
_PARTICIPLES = _words(
    "lit built made born sold held won begun written opened bought found sung sunk drawn cut set put shut known given "
    "taken seen shown driven grown cast hung led met paid sent spent told taught thrown worn broken chosen run lost "
    "left kept laid said brought thought fought redrawn rewritten rebuilt begun spoken stolen sworn"
)
_NOT_PARTICIPLES = _words("need seed feed weed reed deed shed sled speed breed hundred sacred naked indeed")

_OPENERS = _words(
    "it this that these those he she they we you i there here who which what such each every some many most both all "
    "another one others neither either none no nobody everyone everybody someone anyone until since when while after "
    "before during if as although because then now so but and or however also his her their its our my your in on at "
    "by for from to with without over under not just even only later soon shortly once thus therefore still further "
    "nevertheless meanwhile according despite due instead perhaps often sometimes usually initially finally"
)


def is_name(text: str) -> bool:
    """Whether the text looks like the name of a person."""
    return re.fullmatch(NAME, text) is not None


def is_agent(noun: str) -> bool:
    """Whether the last word of a noun phrase names one who does something: "composer", "head keepers"."""
    last = noun.lower().split()[-1] if noun.split() else ""
    return bool(_AGENT.fullmatch(last)) and last not in _NO_AGENT and last.removesuffix("s") not in _NO_AGENT


def is_participle(word: str) -> bool:
    """Whether a word reads as a past participle: "aired", "lit"."""
    low = word.lower()
    return low in _PARTICIPLES or (low.endswith("ed") and len(low) > 3 and low not in _NOT_PARTICIPLES)


def base_of_past(word: str) -> str:
    """Base form of a past tense, "" for a word that is not known: "began" gives "begin"."""
    return _PAST.get(word.lower(), "")


PAST_TENSES = tuple(_PAST)
"""The past tenses that `base_of_past` knows."""


def is_date(text: str) -> bool:
    return re.fullmatch(DATE, text) is not None


def is_number(text: str) -> bool:
    return re.fullmatch(r"\d[\d.,]*", text) is not None


def plural(noun: str) -> str:
    """Plural of a noun phrase by its last word; one that ends in "s" stays.

    >>> [plural(noun) for noun in ("genre", "company", "box", "supported systems")]
    ['genres', 'companies', 'boxes', 'supported systems']
    """
    if noun.endswith("s"):
        return noun
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(?:x|z|ch|sh)$", noun) else "s")


def is_plural(noun: str) -> bool:
    """Whether the last word reads as a plural."""
    return bool(re.search(r"[^siu'’]s$", noun))


def lower_first(words: str, text: str = "") -> str:
    """The first letter small, unless the first word is an abbreviation or, as `text` writes it, a name.

    A word is a name there if it is no function word and, inside sentences, has a capital at least as often as not.
    Without a text none is.
    """
    first = words.split(" ", 1)[0]
    if re.match(r"[^\W\d_a-z]{2}|\W*\d", first) or (len(first) == 1 and first != "A") or is_title(words, text):
        return words
    if text and first.lower() not in FUNCTION_WORDS:
        with_capital = len(re.findall(rf"[a-z,] {re.escape(first)}\b", text))
        if with_capital >= len(re.findall(rf"\b{re.escape(first.lower())}\b", text)):
            return words
    return words[:1].lower() + words[1:]


def is_title(words: str, text: str) -> bool:
    """Whether several words, all with a capital, stand so inside a sentence of the text: "From Corn To Bread"."""
    each = words.split()
    has_capitals = len(each) > 1 and all(word[0].isupper() for word in each) and each[0] not in ("The", "A", "An")
    return has_capitals and re.search(rf"[a-z,] {re.escape(words)}\b", text) is not None


def lower_label(label: str) -> str:
    """A header or a key as it stands inside a sentence: small letters, but for abbreviations.

    >>> lower_label("Release Manager"), lower_label("ISBN number")
    ('release manager', 'ISBN number')
    """
    return " ".join(lower_first(word) for word in label.split())


def is_subject(words: str, text: str) -> bool:
    """Whether the words can stand as a subject on their own: not a pronoun, a conjunction or a preposition first."""
    each = words.split()
    return bool(each) and len(each) <= 10 and (each[0].lower() not in _OPENERS or is_title(words, text))


_SENTENCE_END = re.compile(r"[.!?][\"”’)]*\s+(?=[\"“(]?[^\W\d_a-z])")
_ABBREVIATION = re.compile(r"(?:\b[^\W\d_a-z]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|etc|Inc|Ltd|Jr|Sr|U\.S|e\.g|i\.e))\.$")


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Ranges of the sentences of `text[start:end]`; an initial or a usual abbreviation ends none."""
    found: list[tuple[int, int]] = []
    left = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if not _ABBREVIATION.search(text, max(left, match.start() - 8), match.start() + 1):
            found.append((left, match.start() + len(match.group().rstrip())))
            left = match.end()
    return [*found, (left, end)] if left < end else found
