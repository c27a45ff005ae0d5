"""Bans: made, found for a post, listed, and gone when they end."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    ScalarSelect,
    String,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from comments_service.storage.prepared import Prepared
from comments_service.storage.queries.addresses import AddressKey
from comments_service.storage.tables import address_key, ban, comment
from comments_service.storage.types import Moment, from_ms

SEPARATOR: Final = " "


class BanRow(Struct, frozen=True):
    """A ban as stored."""

    id: int
    site_id: int
    subject: str
    salt: str | None
    name: str
    comment_id: int | None
    reason: str
    note: str
    made_at: datetime
    made_by: str
    ends_at: datetime

    @property
    def kind(self) -> str:
        """What is banned: `commenter`, `name`, `address` or `network`."""
        return self.subject.partition(":")[0]


_COLUMNS: Final = tuple(ban.c[name] for name in BanRow.__struct_fields__)
_HOLDS: Final = ban.c.ends_at > bindparam("at", type_=Moment)


def salts_in_use(site_id: ScalarSelect[Any] | BindParameter[int]) -> ScalarSelect[Any]:
    """In one text, the salts of a site's bans that hold at `:at`; NULL where it has no ban at all.

    A ban without a salt gives an empty one.
    """
    each = (
        select(func.coalesce(ban.c.salt, "").label("salt"))
        .where(ban.c.site_id == site_id, _HOLDS)
        .distinct()
        .subquery()
    )
    # Written out: as a value it would be put into the text for every execution.
    separator: Any = literal_column(f"'{SEPARATOR}'")
    return select(func.aggregate_strings(each.c.salt, separator)).scalar_subquery()


_SALTS: Final = select(salts_in_use(bindparam("of_site", type_=BigInteger)))


def salts_of(conn: Connection, site_id: int, now: datetime) -> str | None:
    """`salts_in_use` of one site."""
    salts: str | None = conn.scalar(_SALTS, {"of_site": site_id, "at": now})
    return salts


_FIND: Final = Prepared(
    select(*_COLUMNS)
    .where(
        ban.c.site_id == bindparam("of_site", type_=BigInteger),
        ban.c.subject.in_(bindparam("subjects", type_=String, expanding=True)),
        _HOLDS,
    )
    .order_by(ban.c.ends_at.desc())
    .limit(1),
    "subjects",
)


def find_ban(
    conn: Connection, site_id: int, subjects: Collection[str], now: datetime
) -> BanRow | None:
    """Of the bans that hold on any of the subjects, the one that ends last."""
    values = {"of_site": site_id, "subjects": list(subjects), "at": now}
    for row in _FIND.rows(conn, values):
        told = dict(zip(BanRow.__struct_fields__, row, strict=True))
        at = {name: from_ms(told[name]) for name in ("made_at", "ends_at")}
        return BanRow(**told | at)
    return None


def list_bans(
    conn: Connection, site_id: int, now: datetime, *, before: int | None, limit: int
) -> list[BanRow]:
    """A site's bans that hold, the newest first; those with ids under `before`."""
    statement = select(*_COLUMNS).where(ban.c.site_id == site_id, ban.c.ends_at > now)
    if before is not None:
        statement = statement.where(ban.c.id < before)
    return [BanRow(*r) for r in conn.execute(statement.order_by(ban.c.id.desc()).limit(limit))]


def find_ban_by_id(conn: Connection, ban_id: int) -> BanRow | None:
    """The ban of that id, on whatever site."""
    row = conn.execute(select(*_COLUMNS).where(ban.c.id == ban_id)).one_or_none()
    return None if row is None else BanRow(*row)


def put_ban(conn: Connection, row: BanRow) -> None:
    """Store a ban in place of the one on the same subject, if there is one."""
    conn.execute(delete(ban).where(ban.c.site_id == row.site_id, ban.c.subject == row.subject))
    conn.execute(insert(ban).values({name: getattr(row, name) for name in ban.c.keys()}))  # noqa: SIM118  A collection of columns.


def count_bans(conn: Connection, site_id: int) -> int:
    """How many bans a site has, ended ones that no job has seen yet among them."""
    return conn.scalar(select(func.count()).where(ban.c.site_id == site_id)) or 0


def delete_ban(conn: Connection, ban_id: int) -> bool:
    """Delete a ban; False where it was gone already."""
    return conn.execute(delete(ban).where(ban.c.id == ban_id)).rowcount == 1


def forget_ended_bans(conn: Connection, now: datetime) -> int:
    """Delete the bans that have ended, with their salts; how many they were."""
    return conn.execute(delete(ban).where(ban.c.ends_at <= now)).rowcount


def _on(subjects: Collection[str], comment_ids: Sequence[int]) -> ColumnElement[bool]:
    """Of the comments' site: another one's bans on the same name are on somebody else."""
    site_id = select(comment.c.site_id).where(comment.c.id == comment_ids[0]).scalar_subquery()
    mine = or_(ban.c.subject.in_(subjects), ban.c.comment_id.in_(comment_ids))
    return and_(ban.c.site_id == site_id, mine)


def bans_on(
    conn: Connection, subjects: Collection[str], comment_ids: Sequence[int]
) -> list[BanRow]:
    """The bans on these subjects, and those made from these comments, which are of one site."""
    found = select(*_COLUMNS).where(_on(subjects, comment_ids)).order_by(ban.c.id)
    return [BanRow(*row) for row in conn.execute(found)]


def forget_bans_on(conn: Connection, subjects: Collection[str], comment_ids: Sequence[int]) -> None:
    """Delete what `bans_on` finds."""
    conn.execute(delete(ban).where(_on(subjects, comment_ids)))


class Traces(Struct, frozen=True):
    """What a comment tells of who sent it."""

    site_id: int
    commenter_id: int | None
    author_name: str
    address_hash: str | None
    network_hash: str | None
    key: AddressKey | None
    """The key of both hashes; none where they or it have been forgotten."""


def traces_of(conn: Connection, comment_id: int) -> Traces | None:
    """What a comment tells of who sent it; None where there is no such comment."""
    row = conn.execute(
        select(
            comment.c.site_id,
            comment.c.commenter_id,
            comment.c.author_name,
            comment.c.address_hash,
            comment.c.network_hash,
            address_key.c.number,
            address_key.c.salt,
            address_key.c.made_at,
        )
        .outerjoin(address_key, address_key.c.number == comment.c.address_key)
        .where(comment.c.id == comment_id)
    ).one_or_none()
    if row is None:
        return None
    key = None if row.number is None else AddressKey(*row[5:])
    return Traces(*row[:5], key)
