"""Words: what a site blocks, and what it blocks by mistake is refused."""

import pytest

from comments_service import checks
from comments_service.domain.errors import InvalidFields
from comments_service.domain.verdict import Category, Signal
from tests.checks.asking import reasons, verdicts

LIST = {"words": ["gazpacho", "cold soup", "casino*", "*bet*", "*coin", "笨蛋", "Žluťoučký"]}

TABLE = [
    ("I like soup.", [], "nothing of the list"),
    ("I like Gazpacho!", ["blocked"], "a word"),
    ("gazpachos", [], "a word is whole"),
    ("g a z p a c h o and g4zp4ch0", ["blocked"], "in disguise"),
    ("a cold soup", ["blocked"], "a phrase"),
    ("It is cold. Soup?", [], "a phrase is of one sentence"),
    ("casinos and casino-goers", ["blocked"], "a beginning"),
    ("the alphabet", ["blocked"], "a part, as the site wanted it"),
    ("bitcoin", ["blocked"], "an end"),
    ("coined", [], "an end is no beginning"),
    ("你是笨蛋", ["blocked"], "a script without spaces"),
    ("zlutoucky kun", ["blocked"], "accents left out"),
]


@pytest.mark.parametrize(("body", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_blocked_words(body: str, expected: list[str], why: str) -> None:
    assert reasons("words", body, settings=LIST) == expected


def test_without_a_list_nothing_is_blocked() -> None:
    assert reasons("words", "gazpacho") == []


def test_it_refuses_and_shows_the_entry_and_the_places() -> None:
    (verdict,) = verdicts("words", "Gazpacho, g.a.z.p.a.c.h.o", settings=LIST)
    assert (verdict.signal, verdict.category) == (Signal.BAD, Category.PROFANITY)
    assert verdict.message == "This site blocks 'gazpacho'."
    assert verdict.spans == ((0, 8), (10, 25))


def test_names_are_looked_at_too() -> None:
    (verdict,) = verdicts("words", "Hello", author_name="Mr Gazpacho", settings=LIST)
    assert (verdict.field, verdict.spans) == ("author_name", ((3, 11),))


def test_the_site_says_what_kind_of_words_they_are() -> None:
    (verdict,) = verdicts("words", "gazpacho", settings={**LIST, "category": "insult"})
    assert verdict.category is Category.INSULT


REFUSED = [
    (["*"], "an entry that would block everything"),
    ([" "], "an entry of nothing"),
    (["ca*no"], "a star inside"),
    ([""], "an empty entry"),
    (["x" * 101], "an entry longer than 100 characters"),
    (["x"] * 2_001, "more than 2,000 entries"),
    ([5], "something that is no text"),
]


@pytest.mark.parametrize(("words", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_lists_that_make_no_sense_are_refused(words: list[str], why: str) -> None:
    with pytest.raises(InvalidFields) as raised:
        checks.validate_settings("words", {"words": words})
    assert [e.field for e in raised.value.errors] == ["words"]


@pytest.mark.parametrize(
    "entry", ["x" * 100, "a " * 50, "a*" * 50, "(a+)+$" * 16, "\u0301" * 100, "ﬃ" * 100, "[" * 100]
)
def test_hostile_entries_are_taken_or_refused(entry: str) -> None:
    try:
        checks.validate_settings("words", {"words": [entry]})
    except InvalidFields:
        return
    assert reasons("words", "a " * 4_000, settings={"words": [entry]}) in ([], ["blocked"])
