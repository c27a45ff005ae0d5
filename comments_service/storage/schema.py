"""The schema: bringing it up to date, and asking whether it is.

Asking is done at every start and by `/readyz`, and needs no Alembic; only what changes a schema
loads it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, current_app
from sqlalchemy import String, column, inspect, select, table
from sqlalchemy.exc import DBAPIError

from comments_service.storage.db import db
from comments_service.storage.models.base import say_to_postgresql

_VERSION: Final = table("alembic_version", column("version_num", String))


def init_migrations(app: Flask, migrations: Path) -> None:
    """Let Alembic know the application's database; with it comes the command `flask db`."""
    from flask_migrate import Migrate  # noqa: PLC0415 - with Alembic, a tenth of a process' start.

    say_to_postgresql()
    Migrate(app, db, directory=str(migrations))


def migrate(migrations: Path) -> None:
    """Bring the database's schema up to this code's; does nothing when it is there."""
    _go_up(migrations, "head")


def _go_up(migrations: Path, revision: str) -> None:
    from flask_migrate import upgrade  # noqa: PLC0415 - see `init_migrations`.

    _know_migrations(migrations)
    upgrade(directory=str(migrations), revision=revision)


def _go_down(migrations: Path, revision: str) -> None:
    from flask_migrate import downgrade  # noqa: PLC0415 - see `init_migrations`.

    _know_migrations(migrations)
    downgrade(directory=str(migrations), revision=revision)


def _know_migrations(migrations: Path) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if "migrate" not in app.extensions:
        init_migrations(app, migrations)


def found_revision() -> str:
    """The revision that the database has; "none" of one without a schema."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table(_VERSION.name):
            return "none"
        heads = connection.execute(select(_VERSION.c.version_num)).scalars().all()
    return " ".join(heads) or "none"


def go_to(migrations: Path, revision: str) -> None:
    """Bring the schema to a revision, up or down; down only where nothing is stored to be lost."""
    found, known = found_revision(), known_revisions(migrations)
    if found == revision:
        return
    if found in known and known.index(found) < known.index(revision):
        _go_down(migrations, revision)
    else:
        _go_up(migrations, revision)


@lru_cache(maxsize=2)
def known_revisions(migrations: Path) -> tuple[str, ...]:
    """Every revision of this code, the newest first.

    They stand in one line, and each file is called by its number: tests/test_migrations.py asks
    Alembic whether it sees the same.
    """
    files = (migrations / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")
    return tuple(sorted((file.name.partition("_")[0] for file in files), reverse=True))


def is_current(migrations: Path) -> bool:
    """Whether the database has exactly this code's schema."""
    try:
        return found_revision() == known_revisions(migrations)[0]
    except DBAPIError:
        return False
