"""What every test can ask for. The parts stand in `tests/support/`; this file only joins them.

A test that asks for `app` or `client` runs twice, on SQLite and on PostgreSQL. One that needs other
settings defines its own `settings` fixture, with `dataclasses.replace`; one that must not run on
both says so with `@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)`.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from comments_service.config import Settings
from tests.support import postgres as postgres_server
from tests.support.clock import Clock
from tests.support.database import PostgresCopy, SqliteTemplate
from tests.support.postgres import Postgres
from tests.support.service import close_app, make_app, migrate_database, settings_for

pytest_plugins = ["tests.cast", "tests.kept", "tests.support.chromium"]


# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres_server.open_run()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` run where the marks that are asked for speak of them, and only there."""
    if "long" not in config.getoption("markexpr"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres_server.close_run()


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The run's PostgreSQL, started by the first test that asks."""
    return postgres_server.start_postgres()


_numbers = itertools.count(1)


@pytest.fixture
def empty_postgres(postgres: Postgres, worker_id: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, without any table."""
    name = f"empty_{worker_id}_{next(_numbers)}"
    postgres.create(name)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"), migrate_database)


@pytest.fixture(scope="session")
def postgres_copy(postgres: Postgres, worker_id: str) -> Iterator[PostgresCopy]:
    copy = PostgresCopy(postgres, worker_id, migrate_database)
    yield copy
    copy.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database this run of the test stands on."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database with nothing in it."""
    if backend == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        return template.fresh(tmp_path)
    copy: PostgresCopy = request.getfixturevalue("postgres_copy")
    return copy.fresh()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """The defaults, with the test's own folder and database."""
    return settings_for(tmp_path, database_url)


@pytest.fixture
def clock() -> Clock:
    """The application's time; it stands still until the test moves it."""
    return Clock()


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """The whole application, not yet in a context."""
    application = make_app(settings, clock)
    yield application
    close_app(application)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Someone who calls: no cookies, no key, from loopback."""
    return app.test_client()
