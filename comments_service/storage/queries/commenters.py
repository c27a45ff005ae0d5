"""Commenters: browsers recognised by the hash of a key."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from comments_service.storage.queries.sites import tally_of
from comments_service.storage.standing import VOUCHED
from comments_service.storage.tables import commenter


def add_commenter(
    conn: Connection, commenter_id: int, site_id: int, key_hash: str, now: datetime
) -> None:
    """Remember a key's hash at first sight; `Raced` where it is known by now."""
    conn.execute(
        insert(commenter).values(
            id=commenter_id, site_id=site_id, key_hash=key_hash, created_at=now
        )
    )


def find_commenter(conn: Connection, site_id: int, key_hash: str) -> tuple[int, int] | None:
    """The commenter's id, and how many comments of theirs a person approved."""
    row = conn.execute(
        select(commenter.c.id, tally_of("commenter", commenter.c.id, VOUCHED)).where(
            commenter.c.site_id == site_id, commenter.c.key_hash == key_hash
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])
