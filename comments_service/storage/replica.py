"""Where public answers are made from: a replica while it keeps up, else the primary.

What is kept of them is dropped by what changed in the very database that they were made from, so
both change sides together, here. A replica that lags tells late of a change, and is itself late:
what it answers is old, but never kept for longer than it is. Whoever must see what was just written
(an author, a moderator) reads from the primary and never comes by here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from comments_service.domain.errors import Unavailable
from comments_service.storage.changes import AWAY, EVERYTHING, Reader, open_reader
from comments_service.storage.reach import reach_of

EVERY: Final = 0.2
"""Seconds between two looks at where both databases are."""
MOST_LAG: Final = 0.5
"""Seconds that a replica may be behind. With the time between two looks it is below the second in
which a decision shows on every machine."""
GONE: Final = (OperationalError, InterfaceError, PoolTimeout, Unavailable)
"""What asking a database raises that cannot be asked."""
# Of a replica how far it is, of a primary how far it wrote; a replica may become a primary.
_PLACE: Final = """
    SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                ELSE pg_current_wal_lsn() END, '0/0')::bigint
"""


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction has begun: whether a database is there is known before work.

    Raises:
        any of `GONE`
    """
    reach_of(engine).ask()
    with engine.connect() as connection, connection.begin():
        yield connection


class Replica:
    """A replica and its primary; any number of threads may read."""

    def __init__(
        self, replica: Engine, primary: Engine, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.replica = replica
        self.primary = primary
        self.wanted = primary
        """Which of them it should be; until the replica has shown that it keeps up, the primary."""
        self._chosen: Engine | None = None
        """Which of them it is, while somebody keeps answers and reads what changed."""
        self._clock = clock
        self._mark: tuple[int, float] | None = None
        """A place that the primary had reached, and when."""
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    # --- Reading -----------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read public answers from.

        What the primary answers in the replica's place is ahead of what the replica tells of, and
        dropped again when it tells; the other way round it would be kept although it is old.

        Raises:
            any of `GONE`: both are away.
        """
        self._look_after()
        with ExitStack() as stack:
            connection = self._begun_on_replica(stack)
            yield connection or stack.enter_context(begun(self.primary))

    def _begun_on_replica(self, stack: ExitStack) -> Connection | None:
        if (self._chosen or self.wanted) is self.primary:
            return None
        try:
            return stack.enter_context(begun(self.replica))
        except GONE:
            self.failed()
            return None

    def open_reader(self) -> Reader:
        """A reader of what changed in the database that answers are made from, whichever it is.

        Raises:
            any of `AWAY`: both are away.
        """
        self._look_after()
        return _PublicReader(self)

    def choose(self) -> tuple[Engine, Reader]:
        """Change over to the database that is wanted, or the other where that is away."""
        if self.wanted is self.replica:
            try:
                reader = open_reader(self.replica)
            except AWAY:
                self.failed()
            else:
                self._chosen = self.replica
                return self.replica, reader
        # First: what is made from now on is made from where the reader will read.
        self._chosen = self.primary
        return self.primary, open_reader(self.primary)

    def leave(self) -> None:
        """Nobody keeps answers any more."""
        self._chosen = None

    # --- Looking after it --------------------------------------------------------------------

    def failed(self) -> None:
        """The replica is away; it must show again that it keeps up."""
        self.wanted, self._mark = self.primary, None

    def judge(self) -> None:
        """See whether the replica has reached a place that the primary had reached before."""
        reached = _place(self.replica)
        if reached is None:
            self.failed()
            return
        if self._mark is not None and reached >= self._mark[0]:
            self.wanted, self._mark = self.replica, None
        if self._mark is None:
            written = _place(self.primary)
            if written is None:
                # How late it is cannot be known; it is all there is.
                self.wanted = self.replica
            else:
                self._mark = written, self._clock()
        elif self._clock() - self._mark[1] > MOST_LAG:
            self.wanted = self.primary

    def _look_after(self) -> None:
        """Judge on, from the first read: not before, so that forks have threads of their own."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._judge_on, daemon=True)
                self._thread.start()

    def _judge_on(self) -> None:
        self.judge()
        while not self._stopping.wait(EVERY):
            self.judge()

    def close(self) -> None:
        """Leave both databases."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.replica.dispose()


def _place(engine: Engine) -> int | None:
    try:
        with begun(engine) as connection:
            place: int | None = connection.exec_driver_sql(_PLACE).scalar_one()
            return place
    except GONE:
        return None


class _PublicReader:
    """Tells of changes in whichever database answers are made from."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._engine, self._reader = replica.choose()

    def changed(self) -> frozenset[int]:
        """See `Reader`. After a change of sides everything is told of."""
        if self._engine is self._replica.wanted:
            try:
                return self._reader.changed()
            except AWAY:
                if self._engine is self._replica.primary:
                    raise
                self._replica.failed()
        self._reader.close()
        self._engine, self._reader = self._replica.choose()
        return frozenset({EVERYTHING})

    def close(self) -> None:
        """See `Reader`."""
        self._replica.leave()
        self._reader.close()
