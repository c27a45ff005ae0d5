"""Guessing a language from little words: what is known, what is left open, what is nobody's."""

import pytest

from comments_service.text.language import LANGUAGES, likely, weigh

GUESSED = [
    ("the dog and the cat", {"en"}),
    ("der hund und die katze sind nicht da", {"de"}),
    ("el perro y los gatos", {"es"}),
    ("o cachorro nao esta com a gata", {"pt"}),
    ("il cane e della gatta", {"it"}),
    ("le chien et les chats ne sont pas", {"fr"}),
    ("собака и кошка это не все", {"ru"}),
    ("це дуже добре", {"uk"}),
    ("και το σκυλι", {"el"}),
    ("hund och katt", {"sv"}),
    ("kissa ja koira eivat ole", {"fi"}),
    ("xyzzy", set()),
    ("", set()),
]


@pytest.mark.parametrize(("text", "expected"), GUESSED)
def test_little_words_tell_the_language(text: str, expected: set[str]) -> None:
    assert likely(weigh(text.split()), weigh(())) >= expected
    assert bool(likely(weigh(text.split()), weigh(()))) == bool(expected)


def test_what_stands_near_goes_before_the_whole_text() -> None:
    near, whole = weigh("das ist nicht".split()), weigh("the and of to is are was".split())
    assert likely(near, whole) == {"de"}
    assert likely(weigh(()), whole) == {"en"}


def test_the_whole_text_breaks_a_tie() -> None:
    tie, whole = weigh(["con"]), weigh("il cane e della gatta con".split())
    assert likely(tie, whole) == {"it"}


def test_a_word_said_often_counts_once() -> None:
    assert weigh(["the"] * 1_000)["en"] == 1


def test_the_codes_are_those_of_the_standard() -> None:
    assert all(len(code) == 2 and code.islower() for code in LANGUAGES)
