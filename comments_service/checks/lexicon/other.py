"""Other senses: what an abusive word of English means besides, and how its text shows that.

A litter and a breeder make a dog of it, capitals among small letters an abbreviation, a capital
before another a name. All these are hints: such a word holds a comment, and refuses none by itself.
Whoever speaks to the reader ("you ...") gets none of them.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from comments_service.checks.lexicon.aim import YOU
from comments_service.text.listed import read_list
from comments_service.text.match import Match
from comments_service.text.reading import Passage

_LIST: Final = "en.senses.txt"
_NAMES: Final = "Name"
"""Says in the list that a word is somebody's name, too."""
_TITLES: Final = "Title"
"""The same of titles of books, films and bands, which nobody is called."""
_LONGEST: Final = 5
"""Letters of an abbreviation."""
_SMALL: Final = re.compile(r"[a-z]{2}")
_NAME: Final = re.compile(r"[ -][A-Z][a-z]")
_BEGINS: Final = re.compile(r"(?:^|[.!?:\n\"'(])\s*$")


@cache
def load() -> Mapping[str, frozenset[str]]:
    """The words that show another sense, by each word that has one.

    Raises:
        OSError: there is no list.
        ValueError: the list is damaged, or has a line without both sides.
    """
    found: dict[str, frozenset[str]] = {}
    for line in read_list(files(__package__), _LIST):
        if line.startswith("#"):
            continue
        words, _, shown = line.partition(":")
        if not words.split() or not shown.split():
            raise ValueError(
                f"{_LIST}: {line!r} names no words, or nothing that shows their sense."
            )
        for word in words.split():
            found[word] = found.get(word, frozenset()) | frozenset(shown.split())
    return found


def may_mean_other(match: Match, passage: Passage) -> bool:
    """Whether something hints at another sense than the abusive one."""
    if match.at < 0:
        return False
    if not YOU.isdisjoint(passage.forms):
        return False
    word = passage.folded.text[match.at : match.until].split()[0]
    shown = load().get(word)
    if shown is None:
        return _is_abbreviation(match, passage)
    if not shown.isdisjoint(passage.forms):
        return True
    is_body = passage.field == "body"
    named = _NAMES in shown or (_TITLES in shown and is_body)
    return _is_abbreviation(match, passage) or (named and _is_name(match, passage))


def _is_abbreviation(match: Match, passage: Passage) -> bool:
    typed = passage.original[match.start : match.end]
    if len(typed) > _LONGEST or not typed.isupper():
        return False
    words = passage.words
    at = bisect_left(passage.starts, match.at)
    around = (*words[max(0, at - 1) : at], *words[at + 1 : at + 2])
    spans = [passage.folded.span(start, end) for _, start, end in around]
    return any(_SMALL.search(passage.original[a:b]) for a, b in spans)


def _is_name(match: Match, passage: Passage) -> bool:
    """A capital, not at a sentence's beginning, and a word with a capital beside it."""
    typed = passage.original[match.start : match.end]
    if not typed.istitle():
        return False
    if _NAME.match(passage.original, match.end):
        return True
    return not _BEGINS.search(passage.original, max(0, match.start - 3), match.start)
