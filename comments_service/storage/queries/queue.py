"""The moderators' queue: a page of a tab, in its orders, with its filters and its search.

What an index has in the page's order is read along it, until the page is full (`_page_of`). For
other combinations of filters there is none, and `queries.looking` finds which comments they are.
Nor has PostgreSQL's index of words any order: `queries.search` finds the next (`_list_found`).
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Integer,
    any_,
    bindparam,
    select,
)

from comments_service.domain.comment import Status
from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.looking import (
    FILTERS,
    MOST,
    OF_SITE,
    UNINDEXED,
    QueuePosition,
    QueueSort,
    beyond,
    look_for,
    ordering,
)
from comments_service.storage.queries.search import (
    BEFORE_ALL,
    Order,
    match_of,
    next_matches,
)
from comments_service.storage.tables import comment, thread
from comments_service.storage.types import from_ms


class QueueRow(msgspec.Struct, frozen=True):
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
    examined_version: int
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


class QueueFilter(Struct, frozen=True):
    """Which comments; None means all. `words` is matched word by word, every word must occur."""

    tab: str
    check: str | None = None
    reason: str | None = None
    author_key: str | None = None
    commenter_id: int | None = None
    words: str | None = None


class QueuePage(Struct, frozen=True):
    """Cards, and where to go on: None at the end. There may be none, and yet further ones."""

    rows: Sequence[QueueRow]
    after: QueuePosition | None


_COLUMNS: Final = (
    *(
        comment.c[name]
        for name in QueueRow.__struct_fields__
        if not name.startswith("thread_") or name == "thread_id"
    ),
    thread.c.url.label("thread_url"),
    thread.c.title.label("thread_title"),
    thread.c.title_verified.label("thread_title_verified"),
)
_CARDS: Final = select(*_COLUMNS).join(thread, thread.c.id == comment.c.thread_id)
_BY_ID: Final = Prepared(
    _CARDS.where(OF_SITE, comment.c.id.in_(bindparam("ids", type_=BigInteger, expanding=True))),
    "ids",
)


def find_in_queue(conn: Connection, site_id: int, ids: Sequence[int]) -> dict[int, QueueRow]:
    """Comments of one site by id."""
    rows = map(_queue_row, _BY_ID.rows(conn, {"site_id": site_id, "ids": ids})) if ids else ()
    return {row.id: row for row in rows}


@lru_cache(maxsize=1_000)
def _examined_by(text: str) -> Mapping[str, int]:
    found: dict[str, int] = msgspec.json.decode(text, type=dict[str, int])
    return found


def _queue_row(row: Sequence[Any]) -> QueueRow:
    """`_COLUMNS` as the driver has them."""
    values = dict(zip(QueueRow.__struct_fields__, row, strict=True))
    for name in ("created_at", "edited_at", "deleted_at"):
        if values[name] is not None:
            values[name] = from_ms(values[name])
    for name in ("judged_by_person", "thread_title_verified"):
        values[name] = bool(values[name])
    values["status"] = Status(values["status"])
    values["examined_by"] = _examined_by(values["examined_by"])
    return QueueRow(**values)


def list_queue(
    conn: Connection,
    site_id: int,
    wanted: QueueFilter,
    *,
    sort: QueueSort,
    after: QueuePosition | None,
    limit: int,
) -> QueuePage:
    """One page of a tab. Keyset paging: no OFFSET, no counting of all there is."""
    dialect = conn.dialect.name
    values: dict[str, Any] = {
        "queue": None if wanted.tab == "all" else wanted.tab,
        "author_key": wanted.author_key,
        "commenter_id": wanted.commenter_id,
        "check": wanted.check,
        "reason": wanted.reason,
        "words": None if wanted.words is None else match_of(dialect, wanted.words),
    }
    if values["words"] == "":
        return QueuePage([], None)
    bound = {name: value for name, value in values.items() if value is not None}
    if sort != "risk" and _is_by_words(wanted.tab, bound.keys()):
        return _list_found(conn, {**bound, "site_id": site_id}, sort, after, limit)
    if not _is_along_an_index(bound.keys(), sort):
        found = look_for(conn, site_id, bound, sort=sort, after=after, limit=limit)
        cards = find_in_queue(conn, site_id, found.ids)
        return QueuePage([cards[number] for number in found.ids], found.after)
    page = _page_of(sort, after is not None, frozenset(bound))
    if after is not None:
        bound |= {"after_id": after.id, "after_risk": after.risk}
    told = page.rows(conn, {**bound, "site_id": site_id, "limit": limit + 1})
    rows = [_queue_row(row) for row in told[:limit]]
    more = QueuePosition(rows[-1].id, rows[-1].risk) if len(told) > limit else None
    return QueuePage(rows, more)


def _is_along_an_index(bound: AbstractSet[str], sort: QueueSort) -> bool:
    """Whether some index has all that is asked for, and in this order."""
    is_one = len(bound) == 1 and sort != "risk"
    return bound <= {"queue"} or (is_one and bound <= {"author_key", "commenter_id"})


_MOST: Final = frozenset({"approved", "all"})
"""Tabs that most comments are in."""


def _is_by_words(tab: str, bound: AbstractSet[str]) -> bool:
    """Whether most of what has the words is what is asked for, unless it is another site's."""
    return "words" in bound and bound <= {"words", "queue"} and tab in _MOST


