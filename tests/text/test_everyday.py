"""Entries that nearly every comment of a language would hold, and others that only look so."""

import pytest

from comments_service.text.everyday import everyday_in
from comments_service.text.language import LANGUAGES, NAMES

EVERYDAY = [
    ("the", {"en"}),
    ("THE", {"en"}),
    ("\u0442he", {"en"}),
    ("and", {"en"}),
    ("die", {"de"}),
    ("für", {"de"}),
    ("και", {"el"}),
    ("of the", {"en"}),
    ("*the*", {"en"}),
    ("the*", {"en"}),
    ("*and*", {"en"}),
    ("*est*", {"es", "fr"}),
    ("nad", {"et"}),
]
RARE = [
    "casino",
    "snake oil",
    "*bet*x",
    "*ing",
    "*ass*",
    "casino*",
    "*coin",
    "theatre",
    "the casino",
    "one of the",
    "🍆",
    "赌博",
    "#ihate",
    "evil.example",
]


@pytest.mark.parametrize(("term", "languages"), EVERYDAY)
def test_everyday_words_are_told_with_their_languages(term: str, languages: set[str]) -> None:
    assert everyday_in(term) >= languages


@pytest.mark.parametrize("term", RARE)
def test_other_terms_are_not(term: str) -> None:
    assert everyday_in(term) == frozenset()


def test_each_language_has_a_name() -> None:
    assert NAMES.keys() == LANGUAGES
