"""The stored counts: moved in the transaction of the change they count, in one order for all.

What is counted where is said in `standing.counted_as`; this file only adds.
"""

from collections import Counter
from functools import cache
from typing import Final, TypeAlias

from sqlalchemy import Connection

from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import tally
from comments_service.storage.upserts import insert_on

Moves: TypeAlias = Counter[tuple[str, int, str]]
"""By how much each stored count will change: scope, owner and what is counted. Where readers see
another thread than before, its published count is here, if only with 0: that notes the change."""
PUBLISHED: Final = "published"
"""The tally of published comments, of a thread and of a site."""


@cache
def _adding(dialect: str) -> Prepared:
    insert = insert_on(dialect, tally)
    return Prepared(
        insert.on_conflict_do_update(
            index_elements=[tally.c.scope, tally.c.owner_id, tally.c.what],
            set_={"number": tally.c.number + insert.excluded.number},
        )
    )


def move_tallies(conn: Connection, moves: Moves) -> None:
    """Change the stored counts, the last thing a transaction does; one statement.

    One order for everybody: two transactions that move the same counts cannot deadlock. And last,
    because everybody who moves the same count waits from here to the commit.
    """
    rows = [
        {"scope": scope, "owner_id": owner, "what": what, "number": number}
        for (scope, owner, what), number in sorted(moves.items())
        if number or (scope, what) == ("thread", PUBLISHED)
    ]
    if rows:
        _adding(conn.dialect.name).each(conn, rows)
