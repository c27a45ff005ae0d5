"""The lexicon: words and phrases with how severe each is and what kind of trouble it means.

The better-profanity package's list is the seed; the judgement is ours, one line an entry in
`<language>.tsv`, made by hand. Nothing here looks at a comment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from better_profanity import Profanity

from comments_service.domain.verdict import Category
from comments_service.text.match import Matcher

UNJUDGED: Final = 0.5
"""Severity of a seed entry that our file does not name, as a newer package may have."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the lexicon says of one word or phrase."""

    severity: float
    """0 (harmless) to 1. A harmless phrase excuses the words inside it: "spic and span"."""
    category: Category
    aimed: float
    """Severity when it is said to somebody: "idiot" in "you idiot"; at least `severity`."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's entries, compiled."""

    entries: Mapping[str, Entry]
    matcher: Matcher


@cache
def load(language: str = "en") -> Lexicon:
    """Read a language's files; once in a process, at the first comment that needs them."""
    entries = {
        word: Entry(UNJUDGED, Category.PROFANITY, UNJUDGED) for word in _seed() if language == "en"
    }
    entries.update(map(_entry, _lines(f"{language}.tsv")))
    worst_first = sorted(entries, key=lambda term: -entries[term].severity)
    return Lexicon(entries, Matcher(worst_first, _lines(f"{language}.ordinary.txt")))


def _seed() -> list[str]:
    # Only the list is used. The package's own search takes a second for a long comment.
    return [str(word).strip() for word in Profanity().CENSOR_WORDSET]


def _lines(name: str) -> Iterator[str]:
    text = (files(__name__) / name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _entry(line: str) -> tuple[str, Entry]:
    term, severity, category, *aimed = line.split("\t")
    least = float(severity)
    return term, Entry(least, Category(category), max(least, float(aimed[0])) if aimed else least)
