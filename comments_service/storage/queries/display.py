"""What readers see of a thread: pages in display order, the feed, one comment, one's own.

Display order: root comments by age, each followed by its replies along a stored path. A position in
it is (root, path); a page starts after a position, so nothing is skipped or shown twice when
comments arrive meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    select,
    tuple_,
    type_coerce,
)

from comments_service.domain.comment import Status
from comments_service.domain.ids import WIDTH, decode_id, encode_id
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import comment
from comments_service.storage.types import from_ms

MAX_PATH: Final = 190 * WIDTH
"""Characters of a path: 190 levels, 2,470 bytes, as PostgreSQL bounds an index row at 2,704. Deeper
replies stand beside each other, by time, below the 190th; their `parent_id` stays true."""

Sort = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in display order."""

    root_id: int
    path: str


class ShownComment(msgspec.Struct, frozen=True):
    """A row of a thread as a reader sees it. Name and text of a tombstone are None.

    A struct, because a page has many: a frozen dataclass takes five times as long to make.
    """

    id: int
    parent_id: int | None
    root_id: int
    path: str
    depth: int
    author_name: str | None
    body_html: str | None
    created_at: datetime
    edited_at: datetime | None
    reply_count: int
    removed: bool


@dataclass(frozen=True, slots=True)
class OwnComment:
    """A comment as its own author sees it."""

    shown: ShownComment
    status: Status
    body: str
    edit_body: str | None
    edit_body_html: str | None
    commenter_id: int | None
    site_id: int
    thread_id: int


def path_below(parent_path: str, comment_id: int) -> str:
    """The path of a reply to a comment of that path."""
    if len(parent_path) + WIDTH > MAX_PATH:
        parent_path = parent_path[:-WIDTH]
    return parent_path + encode_id(comment_id)


def ancestors_in(position: Position) -> list[int]:
    """The ids on the way from the root down to the position, itself included."""
    path = position.path
    ids = [decode_id(path[i : i + WIDTH]) for i in range(0, len(path), WIDTH)]
    return [position.root_id, *(i for i in ids if i is not None)]


COLUMNS: Final = (
    comment.c.id,
    comment.c.parent_id,
    comment.c.root_id,
    comment.c.path,
    comment.c.depth,
    comment.c.author_name,
    comment.c.body_html,
    type_coerce(comment.c.created_at, BigInteger).label("created_at"),
    type_coerce(comment.c.edited_at, BigInteger).label("edited_at"),
    comment.c.reply_count,
    comment.c.status,
    type_coerce(comment.c.deleted_at, BigInteger).label("deleted_at"),
)
"""Times as they are stored: turned into times here, and only those that are shown."""


def _shown(row: Sequence[Any]) -> ShownComment:
    """A row that begins with `COLUMNS`; taken apart at once, for a page has many."""
    number, parent, root, path, depth, name, html, created, edited, replies, status, deleted = row[
        : len(COLUMNS)
    ]
    at = from_ms(created)
    if status != "approved" or deleted is not None:
        return ShownComment(number, parent, root, path, depth, None, None, at, None, replies, True)
    changed = None if edited is None else from_ms(edited)
    return ShownComment(number, parent, root, path, depth, name, html, at, changed, replies, False)


_HERE: Final = and_(
    comment.c.thread_id == bindparam("thread_id", type_=BigInteger), comment.c.shown.is_(True)
)
_LIMIT: Final = bindparam("limit", type_=Integer)
_RANKS: Final[Mapping[Sort, Any]] = {"newest": comment.c.root_rank, "oldest": comment.c.root_id}


def _page(rank: Any, *beyond: ColumnElement[bool]) -> Select[Any]:
    return select(*COLUMNS).where(_HERE, *beyond).order_by(rank, comment.c.path).limit(_LIMIT)


def _page_beyond(rank: Any) -> Select[Any]:
    start = tuple_(bindparam("start", type_=BigInteger), bindparam("path", type_=String))
    return _page(rank, tuple_(rank, comment.c.path) > start)


