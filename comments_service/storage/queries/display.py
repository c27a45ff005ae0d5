"""What readers see of a thread: pages in display order, the feed, one comment, one's own.

Display order: root comments by age, each followed by its replies along a stored path. A position in
it is (root, path); a page starts after a position, so nothing is skipped or shown twice when
comments arrive meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    literal_column,
    select,
    tuple_,
    union_all,
)

from comments_service.domain.comment import Status
from comments_service.domain.ids import WIDTH, decode_id, encode_id
from comments_service.storage.tables import comment

MAX_PATH: Final = 190 * WIDTH
"""Characters of a path: 190 levels, 2,470 bytes, as PostgreSQL bounds an index row at 2,704. Deeper
replies stand beside each other, by time, below the 190th; their `parent_id` stays true."""

Sort = Literal["newest", "oldest"]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in display order."""

    root_id: int
    path: str


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A row of a thread as a reader sees it. Name and text of a tombstone are None."""

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
    comment.c.created_at,
    comment.c.edited_at,
    comment.c.reply_count,
    comment.c.status,
    comment.c.deleted_at,
)


def _shown(row: Any) -> ShownComment:
    """A row that begins with `COLUMNS`; taken apart at once, for a page has many."""
    number, parent, root, path, depth, name, html, created, edited, replies, status, deleted = row[
        : len(COLUMNS)
    ]
    if status != Status.APPROVED or deleted is not None:
        return ShownComment(
            number, parent, root, path, depth, None, None, created, None, replies, removed=True
        )
    return ShownComment(
        number, parent, root, path, depth, name, html, created, edited, replies, removed=False
    )


_HERE: Final = and_(
    comment.c.thread_id == bindparam("thread_id", type_=BigInteger), comment.c.shown.is_(True)
)
_LIMIT: Final = bindparam("limit", type_=Integer)
_RANKS: Final[Mapping[Sort, Any]] = {"newest": comment.c.root_rank, "oldest": comment.c.root_id}


def _page(rank: Any) -> Select[Any]:
    return (
        select(*COLUMNS, literal_column("0").label("above"))
        .where(_HERE)
        .order_by(rank, comment.c.path)
        .limit(_LIMIT)
    )


def _page_beyond(rank: Any) -> CompoundSelect[Any]:
    """The page after a position, and what stands above it, in no order."""
    start = tuple_(bindparam("start", type_=BigInteger), bindparam("path", type_=String))
    page = _page(rank).where(tuple_(rank, comment.c.path) > start)
    above = select(*COLUMNS, literal_column("1").label("above")).where(
        _HERE, comment.c.id.in_(bindparam("ids", expanding=True))
    )
    return union_all(*(select(part.subquery()) for part in (page, above)))


_FIRST_PAGE: Final = {sort: _page(rank) for sort, rank in _RANKS.items()}
_NEXT_PAGE: Final = {sort: _page_beyond(rank) for sort, rank in _RANKS.items()}


def thread_page(
    conn: Connection, thread_id: int, sort: Sort, limit: int, after: Position | None
) -> tuple[list[ShownComment], list[ShownComment]]:
    """Up to `limit` rows after a position, and the ancestors of the first. One statement."""
    values: dict[str, Any] = {"thread_id": thread_id, "limit": limit}
    if after is None:
        return [_shown(row) for row in conn.execute(_FIRST_PAGE[sort], values)], []
    sign = -1 if sort == "newest" else 1
    values |= {"start": sign * after.root_id, "path": after.path, "ids": ancestors_in(after)}
    found = conn.execute(_NEXT_PAGE[sort], values)
    rows = sorted(found, key=lambda row: (sign * row.root_id, row.path))
    return _with_ancestors(
        [_shown(r) for r in rows if not r.above], [_shown(r) for r in rows if r.above]
    )


def _with_ancestors(
    page: list[ShownComment], above: list[ShownComment]
) -> tuple[list[ShownComment], list[ShownComment]]:
    """Keep of the rows above the position those that the page's first row hangs below."""
    if not page or page[0].parent_id is None:
        return page, []
    first = page[0]
    chain = set(ancestors_in(Position(first.root_id, first.path))) - {first.id}
    return page, [comment for comment in above if comment.id in chain]


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
            **{name: getattr(row, name) for name in ShownComment.__slots__ if name != "removed"},
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
