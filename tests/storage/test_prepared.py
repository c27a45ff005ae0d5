"""Prepared statements: the same rows, transactions and errors as SQLAlchemy's own, for less."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import String, bindparam, column, insert, select, table, update
from sqlalchemy.exc import OperationalError, ProgrammingError

from comments_service.domain.errors import Raced, Unavailable
from comments_service.storage import read, tables, write
from comments_service.storage.db import db
from comments_service.storage.prepared import Prepared
from comments_service.storage.types import Moment, to_ms
from tests.statements import watched
from tests.storage.test_turns import lease

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
_LEASE = table("lease", column("name"), column("holder"))
HOLDER = Prepared(select(_LEASE.c.holder).where(_LEASE.c.name == bindparam("name", type_=String)))
HOLDERS = Prepared(
    select(_LEASE.c.name)
    .where(_LEASE.c.name.in_(bindparam("names", type_=String, expanding=True)))
    .where(_LEASE.c.holder == bindparam("holder", type_=String)),
    "names",
)
ADD = Prepared(insert(tables.lease))
END = Prepared(
    update(tables.lease)
    .where(tables.lease.c.until <= bindparam("now", type_=Moment))
    .values(holder="nobody")
    .returning(tables.lease.c.name, tables.lease.c.until)
)
MISSING = Prepared(select(table("nowhere", column("x"))))


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_its_rows_are_the_drivers() -> None:
    write(lease("jobs"))
    with read() as conn:
        assert [tuple(row) for row in HOLDER.rows(conn, {"name": "jobs"})] == [("somebody",)]
        assert list(HOLDER.rows(conn, {"name": "another"})) == []


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 100])
def test_a_list_may_have_any_length_but_none(count: int) -> None:
    for name in ("n0", "n2", "n99"):
        write(lease(name))
    names = [f"n{n}" for n in range(count)]
    with read() as conn:
        rows = HOLDERS.rows(conn, {"names": names, "holder": "somebody"})
        assert {name for (name,) in rows} == {"n0", "n2", "n99"} & set(names)
        assert len(rows) == len({*rows}), "a value that fills the list up finds nothing twice"
        assert not HOLDERS.rows(conn, {"names": names, "holder": "nobody"})


def test_it_writes_and_times_may_come_as_what_they_are() -> None:
    later = NOON + timedelta(milliseconds=1)
    write(lambda conn: ADD.rows(conn, {"name": "a", "holder": "somebody", "until": NOON}))
    others = [{"name": "b", "holder": "x", "until": to_ms(NOON)}]
    others += [{"name": "c", "holder": "x", "until": later}]
    write(lambda conn: ADD.each(conn, others))
    ended = write(lambda conn: END.rows(conn, {"now": NOON}))
    assert sorted(tuple(row) for row in ended) == [("a", to_ms(NOON)), ("b", to_ms(NOON))]
    with read() as conn:
        assert [tuple(row) for row in HOLDER.rows(conn, {"name": "c"})] == [("x",)]


@pytest.mark.parametrize("many", [False, True])
def test_what_is_there_already_is_a_race(many: bool) -> None:
    row = {"name": "a", "holder": "somebody", "until": NOON}
    write(lambda conn: ADD.rows(conn, row))
    with pytest.raises(Raced):
        write(lambda conn: ADD.each(conn, [row]) if many else ADD.rows(conn, row))


def test_a_column_that_is_not_named_is_empty() -> None:
    """And one that must not be empty is refused, not guessed."""
    with pytest.raises(Raced):
        write(lambda conn: ADD.rows(conn, {"name": "a", "until": NOON}))


def test_it_begins_the_transaction_that_all_statements_share() -> None:
    with read() as conn:
        assert list(HOLDER.rows(conn, {"name": "jobs"})) == []
        write(lease("jobs"))
        assert list(HOLDER.rows(conn, {"name": "jobs"})) == [], "one moment, the first statement's"
    with read() as conn:
        assert len(HOLDER.rows(conn, {"name": "jobs"})) == 1


def test_who_watches_statements_sees_it(app: Flask) -> None:
    with watched(app) as seen, read() as conn:
        HOLDER.rows(conn, {"name": "jobs"})
    ((statement, values),) = seen
    assert "FROM lease" in statement
    assert "jobs" in (values if isinstance(values, tuple) else values.values())


def test_its_errors_are_sqlalchemys_and_hold_no_values() -> None:
    with read() as conn, pytest.raises((OperationalError, ProgrammingError)) as caught:
        MISSING.rows(conn, {"word": "what a reader wrote"})
    assert "nowhere" in str(caught.value)
    assert "reader" not in str(caught.value)


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_a_connection_that_was_cut_is_not_used_again() -> None:
    with pytest.raises(Unavailable):
        ask_while_cut()
    with read() as conn:
        assert list(HOLDER.rows(conn, {"name": "jobs"})) == []


def ask_while_cut() -> None:
    with read() as conn:
        number = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with db.engine.begin() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
        HOLDER.rows(conn, {"name": "jobs"})
