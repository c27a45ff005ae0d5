"""Whether this process could serve: the database answers, has our schema, and knows our keys."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from comments_service.config import Settings
from comments_service.domain.errors import Unavailable
from comments_service.services.known_keys import make_known, own_fingerprints, why_foreign
from comments_service.storage.db import can_be_reached, read
from comments_service.storage.queries.fingerprints import how_it_stands
from comments_service.storage.schema import found_revision, is_current, migrate


def why_not_ready(settings: Settings, migrations: Path) -> str | None:
    """One sentence, or None when all is well."""
    return _look(settings, migrations)[0]


def why_not_startable(settings: Settings, migrations: Path, now: datetime) -> str | None:
    """The same for who is about to serve, and has the database know keys that are new.

    Raises:
        ForeignKeys: somebody who has other keys began at the same time.
    """
    why, known = _look(settings, migrations)
    if why is None and not known.issuperset(own_fingerprints(settings)):
        make_known(settings, now)
    return why


def _look(settings: Settings, migrations: Path) -> tuple[str | None, frozenset[str]]:
    """What is the matter, and the fingerprints that the database knows."""
    why = why_not_migrated(migrations)
    if why is not None:
        return why, frozenset()
    with read() as connection:
        is_unfinished, known = how_it_stands(connection)
    if is_unfinished:
        why = "The database is an unfinished copy: run `comments-service migrate-database`."
        return why, known
    return why_foreign(settings, known), known


def why_not_migrated(migrations: Path) -> str | None:
    """The same, whatever is in the database."""
    if not can_be_reached():
        return "The database cannot be reached."
    if not is_current(migrations):
        return "The database has another schema than this code: run `comments-service init`."
    return None


def is_up_to_date(migrations: Path) -> bool:
    """Whether the database has exactly this code's schema."""
    return is_current(migrations)


def found_schema() -> str:
    """The revision of the database's schema, or "none".

    Raises:
        Unavailable: the database cannot be reached, or is none.
    """
    try:
        return found_revision()
    except DBAPIError as problem:
        raise Unavailable from problem


def bring_up_to_date(migrations: Path) -> None:
    """Give the database this code's schema; does nothing when it has it.

    Raises:
        Unavailable: the database cannot be reached, or is none.
    """
    try:
        with read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except DBAPIError as problem:
        raise Unavailable from problem
    migrate(migrations)
