"""What `verify` promises: silence is health, and each kind of damage is found and named."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, insert, select, update

from comments_service.domain.ids import decode_id
from comments_service.storage import tables, write
from tests.cli.conftest import CommandLine, Publisher
from tests.support.clock import Clock

Damage = Callable[[Connection, int, int], object]
"""Gets the ids of a comment and of the only reply to it."""


def test_an_empty_instance_adds_up(instance: object, comments_service: CommandLine) -> None:
    said = comments_service("verify")
    assert (said.status, said.err) == (0, "")
    assert said.out == "All counts equal their threads, and the log is unbroken.\n"


@pytest.fixture
def conversation(publisher: Publisher, clock: Clock) -> tuple[int, int]:
    """A comment and a reply to it, both published, and one beside them that waits."""
    parent = publisher.post("The tide tables were wrong again this week.")
    clock.advance(minutes=5)
    reply = publisher.post("They were printed for the other harbour.", parent_id=parent["id"])
    clock.advance(minutes=5)
    assert publisher.post("Mine as well, you idiot.")["status"] == "pending"
    first, second = decode_id(parent["id"]), decode_id(reply["id"])
    assert first is not None
    assert second is not None
    return first, second


def test_a_conversation_adds_up(
    conversation: tuple[int, int], comments_service: CommandLine
) -> None:
    assert comments_service("verify").status == 0


def raised_count(scope: str, what: str) -> Damage:
    tally = tables.tally
    place = (tally.c.scope == scope) & (tally.c.what == what)
    return lambda conn, _parent, _reply: conn.execute(
        update(tally).where(place).values(number=tally.c.number + 1)
    )


def lost_count(conn: Connection, _parent: int, _reply: int) -> None:
    tally = tables.tally
    conn.execute(delete(tally).where(tally.c.scope == "thread", tally.c.what == "published"))


def count_of_nobody(conn: Connection, _parent: int, _reply: int) -> None:
    values = {"scope": "thread", "owner_id": 5, "what": "published", "number": 3}
    conn.execute(insert(tables.tally).values(values))


def set_comment(**columns: object) -> Damage:
    comment = tables.comment
    return lambda conn, parent, _reply: conn.execute(
        update(comment).where(comment.c.id == parent).values(**columns)
    )


def lost_entry(conn: Connection, parent: int, _reply: int) -> None:
    conn.execute(delete(tables.log).where(tables.log.c.comment_id == parent))


def changed_entry(conn: Connection, parent: int, _reply: int) -> None:
    mine = tables.log.c.comment_id == parent
    conn.execute(update(tables.log).where(mine).values(new_status="rejected"))


def skipped_version(conn: Connection, parent: int, _reply: int) -> None:
    mine = tables.log.c.comment_id == parent
    conn.execute(update(tables.log).where(mine).values(version=2))


def doubled_entry(conn: Connection, parent: int, _reply: int) -> None:
    log = tables.log
    entry = conn.execute(select(log).where(log.c.comment_id == parent)).one()
    later = entry.at + timedelta(seconds=1)
    conn.execute(insert(log).values({**entry._mapping, "id": entry.id + 1, "at": later}))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            raised_count("thread", "published"),
            "the stored published count is 3, the comments say 2",
        ),
        (raised_count("thread", "pending"), "the stored pending count is 2, the comments say 1"),
        (raised_count("site", "pending"), "the stored pending count is 2, the comments say 1"),
        (lost_count, "the stored published count is 0, the comments say 2"),
        (count_of_nobody, "the stored published count is 3, the comments say 0"),
        (set_comment(status="rejected"), "the stored published count is 2, the comments say 1"),
        (set_comment(reply_count=2), "its replies or its visibility do not add up"),
        (set_comment(shown_replies=0), "its replies or its visibility do not add up"),
        (set_comment(shown=False), "its replies or its visibility do not add up"),
        (set_comment(version=2), "stands at approved, which its log does not say"),
        (lost_entry, "stands at approved, which its log does not say"),
        (changed_entry, "stands at approved, which its log does not say"),
        (skipped_version, "the log breaks at version 2"),
        (doubled_entry, "the log breaks at version 1"),
    ],
)
def test_damage_is_found_and_named(
    damage: Damage,
    told: str,
    conversation: tuple[int, int],
    service: Flask,
    comments_service: CommandLine,
) -> None:
    with service.app_context():
        write(lambda conn: damage(conn, *conversation))
    said = comments_service("verify")
    assert said.status == 1
    assert any(told in found for found in said.lines), said.out
    assert said.err == f"{len(said.lines)} found.\n"
