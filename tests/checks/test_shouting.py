"""Shouting: when capitals are a manner."""

import pytest

from comments_service.domain.verdict import Category
from tests.checks.asking import reasons, verdicts

TABLE = [
    ("This is a perfectly calm comment.", [], "calm"),
    ("THIS IS A PERFECTLY LOUD COMMENT.", ["capitals"], "loud"),
    ("WHY? BECAUSE I SAY so, and so on.", [], "half and half"),
    ("NO WAY!!!", [], "a short cry"),
    ("NATO, UNESCO and the WHO met the EU.", [], "initials"),
    ("ЭТО ОЧЕНЬ ГРОМКИЙ КОММЕНТАРИЙ", ["capitals"], "loud in Cyrillic"),
    ("日本語のコメントです。とても面白かったです。ありがとう", [], "a script without capitals"),
    ("1234567890 1234567890 1234567890", [], "no letters at all"),
]


@pytest.mark.parametrize(("body", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_capitals(body: str, expected: list[str], why: str) -> None:
    assert reasons("shouting", body) == expected


def test_the_site_says_what_shouting_is() -> None:
    assert reasons("shouting", "NO WAY!!!", settings={"min_letters": 5}) == ["capitals"]
    assert reasons("shouting", "Half and HALF AND HALF OF IT", settings={"share": 0.5}) != []


def test_it_is_a_question_of_manner() -> None:
    (verdict,) = verdicts("shouting", "THIS IS A PERFECTLY LOUD COMMENT.")
    assert verdict.category is Category.MANNER
    assert verdict.message == "100 % of the letters are capitals."
