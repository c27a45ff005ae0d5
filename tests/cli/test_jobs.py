"""The job runner, once: what it forgets, and that two never work at the same time."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from comments_service.config import load_settings
from comments_service.services.jobs import EVERY, LEASE, run_jobs
from comments_service.storage import read, tables, write
from comments_service.storage.queries.upkeep import take_lease
from tests.cli.conftest import CommandLine, Publisher
from tests.support.clock import Clock

NOTHING = (
    "Forgotten: 0 changes, 0 addresses, 0 address keys, 0 texts, 0 floods, 0 bans, "
    "0 idempotency keys, 0 limits, 0 sessions.\n"
    "Sealed: 0 sites' logs.\n"
)
BUSY = "Another runner is at work; nothing was done here.\n"


def test_once_is_safe_to_repeat_at_once(instance: object, comments_service: CommandLine) -> None:
    first, second = comments_service("jobs", "--once"), comments_service("jobs", "--once")
    assert (first.status, first.out) == (0, NOTHING)
    assert (second.status, second.out) == (0, NOTHING), "the first has left its lease"


@pytest.mark.parametrize(
    ("what", "days", "column"),
    [("idempotency_keys", 2, "idempotency_key"), ("addresses", 30, "address_hash")],
)
def test_what_is_old_is_forgotten_once_and_not_before(
    *, what: str, days: int, column: str, publisher: Publisher, service: Flask, clock: Clock
) -> None:
    publisher.post("Kept, while what it came with is not.")
    comment = tables.comment
    came_with = {"idempotency_key": "k", "request_hash": "r", "address_hash": "a"}

    def forgotten() -> int:
        done = run_jobs(load_settings(), "me", clock.now)
        assert done is not None
        return done[what]

    with service.app_context():
        write(lambda conn: conn.execute(update(comment).values(**came_with)))
        clock.advance(days=days)
        assert forgotten() == 0
        clock.advance(seconds=1)
        assert forgotten() == 1
        assert forgotten() == 0
        with read() as conn:
            row = conn.execute(select(comment)).one()
    assert getattr(row, column) is None
    assert row.body == "Kept, while what it came with is not."


def test_under_anothers_lease_nothing_is_done(
    instance: object,
    service: Flask,
    comments_service: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("comments_service.cli.running.now", clock)
    with service.app_context():
        assert write(lambda c: take_lease(c, "jobs", "other", clock.now, clock.now + LEASE))
    assert comments_service("jobs", "--once").out == BUSY
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert comments_service("jobs", "--once").out == BUSY, "and asking took no lease away"
    clock.advance(seconds=1)
    assert comments_service("jobs", "--once").out == NOTHING, "a runner that vanished is replaced"


def test_a_runner_that_vanished_with_its_clock_ahead_is_replaced(
    instance: object,
    service: Flask,
    comments_service: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr("comments_service.cli.running.now", clock)
    ahead = clock.now + timedelta(hours=2)
    with service.app_context():
        assert write(lambda c: take_lease(c, "jobs", "other", ahead, ahead + LEASE))
    assert comments_service("jobs", "--once").out == NOTHING


def test_a_runner_renews_its_lease_in_time() -> None:
    assert 2 * EVERY < LEASE
