"""What every test can ask for. The parts stand in `tests/support/`; this file only joins them."""

import itertools
from collections.abc import Iterator

import pytest

from tests.support import postgres as postgres_server
from tests.support.postgres import Postgres

pytest_plugins = ["tests.support.chromium"]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres_server.open_run()


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
    """The URL of an empty PostgreSQL database of this test's own."""
    name = f"empty_{worker_id}_{next(_numbers)}"
    postgres.create(name)
    yield postgres.url(name)
    postgres.drop(name)
