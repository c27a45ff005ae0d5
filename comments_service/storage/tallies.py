"""The stored counts: moved in the transaction of the change they count, in one order for all.

What is counted where is said in `standing.counted_as`; this file only adds.
"""

from collections import Counter
from functools import cache
from typing import Final, TypeAlias

from sqlalchemy import Connection, bindparam

from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import tally
from comments_service.storage.upserts import insert_on

Moves: TypeAlias = Counter[tuple[str, int, str]]
"""By how much each stored count will change: scope, owner and what is counted. Where readers see
another thread than before, its published count is here, if only with 0: that notes the change."""
TOGETHER: Final = 16
"""Counts that one statement moves at most; a post moves six or so, a decision a few more."""
PUBLISHED: Final = "published"
"""The tally of published comments, of a thread and of a site."""


@cache
def _adding(dialect: str, counts: int) -> Prepared:
    """Of so many counts, each value named by its column and which of them it is of."""
    rows = [
        {c.name: bindparam(f"{c.name}_{n}", type_=c.type) for c in tally.c} for n in range(counts)
    ]
    insert = insert_on(dialect, tally).values(rows)
    return Prepared(
        insert.on_conflict_do_update(
            index_elements=[tally.c.scope, tally.c.owner_id, tally.c.what],
            set_={"number": tally.c.number + insert.excluded.number},
        )
    )


def move_tallies(conn: Connection, moves: Moves) -> None:
    """Change the stored counts, the last thing a transaction does; mostly in one statement.

    One order for everybody: two transactions that move the same counts cannot deadlock. And last,
    because everybody who moves the same count waits from here to the commit.
    """
    rows = [
        {"scope": scope, "owner_id": owner, "what": what, "number": number}
        for (scope, owner, what), number in sorted(moves.items())
        if number or (scope, what) == ("thread", PUBLISHED)
    ]
    for first in range(0, len(rows), TOGETHER):
        some = rows[first : first + TOGETHER]
        values = {f"{name}_{n}": row[name] for n, row in enumerate(some) for name in row}
        _adding(conn.dialect.name, len(some)).rows(conn, values)
