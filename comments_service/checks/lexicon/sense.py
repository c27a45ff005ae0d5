"""Sense: whether an abusive word is used, or spoken of, objected to or claimed, in English.

"Stop calling people that" and "we are proud ..." hold a slur and insult nobody. Only the words
beside it in its sentence are asked. What is told by few signs only is left to a person, and so is
what goes on behind a good sign: nothing that may turn it round must let a slur pass. Names and what
is said to somebody ("you ...") are used.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Final, NamedTuple

from comments_service.checks.lexicon.aim import TO_READER
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
    """Claimed for oneself, told as suffered, objected to, or named as a slur; and no more said."""


_SENTENCE: Final = re.compile(r"[.!?\n]+(?=\s|$)")
_PAUSE: Final = re.compile(r"[,;:()/&\u2013\u2014]|\s-+\s|--")
"""What parts the words of a sentence; a comma stands for it below."""

_WORDS: Final = re.compile(r"[^\W_]+|,")
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
    r"\b(?:not|t|never|no|nobody|nothing|hardly|refuse|without|who (?:says|said|cares)|everyone|"
    r"everybody|dont|wont|cant|isnt|if)\b"
)
"""What may turn round what follows: "I will never stop calling ..."."""
_TURNING: Final = re.compile(
    r"\b(?:but|because|since|as|so|they|them|their|theirs|those|these|he|him|his|she|her|like|"
    r"should|must|shall|will|would|deserves?|are|allowed|not|die|dead|kill\w*|hang\w*|burn\w*|gas\w*|"
    r"ovens?|ropes?|swing\w*|shot|shoot\w*|right|true|truth|real|really)\b"
)
"""What may turn round what stands before it: "they called us ... but these are the real ones"."""


class _Sign(NamedTuple):
    """Words before an abusive word and after it that tell how it is meant."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    sense: Sense
    own: bool
    """Whether writers tell it of themselves, so that no "you" beside it makes it an attack."""


_SUFFERED: Final = (
    rf"(?!.*{_TURNING.pattern})"
    r"(?:$|(?:at|in|on|by|when|and|all|every|for|again|twice|once|here|often)\b)"
)
"""What may follow what was suffered: "... at school and it hurt"."""
_CLAIMED: Final = (
    r"(?!.*\b(?:they|them|die|kill|hang|gas|ovens?)\b)"
    r"(?:$|,|(?:if|and|all|in|but|instead|i|so|doesn|as|the)\b)"
)
"""What may follow what writers call themselves."""


def _sign(sense: Sense, before: str, after: str, *, own: bool = False) -> _Sign:
    words = f"(?:{before}) " if before else ""
    return _Sign(re.compile(rf"(?P<rest>(?:.* )?){words}"), re.compile(after), sense, own)


@cache
def _signs() -> tuple[_Sign, ...]:
    """In the order in which they are looked for; compiled for the first who needs them."""
    return (
        # Claimed: "I call myself a ...", "we are proud ...", "love to all my ...".
        _sign(Sense.NOT_USED, rf"{_CALLING} (?:myself|ourselves){_A}", _CLAIMED, own=True),
        _sign(
            Sense.NOT_USED,
            "(?:i am|i m|im)(?: still| just)? an?(?: proud)?|"
            "(?:we are|we re)(?: all| both| still)?(?: proud)?|proud (?:to be|of being)(?: an?)?",
            r"$|and proud(?: of (?:it|that|stating that fact))?$|and you know it$",
            own=True,
        ),
        _sign(
            Sense.NOT_USED,
            rf"(?:love|pride|shout ?out|here s|heres) (?:out )?to{_MINE} (?:my|our){_MINE}",
            "$",
        ),
        # Told as suffered: "they called me a ...", "we were called ...".
        _sign(Sense.NOT_USED, rf"{_CALLING} (?:me|us){_A}", _SUFFERED, own=True),
        _sign(
            Sense.NOT_USED,
            r"(?:i|we) (?:(?:was|were|am|m|are|re|got|get|have|ve|had|also|often|always|even|just|"
            rf"constantly|repeatedly|been|being) )+called{_A}",
            _SUFFERED,
            own=True,
        ),
        # Objected to: "it's not okay to call people ...", "stop calling people ...".
        _sign(
            Sense.NOT_USED,
            rf"(?:{_NOT_FINE}|(?:is|s|was|how) {_WRONG}){_FOR} "
            rf"(?:{_CALLING}{_SOMEBODY}|called){_A}",
            "$",
        ),
        _sign(
            Sense.NOT_USED,
            rf"(?:nobody|no one) (?:should|deserves to) (?:ever )?be called{_A}",
            "$",
        ),
        _sign(Sense.NOT_USED, rf"stop calling{_SOMEBODY}{_A}", "$"),
        _sign(Sense.NOT_USED, rf"calling{_SOMEBODY}{_A}", rf"(?:is|was) (?:{_WRONG}|{_NOT_FINE})$"),
        # Named: "... is a racist word".
        _sign(
            Sense.NOT_USED,
            "",
            r"(?:is|was) (?:(?:an?|racist|racial|homophobic|old|nasty) ){0,3}slurs?$",
        ),
        _sign(Sense.NOT_USED, "", rf"(?:is|was) an? {_WRONG} (?:word|term)$"),
    )


