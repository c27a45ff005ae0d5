"""What the log is sealed with: hashes over plain values, the same on every machine and for ever.

An entry commits to what was said in it and to the comment's text by salted hashes: who erases the
text with the salt leaves hashes that tell nothing and can be guessed from nothing, and a chain that
still holds. Each seal covers the entry and the seal before it, so no entry can be changed, removed,
moved or slipped in without every later seal changing. Pure: nothing here reads a database.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec

START: Final = ""
"""What the first seal of a chain follows."""
SALT_BYTES: Final = 16
"""128 bits: a text of one word cannot be found by trying words."""
TEXT: Final = ("author_name", "body", "body_html", "edit_body", "edit_body_html")
"""The columns of a comment that are its text, in the order they are hashed."""
SEALED: Final = (
    "id",
    "site_id",
    "thread_id",
    "comment_id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "old_status",
    "new_status",
    "version",
    "reason",
    "undoes",
    "said_hash",
    "text_hash",
)
"""The columns of an entry that its seal covers as they are; note and detail through `said_hash`.

A new column of the log is added to a new list with a new tag, never to this one: old seals stay.
"""


def new_salt() -> str:
    """22 characters that nobody can guess."""
    return secrets.token_urlsafe(SALT_BYTES)


def hash_said(salt: str, note: str | None, detail: str | None) -> str:
    """What commits an entry to its note and its detail; 64 hexadecimal digits."""
    return _hash("said", salt, note, detail)


def hash_text(salt: str, text: Mapping[str, str | None]) -> str:
    """What commits an entry to the text its comment then had; `text` has the members of `TEXT`."""
    return _hash("text", salt, *(text[name] for name in TEXT))


def seal_entry(before: str, number: int, entry: Mapping[str, Any]) -> str:
    """The seal of the entry that comes at `number`, counted from 1, after the seal `before`.

    `entry` has the members of `SEALED`, its time in whole milliseconds.
    """
    return _hash("seal-1", before, number, *(entry[name] for name in SEALED))


def _hash(*parts: str | int | None) -> str:
    # JSON keeps the parts apart: nothing can be moved from the end of one to the start of the next.
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
