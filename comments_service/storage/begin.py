"""How a transaction begins on each database: with which isolation, and with an end to all waiting.

The drivers would begin late, and never as it is wanted; so they are told not to begin at all. What
a transaction is for stands in its connection's options (`USE`). This file opens no connection.
"""

import sqlite3
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:  # A process on SQLite loads no other database's driver.
    from comments_service.storage.patience import PatientConnection

USE: Final = "comments_use"
BUSY_MS: Final = 10_000
"""How long SQLite itself waits for a lock; a second net under the writers' turn."""


class Use(Enum):
    """What a transaction is for; one without a use is a migration's, or a test's."""

    READ = "read"
    WRITE = "write"


_SQLITE: Final[Mapping[Use | None, str]] = {Use.WRITE: "BEGIN IMMEDIATE"}
# Within the transaction, and in the round trip that begins it: PgBouncer refuses settings that come
# with the connection, and in its transaction mode gives those of a session to somebody else.
_BOUNDS: Final = "SET LOCAL lock_timeout = 5000; SET LOCAL statement_timeout = 15000"
_POSTGRESQL: Final[Mapping[Use | None, str]] = {
    None: "BEGIN; SET LOCAL lock_timeout = 5000",
    Use.READ: f"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; {_BOUNDS}",
    # Whoever vanished in the middle, or stopped there, keeps its locks no longer than that.
    Use.WRITE: f"BEGIN; {_BOUNDS}; SET LOCAL idle_in_transaction_session_timeout = 30000",
}


def begin_ourselves(engine: Engine) -> None:
    """Take transactions out of the driver's hands, on this engine and those made of it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_on_sqlite)
    else:
        event.listen(engine, "begin", _begin_on_postgresql)


def wait_for_lock(connection: sqlite3.Connection, ms: int) -> None:
    """Have SQLite wait so long for its own lock, on this connection, from now on."""
    connection.execute(f"PRAGMA busy_timeout={ms}")


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "mmap_size=268435456",
        "cache_size=-16000",
        # Pages in the log before a commit works them in, which writes each once and flushes twice:
        # a post changes the same few dozen as the one before it.
        "wal_autocheckpoint=4000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_on_sqlite(connection: Connection) -> None:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    use = connection.get_execution_options().get(USE)
    try:
        raw.execute(_SQLITE.get(use, "BEGIN"))
    except sqlite3.OperationalError as problem:
        raise OperationalError("BEGIN", None, problem) from problem


def _begin_on_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    raw = _patient(connection)
    if options.get("isolation_level") == "AUTOCOMMIT":
        raw.at_rest = None
        return
    raw.at_rest = type(raw).at_rest
    use = options.get(USE)
    # A migration may take as long as it takes.
    raw.longest = None if use is None else type(raw).longest
    try:
        if not raw.autocommit:
            raw.autocommit = True
        raw.execute(_POSTGRESQL[use])
    except connection.dialect.loaded_dbapi.Error as problem:
        if raw.closed:
            # So that the pool does not try to end a transaction on it.
            connection.connection.invalidate(problem)
        raise OperationalError("BEGIN", None, problem) from problem
    raw.reach.found()


def let_statements_take_long(connection: Connection) -> None:
    """Lift the bound on a statement's time until this transaction ends: tables may be long."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        # After it: with the first statement begins the transaction, which sets the bound.
        _patient(connection).longest = None


def _patient(connection: Connection) -> "PatientConnection":
    raw: PatientConnection = connection.connection.driver_connection  # type: ignore[assignment]  # See `patience`.
    return raw
