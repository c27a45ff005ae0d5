"""Sealing: in the order of its coming, without a writer waiting, and what erasing leaves of it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from comments_service.domain.ids import encode_id
from comments_service.services import seal
from comments_service.services.privacy import erase_commenter
from comments_service.services.seal import HEADS_FILE, read_witness, seal_log
from comments_service.services.sites import SYSTEM, show_site
from comments_service.storage import write
from comments_service.storage.db import db
from comments_service.storage.queries.chain import add_sealing, adopt_entries, next_sealings
from comments_service.storage.standing import Actor, Entry, write_entry
from comments_service.storage.tables import chain, log
from tests.cast import Cast

EARLIER = timedelta(minutes=5)


def sealed(cast: Cast) -> dict[int, Any]:
    """Seal what waits; the ends that moved."""
    with cast.app.app_context():
        return seal_log(cast.app.config["COMMENTS"].home, cast.clock.now)


def numbers(cast: Cast, site: str = "gazette") -> list[int | None]:
    """The places of a site's entries, by the time at which they say they were written."""
    with cast.app.app_context(), db.engine.connect() as conn:
        here = select(log.c.number).where(log.c.site_id == show_site(site).id)
        return list(conn.scalars(here.order_by(log.c.id)))


def write_late(cast: Cast, conn: Any) -> None:
    """An entry whose id is older than all of today's."""
    site_id = conn.scalar(text("SELECT id FROM site WHERE slug = 'gazette'"))
    entry = Entry(Actor("system", "late"), "site_settings", cast.clock.now - EARLIER)
    place = dict.fromkeys(("thread_id", "comment_id", "old_status", "new_status", "version"))
    write_entry(conn, entry, site_id=site_id, **place)


def test_entries_are_numbered_as_they_come_site_by_site(fresh_cast: Cast) -> None:
    fresh_cast.publish("One.")
    assert len(sealed(fresh_cast)) == 2, "the herald was made, too"
    fresh_cast.publish("Two.")
    assert len(sealed(fresh_cast)) == 1
    assert sealed(fresh_cast) == {}
    assert numbers(fresh_cast) == [1, 2, 3, 4, 5]
    assert numbers(fresh_cast, "herald") == [1]
    assert fresh_cast.broken() == []


