"""`/healthz`, `/readyz`, `/metrics`, `/demo/`: what operators ask, and the database away."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from comments_service.config import Settings
from comments_service.storage import write
from tests.cast import GAZETTE, PAGE, Cast, assert_problem
from tests.support.clock import Clock
from tests.support.service import close_app, make_app, settings_for


def test_alive_and_ready(app: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_metrics_count_what_was_answered(cast: Cast) -> None:
    cast.bob.says()
    cast.mallory.post()
    cast.bob.call("BREW", "/api/v1/comments")
    told = cast.app.test_client().get("/metrics").get_data(as_text=True)
    route = 'route="/api/v1/comments"'
    assert f'comments_requests_total{{method="POST",{route},status="202"}}' in told
    assert f'comments_requests_total{{method="POST",{route},status="403"}}' in told
    assert 'comments_submissions_total{answer="pending"}' in told
    assert "BREW" not in told
    assert "gazette.example" not in told


class TestMetricsToken:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, metrics_token="the metrics' own")

    def test_with_a_token_it_is_the_token_that_counts(self, app: Flask) -> None:
        client = app.test_client()
        for header, status in (
            ("Bearer the metrics' own", 200),
            ("Bearer another", 401),
            ("Bearer töken", 401),
            ("", 401),
        ):
            answer = client.get("/metrics", headers={"Authorization": header} if header else {})
            assert answer.status_code == status, header


def test_without_the_demo_there_is_no_newspaper(app: Flask) -> None:
    assert app.test_client().get("/demo/").status_code == 404


def test_what_the_database_refuses_is_logged_without_the_row(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL's own words hold all of it: the column that is missing, and what stood beside."""
    row = {"name": "Grace Hopper\n\nof 555-0100"}

    def stumble(*_: object) -> None:
        insert = text("INSERT INTO site (id, slug, name) VALUES (1, 'x', :name)")
        write(lambda conn: conn.execute(insert, row))

    monkeypatch.setattr("comments_service.web.public.read_feed", stumble)
    asked = {"site": "gazette", "url": PAGE}
    assert cast.app.test_client().get("/api/v1/feed.atom", query_string=asked).status_code == 503
    logged = capsys.readouterr().err
    assert "IntegrityError" in logged
    assert "Grace" not in logged
    assert "555" not in logged


def test_a_request_has_an_id(app: Flask) -> None:
    client = app.test_client()
    given = client.get("/healthz", headers={"X-Request-Id": "from-the-proxy-1"})
    assert given.headers["X-Request-Id"] == "from-the-proxy-1"
    for odd in ("x", "a b c d e f g h", "<script>", "x" * 65):
        made = client.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
        assert made != odd


@pytest.fixture(params=["sqlite", "postgres"])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The service with its database away: a folder that is gone, a server that is not there."""
    gone = tmp_path / "gone"
    url = f"sqlite:///{gone / 'comments.db'}"
    if request.param == "postgres":
        url = f"postgresql://postgres@/comments?host={gone}"
    app = make_app(settings_for(tmp_path, url), Clock())
    yield app
    close_app(app)


def test_without_its_database_it_is_alive_and_says_so(away: Flask) -> None:
    client = away.test_client()
    assert client.get("/healthz").status_code == 200
    assert_problem(client.get("/readyz"), 503, "not-ready")
    form = {"url": PAGE, "author_name": "Bob", "body": "Hello?"}
    for answer in (
        client.get("/api/v1/comments", query_string={"url": PAGE}),
        client.post("/api/v1/counts", json={"urls": [PAGE]}),
        client.post("/api/v1/comments", json=form, headers={"Origin": GAZETTE}),
    ):
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_folder_that_went_away_stores_nothing(fresh_cast: Cast, settings: Settings) -> None:
    """A write that cannot take its turn is unavailable, not a crash."""
    form = fresh_cast.bob.form()
    settings.home.rename(settings.home.with_name("moved"))
    answer = fresh_cast.bob.call("POST", "/api/v1/comments", json=form)
    assert_problem(answer, 503, "unavailable")
