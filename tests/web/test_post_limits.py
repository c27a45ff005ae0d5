"""`POST /api/v1/comments`: how much one address may send, and one thread may take."""

import dataclasses

import pytest

from comments_service.config import Limit, Settings
from comments_service.domain.errors import Raced
from comments_service.services import drafts
from tests.cast import (
    OTHER_PAGE,
    Cast,
    assert_problem,
    one_database,
)
from tests.web.test_post_by_server import by_server
from tests.web.test_post_comment import stored


def test_an_address_has_five_a_minute(cast: Cast) -> None:
    address = "203.0.113.9"
    for n in range(5):
        cast.bob.says(f"Number {n}.", address=address)
    answer = cast.bob.post("One more.", address=address)
    assert_problem(answer, 429, "too-many")
    assert int(answer.headers["Retry-After"]) >= 1
    assert stored(cast) == 5
    cast.clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert cast.bob.post("One more.", address=address).status_code == 202


@one_database
def test_neighbours_of_one_ipv6_network_count_together(cast: Cast) -> None:
    for n in range(5):
        cast.bob.says(f"Number {n}.", address=f"2001:db8::{n + 1}")
    assert cast.bob.post("One more.", address="2001:db8::abcd:1").status_code == 429
    assert cast.bob.post("One more.", address="2001:db8:0:1::1").status_code == 202


FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP")


@one_database
def test_mallory_may_not_name_another_address(cast: Cast) -> None:
    answers = []
    for n in range(6):
        spoofed: dict[str, str | None] = dict.fromkeys(FORWARDED, f"198.51.100.{n}")
        answers.append(cast.bob.post(f"Number {n}.", address="203.0.113.9", headers=spoofed))
    assert answers[-1].status_code == 429


def test_the_same_request_again_takes_nothing_from_the_limit(cast: Cast) -> None:
    key: dict[str, str | None] = {"Idempotency-Key": "k-1"}
    for _ in range(8):
        cast.bob.says("Only once.", address="203.0.113.9", headers=key)


def test_what_could_not_be_stored_takes_nothing_from_the_limit(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Raced

    with monkeypatch.context() as busy:
        busy.setattr(drafts, "move_tallies", fail)  # After the limit was passed.
        for _ in range(6):
            assert_problem(cast.bob.post("Lost.", address="203.0.113.9"), 503, "busy")
    for n in range(5):
        cast.bob.says(f"Number {n}.", address="203.0.113.9")


def test_whose_clock_is_behind_waits_for_the_difference_at_the_end_of_the_limit(
    cast: Cast,
) -> None:
    """Two machines' clocks, or two moments of one; never do more pass than may."""
    cast.bob.says("By the clock ahead.", address="203.0.113.9")
    cast.clock.advance(seconds=-10)
    for n in range(3):
        cast.bob.says(f"Number {n}.", address="203.0.113.9")
    answer = cast.bob.post("The fifth.", address="203.0.113.9")
    assert_problem(answer, 429, "too-many")
    wait = int(answer.headers["Retry-After"])
    assert wait < 60 / 5, "that is when the next place would be free"
    cast.clock.advance(seconds=wait)
    cast.bob.says("The fifth.", address="203.0.113.9")
    assert cast.bob.post("The sixth.", address="203.0.113.9").status_code == 429


class TestThreadLimit:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, limit_thread=Limit(3, 60))

    def test_a_thread_has_its_own_limit(self, fresh_cast: Cast) -> None:
        for n in range(3):
            fresh_cast.bob.says(f"Number {n}.")
        assert_problem(fresh_cast.bob.post("One more."), 429, "too-many")
        assert fresh_cast.bob.post("Elsewhere.", OTHER_PAGE).status_code == 202
        assert by_server(fresh_cast, body="A server may.").status_code == 202


class TestThreadSize:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, thread_size=3)

    def test_a_page_holds_so_many_and_no_more(self, fresh_cast: Cast) -> None:
        comments = [fresh_cast.reader().says(f"Number {n}.") for n in range(3)]
        said = assert_problem(fresh_cast.bob.post("One more."), 409, "thread-closed")
        assert said["detail"] == "This page has as many comments as it can hold."
        assert fresh_cast.bob.post("Elsewhere.", OTHER_PAGE).status_code == 202
        fresh_cast.decide(comments[0], "spam")
        assert fresh_cast.bob.post("Now there is room.").status_code == 202
