"""What a post needs to know before it is examined: two statements, whatever the past holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Label, Select, String, and_, literal, select, union_all

from comments_service.domain.comment import Status
from comments_service.domain.policy import LOOK_BACK
from comments_service.storage.queries.sites import (
    SITE_COLUMNS,
    THREAD_COLUMNS,
    SiteRow,
    ThreadRow,
    named_site,
    site_row,
    tally_of,
)
from comments_service.storage.standing import VOUCHED
from comments_service.storage.tables import comment, commenter, site, thread, thread_key

EARLIER_EACH: Final = 25
"""Earlier comments looked at per commenter, per address and per text."""

_parent: Final = comment.alias("parent")
_replay: Final = comment.alias("replay")


@dataclass(frozen=True, slots=True)
class ParentRow:
    """The comment that is answered."""

    id: int
    root_id: int
    path: str
    depth: int
    published: bool


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """The comment that an Idempotency-Key already stands for."""

    id: int
    request_hash: str
    arrived_as: Status


@dataclass(frozen=True, slots=True)
class Context:
    """Where a post goes and who sent it, as stored now."""

    site: SiteRow
    thread: ThreadRow | None
    commenter_id: int | None
    approved_by_person: int
    parent: ParentRow | None
    replay: ReplayRow | None


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """An earlier comment of the same commenter, address or text."""

    id: int
    thread_id: int
    commenter_id: int | None
    address_hash: str | None
    fingerprint: str
    status: Status
    created_at: datetime


def _named(prefix: str, *columns: Any) -> list[Label[Any]]:
    return [c.label(f"{prefix}_{c.key or c.name}") for c in columns]


def load_context(
    conn: Connection,
    *,
    slug: str | None,
    host_port: str | None,
    key: str,
    key_hash: str | None,
    parent_id: int | None,
    idempotency_key: str | None,
) -> Context | None:
    """Everything about one post in one statement; None where there is no such site."""
    chosen = named_site(slug, host_port).with_only_columns(site.c.id).scalar_subquery()
    statement = (
        select(
            *SITE_COLUMNS,
            *_named("thread", *THREAD_COLUMNS),
            commenter.c.id.label("commenter_id"),
            tally_of("commenter", commenter.c.id, VOUCHED).label("vouched"),
            *_named("parent", *(_parent.c[c] for c in ("id", "root_id", "path", "depth"))),
            _parent.c.status.label("parent_status"),
            _parent.c.deleted_at.label("parent_deleted_at"),
            *_named("replay", *(_replay.c[c] for c in ("id", "request_hash", "arrived_as"))),
        )
        .select_from(site)
        .outerjoin(thread_key, and_(thread_key.c.site_id == site.c.id, thread_key.c.key == key))
        .outerjoin(thread, thread.c.id == thread_key.c.thread_id)
        .outerjoin(
            commenter, and_(commenter.c.site_id == site.c.id, commenter.c.key_hash == key_hash)
        )
        .outerjoin(_parent, and_(_parent.c.id == parent_id, _parent.c.thread_id == thread.c.id))
        .outerjoin(
            _replay,
            # A literal, because `== None` would mean IS NULL and find every comment without a key.
            and_(
                _replay.c.site_id == site.c.id,
                _replay.c.idempotency_key == literal(idempotency_key, String),
            ),
        )
        .where(site.c.id == chosen)
    )
    row = conn.execute(statement).one_or_none()
    return None if row is None else _context(row)


def _context(row: Any) -> Context:
    parent = replay = found = None
    if row.thread_id is not None:
        names = [c.key or c.name for c in THREAD_COLUMNS]
        found = ThreadRow(**{n: getattr(row, f"thread_{n}") for n in names})
    if row.parent_id is not None:
        published = row.parent_status == Status.APPROVED and row.parent_deleted_at is None
        parent = ParentRow(
            row.parent_id, row.parent_root_id, row.parent_path, row.parent_depth, published
        )
    if row.replay_id is not None:
        replay = ReplayRow(row.replay_id, row.replay_request_hash, Status(row.replay_arrived_as))
    return Context(site_row(row), found, row.commenter_id, row.vouched, parent, replay)


def load_earlier(
    conn: Connection,
    *,
    site_id: int,
    commenter_id: int | None,
    address_hash: str | None,
    fingerprint: str,
    oldest_id: int,
) -> tuple[list[EarlierRow], tuple[Status, ...]]:
    """Earlier comments since `oldest_id`, newest first, and the commenter's last statuses ever."""
    same_site = comment.c.site_id == site_id
    recent = comment.c.id >= oldest_id
    parts = [_latest("text", same_site, comment.c.fingerprint == fingerprint, recent)]
    if commenter_id is not None:
        parts.append(_latest("commenter", comment.c.commenter_id == commenter_id))
    if address_hash is not None:
        parts.append(_latest("address", comment.c.address_hash == address_hash, same_site, recent))
    rows = conn.execute(union_all(*(select(p.subquery()) for p in parts))).all()
    own = sorted((r for r in rows if r.part == "commenter"), key=lambda r: -r.id)[:LOOK_BACK]
    known = {
        r.id: EarlierRow(
            r.id,
            r.thread_id,
            r.commenter_id,
            r.address_hash,
            r.fingerprint,
            Status(r.status),
            r.created_at,
        )
        for r in rows
        if r.id >= oldest_id
    }
    newest_first = [known[i] for i in sorted(known, reverse=True)]
    return newest_first, tuple(Status(r.status) for r in own)


def _latest(part: str, *where: Any) -> Select[Any]:
    return (
        select(
            literal(part).label("part"),
            comment.c.id,
            comment.c.thread_id,
            comment.c.commenter_id,
            comment.c.address_hash,
            comment.c.fingerprint,
            comment.c.status,
            comment.c.created_at,
        )
        .where(*where)
        .order_by(comment.c.id.desc())
        .limit(EARLIER_EACH)
    )


def lock_parent(conn: Connection, thread_id: int, parent_id: int | None) -> bool:
    """Whether the thread is still open and the parent still published; keeps the thread so.

    One statement. On PostgreSQL the thread is locked until the transaction ends; a parent taken
    away meanwhile leaves the reply below a tombstone, as if it had come an instant earlier.
    """
    is_open = and_(thread.c.id == thread_id, thread.c.closed_at.is_(None))
    if parent_id is None:
        statement = select(thread.c.id).where(is_open).with_for_update(read=True)
    else:
        statement = (
            select(thread.c.id)
            .join(comment, comment.c.thread_id == thread.c.id)
            .where(
                is_open,
                comment.c.id == parent_id,
                comment.c.status == Status.APPROVED.value,
                comment.c.deleted_at.is_(None),
            )
            .with_for_update(read=True, of=thread)
        )
    return conn.execute(statement).one_or_none() is not None
