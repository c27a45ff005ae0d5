"""With a hundred thousand comments no request reads a table from end to end.

What each request really asks is taken down and explained by the database itself.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from comments_service.domain.ids import encode_id
from comments_service.services.backtest import PART, plan_trial, replay_part
from comments_service.services.queue import read_log
from comments_service.services.seal import seal_log
from comments_service.services.sites import SiteChange, policy_after, show_site
from comments_service.storage.db import db
from tests.cast import GAZETTE, PAGE, Cast
from tests.statements import watched
from tests.storage.crowd import database_url, gather

__all__ = ["database_url"]

BIG: Final = ("comment", "thread", "thread_key", "verdict", "log", "tally", "commenter")
"""The tables that grow with the readers; a site's own few rows may be scanned."""

BIG_ON_POSTGRESQL: Final = tuple(table for table in BIG if table not in ("thread", "thread_key"))
"""Its planner reads two thousand threads whole where that is cheaper than fifty look-ups, as its
statistics fall; that an index serves the question at any size is what SQLite's plan shows."""

Ask = Callable[[Cast], object]


def pages(path: str, most: int = 2, **query: Any) -> Ask:
    """A list, and the page after its first."""

    def ask(cast: Cast) -> None:
        for _ in range(most):
            caller = cast.alice if path.startswith("/api/v1/moderation") else cast.bob
            answer: TestResponse = caller.get(path, query_string=query)
            assert answer.status_code == 200, answer.get_data(as_text=True)
            said = answer.get_json()
            assert said.get("items", said.get("comments")), "The page is empty."
            if not said.get("next"):
                return
            query["cursor"] = said["next"]

    return ask


def queue(**query: Any) -> Ask:
    return pages("/api/v1/moderation/queue", **query)


def precision(cast: Cast) -> None:
    query = {"site": "gazette"}
    answer = cast.alice.get("/api/v1/moderation/precision", query_string=query)
    assert len(answer.get_json()["lines"]) >= 10


def log(cast: Cast) -> None:
    with cast.app.app_context():
        site = show_site("gazette")
        first = read_log(site, None, 50)
        assert read_log(site, first.next, 50).entries
        assert read_log(site, None, 50, encode_id(first.entries[0].comment_id or 0)).entries


def history(cast: Cast) -> None:
    """From a card: its commenter's comments, and its own entries in the log."""
    card = cast.alice.queue(status="all", sort="newest")[0]
    assert cast.alice.queue(status="all", commenter=card["commenter"], limit=5)
    assert cast.alice.queue(status="approved", commenter=card["commenter"], limit=5)
    with cast.app.app_context():
        assert read_log(show_site("gazette"), None, 50, card["id"]).entries


def post(cast: Cast) -> None:
    cast.publish_all()
    parent = cast.bob.says("A remark about the park, number 1", headers={"Idempotency-Key": "k"})
    cast.bob.says("And an answer.", parent_id=parent)
    cast.bob.call("PATCH", f"/api/v1/comments/{parent}", json={"body": "Another remark."})
    cast.decide(parent, "reject")


def backtest(cast: Cast) -> None:
    """The newest of a month: a page's part of it, which the command repeats until the end."""
    with cast.app.app_context():
        site, since = show_site("gazette"), cast.clock.now - timedelta(days=30)
        changed = policy_after(site, SiteChange(check_settings={"links": {"max": 5}}))
        part = replay_part(plan_trial(site, changed, since), since, None, cast.clock.now)
        assert part.sums.looked_at == PART
        assert part.next is not None


def jobs(cast: Cast) -> None:
    cast.run_jobs()
    with cast.app.app_context():
        assert seal_log(cast.app.config["COMMENTS"].home, cast.clock.now)


