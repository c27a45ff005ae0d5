"""What moderators see: the queue in its tabs and orders, verdicts, histories, the log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    insert,
    literal_column,
    or_,
    select,
    text,
)

from comments_service.domain.comment import Status
from comments_service.domain.verdict import Category, Mode, Signal, Span, Verdict
from comments_service.storage.tables import comment, log, tally, thread, verdict

QueueSort = Literal["oldest", "newest", "risk"]


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A comment as a moderator sees it, with its page."""

    id: int
    parent_id: int | None
    depth: int
    author_name: str
    email: str | None
    body: str
    body_html: str
    edit_body: str | None
    edit_body_html: str | None
    status: Status
    queue: str
    judged_by_person: bool
    risk: int
    version: int
    examined_by: Mapping[str, int]
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    commenter_id: int | None
    reply_count: int
    thread_id: int
    thread_url: str | None
    thread_title: str | None
    thread_title_verified: bool


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which comments; None means all. `words` is matched word by word, every word must occur."""

    tab: str
    check: str | None = None
    reason: str | None = None
    author_key: str | None = None
    commenter_id: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """After which row the page starts; `risk` only where that is the order."""

    id: int
    risk: int = 0


_COLUMNS: Final = (
    *(
        comment.c[name]
        for name in QueueRow.__slots__
        if not name.startswith("thread_") or name == "thread_id"
    ),
    thread.c.url.label("thread_url"),
    thread.c.title.label("thread_title"),
    thread.c.title_verified.label("thread_title_verified"),
)


def list_queue(
    conn: Connection,
    site_id: int,
    wanted: QueueFilter,
    *,
    sort: QueueSort,
    after: QueuePosition | None,
    limit: int,
) -> list[QueueRow]:
    """One page of a tab. Keyset paging: no OFFSET, no counting."""
    where = [comment.c.site_id == site_id, *_conditions(conn, site_id, wanted)]
    if after is not None:
        where.append(_beyond(sort, after))
    statement = (
        select(*_COLUMNS)
        .join(thread, thread.c.id == comment.c.thread_id)
        .where(*where)
        .order_by(*_ordering(sort))
        .limit(limit)
    )
    return [_queue_row(row) for row in conn.execute(statement)]


def find_in_queue(conn: Connection, site_id: int, ids: Sequence[int]) -> dict[int, QueueRow]:
    """Comments of one site by id."""
    statement = (
        select(*_COLUMNS)
        .join(thread, thread.c.id == comment.c.thread_id)
        .where(comment.c.site_id == site_id, comment.c.id.in_(ids))
    )
    rows = [_queue_row(row) for row in conn.execute(statement)]
    return {row.id: row for row in rows}


def _queue_row(row: Any) -> QueueRow:
    values = dict(row._mapping)
    values["status"] = Status(row.status)
    values["examined_by"] = msgspec.json.decode(row.examined_by, type=dict[str, int])
    return QueueRow(**values)


def _ordering(sort: QueueSort) -> tuple[Any, ...]:
    if sort == "risk":
        return comment.c.risk.desc(), comment.c.id.desc()
    return (comment.c.id if sort == "oldest" else comment.c.id.desc(),)


def _beyond(sort: QueueSort, after: QueuePosition) -> ColumnElement[bool]:
    if sort == "risk":
        # A range on the first column lets both databases start the index scan there.
        later = or_(comment.c.risk < after.risk, comment.c.id < after.id)
        return and_(comment.c.risk <= after.risk, later)
    return comment.c.id > after.id if sort == "oldest" else comment.c.id < after.id


def _conditions(conn: Connection, site_id: int, wanted: QueueFilter) -> Iterable[Any]:
    if wanted.tab != "all":
        yield comment.c.queue == wanted.tab
    if wanted.author_key is not None:
        yield comment.c.author_key == wanted.author_key
    if wanted.commenter_id is not None:
        yield comment.c.commenter_id == wanted.commenter_id
    if wanted.check is not None or wanted.reason is not None:
        yield _has_verdict(site_id, wanted)
    if wanted.words is not None:
        yield _has_words(conn, wanted.words)


def _has_verdict(site_id: int, wanted: QueueFilter) -> ColumnElement[bool]:
    where = [
        verdict.c.site_id == site_id,
        verdict.c.comment_id == comment.c.id,
        verdict.c.comment_version == comment.c.examined_version,
    ]
    if wanted.check is not None:
        where.append(verdict.c.check_name == wanted.check)
    if wanted.reason is not None:
        where.append(verdict.c.reason == wanted.reason)
    return exists().where(*where)


def search_terms(words: str) -> list[str]:
    """The words of a search as both databases' plain tokenizers would split them."""
    return "".join(c if c.isalnum() else " " for c in words).split()[:10]


def _has_words(conn: Connection, words: str) -> ColumnElement[bool]:
    terms = search_terms(words)
    if not terms:
        return literal_column("1") == literal_column("0")
    if conn.dialect.name == "sqlite":
        match = " ".join(f'"{term}"' for term in terms)
        found = text("SELECT rowid FROM comment_search WHERE comment_search MATCH :words")
        return comment.c.id.in_(found.bindparams(words=match).columns(literal_column("rowid")))
    found = text(
        "SELECT comment_id FROM comment_search "
        "WHERE words @@ plainto_tsquery('simple', :words) ORDER BY comment_id DESC"
    )
    return comment.c.id.in_(
        found.bindparams(words=" ".join(terms)).columns(literal_column("comment_id"))
    )


