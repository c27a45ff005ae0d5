"""Sense: whether a slur is used, or spoken of, objected to or claimed, in English.

"Stop calling people that" and "we are proud ..." hold a slur and insult nobody. Only the words
beside it in its sentence are asked. What is told by few signs only is left to a person: a sign that
is wrong must not let a slur pass. Names and what is said to somebody ("you ...") are used.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

from comments_service.checks.lexicon.aim import YOU
from comments_service.text.match import Match
from comments_service.text.reading import Passage, Word

MAX_AROUND: Final = 14
"""Words on either side that can tell how a slur is meant."""
MAX_SENTENCE: Final = 300
"""Characters on either side within which its sentence is looked for."""


class Sense(Enum):
    """How a slur is meant where it stands."""

    USED = "used"
    UNCLEAR = "unclear"
    """Perhaps it is spoken of; a person should see."""
    NOT_USED = "not used"
    """Claimed for oneself, told as suffered, objected to, or named as a slur."""


_SENTENCE: Final = re.compile(r"[.!?;\n]+(?=\s|$)")
_PAUSE: Final = re.compile(r"[,:()/&\u2013\u2014]|\s-+\s|--")
"""What parts the words of a sentence; a comma stands for it below."""

_WORDS: Final = re.compile(r"[^\W_]+|,")
_YOU: Final = YOU | {"your", "yours", "thy"}
# What may follow a noun that ends there: "they called me a ... at school", not "... lovers".
_ENDING: Final = frozenset(
    """
    , a after again ain all always and anymore are as at because before being but by can constantly
    could did do does doesn don ever every for from gon gonna had has have he here i if in instead
    is isn it just may must never of off often on once online only or out proud repeatedly she
    should since so sometimes than that the then there these they this those to today too twice
    until was we were when where which while who will with would yesterday
    """.split()
)
_WRONG: Final = (
    "(?:(?:so|very|really|just|simply|both|utterly|deeply|incredibly|extremely) )*(?:wrong|racist|"
    "sexist|homophobic|transphobic|misogynistic|antisemitic|ableist|hateful|hurtful|offensive|"
    "unacceptable|disrespectful|bigoted|dehumani[sz]ing|awful|horrible|cruel|appalling|shameful)"
)
_NOT_FINE: Final = (
    "(?:(?:not|isn t|isnt|never|wasn t) (?:really |ever )?"
    "(?:okay|ok|fine|right|acceptable|cool|funny|nice))"
)
_FOR: Final = (
    "(?: (?:to|when|if|that|for|people|they|anyone|someone|fans|be|go|keep|start|even)){1,4}"
)
"""What may stand between a judgement and what is judged."""
_A: Final = "(?: (?:a|an|the))?"
_SOMEBODY: Final = (
    "(?: (?:a|an|my|his|her|our|their|the|these|those|each|people|persons?|them|him|us|me|others?|"
    "someone|somebody|anyone|anybody|everyone|friends?|sons?|daughters?|kids?|child|children|"
    "players?|students?|women|woman|m[ae]n|girls?|boys?|gays?|black|asian|jewish|trans|disabled|"
    "jews|muslims|immigrants|minorit(?:y|ies)|neighbou?rs?|colleagues?)){1,5}"
)
_CALLING: Final = "call(?:ed|ing|s)?"
_MINE: Final = "(?: (?:a|an|all|proud|fellow|beautiful|lovely|real|just|still|both|old))*"
_DOUBT: Final = re.compile(
    r"\b(?:not|t|never|no|nobody|nothing|hardly|refuse|without|who (?:says|said|cares)|dont|wont|"
    r"cant|isnt|if)\b"
)
"""What may turn round what follows: "I will never stop calling ..."."""


class _Sign(NamedTuple):
    """Words before a slur and after it that tell how it is meant."""

    before: re.Pattern[str]
    after: re.Pattern[str] | None
    """None where nothing may be called so but who was: "called me a ...", not "... lover"."""
    sense: Sense
    own: bool
    """Whether writers tell it of themselves, so that no "you" beside it makes it an attack."""


def _sign(sense: Sense, before: str, after: str | None = None, *, own: bool = False) -> _Sign:
    words = f"(?:{before}) " if before else ""
    return _Sign(
        re.compile(rf"(?P<rest>(?:.* )?){words}"),
        None if after is None else re.compile(after),
        sense,
        own,
    )


_SIGNS: Final = (
    # Claimed: "I call myself a ...", "we are proud ...", "love to all my ...".
    _sign(Sense.NOT_USED, rf"{_CALLING} (?:myself|ourselves){_A}", own=True),
    _sign(
        Sense.NOT_USED,
        rf"(?:i am|i m|im|we are|we re|proud (?:to be|of being)){_MINE}",
        own=True,
    ),
    _sign(
        Sense.NOT_USED,
        rf"(?:love|pride|shout ?out|cheers|here s|heres) (?:out )?to{_MINE} (?:my|our){_MINE}",
    ),
    _sign(Sense.NOT_USED, r"(?:my|our) (?:\w+ )?(?:fellow|proud|beautiful|lovely)"),
    _sign(Sense.UNCLEAR, rf"(?:my|our){_MINE}"),
    # Told as suffered: "they called me a ...", "we were called ...".
    _sign(Sense.NOT_USED, rf"{_CALLING} (?:me|us){_A}", own=True),
    _sign(
        Sense.NOT_USED,
        r"(?:i|we) (?:(?:was|were|am|m|are|re|got|get|have|ve|had|also|often|always|even|just|"
        rf"constantly|repeatedly|been|being) )+called{_A}",
        own=True,
    ),
    # Objected to: "it's not okay to call people ...", "stop calling people ...".
    _sign(
        Sense.NOT_USED,
        rf"(?:{_NOT_FINE}|(?:is|s|was|how) {_WRONG}){_FOR} (?:{_CALLING}{_SOMEBODY}|called){_A}",
    ),
    _sign(Sense.NOT_USED, rf"(?:nobody|no one) (?:should|deserves to) (?:ever )?be called{_A}"),
    _sign(Sense.NOT_USED, rf"stop calling{_SOMEBODY}{_A}"),
    _sign(
        Sense.NOT_USED,
        rf"calling{_SOMEBODY}{_A}",
        rf"(?:is|was) (?:{_WRONG}|{_NOT_FINE})\b",
    ),
    _sign(Sense.UNCLEAR, rf"(?:been|being|be|was|were|gets?|got|getting) called{_A}"),
    _sign(
        Sense.UNCLEAR,
        "(?:they|he|she|somebody|someone|people|who|kids|fans|players|for|by|about|of) "
        rf"{_CALLING}{_SOMEBODY}{_A}",
    ),
    # Named: "the slur ...", "... is a racist word".
    _sign(Sense.NOT_USED, "(?:racial|racist|homophobic|antisemitic|anti gay) slur"),
    _sign(
        Sense.NOT_USED,
        "",
        r"(?:is|was|are|were) (?:(?:an?|racist|racial|homophobic|old|nasty) ){0,3}slurs?\b"
        r"(?! (?:on|of|to|against|for)\b)",
    ),
    _sign(Sense.NOT_USED, "", rf"(?:is|was) an? {_WRONG} (?:word|term)\b(?! (?:of|to|for)\b)"),
    _sign(Sense.UNCLEAR, "(?:the|that|this|n|a) (?:slur|word|term|name|insult)", ""),
    _sign(Sense.UNCLEAR, "", r"(?:is|was) an? (?:\w+ ){0,3}(?:word|term)\b(?! (?:of|to|for)\b)"),
)
_SAID: Final = re.compile(
    r"\b(?:say|says|said|saying|write|writes|wrote|writing|post|posts|posted|posting|tweet|tweets|"
    r"tweeted|things|statements?|comments?|used?|uses|using|called|shouted|yelled|chanted)\b"
)
_JUDGED: Final = re.compile(
    rf"(?:is|was|are) (?:{_WRONG}|not (?:okay|ok|acceptable|fine|right))\b|"
    rf"(?:shows?|showed|proves) (?:just )?how {_WRONG} (?:he|she|they|it|this|that|some|people)\b|"
    r"\b(?:no respect for|hate when|disgusted by) (?:people|anyone|those|someone|somebody)\b"
)


def sense_of(match: Match, passage: Passage) -> Sense:
    """How a slur is meant: by what its sentence says around it."""
    if match.at < 0 or passage.field != "body":
        return Sense.USED
    text = passage.folded.text
    start, end = _sentence(text, match)
    first, last = bisect_left(passage.starts, match.at), bisect_left(passage.starts, match.until)
    before = [w for w in passage.words[max(0, first - MAX_AROUND) : first] if w[1] >= start]
    after = [w for w in passage.words[last : last + MAX_AROUND] if w[1] < end]
    to_you = any(word in _YOU for word, _, _ in (*before, *after))
    said_before = "".join(f"{word} " for word in _spoken(before, text, match.at))
    said_after = [*_spoken(after, text, end, match.until)]
    for sign in _SIGNS:
        if (to_you and not sign.own) or not _fits(sign, said_before, said_after):
            continue
        return sign.sense
    if to_you or text.count('"', start, match.at) % 2 == 0:
        return Sense.USED
    return _quoted(text, start, match, end)


def _fits(sign: _Sign, before: str, after: Sequence[str]) -> bool:
    if sign.after is None:
        if after and after[0] not in _ENDING:
            return False
    elif not sign.after.match(" ".join(after)):
        return False
    found = sign.before.fullmatch(before)
    if not found:
        return False
    return sign.own or sign.sense is Sense.UNCLEAR or not _DOUBT.search(found["rest"])


def _quoted(text: str, start: int, match: Match, end: int) -> Sense:
    """Of what stands in quotation marks: whether it is said of somebody's words, and judged."""
    opening = text.rindex('"', start, match.at)
    closing = text.find('"', match.until, end)
    around = " ".join(_WORDS.findall(text[start:opening] + " , " + text[closing + 1 : end]))
    if closing < 0 or not _SAID.search(around):
        return Sense.USED
    return Sense.NOT_USED if _JUDGED.search(around) else Sense.UNCLEAR


def _spoken(
    words: Sequence[Word], text: str, until: int, since: int | None = None
) -> Iterator[str]:
    """The words, with a comma wherever something parts two of them."""
    for word, start, end in words:
        if since is not None and _PAUSE.search(text, since, start):
            yield ","
        yield word
        since = end
    if words and since is not None and _PAUSE.search(text, since, until):
        yield ","


def _sentence(text: str, match: Match) -> tuple[int, int]:
    least, most = max(0, match.at - MAX_SENTENCE), match.until + MAX_SENTENCE
    start = max((m.end() for m in _SENTENCE.finditer(text, least, match.at)), default=least)
    after = _SENTENCE.search(text, match.until, most)
    return start, after.start() if after else min(most, len(text))
