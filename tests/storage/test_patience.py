"""Waiting for a database ends, on this side too, and others know what one waited for in vain."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection

from comments_service.domain.errors import Unavailable
from comments_service.storage import patience, read, write
from comments_service.storage.begin import let_statements_take_long
from comments_service.storage.db import db, engine_of_reads
from comments_service.storage.reach import PAUSE, SILENCE, Reach, reach_of
from tests.support.clock import Clock
from tests.support.server import free_ports
from tests.support.service import close_app, make_app, settings_for

on_postgresql = pytest.mark.parametrize("backend", ["postgres"], indirect=True)


class Hand:
    """A clock that the test moves."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def reach(hand: Hand) -> Reach:
    return Reach(hand)


def may_try(reach: Reach) -> bool:
    try:
        reach.ask()
    except Unavailable:
        return False
    return True


def test_while_a_database_is_away_one_at_a_time_tries(reach: Reach, hand: Hand) -> None:
    assert all(may_try(reach) for _ in range(3))
    reach.lost()
    assert reach.was_just_lost
    assert not may_try(reach)
    hand.now += PAUSE
    assert not reach.was_just_lost
    assert [may_try(reach) for _ in range(3)] == [True, False, False]
    hand.now += PAUSE
    assert not may_try(reach), "somebody waits for it"
    hand.now += SILENCE
    assert may_try(reach), "whoever tried has vanished"
    reach.found()
    assert all(may_try(reach) for _ in range(3))


def test_who_is_refused_waited_for_nothing(reach: Reach, hand: Hand) -> None:
    reach.refused()
    assert may_try(reach), "it was never away"
    reach.lost()
    hand.now += PAUSE
    assert may_try(reach)
    reach.refused()
    assert not may_try(reach)
    hand.now += PAUSE
    assert may_try(reach)


def sleep(conn: Connection) -> None:
    conn.exec_driver_sql("SELECT pg_sleep(1)")


@on_postgresql
def test_a_statement_without_an_answer_is_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience.PatientConnection, "longest", 0.2)
    with app.app_context():
        with pytest.raises(Unavailable):
            write(sleep)
        with pytest.raises(Unavailable), read() as conn:
            sleep(conn)
        assert not reach_of(engine_of_reads(app)).is_away, "it may have been at work"
        with read() as conn:
            let_statements_take_long(conn)
            sleep(conn)
        with db.engine.connect() as conn:
            sleep(conn)
        monkeypatch.setattr(patience.PatientConnection, "at_rest", 0.2)
        with db.engine.connect() as conn:
            sleep(conn.execution_options(isolation_level="AUTOCOMMIT"))


@on_postgresql
def test_where_others_know_it_is_away_nobody_waits_longer(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SILENCE", 0.2)
    with app.app_context():
        reach = reach_of(engine_of_reads(app))

        def work(conn: Connection) -> None:
            conn.exec_driver_sql("SELECT 1")  # With it begins the transaction.
            reach.lost()
            sleep(conn)

        with pytest.raises(Unavailable):
            write(work)
        assert reach.is_away
        reach.found()
        with read() as conn:
            assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1


@on_postgresql
def test_silence_before_a_transaction_says_that_it_is_away(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        with read() as conn:
            raw = conn.connection.driver_connection
        assert raw is not None
        monkeypatch.setattr(patience, "SILENCE", 0.2)
        raw.at_rest = 0.2
        with pytest.raises(patience.NoAnswer):
            raw.execute("SELECT pg_sleep(1)")
        assert raw.closed
        assert reach_of(engine_of_reads(app)).is_away
        with pytest.raises(Unavailable), read():
            raise AssertionError("nobody asks it")


@on_postgresql
def test_nobody_connects_where_it_was_just_lost(app: Flask) -> None:
    with app.app_context():
        reach_of(engine_of_reads(app)).lost()
        with pytest.raises(patience.NoAnswer, match="a moment ago"):
            db.engine.raw_connection()


@pytest.fixture
def nowhere(tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    url = f"postgresql://nobody@127.0.0.1:{free_ports()}/none"
    app = make_app(settings_for(tmp_path, url), clock)
    yield app
    close_app(app)


def test_a_server_that_is_not_there_is_away_without_any_wait(nowhere: Flask) -> None:
    with nowhere.app_context():
        for _ in range(3):
            with pytest.raises(Unavailable), read():
                pass
        assert not reach_of(engine_of_reads(nowhere)).is_away