FILTERS: Final = {
    "author": "Reader 7",
    "busy author": "Everybody",
    "check": "links",
    "rare check": "honeypot",
    "words": "remark park",
}
LOOKED_FOR: Final = [
    (("author",), "newest"),
    (("busy author", "check"), "newest"),
    (("check",), "oldest"),
    (("rare check",), "risk"),
    (("words",), "newest"),
    (("busy author", "words"), "risk"),
]
"""Combinations of filters that no index has, in a tab in which they leave little or nothing."""


def looking(sort: str, *some: str) -> Ask:
    """A page, and the one after it; both may be empty."""
    query = {{"words": "q"}.get(name, name.split()[-1]): FILTERS[name] for name in some}

    def ask(cast: Cast) -> None:
        asked = query | {"status": "approved", "sort": sort}
        for _ in range(2):
            answer = cast.alice.get("/api/v1/moderation/queue", query_string=asked)
            assert answer.status_code == 200, answer.get_data(as_text=True)
            if not answer.get_json()["next"]:
                return
            asked["cursor"] = answer.get_json()["next"]

    return ask


REQUESTS: Final[dict[str, Ask]] = {
    "counts": lambda cast: cast.bob.get(
        "/api/v1/counts", query_string={"url": [PAGE, *(f"{GAZETTE}/{n}" for n in range(99))]}
    ),
    "newest": pages("/api/v1/comments", url=PAGE, sort="newest"),
    "oldest": pages("/api/v1/comments", url=PAGE, sort="oldest"),
    "feed": lambda cast: cast.bob.get("/api/v1/feed.atom", query_string={"url": PAGE}),
    "own": pages("/api/v1/commenter/comments", url=PAGE),
    "post, edit and decide": post,
    **{
        f"queue {tab} {sort}": queue(status=tab, sort=sort)
        for tab in ("pending", "spam", "rejected", "approved", "all")
        for sort in ("oldest", "newest", "risk")
    },
    "queue by author": queue(status="all", author="Reader 7"),
    "a card's commenter and its log": history,
    "queue by check": queue(check="links"),
    "queue by reason": queue(reason="links.too_many"),
    **{f"queue by {' and '.join(some)} {sort}": looking(sort, *some) for some, sort in LOOKED_FOR},
    "rare words": queue(status="all", q="zebra"),
    "frequent words": queue(status="all", q="remark park"),
    "words of another site": lambda cast: cast.carol.queue(status="all", q="remark park"),
    "queue counts": lambda cast: cast.alice.get("/api/v1/moderation/counts"),
    "precision": precision,
    "backtest": backtest,
    "log": log,
    "jobs": jobs,
}


@pytest.mark.slow
def test_nothing_is_read_from_end_to_end(fresh_cast: Cast) -> None:
    gather(fresh_cast)
    explain = {"sqlite": _scans_of_sqlite, "postgresql": _scans_of_postgresql}[
        _dialect(fresh_cast.app)
    ]
    found: dict[str, None] = {}
    for name, ask in REQUESTS.items():
        with watched(fresh_cast.app) as seen:
            ask(fresh_cast)
        assert seen
        for statement, parameters in seen:
            scans = explain(fresh_cast.app, statement, parameters)
            found |= {f"{name}: {scan} in\n{statement}": None for scan in scans}
    assert not found, "\n\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_a_search_reads_no_further_than_its_page(fresh_cast: Cast, sort: str) -> None:
    """It goes along what was found, in the page's order, and stops when the page is full."""
    gather(fresh_cast)
    with watched(fresh_cast.app) as seen:
        queue(status="all", q="remark park", sort=sort)(fresh_cast)
    searches = [said for said in seen if "MATCH" in said[0]]
    assert searches
    for statement, parameters in searches:
        plan = _explained(fresh_cast.app, "EXPLAIN QUERY PLAN", statement, parameters)
        steps = [row.detail for row in plan]
        assert steps[0].startswith("SCAN comment_search VIRTUAL TABLE"), steps
        assert not [step for step in steps if "TEMP B-TREE" in step or "LIST SUBQUERY" in step]


