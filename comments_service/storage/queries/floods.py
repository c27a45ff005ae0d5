"""Floods: how many addresses write on a thread just now, and where everything waits for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    bindparam,
    delete,
    false,
    func,
    select,
    true,
)

from comments_service.domain.ids import id_at
from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import comment, flood, thread
from comments_service.storage.types import moment_or_none
from comments_service.storage.upserts import insert_on

WINDOW: Final = timedelta(minutes=5)
"""How far back addresses are counted."""
_lately: Final = comment.alias("lately")


def oldest_counted(now: datetime) -> int:
    """The id from which on comments count."""
    return id_at(now - WINDOW)


def addresses_lately(thread_id: ColumnElement[int]) -> ScalarSelect[Any]:
    """From how many addresses comments came to a thread since `:counted_from`."""
    return (
        select(func.count(_lately.c.address_hash.distinct()))
        .where(
            _lately.c.thread_id == thread_id,
            # Every comment is either: so the index of feeds leads there.
            _lately.c.shown.in_([true(), false()]),
            _lately.c.id >= bindparam("counted_from", type_=BigInteger),
        )
        .correlate_except(_lately)
        .scalar_subquery()
    )


_NOW: Final = Prepared(
    select(
        addresses_lately(bindparam("of_thread", type_=BigInteger)),
        select(flood.c.until_at)
        .where(flood.c.thread_id == bindparam("of_thread", type_=BigInteger))
        .scalar_subquery(),
    )
)


def look_at(conn: Connection, thread_id: int, now: datetime) -> tuple[int, datetime | None]:
    """How many addresses wrote to a thread lately, and until when a flood lasts there."""
    values = {"of_thread": thread_id, "counted_from": oldest_counted(now)}
    ((number, until),) = _NOW.rows(conn, values)
    return number, moment_or_none(until)


def put_flood(
    conn: Connection, thread_id: int, site_id: int, now: datetime, until: datetime
) -> None:
    """Let a flood last until then; it begins now, unless it lasts already."""
    values = {"thread_id": thread_id, "site_id": site_id, "since_at": now, "until_at": until}
    statement = insert_on(conn.dialect.name, flood).values(values)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[flood.c.thread_id], set_={"until_at": until}
        )
    )


class FloodRow(Struct, frozen=True):
    """A flood and its page."""

    thread_id: int
    site_id: int
    since_at: datetime
    until_at: datetime
    title: str | None
    url: str | None


_COLUMNS: Final = (
    *(flood.c[name] for name in ("thread_id", "site_id", "since_at", "until_at")),
    thread.c.title,
    thread.c.url,
)


def floods_of(conn: Connection, site_id: int, now: datetime) -> Sequence[FloodRow]:
    """A site's floods that last, the oldest first."""
    rows = conn.execute(
        select(*_COLUMNS)
        .join(thread, thread.c.id == flood.c.thread_id)
        .where(flood.c.site_id == site_id, flood.c.until_at > now)
        .order_by(flood.c.since_at)
    )
    return [FloodRow(*row) for row in rows]


def take_ended(conn: Connection, now: datetime) -> list[tuple[int, int]]:
    """Delete the floods that are over; thread and site of each."""
    gone = (
        delete(flood).where(flood.c.until_at <= now).returning(flood.c.thread_id, flood.c.site_id)
    )
    return [(row.thread_id, row.site_id) for row in conn.execute(gone)]
