"""Processes that run beside the server: started with it, again when they end, and ended with it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

LONGEST_PAUSE: Final = 30.0
"""Seconds between starts of a process that keeps failing; the pause doubles from one second."""
GRACE: Final = 5.0
"""Seconds a process has to end after it was asked to."""
log = structlog.get_logger()


@dataclass(slots=True)
class Companion:
    """A command of ours in a process of its own."""

    name: str
    command: str
    arguments: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)

    def keep_running(self) -> None:
        """Start the process, and again whenever it ends, until `stop`."""
        pause = 1.0
        line = [sys.executable, "-m", "comments_service.cli", self.command, *self.arguments]
        while not self._stopping.is_set():
            self._process = subprocess.Popen(line, stdin=subprocess.DEVNULL)  # noqa: S603  Our own command.
            status = self._process.wait()
            if self._stopping.wait(pause):
                return
            log.warning("companion ended", companion=self.name, status=status)
            pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask the process to end, then see that it did."""
        self._stopping.set()
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def started_companions(*companions: Companion) -> Iterator[None]:
    """Keep the companions running while the block lasts."""
    threads = [threading.Thread(target=c.keep_running, daemon=True) for c in companions]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for companion in companions:
            companion.stop()
