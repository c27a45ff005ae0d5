"""Promise 20: the log shows tampering. Of 100 manipulations, seeded, all are found.

Whoever has the database may do anything to it, consistently too: recompute hashes, seals and heads.
They do not have the instance folder, in which the job runner noted where each chain ended.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from comments_service.domain.seal import TEXT, hash_said, hash_text
from comments_service.services.seal import read_witness, seal_log
from comments_service.services.verify import faults_in
from comments_service.storage.db import db
from comments_service.storage.queries.chain import Head, seal_after
from comments_service.storage.tables import chain, comment, log
from tests.cast import OTHER_PAGE, PAGE, Cast

MANIPULATIONS: Final = 100
EXPOSED: Final = ("thread_id", "at", "actor_id", "actor_name", "action", "new_status", "version")
Manipulation = Callable[[Connection, random.Random], object]


def entries(conn: Connection, site_id: int | None = None) -> Sequence[Any]:
    """The sealed entries in the order of the chain, of a site chosen by the first entry."""
    found = select(log).where(log.c.number.is_not(None)).order_by(log.c.number)
    rows = conn.execute(found).all()
    site_id = site_id or max({r.site_id for r in rows}, key=[r.site_id for r in rows].count)
    return [row for row in rows if row.site_id == site_id]


def another(value: Any, dice: random.Random) -> Any:
    """A value of the same kind that is not this one."""
    match value:
        case int():
            return value + dice.choice((-1, 1, 1_000))
        case str():
            return value[:-1] + ("!" if value[-1:] != "!" else "?")
        case None:
            return None
    return value.replace(year=value.year - 1)


def change(conn: Connection, entry: Any, **columns: Any) -> None:
    conn.execute(update(log).where(log.c.id == entry.id).values(columns))


def edit(conn: Connection, dice: random.Random) -> None:
    """Any column of any entry."""
    entry = dice.choice(entries(conn))
    names = [n for n in EXPOSED if getattr(entry, n) is not None]
    name = dice.choice(names)
    change(conn, entry, **{name: another(getattr(entry, name), dice)})


def edit_what_was_said(conn: Connection, dice: random.Random) -> None:
    entry = dice.choice([e for e in entries(conn) if e.note or e.detail])
    name = "note" if entry.note else "detail"
    change(conn, entry, **{name: another(getattr(entry, name), dice)})


def add_a_note_with_its_hash(conn: Connection, dice: random.Random) -> None:
    entry = dice.choice(entries(conn))
    note = "What she never wrote."
    change(conn, entry, note=note, said_hash=hash_said(entry.salt, note, entry.detail))


def edit_with_its_own_seal(conn: Connection, dice: random.Random) -> None:
    """An entry that is sealed anew, among neighbours that are not."""
    found = entries(conn)
    at = dice.randrange(1, len(found) - 1)
    forged = found[at]._asdict() | {"actor_name": "somebody else"}
    seal = seal_after(Head(found[at - 1].number, found[at - 1].seal), forged)
    change(conn, found[at], actor_name="somebody else", seal=seal)


def edit_text(conn: Connection, dice: random.Random) -> None:
    row = dice.choice(conn.execute(select(comment)).all())
    name = dice.choice([n for n in TEXT if getattr(row, n)])
    changed = {name: another(getattr(row, name), dice)}
    conn.execute(update(comment).where(comment.c.id == row.id).values(changed))


def edit_text_with_its_hash(conn: Connection, dice: random.Random) -> None:
    row = dice.choice(conn.execute(select(comment)).all())
    changed = {"body": "I never said that.", "body_html": "<p>I never said that.</p>"}
    conn.execute(update(comment).where(comment.c.id == row.id).values(changed))
    salt = conn.scalar(
        select(log.c.salt).where(log.c.comment_id == row.id, log.c.version == row.version)
    )
    assert salt is not None
    forged = hash_text(salt, row._asdict() | changed)
    mine = (log.c.comment_id == row.id) & (log.c.version == row.version)
    conn.execute(update(log).where(mine).values(text_hash=forged))


def pretend_an_erasure(conn: Connection, dice: random.Random) -> None:
    change(conn, dice.choice(entries(conn)), salt=None, note=None, detail=None)


def remove(conn: Connection, dice: random.Random) -> None:
    undone = {e.undoes for e in entries(conn)}
    entry = dice.choice([e for e in entries(conn)[:-1] if e.id not in undone])
    conn.execute(delete(log).where(log.c.id == entry.id))


def remove_a_comment_with_its_log(conn: Connection, dice: random.Random) -> None:
    leaves = select(comment.c.id).where(
        comment.c.id.not_in(select(comment.c.parent_id).where(comment.c.parent_id.is_not(None)))
    )
    one = dice.choice(conn.scalars(leaves).all())
    conn.execute(update(log).where(log.c.comment_id == one).values(undoes=None))
    conn.execute(delete(log).where(log.c.comment_id == one))
    conn.execute(delete(comment).where(comment.c.id == one))


def swap_places(conn: Connection, dice: random.Random) -> None:
    """Two entries change places, with their seals or without."""
    first, second = dice.sample(entries(conn), 2)
    with_seal = dice.random() < 0.5
    change(conn, first, number=10_000)
    change(conn, second, number=first.number, seal=first.seal if with_seal else second.seal)
    change(conn, first, number=second.number, seal=second.seal if with_seal else first.seal)


def swap_times(conn: Connection, dice: random.Random) -> None:
    first, second = dice.sample(entries(conn), 2)
    change(conn, first, at=second.at)
    change(conn, second, at=first.at)


def truncate(conn: Connection, dice: random.Random) -> None:
    """The last entries go, and the head is moved back as if they had never been."""
    found = entries(conn)
    keep = dice.randrange(1, len(found) - 1)
    gone = [e.id for e in found[keep:]]
    conn.execute(update(log).where(log.c.id.in_(gone)).values(undoes=None))
    conn.execute(delete(log).where(log.c.id.in_(gone)))
    move_head(conn, found[keep - 1])


def move_head(conn: Connection, entry: Any) -> None:
    mine = chain.c.site_id == entry.site_id
    conn.execute(update(chain).where(mine).values(number=entry.number, seal=entry.seal))


def unseal(conn: Connection, dice: random.Random) -> None:
    """The last seals go, so that their entries look as if they were waiting."""
    found = entries(conn)
    keep = dice.randrange(1, len(found) - 1)
    gone = [e.id for e in found[keep:]]
    conn.execute(update(log).where(log.c.id.in_(gone)).values(number=None, seal=None))
    move_head(conn, found[keep - 1])


def seal_all_anew(conn: Connection, site_id: int) -> None:
    """What somebody does who knows how: every seal of the site, and its head."""
    head = Head()
    for entry in entries(conn, site_id):
        head = Head(head.number + 1, seal_after(head, entry._asdict()))
        change(conn, entry, number=head.number, seal=head.seal)
    mine = chain.c.site_id == site_id
    conn.execute(update(chain).where(mine).values(number=head.number, seal=head.seal))


def edit_and_seal_all_anew(conn: Connection, dice: random.Random) -> None:
    entry = dice.choice(entries(conn))
    change(conn, entry, actor_name="somebody else")
    seal_all_anew(conn, entry.site_id)


def remove_and_seal_all_anew(conn: Connection, dice: random.Random) -> None:
    site_id = entries(conn)[0].site_id
    remove(conn, dice)
    seal_all_anew(conn, site_id)


def insert_and_seal_all_anew(conn: Connection, dice: random.Random) -> None:
    """An entry slipped in before another: at the end it would be an entry like any."""
    entry = dice.choice(entries(conn))
    here = (log.c.site_id == entry.site_id) & log.c.number.is_not(None)
    conn.execute(update(log).where(here).values(number=log.c.number * 2 + 10_000))
    forged = {**entry._asdict(), "id": entry.id + 1, "undoes": None, "comment_id": None}
    before = {"number": entry.number * 2 + 9_999, "text_hash": None, "version": None}
    conn.execute(insert(log).values(forged | before))
    seal_all_anew(conn, entry.site_id)


def drop_the_chain(conn: Connection, _dice: random.Random) -> None:
    conn.execute(update(log).values(number=None, seal=None))
    conn.execute(delete(chain))


KINDS: Final[Sequence[Manipulation]] = (
    edit,
    edit_what_was_said,
    add_a_note_with_its_hash,
    edit_with_its_own_seal,
    edit_text,
    edit_text_with_its_hash,
    pretend_an_erasure,
    remove,
    remove_a_comment_with_its_log,
    swap_places,
    swap_times,
    truncate,
    unseal,
    edit_and_seal_all_anew,
    remove_and_seal_all_anew,
    insert_and_seal_all_anew,
    drop_the_chain,
)


def converse(cast: Cast) -> None:
    """Comments, replies, edits, decisions with notes, an undo, on two pages."""
    for n in range(8):
        first = cast.publish(f"The tide came in early, day {n}.", PAGE if n % 2 else OTHER_PAGE)
        reply = cast.bob.says(
            f"It did, on day {n}.", PAGE if n % 2 else OTHER_PAGE, parent_id=first
        )
        cast.decide(reply, "reject", reason="irrelevant", note=f"Seen before, {n}.")
    undone = cast.decide(cast.bob.says("One more."), "spam")
    assert cast.alice.undo(undone["decision_id"]).status_code == 200
    edited = cast.bob.says("A word to chnage.")
    path = f"/api/v1/comments/{edited}"
    assert cast.bob.call("PATCH", path, json={"body": "A word to change."}).status_code == 200


def test_promise_20_the_log_shows_tampering(fresh_cast: Cast) -> None:
    converse(fresh_cast)
    home = fresh_cast.app.config["COMMENTS"].home
    dice = random.Random(20)
    with fresh_cast.app.app_context():
        seal_log(home, fresh_cast.clock.now)
        noted = read_witness(home)
        missed = []
        for turn in range(MANIPULATIONS):
            manipulate = KINDS[turn % len(KINDS)]
            with db.engine.connect() as conn:
                assert turn or list(faults_in(conn, noted)) == []
                manipulate(conn, dice)
                if not list(faults_in(conn, noted)):
                    missed.append((turn, manipulate.__name__))
                conn.rollback()
        assert missed == []
    assert fresh_cast.broken() == []


@pytest.mark.parametrize("what", ["cut short", "not JSON"])
def test_promise_20_a_damaged_heads_file_is_found(what: str, fresh_cast: Cast) -> None:
    converse(fresh_cast)
    home = fresh_cast.app.config["COMMENTS"].home
    with fresh_cast.app.app_context():
        seal_log(home, fresh_cast.clock.now)
    file = home / "log_heads.json"
    file.write_bytes(file.read_bytes()[:40] if what == "cut short" else b"\xff")
    assert "cannot be read" in fresh_cast.broken()[0]