def _list_found(
    conn: Connection,
    bound: Mapping[str, Any],
    order: Order,
    after: QueuePosition | None,
    limit: int,
) -> QueuePage:
    """A page of what has the words, from as few comments that have them as will do.

    Where the first are too few for the page (the others are in another tab, or on another site),
    as many are looked at as for other filters; the page may then be short, too.
    """
    edge = BEFORE_ALL[order] if after is None else after.id
    statement = _found_of(conn.dialect.name, order, frozenset(bound))
    rows: list[QueueRow] = []
    for wanted in (limit + limit // 4 + 1, MOST):
        found = next_matches(conn, bound["words"], order, edge, wanted)
        if found.ids:
            values = {**bound, "ids": found.ids, "limit": limit + 1 - len(rows)}
            rows += map(_queue_row, statement.rows(conn, values))
            edge = found.ids[-1]
        if len(rows) > limit:
            last = rows[limit - 1]
            return QueuePage(rows[:limit], QueuePosition(last.id, last.risk))
        if found.are_all:
            return QueuePage(rows, None)
    return QueuePage(rows, QueuePosition(edge))


@lru_cache(maxsize=16)
def _found_of(dialect: str, order: Order, bound: frozenset[str]) -> Prepared:
    """Cards of those of some comments that are on the site, and in the tab."""
    where = [OF_SITE, *(FILTERS[name] for name in sorted(bound & FILTERS.keys()))]
    cards = _CARDS.where(*where).order_by(*ordering(order, comment.c.id))
    cards = cards.limit(bindparam("limit", type_=Integer))
    if dialect == "postgresql":
        ids = any_(bindparam("ids", type_=ARRAY(BigInteger)))
        return Prepared(cards.where(comment.c.id == ids))
    among = bindparam("ids", type_=BigInteger, expanding=True)
    return Prepared(cards.where(comment.c.id.in_(among)), "ids")


@lru_cache(maxsize=512)
def _page_of(sort: QueueSort, is_further: bool, bound: frozenset[str]) -> Prepared:
    """The statement of a page by what it has values for."""
    where = [OF_SITE, *(FILTERS[name] for name in sorted(bound & FILTERS.keys()))]
    if "commenter_id" in bound:
        # Else SQLite may read along the site.
        where[0] = UNINDEXED["site_id"] == bindparam("site_id", type_=BigInteger)
    if is_further:
        where.append(beyond(sort, comment.c.id))
    page = _CARDS.where(*where).order_by(*ordering(sort, comment.c.id))
    return Prepared(page.limit(bindparam("limit", type_=Integer)))
