"""What time triggers, and what `verify` compares."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    literal_column,
    select,
    text,
    type_coerce,
    update,
)

from comments_service.domain.comment import Status
from comments_service.domain.ids import encode_id
from comments_service.storage import judgements
from comments_service.storage.counted import Standing, counted_as
from comments_service.storage.tables import (
    IS_OF_ITS_TEXT,
    change,
    comment,
    lease,
    log,
    tally,
    verdict,
)
from comments_service.storage.upserts import insert_on

BATCH: Final = 1_000
"""Rows one clearing touches, so that writers are never kept waiting for long."""
_NOW_MS: Final = {
    "sqlite": literal_column(
        "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)", BigInteger()
    ),
    "postgresql": literal_column(
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint", BigInteger()
    ),
}
"""The database's own clock, as the triggers of migration 0003 read it."""


def take_lease(conn: Connection, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew a lease; False while another holder's has not run out.

    One that would last twice as long as this was taken by a clock far ahead, and keeps nobody out.
    """
    insert = insert_on(conn.dialect.name, lease)
    too_late = until + (until - now)
    statement = (
        insert.values(name=name, holder=holder, until=until)
        .on_conflict_do_update(
            index_elements=[lease.c.name],
            set_={"holder": holder, "until": until},
            where=(lease.c.holder == holder) | (lease.c.until <= now) | (lease.c.until > too_late),
        )
        .returning(lease.c.holder)
    )
    return conn.execute(statement).one_or_none() is not None


UNFINISHED_COPY: Final = "copy"
"""The lease that a database holds while not everything was copied into it yet."""


def find_lease(conn: Connection, name: str) -> datetime | None:
    """Until when the lease is held, or was."""
    found: datetime | None = conn.scalar(select(lease.c.until).where(lease.c.name == name))
    return found


def release_lease(conn: Connection, name: str, holder: str) -> None:
    """Let others have the lease at once; does nothing where it is another's."""
    conn.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


def forget_addresses(conn: Connection, older_than_id: int) -> int:
    """Clear the address hashes of comments older than an id, a batch at a time."""
    cleared = dict.fromkeys(("address_hash", "network_hash", "address_key"))
    return _clear(conn, comment.c.address_hash.is_not(None), older_than_id, cleared)


def forget_idempotency_keys(conn: Connection, older_than_id: int) -> int:
    """Clear the Idempotency-Keys of comments older than an id, a batch at a time."""
    cleared = {"idempotency_key": None, "request_hash": None}
    return _clear(conn, comment.c.idempotency_key.is_not(None), older_than_id, cleared)


def _clear(
    conn: Connection,
    still_there: ColumnElement[bool],
    older_than_id: int,
    cleared: Mapping[str, None],
) -> int:
    old = select(comment.c.id).where(still_there, comment.c.id < older_than_id).limit(BATCH)
    # Asked for first: within one statement PostgreSQL expects a whole batch, and reads every row.
    ids = conn.scalars(old).all()
    if ids:
        conn.execute(update(comment).where(comment.c.id.in_(ids)).values(**cleared))
    return len(ids)


FORGETTABLE: Final = text("queue IN ('rejected', 'spam', 'deleted') AND body <> ''")
"""Comments that nobody reads in public and whose text is there; an index holds no others."""
FORGOTTEN_AT_ONCE: Final = 100
"""Texts that one transaction erases, each with its verdicts and its log."""


def forgettable(conn: Connection, site_id: int, older_than_id: int) -> list[int]:
    """The oldest comments whose text a site wants to forget, some at a time."""
    old = (
        select(comment.c.id)
        .where(comment.c.site_id == site_id, comment.c.id < older_than_id, FORGETTABLE)
        .order_by(comment.c.id)
        .limit(FORGOTTEN_AT_ONCE)
    )
    return list(conn.scalars(old))


def forget_changes(conn: Connection, keep: timedelta) -> int:
    """Delete old notes of changes, a batch at a time.

    By the database's clock, which dates them. A process whose own is ahead would delete what
    others have still to read, and they would show for good what is no longer true. A clock that
    was set back has dated notes in the future: they stay until then, and keep no others.
    """
    made_at = type_coerce(change.c.at, BigInteger)
    before = _NOW_MS[conn.dialect.name] - keep // timedelta(milliseconds=1)
    old = select(change.c.id).where(made_at < before).order_by(change.c.id).limit(BATCH)
    return conn.execute(delete(change).where(change.c.id.in_(old))).rowcount


def wrong_tallies(conn: Connection) -> Iterator[str]:
    """Each stored count that differs from what the comments themselves say."""
    true: Counter[tuple[str, int, str]] = Counter()
    rows = conn.execute(
        select(
            comment.c.site_id,
            comment.c.thread_id,
            comment.c.commenter_id,
            comment.c.status,
            comment.c.deleted_at,
            comment.c.judged_by_person,
            comment.c.edit_body.is_not(None).label("edit_waits"),
        ).execution_options(yield_per=BATCH)
    )
    for row in rows:
        standing = Standing(
            Status(row.status), row.deleted_at, row.judged_by_person, row.edit_waits
        )
        owners = {"site": row.site_id, "thread": row.thread_id, "commenter": row.commenter_id}
        for scope, whats in counted_as(standing).items():
            if owners[scope] is not None:
                true.update((scope, owners[scope], what) for what in whats)
    true.update(_true_judgements(conn))
    stored = {(r.scope, r.owner_id, r.what): r.number for r in conn.execute(select(tally))}
    for place in sorted(stored.keys() | true.keys()):
        if stored.get(place, 0) != true[place]:
            scope, owner, what = place
            yield (
                f"{scope} {encode_id(owner)}: the stored {what} count is {stored.get(place, 0)}, "
                f"the comments say {true[place]}"
            )


def _true_judgements(conn: Connection) -> Iterator[tuple[str, int, str]]:
    """Each tally of a check's findings that a comment is in, by its present verdicts."""
    rows = conn.execute(
        select(
            comment.c.id,
            comment.c.site_id,
            comment.c.status,
            comment.c.deleted_at,
            comment.c.judged_by_person,
            comment.c.edit_body.is_not(None).label("edit_waits"),
            comment.c.version,
            comment.c.examined_version,
            comment.c.created_at,
            *judgements.COLUMNS,
        )
        .join(verdict, IS_OF_ITS_TEXT)
        .order_by(comment.c.id)
        .execution_options(yield_per=BATCH)
    )
    for _, group in groupby(rows, key=lambda row: row.id):
        said = list(group)
        row = said[0]
        standing = Standing(
            Status(row.status), row.deleted_at, row.judged_by_person, row.edit_waits
        )
        fate = standing.judged(row.version, row.examined_version).fate
        verdicts = [judgements.bare_verdict(r) for r in said]
        for what in judgements.judged_as(verdicts, fate, row.created_at):
            yield judgements.SCOPE, row.site_id, what


def wrong_visibility(conn: Connection) -> Iterator[str]:
    """Each comment whose reply counts or visibility differ from what its replies say."""
    reply = comment.alias("reply")
    published = and_(reply.c.status == Status.APPROVED.value, reply.c.deleted_at.is_(None))
    per_parent = (
        select(
            reply.c.parent_id,
            func.sum(case((published, 1), else_=0)).label("published"),
            func.sum(case((reply.c.shown, 1), else_=0)).label("shown"),
        )
        .where(reply.c.parent_id.is_not(None))
        .group_by(reply.c.parent_id)
        .subquery()
    )
    rows = conn.execute(
        select(
            comment.c.id,
            comment.c.status,
            comment.c.deleted_at,
            comment.c.shown,
            comment.c.reply_count,
            comment.c.shown_replies,
            func.coalesce(per_parent.c.published, 0).label("published"),
            func.coalesce(per_parent.c.shown, 0).label("shown_now"),
        )
        .outerjoin(per_parent, per_parent.c.parent_id == comment.c.id)
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        is_published = row.status == Status.APPROVED and row.deleted_at is None
        true = (row.published, row.shown_now, is_published or row.shown_now > 0)
        if true != (row.reply_count, row.shown_replies, row.shown):
            yield f"comment {encode_id(row.id)}: its replies or its visibility do not add up"


def breaks_in_log(conn: Connection) -> Iterator[str]:
    """Each comment whose entries have a gap, or do not lead to where it stands."""
    rows = conn.execute(
        select(log.c.comment_id, log.c.version, log.c.old_status, log.c.new_status)
        .where(log.c.comment_id.is_not(None))
        .order_by(log.c.comment_id, log.c.version)
        .execution_options(yield_per=BATCH)
    )
    ends: dict[int, tuple[int, str]] = {}
    for row in rows:
        version, status = ends.get(row.comment_id, (0, None))
        if row.version != version + 1 or row.old_status != status:
            yield f"comment {encode_id(row.comment_id)}: the log breaks at version {row.version}"
        ends[row.comment_id] = (row.version, row.new_status)
    stored = conn.execute(
        select(comment.c.id, comment.c.version, comment.c.status).execution_options(yield_per=BATCH)
    )
    for placed in stored:
        if ends.pop(placed.id, None) != (placed.version, placed.status):
            number = encode_id(placed.id)
            yield f"comment {number}: stands at {placed.status}, which its log does not say"
    for comment_id in ends:
        yield f"comment {encode_id(comment_id)}: is gone, and its log is still there"
