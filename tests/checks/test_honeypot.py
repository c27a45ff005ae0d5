"""Honeypot: what fills a field that nobody sees."""

import pytest

from comments_service.domain.verdict import Category, Signal
from tests.checks.asking import reasons, verdicts

TABLE = [
    ("", [], "a person leaves it empty"),
    ("   ", [], "white space is nothing"),
    ("http://spam.example", ["filled_in"], "a program fills every field"),
    ("x", ["filled_in"], "whatever it fills in"),
]


@pytest.mark.parametrize(("website", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_the_hidden_field(website: str, expected: list[str], why: str) -> None:
    assert reasons("honeypot", "Hello", website=website) == expected


def test_it_is_spam_and_shows_the_field() -> None:
    (verdict,) = verdicts("honeypot", "Hello", website="abc")
    assert (verdict.signal, verdict.category, verdict.score) == (Signal.BAD, Category.SPAM, 1.0)
    assert (verdict.field, verdict.spans) == ("website", ((0, 3),))
