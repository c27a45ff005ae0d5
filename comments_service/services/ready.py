"""Whether this process could serve: the database answers and has this code's schema."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from comments_service.domain.errors import Unavailable
from comments_service.storage.db import can_be_reached, read
from comments_service.storage.schema import is_current, migrate


def why_not_ready(migrations: Path) -> str | None:
    """One sentence, or None when all is well."""
    if not can_be_reached():
        return "The database cannot be reached."
    if not is_current(migrations):
        return "The database has another schema than this code: run `comments-service init`."
    return None


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
