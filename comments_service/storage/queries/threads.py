"""Threads as who writes and moderates knows them: found, locked, made, named, changed.

What readers ask of them stands beside the sites (`sites`): it is one question.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, String, bindparam, insert, select, update

from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.sites import tally_of
from comments_service.storage.tables import thread, thread_key
from comments_service.storage.tallies import PUBLISHED
from comments_service.storage.types import moment_or_none


class ThreadRow(Struct, frozen=True):
    """A thread with its two counts."""

    id: int
    url: str | None
    title: str | None
    title_verified: bool
    mode: str | None
    closed_at: datetime | None
    count: int
    pending_count: int

    @property
    def size(self) -> int:
        """Comments that are there to be read, or may come to be."""
        return self.count + self.pending_count


THREAD_COLUMNS: Final = (
    thread.c.id,
    thread.c.url,
    thread.c.title,
    thread.c.title_verified,
    thread.c.mode,
    thread.c.closed_at,
    tally_of("thread", thread.c.id, PUBLISHED).label("count"),
    tally_of("thread", thread.c.id, "pending").label("pending_count"),
)


def thread_row(row: Sequence[Any]) -> ThreadRow:
    """`THREAD_COLUMNS` as the driver has them, as a `ThreadRow`."""
    number, url, title, title_verified, mode, closed_at, count, pending = row
    closed = moment_or_none(closed_at)
    return ThreadRow(number, url, title, bool(title_verified), mode, closed, count, pending)


def _first(rows: Sequence[Sequence[Any]]) -> ThreadRow | None:
    return thread_row(rows[0]) if rows else None


_OF_SITE: Final = thread_key.c.site_id == bindparam("site_id", type_=BigInteger)
_THREAD_BY_KEY: Final = Prepared(
    select(*THREAD_COLUMNS)
    .join_from(thread_key, thread, thread.c.id == thread_key.c.thread_id)
    .where(_OF_SITE, thread_key.c.key == bindparam("key", type_=String))
)


def find_thread(conn: Connection, site_id: int, key: str) -> ThreadRow | None:
    """The thread of that name; None where nobody commented or set anything there yet."""
    return _first(_THREAD_BY_KEY.rows(conn, {"site_id": site_id, "key": key}))


_INSERT_THREAD: Final = Prepared(insert(thread))
_INSERT_THREAD_KEY: Final = Prepared(insert(thread_key))


def add_thread(conn: Connection, values: Mapping[str, Any], key: str) -> None:
    """A new thread and its first name."""
    _INSERT_THREAD.rows(conn, values)
    add_thread_key(conn, values["site_id"], key, values["id"])


def add_thread_key(conn: Connection, site_id: int, key: str, thread_id: int) -> None:
    """One more name of a thread."""
    values = {"site_id": site_id, "key": key, "thread_id": thread_id}
    _INSERT_THREAD_KEY.rows(conn, values)


_BY_ID: Final = select(*THREAD_COLUMNS).where(
    thread.c.id == bindparam("thread_id", type_=BigInteger),
    thread.c.site_id == bindparam("site_id", type_=BigInteger),
)
_THREAD_BY_ID: Final = Prepared(_BY_ID)
_LOCK_THREAD: Final = Prepared(_BY_ID.with_for_update(of=thread, key_share=True))


def find_thread_by_id(conn: Connection, site_id: int, thread_id: int) -> ThreadRow | None:
    """The thread of that id, on that site."""
    return _first(_THREAD_BY_ID.rows(conn, {"thread_id": thread_id, "site_id": site_id}))


def lock_thread(conn: Connection, site_id: int, thread_id: int) -> ThreadRow | None:
    """The thread of that site, kept from being closed or opened until the transaction ends."""
    return _first(_LOCK_THREAD.rows(conn, {"thread_id": thread_id, "site_id": site_id}))


def change_thread(conn: Connection, thread_id: int, values: Mapping[str, Any]) -> None:
    """New settings of a thread (mode, closed, title)."""
    conn.execute(update(thread).where(thread.c.id == thread_id).values(**values))


def keys_of_thread(conn: Connection, thread_id: int) -> list[str]:
    """Every name of a thread, the URLs first."""
    found = select(thread_key.c.key).where(thread_key.c.thread_id == thread_id)
    return list(conn.scalars(found.order_by(thread_key.c.key.desc())))
