"""The schema: bringing it up to date, and asking whether it is."""

from functools import lru_cache
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy.exc import DBAPIError

from comments_service.storage.db import db


def migrate(migrations: Path) -> None:
    """Bring the database's schema up to this code's; does nothing when it is there."""
    upgrade(directory=str(migrations))


def found_revision() -> str:
    """The revision that the database has; "none" of one without a schema."""
    with db.engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    return " ".join(heads) or "none"


def go_to(migrations: Path, revision: str) -> None:
    """Bring the schema to a revision, up or down; down only where nothing is stored to be lost."""
    found, known = found_revision(), known_revisions(migrations)
    if found == revision:
        return
    if found in known and known.index(found) < known.index(revision):
        downgrade(directory=str(migrations), revision=revision)
    else:
        upgrade(directory=str(migrations), revision=revision)


def known_revisions(migrations: Path) -> list[str]:
    """Every revision of this code, the newest first."""
    return [r.revision for r in ScriptDirectory(str(migrations)).walk_revisions()]


def is_current(migrations: Path) -> bool:
    """Whether the database has exactly this code's schema."""
    try:
        with db.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_heads()
    except DBAPIError:
        return False
    return set(found) == _heads(migrations)


@lru_cache(maxsize=2)
def _heads(migrations: Path) -> set[str]:
    return set(ScriptDirectory(str(migrations)).get_heads())
