"""Prepared statements: the same rows, transactions and errors as SQLAlchemy's own, for less."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import String, bindparam, column, select, table
from sqlalchemy.exc import OperationalError, ProgrammingError

from comments_service.domain.errors import Unavailable
from comments_service.storage import read, write
from comments_service.storage.db import db
from comments_service.storage.prepared import Prepared
from tests.statements import watched
from tests.storage.test_turns import lease

_LEASE = table("lease", column("name"), column("holder"))
HOLDER = Prepared(select(_LEASE.c.holder).where(_LEASE.c.name == bindparam("name", type_=String)))
HOLDERS = Prepared(
    select(_LEASE.c.name)
    .where(_LEASE.c.name.in_(bindparam("names", type_=String, expanding=True)))
    .where(_LEASE.c.holder == bindparam("holder", type_=String)),
    "names",
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
