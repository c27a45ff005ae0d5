"""The chain of seals over a site's log: what waits for its seal, and what does not hold.

Order in the chain is the order of sealing. An entry whose transaction commits late, with an id
older than its neighbours', gets the next free number: nothing ever lands before a head.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update

from comments_service.domain.ids import encode_id
from comments_service.domain.seal import (
    SEALED,
    START,
    TEXT,
    hash_said,
    hash_text,
    new_salt,
    seal_entry,
)
from comments_service.storage.erasing import ERASED
from comments_service.storage.queries.upkeep import BATCH
from comments_service.storage.tables import chain, comment, log
from comments_service.storage.types import to_ms


class Head(Struct, frozen=True):
    """The end of a site's chain: how many entries, and the last one's seal."""

    number: int = 0
    seal: str = START


class Sealing(Struct, frozen=True):
    """Entries of one site, sealed on paper: ready to be written after `seen`."""

    site_id: int
    seen: Head
    after: Head
    rows: Sequence[Mapping[str, Any]]


def count_unsealed(conn: Connection) -> int:
    """How many entries wait for their seal."""
    return conn.execute(select(func.count()).where(log.c.number.is_(None))).scalar_one()


def next_sealings(conn: Connection) -> list[Sealing]:
    """The oldest entries without a seal, at most a batch, sealed on paper by site."""
    rows = conn.execute(select(log).where(_waits()).order_by(log.c.id).limit(BATCH))
    by_site: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_site.setdefault(row.site_id, []).append(row._asdict())
    known = heads(conn) if by_site else {}
    return [_sealed(site_id, known.get(site_id, Head()), e) for site_id, e in by_site.items()]


def _waits() -> ColumnElement[bool]:
    return log.c.number.is_(None) & log.c.said_hash.is_not(None)


def _sealed(site_id: int, seen: Head, entries: Sequence[Mapping[str, Any]]) -> Sealing:
    head, rows = seen, []
    for entry in entries:
        head = Head(head.number + 1, seal_after(head, entry))
        rows.append({"entry_id": entry["id"], "its_number": head.number, "its_seal": head.seal})
    return Sealing(site_id, seen, head, rows)


def seal_after(before: Head, entry: Mapping[str, Any]) -> str:
    """The seal of a row of the log that comes after a head."""
    values = {name: entry[name] for name in SEALED} | {"at": to_ms(entry["at"])}
    return seal_entry(before.seal, before.number + 1, values)


def add_sealing(conn: Connection, sealing: Sealing, now: datetime) -> bool:
    """Write seals; False, with nothing written, where the chain has moved on since it was read."""
    ids = [row["entry_id"] for row in sealing.rows]
    waiting = select(func.count()).where(log.c.id.in_(ids), _waits())
    if conn.execute(waiting).scalar_one() != len(ids):
        return False
    values = {"number": sealing.after.number, "seal": sealing.after.seal, "sealed_at": now}
    if sealing.seen.number:
        here = (chain.c.site_id == sealing.site_id) & (chain.c.seal == sealing.seen.seal)
        if conn.execute(update(chain).where(here).values(values)).rowcount != 1:
            return False
    else:
        conn.execute(insert(chain).values(site_id=sealing.site_id, **values))
    placed = update(log).where(log.c.id == bindparam("entry_id"))
    numbered = placed.values(number=bindparam("its_number"), seal=bindparam("its_seal"))
    conn.execute(numbered, list(sealing.rows))
    return True


def adopt_entries(conn: Connection) -> int:
    """Give hashes to entries that a release before the chain wrote, at most a batch; how many.

    The text is committed to where the entry is its comment's last: of the others it is not kept.
    """
    rows = conn.execute(
        select(log.c.id, log.c.note, log.c.detail, *_text(), comment.c.id.label("comment"))
        .outerjoin(comment, _is_last())
        .where(log.c.number.is_(None), log.c.said_hash.is_(None))
        .limit(BATCH)
    ).all()
    for row in rows:
        salt = new_salt()
        hashes = {
            "salt": salt,
            "said_hash": hash_said(salt, row.note, row.detail),
            "text_hash": None if row.comment is None else hash_text(salt, row._asdict()),
        }
        conn.execute(update(log).where(log.c.id == row.id).values(hashes))
    return len(rows)


def _text() -> list[ColumnElement[Any]]:
    return [comment.c[name] for name in TEXT]


def _is_last() -> ColumnElement[bool]:
    return (comment.c.id == log.c.comment_id) & (comment.c.version == log.c.version)


def heads(conn: Connection) -> dict[int, Head]:
    """The end of every site's chain, by the site's id."""
    return {row.site_id: Head(row.number, row.seal) for row in conn.execute(select(chain))}


def seal_at(conn: Connection, site_id: int, number: int) -> str | None:
    """The seal at a place of a site's chain, or None where it has no such place."""
    return conn.scalar(select(log.c.seal).where(log.c.site_id == site_id, log.c.number == number))


def breaks_in_chain(conn: Connection) -> Iterator[str]:
    """Each place where a site's chain does not follow from what stands before it.

    After a fault it goes on from the seal as stored, so that one changed entry is one fault.
    """
    ends = heads(conn)
    reached: dict[int, Head] = {}
    rows = conn.execute(
        select(log)
        .where(log.c.number.is_not(None))
        .order_by(log.c.site_id, log.c.number)
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        before = reached.get(row.site_id, Head())
        if row.number != before.number + 1:
            yield f"{_place(row)}: {row.number - before.number - 1} sealed entries are missing"
        elif row.seal != seal_after(before, row._asdict()):
            yield f"{_place(row)}: the entry is not the one that was sealed"
        reached[row.site_id] = Head(row.number, row.seal)
    for site_id in sorted(ends.keys() | reached.keys()):
        if ends.get(site_id) != reached.get(site_id):
            yield f"site {encode_id(site_id)}: its log does not end where it was sealed"


def _place(row: Any) -> str:
    return f"site {encode_id(row.site_id)}: log, number {row.number}"


def broken_commitments(conn: Connection) -> Iterator[str]:
    """Each entry whose note or detail, or whose comment's text, is not what it committed to.

    Erased entries have lost their salt; then an entry must say that the comment was erased, and
    nothing may be left in them.
    """
    erased = set(conn.scalars(select(log.c.comment_id).where(log.c.action == ERASED)))
    rows = conn.execute(
        select(log, comment.c.id.label("comment"), *_text())
        .outerjoin(comment, _is_last())
        .where(log.c.said_hash.is_not(None))
        .order_by(log.c.id)
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        if row.salt is None:
            if row.comment_id not in erased or row.note is not None or row.detail is not None:
                yield f"log entry {encode_id(row.id)}: it lost its salt, and nobody was erased"
        elif row.said_hash != hash_said(row.salt, row.note, row.detail):
            yield f"log entry {encode_id(row.id)}: its note or detail is not what was written"
        if row.comment is not None and row.text_hash is not None and not _holds(row):
            yield f"comment {encode_id(row.comment)}: its text is not the one its log speaks of"


def _holds(row: Any) -> bool:
    """Whether a comment's text is what its last entry committed to."""
    return row.salt is not None and row.text_hash == hash_text(row.salt, row._asdict())