def verdicts_of(conn: Connection, ids: Sequence[int]) -> dict[int, list[Verdict]]:
    """The verdicts on the latest examined text of each comment, in the checks' order."""
    rows = conn.execute(
        select(verdict)
        .join(
            comment,
            (comment.c.id == verdict.c.comment_id)
            & (comment.c.examined_version == verdict.c.comment_version),
        )
        # Said of both: PostgreSQL does not carry a list over to the other side of a join.
        .where(comment.c.id.in_(ids), verdict.c.comment_id.in_(ids))
        .order_by(verdict.c.comment_id, verdict.c.position)
    )
    found: dict[int, list[Verdict]] = {}
    for row in rows:
        found.setdefault(row.comment_id, []).append(_verdict(row))
    return found


def _verdict(row: Any) -> Verdict:
    return Verdict(
        check=row.check_name,
        version=row.check_version,
        mode=Mode(row.mode),
        signal=Signal[row.signal.upper()],
        score=row.score,
        reason=row.reason,
        message=row.message,
        category=Category(row.category) if row.category else None,
        spans=tuple(msgspec.json.decode(row.spans, type=list[Span])),
        field=row.field,
    )


_INSERT_VERDICTS: Final = insert(verdict)


def add_verdicts(
    conn: Connection,
    site_id: int,
    comment_id: int,
    comment_version: int,
    verdicts: Sequence[Verdict],
) -> None:
    """Store what the checks said of one version of a comment, in one statement."""
    rows = [
        {
            "comment_id": comment_id,
            "comment_version": comment_version,
            "position": position,
            "site_id": site_id,
            "check_name": v.check,
            "check_version": v.version,
            "mode": v.mode.value,
            "signal": v.signal.name.lower(),
            "score": v.score,
            "reason": v.reason,
            "message": v.message,
            "category": v.category.value if v.category else None,
            "field": v.field,
            "spans": msgspec.json.encode(v.spans).decode(),
        }
        for position, v in enumerate(verdicts)
    ]
    if rows:
        conn.execute(_INSERT_VERDICTS, rows)


def tallies_of(
    conn: Connection, owners: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, int]]:
    """Every stored count of the owners (`("site", id)`, `("commenter", id)`), in one statement."""
    by_scope: dict[str, list[int]] = {}
    for scope, owner in owners:
        by_scope.setdefault(scope, []).append(owner)
    # One list a scope: of a list of pairs SQLite makes a scan of every count there is.
    theirs = [
        and_(tally.c.scope == scope, tally.c.owner_id.in_(ids)) for scope, ids in by_scope.items()
    ]
    rows = conn.execute(select(tally).where(or_(*theirs)))
    found: dict[tuple[str, int], dict[str, int]] = {owner: {} for owner in owners}
    for row in rows:
        found[row.scope, row.owner_id][row.what] = row.number
    return found


def oldest_in(conn: Connection, site_id: int, tab: str) -> datetime | None:
    """When the comment that has stood longest in a tab was written."""
    oldest = (
        select(comment.c.created_at)
        .where(comment.c.site_id == site_id, comment.c.queue == tab)
        .order_by(comment.c.id)
        .limit(1)
    )
    found: datetime | None = conn.scalar(oldest)
    return found


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the log."""

    id: int
    site_id: int
    thread_id: int | None
    comment_id: int | None
    at: datetime
    actor_kind: str
    actor_id: int | None
    actor_name: str
    action: str
    old_status: str | None
    new_status: str | None
    version: int | None
    reason: str | None
    note: str | None
    detail: str | None
    undoes: int | None


LOG_COLUMNS: Final = tuple(log.c[field.name] for field in fields(LogRow))


def list_log(
    conn: Connection,
    site_id: int,
    before_id: int | None,
    limit: int,
    comment_id: int | None = None,
) -> list[LogRow]:
    """The log of a site, newest first; of one comment where asked."""
    statement = select(*LOG_COLUMNS).where(log.c.site_id == site_id)
    if before_id is not None:
        statement = statement.where(log.c.id < before_id)
    if comment_id is not None:
        statement = statement.where(log.c.comment_id == comment_id)
    rows = conn.execute(statement.order_by(log.c.id.desc()).limit(limit))
    return [LogRow(**row._mapping) for row in rows]


def messages_of(
    conn: Connection, ids: Sequence[int]
) -> dict[tuple[int, int, str], tuple[str, ...]]:
    """The sentences of all verdicts on these comments, by comment, version and reason."""
    rows = conn.execute(
        select(verdict.c.comment_id, verdict.c.comment_version, verdict.c.reason, verdict.c.message)
        .where(verdict.c.comment_id.in_(ids))
        .order_by(verdict.c.comment_id, verdict.c.comment_version, verdict.c.position)
    )
    found: dict[tuple[int, int, str], tuple[str, ...]] = {}
    for row in rows:
        key = (row.comment_id, row.comment_version, row.reason)
        found[key] = (*found.get(key, ()), row.message)
    return found


def find_entry(conn: Connection, entry_id: int) -> LogRow | None:
    """One line of the log."""
    row = conn.execute(select(*LOG_COLUMNS).where(log.c.id == entry_id)).one_or_none()
    return None if row is None else LogRow(**row._mapping)


def last_decision(conn: Connection, comment_id: int) -> LogRow | None:
    """The newest entry of a comment that set its standing or text.

    By version, not by id: two entries of one millisecond, or of two machines' clocks, have ids in
    any order.
    """
    row = conn.execute(
        select(*LOG_COLUMNS)
        .where(log.c.comment_id == comment_id)
        .order_by(log.c.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else LogRow(**row._mapping)
