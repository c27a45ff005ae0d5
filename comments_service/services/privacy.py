"""What a person may ask for who once wrote a comment: all that is kept of them, or its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from comments_service.domain.errors import NotFound
from comments_service.domain.ids import decode_id, encode_id, id_at
from comments_service.services.lessons import forget_words
from comments_service.services.names import name_skeleton
from comments_service.storage import read, write
from comments_service.storage.cleaning import clean_files
from comments_service.storage.erasing import erase_text
from comments_service.storage.queries.bans import bans_on, forget_bans_on
from comments_service.storage.queries.commenters import comments_with, forget_commenter, names_on
from comments_service.storage.queries.every_site import list_sites
from comments_service.storage.queries.personal import entries_of, kept_of, verdicts_of
from comments_service.storage.queries.upkeep import FORGOTTEN_AT_ONCE, forgettable
from comments_service.storage.standing import Actor, load_placed


def erase_commenter(comment_id: str, actor: Actor, now: datetime) -> int:
    """Erase whoever wrote a comment: every comment of theirs on its site; how many there were.

    Text, name, e-mail address and verdicts go for good, and the log keeps only that there was a
    comment and what was decided on it when, by whom. Replies of others stay, under a tombstone.
    A comment without a commenter's key is erased alone. Bans on them go, too. What the database's
    files still hold of it, `clean_files` ends.

    Raises:
        NotFound: no such comment.
    """
    number = decode_id(comment_id)
    ids, commenter_id, subjects = _theirs(number) if number is not None else ([], None, [])
    if not ids:
        raise NotFound("comment")
    if commenter_id is not None:
        # First: from now on nothing more is theirs, but what is being stored at this moment.
        write(lambda conn: forget_commenter(conn, commenter_id))
    erased: set[int] = set()
    while left := [one for one in ids if one not in erased]:
        _erase_all_of(left, subjects, actor, now)
        erased.update(left)
        ids, _, subjects = _theirs(ids[0])
    return len(erased)


def _theirs(comment_id: int) -> tuple[list[int], int | None, list[str]]:
    """All comments by whoever wrote this one, who that is, and what bans on them are on."""
    with read() as conn:
        ids, commenter_id = comments_with(conn, comment_id)
        return ids, commenter_id, _subjects(conn, ids, commenter_id)


def _erase_all_of(ids: Sequence[int], subjects: list[str], actor: Actor, now: datetime) -> None:
    def forget_bans() -> None:
        write(lambda conn: forget_bans_on(conn, subjects, ids))

    # Now, for if this is cut, the names that bans are on are not known any more.
    forget_bans()
    # Each in a transaction of its own, so that writers come between; to be repeated if it is cut.
    for one in ids:
        write(partial(_erase, comment_id=one, actor=actor, now=now))
    # Until then a moderator may have marked one as spam, or banned its author.
    write(lambda conn: forget_words(conn, ids, now))
    forget_bans()


def _subjects(conn: Connection, ids: Sequence[int], commenter_id: int | None) -> list[str]:
    """What bans on whoever wrote these comments are on, as far as that is known."""
    names = [f"name:{name_skeleton(name)}" for name in names_on(conn, ids) if name]
    return names if commenter_id is None else [*names, f"commenter:{commenter_id}"]


def _erase(conn: Connection, comment_id: int, actor: Actor, now: datetime) -> None:
    placed = load_placed(conn, comment_id)
    if placed is not None:
        erase_text(conn, placed, actor, now)


RETENTION: Final = Actor("system", "retention")


def forget_texts(now: datetime) -> int:
    """Erase the texts that sites do not want to keep any longer; how many they were.

    A hundred to a transaction, so that writers come between.
    """
    with read() as conn:
        keeping = {site.id: site.policy.forget_days for site in list_sites(conn)}
    return sum(_forget(site_id, days, now) for site_id, days in keeping.items() if days)


def _forget(site_id: int, days: int, now: datetime) -> int:
    oldest = id_at(now - timedelta(days=days))
    total = 0
    while True:
        with read() as conn:
            ids = forgettable(conn, site_id, oldest)
        write(partial(_erase_all, ids=ids, now=now))
        total += len(ids)
        if len(ids) < FORGOTTEN_AT_ONCE:
            return total


def _erase_all(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    for comment_id in ids:
        placed = load_placed(conn, comment_id)
        # Somebody may have approved it meanwhile.
        if placed is not None and placed.standing.queue in ("rejected", "spam", "deleted"):
            erase_text(conn, placed, RETENTION, now)


def export_commenter(comment_id: str) -> dict[str, Any]:
    """All that is kept of whoever wrote a comment, on its site, as JSON can say it.

    Comments in the order they were written, each with what checks found and what was done with it.
    Who moderated is not in it: that is another person's.

    Raises:
        NotFound: no such comment.
    """
    number = decode_id(comment_id)
    with read() as conn:
        ids, commenter_id = comments_with(conn, number) if number is not None else ([], None)
        if not ids:
            raise NotFound("comment")
        verdicts, entries = verdicts_of(conn, ids), entries_of(conn, ids)
        bans = bans_on(conn, _subjects(conn, ids, commenter_id), ids)
        comments = [
            _told(row) | {"found": verdicts.get(row["id"], []), "log": entries.get(row["id"], [])}
            for row in kept_of(conn, ids)
        ]
    return {
        "site": comments[0]["site"],
        "recognised_by_key": commenter_id is not None,
        "comments": comments,
        "bans": [{name: getattr(row, name) for name in _OF_BAN} for row in bans],
    }


_OF_BAN: Final = ("kind", "name", "reason", "note", "made_at", "ends_at")
"""What a person is told of a ban on them; not by whom, who is another person."""


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A comment's columns; ids as the service writes them, and hashes only as being there."""
    told = dict(row) | {"id": encode_id(row["id"])}
    told["parent_id"] = encode_id(row["parent_id"]) if row["parent_id"] is not None else None
    told["address_hash_is_kept"] = told.pop("address_hash") is not None
    return told


def as_json(exported: Mapping[str, Any]) -> str:
    """An export as a text that people can read, too."""
    return msgspec.json.format(msgspec.json.encode(exported), indent=2).decode()


__all__: Sequence[str] = (
    "as_json",
    "clean_files",
    "erase_commenter",
    "export_commenter",
    "forget_texts",
)
