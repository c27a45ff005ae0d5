"""The flood breaker: where very many write at once, everything waits until it is quiet again.

What counts is from how many addresses comments came to one thread within five minutes. It is asked
last in a post's transaction, when all posts to the thread take turns, so that over all processes
and machines no comment is published after the one with which a flood began.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from comments_service.domain.errors import Raced
from comments_service.services.views import SiteRow
from comments_service.storage import read
from comments_service.storage.queries.context import Context
from comments_service.storage.queries.floods import (
    FloodRow,
    floods_of,
    look_at,
    put_flood,
    take_ended,
)
from comments_service.storage.standing import Actor, Entry, write_entry

QUIET: Final = timedelta(minutes=30)
"""How long everything waits after the last comment at which there were still too many."""
ON_THEIR_WAY: Final = 48
"""Posts that may be read and not yet stored: three machines', of two workers with eight threads."""
BREAKER: Final = Actor("policy", "flood breaker")


def watch(conn: Connection, context: Context, thread_id: int, now: datetime) -> None:
    """Begin or go on with a flood on a thread, where there is one, after a comment was stored.

    Raises:
        Raced: one began while this comment was being decided on: decide anew.
    """
    most = context.site.policy.flood_addresses
    # Far from a flood nobody asks twice: even with all that are on their way there is none.
    if not most or context.addresses_lately + ON_THEIR_WAY < most:
        return
    number, until = look_at(conn, thread_id, now)
    lasts = until is not None and until > now
    if lasts and not context.is_flooded:
        raise Raced
    if number >= most:
        put_flood(conn, thread_id, context.site.id, now, now + QUIET)
        if not lasts:
            _note_down(conn, context.site.id, thread_id, "flood", now)


def end_floods(conn: Connection, now: datetime) -> int:
    """Note down in the log which floods are over; how many they were."""
    ended = take_ended(conn, now)
    for thread_id, site_id in ended:
        _note_down(conn, site_id, thread_id, "flood_over", now)
    return len(ended)


def _note_down(conn: Connection, site_id: int, thread_id: int, action: str, now: datetime) -> None:
    place = dict.fromkeys(("comment_id", "old_status", "new_status", "version"))
    write_entry(conn, Entry(BREAKER, action, now), site_id=site_id, thread_id=thread_id, **place)


def read_floods(site: SiteRow, now: datetime) -> Sequence[FloodRow]:
    """The pages on which everything waits because of a flood, of a site out of `sites_of`.

    Where there is none, nothing is asked.
    """
    if site.flooded_until is None or site.flooded_until <= now:
        return ()
    with read() as conn:
        return floods_of(conn, site.id, now)
