"""Which comments a queue's filters leave, looked for among so many at most, however many there are.

No index has every combination of filters in every order. Where one filter alone leaves few, these
are all looked at. Where each leaves many, the list is gone along, some comments at a time: a page
may then be short, or empty, and says where to go on. This file reads no card.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.search import (
    BEFORE_ALL,
    FOUND_ON_POSTGRESQL,
    FOUND_ON_SQLITE,
    MATCHES,
    next_matches,
)
from comments_service.storage.tables import IS_OF_ITS_TEXT, comment, verdict

QueueSort = Literal["oldest", "newest", "risk"]
MOST: Final = 500
"""Comments that one page looks at."""
WORDS_COST: Final = 4
"""How many times fewer where the full-text index is asked of each: 20 us, where all else takes 5 at
most (SQLite, 200,000 comments)."""


class QueuePosition(Struct, frozen=True):
    """After which row the page starts; `risk` only where that is the order."""

    id: int
    risk: int = 0


class Found(Struct, frozen=True):
    """Comments in the page's order, and where to go on: None at the end."""

    ids: Sequence[int]
    after: QueuePosition | None


OF_SITE: Final = comment.c.site_id == bindparam("site_id", type_=BigInteger)
FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    name: comment.c[name] == bindparam(name, type_=type_)
    for name, type_ in (("queue", String), ("author_key", String), ("commenter_id", BigInteger))
}
"""Filters that are columns of the comment."""
OF_VERDICTS: Final[Mapping[str, ColumnElement[bool]]] = {
    "check": verdict.c.check_name == bindparam("check", type_=String),
    "reason": verdict.c.reason == bindparam("reason", type_=String),
}
_OF_SITES_VERDICTS: Final = verdict.c.site_id == bindparam("site_id", type_=BigInteger)
_SEARCHED: Final = {
    "sqlite": FOUND_ON_SQLITE.c.rowid,
    "postgresql": FOUND_ON_POSTGRESQL.c.comment_id,
}
UNINDEXED: Final[Mapping[str, ColumnElement[Any]]] = {
    name: comment.c[name] + literal_column("0")
    for name in ("id", "site_id", "risk", "commenter_id")
} | {name: comment.c[name].concat(literal_column("''")) for name in ("queue", "author_key")}
"""Columns as no index has them: what is looked at is looked up by its id, and by nothing else."""
_BY_HOW_FEW: Final = ("words", "commenter_id", "author_key", "reason", "check")
"""Filters; the first of them is gone along where all leave many."""


def ordering(
    sort: QueueSort, place: ColumnElement[int], risk: ColumnElement[int] = comment.c.risk
) -> tuple[Any, ...]:
    """What a page is sorted by; `place` holds the comment's id."""
    if sort == "risk":
        return risk.desc(), place.desc()
    return (place if sort == "oldest" else place.desc(),)


def beyond(
    sort: QueueSort, place: ColumnElement[int], risk: ColumnElement[int] = comment.c.risk
) -> ColumnElement[bool]:
    """That a row comes after the position `:after_id`, and `:after_risk`."""
    after_id = bindparam("after_id", type_=BigInteger)
    if sort == "risk":
        # A range on the first column lets both databases start the index scan there.
        after_risk = bindparam("after_risk", type_=Integer)
        later = or_(risk < after_risk, place < after_id)
        return and_(risk <= after_risk, later)
    return place > after_id if sort == "oldest" else place < after_id


def look_for(
    conn: Connection,
    site_id: int,
    bound: Mapping[str, Any],
    *,
    sort: QueueSort,
    after: QueuePosition | None,
    limit: int,
) -> Found:
    """The next comments of which all filters hold that have a value in `bound`.

    Two statements; three where the list was gone along and gave less than a page, and on PostgreSQL
    those of `next_matches` where it was the list of what has the words.
    """
    dialect, names = conn.dialect.name, frozenset(bound)
    values: dict[str, Any] = {**bound, "site_id": site_id, "limit": limit + 1, "most": MOST}
    (left,) = _how_many(dialect, names).rows(conn, values | {"most": MOST + 1})
    fewest, name = min(zip(left, _in_order(names), strict=True))
    is_all = fewest <= MOST
    if not is_all:
        name = _gone_along(names, sort)
        if "words" in names and name != "words":
            values["most"] = MOST // WORDS_COST
    if after is not None:
        values |= {"after_id": after.id, "after_risk": after.risk}
    looking = _Looking(dialect, sort, after is not None, names, name, is_all)
    matches = None
    if looking.is_in_parts and sort != "risk":
        edge = BEFORE_ALL[sort] if after is None else after.id
        matches = next_matches(conn, bound["words"], sort, edge, MOST)
        values["matches"] = matches.ids
    rows = _page(looking).rows(conn, values)
    ids = [number for number, _ in rows[:limit]]
    if len(rows) > limit:
        return Found(ids, QueuePosition(*rows[limit - 1]))
    if is_all or (matches is not None and matches.are_all):
        return Found(ids, None)
    if matches is not None:
        return Found(ids, QueuePosition(matches.ids[-1]))
    ((number, risk, looked_at),) = _end(looking).rows(conn, values) or ((0, 0, 0),)
    return Found(ids, QueuePosition(number, risk) if looked_at == values["most"] else None)


def _in_order(names: frozenset[str]) -> list[str]:
    """What may be looked through: what a filter leaves, and a whole tab or site."""
    return [*(name for name in _BY_HOW_FEW if name in names), _whole(names)]


def _whole(names: frozenset[str]) -> str:
    return "queue" if "queue" in names else "site"


