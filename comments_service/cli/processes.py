"""Processes that run beside the server: started with it, again when they end, and ended with it.

A process of ours never outlives the one that started it, however that one ended. Workers are forks
of it (`MEANS`), so it holds nothing that a fork must not have: the database is asked `apart`.
"""

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between starts of a process that keeps failing; the pause doubles from the first."""
GRACE: Final = 5.0
"""Seconds a process has to end after it was asked to."""
MEANS: Final = "fork" if hasattr(os, "pidfd_open") else "spawn"
"""How workers come to be. A fork shares the loaded code and starts at once; elsewhere than on Linux
nothing tells it dependably that its parent is gone, and system libraries may not bear it."""
log = structlog.get_logger()
_quiet: Final = threading.Lock()
"""Held while a thread here logs and while one forks: no fork inherits the log's lock taken."""
if MEANS == "fork":
    os.register_at_fork(
        before=_quiet.acquire, after_in_parent=_quiet.release, after_in_child=_quiet.release
    )


@dataclass(slots=True)
class Companion:
    """A command of ours in a process of its own; it gets the hidden option `--companion`."""

    name: str
    command: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """As it was when the companion was named: what the server sets later is the server's own."""
    _process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while starting and while stopping, so that nothing is started after `stop`."""

    def keep_running(self) -> None:
        """Start the process, and again whenever it ends, until `stop`."""
        pause = FIRST_PAUSE
        # The workers first: readers wait for them.
        self._stopping.wait(FIRST_PAUSE)
        while (process := self._started()) is not None:
            began = time.monotonic()
            status = process.wait()
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            if self._stopping.wait(pause):
                return
            with _quiet:
                log.warning("companion ended", companion=self.name, status=status)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _started(self) -> subprocess.Popen[bytes] | None:
        command = [sys.executable, "-m", "comments_service.cli", self.command, "--companion"]
        with self._lock:
            if self._stopping.is_set():
                return None
            # The pipe to its standard input closes when this process ends: see `end_with_pipe`.
            self._process = subprocess.Popen(  # noqa: S603  A command of our own.
                [*command, *self.arguments], stdin=subprocess.PIPE, env=self.environment
            )
            return self._process

    def stop(self) -> None:
        """Ask the process to end, then see that it did."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


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
        for thread in threads:
            thread.join(GRACE)


def end_with_pipe() -> None:
    """In a companion: end as soon as the starting process is gone, even if it was killed."""
    # Not through sys.stdin: its lock would be held by a thread that never lets go.
    _end_after(lambda: os.read(0, 1))


def end_with_parent() -> None:
    """In a server's worker: the same, by the kernel's own handle on its parent."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if MEANS == "spawn":
        _end_after(parent.join)
        return
    # Not by multiprocessing's pipe: workers that were forked later hold its other end, too.
    try:
        handle = os.pidfd_open(parent.pid or 0)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGTERM)
        return
    _end_after(lambda: select.select([handle], (), ()))


def apart(work: Callable[[], int]) -> Callable[[], int]:
    """Begin it in a process of its own, whose connections end with it.

    Returns what waits for its end and gives its exit status.
    """
    if MEANS == "spawn":
        return work
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 2
    try:
        status = work()
        sys.stdout.flush()
    finally:
        # Not sys.exit: what the starting process would do at its end is not the fork's to do.
        os._exit(status)


def _end_after(wait: Callable[[], object]) -> None:
    def watch() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