_FIRST_PAGE: Final = {sort: Prepared(_page(rank)) for sort, rank in _RANKS.items()}
_NEXT_PAGE: Final = {sort: Prepared(_page_beyond(rank)) for sort, rank in _RANKS.items()}
_ABOVE: Final = (
    select(*COLUMNS)
    .where(_HERE, comment.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(comment.c.path)
)


def thread_page(
    conn: Connection, thread_id: int, sort: Sort, limit: int, after: Position | None
) -> tuple[list[ShownComment], list[ShownComment]]:
    """Up to `limit` rows after a position, and the ancestors of the first.

    One statement; two where the page begins inside a branch.
    """
    values: dict[str, Any] = {"thread_id": thread_id, "limit": limit}
    if after is None:
        return [_shown(row) for row in _FIRST_PAGE[sort].rows(conn, values)], []
    start = -after.root_id if sort == "newest" else after.root_id
    values |= {"start": start, "path": after.path}
    page = [_shown(row) for row in _NEXT_PAGE[sort].rows(conn, values)]
    if not page or page[0].parent_id is None:
        return page, []
    first = page[0]
    ids = ancestors_in(Position(first.root_id, first.path))[:-1]
    above = conn.execute(_ABOVE, {"thread_id": thread_id, "ids": ids})
    return page, [_shown(row) for row in above]


_LATEST: Final = (
    select(*COLUMNS)
    .where(_HERE, comment.c.status == Status.APPROVED.value, comment.c.deleted_at.is_(None))
    .order_by(comment.c.id.desc())
    .limit(_LIMIT)
)


def latest_published(conn: Connection, thread_id: int, limit: int) -> list[ShownComment]:
    """The newest published comments of a thread, replies among them, newest first."""
    rows = conn.execute(_LATEST, {"thread_id": thread_id, "limit": limit})
    return [_shown(row) for row in rows]


OWN_COLUMNS: Final = (
    *COLUMNS,
    comment.c.body,
    comment.c.edit_body,
    comment.c.edit_body_html,
    comment.c.commenter_id,
    comment.c.site_id,
    comment.c.thread_id,
)


def _own(row: Any) -> OwnComment:
    return OwnComment(
        shown=ShownComment(
            id=row.id,
            parent_id=row.parent_id,
            root_id=row.root_id,
            path=row.path,
            depth=row.depth,
            author_name=row.author_name,
            body_html=row.body_html,
            created_at=from_ms(row.created_at),
            edited_at=None if row.edited_at is None else from_ms(row.edited_at),
            reply_count=row.reply_count,
            removed=row.deleted_at is not None,
        ),
        status=Status(row.status),
        body=row.body,
        edit_body=row.edit_body,
        edit_body_html=row.edit_body_html,
        commenter_id=row.commenter_id,
        site_id=row.site_id,
        thread_id=row.thread_id,
    )


_OWN: Final = select(*OWN_COLUMNS)
_OWN_BY_ID: Final = _OWN.where(comment.c.id == bindparam("comment_id", type_=BigInteger))
_OWN_IN_THREAD: Final = (
    _OWN.where(
        comment.c.commenter_id == bindparam("commenter_id", type_=BigInteger),
        comment.c.id >= bindparam("oldest_id", type_=BigInteger),
        comment.c.thread_id == bindparam("thread_id", type_=BigInteger),
        comment.c.deleted_at.is_(None),
    )
    .order_by(comment.c.id.desc())
    .limit(_LIMIT)
)


def find_own(conn: Connection, comment_id: int) -> OwnComment | None:
    """One comment with everything its author may know of it; the caller checks whose it is."""
    row = conn.execute(_OWN_BY_ID, {"comment_id": comment_id}).one_or_none()
    return None if row is None else _own(row)


def list_own(
    conn: Connection, commenter_id: int, thread_id: int, oldest_id: int, limit: int
) -> Sequence[OwnComment]:
    """A commenter's own comments in a thread from an id on, oldest first, deleted ones left out."""
    values = {
        "commenter_id": commenter_id,
        "oldest_id": oldest_id,
        "thread_id": thread_id,
        "limit": limit,
    }
    return [_own(row) for row in conn.execute(_OWN_IN_THREAD, values)][::-1]
