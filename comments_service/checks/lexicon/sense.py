"""Sense: whether a slur is spoken of, objected to or claimed rather than used, in English.

"Stop calling people that" and "we are proud ..." hold a slur and insult nobody. Only the sentence
around the word is asked; whoever writes to somebody ("you ...") is never excused.
"""

import re
from bisect import bisect_left, bisect_right
from typing import Final

from comments_service.text.match import Match
from comments_service.text.reading import Passage

MAX_BEFORE: Final = 7
"""Words before a slur that can tell how it is meant."""
MAX_AFTER: Final = 5
"""Words after a slur that can tell it is spoken of as a word."""
MAX_AROUND: Final = 300
"""Characters on either side within which its sentence is looked for."""
_SENTENCE: Final = re.compile(r"[.!?;\n]+(?=\s|$)")

# Somebody is said to call or to have called people so.
_CALLING: Final = frozenset("calling call called calls term word slur slurs jokes joke".split())
# The writer, or those the writer belongs to; and what may stand between that and the slur.
_OWN: Final = frozenset("my our us we myself ourselves fellow".split())
_BETWEEN: Final = frozenset(
    "a an proud fellow beautiful lovely real little big fat old all".split()
)
_I_AM: Final = frozenset([("i", "am"), ("i", "m"), ("we", "are"), ("we", "re"), ("proud", "be")])
# A word about words, as in "the word ..." and "... is a slur".
_NAMING: Final = frozenset("word words term terms slur slurs".split())
_BEING: Final = frozenset("is are was were remains".split())
_ONE_OF: Final = frozenset("a an".split())
_SUFFERED: Final = frozenset("was were am been being got get getting".split())
_ARTICLES: Final = frozenset("a an the".split())
_US: Final = frozenset("me us".split())
_CALLS: Final = frozenset("call called calling calls".split())
_SAYING: Final = frozenset(
    """
    say says said saying write writes wrote writing statement statements things thing believe post
    posts tweet tweets comments comment like typical use using used uses
    """.split()
)
_OBJECTING: Final = frozenset(
    """
    not never stop stopped wrong okay ok bigot bigoted bigotry racist racism sexist hateful hate
    homophobic homophobe homophobes transphobic hurtful offensive unacceptable disrespectful
    dehumanising dehumanizing awful horrible respect shows banned ban ignorant abuse harassment
    discrimination no nobody unkind cruel appalling shame shameful sad
    """.split()
)


def is_not_used(match: Match, passage: Passage) -> bool:
    """True when the slur is quoted to object to it, named as a word, or the writer's own name."""
    if match.at < 0:
        return False
    words, starts = passage.words, passage.starts
    start, end = _sentence(passage.folded.text, match)
    first = bisect_left(starts, match.at)
    before = [word for word, at, _ in words[max(0, first - MAX_BEFORE) : first] if at >= start]
    if _is_claimed(before) or _is_reported(before) or _is_named(before, _after(match, passage)):
        return True
    around = {
        word
        for word, at, _ in words[bisect_left(starts, start) : bisect_right(starts, end)]
        if not match.at <= at < match.until
    }
    if around.isdisjoint(_OBJECTING):
        return False
    if not _CALLING.isdisjoint(before):
        return True
    quoted = passage.folded.text.count('"', start, match.at) % 2 == 1
    return quoted and not around.isdisjoint(_SAYING)


def _after(match: Match, passage: Passage) -> list[str]:
    last = bisect_left(passage.starts, match.until)
    return [word for word, _, _ in passage.words[last : last + MAX_AFTER]]


def _is_reported(before: list[str]) -> bool:
    """Whether it is told what somebody was called: "they called me a ...", "we were called ..."."""
    rest = before[:-1] if before and before[-1] in _ARTICLES else before
    if len(rest) < 2:
        return False
    return (rest[-1] in _US and rest[-2] in _CALLS) or (
        rest[-1] == "called" and rest[-2] in _SUFFERED
    )


def _is_named(before: list[str], after: list[str]) -> bool:
    """Whether it is spoken of as a word: "the word ...", "... is a slur"."""
    if before and before[-1] in _NAMING:
        return True
    if len(after) < 2 or after[0] not in _BEING:
        return False
    return after[1] in _NAMING or (after[1] in _ONE_OF and not _NAMING.isdisjoint(after))


def _sentence(text: str, match: Match) -> tuple[int, int]:
    least, most = max(0, match.at - MAX_AROUND), match.until + MAX_AROUND
    start = max((m.end() for m in _SENTENCE.finditer(text, least, match.at)), default=least)
    after = _SENTENCE.search(text, match.until, most)
    return start, after.start() if after else min(most, len(text))


def _is_claimed(before: list[str]) -> bool:
    """Whether writers speak of themselves: "my ...", "we are proud ...", "proud to be a ..."."""
    rest = list(before)
    while rest and rest[-1] in _BETWEEN:
        rest.pop()
    if not rest:
        return False
    pair = tuple(w for w in rest[-3:] if w != "to")[-2:]
    return rest[-1] in _OWN or pair in _I_AM
