"""What changed is noted by the transaction that changes it, and missed by nobody who reads it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from comments_service.services.jobs import KEEP_CHANGES
from comments_service.services.sites import remove_site
from comments_service.storage import changes
from comments_service.storage.changes import (
    AWAY,
    EVERYTHING,
    PostgresReader,
    Reader,
    about_page,
    open_reader,
    page_name,
)
from comments_service.storage.db import db, engine_of_reads, write
from comments_service.storage.queries import upkeep
from tests.cast import OTHER_PAGE, PAGE, Cast, one_database

on_postgres = pytest.mark.parametrize("backend", ["postgres"], indirect=True)


@pytest.fixture
def reader(cast: Cast) -> Iterator[Reader]:
    found = open_reader(engine_of_reads(cast.app))
    yield found
    found.close()


def thread(cast: Cast, url: str = PAGE) -> int:
    number: int = cast.one("SELECT id FROM thread WHERE url = :url", url=url)
    return number


def born(cast: Cast, url: str) -> int:
    site = cast.one("SELECT id FROM site WHERE slug = 'gazette'")
    return about_page(page_name(site, "u:" + url.removeprefix("https:")))


def noted(cast: Cast) -> list[int | None]:
    """The threads of all notes so far, which are deleted."""
    rows = cast.rows("SELECT thread_id, page FROM change ORDER BY id")
    with cast.app.app_context():
        write(lambda conn: conn.execute(text("DELETE FROM change")))
    return [changes._about(row["thread_id"], row["page"]) for row in rows]


# --- What is noted ---------------------------------------------------------------------------


def test_a_comment_that_waits_changes_nothing_for_readers(cast: Cast) -> None:
    noted(cast)
    cast.bob.says()
    assert noted(cast) == [born(cast, PAGE)], "but the page has a thread now"
    cast.bob.says("And once more.")
    assert noted(cast) == []


def test_whatever_readers_see_is_noted_once_a_thread(cast: Cast) -> None:
    comments = [cast.bob.says(f"Number {n}.", url) for n in range(2) for url in (PAGE, OTHER_PAGE)]
    here, there = thread(cast), thread(cast, OTHER_PAGE)
    noted(cast)
    cast.decide(comments[0], "approve")
    assert noted(cast) == [here]
    cast.alice.decide(
        *({"comment_id": c, "version": cast.row(c)["version"], "action": "approve"}
          for c in comments[1:])
    )  # fmt: skip
    assert sorted(filter(None, noted(cast))) == sorted([here, there])
    cast.bob.call("PATCH", f"/api/v1/comments/{comments[0]}", json={"body": "Other words."})
    assert noted(cast) == [here], "an edit that moves no count"
    cast.bob.call("DELETE", f"/api/v1/comments/{comments[0]}")
    assert noted(cast) == [here]
    cast.decide(comments[1], "spam")
    assert noted(cast) == [there]


def test_settings_are_noted(cast: Cast) -> None:
    cast.publish()
    noted(cast)
    with cast.app.app_context():
        write(lambda c: c.execute(text("UPDATE thread SET title = 'T', title_verified = true")))
    assert noted(cast) == [thread(cast)]
    cast.set_site(name="Another")
    assert set(noted(cast)) == {EVERYTHING}
    with cast.app.app_context():
        remove_site("herald")
    assert set(noted(cast)) == {EVERYTHING}


# --- Who reads it ----------------------------------------------------------------------------


def test_a_reader_learns_what_was_committed_since(cast: Cast, reader: Reader) -> None:
    cast.publish_all()
    assert EVERYTHING in reader.changed()
    assert reader.changed() == frozenset()
    cast.bob.says()
    assert reader.changed() == {thread(cast), born(cast, PAGE)}
    assert reader.changed() == frozenset()
    cast.bob.says("Again.")
    assert reader.changed() == {thread(cast)}


def test_what_is_undone_is_not_told(cast: Cast, reader: Reader) -> None:
    def work(conn: Connection) -> None:
        conn.execute(text("UPDATE site SET version = version"))
        raise KeyError

    with cast.app.app_context(), pytest.raises(KeyError):
        write(work)
    assert reader.changed() == frozenset()


def test_who_is_far_behind_is_told_of_everything(
    cast: Cast, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.publish_all()
    reader.changed()
    for number in range(5):
        cast.bob.says(f"Number {number}.")
    monkeypatch.setattr(changes, "MOST", 5)
    assert reader.changed() == {EVERYTHING}
    monkeypatch.undo()
    reader.changed()
    cast.bob.says("One more.")
    assert reader.changed() == {thread(cast)}


@on_postgres
def test_transactions_that_commit_out_of_order_are_told_when_they_commit(
    cast: Cast, reader: Reader
) -> None:
    """Those that took their number first, and commit last, or after others have come and gone."""
    cast.publish_all()
    for url in (PAGE, OTHER_PAGE):
        cast.bob.says("A thread begins.", url)
    here, there = thread(cast), thread(cast, OTHER_PAGE)
    reader.changed()
    with cast.app.app_context():
        engine = db.engine
    touch = text("UPDATE thread SET url = url WHERE id = :id")
    with engine.connect() as early, engine.connect() as late:
        early.execute(touch, {"id": here})
        late.execute(touch, {"id": there})
        assert reader.changed() == frozenset(), "neither has committed"
        late.commit()
        assert reader.changed() == {there}
        for number in range(3):
            cast.bob.says(f"Meanwhile, number {number}.", OTHER_PAGE)
            assert reader.changed() == {there}
        assert reader.changed() == frozenset(), "what was told is not told again"
        early.commit()
        assert reader.changed() == {here}
        assert reader.changed() == frozenset()


@on_postgres
@pytest.mark.parametrize("is_replica", [False, True])
def test_a_transaction_that_lasts_has_others_told_once(
    is_replica: bool, cast: Cast, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are; it may be anybody's, in another database of the server."""
    assert isinstance(reader, PostgresReader)
    cast.publish_all()
    if is_replica:  # It does not tell which transactions run.
        look = reader._LOOK.replace("pg_is_in_recovery()", "true")
        monkeypatch.setattr(PostgresReader, "_LOOK", look)
    reader.changed()
    with cast.app.app_context():
        engine = db.engine
    with engine.connect() as lasting, watched_rows(reader, monkeypatch) as read:
        lasting.execute(text("SELECT pg_current_xact_id()"))
        for number in range(5):
            cast.bob.says(f"Number {number}.")
            assert thread(cast) in reader.changed()
            assert reader.changed() == frozenset()
        assert max(read) == (6 if is_replica else 2)


