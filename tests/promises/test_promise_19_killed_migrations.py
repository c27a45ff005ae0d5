"""Promise 19, its migrations: one that is killed at a statement is rolled back, or goes on.

From the first release's schema with rows in it, on both databases. The process that migrates is a
child of this one and kills itself, with -9, before a statement or a commit; then `init` runs again,
and every row of every table must be as if nobody had been killed. The short form takes some of the
statements of all migrations, chosen by a seed, the long form every one.
"""

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import event, inspect, text

from comments_service.config import bundled
from comments_service.services.ready import why_not_ready
from comments_service.services.verify import verify
from comments_service.storage.db import db
from comments_service.storage.schema import found_revision, go_to, known_revisions
from tests.cast import OTHER_PAGE, Cast
from tests.support.clock import Clock
from tests.support.database import SqliteTemplate, sqlite_url
from tests.support.postgres import Postgres
from tests.support.service import close_app, make_app, migrate_database, settings_for

MIGRATIONS: Final = bundled("migrations")
KILLS: Final = 8
"""Of the short form."""
_DATABASE: Final = "killed"


@dataclass(frozen=True)
class Old:
    """An instance of the first release, which can be had again as it was."""

    app: Flask
    folder: Path
    postgres: Postgres | None

    def keep(self) -> None:
        """Remember it as it is now."""
        if self.postgres is not None:
            self.postgres.drop(f"{_DATABASE}_old")
            self.postgres.create(f"{_DATABASE}_old", _DATABASE)
            return
        connection = sqlite3.connect(self.folder / "comments.db")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copyfile(self.folder / "comments.db", self.folder / "old.db")

    def have_again(self) -> None:
        """As it was remembered; nobody may be connected."""
        if self.postgres is not None:
            self.postgres.drop(_DATABASE)
            self.postgres.create(_DATABASE, f"{_DATABASE}_old")
            return
        for left in self.folder.glob("comments.db-*"):
            left.unlink()
        shutil.copyfile(self.folder / "old.db", self.folder / "comments.db")

    def migrate(self, killed_at: int | None = None) -> int:
        """Migrate as `init` does; how many statements and commits it took.

        At the one named, counted from 0, the process ends.
        """
        seen = 0

        def count(*_: Any) -> None:
            nonlocal seen
            if seen == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

        with self.app.app_context():
            for name in ("before_cursor_execute", "commit"):
                event.listen(db.engine, name, count)
            try:
                go_to(MIGRATIONS, known_revisions(MIGRATIONS)[0])
            finally:
                for name in ("before_cursor_execute", "commit"):
                    event.remove(db.engine, name, count)
                db.engine.dispose()
        return seen

    def kill_a_migration(self, at: int) -> int:
        """How the child that migrated ended."""
        child = os.fork()
        if child == 0:
            try:
                with self.app.app_context():
                    # Connections of the parent are not this process's to close.
                    db.engine.dispose(close=False)
                self.migrate(at)
            finally:
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        with self.app.app_context():
            with db.engine.connect() as conn:
                names = inspect(conn).get_table_names()
                # What serves the search is SQLite's own, and made of the rows of `comment`;
                # `change` tells servers that something changed just now.
                found = {
                    name: sorted(
                        str(tuple(row)) for row in conn.execute(text(f"SELECT * FROM {name}"))
                    )
                    for name in names
                    if not name.startswith(("comment_search", "change"))
                }
            db.engine.dispose()
        return found


@pytest.fixture
def old(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    """The first release's schema, with rows of every kind that it knew."""
    postgres: Postgres | None = None
    if backend == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        url = template.fresh(tmp_path)
        assert url == sqlite_url(tmp_path / "comments.db")
    else:
        postgres = request.getfixturevalue("postgres")
        postgres.ensure_template("migrated", migrate_database)
        postgres.drop(_DATABASE)
        postgres.create(_DATABASE, "migrated")
        url = postgres.url(_DATABASE)
    clock = Clock()
    app = make_app(settings_for(tmp_path, url), clock)
    fill(Cast(app, clock))
    with app.app_context():
        go_to(MIGRATIONS, "0001")
        db.engine.dispose()
    made = Old(app, tmp_path, postgres)
    made.keep()
    yield made
    close_app(app)
    if postgres is not None:
        postgres.drop(_DATABASE)
        postgres.drop(f"{_DATABASE}_old")


def fill(cast: Cast) -> None:
    """Comments of every status, replies, an edit, decisions, a site's own words."""
    cast.signed_in("olga@example.org", "owner", [])
    cast.set_site(words=["snake oil", "casino"])
    parent = cast.publish("Said and published.")
    cast.publish("Answered.", parent_id=parent)
    for action in ("reject", "spam", "hold"):
        cast.decide(cast.bob.says(f"To {action}.", OTHER_PAGE), action)
    cast.bob.says("This waits.")
    edited = cast.bob.call("PATCH", f"/api/v1/comments/{parent}", json={"body": "Said otherwise."})
    assert edited.status_code == 200
    cast.herald_reader.says("Elsewhere.", "https://herald.example/rain-on-sunday")


def kill_and_go_on(old: Old, choose: Callable[[int], Iterable[int]]) -> None:
    """Kill a migration at the statements that are chosen of all, each time from the beginning."""
    statements = old.migrate()
    expected = old.rows()
    assert len(expected["comment"]) == 7
    for at in choose(statements):
        old.have_again()
        assert old.kill_a_migration(at) == -signal.SIGKILL
        with old.app.app_context():
            is_done = found_revision() == known_revisions(MIGRATIONS)[0]
            said = why_not_ready(old.app.config["COMMENTS"], MIGRATIONS)
            db.engine.dispose()
        # Before the very last commit it may be done, and says so; else it says what to do.
        assert said is None if is_done else "comments-service init" in (said or ""), at
        old.migrate()
        assert old.rows() == expected, at
        with old.app.app_context():
            assert why_not_ready(old.app.config["COMMENTS"], MIGRATIONS) is None
            assert verify(old.folder / "nowhere") == []
            db.engine.dispose()


@pytest.mark.slow
def test_promise_19_a_migration_that_is_killed_is_finished_by_the_next(old: Old) -> None:
    def some(statements: int) -> Iterable[int]:
        assert statements > KILLS
        return random.Random(19).sample(range(statements), KILLS)

    kill_and_go_on(old, some)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_promise_19_killed_at_every_statement_it_is_finished_by_the_next(old: Old) -> None:
    kill_and_go_on(old, range)
