"""Commenters: browsers recognised by the hash of a key."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Connection, String, bindparam, insert, select

from comments_service.storage.queries.sites import tally_of
from comments_service.storage.standing import VOUCHED
from comments_service.storage.tables import commenter

_INSERT: Final = insert(commenter)
_FIND: Final = select(commenter.c.id, tally_of("commenter", commenter.c.id, VOUCHED)).where(
    commenter.c.site_id == bindparam("site_id", type_=BigInteger),
    commenter.c.key_hash == bindparam("key_hash", type_=String),
)


def add_commenter(
    conn: Connection, commenter_id: int, site_id: int, key_hash: str, now: datetime
) -> None:
    """Remember a key's hash at first sight; `Raced` where it is known by now."""
    values = {"id": commenter_id, "site_id": site_id, "key_hash": key_hash, "created_at": now}
    conn.execute(_INSERT, values)


def find_commenter(conn: Connection, site_id: int, key_hash: str) -> tuple[int, int] | None:
    """The commenter's id, and how many comments of theirs a person approved."""
    row = conn.execute(_FIND, {"site_id": site_id, "key_hash": key_hash}).one_or_none()
    return None if row is None else (row[0], row[1])
