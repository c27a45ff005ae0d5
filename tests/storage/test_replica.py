"""Public answers from a real streaming replica: late at most, never kept when old, never amiss."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from comments_service.domain.policy import PolicyMode
from comments_service.services.accounts import create_token
from comments_service.services.sites import SiteChange, create_site
from comments_service.storage import read, read_public
from comments_service.storage.db import engine_of_reads
from comments_service.storage.replica import EVERY, MOST_LAG, Replica
from tests.promises.outages import wait_until
from tests.support.clock import Clock
from tests.support.cluster import Server, end, own_server
from tests.support.service import close_app, make_app, migrate_database, settings_for

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PORT = "SELECT inet_server_port()"
KEY = "a-commenters-key-of-some-length"


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    with own_server() as server:
        migrate_database(server.url("comments"))
        yield server


@pytest.fixture(scope="module")
def replica(primary: Server) -> Iterator[Server]:
    server = primary.follower("replica")
    yield server
    end(server)


@pytest.fixture(params=[32, 0], ids=["kept", "nothing kept"])
def app(
    request: pytest.FixtureRequest, primary: Server, replica: Server, tmp_path: Path, clock: Clock
) -> Iterator[Flask]:
    settings = dataclasses.replace(
        settings_for(tmp_path, primary.url("comments")),
        read_database_url=replica.url("comments"),
        cache_mb=request.param,
    )
    found = make_app(settings, clock)
    yield found
    close_app(found)


class Paper:
    """One site on both servers, a page of the test's own, and one who writes and reads there."""

    def __init__(self, app: Flask, slug: str, now: datetime) -> None:
        self.app = app
        self.page = f"https://{slug}.example/article"
        origin = f"https://{slug}.example"
        with app.app_context():
            create_site(slug, SiteChange(name=slug, origins=[origin], mode=PolicyMode.POST), now)
            self.token = create_token("paper", "comments:write", slug, now)
        self.slug = slug

    def get(self, path: str, **headers: str) -> Any:
        query = f"?site={self.slug}&url={quote(self.page)}"
        return self.app.test_client().get(path + query, headers=headers)

    def says(self, body: str) -> int:
        sent = {"site": self.slug, "url": self.page, "author_name": "Ida", "body": body}
        headers = {"Authorization": f"Bearer {self.token}", "Commenter-Key": KEY}
        answer = self.app.test_client().post("/api/v1/comments", json=sent, headers=headers)
        return answer.status_code

    def count(self) -> int | None:
        answer = self.get("/api/v1/counts")
        assert answer.status_code in (200, 404), answer.text
        return answer.json["counts"][0]["count"] if answer.status_code == 200 else None

    def asked(self) -> int:
        """The port of the server that public answers are made from."""
        self.count()  # Who keeps answers looks where to make them from when somebody asks.
        with self.app.app_context(), read_public() as conn:
            port: int = conn.exec_driver_sql(PORT).scalar_one()
            return port


_number = iter(range(1_000))


@pytest.fixture
def paper(app: Flask, replica: Server) -> Iterator[Paper]:
    found = Paper(app, f"paper{next(_number)}", datetime.now(UTC))
    wait_until(lambda: found.asked() == replica.port, "the replica is never asked")
    yield found
    replica.run("SELECT pg_wal_replay_resume()")


def test_everybody_asks_the_replica_and_who_must_know_the_primary(
    paper: Paper, primary: Server, replica: Server
) -> None:
    assert paper.says("Well said.") == 201
    wait_until(lambda: paper.count() == 1, "it never shows")
    wait_until(lambda: paper.asked() == replica.port, "the replica is never asked")
    with paper.app.app_context(), read() as conn:
        assert conn.exec_driver_sql(PORT).scalar_one() == primary.port


def test_a_replica_that_stands_still_hides_no_comment_from_its_author(
    paper: Paper, replica: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments_service.storage.replica.MOST_LAG", 1e9)
    assert paper.says("The first.") == 201
    wait_until(lambda: paper.count() == 1, "it never shows")
    replica.run("SELECT pg_wal_replay_pause()")
    assert paper.says("The second.") == 201
    assert paper.count() == 1, "made from a replica that does not have it"
    assert "The second." in paper.get("/embed/thread").text
    replica.run("SELECT pg_wal_replay_resume()")
    wait_until(lambda: paper.count() == 2, "what was old was kept")
    wait_until(lambda: paper.asked() == replica.port, "the replica is never asked again")


def test_a_replica_that_falls_behind_is_not_asked_until_it_has_caught_up(
    paper: Paper, primary: Server, replica: Server
) -> None:
    assert EVERY + MOST_LAG < 1, "a decision shows on every machine within a second"
    replica.run("SELECT pg_wal_replay_pause()")

    def behind() -> bool:
        assert paper.says("Once more.") in (201, 202)
        return paper.asked() == primary.port

    wait_until(behind, "the primary is never asked")
    replica.run("SELECT pg_wal_replay_resume()")
    wait_until(lambda: paper.asked() == replica.port, "the replica is never asked again")


@pytest.mark.parametrize("how", ["stopped", "killed", "silent"])
def test_a_replica_that_is_away_is_missed_by_nobody(
    how: str, paper: Paper, primary: Server, replica: Server
) -> None:
    begin, undo = {
        "stopped": (replica.stop, replica.start),
        "killed": (replica.kill, replica.start),
        "silent": (replica.freeze, replica.thaw),
    }[how]
    assert paper.says("Before.") == 201
    wait_until(lambda: paper.count() == 1, "it never shows")
    begin()
    try:
        assert paper.count() == 1
        wait_until(lambda: paper.asked() == primary.port, "the primary is never asked")
        assert paper.says("Meanwhile.") == 201
        wait_until(lambda: paper.count() == 2, "it never shows")
    finally:
        undo()
    wait_until(lambda: paper.asked() == replica.port, "the replica is never asked again")
    assert paper.count() == 2


def test_while_the_primary_is_away_reading_goes_on(
    paper: Paper, primary: Server, replica: Server
) -> None:
    assert paper.says("Before.") == 201
    wait_until(lambda: paper.count() == 1, "it never shows")
    primary.stop()
    try:
        for path in ("/api/v1/counts", "/api/v1/comments", "/api/v1/feed.atom"):
            answer = paper.get(path)
            assert (answer.status_code, "Warning" in answer.headers) == (200, False), path
        assert paper.says("Meanwhile.") == 503
        assert paper.asked() == replica.port
    finally:
        primary.start()
    wait_until(lambda: paper.says("After.") == 201, "writing did not heal")
    wait_until(lambda: paper.count() == 2, "it never shows")


def test_where_nobody_can_tell_how_late_a_replica_is_it_is_better_than_nothing(
    app: Flask, primary: Server, replica: Server
) -> None:
    found: Replica = app.extensions["comments_storage"].replica
    assert found.primary is engine_of_reads(app)
    assert found.wanted is found.primary
    primary.stop()
    try:
        found.judge()
        assert found.wanted is found.replica
    finally:
        primary.start()
    found.failed()

    def keeps_up() -> bool:
        found.judge()
        return found.wanted is found.replica

    wait_until(keeps_up, "it never caught up")
