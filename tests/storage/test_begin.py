"""How transactions begin on PostgreSQL: with bounded waits, also where connections are shared."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection

from comments_service.domain.errors import Unavailable
from comments_service.storage import read, write
from comments_service.storage.db import db
from tests.cast import PAGE, Cast
from tests.storage.test_turns import lease
from tests.support.database import PostgresCopy
from tests.support.pgbouncer import SERVERS, bounced
from tests.support.postgres import Postgres

BOUNDS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
on_postgresql = pytest.mark.parametrize("backend", ["postgres"], indirect=True)


def bounds(conn: Connection) -> list[str]:
    return [conn.exec_driver_sql(f"SHOW {name}").scalar_one() for name in BOUNDS]


@on_postgresql
def test_every_transaction_has_an_end_to_its_waits(app: Flask) -> None:
    with app.app_context():
        with read() as conn:
            assert bounds(conn) == ["5s", "15s", "0"]
        assert write(bounds) == ["5s", "15s", "30s"]
        with db.engine.connect() as conn:
            assert bounds(conn) == ["5s", "0", "0"], "a migration may take long"


@on_postgresql
def test_who_waits_for_a_lock_is_told_that_the_database_is_away(
    app: Flask, database_url: str
) -> None:
    def work(conn: Connection) -> None:
        conn.exec_driver_sql("SET LOCAL lock_timeout = 50")
        lease("held")(conn)

    with psycopg.connect(database_url) as other, app.app_context():
        other.execute("INSERT INTO lease VALUES ('held', 'another', 1)")
        with pytest.raises(Unavailable):
            write(work)


@pytest.mark.postgres
class TestBehindPgBouncer:
    @pytest.fixture
    def database_url(
        self, postgres: Postgres, postgres_copy: PostgresCopy, worker_id: str
    ) -> Iterator[str]:
        postgres_copy.fresh()
        with bounced(postgres, f"worker_{worker_id}") as url:
            yield url

    def test_a_comment_travels_from_the_reader_to_the_count(self, fresh_cast: Cast) -> None:
        cast = fresh_cast
        first = cast.publish("A walk in the park, says the zebra.")
        cast.publish("So it was.", parent_id=first)
        cast.decide(first, "spam")
        assert [item["body"] for item in cast.alice.queue(status="all", q="zebra")]
        assert cast.count() == 1
        assert len(cast.thread()["comments"]) == 2
        assert cast.broken() == []

    def test_more_clients_than_servers_wait_their_turn(self, fresh_cast: Cast) -> None:
        cast = fresh_cast
        cast.publish_all()
        readers = [cast.reader(f"Reader {n}") for n in range(4 * SERVERS)]
        forms = [reader.form(f"Remark number {n}.") for n, reader in enumerate(readers)]

        def post(n: int) -> Any:
            return readers[n].call("POST", "/api/v1/comments", json=forms[n]).status_code

        with ThreadPoolExecutor(len(readers)) as pool:
            assert set(pool.map(post, range(len(readers)))) == {201}
        assert cast.count(PAGE) == len(readers)
        assert cast.broken() == []

    def test_no_transaction_leaves_its_bounds_to_the_next(
        self, app: Flask, database_url: str
    ) -> None:
        with app.app_context():
            for n in range(2 * SERVERS):
                write(lease(f"writer {n}"))
        for _ in range(2 * SERVERS):
            with psycopg.connect(database_url, prepare_threshold=None) as other:
                found = [other.execute(f"SHOW {name}").fetchone() for name in BOUNDS]
            assert found == [("0",)] * 3
