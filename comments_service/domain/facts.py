"""Facts: everything a check may know about history, loaded before any check runs.

A check gets no database and no clock. What it needs to know of the past stands here, bounded in
size by the service that loads it.
"""

from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct

from comments_service.domain.comment import Status
from comments_service.domain.words import NO_WORDS, WordList


class Earlier(Struct, frozen=True):
    """One earlier comment on the same site, as far as repeats and floods need to know it."""

    created_at: datetime
    fingerprint: str
    """`text.fold.fingerprint` of its body: equal for texts that differ only in disguise."""
    same_commenter: bool
    same_address: bool
    same_thread: bool


class History(Struct, frozen=True):
    """What a commenter's past on this site says about trust; all zero for a stranger."""

    has_key: bool = False
    approved_by_person: int = 0
    """Comments now approved whose approval a person gave (not policy)."""
    last_statuses: tuple[Status, ...] = ()
    """The last five comments' statuses, newest first."""


class Taught(Protocol):
    """What a site's decisions taught about one text; see `checks.learning.memory`."""

    @property
    def lessons(self) -> int:
        """Decisions of persons it comes from."""


class Facts(Struct, frozen=True):
    """The past, at one moment."""

    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    history: History = History()
    earlier: tuple[Earlier, ...] = ()
    """Newest first; at most 50, none older than a day."""
    site_hosts: frozenset[str] = frozenset()
    """Host names of the site's own origins: links to them are not outside links."""
    site_name: str = ""
    """The site's name, as its readers know it."""
    words: WordList = NO_WORDS
    """The site's own words: what it blocks, and what it calls harmless."""
    taught: Taught | None = None
    """None where nothing can have been taught, or nobody asked."""

    def copies_of(self, fingerprint: str) -> int:
        """How many of the earlier comments say the same."""
        return sum(earlier.fingerprint == fingerprint for earlier in self.earlier)


NO_HISTORY = Facts()
"""What checks see where there is no history, as in `comments-service check`."""