def test_more_than_a_batch_is_sealed_at_once(
    fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comments_service.storage.queries.chain.BATCH", 3)
    for n in range(4):
        fresh_cast.publish(f"Number {n}.")
    sealed(fresh_cast)
    assert numbers(fresh_cast) == list(range(1, 10))
    assert fresh_cast.broken() == []


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_who_commits_late_comes_after_the_head(fresh_cast: Cast) -> None:
    """On PostgreSQL: a transaction began, wrote, and others committed and were sealed before it."""
    fresh_cast.publish("One.")
    with fresh_cast.app.app_context(), db.engine.connect() as slow:
        write_late(fresh_cast, slow)
        sealed(fresh_cast)
        slow.commit()
    assert numbers(fresh_cast) == [None, 1, 2, 3]
    assert fresh_cast.broken() == [], "what waits for its seal is no fault"
    sealed(fresh_cast)
    assert numbers(fresh_cast) == [4, 1, 2, 3]
    assert fresh_cast.broken() == []


def test_an_old_id_among_new_ones_is_none_the_worse(fresh_cast: Cast) -> None:
    sealed(fresh_cast)
    with fresh_cast.app.app_context():
        write(lambda conn: write_late(fresh_cast, conn))
    sealed(fresh_cast)
    assert numbers(fresh_cast) == [2, 1]
    assert fresh_cast.broken() == []


def test_of_two_who_seal_at_once_one_does(fresh_cast: Cast) -> None:
    fresh_cast.publish("One.")
    with fresh_cast.app.app_context():
        with db.engine.connect() as conn:
            plans = next_sealings(conn)
        sealed(fresh_cast)
        fresh_cast.publish("Two.")
        with db.engine.connect() as conn:
            late = next_sealings(conn)
        fresh_cast.publish("Three.")
        sealed(fresh_cast)
        assert not any(seal._written(plan, fresh_cast.clock.now) for plan in plans), "begun twice"
        assert not any(
            write(lambda conn, plan=plan: add_sealing(conn, plan, fresh_cast.clock.now))  # type: ignore[misc]  # mypy infers no lambda with a default.
            for plan in late
        ), "moved on"
    assert numbers(fresh_cast) == list(range(1, 8))
    assert fresh_cast.broken() == []


def test_the_heads_file_tells_where_the_chains_end(fresh_cast: Cast) -> None:
    fresh_cast.publish("One.")
    moved = sealed(fresh_cast)
    home = fresh_cast.app.config["COMMENTS"].home
    said = json.loads((home / HEADS_FILE).read_text())
    assert {site: (at["number"], at["seal"]) for site, at in said.items()} == {
        encode_id(site): (head.number, head.seal) for site, head in moved.items()
    }


def test_the_sealing_writes_over_no_evidence(fresh_cast: Cast) -> None:
    """Somebody cuts the log and makes a new end; the file goes on remembering the old one."""
    fresh_cast.publish("One.")
    sealed(fresh_cast)
    home = fresh_cast.app.config["COMMENTS"].home
    before = read_witness(home)
    with fresh_cast.app.app_context():
        write(lambda conn: conn.execute(update(log).values(number=None, seal=None)))
        write(lambda conn: conn.execute(chain.delete()))
        write(lambda conn: write_late(fresh_cast, conn))
        herald = show_site("herald").id
        gazette = show_site("gazette").id
    sealed(fresh_cast)
    after = read_witness(home)
    assert after[gazette] == before[gazette]
    assert after[herald].seal == before[herald].seal, "sealed anew it is the same"
    assert [fault for fault in fresh_cast.broken() if HEADS_FILE in fault]


def test_entries_of_an_older_release_are_taken_in(fresh_cast: Cast) -> None:
    fresh_cast.publish("One.")
    none = dict.fromkeys(("salt", "said_hash", "text_hash"))
    with fresh_cast.app.app_context():
        write(lambda conn: conn.execute(update(log).values(none)))
        assert sealed(fresh_cast) == {}
        assert write(adopt_entries) == 4
        assert write(adopt_entries) == 0
    assert len(sealed(fresh_cast)) == 2
    assert fresh_cast.broken() == []
    fresh_cast.execute("UPDATE comment SET body = 'Another.'")
    assert len(fresh_cast.broken()) == 1


def test_erasing_a_person_keeps_the_chain(fresh_cast: Cast) -> None:
    """Text, name and what the log repeats of them are gone; who decided what and when is not."""
    cast = fresh_cast
    first = cast.publish("My telephone number is secret.", author_name="Bob Bobson")
    second = cast.bob.says("I said so, didn't I?")
    cast.decide(second, "reject", reason="personal", note="Bobson again.")
    reply = cast.reader("Ada").says("Is it?", parent_id=first)
    cast.decide(reply, "approve")
    sealed(cast)
    with cast.app.app_context():
        assert erase_commenter(first, SYSTEM, cast.clock.now) >= 2
    assert cast.broken() == []
    sealed(cast)
    assert cast.broken() == []
    everything = str([cast.rows(f"SELECT * FROM {t}") for t in ("comment", "log", "verdict")])
    for word in ("telephone", "Bobson", "didn't"):
        assert word not in everything
    assert cast.rows("SELECT * FROM log WHERE reason = 'moderator.personal'")
    assert cast.alice.queue(status="all", q="telephone") == []
    assert cast.row(reply)["status"] == "approved"


def test_an_erasure_that_no_entry_speaks_of_is_found(fresh_cast: Cast) -> None:
    fresh_cast.publish("One.")
    sealed(fresh_cast)
    fresh_cast.execute("UPDATE log SET salt = NULL, note = NULL, detail = NULL")
    assert len(fresh_cast.broken()) >= 2
