"""Whether what is stored still adds up: counts, visibility, the log."""

from itertools import chain

from comments_service.storage import read
from comments_service.storage.queries.upkeep import breaks_in_log, wrong_tallies, wrong_visibility


def verify() -> list[str]:
    """One sentence for each thing that does not add up; empty when all is well."""
    with read() as conn:
        return list(chain(wrong_tallies(conn), wrong_visibility(conn), breaks_in_log(conn)))
