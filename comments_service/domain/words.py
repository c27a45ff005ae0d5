"""Words: a site's own list, as the checks are given it.

What may be an entry is a question of `text/terms.py`; what an entry does, of the checks.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from comments_service.domain.verdict import Category

MAX_ENTRIES: Final = 5_000
"""Entries of one site's list. A block list of 65,000 terms flagged 5 % of clean comments."""
MAX_TERM: Final = 100
"""Characters of one entry."""
MAX_NOTE: Final = 200
"""Characters of the note beside an entry."""

LEVELS: Final[Mapping[str, float]] = {
    "harmless": 0.0,
    "mild": 0.3,
    "hold": 0.6,
    "refuse": 1.0,
}
"""Severities that have a name: excused everywhere, counts beside others, waits, is refused."""
CATEGORIES: Final = tuple(c for c in Category if c not in (Category.SPAM, Category.MANNER))
"""The kinds of trouble a word can be."""


class SiteWord(Struct, frozen=True):
    """One entry: `term` may begin and end with a star, and is shown as the site wrote it."""

    term: str
    severity: float
    category: Category = Category.PROFANITY
    note: str = ""


class WordList(Struct, frozen=True, eq=False):
    """A site's list at one moment; it is itself, so that what is compiled of it can be kept."""

    words: tuple[SiteWord, ...] = ()


NO_WORDS: Final = WordList()
"""The list of a site that has none."""


def level_of(severity: float) -> str:
    """The name nearest below; what is not 0 is mild at least."""
    if 0 < severity < LEVELS["mild"]:
        return "mild"
    return [name for name, least in LEVELS.items() if severity >= least][-1]
