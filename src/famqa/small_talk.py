"""A polite line for what is no question to the documents: a greeting, thanks, a question about famqa, an order.

The rules know how English greets, thanks and gives orders to a program, and nothing of any subject. Each asks for the
whole message or for its beginning with an object ("write a", "ignore your"), so that a question about such a thing
("Who wrote the poem?") is never taken for it.
"""

from __future__ import annotations

import re

GREETING = "Hello. Ask a question, and what the documents say about it is shown with its source."
THANKS = "You are welcome. Ask on whenever you like."
FAREWELL = "Goodbye."
DOUBT = "The number beside an answer opens the place that it was cut from, so that you can check it."
ABOUT = (
    "This is famqa. It looks for the answer to a question in the indexed documents, shows it word for word with its "
    "source, and says so where they do not answer."
)
ORDER = (
    "famqa only answers questions from the documents. It does not write, translate, calculate or follow other "
    "instructions."
)

_PLEASE = (
    r"(?:(?:please|kindly|now|ok|okay|hey|hi|hello|so|and|just)[\s,]+|"
    r"(?:can|could|would|will) (?:you|u) (?:please )?|i (?:want|need) you to |i'd like you to )*"
)
_NAME = r"(?:[\s,]+(?:there|all|everyone|famqa|bot|friend|again|you))?"
_MOOD = (
    r"(?:how are you|how(?:'s| is) it going|how do you do|what(?:'s|s| is) up|are you (?:ok|well))(?: today| doing)?"
)
_GREETS = rf"(?:hi|hiya|hello|hey|howdy|greetings|yo|good (?:morning|afternoon|evening|day)){_NAME}[\s,.!]*"
_THANKS = (
    r"(?:(?:many )?thanks|thank (?:you|u)|thx|cheers|ty)"
    r"(?: (?:a lot|so much|very much|again|for .{1,40}))?"
    r"(?:[\s,.!]+(?:great|bye|(?:that|this|it|you)(?:'s| is| was)? (?:\w+ )?"
    r"(?:helped|helps|help|helpful|useful|great|perfect)(?: (?:me|us|a lot|very much|already))*))?"
)
_PRAISE = r"(?:ok(?:ay)?|great|cool|nice|perfect|awesome|good(?: job| bot| work)?|well done|got it|i see|wow|lol|haha)"
_DOUBTS = (
    r"(?:(?:is|are) (?:you|that|it|this) (?:really )?(?:sure|certain|right|true|correct)(?: about (?:that|it|this))?|"
    r"really|"
    r"(?:no[\s,]+)?(?:that|this|it)(?:'s| is) (?:not |in)?(?:wrong|right|true|correct)|(?:you are|you're) wrong|"
    r"i do(?:n't| not) (?:think so|believe (?:you|it|that))|yes|no|yep|nope)"
)
_KINDS = r"(?:(?:real )?(?:human|person|robot|bot|machine|ai|llm|chat ?gpt|gpt|language model|assistant))"
_ABOUT_ITSELF = (
    r"(?:who|what) (?:are|r) (?:you|u)(?: (?:called|exactly|really|made of))?",
    r"what(?:'s|s| is) your (?:name|purpose|job|model|version|system prompt|prompt|age)",
    r"how old are you",
    r"(?:what|how) (?:can|could|do|does) (?:you|u|famqa|this(?: (?:bot|app|tool|page))?) (?:do|work|help(?: me)?|know)"
    r"(?: (?:here|for me))?",
    r"what is famqa",
    r"help(?: me)?|(?:can|could|will) you help(?: me)?",
    rf"(?:are|r) (?:you|u) (?:an? )?(?:{_KINDS}|real|alive|conscious|sentient)(?: or (?:an? )?\w+)?",
    r"who (?:made|created|built|wrote|programmed|trained|owns) (?:you|u|famqa)",
    r"(?:which|what) (?:language )?model (?:are|do) you(?: use| run)?",
    r"do you (?:like|love|have|feel|want|think|sleep|dream|know)\b.{0,40}",
)
_WHOLE = (
    (rf"(?:{_GREETS})+(?:{_MOOD})?|{_MOOD}", GREETING),
    (rf"(?:{_THANKS}|{_PRAISE})(?:[\s,.!]+(?:{_THANKS}|{_PRAISE}))*", THANKS),
    (_DOUBTS, DOUBT),
    (r"(?:good ?bye|bye(?: bye)?|see you(?: later| soon)?|good night|ciao|farewell)", FAREWELL),
    ("|".join(_ABOUT_ITSELF), ABOUT),
)
_OBJECT = r"(?:me |us )?(?:an?|some|the|my|this|that|these|all|your|out|another)\b"
_MAKE = (
    r"write|compose|draft|generate|create|draw|paint|invent|imagine|sing|recite|translate|summari[sz]e|rewrite|rephrase|"
    r"paraphrase|calculate|compute|solve"
)
_ORDERS = (
    rf"(?:{_MAKE}) {_OBJECT}",
    r"(?:write|translate|rewrite|summari[sz]e) (?:me |us )?\w+ (?:code|function|script|poem|story|essay|song|letter)\b",
    r"tell (?:me|us) (?:an?|another|some) (?:\w+ )?(?:joke|story|poem|riddle|lie|secret)s?\b",
    r"(?:ignore|forget|disregard|override|bypass) (?:all|any|your|the|my|these|those|previous|prior|everything|what)\b",
    r"(?:pretend|act|behave) (?:to be|as|like|that)\b",
    r"(?:respond|reply|answer|speak|talk) (?:(?:as if|like|as an?|only|always)\b|in (?:\w+ )?(?:style|voice|accent)\b)",
    r"(?:you are|you're) (?:now|no longer|going to)\b",
    r"(?:reveal|show|print|repeat|output) (?:me )?(?:your|the) (?:(?:system|hidden|initial|secret) )?"
    r"(?:prompt|instructions|rules)\b",
    r"from now on\b",
)
_TALK = tuple((re.compile(pattern, re.IGNORECASE), reply) for pattern, reply in _WHOLE)
_ORDERED = re.compile(rf"{_PLEASE}(?:{'|'.join(_ORDERS)})", re.IGNORECASE)


def small_talk(message: str) -> str:
    """The line to reply with, "" for a message that may be a question to the documents.

    >>> small_talk("Hello there!") == GREETING, small_talk("Write me a poem about lamps") == ORDER
    (True, True)
    >>> small_talk("Who wrote the poem?"), small_talk("When was the last order sent?")
    ('', '')
    """
    bare = " ".join(message.replace("’", "'").split()).strip(" .!?,;:")
    for pattern, reply in _TALK:
        if pattern.fullmatch(bare):
            return reply
    return ORDER if _ORDERED.match(bare) else ""
