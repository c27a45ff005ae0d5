"""Whose turn it is to write on SQLite, and who comes along: waiting writers share one commit.

SQLite takes one writer at a time, and its own waiting polls with growing naps, which starves the
unlucky. So writers take turns: in a process the first one leads, and whoever comes meanwhile waits
asleep; processes take turns on a file's lock. The leader runs the work of those that wait on its
own connection, each in a savepoint, and one commit, which waits for the disk once, serves them all.
Nobody is answered before that commit has returned. This file knows nothing of what is written.
"""

import contextvars
import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from comments_service.domain.errors import Unavailable
from comments_service.storage.begin import BUSY_MS, wait_for_lock
from comments_service.storage.measures import commits_total
from comments_service.storage.reach import Reach

T = TypeVar("T")

LONGEST: Final = 0.05
"""Seconds after which a transaction takes nobody else along: other processes wait, too."""
PATIENCE: Final = 10.0
"""Seconds that a writer waits until its work is begun; then the database counts as away."""
LONG: Final = 1.0
"""Seconds of waiting for a turn that are taken off the time for SQLite's own lock."""


def _held_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class _Job:
    """One writer's work and, once it is told, what became of it."""

    work: Callable[[Connection], Any]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """The writer's own: its work may run in another writer's thread."""
    told: threading.Lock = field(default_factory=_held_lock)
    """Released when the job is to lead, or has its outcome."""
    leads: bool = False
    result: Any = None
    error: Exception | None = None
    """Why this work failed, alone."""
    lost: BaseException | None = None
    """Why nothing of the whole transaction was stored."""

    def run(self, conn: Connection) -> None:
        self.result = self.context.run(self.work, conn)

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        if self.lost is not None:
            raise Unavailable from self.lost
        return self.result


class Turns:
    """The writers of one process on one SQLite file."""

    def __init__(self, engine: Engine, most_together: int) -> None:
        self._engine = engine
        self._most_together = most_together
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._is_led = False
        self._reach = Reach()
        """Whether somebody else keeps SQLite's own lock, or nobody may write; who reads may."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, alone or beside others' work, and return once it is stored.

        Raises:
            Unavailable: the commit failed, or others wrote for longer than `PATIENCE`, or did so
                just now for somebody else; nothing was stored.
            Whatever `work` or the beginning of the transaction raises.
        """
        self._reach.ask()
        job = _Job(work)
        with self._lock:
            if self._is_led:
                self._waiting.append(job)
            else:
                self._is_led = job.leads = True
        if not job.leads and not job.told.acquire(timeout=PATIENCE):
            if self._is_withdrawn(job):
                raise Unavailable
            # Its work is in somebody's hands: what becomes of it is known after their commit.
            job.told.acquire()
        if job.leads:
            self._lead(job)
        stored: T = job.outcome()
        return stored

    def _is_withdrawn(self, job: _Job) -> bool:
        with self._lock:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            return True

    def _lead(self, leader: _Job) -> None:
        group = [leader]
        try:
            self._commit_together(group)
            self._reach.found()
        except BaseException as problem:
            if _fails_as(problem, sqlite3.SQLITE_BUSY):
                # Somebody who takes no turns holds SQLite's lock: a tool at the file, a backup.
                self._reach.lost()
            elif _fails_as(problem, sqlite3.SQLITE_READONLY):
                # Opened while the file was for reading only, connections stay so for good, and
                # make others so: in one process all of a file share its write-ahead log's index.
                self._engine.dispose()
                self._reach.lost()
            for job in group:
                job.lost = problem
            if not isinstance(problem, Exception):
                raise
        finally:
            self._hand_on()
            for job in group[1:]:
                job.told.release()

    def _commit_together(self, group: list[_Job]) -> None:
        """One transaction for the leader and all that wait; they are added to `group`."""
        if self._reach.was_just_lost:
            raise Unavailable
        with (
            turn_on(self._engine) as waited,
            self._engine.connect() as conn,
            _rest_of_patience(conn, waited),
        ):
            last = time.monotonic() + LONGEST
            with conn.begin() as transaction:
                # Without a savepoint, which costs: where it fails, there is nobody else's to keep.
                try:
                    group[0].run(conn)
                except Exception as problem:  # noqa: BLE001  It is raised again, where it belongs.
                    group[0].error = problem
                    transaction.rollback()
                    return
                while (job := self._next(len(group), last)) is not None:
                    group.append(job)
                    _run_beside(conn, job)
            commits_total.inc()

    def _next(self, together: int, last: float) -> _Job | None:
        with self._lock:
            if not self._waiting or together >= self._most_together or time.monotonic() > last:
                return None
            return self._waiting.popleft()

    def _hand_on(self) -> None:
        """Let the next one that waits lead; where nobody does, whoever comes will."""
        with self._lock:
            if self._waiting:
                following = self._waiting.popleft()
                following.leads = True
                following.told.release()
            else:
                self._is_led = False


@contextmanager
def turn_on(engine: Engine) -> Iterator[float]:
    """This process's turn among those that write to a file, and the seconds it waited."""
    began = time.monotonic()
    # Without a file object, which would cost more than the lock.
    file = os.open(f"{engine.url.database}.turn", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield time.monotonic() - began
    finally:
        os.close(file)


@contextmanager
def _rest_of_patience(conn: Connection, waited: float) -> Iterator[None]:
    """Have SQLite wait for its own lock only as long as is left, where much of it is gone."""
    raw = conn.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    if waited < LONG:
        yield
        return
    wait_for_lock(raw, max(1, BUSY_MS - int(waited * 1000)))
    try:
        yield
    finally:
        wait_for_lock(raw, BUSY_MS)


def _fails_as(problem: BaseException, code: int) -> bool:
    """Whether it is SQLite that failed, for this reason or one of its kinds."""
    if not isinstance(problem, OperationalError):
        return False
    # The kind stands in the bits above the lowest eight.
    return getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF == code


def _run_beside(conn: Connection, job: _Job) -> None:
    """Run a work so that its failure takes back its own changes and nobody else's.

    Raises:
        sqlite3.Error: SQLite itself has given up the whole transaction (as when the disk is full).
    """
    raw = conn.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("SAVEPOINT beside")
    try:
        job.run(conn)
    except Exception as problem:  # noqa: BLE001  It is raised again, where it belongs.
        job.error = problem
        raw.execute("ROLLBACK TO beside")
    raw.execute("RELEASE beside")
