"""`migrate-database`: a whole instance on another database, row by row, whatever came between."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from comments_service.config import bundled
from comments_service.domain.ids import decode_id
from comments_service.services import copy
from comments_service.services.known_keys import make_known
from comments_service.services.ready import why_not_ready
from comments_service.storage import copying, read, write
from comments_service.storage.copying import add_rows, copied_tables, digest
from comments_service.storage.db import db
from comments_service.storage.queries.upkeep import take_lease
from comments_service.storage.schema import go_to, migrate
from tests.cast import PAGE, Cast
from tests.cli.conftest import CommandLine, Said
from tests.support.clock import Clock
from tests.support.service import close_app, make_app, settings_for

MIGRATIONS = bundled("migrations")
to_postgres = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""The direction that people need; the way back is tested once."""


@pytest.fixture
def old(instance: Path, fresh_cast: Cast, database_url: str) -> str:
    """The address of a database with something in every table, and keys in every alphabet."""
    cast = fresh_cast
    parent = cast.publish("A walk in the park, says the zebra.")
    reply = cast.bob.says("THIS IS WRITTEN IN CAPITALS FROM END TO END", parent_id=parent)
    decision = cast.decide(reply, "spam")
    cast.alice.undo(decision["decision_id"])
    cast.bob.call("PATCH", f"/api/v1/comments/{reply}", json={"body": "No more capitals."})
    for number in ("a", "B", "ä", "Ω", "z", "_", "1", "é"):
        cast.bob.says(f"About {number}.", id=f"{number} article")
    cast.signed_in("dora@gazette.example", "moderator", ["gazette"])
    return database_url


