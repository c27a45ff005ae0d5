"""Locks on several comments at once, in the one order that lets nobody wait in a circle."""

from collections.abc import Collection

from sqlalchemy import Connection, or_, select

from comments_service.storage.tables import comment as comments


def lock_comments(conn: Connection, ids: Collection[int]) -> None:
    """Lock several comments, and the parents that count them, before any of them is changed.

    Newest first, which is the order of all others: they lock a comment and then its parent, which
    is older. So no two transactions can each wait for the other.
    """
    if conn.dialect.name == "sqlite":
        return  # There a transaction that writes is alone.
    parents = select(comments.c.parent_id).where(comments.c.id.in_(ids))
    conn.execute(
        select(comments.c.id)
        .where(or_(comments.c.id.in_(ids), comments.c.id.in_(parents)))
        .order_by(comments.c.id.desc())
        .with_for_update(key_share=True)
    )
