"""Finding comments by their words: how either database is asked, and PostgreSQL part by part.

SQLite's index of words gives what it finds in the order of ids. PostgreSQL's gives all of it at
once in no order, so there the newest are looked for range by range (`_in_parts`). What may be
seen of what was found, and the cards themselves, are the queue's business.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    String,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)

from comments_service.storage.prepared import Prepared

LATEST: Final = 128
"""So many comments are looked at one by one before the index is asked: a frequent word's page is
full by then, and how far apart their ids are tells how far a range has to go."""
WIDTHS: Final = (44, 50)
"""Bits of the ranges that the index knows, by which ids begin: 2.3 hours and 6.2 days of time."""
MOST_RANGES: Final = 64
"""Of one question: each costs the index a look-up."""
WIDENED: Final = (8, 128)
"""By how many times what was looked through is exceeded next, at least and at most."""
LARGEST: Final = (1 << 63) - 1

Order: TypeAlias = Literal["newest", "oldest"]
BEFORE_ALL: Final[Mapping[Order, int]] = {"newest": LARGEST, "oldest": -1}
"""Where a search begins. The largest id itself will not be made before the year 2159."""


def search_terms(words: str) -> list[str]:
    """The words of a search as both databases' plain tokenizers would split them."""
    return "".join(c if c.isalnum() else " " for c in words).split()[:10]


def match_of(dialect: str, words: str) -> str:
    """A search as the database is asked it; empty where no word is in it."""
    terms = search_terms(words)
    return " ".join(f'"{term}"' for term in terms) if dialect == "sqlite" else " ".join(terms)


FOUND_ON_SQLITE: Final = table("comment_search", column("rowid", BigInteger))
FOUND_ON_POSTGRESQL: Final = table(
    "comment_search", column("comment_id", BigInteger), column("words")
)
_WORDS: Final = bindparam("words", type_=String)
MATCHES: Final = {
    "sqlite": text("comment_search MATCH :words").bindparams(_WORDS),
    "postgresql": text("words @@ plainto_tsquery('simple', :words)").bindparams(_WORDS),
}
"""That a text has all of the words."""


class Matches(Struct, frozen=True):
    """Ids of comments with the words, in order, and whether there are no further ones."""

    ids: Sequence[int]
    are_all: bool


class Part(Struct, frozen=True):
    """A stretch of ids from where the search has come to, and the index's ranges that make it."""

    far: int
    """Its last id."""
    ranges: Sequence[int]


def part_until(order: Order, edge: int, far: int) -> Part | None:
    """From beyond `edge` to at least `far`; None where that is best asked without ranges.

    Ranges are named as migration 0015 names them: by their first id plus the bits of their width.
    """
    if not 0 <= far <= LARGEST:
        return None
    near = edge - 1 if order == "newest" else edge + 1
    for width in WIDTHS:
        first, last = sorted((near >> width, far >> width))
        if last - first < MOST_RANGES:
            end = first << width if order == "newest" else (last + 1 << width) - 1
            return Part(end, [(n << width) + width for n in range(first, last + 1)])
    return None


class _Asked(Struct, frozen=True):
    """The statements of one order."""

    latest: Prepared
    part: Prepared
    rest: Prepared


def _asked(order: Order) -> _Asked:
    place, matches = FOUND_ON_POSTGRESQL.c.comment_id, MATCHES["postgresql"]
    edge, far = (bindparam(name, type_=BigInteger) for name in ("edge", "far"))
    beyond, until, along = (
        (place < edge, place >= far, place.desc())
        if order == "newest"
        else (place > edge, place <= far, place.asc())
    )
    next_ones = select(place).where(beyond).order_by(along).limit(bindparam("some", type_=Integer))
    latest = next_ones.add_columns(FOUND_ON_POSTGRESQL.c.words).subquery()
    seen = latest.c.comment_id
    matched: ColumnElement[Any] = func.array_agg(seen).filter(matches)
    ends: list[ColumnElement[Any]] = [func.min(seen), func.max(seen)]
    look = select(func.count(), *ends, matched)
    rest = next_ones.where(matches)
    # Written as in the index: else PostgreSQL would not know it.
    ranges: ColumnElement[Any] = literal_column(
        f"ARRAY[{', '.join(f'(comment_id >> {w} << {w}) + {w}' for w in WIDTHS)}]",
        ARRAY(BigInteger),
    )
    in_ranges = ranges.bool_op("&&")(bindparam("ranges", type_=ARRAY(BigInteger)))
    return _Asked(Prepared(look), Prepared(rest.where(until, in_ranges)), Prepared(rest))


_ASKED: Final[Mapping[Order, _Asked]] = {"newest": _asked("newest"), "oldest": _asked("oldest")}


def next_matches(conn: Connection, words: str, order: Order, edge: int, wanted: int) -> Matches:
    """The next comments beyond `edge` that have all of these words; `words` is `match_of`'s."""
    if conn.dialect.name == "postgresql":
        return _in_parts(conn, words, order, edge, wanted)
    rows = _IN_ORDER[order].rows(conn, {"words": words, "edge": edge, "some": wanted})
    return Matches([found for (found,) in rows], len(rows) < wanted)


def _in_order(order: Order) -> Prepared:
    place, edge = FOUND_ON_SQLITE.c.rowid, bindparam("edge", type_=BigInteger)
    beyond, along = (
        (place < edge, place.desc()) if order == "newest" else (place > edge, place.asc())
    )
    found = select(place).where(MATCHES["sqlite"], beyond).order_by(along)
    return Prepared(found.limit(bindparam("some", type_=Integer)))


_IN_ORDER: Final[Mapping[Order, Prepared]] = {
    "newest": _in_order("newest"),
    "oldest": _in_order("oldest"),
}


def _in_parts(conn: Connection, words: str, order: Order, edge: int, wanted: int) -> Matches:
    """As PostgreSQL is asked it.

    The latest comments are looked through one by one; then the index is asked for what is in a
    range of ids that goes on from there, and for a wider one while there are not enough. Each
    is as wide as what was found lets expect, so that few more are read than wanted, however many
    there are.
    """
    asked = _ASKED[order]
    values: dict[str, Any] = {"words": words}
    ((looked, low, high, matched),) = asked.latest.rows(
        conn, values | {"edge": edge, "some": LATEST}
    )
    ids = sorted(matched or (), reverse=order == "newest")
    if len(ids) >= wanted or looked < LATEST:
        return Matches(ids[:wanted], looked < LATEST and len(ids) <= wanted)
    start, edge = (high, low) if order == "newest" else (low, high)
    while len(ids) < wanted:
        missing = wanted - len(ids)
        values |= {"edge": edge, "some": missing}
        part = part_until(order, edge, edge + (edge - start) * _times(len(ids), missing))
        if part is None:
            ids += (found for (found,) in asked.rest.rows(conn, values))
            return Matches(ids, len(ids) < wanted)
        values |= {"far": part.far, "ranges": part.ranges}
        ids += (found for (found,) in asked.part.rows(conn, values))
        edge = part.far
    return Matches(ids, are_all=False)


def _times(found: int, missing: int) -> int:
    """Twice as far as the missing ones should be, by how many were found until here."""
    least, most = WIDENED
    return min(max(2 * missing // found, least), most) if found else most
