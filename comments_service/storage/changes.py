"""What changed: a row for every thread that a transaction changed, read for whoever keeps answers.

Triggers write the rows (migration 0003), inside the transaction that changes what they are about.
Here one reader in each process reads them. Nothing here decides what is kept, or for how long.
"""

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from comments_service.domain.errors import Unavailable
from comments_service.storage.reach import reach_of

if TYPE_CHECKING:  # A process on SQLite loads no other database's driver.
    from psycopg import Connection

EVERYTHING: Final = 0
"""What a change is about that may concern every answer: a site made, changed or deleted."""
MOST: Final = 10_000
"""Changes worth telling one by one; whoever is further behind is told of everything."""
AWAY: Final = (DBAPIError, PoolTimeout, Unavailable, sqlite3.Error, OSError)
"""What a reader raises when the database cannot be asked."""


def page_name(site_id: int, key: str) -> str:
    """What a change says of a page, by its thread's key; migration 0003 says it, too."""
    return f"{site_id} {key}"


def about_page(page: str) -> int:
    """What stands for a page without a thread, until the change that gives it one.

    A negative number, which no thread's id is, from 62 bits of a hash: two pages that meet in it
    forget each other's answers once too often, and no more.
    """
    digest = blake2b(page.encode(errors="replace"), digest_size=8).digest()
    return -1 - (int.from_bytes(digest) >> 2)


def _about(thread_id: int | None, page: str | None) -> int:
    if thread_id is not None:
        return thread_id
    return EVERYTHING if page is None else about_page(page)


class Reader(Protocol):
    """Reads what changed, on a connection of its own; one thread at a time."""

    def changed(self) -> frozenset[int]:
        """What the changes since the last call are about.

        Raises:
            any of `AWAY`: the reader is of no more use, and what was kept may be old.
        """

    def close(self) -> None:
        """Leave the database."""


def open_reader(engine: Engine) -> Reader:
    """A reader that tells of changes from now on.

    `engine` is the one whose connections answers are made from: a replica learns of a change when
    it has it, and not before.

    Raises:
        any of `AWAY`
    """
    return SqliteReader(engine) if engine.dialect.name == "sqlite" else PostgresReader(engine)


def _own_connection(engine: Engine) -> Any:
    """A connection as the pool makes them, which the pool then forgets."""
    reach_of(engine).ask()
    try:
        pooled = engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error as problem:
        raise OperationalError("CONNECT", None, problem) from problem
    own = pooled.driver_connection
    pooled.detach()
    return own


NOTHING: Final[frozenset[int]] = frozenset()
_ALL: Final = frozenset({EVERYTHING})


class SqliteReader:
    """On SQLite transactions commit in the order of their rows' numbers, which are never reused."""

    def __init__(self, engine: Engine) -> None:
        self._path = Path(engine.url.database or "")
        self._db: sqlite3.Connection = _own_connection(engine)
        try:
            self._inode = self._path.stat().st_ino
            self._version = self._data_version()
            (self._last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM change").fetchone()
        except AWAY:
            self.close()
            raise

    def changed(self) -> frozenset[int]:
        """See `Reader`. Without any commit by anybody else, one PRAGMA (3.5 us) tells so."""
        if self._path.stat().st_ino != self._inode:
            raise sqlite3.OperationalError("another file is in the database's place")
        # Asked before the rows: what commits in between is looked at again the next time.
        version = self._data_version()
        if version == self._version:
            return NOTHING
        statement = "SELECT id, thread_id, page FROM change WHERE id > ? ORDER BY id LIMIT ?"
        rows: list[Any] = self._db.execute(statement, (self._last, MOST)).fetchall()
        if len(rows) == MOST:
            statement = "SELECT max(id), NULL, NULL FROM change"
            rows = self._db.execute(statement).fetchall()
        self._version = version
        if rows:
            self._last = rows[-1][0]
        return frozenset(_about(thread_id, page) for _, thread_id, page in rows)

    def _data_version(self) -> int:
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        return version

    def close(self) -> None:
        """See `Reader`."""
        self._db.close()


class _Snapshot(NamedTuple):
    """Which transactions a look could see: those below `end`, but for the running ones."""

    oldest: int
    end: int
    running: tuple[int, ...]
    is_replica: bool

    @property
    def unseen(self) -> tuple[int, tuple[int, ...]]:
        """What a later look may see and this one could not: from a number on, and these below it.

        A replica does not tell which run, only which one is the oldest.
        """
        return (self.oldest, ()) if self.is_replica else (self.end, self.running)


def _snapshot(told: str, is_replica: bool) -> _Snapshot:
    """As PostgreSQL writes it: oldest, end and the running ones, `10:20:10,14,15`."""
    oldest, end, running = told.split(":")
    numbers = tuple(int(number) for number in running.split(",") if number)
    return _Snapshot(int(oldest), int(end), numbers, is_replica)


class PostgresReader:
    """On PostgreSQL a transaction that took its number earlier may commit later.

    So a look asks for the rows of all transactions that the look before could not see: those that
    ran then, and those that had not begun. One that runs for hours, and be it in another database
    of the server, keeps no more than its own rows waiting. On a replica it does more: there all
    that is younger than the oldest is asked for again, until that has ended.
    """

    _LOOK: Final = """
        SELECT told.told, told.is_replica, change.id, change.thread_id, change.page
        FROM (SELECT pg_current_snapshot()::text AS told, pg_is_in_recovery() AS is_replica) AS told
        LEFT JOIN (
            SELECT * FROM change WHERE txid >= %s OR txid = ANY(%s::bigint[]) LIMIT %s
        ) AS change ON true
    """

    def __init__(self, engine: Engine) -> None:
        self._db: Connection[tuple[Any, ...]] = _own_connection(engine)
        self._error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._seen: frozenset[int] = NOTHING
        try:
            # The first look only learns where to begin: 2 to the 62nd is no transaction's number.
            self._last, _ = self._look((1 << 62, ()))
            self.changed()
        except AWAY:
            self.close()
            raise

    def changed(self) -> frozenset[int]:
        """See `Reader`. One statement, so that rows and snapshot are of one moment."""
        before = self._last
        self._last, rows = self._look(before.unseen)
        knows_less = self._last.oldest < before.oldest or self._last.end < before.end
        if knows_less or len(rows) == MOST:
            # Another server answers, which knows less; or there is more than can be told.
            self._seen = NOTHING
            return _ALL
        new = [row for row in rows if row[0] not in self._seen]
        self._seen = frozenset(row[0] for row in rows)
        return frozenset(_about(thread_id, page) for _, thread_id, page in new)

    def _look(
        self, unseen: tuple[int, tuple[int, ...]]
    ) -> tuple[_Snapshot, Sequence[tuple[Any, ...]]]:
        floor, running = unseen
        rows = self._rows((floor, list(running), MOST))
        return _snapshot(*rows[0][:2]), [row[2:] for row in rows if row[2] is not None]

    def _rows(self, values: tuple[int, list[int], int]) -> Sequence[tuple[Any, ...]]:
        try:
            if not self._db.autocommit:
                self._db.autocommit = True
            return self._db.execute(self._LOOK, values).fetchall()
        except self._error as problem:
            raise OperationalError(self._LOOK, None, problem) from problem

    def close(self) -> None:
        """See `Reader`."""
        self._db.close()
