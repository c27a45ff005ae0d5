"""Words: does the comment hold a word or phrase that the site has blocked?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.fold import fold
from comments_service.text.match import Matcher
from comments_service.text.reading import Passage, Reading

MAX_WORDS: Final = 2_000
"""Entries of a site's list."""
MAX_LENGTH: Final = 100
"""Characters of one entry."""

_COMPILED: Final = 16
"""Sites whose compiled lists are kept in a process; a full list takes about a megabyte."""
_MAX_NAMED: Final = 3
"""Found texts that a reason repeats."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The site's own list."""

    words: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LENGTH)], ...],
        msgspec.Meta(max_length=MAX_WORDS),
    ] = ()
    """Words and phrases; a star at an end stands for any letters, as in `casino*`."""
    category: Literal["profanity", "insult"] = "profanity"
    """What kind of trouble they are."""

    def __post_init__(self) -> None:
        """Refuse entries that would match everything or nothing."""
        for word in self.words:
            inner = word.strip("*")
            if not any(c.isalnum() for c in fold(inner).text):
                raise ValueError(f"The entry {word!r} has no letters")
            if "*" in inner:
                raise ValueError(f"The entry {word!r} has a star inside: only at an end it counts")


def examine(reading: Reading, _facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding for each field that holds something of the list, disguised or not."""
    if not settings.words:
        return ()
    matcher = _compiled(settings.words)
    findings = (_finding(matcher, passage, settings) for passage in reading.passages)
    return [finding for finding in findings if finding is not None]


@lru_cache(maxsize=_COMPILED)
def _compiled(words: tuple[str, ...]) -> Matcher:
    return Matcher(words)


def _finding(matcher: Matcher, passage: Passage, settings: Settings) -> Finding | None:
    matches = matcher.find(passage)
    if not matches:
        return None
    terms = list(dict.fromkeys(match.term for match in matches))
    return Finding(
        signal=Signal.BAD,
        score=1.0,
        reason="blocked",
        category=Category(settings.category),
        spans=tuple((match.start, match.end) for match in matches),
        field=passage.field,
        values={"found": ", ".join(f"'{term}'" for term in terms[:_MAX_NAMED])},
    )


check = Check(
    name="words",
    version=1,
    summary="Does the comment or the name hold a word or phrase that this site has blocked?",
    reasons={"blocked": "This site blocks {found}."},
    to_commenter={"blocked": "This is not published here."},
    examine=examine,
    settings_type=Settings,
)
