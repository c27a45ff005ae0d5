"""Connections: one way to read, one way to write, and the only place that begins or commits.

On SQLite every connection is set to WAL with `synchronous=FULL` (an acknowledged comment survives
a power cut; docs/operate.md has the measurement's source), writes begin IMMEDIATE, take turns and
share commits, and reads see one snapshot. On PostgreSQL reads are REPEATABLE READ and read-only,
writes READ COMMITTED.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from msgspec import Struct
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from comments_service.domain.errors import Raced, Unavailable
from comments_service.storage.begin import USE, Use, begin_ourselves
from comments_service.storage.changes import Reader, open_reader
from comments_service.storage.measures import commits_total, writes_total
from comments_service.storage.models import Base
from comments_service.storage.reach import REACH, Reach, reach_of
from comments_service.storage.replica import Replica
from comments_service.storage.turns import Turns

T = TypeVar("T")

db: Final = SQLAlchemy(metadata=Base.metadata)

POOL_SIZE: Final = 16
"""Connections a process keeps: one for each of the server's blocking threads, and some."""
WRITE_TRIES: Final = 4
_AFTER_WRITES: Final = "comments_after_writes"
_RETRIED_STATES: Final = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization failure and deadlock: the transaction did nothing, so try again."""


def init_db(app: Flask, url: str, writes_together: int, read_url: str | None = None) -> None:
    """Bind the application to its database, and to a replica of it; connects to nothing yet."""
    app.config["SQLALCHEMY_DATABASE_URI"] = _driven(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url)
    if read_url is not None:
        bind = {"url": _driven(read_url), **_engine_options(read_url)}
        app.config["SQLALCHEMY_BINDS"] = {_REPLICA: bind}
    db.init_app(app)
    with app.app_context():
        engines = dict(db.engines)
    reading = _reading(engines[None])
    writing = engines[None].execution_options(**{USE: Use.WRITE})
    turns = Turns(writing, writes_together) if writing.dialect.name == "sqlite" else None
    replica = Replica(_reading(engines[_REPLICA]), reading) if read_url is not None else None
    app.extensions[_ACCESS] = _Access(reading, writing, turns, reach_of(reading), replica)


def _driven(url: str) -> str:
    """The address with our driver's name in it."""
    if url.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + url.partition("://")[2]
    return url


def _engine_options(url: str) -> dict[str, Any]:
    return {
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_SIZE,
        "pool_timeout": 5,
        # The connection used last has its pages and statements at hand; the others may rest.
        "pool_use_lifo": True,
        # An error's text is logged; what a reader wrote must not be in it.
        "hide_parameters": True,
        **_dialect_options(url),
    }


def _reading(engine: Engine) -> Engine:
    """An engine made ready, in its use for reading."""
    begin_ourselves(engine)
    reach = Reach()
    if engine.dialect.name == "postgresql":
        # Not before it is known that this process needs that database's driver.
        from comments_service.storage.patience import connect_patiently  # noqa: PLC0415

        connect_patiently(engine, reach)
    return engine.execution_options(**{USE: Use.READ, REACH: reach})


class _Access(Struct, frozen=True):
    """The one engine in its two ways of use, made once: making one costs as much as a read."""

    reading: Engine
    writing: Engine
    turns: Turns | None
    """On SQLite, where writers share commits; PostgreSQL sees to that itself."""
    reach: Reach
    replica: Replica | None
    """Where public answers may be made from."""

    def write(self, work: Callable[[Connection], T]) -> T:
        self.reach.ask()
        if self.turns is not None:
            return self.turns.write(work)
        with self.writing.begin() as conn:
            result = work(conn)
        commits_total.inc()
        return result


_ACCESS: Final = "comments_storage"
_REPLICA: Final = "replica"


def _access() -> _Access:
    found: _Access = current_app.extensions[_ACCESS]
    return found


def after_writes(app: Flask, call: Callable[[], None]) -> None:
    """Have `call` made after each commit of this process, before anybody is told of it."""
    app.extensions.setdefault(_AFTER_WRITES, []).append(call)


def after_leaving(app: Flask, call: Callable[[], None]) -> None:
    """Have `call` made when all resting connections are closed: others that rest should be, too."""
    access: _Access = app.extensions[_ACCESS]
    event.listen(access.reading, "engine_disposed", lambda _: call())


def engine_of_reads(app: Flask) -> Engine:
    """The engine whose connections `read` uses."""
    found: _Access = app.extensions[_ACCESS]
    return found.reading


@contextmanager
def read() -> Iterator[Connection]:
    """A connection on which every statement sees the same moment, and which cannot write.

    Raises:
        Unavailable: the database is away.
    """
    access = _access()
    access.reach.ask()
    try:
        with access.reading.connect() as connection:
            yield connection
    except (OperationalError, InterfaceError, PoolTimeout) as problem:
        raise Unavailable from problem


@contextmanager
def read_public() -> Iterator[Connection]:
    """As `read`, for answers that are the same for everybody: they may be a moment old.

    Raises:
        Unavailable: the database is away, and so is its replica.
    """
    replica = _access().replica
    if replica is None:
        with read() as connection:
            yield connection
        return
    try:
        with replica.read() as connection:
            yield connection
    except (OperationalError, InterfaceError, PoolTimeout) as problem:
        raise Unavailable from problem


def open_public_reader(app: Flask) -> Reader:
    """A reader of what changed in the database that `read_public` reads from.

    Raises:
        any of `changes.AWAY`
    """
    access: _Access = app.extensions[_ACCESS]
    return access.replica.open_reader() if access.replica else open_reader(access.reading)


def close_db(app: Flask) -> None:
    """Leave every database that the application may have been to."""
    access: _Access = app.extensions[_ACCESS]
    if access.replica is not None:
        access.replica.close()
    access.reading.dispose()


def write(work: Callable[[Connection], T]) -> T:
    """Run `work` inside one transaction and commit it; an exception takes back all it did.

    When this returns, what was written is on the disk. On SQLite works that wait at the same time
    share that one commit (`turns`), so one may run in another's thread; and it may run more than
    once (deadlocks on PostgreSQL are retried). So it must touch nothing but its connection. Nothing
    slow belongs inside: checks and facts come before.

    Raises:
        Raced: a unique or foreign key was violated: what was read before no longer holds. Nothing
            was stored; read again and decide again.
        Unavailable: the database is away, full or read-only. Nothing was stored, unless it vanished
            during the commit: then nobody knows, and whoever tries again must say that it is the
            same once more (Idempotency-Keys).
    """
    for left in range(WRITE_TRIES - 1, -1, -1):
        try:
            result = _access().write(work)
            writes_total.inc()
            for call in current_app.extensions.get(_AFTER_WRITES, ()):
                call()
            return result
        except IntegrityError as problem:
            raise Raced from problem
        except OSError as problem:  # The folder of the database is gone, full or for reading only.
            raise Unavailable from problem
        except (OperationalError, InterfaceError, PoolTimeout, InternalError) as problem:
            state = getattr(getattr(problem, "orig", None), "sqlstate", None)
            if left and state in _RETRIED_STATES:
                time.sleep(0.01 * (WRITE_TRIES - left))
                continue
            raise Unavailable from problem
    raise AssertionError("the last try returns or raises")


def can_be_reached() -> bool:
    """Whether a statement can be run right now."""
    try:
        with read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except (Unavailable, DBAPIError):
        return False
    return True


def _dialect_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {}
    # Prepared statements do not survive PgBouncer's transaction mode.
    return {
        "pool_pre_ping": True,
        "connect_args": {"prepare_threshold": None},
    }
