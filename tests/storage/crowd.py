"""A hundred thousand comments for the cast, written past the service straight into the tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.crowd import Place, Size, fill
from comments_service.services.keys import hash_secret
from comments_service.storage.db import db
from tests.cast import GAZETTE, PAGE, Cast
from tests.support.database import SqliteTemplate
from tests.support.postgres import Postgres


@pytest.fixture
def database_url(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path, worker_id: str
) -> Iterator[str]:
    """A database of this test's own: what held so many rows would slow down whoever comes next."""
    if backend == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        yield template.fresh(tmp_path)
        return
    request.getfixturevalue("postgres_copy")
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"crowd_{worker_id}"
    postgres.create(name, "migrated")
    yield postgres.url(name)
    postgres.drop(name)


def gather(cast: Cast, *, analyze: bool = True) -> None:
    """Fill the gazette; number 4,001 is bob, and the hottest page is `PAGE`."""
    site = cast.one("SELECT id FROM site WHERE slug = 'gazette'")
    place = Place(site, GAZETTE, cast.clock.now, hash_secret(cast.bob.key))
    with cast.app.app_context(), db.engine.begin() as connection:
        fill(connection, place, Size())
        connection.execute(
            text("UPDATE thread SET url = :page WHERE url = :first"),
            {"page": PAGE, "first": f"{GAZETTE}/1"},
        )
        connection.execute(
            text("UPDATE thread_key SET key = :page WHERE key = :first"),
            {"page": "u:" + PAGE.removeprefix("https:"), "first": "u://gazette.example/1"},
        )
    if not analyze:
        return
    with cast.app.app_context(), db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
