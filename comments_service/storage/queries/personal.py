"""What is kept of one person's comments, for that person: nothing here changes a row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from comments_service.storage.tables import comment, log, site, thread, verdict

_AT_ONCE: Final = 500
"""Ids in one statement; SQLite takes 32,766 values."""
_COMMENT: Final = (
    *("id", "parent_id", "author_name", "email", "body", "edit_body", "status", "created_at"),
    *("edited_at", "deleted_at", "address_hash"),
)


def kept_of(conn: Connection, ids: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    """The comments' own columns, with their page and site."""
    for some in _batches(ids):
        rows = conn.execute(
            select(
                site.c.slug.label("site"),
                thread.c.url.label("page"),
                *(comment.c[name] for name in _COMMENT),
            )
            .join(thread, thread.c.id == comment.c.thread_id)
            .join(site, site.c.id == comment.c.site_id)
            .where(comment.c.id.in_(some))
            .order_by(comment.c.id)
        )
        yield from (dict(row._mapping) for row in rows)


def verdicts_of(conn: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What checks found, by comment."""
    names = ("comment_version", "check_name", "reason", "message", "score")
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for some in _batches(ids):
        rows = conn.execute(
            select(verdict.c.comment_id, *(verdict.c[name] for name in names))
            .where(verdict.c.comment_id.in_(some))
            .order_by(verdict.c.comment_id, verdict.c.comment_version, verdict.c.position)
        )
        for comment_id, *values in rows:
            found[comment_id].append(dict(zip(names, values, strict=True)))
    return found


def entries_of(conn: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What was done with each comment, when and why; the kind of whoever did it, not the name."""
    names = ("at", "actor_kind", "action", "old_status", "new_status", "reason", "note", "detail")
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for some in _batches(ids):
        rows = conn.execute(
            select(log.c.comment_id, *(log.c[name] for name in names))
            .where(log.c.comment_id.in_(some))
            .order_by(log.c.comment_id, log.c.id)
        )
        for comment_id, *values in rows:
            found[comment_id].append(dict(zip(names, values, strict=True)))
    return found


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
