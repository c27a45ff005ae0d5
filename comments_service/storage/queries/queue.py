"""The moderators' queue: a page of a tab, in its orders, with its filters and its search.

What an index has in the page's order is read along it, until the page is full (`_page_of`). For
other combinations of filters there is none, and `queries.looking` finds which comments they are.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    literal_column,
    select,
)

from comments_service.domain.comment import Status
from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.looking import (
    FILTERS,
    FOUND_ON_POSTGRESQL,
    FOUND_ON_SQLITE,
    MATCHES,
    OF_SITE,
    UNINDEXED,
    QueuePosition,
    QueueSort,
    beyond,
    look_for,
    ordering,
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
    values: dict[str, Any] = {
        "queue": None if wanted.tab == "all" else wanted.tab,
        "author_key": wanted.author_key,
        "commenter_id": wanted.commenter_id,
        "check": wanted.check,
        "reason": wanted.reason,
        "words": None if wanted.words is None else _match(conn.dialect.name, wanted.words),
    }
    if values["words"] == "":
        return QueuePage([], None)
    bound = {name: value for name, value in values.items() if value is not None}
    if not _is_along_an_index(bound.keys(), sort):
        found = look_for(conn, site_id, bound, sort=sort, after=after, limit=limit)
        cards = find_in_queue(conn, site_id, found.ids)
        return QueuePage([cards[number] for number in found.ids], found.after)
    page = _page_of(conn.dialect.name, sort, after is not None, frozenset(bound))
    if after is not None:
        bound |= {"after_id": after.id, "after_risk": after.risk}
    told = page.rows(conn, {**bound, "site_id": site_id, "limit": limit + 1})
    rows = [_queue_row(row) for row in told[:limit]]
    more = QueuePosition(rows[-1].id, rows[-1].risk) if len(told) > limit else None
    return QueuePage(rows, more)


def _is_along_an_index(bound: AbstractSet[str], sort: QueueSort) -> bool:
    """Whether some index has all that is asked for, and in this order."""
    is_one = len(bound) == 1 and sort != "risk"
    return bound <= {"queue"} or (is_one and bound <= {"author_key", "commenter_id", "words"})


@lru_cache(maxsize=512)
def _page_of(dialect: str, sort: QueueSort, is_further: bool, bound: frozenset[str]) -> Prepared:
    """The statement of a page by what it has values for."""
    cards: Select[Any] = _CARDS
    place: ColumnElement[int] = comment.c.id
    if "words" in bound:
        cards, place = _SEARCHES[dialect](cards)
    where = [OF_SITE, *(FILTERS[name] for name in sorted(bound & FILTERS.keys()))]
    if "commenter_id" in bound:
        # Else SQLite may read along the site.
        where[0] = UNINDEXED["site_id"] == bindparam("site_id", type_=BigInteger)
    if is_further:
        where.append(beyond(sort, place))
    page = cards.where(*where).order_by(*ordering(sort, place))
    return Prepared(page.limit(bindparam("limit", type_=Integer)))


def search_terms(words: str) -> list[str]:
    """The words of a search as both databases' plain tokenizers would split them."""
    return "".join(c if c.isalnum() else " " for c in words).split()[:10]


def _match(dialect: str, words: str) -> str:
    """A search as the database is asked it; empty where no word is in it."""
    terms = search_terms(words)
    return " ".join(f'"{term}"' for term in terms) if dialect == "sqlite" else " ".join(terms)


_Searched: TypeAlias = tuple[Select[Any], ColumnElement[int]]


def _found_on_sqlite(cards: Select[Any]) -> _Searched:
    """Cards of what was found, and the column along which the search goes, in either order."""
    found = FOUND_ON_SQLITE
    # The plus keeps SQLite from going the other way: through all comments, asking of each.
    joined = cards.join(found, comment.c.id == literal_column("+comment_search.rowid"))
    return joined.where(MATCHES["sqlite"]), found.c.rowid


def _found_on_postgresql(cards: Select[Any]) -> _Searched:
    found = FOUND_ON_POSTGRESQL
    ids = (
        select(found.c.comment_id).where(MATCHES["postgresql"]).order_by(found.c.comment_id.desc())
    )
    return cards.where(comment.c.id.in_(ids)), comment.c.id


_SEARCHES: Final = {"sqlite": _found_on_sqlite, "postgresql": _found_on_postgresql}
