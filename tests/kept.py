"""One application for many tests of a database: to build it anew costs more than most tests do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from comments_service.storage.db import db
from comments_service.web.edge import edge_of
from tests.support.clock import Clock
from tests.support.database import PostgresCopy, SqliteTemplate
from tests.support.service import close_app, make_app, settings_for


@pytest.fixture(scope="session")
def _kept_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Path, Flask]]]:
    kept: dict[str, tuple[Path, Flask]] = {}
    yield kept
    for _, app in kept.values():
        close_app(app)


@pytest.fixture
def kept_app(
    backend: str,
    _kept_apps: dict[str, tuple[Path, Flask]],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    clock: Clock,
) -> Flask:
    """The kept application, with the test's own clock and with every table empty."""
    if backend not in _kept_apps:
        home = tmp_path_factory.mktemp(f"kept-{backend}")
        app = make_app(settings_for(home, _emptied(backend, request, home)), clock)
        _kept_apps[backend] = home, app
        return app
    home, app = _kept_apps[backend]
    edge_of(app).close()
    with app.app_context():
        db.engine.dispose()
    _emptied(backend, request, home)
    app.config["COMMENTS_CLOCK"] = clock
    return app


def _emptied(backend: str, request: pytest.FixtureRequest, home: Path) -> str:
    """The URL of the database in its folder, with every table empty and nobody connected."""
    if backend == "postgres":
        copy: PostgresCopy = request.getfixturevalue("postgres_copy")
        return copy.fresh()
    for left in home.glob("comments.db*"):
        left.unlink()
    template: SqliteTemplate = request.getfixturevalue("sqlite_template")
    return template.fresh(home)
