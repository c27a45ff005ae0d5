"""Every row of one database into another, of either kind: by the models alone, table by table.

Nothing in here knows what a row means. Rows travel in the order of their keys and in batches, each
a transaction of its own, so that what is there tells where to go on after an interruption. Tables
marked `PASSING` stay behind: they tell of processes that run, not of what was written.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    String,
    Table,
    TableClause,
    TypeDecorator,
    bindparam,
    column,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy import table as plain_table

from comments_service.storage.models import PASSING, Base
from comments_service.storage.tables import key_fingerprint

BATCH: Final = 1_000
"""Rows in one transaction, and in memory at once."""


def copied_tables() -> list[Table]:
    """The tables that travel, each after those that its rows refer to."""
    return [t for t in Base.metadata.sorted_tables if not t.info.get(PASSING)]


def number_of_rows(conn: Connection, table: Table) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def is_empty(conn: Connection) -> bool:
    """Whether none of the tables that travel has a row but that of keys, which `init` fills.

    Of an older schema, or of one that is not whole, those tables count that are there.
    """
    there = set(inspect(conn).get_table_names())
    return all(
        conn.execute(select(literal(1)).select_from(table).limit(1)).one_or_none() is None
        for table in copied_tables()
        if table.name in there - {key_fingerprint.name}
    )


def _plain(table: Table) -> TableClause:
    """The table with the types that are stored, so that no value is made into ours and back."""
    return plain_table(table.name, *(column(c.name, _stored_type(c)) for c in table.columns))


def _stored_type(of: Column[Any]) -> Any:
    return of.type.impl_instance if isinstance(of.type, TypeDecorator) else of.type


def _key(conn: Connection, table: Table, plain: TableClause) -> list[ColumnElement[Any]]:
    """The primary key, in the one order that both databases can sort by: that of bytes."""
    names = [c.name for c in table.primary_key.columns]
    if conn.dialect.name != "postgresql":
        return [plain.c[name] for name in names]
    return [
        plain.c[n].collate("C") if isinstance(plain.c[n].type, String) else plain.c[n]
        for n in names
    ]


def last_key(conn: Connection, table: Table) -> tuple[Any, ...] | None:
    """The greatest key there is; None in an empty table."""
    plain = _plain(table)
    names = [plain.c[c.name] for c in table.primary_key.columns]
    falling = [part.desc() for part in _key(conn, table, plain)]
    row = conn.execute(select(*names).order_by(*falling).limit(1)).one_or_none()
    return None if row is None else tuple(row)


def batches(
    conn: Connection, table: Table, after: tuple[Any, ...] | None = None
) -> Iterator[Sequence[Row[Any]]]:
    """The rows in the order of their keys, beyond `after`, as they are stored."""
    plain = _plain(table)
    key = _key(conn, table, plain)
    statement = select(plain).order_by(*key)
    if after is not None:
        start = [literal(v, _stored_type(c)) for v, c in zip(after, table.primary_key, strict=True)]
        statement = statement.where(tuple_(*key) > tuple_(*start))
    yield from conn.execute(statement.execution_options(yield_per=BATCH)).partitions()


def _to_itself(table: Table) -> list[str]:
    """Columns that refer to rows of the same table."""
    return sorted(fk.parent.name for fk in table.foreign_keys if fk.column.table is table)


def add_rows(conn: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Store a batch. What refers to a row with a greater key, not there yet, waits for `mend`."""
    values = [dict(row._mapping) for row in rows]
    _hold_back(table, values)
    conn.execute(insert(_plain(table)), values)


class Reference(Struct, frozen=True):
    """A row that refers to one with a greater key in the same table."""

    column: str
    key: int
    to: int


def _hold_back(table: Table, values: Sequence[dict[str, Any]]) -> list[Reference]:
    """Take references to greater keys out of rows that are about to be stored."""
    found = []
    for name in _to_itself(table):
        (key,) = table.primary_key.columns
        for row in values:
            if row[name] is not None and row[name] > row[key.name]:
                found.append(Reference(name, row[key.name], row[name]))
                row[name] = None
    return found


def add_saved_rows(
    conn: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Store rows out of a file, of whose columns the table of an older release may have fewer.

    Returns how many there were.
    """
    into = insert(plain_table(table.name, *(column(name) for name in columns)))
    several, left_out, total = iter(rows), list[Reference](), 0
    while batch := [dict(zip(columns, row, strict=True)) for row in islice(several, BATCH)]:
        left_out += _hold_back(table, batch)
        conn.execute(into, batch)
        total += len(batch)
    mend(conn, table, left_out)
    return total


def clear_tables(conn: Connection) -> None:
    """Delete every row of the tables that travel, and keep others from writing until it is over."""
    tables = copied_tables()
    if conn.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables)
        conn.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    for table in reversed(tables):
        conn.execute(delete(table))


def forward_references(conn: Connection, table: Table) -> list[Reference]:
    """What `add_rows` left out: rare, for it takes two machines whose clocks disagree."""
    found = []
    for name in _to_itself(table):
        (key,) = table.primary_key.columns
        to = table.c[name]
        rows = conn.execute(select(key, to).where(to > key))
        found += [Reference(name, number, other) for number, other in rows]
    return found


def mend(conn: Connection, table: Table, left_out: Sequence[Reference]) -> None:
    """Put in what `add_rows` left out, now that every row is there."""
    plain = _plain(table)
    for reference in left_out:
        (key,) = table.primary_key.columns
        conn.execute(
            update(plain)
            .where(plain.c[key.name] == bindparam("of_key"))
            .values({reference.column: reference.to}),
            {"of_key": reference.key},
        )


class Digest(Struct, frozen=True):
    """How many rows a table has, and a hash of them all in the order of their keys."""

    rows: int
    hash: str


def digest(conn: Connection, table: Table) -> Digest:
    """The same for the same rows, whichever database they stand in."""
    hashed, rows = hashlib.sha256(), 0
    for batch in batches(conn, table):
        rows += len(batch)
        hashed.update(msgspec.json.encode([tuple(row) for row in batch]))
    return Digest(rows, hashed.hexdigest())
