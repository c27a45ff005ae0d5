"""Names: does the author's name imitate the people who run the site, or the site itself?"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from comments_service.domain.comment import MAX_NAME
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.fold import fold
from comments_service.text.match import Match, Matcher
from comments_service.text.reading import Passage, Reading

MAX_NAMES: Final = 200
"""Entries of each of the two lists."""

_Names = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)], ...],
    msgspec.Meta(max_length=MAX_NAMES),
]
_COMPILED: Final = 16
"""Sites whose compiled lists are kept in a process."""
_TITLES: Final = (
    *("admin", "admins", "administrator", "administrators", "administration", "sysadmin"),
    *("moderator", "moderators", "webmaster", "moderador", "moderadora", "modérateur"),
    *("modératrice", "moderatore", "moderatrice", "administrador", "administradora"),
    *("administrateur", "amministratore", "админ", "администратор", "модератор"),
)
_OFFICES: Final = (
    *("mod", "mods", "mod team", "staff", "support", "help desk", "official", "system"),
    *("editor", "editors", "editorial board", "newsroom", "redaktion", "redaction", "redazione"),
    *("redacción", "redação", "rédaction", "редакция", "редактор", "verified"),
)
_BESIDE: Final = frozenset("the our your a site team of de la le el der die das".split())
"""Words that make no other name out of a reserved one: "the staff team"."""
_BADGES: Final = re.compile("[\u2611\u2705\u2713\u2714\U0001f5f8\U0001f6e1]")
"""Ticks and shields: beside a name readers take them for the service's own sign."""
_SHORTEST: Final = 3
"""Letters of a site's name below which it is anybody's."""


class Settings(Struct, frozen=True):
    """Whose names nobody else may carry."""

    titles: _Names = _TITLES
    """Words that make a name suspect wherever in it they stand: "Anna, moderator"."""
    names: _Names = _OFFICES
    """Names that are suspect as a whole; with other words beside them they are somebody's own."""
    site_name: bool = True
    """Whether the site's own name is one of them."""

    def __post_init__(self) -> None:
        """Refuse entries that would match nothing, or everything."""
        for entry in (*self.titles, *self.names):
            if "*" in entry or not any(c.isalnum() for c in fold(entry).text):
                raise ValueError(f"The entry {entry!r} must be words, without a star")


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """A finding where the name is or holds a reserved one, disguised or not; one for a badge."""
    return [*_reserved(reading, facts, settings), *_badge(reading.author_name)]


def _badge(passage: Passage) -> Iterator[Finding]:
    if passage.original.isascii():
        return
    places = tuple(m.span() for m in _BADGES.finditer(passage.original))
    if places:
        yield Finding(
            signal=Signal.SUSPECT,
            score=0.5,
            reason="badge",
            category=Category.SPAM,
            spans=places,
            field="author_name",
        )


def _reserved(reading: Reading, facts: Facts, settings: Settings) -> Iterator[Finding]:
    passage = reading.author_name
    found = _compiled(settings.titles).find(passage)
    reserved = settings.names + (_own_names(facts.site_name) if settings.site_name else ())
    found += [m for m in _compiled(reserved).find(passage) if _is_whole(m, passage)]
    if found:
        terms = dict.fromkeys(match.term for match in found)
        yield Finding(
            signal=Signal.SUSPECT,
            score=0.8,
            reason="reserved",
            category=Category.SPAM,
            spans=tuple(sorted({(match.start, match.end) for match in found})),
            field="author_name",
            values={"found": ", ".join(f"'{term}'" for term in terms)},
        )


@lru_cache(maxsize=_COMPILED)
def _compiled(entries: tuple[str, ...]) -> Matcher:
    return Matcher(entries)


@lru_cache(maxsize=_COMPILED)
def _own_names(site_name: str) -> tuple[str, ...]:
    """The site's name, and the same without its article."""
    name = site_name.replace("*", " ").strip()
    words = name.split()
    bare = " ".join(words[1:]) if words and words[0].lower() in _BESIDE else name
    known = dict.fromkeys((name, bare))
    return tuple(n for n in known if sum(c.isalnum() for c in fold(n).text) >= _SHORTEST)


def _is_whole(match: Match, passage: Passage) -> bool:
    """Whether nothing else of the name makes it another one."""
    return all(
        (match.at <= start and end <= match.until) or word in _BESIDE or word.isdigit()
        for word, start, end in passage.words
    )


check = Check(
    name="names",
    version=1,
    summary="Does the author's name imitate the site or the people who run it?",
    reasons={
        "reserved": "The name could be taken for the site's own people: {found}.",
        "badge": "The name carries a sign that readers take for a badge.",
    },
    examine=examine,
    settings_type=Settings,
)
