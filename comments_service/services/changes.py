"""Knowing what changed, soon enough: one look at the database for everybody who reads meanwhile.

`Watch` says whether what a process keeps is still true, and tells whoever keeps it what is not. It
does not know what is kept, nor how a database tells of changes.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Final

from comments_service.services.jobs import KEEP_CHANGES
from comments_service.storage.changes import AWAY, EVERYTHING, Reader

EVERY: Final = 0.020
"""Seconds for which one look is enough."""
PATIENCE: Final = 0.025
"""Seconds that others go on with the look before, while somebody looks; then they wait for it. With
`EVERY` it stays below the 50 ms within which every process shows a decision."""
LATE: Final = 1.0
"""Seconds to wait for a look; a database that takes longer is as good as away."""
PAUSE: Final = 0.25
"""Seconds between two tries to reach a database that is away."""
SLEPT: Final = KEEP_CHANGES.total_seconds() / 2
"""Seconds without a look after which notes of changes may be gone before they were read. A writing
transaction may take the other half: it notes its time when it begins."""


class Known(Enum):
    """What a look found out."""

    TRUE = "true"
    """Whatever is still kept is true."""
    AWAY = "away"
    """The database cannot be asked: what is kept was true at `Watch.known_at`."""


class Watch:
    """Looks for changes when it is time; any number of threads may ask."""

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        forget: Callable[[frozenset[int] | None], None],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._open = open_reader
        self._forget = forget
        """Is told what changes are about, or None for everything."""
        self._clock = clock
        self._wall = wall
        self._looking = threading.Lock()
        self._due = threading.Lock()
        """Held to set `due`, and never while waiting for anything."""
        self._reader: Reader | None = None
        self._looked_at_wall = 0.0
        self._writes = 0
        self.due = 0.0
        """When to look again, on the watch's clock. Whoever is earlier need not call `look`."""
        self.known_at = float("-inf")
        """The last moment at which what was kept is known to have been true."""
        self._away = False
        self._again_at = 0.0

    def wrote(self) -> None:
        """This process committed something: whoever comes next looks first."""
        with self._due:
            self._writes += 1
            self.due = 0.0

    def found(self) -> None:
        """Somebody was answered by the database: if it was away, whoever comes next looks."""
        if self._away:
            self._again_at = float("-inf")

    def look(self) -> Known:
        """Look, unless somebody else just did or is about to; waits `LATE` seconds at most."""
        now = self._clock()
        if self._away and now < self._again_at:
            return Known.AWAY
        if not self._looking.acquire(blocking=False):
            # Somebody is looking. What was known a moment ago will do, but for one's own writes.
            if now - self.due < PATIENCE:
                return Known.TRUE
            if self._away or not self._looking.acquire(timeout=LATE):
                # A database that answers so late is away for as long as that look takes.
                self._away, self._again_at = True, float("inf")
                return Known.AWAY
        try:
            if self._clock() >= self.due:
                self._look()
            return Known.AWAY if self._away else Known.TRUE
        finally:
            self._looking.release()

    def _look(self) -> None:
        began, writes = self._clock(), self._writes
        try:
            self._tell(began)
        except AWAY:
            self._leave()
            self._away, self._again_at = True, self._clock() + PAUSE
            with self._due:
                self.due = 0.0
            return
        self._away = False
        self.known_at = began
        with self._due:
            self.due = began + EVERY if writes == self._writes else 0.0

    def _tell(self, began: float) -> None:
        """Ask for changes and pass them on. After an outage or a long sleep, all are forgotten."""
        wall = self._wall()
        slept = max(began - self.known_at, abs(wall - self._looked_at_wall)) > SLEPT
        if slept and self._reader is not None:
            self._leave()
        if self._reader is None:
            self._reader = self._open()
            # Only now: whatever is kept from here on is made from what the reader knows.
            self._forget(None)
        changed = self._reader.changed()
        if EVERYTHING in changed:
            self._forget(None)
        elif changed:
            self._forget(changed)
        self._looked_at_wall = wall

    def _leave(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(*AWAY):
                reader.close()

    def leave(self) -> None:
        """Leave the database; the next look opens it again, and forgets what was before."""
        with self._looking:
            self._leave()
        self.wrote()

    def close(self) -> None:
        """Leave the database and forget everything; the next look begins anew."""
        with self._looking:
            self._leave()
            self._forget(None)
            self._away = False
            self.known_at = float("-inf")
        self.wrote()
