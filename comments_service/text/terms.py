"""Terms: what may be an entry of a word list, and when two of them are the same.

Whoever writes a list may write anything into it. What could be found nowhere or everywhere, or
would cost more than it says, is refused here in a sentence, before anything is compiled of it.
"""

import re
import unicodedata
from typing import Final

from comments_service.domain.words import MAX_TERM
from comments_service.text.fold import fold
from comments_service.text.match import UNSPACED

MAX_WORDS: Final = 10
"""Words of a phrase. A reader's text is read on from every word as far as a phrase goes."""
MIN_PART: Final = 3
"""Letters of a part: with two, `*as*`, most comments would hold it."""
_SHOWN: Final = 20
_WORD: Final = re.compile(r"[^\W_]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What makes text run the other way: an entry would read otherwise than it is found."""


class BadTerm(ValueError):
    """The term cannot be an entry; the message is for who wrote it."""


def tidy_term(written: str) -> str:
    """A term as it is kept and shown: single spaces, composed accents.

    Raises:
        BadTerm: saying what is wrong, quoting little of a long one.
    """
    if len(written) > MAX_TERM:
        # Nothing else is done with it: it may be of any length.
        raise BadTerm(f"{written[:_SHOWN]!r}…: a word or phrase has at most {MAX_TERM} characters.")
    if _SURROGATE.search(written):
        raise BadTerm("It holds half a character, as a broken program may write one.")
    term = unicodedata.normalize("NFC", " ".join(written.split()))
    if _CONTROL.search(term):
        raise BadTerm("It holds control characters.")
    if _TURNING.search(term):
        raise BadTerm("It holds characters that turn the direction of text.")
    if len(term) > MAX_TERM:
        raise BadTerm(f"A word or phrase has at most {MAX_TERM} characters.")
    if not term:
        raise BadTerm("Please write a word or phrase.")
    _require_findable(term)
    return term


def key_of(term: str) -> str:
    """What a term is known by: folded, its stars kept. Two terms with one key find the same."""
    begins, ends = _stars(term)
    return "*" * begins + _inner(term) + "*" * ends


def _require_findable(term: str) -> None:
    begins, ends = _stars(term)
    if "*" in term[begins : len(term) - ends]:
        raise BadTerm(f"{term!r}: a star counts only at the beginning or at the end.")
    text = _inner(term)
    words = _WORD.findall(text)
    if not words and not (_is_symbol(text) and not begins and not ends):
        raise BadTerm(f"{term!r} has no letters that could be found.")
    if len(words) > MAX_WORDS:
        raise BadTerm(f"A phrase has at most {MAX_WORDS} words.")
    if UNSPACED.search(text):
        return
    letters = sum(map(len, words))
    if (begins or ends) and letters < MIN_PART:
        raise BadTerm(f"{term!r}: a part has at least {MIN_PART} letters, or it is everywhere.")
    if words == [text] and letters == 1:
        raise BadTerm(f"{term!r}: a single letter is in most comments.")


def _stars(term: str) -> tuple[bool, bool]:
    return term.startswith("*"), len(term) > 1 and term.endswith("*")


def _inner(term: str) -> str:
    begins, ends = _stars(term)
    return " ".join(fold(term[begins : len(term) - ends]).text.split())


def _is_symbol(text: str) -> bool:
    """True of emoji and other pictures; plain punctuation is in every comment."""
    return any(not c.isascii() and unicodedata.category(c).startswith("S") for c in text)
