"""What a replay of stored comments reads: the comments in order, and the past of each of them.

Every statement is bounded and goes along an index; a replay of a million comments asks many times.
Nothing here writes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from comments_service.domain.comment import Status
from comments_service.domain.policy import TRUSTED_AFTER
from comments_service.storage.tables import comment, log, thread

PAST_EACH: Final = 200
"""Comments of one commenter that are looked at one by one; of older ones only whether approved."""
_CHUNK: Final = 1_000
"""Ids in one list; SQLite takes 32,766 values in a statement."""
_NOT_ERASED: Final = comment.c.body != ""
"""Of an erased person's comments nothing is left to be asked about."""


class ReplayRow(Struct, frozen=True):
    """A stored comment with the text its verdicts speak of, and its thread's mode."""

    id: int
    thread_id: int
    thread_url: str | None
    thread_mode: str | None
    commenter_id: int | None
    address_hash: str | None
    author_name: str
    email: str | None
    text: str
    """Of an edit that waits, else the comment's own."""
    status: Status
    deleted_at: datetime | None
    judged_by_person: bool
    edit_waits: bool
    version: int
    examined_version: int
    examined_by: Mapping[str, int]
    arrived_as: Status
    created_at: datetime


class SeenRow(Struct, frozen=True):
    """A comment as repeats and floods need to know it."""

    id: int
    thread_id: int
    commenter_id: int | None
    address_hash: str | None
    fingerprint: str
    created_at: datetime


class PastRow(Struct, frozen=True):
    """A comment of a commenter, with the status it came with."""

    id: int
    commenter_id: int
    arrived_as: Status
    version: int
    created_at: datetime


class StepRow(Struct, frozen=True):
    """One line of a comment's log, as far as its standing can be followed along it."""

    id: int
    comment_id: int
    version: int
    at: datetime
    actor_kind: str
    action: str
    new_status: str | None
    undoes: int | None


def list_to_replay(
    conn: Connection, site_id: int, after_id: int, until_id: int, limit: int
) -> list[ReplayRow]:
    """Comments of a site in the order they came, above one id and up to another."""
    edit = comment.c.edit_body
    rows = conn.execute(
        select(
            comment.c.id,
            comment.c.thread_id,
            thread.c.url.label("thread_url"),
            thread.c.mode.label("thread_mode"),
            *(comment.c[n] for n in ("commenter_id", "address_hash", "author_name", "email")),
            func.coalesce(edit, comment.c.body).label("text"),
            *(comment.c[n] for n in ("status", "deleted_at", "judged_by_person")),
            edit.is_not(None).label("edit_waits"),
            *(comment.c[n] for n in ("version", "examined_version", "examined_by")),
            *(comment.c[n] for n in ("arrived_as", "created_at")),
        )
        .join(thread, thread.c.id == comment.c.thread_id)
        .where(comment.c.site_id == site_id, comment.c.id > after_id, comment.c.id <= until_id)
        .where(_NOT_ERASED)
        .order_by(comment.c.id)
        .limit(limit)
    )
    return [_replay_row(row) for row in rows]


def _replay_row(row: Any) -> ReplayRow:
    values = dict(row._mapping)
    values["status"] = Status(row.status)
    values["arrived_as"] = Status(row.arrived_as)
    values["edit_waits"] = bool(row.edit_waits)
    values["examined_by"] = msgspec.json.decode(row.examined_by, type=dict[str, int])
    return ReplayRow(**values)


def newest_before(
    conn: Connection, site_id: int, since_id: int, before_id: int, limit: int
) -> list[int]:
    """Ids of the newest comments below one id and not below another, newest first."""
    found = (
        select(comment.c.id)
        .where(comment.c.site_id == site_id, comment.c.id >= since_id, comment.c.id < before_id)
        .where(_NOT_ERASED)
        .order_by(comment.c.id.desc())
        .limit(limit)
    )
    return list(conn.scalars(found))


def list_seen(
    conn: Connection, site_id: int, since_id: int, before_id: int, limit: int
) -> list[SeenRow]:
    """The newest comments of a stretch of time, oldest of them first."""
    columns = [comment.c[name] for name in SeenRow.__struct_fields__]
    rows = conn.execute(
        select(*columns)
        .where(comment.c.site_id == site_id, comment.c.id >= since_id, comment.c.id < before_id)
        .order_by(comment.c.id.desc())
        .limit(limit)
    ).all()
    return [SeenRow(**row._mapping) for row in reversed(rows)]


def list_pasts(conn: Connection, commenters: Sequence[int], before_id: int) -> list[PastRow]:
    """The newest `PAST_EACH` comments of each commenter below an id, in the order of ids."""
    rows: list[PastRow] = []
    for chunk in _chunks(commenters):
        nth = func.row_number().over(
            partition_by=comment.c.commenter_id, order_by=comment.c.id.desc()
        )
        theirs = (
            select(*(comment.c[name] for name in PastRow.__struct_fields__), nth.label("nth"))
            .where(comment.c.commenter_id.in_(chunk), comment.c.id < before_id)
            .subquery()
        )
        for row in conn.execute(select(theirs).where(theirs.c.nth <= PAST_EACH)):
            arrived_as = Status(row.arrived_as)
            past = PastRow(row.id, row.commenter_id, arrived_as, row.version, row.created_at)
            rows.append(past)
    return sorted(rows, key=lambda row: row.id)


def vouched_before(conn: Connection, commenter_id: int, before_id: int) -> int:
    """How many comments older than an id a person approved, as they stand now; 2 is enough."""
    found = (
        select(comment.c.id)
        .where(
            comment.c.commenter_id == commenter_id,
            comment.c.id < before_id,
            comment.c.status == Status.APPROVED.value,
            comment.c.judged_by_person,
            comment.c.deleted_at.is_(None),
        )
        .limit(TRUSTED_AFTER)
    )
    return len(conn.scalars(found).all())


def list_steps(conn: Connection, comment_ids: Sequence[int]) -> list[StepRow]:
    """The log of some comments, each in the order of its versions."""
    rows: list[StepRow] = []
    for chunk in _chunks(comment_ids):
        found = conn.execute(
            select(*(log.c[name] for name in StepRow.__struct_fields__)).where(
                log.c.comment_id.in_(chunk)
            )
        )
        rows += [StepRow(**row._mapping) for row in found]
    return sorted(rows, key=lambda row: (row.comment_id, row.version))


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]
