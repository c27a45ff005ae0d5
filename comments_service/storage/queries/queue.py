"""The moderators' queue: a page of a tab, in its orders, with its filters and its search.

Which filters are set makes the statement, so there is one for each combination that was asked for,
made once (`_page_of`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

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
    column,
    exists,
    literal_column,
    or_,
    select,
    table,
    text,
)

from comments_service.domain.comment import Status
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import IS_OF_ITS_TEXT, comment, thread, verdict
from comments_service.storage.types import from_ms

QueueSort = Literal["oldest", "newest", "risk"]


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


class QueuePosition(Struct, frozen=True):
    """After which row the page starts; `risk` only where that is the order."""

    id: int
    risk: int = 0


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
_OF_SITE: Final = comment.c.site_id == bindparam("site_id", type_=BigInteger)
_BY_ID: Final = Prepared(
    _CARDS.where(_OF_SITE, comment.c.id.in_(bindparam("ids", type_=BigInteger, expanding=True))),
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
) -> list[QueueRow]:
    """One page of a tab. Keyset paging: no OFFSET, no counting."""
    values = {
        "queue": None if wanted.tab == "all" else wanted.tab,
        "author_key": wanted.author_key,
        "commenter_id": wanted.commenter_id,
        "check": wanted.check,
        "reason": wanted.reason,
        "words": None if wanted.words is None else _match(conn.dialect.name, wanted.words),
    }
    if values["words"] == "":
        return []
    bound = {name: value for name, value in values.items() if value is not None}
    page = _page_of(conn.dialect.name, sort, after is not None, frozenset(bound))
    if after is not None:
        bound |= {"after_id": after.id, "after_risk": after.risk}
    rows = page.rows(conn, {**bound, "site_id": site_id, "limit": limit})
    return [_queue_row(row) for row in rows]


@lru_cache(maxsize=512)
def _page_of(dialect: str, sort: QueueSort, is_further: bool, bound: frozenset[str]) -> Prepared:
    """The statement of a page by what it has values for."""
    cards: Select[Any] = _CARDS
    place: ColumnElement[int] = comment.c.id
    if "words" in bound:
        cards, place = _SEARCHES[dialect](cards, sort)
    where = [_OF_SITE, *(_FILTERS[name] for name in sorted(bound & _FILTERS.keys()))]
    if bound & {"check", "reason"}:
        where.append(_has_verdict(bound))
    if is_further:
        where.append(_beyond(sort, place))
    page = cards.where(*where).order_by(*_ordering(sort, place))
    return Prepared(page.limit(bindparam("limit", type_=Integer)))


_FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    name: comment.c[name] == bindparam(name, type_=type_)
    for name, type_ in (("queue", String), ("author_key", String), ("commenter_id", BigInteger))
}


def _ordering(sort: QueueSort, place: ColumnElement[int]) -> tuple[Any, ...]:
    if sort == "risk":
        return comment.c.risk.desc(), place.desc()
    return (place if sort == "oldest" else place.desc(),)


def _beyond(sort: QueueSort, place: ColumnElement[int]) -> ColumnElement[bool]:
    after_id = bindparam("after_id", type_=BigInteger)
    if sort == "risk":
        # A range on the first column lets both databases start the index scan there.
        after_risk = bindparam("after_risk", type_=Integer)
        later = or_(comment.c.risk < after_risk, place < after_id)
        return and_(comment.c.risk <= after_risk, later)
    return place > after_id if sort == "oldest" else place < after_id


def _has_verdict(bound: frozenset[str]) -> ColumnElement[bool]:
    where = [verdict.c.site_id == bindparam("site_id", type_=BigInteger), IS_OF_ITS_TEXT]
    if "check" in bound:
        where.append(verdict.c.check_name == bindparam("check", type_=String))
    if "reason" in bound:
        where.append(verdict.c.reason == bindparam("reason", type_=String))
    return exists().where(*where)


def search_terms(words: str) -> list[str]:
    """The words of a search as both databases' plain tokenizers would split them."""
    return "".join(c if c.isalnum() else " " for c in words).split()[:10]


def _match(dialect: str, words: str) -> str:
    """A search as the database is asked it; empty where no word is in it."""
    terms = search_terms(words)
    return " ".join(f'"{term}"' for term in terms) if dialect == "sqlite" else " ".join(terms)


_Searched: TypeAlias = tuple[Select[Any], ColumnElement[int]]
_WORDS: Final = bindparam("words", type_=String)


def _found_on_sqlite(cards: Select[Any], sort: QueueSort) -> _Searched:
    """Cards of what was found, and the column along which the search goes, in either order."""
    matches = text("comment_search MATCH :words").bindparams(_WORDS)
    found = table("comment_search", column("rowid", BigInteger))
    if sort == "risk":
        return cards.where(comment.c.id.in_(select(found.c.rowid).where(matches))), comment.c.id
    # The plus keeps SQLite from going the other way: through all comments, asking of each.
    joined = cards.join(found, comment.c.id == literal_column("+comment_search.rowid"))
    return joined.where(matches), found.c.rowid


def _found_on_postgresql(cards: Select[Any], _sort: QueueSort) -> _Searched:
    matches = text("words @@ plainto_tsquery('simple', :words)").bindparams(_WORDS)
    found = table("comment_search", column("comment_id", BigInteger))
    ids = select(found.c.comment_id).where(matches).order_by(found.c.comment_id.desc())
    return cards.where(comment.c.id.in_(ids)), comment.c.id


_SEARCHES: Final = {"sqlite": _found_on_sqlite, "postgresql": _found_on_postgresql}
