"""Where a comment stands, and everything that must change together when that changes.

`set_standing` is the only function that writes a comment's status, deletion or visibility. In the
same transaction it moves every count, writes the log entry and mends the tombstones above, so
that a count can never differ from what its thread lists.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Integer,
    bindparam,
    case,
    insert,
    or_,
    select,
    update,
)

from comments_service.domain.comment import Status
from comments_service.domain.ids import new_id
from comments_service.domain.seal import TEXT, hash_said, hash_text, new_salt
from comments_service.domain.verdict import Verdict
from comments_service.storage.counted import Standing, counted_as
from comments_service.storage.judgements import Judged, Told, judgement_moves
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import comment as comments
from comments_service.storage.tables import log
from comments_service.storage.tallies import PUBLISHED, Moves, move_tallies
from comments_service.storage.types import moment_or_none

EXAMINED: Final = "examined_version"
EXAMINATION: Final = ("fingerprint", "risk", "examined_by", EXAMINED)
"""Columns that tell how the newest text was examined: that of an edit, where one waits."""


class Actor(Struct, frozen=True):
    """Who did something: `policy`, `commenter`, `moderator`, `token` or `system`, and a name."""

    kind: str
    name: str
    id: int | None = None


class Entry(Struct, frozen=True):
    """What the log will say of a change."""

    actor: Actor
    action: str
    at: datetime
    reason: str | None = None
    note: str | None = None
    detail: Mapping[str, Any] | None = None
    undoes: int | None = None


class Placed(Struct, frozen=True):
    """A stored comment as `set_standing` needs to know it; `load_placed` reads and locks it."""

    id: int
    site_id: int
    thread_id: int
    parent_id: int | None
    commenter_id: int | None
    version: int
    standing: Standing
    shown: bool
    author_name: str
    body: str
    body_html: str
    edit_body: str | None
    edit_body_html: str | None
    edited_at: datetime | None
    created_at: datetime
    examination: Mapping[str, Any]
    before_edit: str | None

    @property
    def judged(self) -> Judged:
        """What became of its present text."""
        return self.standing.judged(self.version, self.examination[EXAMINED])


_THIS_COMMENT: Final = comments.c.id == bindparam("this_id", type_=BigInteger)
_PLACED: Final = (
    select(
        comments.c.id,
        comments.c.site_id,
        comments.c.thread_id,
        comments.c.parent_id,
        comments.c.commenter_id,
        comments.c.version,
        comments.c.status,
        comments.c.deleted_at,
        comments.c.judged_by_person,
        comments.c.shown,
        comments.c.author_name,
        comments.c.body,
        comments.c.body_html,
        comments.c.edit_body,
        comments.c.edit_body_html,
        comments.c.edited_at,
        comments.c.created_at,
        comments.c.before_edit,
        *(comments.c[name] for name in EXAMINATION),
    )
    .where(_THIS_COMMENT)
    .with_for_update(key_share=True)
)


def load_placed(conn: Connection, comment_id: int) -> Placed | None:
    """The comment, locked until this transaction ends (on SQLite the whole database is)."""
    row = conn.execute(_PLACED, {"this_id": comment_id}).one_or_none()
    if row is None:
        return None
    return Placed(
        id=row.id,
        site_id=row.site_id,
        thread_id=row.thread_id,
        parent_id=row.parent_id,
        commenter_id=row.commenter_id,
        version=row.version,
        standing=Standing(
            Status(row.status), row.deleted_at, row.judged_by_person, row.edit_body is not None
        ),
        shown=row.shown,
        author_name=row.author_name,
        body=row.body,
        body_html=row.body_html,
        edit_body=row.edit_body,
        edit_body_html=row.edit_body_html,
        edited_at=row.edited_at,
        created_at=row.created_at,
        examination={name: row._mapping[name] for name in EXAMINATION},
        before_edit=row.before_edit,
    )


def without_edit(placed: Placed) -> tuple[Standing, dict[str, Any]]:
    """The standing and the columns of a comment whose waiting edit is dropped.

    The text that stays has verdicts of its own; those of the dropped one do not speak of it.
    """
    columns: dict[str, Any] = {"edit_body": None, "edit_body_html": None, "before_edit": None}
    columns |= msgspec.json.decode(placed.before_edit or "{}", type=dict[str, Any])
    return replace(placed.standing, edit_waits=False), columns


def set_standing(
    conn: Connection,
    before: Placed | None,
    after: Standing,
    entry: Entry,
    columns: Mapping[str, Any],
    *,
    verdicts: Sequence[Verdict] | None = None,
    moves: Moves | None = None,
) -> int:
    """Write a new comment, or change one, with its counts, tombstones and log entry.

    `before` is None for a new comment; then `columns` is the whole row less what is derived here.
    Otherwise `columns` are the further columns that change (text, edit, risk ...). `verdicts` come
    with a new text alone: what was said of it. Who changes several comments in one transaction
    collects their `moves` for `move_tallies`.

    Returns the log entry's id, which is the decision's.
    """
    if before is None:
        row = _inserted(conn, after, columns)
    else:
        row = _updated(conn, before, after, columns)
    _mend_tombstones(
        conn,
        row["parent_id"],
        after.published - (before is not None and before.standing.published),
        row["shown"] - (before is not None and before.shown),
    )
    entry_id = write_entry(
        conn,
        entry,
        text=_text_after(before, columns),
        site_id=row["site_id"],
        thread_id=row["thread_id"],
        comment_id=row["id"],
        old_status=before.standing.status.value if before else None,
        new_status=after.status.value,
        version=row["version"],
    )
    owners = (row["site_id"], row["thread_id"], row["commenter_id"])
    here = _moves(owners, before.standing if before else None, after)
    if after.published and (before is None or columns.keys() - set(EXAMINATION)):
        # Another text: the count moves by nothing, which the caches are told of. Where a person
        # merely confirms what is published, readers see what they saw.
        here["thread", row["thread_id"], PUBLISHED] += 0
    told = Told(row["site_id"], row["id"], row["created_at"])
    was = before.judged if before else None
    now = after.judged(row["version"], row[EXAMINED])
    here.update(judgement_moves(conn, told, was, now, verdicts))
    if moves is None:
        move_tallies(conn, here)
    else:
        moves.update(here)
    return entry_id


def _text_after(before: Placed | None, columns: Mapping[str, Any]) -> dict[str, str | None]:
    return {n: columns[n] if n in columns else getattr(before, n) for n in TEXT}


_INSERT_ENTRY: Final = Prepared(insert(log))


def write_entry(
    conn: Connection, entry: Entry, *, text: Mapping[str, str | None] | None = None, **place: Any
) -> int:
    """One line of the log; its id is time-ordered.

    It commits to what it says, and to the comment's `text`, at once; `services.seal` puts it into
    the site's chain a moment later, because a chain that is written to with each decision would
    make all writers of a site wait for each other.
    """
    entry_id, salt = new_id(entry.at), new_salt()
    detail = msgspec.json.encode(entry.detail).decode() if entry.detail else None
    values = {
        "id": entry_id,
        "at": entry.at,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "action": entry.action,
        "reason": entry.reason,
        "note": entry.note,
        "detail": detail,
        "undoes": entry.undoes,
        "salt": salt,
        "said_hash": hash_said(salt, entry.note, detail),
        "text_hash": None if text is None else hash_text(salt, text),
    }
    _INSERT_ENTRY.rows(conn, values | place)
    return entry_id


def _derived(after: Standing) -> dict[str, Any]:
    return {
        "status": after.status.value,
        "queue": after.queue,
        "deleted_at": after.deleted_at,
        "judged_by_person": after.judged_by_person,
    }


_INSERT: Final = Prepared(insert(comments))
_UPDATE: Final = (
    update(comments)
    .where(_THIS_COMMENT)
    .values(shown=or_(bindparam("is_published", type_=Boolean), comments.c.shown_replies > 0))
    .returning(
        comments.c.id,
        comments.c.site_id,
        comments.c.thread_id,
        comments.c.parent_id,
        comments.c.commenter_id,
        comments.c.version,
        comments.c.examined_version,
        comments.c.created_at,
        comments.c.shown,
    )
)


def _inserted(conn: Connection, after: Standing, columns: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        **columns,
        **_derived(after),
        "version": 1,
        "shown": after.published,
        "reply_count": 0,
        "shown_replies": 0,
        "arrived_as": after.status.value,
    }
    _INSERT.rows(conn, row)
    return row


def _updated(
    conn: Connection, before: Placed, after: Standing, columns: Mapping[str, Any]
) -> dict[str, Any]:
    values = {
        **columns,
        **_derived(after),
        "version": before.version + 1,
        "is_published": after.published,
        "this_id": before.id,
    }
    return dict(conn.execute(_UPDATE, values).one()._mapping)


_IS_PUBLISHED: Final = (comments.c.status == Status.APPROVED.value) & comments.c.deleted_at.is_(
    None
)
"""`Standing.published` in SQL."""
_SHOWN_REPLIES: Final = comments.c.shown_replies + bindparam("shown_by", type_=Integer)
_MEND: Final = Prepared(
    update(comments)
    .where(_THIS_COMMENT)
    .values(
        reply_count=comments.c.reply_count + bindparam("published_by", type_=Integer),
        shown_replies=_SHOWN_REPLIES,
        shown=case((_IS_PUBLISHED, True), else_=_SHOWN_REPLIES > 0),
    )
    .returning(
        comments.c.parent_id,
        comments.c.shown_replies,
        comments.c.status,
        comments.c.deleted_at,
    )
)


def _mend_tombstones(
    conn: Connection, parent_id: int | None, published_by: int, shown_by: int
) -> None:
    """Tell the parent that a reply appeared or went; climbs only while a tombstone flips."""
    while parent_id is not None and (published_by or shown_by):
        values = {"this_id": parent_id, "published_by": published_by, "shown_by": shown_by}
        above, shown_replies, status, deleted_at = _MEND.rows(conn, values)[0]
        # Asked of the row and not of SQL: SQLite 3.40 evaluates `deleted_at IS NULL` to 0 in a
        # RETURNING clause where the very column it returns beside it is NULL.
        published = Standing(Status(status), moment_or_none(deleted_at)).published
        first, last = shown_by > 0 and shown_replies == 1, shown_by < 0 and not shown_replies
        flipped = not published and (first or last)
        parent_id, published_by, shown_by = above, 0, shown_by if flipped else 0


def _moves(owners: tuple[int, int, int | None], before: Standing | None, after: Standing) -> Moves:
    was, now = counted_as(before), counted_as(after)
    moves = Moves()
    for scope, owner in zip(("site", "thread", "commenter"), owners, strict=True):
        if owner is not None:
            moves.update({(scope, owner, what): -1 for what in was[scope] - now[scope]})
            moves.update({(scope, owner, what): +1 for what in now[scope] - was[scope]})
    return moves
