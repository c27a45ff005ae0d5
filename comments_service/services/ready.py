"""Whether this process could serve: the database answers and has this code's schema."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from comments_service.domain.errors import Unavailable
from comments_service.storage.db import can_be_reached, read
from comments_service.storage.queries.upkeep import UNFINISHED_COPY, find_lease
from comments_service.storage.schema import found_revision, is_current, migrate


def why_not_ready(migrations: Path) -> str | None:
    """One sentence, or None when all is well."""
    if not can_be_reached():
        return "The database cannot be reached."
    if not is_current(migrations):
        return "The database has another schema than this code: run `comments-service init`."
    with read() as connection:
        if find_lease(connection, UNFINISHED_COPY) is not None:
            return "The database is an unfinished copy: run `comments-service migrate-database`."
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
