"""What kind of answer a question asks for: one thing, several, or a sentence that explains. Rules of English only."""

from __future__ import annotations

import re

from famqa.terms import FUNCTION_WORDS, NUMBER_WORDS

_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|must|should|will|would|may|might)"
_DESCRIBES = re.compile(
    r"(?:(?:please|can you|could you) )?"
    r"(?:describe\b|(?:tell|give) (?:me|us) (?:something |more |an overview |a summary )?(?:about|of|on)\b|"
    r"what (?:do|can) (?:you|we) (?:know|say|tell (?:me|us)) about\b)",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"^(?:\W*(?:and|but|so|then)\b\W*)?"
    r"(?:why\b|how come\b|what\b.{0,60}\bfor$|for what (?:reason|purpose)\b|to what end\b|"
    r"explain\b|"
    r"(?:what|which) (?:is|was|are|were) the (?:reason|purpose|cause|point|idea)\b|"
    rf"{_DESCRIBES.pattern}|"
    r"what (?:happens|happened|(?:will|would) happen)\b|"
    rf"what {_AUXILIARY} .{{1,80}} do(?= |$)|"
    r"how\b(?! (?:many|much|long|often|old|far|big|large|small|tall|high|short|wide|deep|heavy|fast|hot|late|early|"
    r"soon|likely|few|close|strong)\b)"
    rf"(?! (?!{_AUXILIARY}\b)\w+ {_AUXILIARY}\b))",  # "how cold must it be": a measure, whatever the adjective
    re.IGNORECASE,
)
_HOW_IS_NAMED = re.compile(r"^how (?:is|are|was|were) .{1,40} (?:called|named|spelled|spelt|known)$", re.IGNORECASE)


def asks_to_explain(question: str) -> bool:
    """Whether a whole sentence answers better than a few words: why, how, what for, "tell me about".

    >>> asks_to_explain("Why was the lamp moved?"), asks_to_explain("How many lamps are there?")
    (True, False)
    """
    bare = question.strip().rstrip("?!. ")
    return _EXPLAINS.match(bare) is not None and _HOW_IS_NAMED.match(bare) is None


def asks_to_describe(question: str) -> bool:
    """Whether a thing is to be described, so that a few sentences answer better than one.

    >>> asks_to_describe("Tell me about the lamp."), asks_to_describe("Why was the lamp moved?")
    (True, False)
    """
    return _DESCRIBES.match(question.strip()) is not None


_WH = re.compile(
    r"^\W*(?:(?:and|but|so|then)\b\W*)?(?:(?:in|on|at|to|from|of|for|with|by|since|until|under|about|during) )?"
    r"(?:who|whom|whose|what|which|when|where|how)\b(?! of\b)",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)


def asks_for_news(question: str) -> bool:
    """Whether words that the question says itself cannot answer it: "What is the lamp?", not "Is it lit or dark?".

    >>> asks_for_news("What is the lamp?"), asks_for_news("Which is lit, the lamp or the torch?")
    (True, False)
    """
    return _WH.match(question) is not None and _CHOICE.search(question) is None and not asks_to_explain(question)


