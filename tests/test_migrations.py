"""Migrations: from nothing to the models' schema, there and back, with rows in every table."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from comments_service.config import bundled
from comments_service.services.known_keys import make_known
from comments_service.services.memories import rebuild_memory
from comments_service.services.ready import why_not_ready
from comments_service.services.seal import seal_log
from comments_service.services.sites import show_site
from comments_service.services.verify import verify
from comments_service.storage.db import db, write
from comments_service.storage.models import Base
from comments_service.storage.queries.chain import adopt_entries
from comments_service.storage.schema import init_migrations, known_revisions
from tests.cast import PAGE, Cast, assert_problem
from tests.support.clock import Clock
from tests.support.service import close_app, make_app, settings_for

MIGRATIONS = bundled("migrations")
OLDEST = {"comment", "log", "moderator", "site", "thread", "verdict"}
"""Tables of every release."""
REVISIONS = [s.revision for s in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


@pytest.fixture
def empty_app(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        url = request.getfixturevalue("empty_postgres")
    app = make_app(settings_for(tmp_path, url), Clock())
    yield app
    close_app(app)


def go(app: Flask, where: str) -> None:
    step = downgrade if where in ("base", *REVISIONS[:-1]) else upgrade
    init_migrations(app, MIGRATIONS)
    with app.app_context():
        step(directory=str(MIGRATIONS), revision=where)


def differences(app: Flask) -> list[Any]:
    """What would have to change in the database to be as the models say."""

    def ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
        return not (kind == "table" and (name or "").startswith("comment_search"))

    with app.app_context(), db.engine.connect() as connection:
        options = {"include_object": ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))


def tables(app: Flask) -> set[str]:
    with app.app_context():
        return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_revisions_are_numbered_in_order() -> None:
    assert [f"{n:04}" for n in range(1, len(REVISIONS) + 1)] == REVISIONS
    assert known_revisions(MIGRATIONS) == tuple(REVISIONS[::-1]), "the files are called by them"


def test_up_from_empty_gives_what_the_models_say(empty_app: Flask) -> None:
    go(empty_app, "head")
    assert differences(empty_app) == []
    assert tables(empty_app) >= set(Base.metadata.tables)


def test_down_leaves_nothing_and_up_again_gives_the_same(empty_app: Flask) -> None:
    go(empty_app, "head")
    go(empty_app, "base")
    assert tables(empty_app) == set()
    go(empty_app, "head")
    assert differences(empty_app) == []


def test_up_twice_does_nothing(empty_app: Flask) -> None:
    go(empty_app, "head")
    go(empty_app, "head")
    assert differences(empty_app) == []


def test_a_database_without_the_schema_is_not_ready(empty_app: Flask) -> None:
    settings = empty_app.config["COMMENTS"]
    with empty_app.app_context():
        assert "comments-service init" in (why_not_ready(settings, MIGRATIONS) or "")
    go(empty_app, "head")
    with empty_app.app_context():
        assert why_not_ready(settings, MIGRATIONS) is None


def fill(cast: Cast) -> None:
    """A row in every table, by the ways in which rows come."""
    cast.publish("A walk in the park, says the zebra.")
    links = "See https://one.example and https://two.example, "
    for number, action in enumerate(("approve", "reject", "spam", "hold")):
        cast.decide(cast.reader().says(f"{links} you idiot number {number}."), action)
    cast.bob.says("WHO WOULD HAVE THOUGHT OF ALL THAT?")
    cast.bob.says("You idiot.")
    cast.signed_in("alice@gazette.example", "moderator", ["gazette"])
    cast.set_site(words=["zoltanesque", "snake oil"])
    cast.execute("INSERT INTO lease VALUES ('jobs', 'somebody', 1)")
    with cast.app.app_context():
        seal_log(cast.app.config["COMMENTS"].home, cast.clock.now)
        rebuild_memory(show_site("gazette").id)
    cast.execute(
        "INSERT INTO passkey SELECT 1, id, 'credential', 'key', 0, 'Phone', 1, NULL FROM moderator"
    )
    cast.execute("INSERT INTO recovery_code SELECT id, 'hash' FROM moderator")
    cast.execute(
        "INSERT INTO ban SELECT 1, id, 'name:bob', 'salt', 'Bob', 2, 'other', '', 1, 'a', 9"
        " FROM site WHERE slug = 'gazette'"
    )
    cast.execute("INSERT INTO flood SELECT id, site_id, 1, 2 FROM thread")
    with cast.app.app_context():
        make_known(cast.app.config["COMMENTS"], cast.clock.now)
    empty = [t for t in Base.metadata.tables if not cast.one(f"SELECT COUNT(*) FROM {t}")]
    assert empty == []


Rows: TypeAlias = dict[str, list[dict[str, Any]]]


def kept(app: Flask) -> Rows:
    """Every row of every table but the search index, less counts that came back to nothing.

    And less the notes of changes, which say that there was one.
    """
    counting = {"tally": "WHERE number <> 0"}
    with app.app_context(), db.engine.connect() as connection:
        names = [
            table
            for table in inspect(db.engine).get_table_names()
            if table not in ("alembic_version", "change")
            and not table.startswith(("comment_search", "sqlite_"))
        ]
        return {
            table: [
                dict(row._mapping)
                for row in connection.execute(
                    text(f"SELECT * FROM {table} {counting.get(table, '')}")
                )
            ]
            for table in names
        }


def as_far_as(schema: Rows, rows: Rows) -> dict[str, list[str]]:
    """The same rows less the tables and columns that a schema does not have, in some order."""
    return {
        table: sorted(str([row[name] for name in here[0]]) for row in rows[table])
        for table, here in schema.items()
        if here
    }


def test_up_to_here_keeps_every_row_of_the_revision_before(
    fresh_cast: Cast, tmp_path: Path
) -> None:
    """Of the first revision there is none before; later ones add themselves by being there."""
    app = fresh_cast.app
    fill(fresh_cast)
    for revision in REVISIONS[:-1][::-1]:
        before = kept(app)
        go(app, revision)
        there = kept(app)
        assert [table for table in OLDEST if not there[table]] == []
        go(app, "head")
        assert as_far_as(there, kept(app)) == as_far_as(there, before), revision
        with app.app_context():
            write(adopt_entries)
    with app.app_context():
        # In another folder: going down has cut the chains, of which this one's file knows.
        assert verify(tmp_path / "elsewhere") == []
    assert differences(app) == []


def test_down_with_rows_in_every_table_and_up_again(fresh_cast: Cast, backend: str) -> None:
    fill(fresh_cast)
    assert [item["body"] for item in fresh_cast.alice.queue(status="all", q="ZEBRA")]
    with fresh_cast.app.app_context():
        db.engine.dispose()
    go(fresh_cast.app, "base")
    assert tables(fresh_cast.app) == set()
    go(fresh_cast.app, "head")
    assert differences(fresh_cast.app) == []
    assert fresh_cast.app.test_client().get("/readyz").status_code == 200
    assert fresh_cast.app.test_client().get(f"/api/v1/counts?url={PAGE}").status_code == 404


def test_words_of_the_policy_become_the_sites_list_and_back(fresh_cast: Cast) -> None:
    go(fresh_cast.app, "0007")
    old = {
        "words": {"mode": "on", "settings": {"words": ["Casino*", "idiot"], "category": "insult"}}
    }
    with fresh_cast.app.app_context(), db.engine.begin() as connection:
        policy = json.dumps({"mode": "post", "checks": old})
        connection.execute(
            text("UPDATE site SET policy = :p WHERE slug = 'gazette'"), {"p": policy}
        )
    go(fresh_cast.app, "head")
    listed = "SELECT key, term, severity, category FROM word ORDER BY key"
    with fresh_cast.app.app_context(), db.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(listed))]
        site = show_site("gazette")
    assert rows == [("casino*", "Casino*", 1.0, "insult"), ("idiot", "idiot", 1.0, "insult")]
    assert (site.words_version, site.policy.of("words").settings) == (1, {})
    assert_problem(fresh_cast.bob.post("Come to our casino!"), 422, "refused", "body")
    go(fresh_cast.app, "0007")
    with fresh_cast.app.app_context(), db.engine.connect() as connection:
        back = connection.execute(
            text("SELECT policy FROM site WHERE slug = 'gazette'")
        ).scalar_one()
    assert json.loads(back)["checks"]["words"]["settings"]["words"] == ["Casino*", "idiot"]
    go(fresh_cast.app, "head")


@pytest.mark.parametrize(
    "backend", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_an_index_that_was_left_half_made_is_made_anew(fresh_cast: Cast) -> None:
    """As PostgreSQL leaves one where the process that made it concurrently was ended."""
    fresh_cast.bob.says("The zebra.")
    go(fresh_cast.app, "0014")
    fresh_cast.execute("CREATE INDEX comment_search_ranges ON comment_search USING gin (words)")
    fresh_cast.execute(
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = 'comment_search_ranges'::regclass"
    )
    go(fresh_cast.app, "head")
    with fresh_cast.app.app_context(), db.engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT indexdef FROM pg_indexes"
                " WHERE tablename = 'comment_search' AND indexname LIKE 'comment_search_%'"
                " AND indexname <> 'comment_search_pkey'"
            )
        ).scalars()
        (definition,) = found
    assert "comment_id >> 44" in definition
    assert [item["body"] for item in fresh_cast.alice.queue(q="zebra")] == ["The zebra."]
