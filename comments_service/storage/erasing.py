"""Erasing what a person wrote, for good, without breaking the log's chain."""

from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection, update

from comments_service.storage.standing import (
    Actor,
    Entry,
    Placed,
    set_standing,
    without_edit,
)
from comments_service.storage.tables import log, verdict

ERASED: Final = "erase"
"""The action of the entry that says why a comment's text and its entries' salts are gone."""
_WITHOUT_TEXT: Final[dict[str, Any]] = {
    **dict.fromkeys(("author_name", "author_key", "body", "body_html", "fingerprint"), ""),
    **dict.fromkeys(("email", "edit_body", "edit_body_html", "before_edit", "address_hash")),
    **dict.fromkeys(("network_hash", "address_key", "idempotency_key", "request_hash")),
}


def erase_text(conn: Connection, placed: Placed, actor: Actor, now: datetime) -> None:
    """Delete a comment for good: its text and its author, and what its log repeats of them.

    The entries stay, with who decided what and when. Without their salts the hashes in them tell
    nothing, and the chain over them holds.
    """
    conn.execute(
        update(log).where(log.c.comment_id == placed.id).values(salt=None, note=None, detail=None)
    )
    mine = verdict.c.comment_id == placed.id
    conn.execute(update(verdict).where(mine).values(message="", spans="[]"))
    after, columns = without_edit(placed)
    if after.deleted_at is None:
        after = replace(after, deleted_at=now)
    set_standing(conn, placed, after, Entry(actor, ERASED, now), columns | _WITHOUT_TEXT)
