"""`/moderate/words`: what an owner lists, tries, searches, changes, removes and puts back."""

import html
import re

import pytest

from comments_service.domain.words import MAX_ENTRIES, SiteWord
from comments_service.services import words
from comments_service.services.sites import show_site
from tests.support.newsroom import HUGO, OLGA, ROSA, Desk, Newsroom

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

WORDS = "/moderate/words?site=gazette"


@pytest.fixture
def olga(newsroom: Newsroom) -> Desk:
    return newsroom.sign_in(OLGA)


def stored(newsroom: Newsroom) -> list[tuple[str, float, str, str]]:
    with newsroom.app.app_context():
        found = words.read_all(show_site("gazette"))
    return [(w.term, w.severity, w.category.value, w.note) for w in found]


def form(**changes: str) -> dict[str, object]:
    """The form as a browser sends it."""
    return {
        "term": "",
        "place": "",
        "level": "hold",
        "severity": "",
        "category": "profanity",
        "note": "",
        "sample": "",
        "do": "add",
        **changes,
    }


def said(page: str) -> str:
    """The page as it is read."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


LISTED = [
    ({"term": " Snake  oil "}, ("Snake oil", 0.6, "profanity", "")),
    ({"term": "casino", "place": "begins"}, ("casino*", 0.6, "profanity", "")),
    ({"term": "coin", "place": "ends"}, ("*coin", 0.6, "profanity", "")),
    ({"term": "bet", "place": "inside"}, ("*bet*", 0.6, "profanity", "")),
    ({"term": "casino*", "place": "ends"}, ("casino*", 0.6, "profanity", "")),
    ({"term": "toad", "level": "refuse", "category": "insult"}, ("toad", 1.0, "insult", "")),
    ({"term": "toad", "level": "harmless"}, ("toad", 0.0, "profanity", "")),
    ({"term": "toad", "level": "number", "severity": "0,75"}, ("toad", 0.75, "profanity", "")),
    ({"term": "toad", "note": " Why  not "}, ("toad", 0.6, "profanity", "Why not")),
]


@pytest.mark.parametrize(("typed", "kept"), LISTED)
def test_an_owner_lists_a_word(
    newsroom: Newsroom, olga: Desk, typed: dict[str, str], kept: tuple[str, float, str, str]
) -> None:
    assert olga.post(WORDS, form(**typed)).status_code == 303
    assert stored(newsroom) == [kept]
    assert f"Listed: '{kept[0]}'" in said(olga.get(WORDS).text)


def test_an_everyday_word_is_listed_with_a_tick_alone(newsroom: Newsroom, olga: Desk) -> None:
    asked = olga.post(WORDS, form(term="The", level="refuse"))
    assert asked.status_code == 422
    assert "'The' would be found in nearly every comment in English." in said(asked.text)
    assert 'name="even_so"' in asked.text
    assert stored(newsroom) == []
    assert olga.post(WORDS, form(term="The", level="refuse", even_so="1")).status_code == 303
    assert stored(newsroom) == [("The", 1.0, "profanity", "")]
    # Already listed, so to change it asks nothing; nor does putting it back.
    assert olga.post(WORDS, form(term="the")).status_code == 303
    assert 'name="even_so"' not in olga.get(WORDS).text
    olga.post("/moderate/words/remove?site=gazette", {"key": "the"}, page=WORDS)
    page = olga.get(WORDS).text
    back = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert back["even_so"] == "1"


def test_a_word_that_is_an_everyday_one_elsewhere_is_told_of(
    newsroom: Newsroom, olga: Desk
) -> None:
    assert olga.post(WORDS, form(term="nad")).status_code == 303
    assert "'nad' would be found in most comments in Estonian." in said(olga.get(WORDS).text)


REFUSED = [
    ({"term": "  "}, "Please write a word"),
    ({"term": "a", "place": "inside"}, "at least 3 letters"),
    ({"term": "x" * 90_000}, "at most 100 characters"),
    ({"term": "ab\x00c"}, "NUL"),
    ({"term": "ca*sino"}, "star counts only"),
    ({"term": "kept", "level": "number", "severity": "loud"}, "number from 0 to 1"),
    ({"term": "kept", "level": "number", "severity": "2"}, "number from 0 to 1"),
    ({"term": "kept", "level": "number", "severity": "nan"}, "number from 0 to 1"),
    ({"term": "kept", "level": "loud"}, "Not a valid choice"),
    ({"term": "kept", "category": "spam"}, "Not a valid choice"),
    ({"term": "kept", "place": "around"}, "Not a valid choice"),
    ({"term": "kept", "note": "x" * 201}, "200"),
]


@pytest.mark.parametrize(("typed", "told"), REFUSED)
def test_what_cannot_be_listed_is_told_beside_its_field_and_kept(
    newsroom: Newsroom, olga: Desk, typed: dict[str, str], told: str
) -> None:
    answer = olga.post(WORDS, form(sample="My sample", **({"note": "My note"} | typed)))
    assert answer.status_code == 422
    assert told in said(answer.text)
    assert 'class="fault"' in answer.text
    assert "My sample</textarea>" in answer.text
    if typed["term"] == "kept":
        assert 'value="kept"' in answer.text
    if "note" not in typed:
        assert 'value="My note"' in answer.text
    assert stored(newsroom) == []


def test_listing_what_is_there_changes_it_and_says_what_it_was(
    newsroom: Newsroom, olga: Desk
) -> None:
    newsroom.list_words(SiteWord("Casino", 1.0))
    olga.post(WORDS, form(term="casino"))
    page = said(olga.get(WORDS).text)
    assert "Changed: 'casino' is hold, profanity; it was refuse, profanity." in page
    assert [w[0] for w in stored(newsroom)] == ["casino"]


TRIED = [
    ({"term": "casino"}, "A casino!", ("<mark>casino</mark>", "Suspect: This site wants to see")),
    ({"term": "casino", "level": "refuse"}, "A cas1no!", ("<mark>cas1no</mark>", "Bad: This site")),
    ({"term": "casino", "level": "mild"}, "A casino!", ("A casino!", "Nothing is found")),
    ({"term": "casino"}, "A <b>café</b>", ("A &lt;b&gt;café&lt;/b&gt;", "Nothing is found")),
    ({"term": "casino", "level": "harmless"}, "A casino", ("A casino", "excuses what others find")),
]


@pytest.mark.parametrize(("typed", "sample", "seen"), TRIED)
def test_a_word_is_tried_before_it_is_listed(
    newsroom: Newsroom, olga: Desk, typed: dict[str, str], sample: str, seen: tuple[str, str]
) -> None:
    answer = olga.post(WORDS, form(do="try", sample=sample, **typed))
    assert answer.status_code == 200
    shown, says = seen
    assert shown in answer.text
    assert says in said(answer.text)
    assert 'value="casino"' in answer.text
    assert stored(newsroom) == []


def test_a_word_is_removed_and_put_back(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.list_words(SiteWord("*Café", 0.75, note="Why"), SiteWord("turnip", 1.0))
    olga.post("/moderate/words/remove?site=gazette", {"key": "*cafe"}, page=WORDS)
    assert [w[0] for w in stored(newsroom)] == ["turnip"]
    page = olga.get(WORDS).text
    assert "Removed '*Café'." in said(page)
    back = page[page.index("Removed") :]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', back)[:8])
    assert olga.post(WORDS, {k: html.unescape(v) for k, v in hidden.items()}).status_code == 303
    assert stored(newsroom)[0] == ("*Café", 0.75, "profanity", "Why")
    olga.post("/moderate/words/remove?site=gazette", {"key": "nothing"}, page=WORDS)
    assert "It was gone already." in olga.get(WORDS).text


def test_an_entry_is_opened_to_be_changed(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.list_words(SiteWord("casino*", 0.75, note="Adverts"))
    page = olga.get(WORDS).text
    [link] = re.findall(r'href="(/moderate/words\?[^"]*edit=[^"]*)#word"', page)
    page = olga.get(html.unescape(link)).text
    assert re.search(r'name="term"[^>]*value="casino"', page)
    assert re.search(r'name="place" value="begins" checked', page)
    assert re.search(r'name="level" value="number" checked', page)
    assert re.search(r'name="severity"[^>]*value="0.75"', page)
    assert olga.get("/moderate/words?site=gazette&edit=nothing").status_code == 200


def test_a_long_list_has_pages_and_a_search(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.list_words(*(SiteWord(f"w{n:03}x", 1.0) for n in range(150)), SiteWord("Çup", 0.0))
    page = olga.get(WORDS).text
    assert "151 entries" in page
    [more] = re.findall(r'<a rel="next" href="([^"]+)#list"', page)
    page = olga.get(html.unescape(more)).text
    assert "w149x" in page
    assert 'rel="next"' not in page
    page = olga.get(WORDS + "&q=cup").text
    assert "Çup" in page
    assert "w149x" not in page
    assert "Nothing of the list holds this." in olga.get(WORDS + "&q=zebra").text


def test_a_moderator_reads_and_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.list_words(SiteWord("casino", 1.0))
    rosa = newsroom.sign_in(ROSA)
    page = rosa.get(WORDS).text
    assert "Only an owner can change these." in page
    assert "casino" in page
    assert "Remove" not in page
    assert rosa.post(WORDS, form(term="mine"), page="/moderate/account").status_code == 403
    remove = "/moderate/words/remove?site=gazette"
    assert rosa.post(remove, {"key": "casino"}, page="/moderate/account").status_code == 403
    assert [w[0] for w in stored(newsroom)] == ["casino"]


def test_another_sites_moderator_finds_nothing_here(newsroom: Newsroom) -> None:
    hugo = newsroom.sign_in(HUGO)
    assert hugo.get(WORDS).status_code == 404
    assert hugo.post(WORDS, form(term="mine"), page="/moderate/account").status_code == 404


def test_a_full_list_says_so(newsroom: Newsroom, olga: Desk) -> None:
    newsroom.list_words(*(SiteWord(f"w{n}", 1.0) for n in range(MAX_ENTRIES)))
    answer = olga.post(WORDS, form(term="onemore"))
    assert answer.status_code == 422
    assert "at most 5,000 entries" in said(answer.text)


@pytest.mark.parametrize("term", ["<script>alert(1)</script>", '"onfocus="x', "{{config}}"])
def test_what_is_listed_is_shown_as_typed(newsroom: Newsroom, olga: Desk, term: str) -> None:
    olga.post(WORDS, form(term=term, note=term))
    page = olga.get(WORDS).text
    assert (
        html.escape(term, quote=False) in page
        or html.escape(term).replace("&quot;", "&#34;") in page
    )
    assert "<script>alert" not in page
