"""What a person may ask for who once wrote a comment: that all they wrote here is erased."""

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from comments_service.domain.errors import NotFound
from comments_service.domain.ids import decode_id
from comments_service.storage import read, write
from comments_service.storage.erasing import erase_text
from comments_service.storage.queries.commenters import comments_with, forget_commenter
from comments_service.storage.standing import Actor, load_placed


def erase_commenter(comment_id: str, actor: Actor, now: datetime) -> int:
    """Erase whoever wrote a comment: every comment of theirs on its site; how many there were.

    Text, name, e-mail address and verdicts go for good, and the log keeps only that there was a
    comment and what was decided on it when, by whom. Replies of others stay, under a tombstone.
    A comment without a commenter's key is erased alone.

    Raises:
        NotFound: no such comment.
    """
    number = decode_id(comment_id)
    with read() as conn:
        ids, commenter_id = comments_with(conn, number) if number is not None else ([], None)
    if not ids:
        raise NotFound("comment")
    # Each in a transaction of its own, so that writers come between; to be repeated if it is cut.
    for one in ids:
        write(partial(_erase, comment_id=one, actor=actor, now=now))
    if commenter_id is not None:
        write(lambda conn: forget_commenter(conn, commenter_id))
    return len(ids)


def _erase(conn: Connection, comment_id: int, actor: Actor, now: datetime) -> None:
    placed = load_placed(conn, comment_id)
    if placed is not None:
        erase_text(conn, placed, actor, now)
