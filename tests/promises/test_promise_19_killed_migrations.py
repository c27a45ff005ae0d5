"""Promise 19, in part: a migration that is killed at a statement is rolled back or goes on.

From the first release's schema with rows in it, on both databases. The process that migrates is a
child of this one and kills itself, with -9, before a statement; then `init` runs again.
"""

import os
import random
import signal
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import event, text

from comments_service.app import bundled
from comments_service.services.ready import why_not_ready
from comments_service.services.verify import verify
from comments_service.storage.db import db
from comments_service.storage.schema import go_to, known_revisions
from tests.cast import Cast

MIGRATIONS: Final = bundled("migrations")
KILLS: Final = 8
"""Of the statements between the first release and this one, chosen by a seed."""


def migrated(app: Flask, killed_before: int | None) -> int:
    """Migrate as `init` does; how many statements it took. At the one named the process ends."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        if seen == killed_before:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
        try:
            go_to(MIGRATIONS, known_revisions(MIGRATIONS)[0])
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
            db.engine.dispose()
    return seen


def kill_a_migration(app: Flask, statement: int) -> int:
    """How the child that migrated ended."""
    child = os.fork()
    if child == 0:
        try:
            with app.app_context():
                # Connections of the parent are not this process's to close.
                db.engine.dispose(close=False)
            migrated(app, statement)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def comments_in(app: Flask) -> list[Any]:
    with app.app_context(), db.engine.connect() as conn:
        found = [
            tuple(row) for row in conn.execute(text("SELECT id, body FROM comment ORDER BY id"))
        ]
    with app.app_context():
        db.engine.dispose()
    return found


@pytest.mark.slow
def test_a_migration_that_is_killed_is_finished_by_the_next(
    fresh_cast: Cast, tmp_path: Path
) -> None:
    app = fresh_cast.app
    for n in range(3):
        fresh_cast.publish(f"Number {n}.")
    before = comments_in(app)

    def go_down() -> None:
        with app.app_context():
            go_to(MIGRATIONS, "0001")
            db.engine.dispose()

    go_down()
    statements = migrated(app, None)
    assert statements > KILLS
    for statement in random.Random(19).sample(range(1, statements), KILLS):
        go_down()
        assert kill_a_migration(app, statement) == -signal.SIGKILL
        with app.app_context():
            assert "comments-service init" in (why_not_ready(MIGRATIONS) or ""), statement
            db.engine.dispose()
        migrated(app, None)
        assert comments_in(app) == before, statement
        with app.app_context():
            assert why_not_ready(MIGRATIONS) is None
            assert verify(tmp_path / "nowhere") == []
