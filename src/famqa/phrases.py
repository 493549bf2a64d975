"""Parts of a question told by their form alone: names, numbered things, question words, auxiliaries."""

from __future__ import annotations

import re

from famqa.terms import FUNCTION_WORDS, NUMBER_WORDS

NAME = re.compile(
    r"(?:\b[^\W\d_a-z][\w'’.-]*|\"[^\"]+\")(?:\s+(?:(?:of|the|de|von|van|and|for)\s+)?(?:[^\W\d_a-z][\w'’.-]*|\d+|\"[^\"]+\"))*"
)
NAMED = re.compile(rf"{NAME.pattern}(?:(?:,|,? and|;) {NAME.pattern})*")
_FUNCTION = "|".join(sorted(FUNCTION_WORDS))
_CARDINALS = [word for word in NUMBER_WORDS if not word.endswith(("st", "nd", "rd", "th"))]
_DIGITS = r"\d+(?:\.\d+)*"
NUMBERED = re.compile(
    rf"\b(?:the )?(?:{_DIGITS}(?:st|nd|rd|th)?|{'|'.join(NUMBER_WORDS)}|last|latest|next|previous) "
    rf"(?!(?:{_FUNCTION})\b)[a-z]+\b|"
    rf"\b(?!(?:{_FUNCTION})\b)[a-z]{{3,}} (?:{_DIGITS}|{'|'.join(_CARDINALS)})\b",
    re.IGNORECASE,
)
NUMBER = re.compile(
    rf"\b(?:{_DIGITS}(?:st|nd|rd|th)?|{'|'.join(NUMBER_WORDS)}|last|latest|next|previous)\b", re.IGNORECASE
)
BARE_NUMBER = re.compile(rf"(?:the )?(?P<number>{NUMBER.pattern})(?: ones?)?", re.IGNORECASE)
CALENDAR = (  # names of days and months, a part of a pattern
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august|september|october|"
    r"november|december"
)
WH = re.compile(
    r"(?:(?:in|on|at|to|from|of|for|with|by|since|until|under|about)\s+)?"
    r"(?:how (?:many|much|long|often|old|far|big|tall|high)(?: \w+)?|"
    rf"(?:which|what)(?: (?!(?:{_FUNCTION})\b)\w+){{0,3}}|who(?:m|se)?|when|where|why|how)\b",
    re.IGNORECASE,
)
WITH_VERB = re.compile(r"(?<=\w\s)(?<!which\s)\w+$", re.IGNORECASE)
SHORT_WH = re.compile(
    r"(?:(?:in|on|at|to|from|of|for|with|by|since|until|under|about)\s+"
    r"(?:(?:how (?:many|much)|which|what)(?: \w+){0,2}|when|where|whom|how long)|"
    r"how (?:many|much|long|often|old|far)(?: \w+)?|(?:which|what)(?: \w+)?|who(?:m|se)?|when|where|why|how)",
    re.IGNORECASE,
)
AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|"
    r"isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't)\b",
    re.IGNORECASE,
)


def names_in(text: str, skip_first: bool) -> list[str]:
    """Names in a question, leaving out the capital of its first word."""
    found = []
    for match in NAME.finditer(text):
        name = match.group()
        if skip_first and match.start() == 0:
            first, _, name = name.partition(" ")
            if first.casefold() not in FUNCTION_WORDS and name:
                name = f"{first} {name}"
        name = name.removesuffix("'s").removesuffix("’s").strip(' ."')
        if name and name.casefold() not in FUNCTION_WORDS:
            found.append(name)
    return found


_NO_NOUN = rf"(?!(?:{_FUNCTION}|now|today|again|yet|still|ever|already|together|first|last)\b)"
_NOUNS = rf"(?!(?:{_FUNCTION})\b)[\w'’-]+(?: {_NO_NOUN}[\w'’-]+){{0,2}}"
_SUBJECT = 2  # words of an article and a noun
_PHRASE = re.compile(
    rf"(?P<before>\w+ )?\b(?P<head>(?:the|an?|my|our|your) {_NOUNS})(?: of (?P<whole>the {_NOUNS}))?", re.IGNORECASE
)
_BY_NAME = re.compile(rf" (?:to|with|at|from|for|between|of) {NAME.pattern}")
_PARTICIPLE = re.compile(
    r"ed$|^(?:held|built|made|found|sold|kept|written|taken|given|shown|lost|begun|bought|brought|known|seen|sent|told|"
    r"paid|left|born|won|drawn|lit|worn|cut|set|run)$",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(rf"(?:how many|how much|which|what) (?P<noun>{_NOUNS})", re.IGNORECASE)
_NOT_PLURAL = ("ss", "us", "is", "'s", "’s")


def things_in(question: str) -> list[str]:
    """Phrases with an article or a number, last first: "the first lamp", "the keeper of the lamp", "the lamp"."""
    bare = question.rstrip(" ?.!")
    found = [match.group() for match in NUMBERED.finditer(bare)][-1:]
    for match in reversed(list(_PHRASE.finditer(bare))):
        head, whole = match["head"], match["whole"]
        if whole:
            whole = _without_verb(whole, match, bare)
            found += [f"{head} of {whole}", whole]
        else:
            found.append(_without_verb(head, match, bare))
            if (match["before"] or "").strip().casefold() in ("do", "does", "did") and len(head.split()) > _SUBJECT:
                found.append(
                    " ".join(head.split()[:_SUBJECT])
                )  # "does the choir wear green": its verb may come earlier
    return list(dict.fromkeys(found))


def _without_verb(phrase: str, match: re.Match[str], question: str) -> str:
    """The phrase without the verb or adjective that ends it in "does the museum open", "is the lamp trimmed"."""
    words = phrase.split()
    following = re.match(r"\W*(\w+)", question[match.end() :])
    if len(words) < 3 or (following and following[1].casefold() not in FUNCTION_WORDS):
        return phrase
    before = (match["before"] or "").strip().casefold()
    is_asked_whether = match.start() == 0 and AUXILIARY.fullmatch(before) is not None
    if before in ("do", "does", "did") or is_asked_whether or _PARTICIPLE.search(words[-1]):
        return " ".join(words[:-1])
    return phrase


def last_phrase(question: str) -> tuple[int, int] | None:
    """Where the last phrase with an article stands, without the verb behind it; None where there is none."""
    matches = list(_PHRASE.finditer(question))
    if not matches:
        return None
    match = matches[-1]
    return match.start("head"), match.start("head") + len(_without_verb(match["head"], match, question))


def named_thing(question: str) -> str:
    """A thing told apart by a name: "the ferry to Skye" in "How much is the ferry to Skye?"; "" where there is none."""
    for match in reversed(list(_PHRASE.finditer(question))):
        following = _BY_NAME.match(question, match.end("head"))
        if following:
            return f"{match['head']}{following.group()}"
    return ""


def several_in(question: str) -> list[str]:
    """The noun in the plural that is asked for: "days off" in "How many days off are there?"."""
    match = _ASKED_FOR.match(question)
    return [match["noun"]] if match and is_plural(match["noun"]) else []


def is_plural(phrase: str) -> bool:
    """Whether the phrase is of several things, as its last noun before "of" tells."""
    head = phrase.split(" of ")[0]
    return head.endswith("s") and not head.endswith(_NOT_PLURAL)
