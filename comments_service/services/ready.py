"""Whether this process could serve: the database answers and has this code's schema."""

from pathlib import Path

from comments_service.storage.db import can_be_reached
from comments_service.storage.schema import is_current


def why_not_ready(migrations: Path) -> str | None:
    """One sentence, or None when all is well."""
    if not can_be_reached():
        return "The database cannot be reached."
    if not is_current(migrations):
        return "The database has another schema than this code: run `comments-service init`."
    return None
