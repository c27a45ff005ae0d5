"""Reading: what is taken for a link, and what else stands in a text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comments_service.domain.comment import make_submission
from comments_service.text.disguise import spelled_out
from comments_service.text.fold import fingerprint
from comments_service.text.reading import Passage, Reading

LINKS = [
    pytest.param(
        "see https://a.example/x?y=1.", [("https://a.example/x?y=1", "a.example")], id="url"
    ),
    pytest.param("HTTP://A.Example/X", [("HTTP://A.Example/X", "a.example")], id="capitals"),
    pytest.param(
        "[here](https://a.example/x) it is", [("https://a.example/x", "a.example")], id="md"
    ),
    pytest.param(
        '<a href="http://a.example">x</a>', [("http://a.example", "a.example")], id="html"
    ),
    pytest.param("<http://a.example>", [("http://a.example", "a.example")], id="angle brackets"),
    pytest.param("go to www.a.example/x now", [("www.a.example/x", "www.a.example")], id="www"),
    pytest.param("try casino.com, or not", [("casino.com", "casino.com")], id="a bare name"),
    pytest.param("gofundme.com/abc", [("gofundme.com/abc", "gofundme.com")], id="name and path"),
    pytest.param("youtu.be/x", [("youtu.be/x", "youtu.be")], id="a wordy ending with a path"),
    pytest.param(
        "http://u:p@a.example:81/", [("http://u:p@a.example:81/", "a.example")], id="parts"
    ),
    pytest.param("http://[bad", [("http://[bad", "")], id="no host can be read"),
    pytest.param("пример.рф", [("пример.рф", "xn--e1afmkfd.xn--p1ai")], id="other scripts"),
    pytest.param("xa.comx a.com", [("a.com", "a.com")], id="a piece that another holds"),
    pytest.param("x\u00e9.\u0441om \u00e9.COM", [("\u00e9.COM", "xn--9ca.com")], id="accents"),
    pytest.param("a.x\ta.com\u2003b.de", [("a.com", "a.com"), ("b.de", "b.de")], id="any space"),
    pytest.param(
        "a https://a.example b http://b.example",
        [("https://a.example", "a.example"), ("http://b.example", "b.example")],
        id="several, in order",
    ),
]


@pytest.mark.parametrize(("text", "links"), LINKS)
def test_links_are_found_with_their_hosts(text: str, links: list[tuple[str, str]]) -> None:
    found = Passage("body", text).links
    assert [(link.url, link.host) for link in found] == links
    assert [text[slice(*link.span)] for link in found] == [url for url, _ in links]


NO_LINKS = [
    "It is so. Me too.",
    "End.So it goes; see it.is",
    "mail a@b.com please",
    "3.5 and 1.2.3",
    "node.js, e.g. U.S.A.",
    "a://b",
    "...",
]


@pytest.mark.parametrize("text", NO_LINKS)
def test_other_dots_are_no_links(text: str) -> None:
    assert Passage("body", text).links == ()


def test_words_are_folded_and_know_their_place() -> None:
    passage = Passage("body", "Ｉ said: it's 5!")
    assert passage.words == (
        ("i", 0, 1),
        ("said", 2, 6),
        ("it", 8, 10),
        ("s", 11, 12),
        ("5", 13, 14),
    )


PIECES = st.text(st.sampled_from(list("abZé日1_'-.,!*@ \n\u2028")), max_size=40)


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_what_is_asked_without_places_is_the_same_with_them(text: str) -> None:
    passage = Passage("body", text)
    folded = passage.folded.text
    found = [(m[0], m.start(), m.end()) for m in re.finditer(r"[^\W_]+", folded)]
    assert passage.words == tuple(found)
    assert passage.wording == [word for word, _, _ in found]
    assert passage.odd_forms == {piece for piece, _, _ in passage.oddities}
    assert all(folded[at:until] == piece for piece, at, until in passage.oddities)
    assert passage.has_humps == bool(re.search("[a-z][A-Z]", text))
    assert passage.letters == sum(c.isalpha() for c in text)
    assert passage.capitals == sum(c.isupper() for c in text)


def test_letters_and_capitals_are_counted_in_what_was_typed() -> None:
    passage = Passage("body", "ÀB c1!")
    assert (passage.letters, passage.capitals) == (3, 2)


def test_a_reading_is_of_the_fields_readers_see() -> None:
    reading = Reading(make_submission(author_name="Ann", body="Hello", website="x"))
    assert [(p.field, p.original) for p in reading.passages] == [
        ("body", "Hello"),
        ("author_name", "Ann"),
    ]
    assert reading.fingerprint == fingerprint("Hello")
    assert reading.body.folded is reading.body.folded


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(list("abé1$@!_ .-*\n")), max_size=60))
def test_where_something_is_spelled_letters_stand_alone(text: str) -> None:
    """The costly look is taken only where the cheap one finds enough of them."""
    passage = Passage("body", text)
    assert passage.has_lone_letters or not list(spelled_out(passage.folded.text))


def test_a_name_is_read_once() -> None:
    first, again = (Reading(make_submission(author_name="Ann", body=b)) for b in ("One.", "Two."))
    assert first.author_name is again.author_name
