"""Follow-ups without a clause ("In what year?", "And the Osprey?", "Why?"), completed with the last question."""

from __future__ import annotations

import re

from famqa.asking import asks_to_describe
from famqa.phrases import (
    AUXILIARY,
    BARE_NUMBER,
    CALENDAR,
    NAME,
    NUMBER,
    NUMBERED,
    SHORT_WH,
    WH,
    WITH_VERB,
    last_phrase,
    names_in,
)
from famqa.records import Turn
from famqa.terms import FUNCTION_WORDS

_LONGEST = 6  # words of a fragment without a question word
_ABOUT = re.compile(r"(?:what|how) about\s+|what of\s+|about\s+", re.IGNORECASE)
_TRAILING = re.compile(r"(?:,? (?:then|too|also|as well|instead|exactly|not))+$", re.IGNORECASE)
_STATEMENT = re.compile(r"(?:i|we|you|he|she|they|it)(?:['’]\w+)? \w", re.IGNORECASE)
_WITHOUT_VERB = r"without|including|plus|even|half|except|per|like|only|just|not|than"
_ORDER = re.compile(
    rf"(?!(?:{'|'.join(sorted(FUNCTION_WORDS))}|{_WITHOUT_VERB})\b)[a-z]+ (?:me |us )?"
    r"(?:the|an?|all|my|our|this|it|them)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"(?:in|on|at|as|for|with|without|from|by|during|after|before|since|until|under|between|within|including|per|every|"
    r"each|not on|of|to)\b",
    re.IGNORECASE,
)
_NEXT_PHRASE = re.compile(rf"\s+(?!of\b){_PREPOSITION.pattern}|\s+near\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an?|my|our|your)\s", re.IGNORECASE)
_ARTICLE_AT_END = re.compile(rf"{_ARTICLE.pattern}$", re.IGNORECASE)
_NO_SUBJECT = r"the|an?|my|our|your|i|you|we|they|he|she|it|one|people|of|to|for|in|on|at|with"
_BARE_SUBJECT = re.compile(
    rf"(?P<head>{WH.pattern} (?:do|does|did)) (?:(?!(?:{_NO_SUBJECT})\b)\w+ ){{1,4}}(?P<verb>\w+)", re.IGNORECASE
)
_LAST_NOUN = re.compile(rf"(?<= )(?!(?:{'|'.join(sorted(FUNCTION_WORDS))})\b)[a-z'’-]+$", re.IGNORECASE)
_AFTER_PREPOSITION = re.compile(r"\b(?:for|on|to|in|with|from|by|at) $", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:first|second|third|\w+th|\d+(?:st|nd|rd)|last|latest|next|previous)$", re.IGNORECASE)
_ONE = re.compile(r"(?:the )?(?P<which>[\w'’-]+(?: [\w'’-]+)?) ones?", re.IGNORECASE)
_YEAR_BESIDE = re.compile(
    r"(?:in )?(?:the )?(?:(?P<before>last|previous)|next|following) year|(?:in )?the year after", re.I
)
_SUPERLATIVE = re.compile(r"(?:\bthe )?\b(?P<word>most|least|\w{2,}est)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_TIME = re.compile(
    r"\d|\b(?:(?:minute|hour|day|noon|night|morning|afternoon|evening|week|weekend|month|year|decade|season|term|spring|"
    rf"summer|autumn|winter)s?|century|centuries|christmas|easter|{CALENDAR})\b",
    re.IGNORECASE,
)
_LEADING = re.compile(rf"^{_PREPOSITION.pattern}\s+", re.IGNORECASE)


def is_fragment(asked: str) -> bool:
    """Whether there is no clause in it, so that it needs the question before: "As a child?", not "List the rules".

    >>> is_fragment("What about the others?"), is_fragment("Where is it?")
    (True, False)
    """
    bare = _TRAILING.sub("", asked.strip(" ?.!"))
    if _ABOUT.match(bare):
        return True
    if asks_to_describe(bare) or AUXILIARY.search(bare) or _STATEMENT.match(bare) or _ORDER.match(bare):
        return False
    wh = SHORT_WH.match(bare)
    return len(bare.split()) <= _LONGEST if WH.match(bare) is None else wh is not None and wh.end() == len(bare)


def completed(fragment: str, last: Turn) -> list[str]:
    """The last question with what the fragment says put in its place, in each way that it may fit, likeliest first."""
    bare = _TRAILING.sub("", _ABOUT.sub("", fragment.strip(" ?.!"), count=1))
    before = last.question.rstrip(" ?.!")
    wh = WH.match(bare)
    if wh and not bare[wh.end() :].strip():
        return _asked_anew(bare, before, last.answer)
    if (beside := _YEAR_BESIDE.fullmatch(bare)) and (years := list(_YEAR.finditer(before))):
        year = int(years[-1].group()) + (-1 if beside["before"] else 1)
        return [f"{before[: years[-1].start()]}{year}{before[years[-1].end() :]}?"]
    bare = _uncapitalised(bare)
    if _PREPOSITION.match(bare) and not (NUMBERED.search(bare) and NUMBERED.search(before)):
        added = f"{before} {bare}?"
        old = _phrase_like(before, bare)
        if old is None:
            return [added]
        replaced = f"{before[: old[0]]}{bare}{before[old[1] :]}?"
        # "And for a wedding?" after "What is paid for a move?" is another occasion, "And for a week?" may be a
        # further condition.
        return [replaced] if _tells_time(bare) == _tells_time(before[slice(*old)]) else [replaced, added]
    return _slot_replaced(before, bare)


def _asked_anew(wh: str, before: str, answer: str) -> list[str]:
    """ "Where was it held" as "In what year was it held", "Which lamp has a wick" as "Why: the old one has a wick"."""
    old = WH.match(before)
    if old is None:
        return [f"{wh} {_uncapitalised(before)}?"]
    end = old.end()
    if not AUXILIARY.match(before[end:].strip()):  # "which lamp hangs | in": what is asked for has its verb inside
        end = old.start() + len(WITH_VERB.sub("", old.group()))
    rest = before[end:].strip()
    stated = f"{wh}: {answer or before[:end]} {rest}?"
    return [f"{wh} {rest}?", stated] if AUXILIARY.match(rest) else [stated]


def _uncapitalised(text: str) -> str:
    """The text as it goes on in the middle of a question: "Is it lit", "On Sundays" without their capital."""
    first = text.split(" ")[0]
    return text[:1].lower() + text[1:] if first.casefold() in FUNCTION_WORDS and first != "I" else text


def _phrase_like(before: str, new: str) -> tuple[int, int] | None:
    """Where the question's last phrase that begins with the preposition of `new` stands; None where there is none."""
    same = list(re.finditer(rf"(?<!^)\b{re.escape(new.split()[0])}\s+", before, re.IGNORECASE))
    if not same:
        return None
    name = NAME.match(before, same[-1].end())
    following = _NEXT_PHRASE.search(before, same[-1].end())
    return same[-1].start(), name.end() if name else following.start() if following else len(before)


def _tells_time(phrase: str) -> bool:
    return _TIME.search(phrase) is not None


def _slot_replaced(before: str, new: str) -> list[str]:
    """The question with its part of the same kind as `new` replaced by it; where that is a guess, with both."""
    numbered, numbers = list(NUMBERED.finditer(before)), list(NUMBER.finditer(before))

    def put(start: int, end: int, text: str) -> str:
        return f"{before[:start]}{text}{before[end:]}?"

    if numbered and (bare := BARE_NUMBER.fullmatch(new)):  # "the third" takes its noun from "the second season"
        old = numbered[-1]
        thing = NUMBER.sub(bare["number"], old.group(), count=1)
        if thing.endswith(bare["number"]) and _ORDINAL.search(thing):  # "the third" after "season two"
            thing = f"the {bare['number']} {thing.split()[0]}"
        return [put(*old.span(), thing)]
    if numbers and NUMBER.fullmatch(new):  # "2021?" after "Who won the race in 2020?"
        return [put(*numbers[-1].span(), new)]
    if numbered and NUMBERED.search(new):
        return [put(*numbered[-1].span(), _LEADING.sub("", new))]
    best = _SUPERLATIVE.search(before)
    if best and (other := _SUPERLATIVE.fullmatch(new)):  # "and the fewest?" after "Which sold the most?"
        return [put(*best.span("word"), other["word"])]
    names, place = names_in(before, skip_first=True), last_phrase(before)
    beside = f"{before}: {new}?"
    if one := _ONE.fullmatch(new):  # "the blue one" takes its noun from "the Red plan", "the red lamp"
        if names:
            at = before.rindex(names[-1])
            return [put(at, at + len(names[-1]), one["which"])]
        if place:
            return [put(*place, f"the {one['which']} {before[slice(*place)].split()[-1]}")]
    if names_in(f"x {new}", skip_first=True) and names:
        name = max(reversed(names), key=lambda n: _likeness(n, new, before))
        at = before.rindex(name)
        ahead = _ARTICLE_AT_END.sub("", before[:at]) if _ARTICLE.match(new) else before[:at]
        return [f"{ahead}{new}{before[at + len(name) :]}?"]
    if not _ARTICLE.match(new):
        noun = _LAST_NOUN.search(before)
        if noun and _AFTER_PREPOSITION.search(before[: noun.start()]):  # "students?" after "the fee for adults"
            return [put(*noun.span(), new), beside]
        if subject := _BARE_SUBJECT.fullmatch(before):  # "What does thin rope cost" has no article to go by
            return [f"{subject['head']} {new} {subject['verb']}?", beside]
        return [beside, put(*place, new)] if place else [beside]
    if subject := _BARE_SUBJECT.fullmatch(before):
        return [f"{subject['head']} {new} {subject['verb']}?", beside]
    return [put(*place, new), beside] if place else [beside]


def _likeness(name: str, new: str, before: str) -> int:
    """In how many ways a name of the question is like the new one: both with an article or not, with digits or not."""
    has_article = _ARTICLE_AT_END.search(before[: before.rindex(name)]) is not None
    return (has_article == (_ARTICLE.match(new) is not None)) + (_has_digit(name) == _has_digit(new))


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