@contextmanager
def watched_rows(reader: PostgresReader, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many notes each look reads."""
    read: list[int] = []
    look = reader._look

    def watched(*asked: Any) -> Any:
        snapshot, rows = look(*asked)
        read.append(len(rows))
        return snapshot, rows

    with monkeypatch.context() as patch:
        patch.setattr(reader, "_look", watched)
        yield read


@on_postgres
@pytest.mark.parametrize("number", ["oldest", "end"])
def test_a_server_that_knows_less_makes_everything_forgotten(
    number: str, cast: Cast, reader: Reader
) -> None:
    """As after a fail-over to a replica that had not caught up, behind one address."""
    assert isinstance(reader, PostgresReader)
    reader._last = reader._last._replace(**{number: getattr(reader._last, number) + 1_000_000})
    assert reader.changed() == {EVERYTHING}
    cast.set_site(name="Another")
    assert reader.changed() == {EVERYTHING}


@one_database
def test_a_file_in_the_databases_place_is_not_the_database(
    cast: Cast, reader: Reader, tmp_path: Path
) -> None:
    with cast.app.app_context():
        path = Path(db.engine.url.database or "")
    kept = tmp_path / "aside"
    path.rename(kept)
    try:
        for is_there in (False, True):
            if is_there:
                path.touch()
            with pytest.raises(AWAY):
                reader.changed()
    finally:
        kept.rename(path)
    assert reader.changed() == frozenset()


def test_a_database_without_the_table_is_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        PostgresReader, "_LOOK", "SELECT 1 FROM nowhere WHERE %s < ALL(%s) LIMIT %s"
    )
    monkeypatch.setattr(
        changes.SqliteReader, "_data_version", raising(sqlite3.OperationalError("no such table"))
    )
    with pytest.raises(AWAY):
        open_reader(engine_of_reads(cast.app))


def raising(problem: Exception) -> Callable[..., Any]:
    def raise_it(*_: Any) -> Any:
        raise problem

    return raise_it


def test_old_notes_go_and_new_ones_are_still_told(cast: Cast, reader: Reader) -> None:
    cast.publish_all()
    cast.bob.says()
    reader.changed()
    assert cast.run_jobs(datetime.now(UTC))["changes"] == 0
    age = {"keep": KEEP_CHANGES // timedelta(milliseconds=1)}
    with cast.app.app_context():
        write(lambda conn: conn.execute(text("UPDATE change SET at = at - :keep"), age))
    assert cast.run_jobs(datetime.now(UTC))["changes"] > 0
    assert cast.one("SELECT COUNT(*) FROM change") == 0
    assert reader.changed() == frozenset()
    cast.bob.says("Still there?", OTHER_PAGE)
    assert thread(cast, OTHER_PAGE) in reader.changed()


def test_notes_from_before_the_clock_was_set_back_keep_no_others(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 3)
    cast.publish_all()
    with cast.app.app_context():
        write(lambda conn: conn.execute(text("DELETE FROM change")))
    for number in range(3):
        cast.bob.says(f"Before: {number}")
    day = {"day": timedelta(days=1) // timedelta(milliseconds=1)}
    with cast.app.app_context():
        write(lambda conn: conn.execute(text("UPDATE change SET at = at + :day"), day))
    ahead = cast.one("SELECT COUNT(*) FROM change")
    for number in range(3):
        cast.bob.says(f"After: {number}")
    since = cast.one("SELECT COUNT(*) FROM change") - ahead
    age = {"keep": KEEP_CHANGES // timedelta(milliseconds=1), "day": day["day"] // 2}
    old = "UPDATE change SET at = at - :keep WHERE at < (SELECT MAX(at) - :day FROM change)"
    with cast.app.app_context():
        write(lambda conn: conn.execute(text(old), age))
    assert ahead >= 3
    assert cast.run_jobs(datetime.now(UTC))["changes"] == since
    assert cast.one("SELECT COUNT(*) FROM change") == ahead


def test_a_job_runner_whose_clock_is_ahead_forgets_no_news(cast: Cast, reader: Reader) -> None:
    cast.publish_all()
    cast.bob.says()
    ahead = datetime.now(UTC) + timedelta(days=400)
    assert cast.run_jobs(ahead)["changes"] == 0
    assert thread(cast) in reader.changed()
