"""What moderators see of a text in disguise: the very characters, marked, said, and not copied."""

import pytest
from playwright.sync_api import Page, expect

from comments_service.domain.words import SiteWord
from tests.e2e.desks import Open, card
from tests.support.newsroom import OLGA, Newsroom

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]

DISGUISES: list[tuple[str, str, list[str]]] = [
    ("Leet", "You 1d10t.", ["1d10t"]),
    ("Stars", "What the f**k is this?", ["f**k"]),
    ("Spaces", "You i d i o t there.", ["i d i o t"]),
    ("Invisible", "You i\u200bd\u200bi\u200bo\u200bt.", ["i\u200bd\u200bi\u200bo\u200bt"]),
    ("Backwards", "You \u202etoidi\u202c.", ["toidi"]),
    ("Look-alikes", "You \u0456di\u043et.", ["\u0456di\u043et"]),
    ("Markdown", "You i**d**iot.", ["i**d**iot"]),
    ("HTML", "You id<b></b>iot, fu<i>c</i>k.", ["id<b></b>iot", "fu<i>c</i>k"]),
    ("Entities", "You &#105;diot.", ["&#105;diot"]),
    ("Marks to the end", "You i\u0323diot\u0327\u0301!", ["i\u0323diot\u0327\u0301"]),
    ("Smileys", "You i😀d😀i😀o😀t.", ["i😀d😀i😀o😀t"]),
    ("Joined emoji", "F👩\u200d👧u👩\u200d👧c👩\u200d👧k!", ["F👩\u200d👧u👩\u200d👧c👩\u200d👧k"]),
    ("Keycaps", "You 1\ufe0f\u20e3d1\ufe0f\u20e3ot.", ["1\ufe0f\u20e3d1\ufe0f\u20e3ot"]),
    ("Bold", "You 𝐢𝐝𝐢𝐨𝐭.", ["𝐢𝐝𝐢𝐨𝐭"]),
    ("Between other letters", "שלום idiot שלום", ["idiot"]),
    ("Two checks", "A casino idiot, idiot.", ["casino ", "idiot", "idiot"]),
]


@pytest.fixture
def desk(newsroom: Newsroom, sign_in: Open) -> Page:
    newsroom.list_words(SiteWord("casino idiot", 1.0))
    for name, text, _ in DISGUISES:
        newsroom.comment(text, name)
    newsroom.comment("YOU ARE ALL VERY WELCOME HERE, idiot", "Big 1d10t")
    return sign_in(OLGA, viewport={"width": 1000, "height": 900})


def test_every_disguise_is_marked_where_it_stands(desk: Page) -> None:
    desk.goto(desk.url.split("?")[0] + "?status=all")
    for name, text, marked in DISGUISES:
        place = card(desk, name).locator(".text")
        assert place.text_content() == text, name
        assert place.locator("mark").all_text_contents() == marked, name


def test_a_mark_says_what_it_is_and_is_no_part_of_the_text(desk: Page) -> None:
    desk.goto(desk.url.split("?")[0] + "?status=all")
    both = card(desk, "Two checks").locator("mark")
    expect(both.nth(1)).to_have_attribute("data-found", "words: blocked, abuse: likely")
    assert [m.get_attribute("class") for m in both.all()] == ["bad", "bad", "suspect"]
    loud = card(desk, "Big")
    assert "noted" in {m.get_attribute("class") for m in loud.locator(".text mark").all()}
    heard = loud.aria_snapshot()
    assert "[profanity: insult: 1d10t ]" in heard
    assert "[shouting: capitals: YOU ARE" in heard
    expect(loud.locator("h2")).to_have_text("Big 1d10t")
    copied = "e => (getSelection().selectAllChildren(e), getSelection().toString())"
    assert loud.locator(".text").evaluate(copied) == "YOU ARE ALL VERY WELCOME HERE, idiot"
    # Not by colour alone: each weight has a line of its own.
    lines = "es => es.map((e) => getComputedStyle(e).textDecorationStyle)"
    assert set(desk.locator(".card mark").evaluate_all(lines)) == {"solid", "double", "dotted"}


def test_what_a_reader_reversed_reverses_nothing_else(desk: Page) -> None:
    desk.goto(desk.url.split("?")[0] + "?status=all")
    said = card(desk, "Backwards").locator(".verdicts bdi")
    assert said.first.text_content() == "An insult: 'toidi'."
