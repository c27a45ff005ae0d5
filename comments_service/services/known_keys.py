"""Whose database it is: a process with none of the secret keys that it was used with is refused.

With other keys nothing fails at once: sessions end, forms are refused, bans by address miss, and
one-time codes cannot be read, each for a reason of its own and some of it for good. So the database
knows its keys by fingerprints. What the keys are for is in `keys`; this file decides who may begin.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.config import KEY_FILE, PREFIX, Settings
from comments_service.domain.errors import CommentsError
from comments_service.services.keys import fingerprint_of
from comments_service.storage import read, write
from comments_service.storage.queries.fingerprints import (
    add_fingerprints,
    forget_fingerprints,
    known_fingerprints,
    lock_fingerprints,
)

_SHOWN: Final = 8
"""Characters of a fingerprint that people are told: enough to tell a handful apart."""


class ForeignKeys(CommentsError):
    """The database was used with other secret keys; the sentence says what to do."""


class KnownKey(Struct, frozen=True):
    """A secret key, by its fingerprint as people are told it."""

    shown: str
    since: datetime | None
    """None: the database does not know it."""
    is_here: bool
    """Whether this process has it."""


def own_fingerprints(settings: Settings) -> tuple[str, ...]:
    """Of this process's keys, the newest first, each once."""
    return tuple(dict.fromkeys(map(fingerprint_of, settings.secret_keys)))


def why_foreign(settings: Settings, known: Collection[str]) -> str | None:
    """Why this process must not use a database that knows these; None where it may.

    One key in common is enough, so that keys can be changed while several machines serve. A
    database that knows none yet is anybody's.
    """
    own = own_fingerprints(settings)
    if not known or not set(own).isdisjoint(known):
        return None
    return (
        f"The database was used with other secret keys than this process has: it knows "
        f"{_listed(known)}, and here is {_listed(own)}. Put back those it was used with, in "
        f"{settings.home / KEY_FILE} or {PREFIX}SECRET_KEYS; where they are lost, "
        "`comments-service keys adopt` says what is lost with them, and takes these."
    )


def _listed(fingerprints: Collection[str]) -> str:
    return " and ".join(sorted(each[:_SHOWN] for each in fingerprints))


def make_known(settings: Settings, now: datetime) -> None:
    """Have the database know all of this process's keys: the first ones, or a new one beside them.

    Raises:
        ForeignKeys: it knows others, and none of these.
    """
    own = own_fingerprints(settings)
    with read() as conn:
        if known_fingerprints(conn).keys() >= set(own):
            return

    def add(conn: Connection) -> None:
        # Of two that begin at the same time with different keys, one is refused.
        lock_fingerprints(conn)
        known = known_fingerprints(conn)
        why = why_foreign(settings, known)
        if why is not None:
            raise ForeignKeys(why)
        add_fingerprints(conn, [each for each in own if each not in known], now)

    write(add)


def list_keys(settings: Settings) -> list[KnownKey]:
    """The keys that the database knows, the oldest first, then those that only this process has."""
    own = own_fingerprints(settings)
    with read() as conn:
        known = known_fingerprints(conn)
    found = [KnownKey(each[:_SHOWN], since, each in own) for each, since in known.items()]
    return found + [KnownKey(each[:_SHOWN], None, True) for each in own if each not in known]


def adopt(settings: Settings, now: datetime) -> int:
    """From now on the database is used with this process's keys alone; how many it forgot."""
    own = own_fingerprints(settings)

    def work(conn: Connection) -> int:
        lock_fingerprints(conn)
        forgotten = forget_fingerprints(conn, but=own)
        known = known_fingerprints(conn)
        add_fingerprints(conn, [each for each in own if each not in known], now)
        return forgotten

    return write(work)
