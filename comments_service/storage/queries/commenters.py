"""Commenters: browsers recognised by the hash of a key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Connection, String, bindparam, insert, select, update

from comments_service.storage.counted import VOUCHED
from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.sites import tally_of
from comments_service.storage.tables import comment, commenter

_INSERT: Final = Prepared(insert(commenter))
_FIND: Final = Prepared(
    select(commenter.c.id, tally_of("commenter", commenter.c.id, VOUCHED)).where(
        commenter.c.site_id == bindparam("site_id", type_=BigInteger),
        commenter.c.key_hash == bindparam("key_hash", type_=String),
    )
)


def add_commenter(
    conn: Connection, commenter_id: int, site_id: int, key_hash: str, now: datetime
) -> None:
    """Remember a key's hash at first sight; `Raced` where it is known by now."""
    values = {"id": commenter_id, "site_id": site_id, "key_hash": key_hash, "created_at": now}
    _INSERT.rows(conn, values)


def find_commenter(conn: Connection, site_id: int, key_hash: str) -> tuple[int, int] | None:
    """The commenter's id, and how many comments of theirs a person approved."""
    rows = _FIND.rows(conn, {"site_id": site_id, "key_hash": key_hash})
    return (rows[0][0], rows[0][1]) if rows else None


def comments_with(conn: Connection, comment_id: int) -> tuple[list[int], int | None]:
    """The ids of all comments by whoever wrote this one, and who that is; none where none is."""
    row = conn.execute(
        select(comment.c.commenter_id).where(comment.c.id == comment_id)
    ).one_or_none()
    if row is None or row.commenter_id is None:
        return ([] if row is None else [comment_id]), None
    mine = select(comment.c.id).where(comment.c.commenter_id == row.commenter_id)
    return list(conn.scalars(mine.order_by(comment.c.id))), row.commenter_id


def names_on(conn: Connection, ids: Sequence[int]) -> list[str]:
    """The names on these comments, each once."""
    return list(conn.scalars(select(comment.c.author_name).distinct().where(comment.c.id.in_(ids))))


def forget_commenter(conn: Connection, commenter_id: int) -> None:
    """No key leads to this commenter any more."""
    gone = {"key_hash": f"erased {commenter_id}"}
    conn.execute(update(commenter).where(commenter.c.id == commenter_id).values(gone))
