"""Repeats: who said the same before, and how often."""

from datetime import UTC, datetime, timedelta

import pytest

from comments_service.domain.facts import Earlier, Facts
from comments_service.domain.verdict import Category, Signal
from comments_service.text.fold import fingerprint
from tests.checks.asking import reasons, verdicts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = "Best prices for watches, ask me!"


def facts(own: int = 0, same_address: int = 0, others: int = 0, said: str = TEXT) -> Facts:
    at, mark = NOW - timedelta(hours=2), fingerprint(said)
    return Facts(
        now=NOW,
        earlier=(Earlier(at, mark, True, False, False),) * own
        + (Earlier(at, mark, False, True, False),) * same_address
        + (Earlier(at, mark, False, False, False),) * others,
    )


TABLE = [
    (TEXT, facts(), [], "never said"),
    (TEXT, facts(own=9, said="Something quite different"), [], "the same hand said something else"),
    (TEXT, facts(own=1), ["own"], "the same hand, once"),
    (TEXT, facts(same_address=1), ["own"], "the same address, once"),
    (TEXT, facts(own=2, same_address=1), ["own_many"], "the same hand, three times"),
    (TEXT, facts(others=2), [], "two others"),
    (TEXT, facts(others=3), ["by_several"], "three others"),
    (TEXT, facts(own=1, others=3), ["own"], "the same hand weighs more than others"),
    ("BEST prices for w\u200batches - ask mе", facts(own=1), ["own"], "in disguise"),
    ("Thank you!", facts(own=9, others=9, said="Thank you!"), [], "short thanks may be repeated"),
]


@pytest.mark.parametrize(("body", "past", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_copies_within_a_day(body: str, past: Facts, expected: list[str], why: str) -> None:
    assert reasons("repeats", body, facts=past) == expected


def test_the_site_says_what_a_repeat_is() -> None:
    thanks = facts(own=1, said="Thank you!")
    assert reasons("repeats", "Thank you!", facts=thanks, settings={"min_letters": 5}) == ["own"]
    assert reasons("repeats", TEXT, facts=facts(own=1), settings={"spam_after": 1}) == ["own_many"]
    assert reasons("repeats", TEXT, facts=facts(others=1), settings={"by_anyone": 1}) != []


def test_only_a_hand_that_goes_on_is_spam() -> None:
    (once,) = verdicts("repeats", TEXT, facts=facts(own=1))
    (often,) = verdicts("repeats", TEXT, facts=facts(own=4))
    (several,) = verdicts("repeats", TEXT, facts=facts(others=40))
    assert [v.signal for v in (once, often, several)] == [
        Signal.SUSPECT,
        Signal.BAD,
        Signal.SUSPECT,
    ]
    assert {v.category for v in (once, often, several)} == {Category.SPAM}
    assert (
        often.message == "The same commenter or address posts this text again and again: 4 times."
    )
