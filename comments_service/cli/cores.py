"""Which core a worker stays on, where the workers are as many as the cores.

A worker's threads take turns at Python's one lock. Spread over two cores they wake each other
across them at each turn, which costs a third of a post and a fifth of a read
(docs/decisions/0031-cores.md). This file starts no process, and knows no server.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from typing import IO, Final


def cores_for(workers: int, allowed: Collection[int]) -> tuple[int, ...]:
    """The core of each worker; none where cores would be left over, or there is nothing to choose.

    With cores to spare the system's own choice is better: it knows who else is on them.
    """
    cores = sorted(allowed)
    if not 1 < len(cores) <= workers:
        return ()
    return tuple(cores[place % len(cores)] for place in range(workers))


class Cores:
    """Offered by the process that starts the workers, taken by each of its forks."""

    def __init__(self) -> None:
        self._cores: tuple[int, ...] = ()
        self._places: IO[bytes] | None = None
        """A byte for each worker, locked by whoever has the place."""

    @contextmanager
    def offered(self, workers: int) -> Iterator[None]:
        """While there are workers: as many places, on the cores that this process may use."""
        with TemporaryFile() as self._places:
            if hasattr(os, "sched_getaffinity"):
                self._cores = cores_for(workers, os.sched_getaffinity(0))
            yield

    def take(self) -> None:
        """In a worker, before it has threads: stay on a core that no other worker was given.

        The place is free again when the process ends, however that was.
        """
        for place, core in enumerate(self._cores):
            assert self._places is not None
            try:
                fcntl.lockf(self._places, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except OSError:
                continue
            # Where a sandbox forbids it, the system goes on choosing.
            with suppress(OSError):
                os.sched_setaffinity(0, {core})
            return


CORES: Final = Cores()
