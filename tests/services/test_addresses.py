"""Addresses: what is kept of them, under which key, and that in the end neither is left."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from comments_service.config import Settings
from comments_service.services.addresses import KEY_LIFE, hashes_of
from comments_service.storage.queries.addresses import AddressKey
from tests.cast import Cast, one_database

KEPT = ("address_hash", "network_hash", "address_key")


def run(cast: Cast, **later: float) -> dict[str, int]:
    """The job runner looks, some time later."""
    return cast.run_jobs(cast.clock.advance(**later))


def kept(cast: Cast, comment: str) -> tuple[Any, ...]:
    row = cast.row(comment)
    return tuple(row[name] for name in KEPT)


@pytest.mark.parametrize(
    ("one", "other", "address_is_same", "network_is_same"),
    [
        ("203.0.113.9", "203.0.113.9", True, True),
        ("203.0.113.9", "::ffff:203.0.113.9", True, True),
        ("203.0.113.9", "203.0.113.255", False, True),
        ("203.0.113.9", "203.0.112.9", False, False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True, True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False, True),
        ("2001:db8:1:2::1", "2001:db8:2:2::1", False, False),
    ],
)
def test_addresses_are_told_apart_by_their_prefixes(
    one: str, other: str, *, address_is_same: bool, network_is_same: bool, settings: Settings
) -> None:
    key = AddressKey(1, "salt", None)  # type: ignore[arg-type]  # Its age is not asked for.
    first, second = hashes_of(settings, key, one), hashes_of(settings, key, other)
    assert first is not None
    assert second is not None
    assert (first.address == second.address) is address_is_same
    assert (first.network == second.network) is network_is_same
    assert first.address != first.network


@one_database
def test_a_hash_needs_both_halves_of_its_key(settings: Settings) -> None:
    keys = [AddressKey(n, f"salt-{n}", None) for n in (1, 2)]  # type: ignore[arg-type]  # As above.
    elsewhere = dataclasses.replace(settings, secret_keys=("another-" * 6,))
    found = [hashes_of(s, key, "203.0.113.9") for s in (settings, elsewhere) for key in keys]
    assert len({hashes.address for hashes in found if hashes}) == 4
    assert hashes_of(settings, keys[0], "no address") is None
    assert hashes_of(settings, keys[0], None) is None


def test_the_key_changes_after_thirty_days_and_the_old_one_goes_after_thirty_more(
    cast: Cast,
) -> None:
    first = cast.bob.says("One.", address="203.0.113.9")
    run(cast, days=29)
    second = cast.bob.says("Two.", address="203.0.113.9")
    assert kept(cast, second) == kept(cast, first)
    run(cast, days=1)
    cast.clock.advance(hours=2)
    third = cast.bob.says("Three.", address="203.0.113.9")
    assert kept(cast, third)[2] == kept(cast, second)[2] + 1
    assert kept(cast, third)[0] not in kept(cast, second)
    assert kept(cast, first) == (None, None, None)
    assert None not in kept(cast, second)
    done = run(cast, days=29, hours=21)
    assert done["address_keys"] == 0
    assert kept(cast, second) == (None, None, None)
    assert run(cast, hours=1, seconds=2)["address_keys"] == 1
    assert None not in kept(cast, third), "its key is there as long as it"
    run(cast, days=1)
    left = cast.one("SELECT MIN(number) FROM address_key")
    assert left == kept(cast, cast.bob.says("Four."))[2] - 1


def test_every_hash_has_its_key_and_every_old_key_a_hash_that_may_be(cast: Cast) -> None:
    """Four months, a post every nine hours, jobs every now and then."""
    lost = (
        "SELECT COUNT(*) FROM comment WHERE address_key IS NOT NULL"
        " AND address_key NOT IN (SELECT number FROM address_key)"
    )
    oldest = 30 * 86_400_000
    for number in range(320):
        cast.clock.advance(hours=9)
        if number % 7 == 0:
            run(cast)
            assert cast.one(lost) == 0
        if number % 3 == 0:
            cast.reader().says(f"Number {number}.")
    run(cast)
    now = cast.clock.now.timestamp() * 1000
    aged = cast.one(
        "SELECT COUNT(*) FROM comment WHERE address_hash IS NOT NULL AND created_at < :at",
        at=now - oldest,
    )
    assert aged == 0
    assert cast.one("SELECT COUNT(*) FROM address_key") <= 3


@one_database
def test_a_clock_that_was_ahead_leaves_no_key_for_years(cast: Cast) -> None:
    run(cast, days=400)
    ahead = cast.one("SELECT MAX(number) FROM address_key")
    cast.clock.advance(days=-400)
    run(cast)
    assert cast.one("SELECT MAX(number) FROM address_key") == ahead + 1
    assert timedelta(days=30) == KEY_LIFE


@one_database
def test_the_first_post_finds_its_key_where_no_job_has_run(cast: Cast) -> None:
    cast.execute("DELETE FROM address_key")
    assert None not in kept(cast, cast.bob.says("The first."))
    assert cast.one("SELECT COUNT(*) FROM address_key") == 1
