"""Backup and restore: of one moment, whole or refused, in one step, and across databases.

The drill at the end is what an operator should do now and then; here it runs with every build.
"""

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from sqlalchemy import inspect, select

from comments_service.config import bundled
from comments_service.domain.ids import decode_id
from comments_service.services.archive import Unusable, check_file, sections, written
from comments_service.services.backup import back_up, restore
from comments_service.services.seal import HEADS_FILE, seal_log
from comments_service.services.verify import verify
from comments_service.storage import read
from comments_service.storage.copying import batches, copied_tables, number_of_rows
from comments_service.storage.db import db
from comments_service.storage.schema import go_to, known_revisions
from comments_service.storage.tables import comment
from tests.cast import PAGE, Cast
from tests.support.clock import Clock
from tests.support.database import sqlite_url
from tests.support.server import clean_environment
from tests.support.service import SECRET, close_app, make_app, settings_for

MIGRATIONS = bundled("migrations")
PASSING: Final = {"change", "lease", "rate_limit", "session"}


def converse(cast: Cast) -> None:
    """Some of everything that is kept."""
    first = cast.publish("The tide came in early.")
    reply = cast.bob.says("It did, didn't it?", parent_id=first)
    undone = cast.decide(reply, "reject", reason="irrelevant", note="Zażółć gęślą jaźń \U0001f30a")
    assert cast.alice.undo(undone["decision_id"]).status_code == 200
    cast.bob.says("See https://one.example and https://two.example and https://three.example.")
    cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    with cast.app.app_context():
        seal_log(cast.app.config["COMMENTS"].home, cast.clock.now)


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """Another instance, on the kind of database named, without a table."""
    home = tmp_path / "other"
    home.mkdir()
    if request.param == "sqlite":
        url = sqlite_url(home / "other.db")
    else:
        url = request.getfixturevalue("empty_postgres")
    app = make_app(settings_for(home, url), Clock())
    yield app
    close_app(app)


both = pytest.mark.parametrize("other", ["sqlite", "postgres"], indirect=True)