def _gone_along(names: frozenset[str], sort: QueueSort) -> str:
    """What the list is gone along: by risk, only tabs and sites have an index."""
    return _whole(names) if sort == "risk" else _in_order(names)[0]


def _left_by(dialect: str, name: str) -> tuple[Select[Any], ColumnElement[int]]:
    """Comments that one filter leaves, and the column of their ids."""
    place: ColumnElement[int] = comment.c.id
    if name == "words":
        place = _SEARCHED[dialect]
        return select(place.label("id")).where(MATCHES[dialect]), place
    if name in OF_VERDICTS:
        place = verdict.c.comment_id
        # Of an edited comment there may be one for each of its texts.
        found = select(place.label("id")).where(_OF_SITES_VERDICTS, OF_VERDICTS[name])
        return found.distinct(), place
    # A commenter is of one site. Said of the site, too, SQLite might read along that.
    only = [] if name == "commenter_id" else [OF_SITE]
    only += [FILTERS[name]] if name in FILTERS else []
    return select(place.label("id")).where(*only), place


def _some(left: Select[Any], place: ColumnElement[int], name: str) -> Select[Any]:
    """Any of them: in the order of their index, lest PostgreSQL reads a table whole for the first.

    Of words no index has an order.
    """
    return left if name == "words" else left.order_by(place)


@lru_cache(maxsize=64)
def _how_many(dialect: str, names: frozenset[str]) -> Prepared:
    """How many comments each filter leaves, as far as that matters."""
    most = bindparam("most", type_=Integer)
    some = [_some(*_left_by(dialect, name), name).limit(most) for name in _in_order(names)]
    counts = [select(func.count()).select_from(left.subquery()).scalar_subquery() for left in some]
    return Prepared(select(*counts))


class _Looking(Struct, frozen=True):
    """How a page is looked for; it makes the statements."""

    dialect: str
    sort: QueueSort
    is_further: bool
    names: frozenset[str]
    along: str
    """The filter whose comments are looked at."""
    is_all: bool
    """Whether these are all looked at; else the next ones are, in the page's order."""

    @property
    def is_in_parts(self) -> bool:
        """Whether what is gone along are words on PostgreSQL, whose index has no order."""
        return self.along == "words" and self.dialect == "postgresql" and not self.is_all

    def looked_at(self) -> CTE:
        """The comments that are looked at."""
        some, place = _left_by(self.dialect, self.along)
        if self.is_all:
            some = _some(some, place, self.along)
        else:
            if self.is_further:
                some = some.where(beyond(self.sort, place))
            some = some.order_by(*ordering(self.sort, place))
            if self.sort == "risk":
                # No more columns than the index has: SQLite takes one that has all sooner.
                some = some.add_columns(comment.c.risk)
        return (
            some.limit(bindparam("most", type_=Integer)).cte("looked").prefix_with("MATERIALIZED")
        )

    def all_hold(self) -> list[ColumnElement[bool]]:
        """Every filter, asked of one comment."""
        columns = ["site_id", *sorted(self.names & FILTERS.keys())]
        where = [UNINDEXED[n] == bindparam(n, type_=comment.c[n].type) for n in columns]
        # As values, and not EXISTS, which PostgreSQL may answer for all comments at once.
        said = sorted(self.names & OF_VERDICTS.keys())
        if said:
            of_one = select(verdict.c.comment_id).where(_OF_SITES_VERDICTS, IS_OF_ITS_TEXT)
            of_one = of_one.where(*(OF_VERDICTS[name] for name in said))
            where.append(_is_there(of_one))
        if "words" in self.names and self.along != "words":
            place = _SEARCHED[self.dialect]
            found = select(place).where(MATCHES[self.dialect], place == comment.c.id)
            where.append(_is_there(found))
        return where


def _is_there(of_one: Select[Any]) -> ColumnElement[bool]:
    """Whether something is there of the comment that is looked at."""
    return of_one.correlate(comment).limit(literal_column("1")).scalar_subquery().is_not(None)


@lru_cache(maxsize=512)
def _page(looking: _Looking) -> Prepared:
    """Id and risk of the comments of the page."""
    where = looking.all_hold()
    place, risk = UNINDEXED["id"], UNINDEXED["risk"]
    found = select(comment.c.id, comment.c.risk)
    if looking.is_in_parts:
        where.append(comment.c.id == any_(bindparam("matches", type_=ARRAY(BigInteger))))
    else:
        # The plus keeps SQLite from going the other way: through all comments, looking up each.
        is_looked_at = comment.c.id == literal_column("+looked.id")
        found = found.join_from(looking.looked_at(), comment, is_looked_at)
    if looking.is_further:
        where.append(beyond(looking.sort, place, risk))
    page = found.where(*where).order_by(*ordering(looking.sort, place, risk))
    return Prepared(page.limit(bindparam("limit", type_=Integer)))


@lru_cache(maxsize=512)
def _end(looking: _Looking) -> Prepared:
    """Id and risk of the last comment that was looked at, and how many were; no row for none."""
    looked = looking.looked_at()
    if looking.sort != "risk":
        last = func.max if looking.sort == "oldest" else func.min
        ends: list[ColumnElement[Any]] = [last(looked.c.id), literal_column("0"), func.count()]
        return Prepared(select(*ends).select_from(looked))
    how_many = select(func.count()).select_from(looked).scalar_subquery()
    last_one: Select[Any] = select(looked.c.id, looked.c.risk, how_many)
    return Prepared(last_one.order_by(looked.c.risk, looked.c.id).limit(1))