_COUNTED = {word for word in NUMBER_WORDS if not word.endswith(("st", "nd", "rd", "th"))} - {"zero", "one"}
_LISTED = re.compile(r"^(?:please )?(?:list|name|enumerate|give (?:me|us)?)\b(?P<rest>.*)", re.IGNORECASE)
_WH_NOUN = re.compile(r"\b(?:which|what)\s+(?P<rest>.*)", re.IGNORECASE)
_PLURAL_VERB = re.compile(
    r"^\W*(?:who|what|which)(?: \w+s| people| else)? (?:all )?(?:are|were|have)\b(?! you\b| we\b| they called\b)", re.I
)
_WHO_DOES = re.compile(
    r"^\W*who (?!.*\b(?:first|last)$)(?:all )?"
    r"(?:(?!is|was|has|does)\w+s (?:at|in|on|for|with|there|here)|(?:is|was) (?:all )?(?:in|on)(?! charge)|"
    r"(?:took|takes) part|else)\b",
    re.IGNORECASE,
)
_SEVERAL_DEEDS = re.compile(
    r"^\W*what (?:all )?(?:(?:has|have|needs?|ought) to be|(?:must|should|can|may) be|"
    r"(?:must|should|can|may) (?:i|you|we|one)|(?:do|does) (?:i|you|we|one|they) (?:have|need) to) |"
    r"^\W*what(?:['’]s| is| was) (?:all )?(?:needed|required|included|offered|sold|served|covered|provided|planned|"
    r"allowed|forbidden|new)\b|"
    r"^\W*what (?:do|does|did) [^?]{1,40}? need\b|^\W*(?:where|when) are the \w+s$",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"\b(?:all (?:of )?(?:the|those|these|its|their|his|her)|every|both|everyone|everybody)\b", re.IGNORECASE
)
_NOT_PLURAL = ("ss", "us", "is", "'s", "’s", "ous", "ics", "wards")
_VERBS = frozenset(
    ["is", "was", "does", "has", "did", "do", "are", "were", "have", "had", "can", "could", "will", "would"]
)
_ANYTHING = frozenset("everything something anything everyone someone anyone everybody somebody anybody".split())
_AFTER_A_VERB = _ANYTHING | frozenset(
    ["the", "a", "an", "this", "that", "his", "her", "its", "their", "my", "your", "our", "into", "to"]
)
_QUANTIFIERS = frozenset(["other", "all", "both", "same", "own", "more", "most", "few"])
_STOPS = _VERBS | _ANYTHING | (FUNCTION_WORDS - _QUANTIFIERS)
_NOUN_WITHIN = 5  # words after "which" or "what"


def asks_for_several(question: str) -> bool:
    """Whether several things are asked for: "which ships", "name three", "who were", "who works at", "what must be".

    >>> asks_for_several("Which ships were lost?"), asks_for_several("Which ship was lost first?")
    (True, False)
    """
    bare = question.strip().rstrip("?!. ")
    if (listed := _LISTED.match(bare)) is not None:
        return _has_plural(listed["rest"], stop_at_verb=False)
    if _PLURAL_VERB.match(bare) or _WHO_DOES.match(bare) or _SEVERAL_DEEDS.match(bare):
        return True
    found = _WH_NOUN.search(bare)
    if found is not None and _has_plural(found["rest"], stop_at_verb=True):
        return True
    return found is not None and _EVERY.search(bare) is not None


def _has_plural(text: str, stop_at_verb: bool) -> bool:
    """Whether a noun in the plural, or a number above one, comes before the first verb."""
    written = re.findall(r"[\w'’-]+", text)
    words = [word.casefold() for word in written]
    if stop_at_verb:
        first = next((n for n, word in enumerate(words) if word in _STOPS), len(words))
        following = words[first] if first < len(words) else ""
        words = words[:first]
        if following in _AFTER_A_VERB:
            words = words[:-1]  # "which actor plays the king", "what causes the rust": the last one is the verb
    while words and words[0] in _QUANTIFIERS:
        words, written = words[1:], written[1:]
    for n, word in enumerate(words[:_NOUN_WITHIN]):
        if n == 0 and (word in _COUNTED or (word.isdigit() and 1 < int(word) < 100)):
            return True
        if not stop_at_verb and word in _COUNTED:
            return True
        # "Which actor plays Bess Rogers", "the town in which Bess Rogers works": a name, or what it does, is no plural.
        is_name = n > 0 and (written[n][0].isupper() or written[n - 1][0].isupper())
        if word in ("people", "men", "women", "children", "others") or (
            not is_name and len(word) > 3 and word.endswith("s") and not word.endswith(_NOT_PLURAL)
        ):
            following = words[n + 1] if n + 1 < len(words) else ""
            # Alone behind "which", or before a verb; "which actor plays Lear" has its verb where the plural would be.
            if n == 0 or not stop_at_verb or following == "" or following.endswith("ed"):
                return True
    return False