_ANYBODY: Final = "(?: people| anyone| anybody| someone| somebody| others| each other)"
_HINTS: Final = re.compile(
    "(?:.* )?(?:"
    "(?:dont|don t|never|not|stop|can t|cant|shouldn t) (?:ever )?(?:"
    rf"call(?:ing)?{_ANYBODY}{_A}|(?:say|saying|use|using|write|writing|print)(?: the(?: word)?)?)|"
    rf"{_CALLING} (?:me|us|myself|ourselves){_A}|be called{_A}) "
)
"""What is told, or asked, of somebody though it be "you": "please don't say ..."."""
_SPEAKING: Final = re.compile(
    r"\b(?:call(?:ed|ing|s)?|sa(?:y|ys|id|ying)|sang|sing|chant(?:s|ed|ing)?|shout(?:s|ed|ing)?|"
    r"yell(?:s|ed|ing)?|scream(?:s|ed|ing)?|writ(?:e|es|ing|ten)|wrote|post(?:s|ed|ing)?|"
    r"tweet(?:s|ed|ing)?|texts?|texted|reads?|reading|painted|sprayed|graffiti|spel(?:led|t)|"
    r"slurs?|messages?|letters?|voicemail|lyrics?|titled?|autobiography|novel|term|insults?|"
    r"(?:the|this|that|n) word|mocked|taunted|told to|stands for|published|used)\b"
)
_SPEAKERS: Final = re.compile(
    r"\b(?:i|we) (?:\w+ )?(?:call|say|said|write|wrote|post|posted|use|tweet)\w*\b"
)
"""Writers who tell what they say themselves."""
_NAMED: Final = re.compile(r"(?:is|was) an? (?:\w+ ){0,3}(?:word|term|slur)\b|means\b|stands for\b")
_JUDGED_BEFORE: Final = re.compile(
    "(?:.* )?(?:no respect for|disgusted by) (?:people|anyone|those|someone|somebody) who "
    r"\w+(?: things)?(?: like)?"
)
_JUDGED_AFTER: Final = re.compile(
    "(?:, )?(?:(?:which|that|this) )?(?:"
    rf"(?:is|was) (?:{_WRONG}|not (?:okay|ok|acceptable|fine|right))|"
    rf"(?:shows?|showed|proves) how {_WRONG}(?: (?:he|she|they|it) (?:is|are|was|were))?)$"
)


def sense_of(match: Match, passage: Passage) -> Sense:
    """How an abusive word is meant: by what its sentence says around it."""
    if match.at < 0 or passage.field != "body":
        return Sense.USED
    text = passage.folded.text
    start, end = _sentence(text, match)
    first, last = bisect_left(passage.starts, match.at), bisect_left(passage.starts, match.until)
    before = [w for w in passage.words[max(0, first - MAX_AROUND) : first] if w[1] >= start]
    after = [w for w in passage.words[last : last + MAX_AROUND] if w[1] < end]
    opening, closing = _quotes(text, start, match, end)
    # What is quoted was said to others.
    outside = [w for w, at, _ in (*before, *after) if at < opening or at > closing]
    to_you = not TO_READER.isdisjoint(outside)
    said_before = "".join(f"{word} " for word in _spoken(before, text, match.at))
    said_after = " ".join(_spoken(after, text, end, match.until))
    asked = text[end : end + 1] == "?"
    for sign in _signs():
        if (sign.own or not to_you) and _fits(sign, said_before, said_after):
            return Sense.UNCLEAR if asked and not sign.own else sign.sense
    is_quoted = opening <= match.at
    if is_quoted and not to_you and _is_judged(text[start:opening], text[closing + 1 : end]):
        return Sense.NOT_USED
    return Sense.UNCLEAR if _is_told(said_before, said_after, to_you, is_quoted) else Sense.USED


def _fits(sign: _Sign, before: str, after: str) -> bool:
    if not sign.after.match(after):
        return False
    found = sign.before.fullmatch(before)
    if found is None:
        return False
    return sign.own or not _DOUBT.search(found["rest"])


def _is_told(before: str, after: str, to_you: bool, is_quoted: bool) -> bool:
    """Whether something hints at its being spoken of, so that a person should see."""
    if _HINTS.fullmatch(before):
        return True
    if _SPEAKERS.search(before):
        return False
    told = _SPEAKING.search(before) is not None
    if is_quoted:
        return told or not to_you
    return not to_you and (told or _NAMED.match(after) is not None)


def _quotes(text: str, start: int, match: Match, end: int) -> tuple[int, int]:
    """Where the quotation marks around it stand; both at the sentence's end without any."""
    if text.count('"', start, match.at) % 2 == 0:
        return end, end
    closing = text.find('"', match.until, end)
    return (end, end) if closing < 0 else (text.rindex('"', start, match.at), closing)


def _is_judged(before: str, after: str) -> bool:
    """Of what stands between two quotation marks: whether just that is said to be wrong."""
    before, after = (" ".join(_WORDS.findall(part)) for part in (before, after))
    if not after:
        return _JUDGED_BEFORE.fullmatch(before) is not None
    spoken = _SPEAKING.search(before) is not None and not _SPEAKERS.search(before)
    return spoken and _JUDGED_AFTER.match(after) is not None


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
