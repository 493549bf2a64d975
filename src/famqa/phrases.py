"""Parts of a question told by their form alone: names, numbered things, question words, auxiliaries."""

from __future__ import annotations

import re

from famqa.terms import FUNCTION_WORDS, NUMBER_WORDS

NAME = re.compile(
    r"(?:\b[^\W\d_a-z][\w'’.-]*|\"[^\"]+\")(?:\s+(?:(?:of|the|de|von|van|and|for)\s+)?(?:[^\W\d_a-z][\w'’.-]*|\d+|\"[^\"]+\"))*"
)
NAMED = re.compile(rf"{NAME.pattern}(?:(?:,|,? and|;) {NAME.pattern})*")
_DIGITS = r"\d+(?:\.\d+)*"
NUMBERED = re.compile(
    rf"\b(?:the )?(?:{_DIGITS}(?:st|nd|rd|th)?|{'|'.join(NUMBER_WORDS)}|last|latest|next|previous) [a-z]+\b|"
    rf"\b[a-z]{{3,}} (?:{_DIGITS}|{'|'.join(NUMBER_WORDS)})\b",
    re.IGNORECASE,
)
NUMBER = re.compile(
    rf"\b(?:{_DIGITS}(?:st|nd|rd|th)?|{'|'.join(NUMBER_WORDS)}|last|latest|next|previous)\b", re.IGNORECASE
)
BARE_NUMBER = re.compile(rf"(?:the )?(?P<number>{NUMBER.pattern})(?: ones?)?", re.IGNORECASE)
WH = re.compile(
    r"(?:(?:in|on|at|to|from|of|for|with|by|since|until|under|about)\s+)?"
    r"(?:how (?:many|much|long|often|old|far|big|tall|high)(?: \w+)?|"
    rf"(?:which|what)(?: (?!(?:{'|'.join(sorted(FUNCTION_WORDS))})\b)\w+){{0,3}}|who(?:m|se)?|when|where|why|how)\b",
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


def thing_in(question: str) -> str:
    """The last noun phrase with an article or a number, for a question that names nothing: "the first lamp"."""
    numbered = [match.group() for match in NUMBERED.finditer(question)]
    if numbered:
        return numbered[-1]
    phrases = re.findall(
        r"\b(?:the|an?|my|our|your) (?:[\w'’-]+(?: of the [\w'’-]+)?(?: [\w'’-]+)?)", question.rstrip(" ?"), re.I
    )
    return phrases[-1] if phrases else ""
