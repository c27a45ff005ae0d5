"""Aim: whether a word is said to the reader it answers ("you are such an idiot", "du Depp").

A question of the neighbouring words only; which words matter is the lexicon's.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from comments_service.text.match import Match
from comments_service.text.reading import Passage, Word

MAX_BETWEEN: Final = 6
"""Words between "you" and the word it is aimed with."""

YOU: Final = frozenset("you u ya ye yall yous youse youre ur thou yourself urself".split())
TO_READER: Final = YOU | {"your", "yours", "thy"}
"""Words of whoever speaks to the reader at all."""
_YOUR_A: Final = frozenset(("a", "an", "such", "just", "nothing", "so", "being", "all"))
_BETWEEN: Final = frozenset(
    """
    are r re is were was be being been am m ain aint a an the such so just really very truly too
    real one big little old young fat damn damned dumb stupid fucking fuckin effing freaking bloody
    goddamn complete completely total totally absolute absolutely utter utterly sick silly pathetic
    ignorant arrogant lying dirty filthy ugly worthless racist liberal conservative leftist white
    black lazy poor sad miserable disgusting must sound sounds look looks act acting seem like
    bunch of all people guys lot pack nothing but more most obviously clearly still always both
    """.split()  # Adjectives of abuse pile up: "you stupid, lying, ..."
)


_YOU_ELSEWHERE: Final = {
    "de": frozenset("du dich dir ihr euch sie bist seid".split()),
    "es": frozenset("tu eres vos sos usted ustedes vosotros sois so".split()),
    "fr": frozenset("tu t toi vous es etes espece".split()),
    "it": frozenset("tu sei voi siete ti te vi lei".split()),
    "pt": frozenset("tu es voce voces vc vcs seu sua seus suas vos".split()),
    "ru": frozenset("ты вы тебя вас тебе вам".split()),
    "uk": frozenset("ти ви тебе вас тоби вам".split()),
    "el": frozenset("εισαι εισαστε εισ σε ρε βρε μωρη".split()),
}
_BETWEEN_ELSEWHERE: Final = 3
"""Words between "you" and the word it is aimed with, in languages other than English."""


def is_aimed(match: Match, passage: Passage, language: str = "en") -> bool:
    """True when "you" leads up to the word, or "you are" follows it, within one sentence."""
    if match.at < 0:
        return False
    words, text, starts = passage.words, passage.folded.text, passage.starts
    if language != "en":
        return _is_beside(match, passage, _YOU_ELSEWHERE.get(language, frozenset()))
    first = max(0, bisect_right(starts, match.at) - 1)
    if _is_led_up_to(words, first, text):
        return True
    after = bisect_left(starts, match.until)
    follows = tuple(word for word, _, _ in words[after : after + 2])
    return follows in (("you", "are"), ("u", "r"), ("you", "re")) and not _breaks(
        text, match.until, starts[after]
    )


def _is_beside(match: Match, passage: Passage, you: frozenset[str]) -> bool:
    words, text = passage.words, passage.folded.text
    first = max(0, bisect_right(passage.starts, match.at) - 1)
    for word, _, end in words[max(0, first - 1 - _BETWEEN_ELSEWHERE) : first]:
        if word in you and not _breaks(text, end, match.at):
            return True
    after = bisect_left(passage.starts, match.until)
    return any(
        word in you and not _breaks(text, match.until, start)
        for word, start, _ in words[after : after + 1]
    )


def _is_led_up_to(words: Sequence[Word], first: int, text: str) -> bool:
    for i in range(first - 1, max(-1, first - 2 - MAX_BETWEEN), -1):
        word, _, end = words[i]
        if _breaks(text, end, words[i + 1][1]):
            return False
        if word in YOU:
            return True
        if word == "your":
            # "your a moron" is a spelling mistake, "your mad brother" is not aimed.
            return words[i + 1][0] in _YOUR_A
        if word not in _BETWEEN:
            return False
    return False


def _breaks(text: str, start: int, end: int) -> bool:
    return any(char in ".!?;\n" for char in text[start:end])
