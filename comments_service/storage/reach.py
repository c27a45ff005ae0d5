"""Whether a database answers, as whoever asked last found out: one waits in vain, all others know.

A server that stopped without closing its connections, or a network that swallows packets, is known
by nothing but silence, and each who listens to it keeps a thread from others. This file opens no
connection, and knows no database.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from comments_service.domain.errors import Unavailable

SILENCE: Final = 3.0
"""Seconds after which a database is away that leaves the least question unanswered: the beginning
of a transaction, or whether it is there."""
PAUSE: Final = 0.25
"""Seconds between two tries to reach it; in between nobody tries."""
REACH: Final = "comments_reach"
"""The execution option under which an engine carries its `Reach`."""


class Reach:
    """What one process knows of one database; any number of threads may ask and tell."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lost_at = float("-inf")
        self._again_at = float("-inf")
        self.is_away = False
        """Whether the last who waited for the database waited in vain."""

    def ask(self) -> None:
        """Before a database is asked for anything: while it is away, one at a time tries.

        Raises:
            Unavailable: it is away, and somebody tries already, or just did.
        """
        if not self.is_away:
            return
        with self._lock:
            now = self._clock()
            if now < self._again_at:
                raise Unavailable
            # Whoever this is: it is the one that tries, for as long as that may take.
            self._again_at = now + SILENCE + PAUSE

    @property
    def was_just_lost(self) -> bool:
        """Whether trying again would be in vain as well."""
        return self.is_away and self._clock() < self._lost_at + PAUSE

    def lost(self) -> None:
        """Somebody waited in vain."""
        with self._lock:
            self.is_away = True
            self._lost_at = self._clock()
            self._again_at = self._lost_at + PAUSE

    def refused(self) -> None:
        """Somebody was answered, but not let in: that cost no time, so the next may try soon."""
        if self.is_away:
            with self._lock:
                self._again_at = min(self._again_at, self._clock() + PAUSE)

    def found(self) -> None:
        """Somebody was answered."""
        if self.is_away:
            with self._lock:
                self.is_away = False
                self._again_at = float("-inf")


def reach_of(engine: Engine) -> Reach:
    """What is known of the database of an engine that was given its `REACH`."""
    found: Reach = engine.get_execution_options()[REACH]
    return found