def stored(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a backup keeps."""
    with app.app_context(), read() as conn:
        return {
            table.name: [tuple(row) for batch in batches(conn, table) for row in batch]
            for table in copied_tables()
            if table.name not in PASSING
        }


def put_into(app: Flask, file: Path, clock: Clock, *, replace: bool = False) -> None:
    with app.app_context():
        restore(file, app.config["COMMENTS"].home, MIGRATIONS, clock.now, replace=replace)


def saved(cast: Cast, folder: Path) -> Path:
    file = folder / "saved.backup"
    with cast.app.app_context():
        back_up(file, cast.clock.now)
    return file


@both
def test_what_is_saved_comes_back_row_by_row(
    fresh_cast: Cast, other: Flask, tmp_path: Path
) -> None:
    converse(fresh_cast)
    file = saved(fresh_cast, tmp_path)
    put_into(other, file, fresh_cast.clock)
    assert stored(other) == stored(fresh_cast.app)
    with other.app_context():
        assert verify(other.config["COMMENTS"].home) == []
    assert other.test_client().get("/readyz").status_code == 200
    found = other.test_client().get("/api/v1/counts", query_string={"url": PAGE}).get_json()
    assert found["counts"][0]["count"] == fresh_cast.count()
    alice = {"Authorization": f"Bearer {fresh_cast.alice.secret}"}
    query = {"status": "all", "q": "TIDE"}
    queue = other.test_client().get("/api/v1/moderation/queue", query_string=query, headers=alice)
    assert [item["body"] for item in queue.get_json()["items"]] == ["The tide came in early."]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_byte_can_change_unseen(fresh_cast: Cast, tmp_path: Path) -> None:
    converse(fresh_cast)
    file = saved(fresh_cast, tmp_path)
    whole = file.read_bytes()
    assert check_file(file).rows["comment"] == 3
    dice = random.Random(12)
    middle = dice.sample(range(len(whole)), 300)
    for place in {*range(40), *range(len(whole) - 90, len(whole)), *middle}:
        changed = bytearray(whole)
        changed[place] ^= 1 << dice.randrange(8)
        file.write_bytes(changed)
        with pytest.raises(Unusable):
            check_file(file)
    for length in {0, 1, 79, 80, *range(len(whole) - 90, len(whole)), *middle}:
        file.write_bytes(whole[:length])
        with pytest.raises(Unusable):
            check_file(file)
    file.write_bytes(whole + b"\n")
    with pytest.raises(Unusable):
        check_file(file)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_backup_holds_no_key_and_is_for_its_owner_alone(fresh_cast: Cast, tmp_path: Path) -> None:
    file = saved(fresh_cast, tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    with sections(file) as tables:
        everything = [(s.table, list(rows)) for s, rows in tables]
    assert SECRET not in str(everything)
    assert {table for table, _ in everything}.isdisjoint(PASSING)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_backup_writes_over_nothing(fresh_cast: Cast, tmp_path: Path) -> None:
    file = saved(fresh_cast, tmp_path)
    before = file.read_bytes()
    with pytest.raises(Unusable, match="is there already"):
        saved(fresh_cast, tmp_path)
    assert file.read_bytes() == before
    with pytest.raises(Unusable, match="cannot be written"):
        saved(fresh_cast, tmp_path / "nowhere")
    assert [p.name for p in tmp_path.glob("*.part")] == []


def test_what_is_stored_is_replaced_only_when_told(fresh_cast: Cast, tmp_path: Path) -> None:
    converse(fresh_cast)
    file, before = saved(fresh_cast, tmp_path), stored(fresh_cast.app)
    fresh_cast.publish("Since then.")
    with fresh_cast.app.app_context():
        home = fresh_cast.app.config["COMMENTS"].home
        seal_log(home, fresh_cast.clock.now)
    later = stored(fresh_cast.app)
    with pytest.raises(Unusable, match="--replace"):
        put_into(fresh_cast.app, file, fresh_cast.clock)
    assert stored(fresh_cast.app) == later
    put_into(fresh_cast.app, file, fresh_cast.clock, replace=True)
    assert stored(fresh_cast.app) == before
    assert fresh_cast.broken() == [], "the heads file is of the restored chains"
    assert (home / f"{HEADS_FILE}.before-restore").exists()
    fresh_cast.publish("And it goes on.")
    with fresh_cast.app.app_context():
        seal_log(home, fresh_cast.clock.now)
    assert fresh_cast.broken() == []


@both
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_backup_of_any_earlier_release_comes_up_to_date(
    fresh_cast: Cast, other: Flask, tmp_path: Path
) -> None:
    """As each release would have written it: with the columns that its schema had."""
    converse(fresh_cast)
    file = saved(fresh_cast, tmp_path)
    with other.app_context():
        newest, *older = known_revisions(MIGRATIONS)
        for revision in older:
            go_to(MIGRATIONS, revision)
            put_into(other, as_of(revision, file), fresh_cast.clock)
            with read() as conn:
                assert all(number_of_rows(conn, table) for table in copied_tables()[-2:])
            assert verify(tmp_path / "nowhere") == [], revision
            empty(other)
        go_to(MIGRATIONS, newest)


def empty(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as conn:
        for table in reversed(copied_tables()):
            conn.execute(table.delete())


def as_of(revision: str, file: Path) -> Path:
    """The same backup, less what the schema at that revision, which is in use, does not have."""
    found = inspect(db.engine)
    there = {t: {c["name"] for c in found.get_columns(t)} for t in found.get_table_names()}
    with sections(file) as tables:
        everything = [(section, list(rows)) for section, rows in tables]
    manifest = check_file(file)
    manifest.schema = revision
    old = file.with_name(f"{revision}.backup")
    kept = [
        (section, [row for row in rows if revision > "0001" or row[0] != "verdict"])
        for section, rows in everything
        if section.table in there
    ]
    manifest.rows = {section.table: len(rows) for section, rows in kept}
    with written(old, manifest) as copy:
        for section, rows in kept:
            keep = [n for n, c in enumerate(section.columns) if c in there[section.table]]
            columns = [section.columns[n] for n in keep]
            copy.add_table(section.table, columns, ([row[n] for n in keep] for row in rows))
    return old


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_backup_of_a_later_release_is_refused(fresh_cast: Cast, tmp_path: Path) -> None:
    file = saved(fresh_cast, tmp_path)
    manifest = check_file(file)
    manifest.schema = "9999"
    later = tmp_path / "later.backup"
    with written(later, manifest):
        pass
    with pytest.raises(Unusable, match="later release"):
        put_into(fresh_cast.app, later, fresh_cast.clock, replace=True)


KILLED = """
import os, signal, sys
from pathlib import Path
from comments_service.app import create_app
from comments_service.cli.common import now
from comments_service.services import backup
from comments_service.services.backup import restore

add_saved_rows = backup.add_saved_rows
def killed_at(conn, table, *rest):
    if table.name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
    return add_saved_rows(conn, table, *rest)
backup.add_saved_rows = killed_at
app = create_app()
with app.app_context():
    home, migrations = app.config["COMMENTS"].home, app.config["COMMENTS_MIGRATIONS"]
    restore(Path(sys.argv[1]), home, migrations, now(), replace=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("table", ["moderator", "comment", "verdict"])
def test_a_restore_that_is_killed_has_done_nothing(
    table: str, fresh_cast: Cast, tmp_path: Path
) -> None:
    converse(fresh_cast)
    file = saved(fresh_cast, tmp_path)
    fresh_cast.publish("Since then.")
    before = stored(fresh_cast.app)
    settings = fresh_cast.app.config["COMMENTS"]
    variables = {
        "COMMENTS_HOME": str(settings.home),
        "COMMENTS_DATABASE_URL": settings.database_url,
        "COMMENTS_SECRET_KEYS": SECRET,
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, file, table],
        env=clean_environment() | variables,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -signal.SIGKILL
    assert stored(fresh_cast.app) == before
    assert fresh_cast.broken() == []
    put_into(fresh_cast.app, file, fresh_cast.clock, replace=True)
    assert fresh_cast.broken() == []


@both
def test_drill_a_backup_while_a_writer_posts_restored_elsewhere(
    fresh_cast: Cast, other: Flask, tmp_path: Path
) -> None:
    """What was acknowledged before it began is in it; and it adds up, whatever came meanwhile."""
    converse(fresh_cast)
    fresh_cast.publish_all()
    first = {fresh_cast.bob.says(f"Before, {n}.") for n in range(5)}
    stop = threading.Event()
    posted: list[str] = []
    writer = fresh_cast.reader("Ada")

    def write_on() -> None:
        while not stop.is_set():
            posted.append(writer.says(f"Meanwhile, {len(posted)}."))

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        while len(posted) < 2:
            assert thread.is_alive()
        file = saved(fresh_cast, tmp_path)
        after = len(posted)
        while len(posted) < after + 2:
            assert thread.is_alive()
    finally:
        stop.set()
        thread.join()
    assert_is_of_one_moment(other, file, fresh_cast.clock, {*first, *posted[:2]}, posted[-1])


def assert_is_of_one_moment(
    other: Flask, file: Path, clock: Clock, before: set[str], after: str
) -> None:
    """That a backup adds up elsewhere, holds what was acknowledged before it, and nothing after."""
    put_into(other, file, clock)
    with other.app_context():
        assert verify(other.config["COMMENTS"].home) == []
        with read() as conn:
            known = {row.id for row in conn.execute(select(comment.c.id))}
    assert {decode_id(one) for one in before} <= known
    assert decode_id(after) not in known
