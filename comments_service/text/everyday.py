"""Everyday words: entries of a word list that nearly every comment of some language would hold.

They may be meant all the same ("die" is an article in German and a wish in English), so nothing is
refused here: it is told of which languages they are.
"""

from typing import Final

from comments_service.text.language import LANGUAGES, little_words
from comments_service.text.terms import key_of

SEVERAL: Final = 3
"""Little words of one language that hold a part, from which on it stands in most of its texts."""
_FEW: Final = 2
"""Words of a phrase: a longer one of little words alone is rare enough."""


def everyday_in(term: str) -> frozenset[str]:
    """The languages, by their codes, of which nearly every text holds the (tidy) term."""
    key = key_of(term)
    words = key.strip("*").split()
    if len(words) > _FEW:
        return frozenset()
    if len(words) == 1 and "*" in (key[0], key[-1]):
        return frozenset(code for code in LANGUAGES if _is_everywhere(key, little_words(code)))
    return frozenset(code for code in LANGUAGES if little_words(code).issuperset(words))


def _is_everywhere(part: str, little: frozenset[str]) -> bool:
    letters, begins, ends = part.strip("*"), part.startswith("*"), part.endswith("*")
    if letters in little:
        return True

    def holds(word: str) -> bool:
        if begins and ends:
            return letters in word
        return word.endswith(letters) if begins else word.startswith(letters)

    return sum(map(holds, little)) >= SEVERAL
