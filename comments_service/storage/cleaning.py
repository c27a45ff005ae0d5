"""Making what was deleted unreadable in the database's files, too.

A DELETE leaves the bytes where they were until something else needs the room: on SQLite in free
pages, in the unused parts of pages, in the write-ahead log and in old segments of the full-text
index; on PostgreSQL in dead rows. This file knows nothing of what was deleted.
"""

import time
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from comments_service.domain.errors import Unavailable
from comments_service.storage.db import db
from comments_service.storage.turns import turn_on

PATIENCE: Final = 30.0
"""Seconds to wait for readers of old snapshots, who keep the write-ahead log from being emptied."""
_PAUSE: Final = 0.05
_MERGE_INDEX: Final = "INSERT INTO comment_search (comment_search) VALUES ('optimize')"
_VACUUM: Final = text(
    "VACUUM comment, verdict, log, commenter, ban, comment_search, spam_lesson, spam_snapshot"
)


def clean_files() -> None:
    """Rewrite what the database has free, so that nothing deleted can be read in its files.

    On SQLite everything is written anew (VACUUM) while readers go on and writers wait, and the
    write-ahead log is emptied. On PostgreSQL dead rows are taken out of the tables' pages; the
    bytes stay in the pages' free room until it is used (docs/operate.md says what goes further).

    Raises:
        Unavailable: no room on the disk, or somebody read on for longer than `PATIENCE`.
    """
    try:
        if db.engine.dialect.name == "sqlite":
            with turn_on(db.engine):
                _clean_sqlite()
        else:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.execute(_VACUUM)
    except (DBAPIError, OSError) as problem:
        raise Unavailable from problem


def _clean_sqlite() -> None:
    raw = db.engine.raw_connection()
    try:
        conn: Any = raw.driver_connection
        conn.execute("PRAGMA secure_delete=ON")
        conn.execute(_MERGE_INDEX)
        conn.execute("VACUUM")
        deadline = time.monotonic() + PATIENCE
        while conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > deadline:
                raise Unavailable
            time.sleep(_PAUSE)
    except db.engine.dialect.loaded_dbapi.Error as problem:
        raise Unavailable from problem
    finally:
        raw.close()
