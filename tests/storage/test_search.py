"""Searches find what a plain look through every comment finds, and read little of PostgreSQL's."""

import random
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

import pytest
from sqlalchemy import text

from benchmarks.crowd import Place, Size, fill
from comments_service.services.keys import hash_secret
from comments_service.services.sites import show_site
from comments_service.storage import read
from comments_service.storage.db import db
from comments_service.storage.queries.looking import MOST, QueuePosition, QueueSort
from comments_service.storage.queries.queue import QueueFilter, list_queue
from comments_service.storage.queries.search import (
    BEFORE_ALL,
    LARGEST,
    LATEST,
    MOST_RANGES,
    WIDTHS,
    Order,
    next_matches,
    part_until,
)
from tests.cast import GAZETTE, Cast
from tests.statements import watched
from tests.storage.crowd import database_url

__all__ = ["database_url"]

ON_POSTGRESQL: Final = pytest.mark.parametrize(
    "backend", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
COMMENTS: Final = 2_000
SEARCHES: Final = (
    "remark",
    "frequent",
    "remark frequent",
    "few",
    "frequent few",
    "single",
    "oldest",
    "middle",
    "elsewhere",
    "frequent elsewhere",
    "nowhere",
    "remark nowhere",
)
ORDERS: Final[tuple[QueueSort, ...]] = ("newest", "oldest", "risk")


def words_of(number: int, chance: random.Random) -> str:
    """Words that stand everywhere, here and there, together, in one time, or only on one site."""
    said = ["remark"]
    said += ["frequent"] * (chance.random() < 0.1)
    said += ["few"] * (chance.random() < 0.004)
    said += ["single"] * (number == COMMENTS // 3)
    said += ["oldest"] * (number < 40)
    said += ["middle"] * (COMMENTS // 2 < number < COMMENTS // 2 + 90)
    said += ["elsewhere"] * (number % 3 == 0)
    return " ".join(said)


@pytest.fixture
def crowd(fresh_cast: Cast) -> Mapping[str, list[dict[str, Any]]]:
    """Comments of ten months, every third of them the herald's: what there is, by site."""
    chance, cast = random.Random(20), fresh_cast
    with cast.app.app_context():
        gazette, herald = show_site("gazette"), show_site("herald")
        place = Place(gazette.id, GAZETTE, cast.clock.now, hash_secret(cast.bob.key))
        with db.engine.begin() as conn:
            fill(conn, place, Size(COMMENTS, 20, 50, 7))
            ids = conn.execute(text("SELECT id FROM comment ORDER BY id")).scalars().all()
            said = [
                {
                    "id": found,
                    "body": words_of(number, chance),
                    "site": herald.id if number % 3 == 0 else gazette.id,
                }
                for number, found in enumerate(ids)
            ]
        # Where the crowd was written triggers rest until the end of the transaction.
        with db.engine.begin() as conn:
            conn.execute(
                text("UPDATE comment SET body = :body, site_id = :site WHERE id = :id"), said
            )
        with db.engine.connect() as conn:
            rows = [
                dict(row._mapping)
                for row in conn.execute(
                    text("SELECT id, site_id, queue, risk, author_key, body FROM comment")
                )
            ]
    return {
        "gazette": [row for row in rows if row["site_id"] == gazette.id],
        "herald": [row for row in rows if row["site_id"] == herald.id],
    }


def looked_through(rows: list[dict[str, Any]], wanted: QueueFilter, sort: QueueSort) -> list[int]:
    """The ids of all of a search, by looking at every comment."""

    def place(row: dict[str, Any]) -> tuple[int, ...]:
        return {
            "newest": (-row["id"],),
            "oldest": (row["id"],),
            "risk": (-row["risk"], -row["id"]),
        }[sort]

    found = [
        row
        for row in rows
        if set((wanted.words or "").split()) <= set(row["body"].split())
        and wanted.tab in ("all", row["queue"])
        and wanted.author_key in (None, row["author_key"])
    ]
    return [row["id"] for row in sorted(found, key=place)]


def test_a_search_finds_what_looking_at_every_comment_finds(
    fresh_cast: Cast, crowd: Mapping[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page after page, in every order, on either site, with filters that keep most and few."""
    for module in ("looking", "queue"):
        monkeypatch.setattr(f"comments_service.storage.queries.{module}.MOST", 60)
    filters = (
        *(QueueFilter(tab) for tab in ("all", "approved", "pending")),
        QueueFilter("all", author_key="reader 7"),
    )
    chance = random.Random(5)
    with fresh_cast.app.app_context(), read() as conn:
        for words, kept, sort in product(SEARCHES, filters, ORDERS):
            asked = QueueFilter(kept.tab, author_key=kept.author_key, words=words)
            site, limit = chance.choice(("gazette", "herald")), chance.choice((2, 7, 51))
            expected = looked_through(crowd[site], asked, sort)
            found: list[int] = []
            after: QueuePosition | None = None
            for _ in range(12):
                page = list_queue(
                    conn, show_site(site).id, asked, sort=sort, after=after, limit=limit
                )
                found += [row.id for row in page.rows]
                assert len(page.rows) <= limit
                assert found == expected[: len(found)], (asked, site, sort, limit)
                after = page.after
                if after is None:
                    break
            assert after is not None or found == expected, (asked, site, sort, limit)


@ON_POSTGRESQL
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_matches_come_in_order_and_are_all_where_they_say_so(
    fresh_cast: Cast, crowd: Mapping[str, list[dict[str, Any]]], order: Order
) -> None:
    every = sorted((*crowd["gazette"], *crowd["herald"]), key=lambda row: row["id"])
    ids = [row["id"] for row in every]
    edges = (BEFORE_ALL[order], ids[0], ids[-1], ids[700], ids[700] + 1, 0, LARGEST)
    with fresh_cast.app.app_context(), read() as conn:
        for words in SEARCHES:
            for edge in edges:
                for wanted in (1, 9, 64, 500, COMMENTS):
                    expected = [
                        row["id"]
                        for row in every
                        if set(words.split()) <= set(row["body"].split())
                        and (row["id"] < edge if order == "newest" else row["id"] > edge)
                    ][:: -1 if order == "newest" else 1]
                    found = next_matches(conn, words, order, edge, wanted)
                    assert list(found.ids) == expected[:wanted], (words, edge, wanted)
                    if found.are_all or len(found.ids) < wanted:
                        assert found.are_all
                        assert list(found.ids) == expected


DAY: Final = 86_400_000 << 21
"""Of ids."""
NOW: Final = 2_500 * DAY + 12_345
PARTS: Final[list[tuple[Order, int, int, int | None]]] = [
    ("newest", NOW, NOW - 1, 44),
    ("newest", NOW, NOW - 6 * DAY, 44),
    ("newest", NOW, NOW - 7 * DAY, 50),
    ("newest", NOW, NOW - 380 * DAY, 50),
    ("newest", NOW, NOW - 400 * DAY, None),
    ("newest", NOW, -1, None),
    ("newest", 1, 0, 44),
    ("newest", LARGEST, NOW, None),
    ("oldest", NOW, NOW + 1, 44),
    ("oldest", NOW, NOW + 7 * DAY, 50),
    ("oldest", NOW, LARGEST + 1, None),
    ("oldest", LARGEST - 5, LARGEST, 44),
    ("oldest", -1, 5, 44),
]


@pytest.mark.parametrize(("order", "edge", "far", "width"), PARTS)
def test_a_part_is_made_of_whole_ranges_and_reaches_as_far_as_it_must(
    order: Order, edge: int, far: int, width: int | None
) -> None:
    part = part_until(order, edge, far)
    if width is None:
        assert part is None
        return
    assert part is not None
    assert 0 < len(part.ranges) <= MOST_RANGES
    assert width in WIDTHS
    first = [found - width for found in part.ranges]
    assert first == list(range(first[0], first[-1] + 1, 1 << width))
    near, end = edge - 1 if order == "newest" else edge + 1, first[-1] + (1 << width) - 1
    if order == "newest":
        assert first[0] == part.far <= far <= near <= end
    else:
        assert first[0] <= near <= far <= part.far == end <= LARGEST


def read_of(plan: dict[str, Any], tables: Sequence[str]) -> int:
    """Rows of these tables that a plan looked at, whether or not it kept them."""
    left_out = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    is_ours = plan.get("Relation Name") in tables
    own = (plan["Actual Rows"] + left_out) * plan["Actual Loops"] if is_ours else 0
    return int(own) + sum(read_of(part, tables) for part in plan.get("Plans", ()))


def rows_read(cast: Cast, words: str, limit: int, tab: str, *tables: str) -> tuple[int, int]:
    """How many statements a first page takes, and how many rows they read."""
    with cast.app.app_context(), watched(cast.app) as seen, read() as conn:
        site = show_site("gazette").id
        seen.clear()
        wanted = QueueFilter(tab, words=words)
        list_queue(conn, site, wanted, sort="newest", after=None, limit=limit)
        asked = list(seen)
        total = 0
        for statement, values in asked:
            explained = conn.exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values
            ).scalar_one()
            total += read_of(explained[0]["Plan"], tables)
    return len(asked), total


def fill_gazette(cast: Cast, size: Size) -> None:
    with cast.app.app_context(), db.engine.begin() as conn:
        place = Place(show_site("gazette").id, GAZETTE, cast.clock.now, hash_secret(cast.bob.key))
        fill(conn, place, size)


def clean(cast: Cast) -> None:
    with cast.app.app_context(), db.engine.connect() as conn:
        conn.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


@ON_POSTGRESQL
def test_a_page_costs_what_it_holds_and_not_what_was_ever_said(fresh_cast: Cast) -> None:
    """Five hundred comments have the word: of what is read for a page they are a small part."""
    fill_gazette(fresh_cast, Size(20_000, 200, 500, 7))
    fresh_cast.execute("UPDATE comment SET body = body || ' heron' WHERE risk % 40 = 0")
    fresh_cast.execute("UPDATE comment SET body = body || ' auk' WHERE risk % 40 = 20")
    clean(fresh_cast)
    assert fresh_cast.one("SELECT COUNT(*) FROM comment WHERE body LIKE '% heron'") == 500
    for words, limit, tab in (
        ("heron", 6, "all"),
        ("heron", 6, "approved"),
        ("zebra", 6, "all"),
        ("remark park", 51, "all"),
        ("nowhere", 51, "all"),
        ("heron auk", 51, "all"),
        ("park 77", 51, "all"),
    ):
        statements, rows = rows_read(fresh_cast, words, limit, tab, "comment", "comment_search")
        assert statements <= 5, words
        assert rows <= LATEST + 8 * limit, words


@ON_POSTGRESQL
def test_a_word_that_all_have_is_gone_along_in_parts_in_a_rare_tab_too(fresh_cast: Cast) -> None:
    fill_gazette(fresh_cast, Size(21_000, 200, 500, 7))
    clean(fresh_cast)
    assert fresh_cast.one("SELECT COUNT(*) FROM comment WHERE queue = 'pending'") > MOST
    statements, rows = rows_read(fresh_cast, "remark", 50, "pending", "comment_search")
    assert statements <= 6
    assert rows <= LATEST + 3 * MOST
