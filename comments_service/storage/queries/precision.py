"""The stored tallies of what moderators made of each check's findings, summed over days."""

from datetime import date

from sqlalchemy import Connection, func, select

from comments_service.domain.precision import Outcome, Weight
from comments_service.storage.judgements import SCOPE, first_day, read_place
from comments_service.storage.tables import tally

_AFTER_DAY = len("20260131 ") + 1
"""Where the name begins in a tally's `what`; SQL counts from 1."""


def judgement_sums(
    conn: Connection, site_id: int, since: date
) -> list[tuple[str, Weight, Outcome, bool, int]]:
    """Name, weight, outcome, "alone" and number of every sum; a day's rows are some dozens.

    One range of the primary key, however many comments there are.
    """
    what = func.substr(tally.c.what, _AFTER_DAY).label("what")
    rows = conn.execute(
        select(what, func.sum(tally.c.number).label("number"))
        .where(
            tally.c.scope == SCOPE,
            tally.c.owner_id == site_id,
            tally.c.what >= first_day(since),
        )
        .group_by(what)
    )
    return [(*read_place(row.what), int(row.number)) for row in rows if row.number]
