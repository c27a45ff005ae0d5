"""Flood: how fast is too fast."""

from datetime import UTC, datetime, timedelta

import pytest

from comments_service.domain.facts import Earlier, Facts
from comments_service.domain.verdict import Category, Signal
from tests.checks.asking import reasons, verdicts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def facts(count: int, *, minutes: float = 1, commenter: bool = True, address: bool = True) -> Facts:
    at = NOW - timedelta(minutes=minutes)
    return Facts(now=NOW, earlier=(Earlier(at, "f", commenter, address, True),) * count)


TABLE = [
    (facts(0), [], "the first"),
    (facts(5), [], "the sixth within minutes"),
    (facts(6), ["by_commenter"], "the seventh"),
    (facts(6, minutes=5), ["by_commenter"], "at the edge of the time"),
    (facts(6, minutes=5.1), [], "beyond it"),
    (facts(6, minutes=-1), [], "from the future, as a wrong clock has it"),
    (facts(14, commenter=False), [], "an office behind one address"),
    (facts(15, commenter=False), ["by_address"], "more than an office writes"),
    (facts(50, commenter=False, address=False), [], "everybody else together"),
]


@pytest.mark.parametrize(("past", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_comments_within_minutes(past: Facts, expected: list[str], why: str) -> None:
    assert reasons("flood", "Hello", facts=past) == expected


def test_the_site_says_how_many_may_pass() -> None:
    assert reasons("flood", "Hello", facts=facts(1), settings={"by_commenter": 1}) == [
        "by_commenter"
    ]
    assert reasons("flood", "Hello", facts=facts(6), settings={"by_commenter": 7}) == []
    assert reasons("flood", "Hello", facts=facts(6, minutes=9), settings={"minutes": 10}) != []


def test_it_tells_how_many_in_what_time() -> None:
    (verdict,) = verdicts("flood", "Hello", facts=facts(7))
    assert verdict.message == "The commenter's comments within 5 minutes: 8."
    assert (verdict.signal, verdict.category, verdict.score) == (
        Signal.SUSPECT,
        Category.SPAM,
        0.25,
    )
