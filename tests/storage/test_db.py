"""Reading and writing: one moment for reads, all or nothing for writes, and a database away."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from comments_service.domain.errors import Raced, Unavailable
from comments_service.storage import read, write
from comments_service.storage.db import db

LEASE = "INSERT INTO lease VALUES ('jobs', 'somebody', 1)"


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def leases() -> int:
    with read() as conn:
        return int(conn.exec_driver_sql("SELECT COUNT(*) FROM lease").scalar_one())


def insert(conn: Connection) -> None:
    conn.exec_driver_sql(LEASE)


def test_a_write_is_there_for_the_next_reader() -> None:
    write(insert)
    assert leases() == 1


def test_whatever_raises_leaves_nothing_behind() -> None:
    def work(conn: Connection) -> None:
        insert(conn)
        raise KeyError

    with pytest.raises(KeyError):
        write(work)
    assert leases() == 0


def test_what_was_there_first_is_a_race() -> None:
    write(insert)
    with pytest.raises(Raced):
        write(insert)
    assert leases() == 1


def test_every_statement_of_a_read_sees_the_same_moment() -> None:
    with read() as conn:
        before = conn.exec_driver_sql("SELECT COUNT(*) FROM lease").scalar_one()
        write(insert)
        assert conn.exec_driver_sql("SELECT COUNT(*) FROM lease").scalar_one() == before == 0
    assert leases() == 1


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_a_read_cannot_write() -> None:
    with pytest.raises(DBAPIError), read() as conn:
        insert(conn)
    assert leases() == 0


def test_a_database_that_takes_no_writes_is_unavailable(backend: str) -> None:
    """As a standby, or a disk mounted for reading."""
    sqlite = backend == "sqlite"

    def work(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY")
        insert(conn)

    with pytest.raises(Unavailable):
        write(work)
    db.engine.dispose()
    assert leases() == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_acknowledged_write_is_on_the_disk() -> None:
    with read() as conn:
        for pragma, value in (
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("wal_autocheckpoint", 4000),
        ):
            assert conn.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
