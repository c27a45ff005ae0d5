"""The layer before Flask while the database is away: what is known is told as what it is."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from comments_service.services import changes
from comments_service.services.changes import PAUSE, Known
from comments_service.web.edge import Edge, edge_of
from tests.cast import OTHER_PAGE, PAGE, Cast
from tests.statements import watched

COUNTS = f"/api/v1/counts?url={quote(PAGE)}&url={quote(OTHER_PAGE)}"
THREAD = f"/api/v1/comments?url={quote(PAGE)}"


@pytest.fixture
def edge(cast: Cast) -> Edge:
    return edge_of(cast.app)


def get(cast: Cast, path: str) -> TestResponse:
    return cast.app.test_client().get(path)


@pytest.fixture
def away(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on no look succeeds, and no statement either."""

    def go_away() -> None:
        def fail(*_: object) -> Any:
            raise OperationalError("SELECT", None, Exception("away"))

        edge.watch._leave()
        monkeypatch.setattr(edge.watch, "_open", fail)
        monkeypatch.setattr("sqlalchemy.engine.base.Engine.connect", fail)
        edge.watch.wrote()

    return go_away


def test_while_the_database_is_away_what_is_known_is_said_to_be_old(
    cast: Cast, edge: Edge, away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.publish()
    fresh = get(cast, THREAD)
    away()
    old = get(cast, THREAD)
    assert (old.status_code, old.data) == (200, fresh.data)
    assert int(old.headers["Age"]) >= 1
    assert old.headers["Warning"].startswith("110 ")
    assert "Age" not in fresh.headers
    unknown = get(cast, COUNTS)
    assert unknown.status_code == 503
    assert unknown.headers["Retry-After"]
    with monkeypatch.context() as later:
        later.setattr(edge, "_stale_seconds", 0)
        assert get(cast, THREAD).status_code == 503, "too old to be told"
    monkeypatch.undo()
    edge.watch._again_at -= PAUSE
    back = get(cast, THREAD)
    assert (back.status_code, "Age" in back.headers) == (200, False)


def test_after_an_outage_the_second_who_asks_has_it_kept(
    cast: Cast, edge: Edge, away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However soon that is; what is made without the database says nothing of it."""
    monkeypatch.setattr(changes, "PAUSE", 3_600.0)
    cast.publish()
    away()
    assert get(cast, THREAD).status_code == 503
    monkeypatch.undo()
    assert get(cast, "/count.js").status_code == 200
    assert edge.watch.look() is Known.AWAY, "nobody was answered yet"
    for _ in range(2):
        assert get(cast, THREAD).status_code == 200
    with watched(cast.app) as seen:
        assert get(cast, THREAD).status_code == 200
    assert seen == []