STEPS: Final = 300_000
"""Of SQLite's machine, for a request or two pages of a list: a comment of the queue that is looked
at takes about 100, and a plan that goes through a tab took 400,000 to 37 million."""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_analyzed", [True, False])
def test_no_request_goes_through_all_comments(fresh_cast: Cast, is_analyzed: bool) -> None:
    """Nor along an index that serves it badly. With statistics, or with none, as on a database that
    nobody has looked after."""
    gather(fresh_cast, analyze=is_analyzed)
    fresh_cast.execute(
        "UPDATE comment SET author_name = 'Everybody', author_key = 'everybody' WHERE rowid % 2 = 0"
    )
    client = fresh_cast.signed_in("alice@gazette.example", "owner", [])
    paths = [f"/moderate/{page}" for page in ("", "log", "bans", "checks", "settings", "words")]
    asked = REQUESTS | {path: lambda _, path=path: client.get(path) for path in paths}
    # It looks at so many comments as it was asked to.
    del asked["backtest"]
    taken = {name: steps_of(fresh_cast, ask) for name, ask in asked.items()}
    assert {name: steps for name, steps in taken.items() if steps > STEPS} == {}


def steps_of(cast: Cast, ask: Ask) -> int:
    """Steps of SQLite's machine that the answers take, in thousands."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1_000
        return 0

    def count(raw: sqlite3.Connection, *_: object) -> None:
        raw.set_progress_handler(step, 1_000)

    with cast.app.app_context():
        pool = db.engine.pool
    event.listen(pool, "checkout", count)
    try:
        ask(cast)
    finally:
        event.remove(pool, "checkout", count)
    return taken


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_post_looks_back_at_its_own_alone(cast: Cast) -> None:
    """By text, commenter and address, and never through all that came to the site in a day."""
    cast.publish_all()
    with watched(cast.app) as seen:
        cast.bob.says()
    (asked,) = [said for said in seen if "LIMIT" in said[0]]
    plan = _explained(cast.app, "EXPLAIN QUERY PLAN", *asked)
    used = {found[1] for row in plan if (found := re.search(r"USING INDEX (\w+)", row.detail))}
    assert used == {"comment_fingerprint", "comment_commenter", "comment_address"}


def _dialect(app: Flask) -> str:
    with app.app_context():
        return db.engine.dialect.name


_PLANNED: Final = re.compile(r"^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b")


def _explained(app: Flask, how: str, statement: str, parameters: Any) -> list[Any]:
    if not _PLANNED.match(statement):
        return []
    # Many rows of one statement have one plan.
    one = parameters[0] if isinstance(parameters, list) else parameters
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.exec_driver_sql(f"{how} {statement}", one))


def _scans_of_sqlite(app: Flask, statement: str, parameters: Any) -> list[str]:
    rows = _explained(app, "EXPLAIN QUERY PLAN", statement, parameters)
    # Sorting is fine for a card's few verdicts, and for the hundreds of comments that a page of the
    # queue looks at; of a list it would mean to read it whole first.
    is_bounded = "FROM verdict" in statement or "WITH looked" in statement
    sorts = "" if is_bounded else "|USE TEMP B-TREE FOR ORDER BY"
    bad = re.compile(rf"SCAN ({'|'.join(BIG)}|parent|replay)\b{sorts}")
    # That index holds the entries of the last second alone.
    return [r.detail for r in rows if bad.match(r.detail) and "log_unsealed" not in r.detail]


def _scans_of_postgresql(app: Flask, statement: str, parameters: Any) -> list[str]:
    rows = _explained(app, "EXPLAIN (FORMAT JSON)", statement, parameters)
    return [found for (plan,) in rows for found in _sequential(plan)]


def _sequential(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _sequential(part)
    elif isinstance(node, dict):
        if node.get("Node Type") == "Seq Scan" and node.get("Relation Name") in BIG_ON_POSTGRESQL:
            yield f"Seq Scan on {node['Relation Name']} with {node.get('Filter')}"
        for part in node.values():
            yield from _sequential(part)
