"""Which secret keys the database was used with, by their fingerprints."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, String, delete, insert, literal_column, select, text, union_all

from comments_service.storage.queries.upkeep import UNFINISHED_COPY
from comments_service.storage.tables import key_fingerprint, lease

_STANDS: Final = union_all(
    select(literal_column("NULL", String)).where(lease.c.name == UNFINISHED_COPY),
    select(key_fingerprint.c.fingerprint),
)


def how_it_stands(conn: Connection) -> tuple[bool, frozenset[str]]:
    """Whether the database is an unfinished copy, and the known fingerprints; one statement."""
    found = frozenset(conn.scalars(_STANDS))
    return None in found, found - {None}


def known_fingerprints(conn: Connection) -> dict[str, datetime]:
    """All that are known, the oldest first, with the time since when."""
    columns = key_fingerprint.c
    statement = select(columns.fingerprint, columns.known_since)
    rows = conn.execute(statement.order_by(columns.known_since, columns.fingerprint))
    return {row.fingerprint: row.known_since for row in rows}


def lock_fingerprints(conn: Connection) -> None:
    """Let nobody else make keys known until this transaction ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("LOCK TABLE key_fingerprint IN SHARE ROW EXCLUSIVE MODE"))


def add_fingerprints(conn: Connection, new: Collection[str], now: datetime) -> None:
    """Make them known; none of them is."""
    rows = [{"fingerprint": each, "known_since": now} for each in new]
    if rows:
        conn.execute(insert(key_fingerprint), rows)


def forget_fingerprints(conn: Connection, *, but: Collection[str]) -> int:
    """Forget all others; how many they were."""
    gone = delete(key_fingerprint).where(key_fingerprint.c.fingerprint.not_in(but))
    return conn.execute(gone).rowcount
