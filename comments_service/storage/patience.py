"""PostgreSQL's connections, with an end to all waiting on this side, too.

What a server is bidden to give up in time (`begin`) is given up by nobody where that server stands
still, or its network is cut: its kernel, or no one, takes what is sent, and the answer never comes.
So a connection counts how long it hears nothing. This file decides nothing about transactions, and
is loaded only where the database is PostgreSQL.
"""

from collections.abc import Generator
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

from comments_service.storage.reach import SILENCE, Reach

LONGEST: Final = 18.0
"""Seconds of silence within a transaction, where the database may well be at work: 3 more than it
is given for a statement, for the answer to arrive."""
TICK: Final = 0.1
"""Seconds between two looks at how long it has been."""
CONNECT: Final = {
    # Seconds; libpq counts them for each of several hosts.
    "connect_timeout": int(SILENCE),
    # Milliseconds for what was sent and that no kernel confirmed.
    "tcp_user_timeout": 10_000,
    # Seconds: a connection that rests, or waits for a long statement, learns of the other's end.
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
"""How connections are made, unless the database's address says otherwise."""


class NoAnswer(psycopg.OperationalError):
    """The database did not answer in time; what became of the statement is not known."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed once it has waited in vain."""

    reach: Reach
    at_rest: float | None = SILENCE
    """Seconds of silence outside a transaction; None, where statements stand alone, has no end."""
    longest: float | None = LONGEST
    """Seconds of silence within the present transaction; None has no end."""

    def wait(self, gen: PQGen[RV], interval: float = TICK, timeout: float | None = None) -> RV:
        """As the driver waits, but not for ever.

        Raises:
            NoAnswer: the database was silent for too long, and the connection is closed.
        """
        is_idle = self.pgconn.transaction_status == TransactionStatus.IDLE
        bound = self.at_rest if is_idle else self.longest
        return super().wait(self._bounded(gen, bound), interval, timeout)

    def _bounded(self, gen: PQGen[RV], bound: float | None) -> Generator[Any, Any, RV]:
        """The driver's own steps; each that brought nothing took `TICK`."""
        silent = 0.0
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    silent = 0.0
                else:
                    silent += TICK
                    self._end_in_vain(silent, bound)
                wanted = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result

    def _end_in_vain(self, silent: float, bound: float | None) -> None:
        # Others may know by now that nothing will come, whatever this one waits for.
        is_away = self.reach.is_away and silent >= SILENCE
        if not is_away and (bound is None or silent < bound):
            return
        if not is_away and bound == SILENCE:
            self.reach.lost()
        self.pgconn.finish()
        raise NoAnswer(f"no answer for {silent:.0f} seconds")


def connect_patiently(engine: Engine, reach: Reach) -> None:
    """Have the connections of this engine, and of those made of it, made here."""

    def connect(_dialect: Any, _record: Any, words: list[Any], params: dict[str, Any]) -> Any:
        if reach.was_just_lost:
            raise NoAnswer("no answer to others a moment ago")
        try:
            made = PatientConnection.connect(*words, **CONNECT | params)
        except psycopg.errors.ConnectionTimeout:
            reach.lost()
            raise
        except psycopg.Error:
            reach.refused()
            raise
        made.reach = reach
        reach.found()
        return made

    event.listen(engine, "do_connect", connect)
