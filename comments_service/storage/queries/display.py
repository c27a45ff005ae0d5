"""What readers see of a thread: pages in display order, the feed, one comment, one's own.

Display order: root comments by age, each followed by its replies along a stored path. A position in
it is (root, path); a page starts after a position, so nothing is skipped or shown twice when
comments arrive meanwhile.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    select,
    tuple_,
    type_coerce,
)

from comments_service.domain.comment import Status
from comments_service.domain.ids import WIDTH, decode_id, encode_id
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import comment

MAX_PATH: Final = 190 * WIDTH
"""Characters of a path: 190 levels, 2,470 bytes, as PostgreSQL bounds an index row at 2,704. Deeper
replies stand beside each other, by time, below the 190th; their `parent_id` stays true."""

Sort = Literal["newest", "oldest"]


class Position(Struct, frozen=True):
    """A place in display order."""

    root_id: int
    path: str


class ShownComment(msgspec.Struct, frozen=True):
    """A row of a thread as a reader sees it. Name and text of a tombstone are None.

    A struct, because a page has many: a frozen dataclass takes five times as long to make. Times
    are milliseconds as they are stored, and become moments where they are shown.
    """

    id: int
    parent_id: int | None
    root_id: int
    path: str
    depth: int
    author_name: str | None
    body_html: str | None
    created_ms: int
    edited_ms: int | None
    reply_count: int

    @property
    def removed(self) -> bool:
        """Whether only its place is left; a comment that is there has a name."""
        return self.author_name is None


class OwnComment(Struct, frozen=True):
    """A comment as its own author sees it."""

    shown: ShownComment
    status: Status
    deleted: bool
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


def _unless_removed(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Nothing of a tombstone leaves the database."""
    is_there = and_(comment.c.status == Status.APPROVED.value, comment.c.deleted_at.is_(None))
    return case((is_there, column)).label(name)


_PLACE: Final = (
    comment.c.id,
    comment.c.parent_id,
    comment.c.root_id,
    comment.c.path,
    comment.c.depth,
)
_EDITED_MS: Final = type_coerce(comment.c.edited_at, BigInteger)
_COLUMNS: Final = (
    *_PLACE,
    _unless_removed(comment.c.author_name, "author_name"),
    _unless_removed(comment.c.body_html, "body_html"),
    type_coerce(comment.c.created_at, BigInteger).label("created_ms"),
    _unless_removed(_EDITED_MS, "edited_ms"),
    comment.c.reply_count,
)
"""The fields of `ShownComment` in their order."""


_HERE: Final = and_(
    comment.c.thread_id == bindparam("thread_id", type_=BigInteger), comment.c.shown.is_(True)
)
_LIMIT: Final = bindparam("limit", type_=Integer)
_RANKS: Final[Mapping[Sort, Any]] = {"newest": comment.c.root_rank, "oldest": comment.c.root_id}


def _page(rank: Any, *beyond: ColumnElement[bool]) -> Select[Any]:
    return select(*_COLUMNS).where(_HERE, *beyond).order_by(rank, comment.c.path).limit(_LIMIT)


def _page_beyond(rank: Any) -> Select[Any]:
    start = tuple_(bindparam("start", type_=BigInteger), bindparam("path", type_=String))
    return _page(rank, tuple_(rank, comment.c.path) > start)


_FIRST_PAGE: Final = {sort: Prepared(_page(rank)) for sort, rank in _RANKS.items()}
_NEXT_PAGE: Final = {sort: Prepared(_page_beyond(rank)) for sort, rank in _RANKS.items()}
_ABOVE: Final = Prepared(
    select(*_COLUMNS)
    .where(_HERE, comment.c.id.in_(bindparam("ids", type_=BigInteger, expanding=True)))
    .order_by(comment.c.path),
    "ids",
)


def thread_page(
    conn: Connection, thread_id: int, sort: Sort, limit: int, after: Position | None
) -> tuple[list[ShownComment], list[ShownComment]]:
    """Up to `limit` rows after a position, and the ancestors of the first.

    One statement; two where the page begins inside a branch.
    """
    values: dict[str, Any] = {"thread_id": thread_id, "limit": limit}
    if after is None:
        return [ShownComment(*row) for row in _FIRST_PAGE[sort].rows(conn, values)], []
    start = -after.root_id if sort == "newest" else after.root_id
    values |= {"start": start, "path": after.path}
    page = [ShownComment(*row) for row in _NEXT_PAGE[sort].rows(conn, values)]
    if not page or page[0].parent_id is None:
        return page, []
    first = page[0]
    ids = ancestors_in(Position(first.root_id, first.path))[:-1]
    above = _ABOVE.rows(conn, {"thread_id": thread_id, "ids": ids})
    return page, [ShownComment(*row) for row in above]


_LATEST: Final = Prepared(
    select(*_COLUMNS)
    .where(_HERE, comment.c.status == Status.APPROVED.value, comment.c.deleted_at.is_(None))
    .order_by(comment.c.id.desc())
    .limit(_LIMIT)
)


def latest_published(conn: Connection, thread_id: int, limit: int) -> list[ShownComment]:
    """The newest published comments of a thread, replies among them, newest first."""
    rows = _LATEST.rows(conn, {"thread_id": thread_id, "limit": limit})
    return [ShownComment(*row) for row in rows]


_OWN_COLUMNS: Final = (
    *_PLACE,
    comment.c.author_name,
    comment.c.body_html,
    type_coerce(comment.c.created_at, BigInteger).label("created_ms"),
    _EDITED_MS.label("edited_ms"),
    comment.c.reply_count,
    comment.c.deleted_at,
    comment.c.status,
    comment.c.body,
    comment.c.edit_body,
    comment.c.edit_body_html,
    comment.c.commenter_id,
    comment.c.site_id,
    comment.c.thread_id,
)


def _own(row: Sequence[Any]) -> OwnComment:
    """`_OWN_COLUMNS` as the driver has them."""
    shown, own = row[: len(_COLUMNS)], row[len(_COLUMNS) :]
    deleted_at, status, *others = own
    return OwnComment(ShownComment(*shown), Status(status), deleted_at is not None, *others)


_OWN: Final = select(*_OWN_COLUMNS)
_OWN_BY_ID: Final = Prepared(_OWN.where(comment.c.id == bindparam("comment_id", type_=BigInteger)))
_OWN_IN_THREAD: Final = Prepared(
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
    rows = _OWN_BY_ID.rows(conn, {"comment_id": comment_id})
    return _own(rows[0]) if rows else None


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
    return [_own(row) for row in _OWN_IN_THREAD.rows(conn, values)][::-1]
