"""The flood breaker: when everything begins to wait, who is told, and that it ends by itself."""

import dataclasses
from collections import Counter
from functools import partial

import pytest

from comments_service.config import Limit, Settings
from comments_service.domain.policy import PolicyMode
from comments_service.services.floods import QUIET, read_floods
from comments_service.services.sites import all_sites
from tests.cast import OTHER_PAGE, Cast, one_database
from tests.services.test_races import POST, at_once

MOST = 6


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, limit_thread=Limit(10_000, 60))


@pytest.fixture
def flooded(fresh_cast: Cast) -> Cast:
    """A site that publishes at once, and a page on which as many write as make a flood."""
    fresh_cast.set_site(mode=PolicyMode.POST, flood_addresses=MOST)
    for number in range(MOST):
        fresh_cast.reader(f"Reader {number}").says(f"Remark number {number}.")
    return fresh_cast


def status(cast: Cast, body: str = "One more.", **more: str) -> str:
    """How a comment arrives, from an address that nobody wrote from yet."""
    comment = cast.reader("Somebody").says(body, **more)
    found: str = cast.row(comment)["status"]
    return found


def jobs(cast: Cast) -> int:
    return cast.run_jobs()["floods"]


def test_what_comes_after_it_waits_there_and_nowhere_else(flooded: Cast) -> None:
    assert flooded.count() == MOST, "the last of them was still published"
    assert status(flooded, "Seven.") == "pending"
    assert status(flooded, "Elsewhere.", url=OTHER_PAGE) == "approved"
    (item,) = flooded.alice.queue()
    assert [verdict["reason"] for verdict in item["verdicts"]] == ["policy.flood"]
    assert flooded.broken() == []


def test_moderators_are_told_when_it_begins_and_when_it_is_over(flooded: Cast) -> None:
    browser = flooded.signed_in("alice@gazette.example", "moderator", ["gazette"])
    assert "Very many write on" in browser.get("/moderate/?site=gazette").text
    assert status(flooded, "Seven.") == "pending"
    flooded.clock.advance(seconds=QUIET.total_seconds() - 2)
    assert status(flooded, "It lasts.") == "pending"
    flooded.clock.advance(seconds=1)
    assert status(flooded, "It is quiet.") == "approved"
    assert "Very many write on" not in browser.get("/moderate/?site=gazette").text
    assert jobs(flooded) == 1
    assert jobs(flooded) == 0
    entries = flooded.rows("SELECT * FROM log WHERE action LIKE 'flood%' ORDER BY id")
    assert [(e["action"], e["actor_name"]) for e in entries] == [
        ("flood", "flood breaker"),
        ("flood_over", "flood breaker"),
    ]
    assert all(entry["thread_id"] for entry in entries)
    log = browser.get("/moderate/log?site=gazette").text
    assert "let comments through again: it is quiet" in log
    assert flooded.broken() == []


def test_it_lasts_as_long_as_very_many_go_on(flooded: Cast) -> None:
    """What ends it is quiet, not patience."""
    for minute in range(90):
        flooded.clock.advance(seconds=20)
        assert status(flooded, f"Minute {minute}.") == "pending"
    with flooded.app.app_context():
        gazette = next(site for site in all_sites() if site.slug == "gazette")
        (flood,) = read_floods(gazette, flooded.clock.now)
    assert flood.until_at == flooded.clock.now + QUIET
    assert flooded.one("SELECT COUNT(*) FROM log WHERE action = 'flood'") == 1


@one_database
@pytest.mark.parametrize(
    ("addresses", "seconds", "most", "expected"),
    [
        (MOST, 1, MOST, "pending"),
        (MOST - 1, 1, MOST, "approved"),
        (1, 1, MOST, "approved"),  # Very much from one address is no flood: limits are there.
        (MOST, 61, MOST, "approved"),  # Six in six minutes are five within five.
        (MOST, 1, 0, "approved"),  # The site wants none.
    ],
)
def test_what_makes_a_flood(
    *, addresses: int, seconds: int, most: int, expected: str, fresh_cast: Cast
) -> None:
    fresh_cast.set_site(mode=PolicyMode.POST, flood_addresses=most)
    for number in range(MOST):
        fresh_cast.clock.advance(seconds=seconds - 1 if addresses > 1 else 60)
        address = f"203.0.113.{number % addresses}"
        fresh_cast.reader("Reader").says(f"Remark number {number}.", address=address)
    assert status(fresh_cast) == expected


def test_of_many_at_once_no_more_are_published_than_make_it(fresh_cast: Cast) -> None:
    fresh_cast.set_site(mode=PolicyMode.POST, flood_addresses=MOST)
    fresh_cast.reader("First").says("The first.")
    readers = [fresh_cast.reader(f"Reader {n}") for n in range(20)]
    forms = [reader.form(f"Remark number {n}.") for n, reader in enumerate(readers)]
    answers = at_once(
        *[
            partial(reader.call, "POST", POST, json=form, address=f"203.0.113.{n}")
            for n, (reader, form) in enumerate(zip(readers, forms, strict=True))
        ]
    )
    arrived = Counter(answer.status_code for answer in answers)
    assert arrived == {201: MOST - 1, 202: 21 - MOST}
    assert fresh_cast.count() == MOST
    assert status(fresh_cast) == "pending"
    assert fresh_cast.broken() == []
