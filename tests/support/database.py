"""A migrated database for each test, on both engines, without migrating for each test.

On SQLite a test gets a copy of a migrated file. On PostgreSQL copying costs 60 ms and emptying less
than 1 ms, so each worker has one copy, and every test finds it empty.
"""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import psycopg
from psycopg import sql

from tests.support.postgres import Postgres

Migrate: TypeAlias = Callable[[str], None]
"""Brings the database at a URL up to date, and leaves no connection behind."""

_NOT_EMPTIED: Final = "alembic_version"


class SqliteTemplate:
    """A migrated SQLite file, to be copied."""

    def __init__(self, folder: Path, migrate: Migrate) -> None:
        self._template = folder / "template.db"
        migrate(sqlite_url(self._template))
        # What is still in the write-ahead log would be missing from the copy.
        connection = sqlite3.connect(self._template)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def fresh(self, folder: Path) -> str:
        """The URL of a copy in the test's own folder."""
        path = folder / "comments.db"
        shutil.copyfile(self._template, path)
        return sqlite_url(path)


class PostgresCopy:
    """One worker's copy of the migrated database."""

    def __init__(self, server: Postgres, worker: str, migrate: Migrate) -> None:
        server.ensure_template("migrated", migrate)
        database = f"worker_{worker}"
        server.create(database, "migrated")
        self.url = server.url(database)
        self._connection = psycopg.connect(self.url, autocommit=True)
        # Foreign keys and triggers rest on this connection, so that any order of tables will do;
        # and whoever left a transaction open is told at once, instead of making everybody wait.
        self._connection.execute("SET session_replication_role = replica")
        self._connection.execute("SET lock_timeout = '5s'")
        tables = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s",
            (_NOT_EMPTIED,),
        ).fetchall()
        self._empty = sql.SQL("; ").join(
            sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for (name,) in tables
        )

    def fresh(self) -> str:
        """The URL, with every table empty."""
        self._connection.execute(self._empty)
        return self.url

    def close(self) -> None:
        """Leave the server, which is about to stop."""
        self._connection.close()


def sqlite_url(path: Path) -> str:
    """What goes into `COMMENTS_DATABASE_URL`."""
    return f"sqlite:///{path}"
