"""What moderators see beside the queue: verdicts, histories, the log."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import fields
from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    insert,
    literal,
    literal_column,
    or_,
    select,
)

from comments_service.domain.verdict import Category, Mode, Signal, Span, Verdict
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import IS_OF_ITS_TEXT, comment, log, tally, verdict
from comments_service.storage.types import from_ms

_IDS: Final = bindparam("ids", type_=BigInteger, expanding=True)
_SPANS: Final = msgspec.json.Decoder(list[Span])

_VERDICTS: Final = Prepared(
    select(
        verdict.c.comment_id,
        verdict.c.check_name,
        verdict.c.check_version,
        verdict.c.mode,
        verdict.c.signal,
        verdict.c.score,
        verdict.c.reason,
        verdict.c.message,
        verdict.c.category,
        verdict.c.spans,
        verdict.c.field,
    )
    .join(comment, IS_OF_ITS_TEXT)
    # Said of both: PostgreSQL does not carry a list over to the other side of a join.
    .where(comment.c.id.in_(_IDS), verdict.c.comment_id.in_(_IDS))
    .order_by(verdict.c.comment_id, verdict.c.position),
    "ids",
)


def verdicts_of(conn: Connection, ids: Sequence[int]) -> dict[int, list[Verdict]]:
    """The verdicts on the latest examined text of each comment, in the checks' order."""
    found: dict[int, list[Verdict]] = {}
    for comment_id, *said in _VERDICTS.rows(conn, {"ids": ids}) if ids else ():
        found.setdefault(comment_id, []).append(_verdict(said))
    return found


def _verdict(said: Sequence[Any]) -> Verdict:
    """The columns of `_VERDICTS` after the first, as the driver has them."""
    check, version, mode, signal, score, reason, message, category, spans, field = said
    return Verdict(
        check=check,
        version=version,
        mode=Mode(mode),
        signal=Signal[signal.upper()],
        score=score,
        reason=reason,
        message=message,
        category=Category(category) if category else None,
        spans=tuple(_SPANS.decode(spans)),
        field=field,
    )


_INSERT_VERDICTS: Final = Prepared(insert(verdict))


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
        _INSERT_VERDICTS.each(conn, rows)


def repeat_verdicts(conn: Connection, comment_id: int, version: int, at_version: int) -> None:
    """Store what was said of one version of a comment of another one, too, whose text is equal."""
    same = [c for c in verdict.c if c.name != "comment_version"]
    said = select(literal(at_version), *same).where(
        verdict.c.comment_id == comment_id, verdict.c.comment_version == version
    )
    names = ["comment_version", *(c.name for c in same)]
    conn.execute(insert(verdict).from_select(names, said))


@cache
def _tallies(scopes: tuple[str, ...]) -> Prepared:
    # One list a scope: of a list of pairs SQLite makes a scan of every count there is.
    theirs = [
        and_(
            tally.c.scope == scope,
            tally.c.owner_id.in_(bindparam(scope, type_=BigInteger, expanding=True)),
        )
        for scope in scopes
    ]
    columns = (tally.c.scope, tally.c.owner_id, tally.c.what, tally.c.number)
    return Prepared(select(*columns).where(or_(*theirs)), *scopes)


def tallies_of(
    conn: Connection, owners: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, int]]:
    """Every stored count of the owners (`("site", id)`, `("commenter", id)`), in one statement."""
    by_scope: dict[str, list[int]] = {}
    for scope, owner in owners:
        by_scope.setdefault(scope, []).append(owner)
    found: dict[tuple[str, int], dict[str, int]] = {owner: {} for owner in owners}
    for scope, owner, what, number in _tallies(tuple(sorted(by_scope))).rows(conn, by_scope):
        found[scope, owner][what] = number
    return found


_OLDEST: Final = Prepared(
    select(comment.c.created_at)
    .where(
        comment.c.site_id == bindparam("site_id", type_=BigInteger),
        comment.c.queue == bindparam("queue", type_=String),
    )
    .order_by(comment.c.id)
    .limit(1)
)


def oldest_in(conn: Connection, site_id: int, tab: str) -> datetime | None:
    """When the comment that has stood longest in a tab was written."""
    rows = _OLDEST.rows(conn, {"site_id": site_id, "queue": tab})
    return from_ms(rows[0][0]) if rows else None


class LogRow(Struct, frozen=True):
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
_LOG: Final = select(*LOG_COLUMNS)


def _log_row(row: Sequence[Any]) -> LogRow:
    """`LOG_COLUMNS` as the driver has them."""
    values = {column.name: value for column, value in zip(LOG_COLUMNS, row, strict=True)}
    values["at"] = from_ms(values["at"])
    return LogRow(**values)


@cache
def _log_page(is_further: bool, is_of_comment: bool) -> Prepared:
    # As a sum no index serves it: else SQLite reads the site's whole log for one comment's entries.
    of_site = log.c.site_id + literal_column("0") if is_of_comment else log.c.site_id
    where = [of_site == bindparam("site_id", type_=BigInteger)]
    if is_further:
        where.append(log.c.id < bindparam("before_id", type_=BigInteger))
    if is_of_comment:
        where.append(log.c.comment_id == bindparam("comment_id", type_=BigInteger))
    page = _LOG.where(*where).order_by(log.c.id.desc())
    return Prepared(page.limit(bindparam("limit", type_=Integer)))


def list_log(
    conn: Connection,
    site_id: int,
    before_id: int | None,
    limit: int,
    comment_id: int | None = None,
) -> list[LogRow]:
    """The log of a site, newest first; of one comment where asked."""
    page = _log_page(before_id is not None, comment_id is not None)
    values = {"before_id": before_id, "comment_id": comment_id}
    values = {name: value for name, value in values.items() if value is not None}
    return [
        _log_row(row) for row in page.rows(conn, {**values, "site_id": site_id, "limit": limit})
    ]


_MESSAGES: Final = Prepared(
    select(verdict.c.comment_id, verdict.c.comment_version, verdict.c.reason, verdict.c.message)
    .where(verdict.c.comment_id.in_(_IDS))
    .order_by(verdict.c.comment_id, verdict.c.comment_version, verdict.c.position),
    "ids",
)


def messages_of(
    conn: Connection, ids: Sequence[int]
) -> dict[tuple[int, int, str], tuple[str, ...]]:
    """The sentences of all verdicts on these comments, by comment, version and reason."""
    found: dict[tuple[int, int, str], tuple[str, ...]] = {}
    for comment_id, version, reason, message in _MESSAGES.rows(conn, {"ids": ids}) if ids else ():
        key = (comment_id, version, reason)
        found[key] = (*found.get(key, ()), message)
    return found


_ENTRY: Final = Prepared(_LOG.where(log.c.id == bindparam("entry_id", type_=BigInteger)))
_LAST_DECISION: Final = Prepared(
    _LOG.where(log.c.comment_id == bindparam("comment_id", type_=BigInteger))
    .order_by(log.c.version.desc())
    .limit(1)
)


def find_entry(conn: Connection, entry_id: int) -> LogRow | None:
    """One line of the log."""
    rows = _ENTRY.rows(conn, {"entry_id": entry_id})
    return _log_row(rows[0]) if rows else None


def last_decision(conn: Connection, comment_id: int) -> LogRow | None:
    """The newest entry of a comment that set its standing or text.

    By version, not by id: two entries of one millisecond, or of two machines' clocks, have ids in
    any order.
    """
    rows = _LAST_DECISION.rows(conn, {"comment_id": comment_id})
    return _log_row(rows[0]) if rows else None