@pytest.fixture
def new(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of the other kind, without a table."""
    if backend == "postgres":
        return f"sqlite:///{tmp_path / 'new.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
def moved(new: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The service on the new database."""
    app = make_app(settings_for(tmp_path, new), clock)
    yield app
    close_app(app)


@pytest.fixture
def run(old: str, new: str, comments_service: CommandLine) -> Callable[[], Said]:
    """The command, as often as it takes."""
    return lambda: comments_service("migrate-database", old, new)


def digests(app: Flask) -> dict[str, copying.Digest]:
    with app.app_context(), read() as conn:
        return {table.name: digest(conn, table) for table in copied_tables()}


def seen(app: Flask) -> list[Any]:
    """What a reader is answered."""
    paths = (f"comments?url={PAGE}", f"counts?url={PAGE}", "comments?id=ä article")
    return [app.test_client().get(f"/api/v1/{path}").get_json() for path in paths]


def test_every_row_is_copied_and_the_service_goes_on(
    fresh_cast: Cast, moved: Flask, run: Callable[[], Said]
) -> None:
    said = run()
    assert (said.status, said.lines) == (
        0,
        ["Copied and compared. Next: name the new database in COMMENTS_DATABASE_URL, start."],
    )
    told = digests(fresh_cast.app)
    assert digests(moved) == told
    assert f"comment: {told['comment'].rows} of {told['comment'].rows}" in said.err.splitlines()
    assert seen(moved) == seen(fresh_cast.app)
    with moved.app_context():
        assert why_not_ready(moved.config["COMMENTS"], MIGRATIONS) is None
    fresh_cast.app = fresh_cast.alice.app = fresh_cast.bob.app = moved
    assert len(fresh_cast.alice.queue(status="all", q="zebra")) == 1
    fresh_cast.bob.says("And on the new database.")
    assert fresh_cast.broken() == []


@to_postgres
def test_done_it_is_not_done_again(run: Callable[[], Said]) -> None:
    assert run().status == 0
    said = run()
    assert said.status == 2
    assert "holds rows already" in said.err


@to_postgres
def test_interrupted_anywhere_it_goes_on_where_it_was(
    fresh_cast: Cast, moved: Flask, run: Callable[[], Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    stored: list[str] = []

    def add_until_it_breaks(conn: Any, table: Any, rows: Any) -> None:
        if len(stored) == 7:
            raise KeyboardInterrupt
        add_rows(conn, table, rows)
        stored.append(table.name)

    monkeypatch.setattr(copy, "add_rows", add_until_it_breaks)
    runs = 0
    while run().status != 0:
        with moved.app_context():
            assert "unfinished copy" in (why_not_ready(moved.config["COMMENTS"], MIGRATIONS) or "")
        stored.clear()
        runs += 1
    assert runs > 3
    assert digests(moved) == digests(fresh_cast.app)


@to_postgres
def test_it_goes_to_where_init_was_run_and_takes_the_known_keys_along(
    old: str, fresh_cast: Cast, moved: Flask, run: Callable[[], Said]
) -> None:
    for app in (fresh_cast.app, moved):
        with app.app_context():
            migrate(MIGRATIONS)
            make_known(app.config["COMMENTS"], fresh_cast.clock.advance(days=1))
    assert run().status == 0
    told = digests(moved)
    assert told["key_fingerprint"].rows == 1
    assert told == digests(fresh_cast.app)


@to_postgres
@pytest.mark.parametrize("reached", ["0001", "0008", "0012"])
def test_interrupted_while_its_tables_are_made_it_goes_on_there(
    reached: str, fresh_cast: Cast, moved: Flask, run: Callable[[], Said]
) -> None:
    with moved.app_context():
        go_to(MIGRATIONS, reached)
    assert run().status == 0
    assert digests(moved) == digests(fresh_cast.app)


@to_postgres
def test_killed_in_the_middle_it_goes_on_where_it_was(
    old: str, new: str, fresh_cast: Cast, moved: Flask, run: Callable[[], Said]
) -> None:
    with moved.app_context():
        migrate(MIGRATIONS)
    with psycopg.connect(new.replace("+psycopg", "")) as blocking:
        # Whoever would write into it waits.
        blocking.execute("LOCK TABLE comment IN SHARE MODE")
        process = subprocess.Popen(
            [sys.executable, "-m", "comments_service.cli", "migrate-database", old, new],
            stderr=subprocess.PIPE,
            env=os.environ.copy(),
            text=True,
        )
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        blocking.rollback()
    assert " of " in first
    assert run().status == 0
    assert digests(moved) == digests(fresh_cast.app)


@to_postgres
def test_what_changed_between_two_runs_is_found(
    fresh_cast: Cast, run: Callable[[], Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("comments_service.cli.moving.finish_copy", lambda *_: None)
        assert run().status == 0
    fresh_cast.execute("UPDATE comment SET risk = risk + 1")
    said = run()
    assert said.status == 1
    assert said.lines == ["comment: the rows of the new database are not those of the old."]


@to_postgres
def test_what_was_wrong_before_is_told_and_copied(
    old: str, fresh_cast: Cast, moved: Flask, run: Callable[[], Said]
) -> None:
    fresh_cast.execute("UPDATE tally SET number = 7 WHERE scope = 'thread' AND what = 'published'")
    wrong = fresh_cast.broken()
    said = run()
    assert (said.status, said.lines) == (1, wrong)
    assert digests(moved) == digests(fresh_cast.app)
    with moved.app_context():
        assert why_not_ready(moved.config["COMMENTS"], MIGRATIONS) is None


def a_runner_at_work(cast: Cast, _new: str) -> None:
    until = cast.clock.now + timedelta(days=36_500)
    with cast.app.app_context():
        write(lambda conn: take_lease(conn, "jobs", "somebody", cast.clock.now, until))


def an_old_schema(cast: Cast, _new: str) -> None:
    cast.execute("UPDATE alembic_version SET version_num = '0001'")


def migrated(new: str, *statements: str) -> None:
    app = make_app(settings_for(Path(), new), Clock())
    with app.app_context():
        migrate(MIGRATIONS)
        with db.engine.begin() as conn:
            for statement in statements:
                conn.exec_driver_sql(statement)
    close_app(app)


def a_new_database_of_an_old_release(_cast: Cast, new: str) -> None:
    row = "INSERT INTO tally VALUES ('site', 1, 'published', 1)"
    migrated(new, row, "UPDATE alembic_version SET version_num = '0001'")


def a_new_database_of_a_later_release(_cast: Cast, new: str) -> None:
    migrated(new, "UPDATE alembic_version SET version_num = '9999'")


def somebody_elses_rows(_cast: Cast, new: str) -> None:
    migrated(new, "INSERT INTO tally VALUES ('site', 1, 'published', 1)")


def a_copy_of_another(_cast: Cast, new: str) -> None:
    migrated(new, "INSERT INTO lease VALUES ('copy', 'another', 4000000000000)")


@to_postgres
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (a_runner_at_work, "The service is still running on the old database"),
        (an_old_schema, "The old database has schema 0001, which is not this code's."),
        (a_new_database_of_an_old_release, "The new database has schema 0001"),
        (a_new_database_of_a_later_release, "The new database has schema 9999"),
        (somebody_elses_rows, "The new database holds rows already"),
        (a_copy_of_another, "The new database holds an unfinished copy of another database."),
    ],
)
def test_it_refuses_with_a_sentence(
    spoil: Callable[[Cast, str], None],
    why: str,
    new: str,
    fresh_cast: Cast,
    run: Callable[[], Said],
) -> None:
    spoil(fresh_cast, new)
    said = run()
    assert said.status == 2
    assert why in said.err


@to_postgres
@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("mysql://somewhere/else", "COMMENTS_DATABASE_URL must look like"),
        (None, "FROM and TO are the same database."),
        ("sqlite:////nowhere/at/all.db", "The database cannot be used"),
    ],
)
def test_it_refuses_an_address(
    to: str | None, why: str, old: str, comments_service: CommandLine
) -> None:
    said = comments_service("migrate-database", old, to or old)
    assert said.status == 2
    assert why in said.err


@to_postgres
def test_a_reply_may_be_older_than_what_it_answers(
    fresh_cast: Cast, moved: Flask, run: Callable[[], Said]
) -> None:
    """By their ids, which two machines made whose clocks disagree."""
    older, younger = fresh_cast.bob.says("First."), fresh_cast.bob.says("Second.")
    fresh_cast.execute(
        "UPDATE comment SET parent_id = :parent WHERE id = :id",
        parent=decode_id(younger),
        id=decode_id(older),
    )
    assert run().status == 0
    assert digests(moved)["comment"] == digests(fresh_cast.app)["comment"]


def test_no_copied_table_counts_its_rows_by_itself() -> None:
    """A sequence would begin anew in the new database: whoever adds one adds its copy."""
    assert [t.name for t in copied_tables() if t.autoincrement_column is not None] == []
