"""Matching: which disguises of a listed word are seen through, and which texts are left alone."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comments_service.text.index import Phrases
from comments_service.text.match import MAX_MATCHES, Matcher, is_disguised_phrase
from comments_service.text.reading import Passage
from tests.support.steps import steps_of

LIST = (
    "crumpet",
    "crumpets",
    "biscuit",
    "tart",
    "*waffle*",
    "bun*",
    "*cake",
    "stale bread",
    "sco*e",
)
ORDINARY = ("start", "tartan", "carts", "bunting", "shortcakes", "trot", "taart")
MATCHER = Matcher(LIST, ORDINARY)


def found(text: str, matcher: Matcher = MATCHER) -> list[tuple[str, str]]:
    """The entries found, each with the very text that it was found in."""
    return [(m.term, text[m.start : m.end]) for m in matcher.find(Passage("body", text))]


FOUND = [
    pytest.param("A crumpet, please", "crumpet", "crumpet", id="a plain word"),
    pytest.param("the CRUMPET's edge", "crumpet", "CRUMPET", id="capitals and a possessive"),
    pytest.param('so "crumpet" it is', "crumpet", "crumpet", id="in quotes"),
    pytest.param("cr\u200bumpet", "crumpet", "cr\u200bumpet", id="whatever folding undoes"),
    pytest.param("crummmpeeet", "crumpet", "crummmpeeet", id="letters held long"),
    pytest.param("crumppet", "crumpet", "crumppet", id="one letter doubled"),
    pytest.param("ttart", "tart", "ttart", id="doubled, with another ordinary word near"),
    pytest.param("c r u m p e t", "crumpet", "c r u m p e t", id="letters apart"),
    pytest.param("it was a t a r t", "tart", "a t a r t", id="letters apart behind a lone vowel"),
    pytest.param(
        "a b w a f f l e " + "c d " * 60,
        "*waffle*",
        ("a b w a f f l e " + "c d " * 60).strip(),
        id="a part in a long run of letters apart",
    ),
    pytest.param("c.r.u.m.p.e.t.", "crumpet", "c.r.u.m.p.e.t", id="dots between"),
    pytest.param("crum-pet", "crumpet", "crum-pet", id="split once by a hyphen"),
    pytest.param("crum'pet", "crumpet", "crum'pet", id="split once by an apostrophe"),
    pytest.param("crum*pet", "crumpet", "crum*pet", id="split once by a star"),
    pytest.param("cr*mpet", "crumpet", "cr*mpet", id="one letter masked"),
    pytest.param("cr#mp@t", "crumpet", "cr#mp@t", id="two letters masked"),
    pytest.param("c*****t!", "crumpet", "c*****t", id="all but the ends masked"),
    pytest.param("crumpe*", "crumpet", "crumpe*", id="the last letter masked"),
    pytest.param("bi5cu1t", "biscuit", "bi5cu1t", id="digits for letters"),
    pytest.param("b!$cu!t", "biscuit", "b!$cu!t", id="symbols for letters"),
    pytest.param("b1111scuit", "biscuit", "b1111scuit", id="a digit held long"),
    pytest.param("SuchTart", "tart", "Tart", id="glued by capitals"),
    pytest.param("superwaffles", "*waffle*", "superwaffles", id="a part in the middle"),
    pytest.param("no w4ff1es", "*waffle*", "w4ff1es", id="a part in digits"),
    pytest.param("bunfight", "bun*", "bunfight", id="a beginning"),
    pytest.param("fishcake", "*cake", "fishcake", id="an end"),
    pytest.param("stale, BREAD", "stale bread", "stale, BREAD", id="a phrase over a comma"),
    pytest.param("sco*e", "sco*e", "sco*e", id="an entry with a mark inside stands for itself"),
]


@pytest.mark.parametrize(("text", "term", "place"), FOUND)
def test_entries_are_found_where_they_stand(text: str, term: str, place: str) -> None:
    assert found(text) == [(term, place)]


NOT_FOUND = [
    pytest.param("tartan start carts", id="whole words do not match inside others"),
    pytest.param("bunting shortcakes", id="ordinary words are not taken for a part"),
    pytest.param("abundance pancakes", id="a beginning or end elsewhere in a word"),
    pytest.param("st-art tart-an", id="an ordinary word with a mark inside"),
    pytest.param("st*rt", id="what unmasks to nothing of the list"),
    pytest.param("taart taaart", id="an ordinary word, held or not, wins over the entry"),
    pytest.param("stale. Bread", id="a phrase does not go over the end of a sentence"),
    pytest.param("stale\nbread", id="nor over the end of a line"),
    pytest.param("7427 $7427", id="numbers and prices are no letters"),
    pytest.param("https://x.example/b1scuit b1scuit@x.example", id="digits in addresses"),
    pytest.param("*art*", id="emphasis is no mask"),
    pytest.param("c***", id="one letter is not enough to tell"),
    pytest.param("t a r", id="too few letters apart"),
    pytest.param("", id="nothing"),
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_other_texts_are_left_alone(text: str) -> None:
    assert found(text) == []


NOT_TOLD = [str(param.values[0]) for param in NOT_FOUND]


def test_contractions_are_two_words() -> None:
    assert found("he'll, who're", Matcher(["hell", "whore"])) == []


def test_without_ordinary_words_one_doubled_letter_is_no_disguise() -> None:
    matcher = Matcher(["bots"])
    assert found("boots", matcher) == []
    assert found("bootts boooots", matcher) == [("bots", "boooots")]


def test_the_entry_named_first_is_meant_where_a_mask_fits_several() -> None:
    assert found("p*t", Matcher(["pit", "pot"])) == []
    assert found("p*ts", Matcher(["pots", "pits"])) == [("pots", "p*ts")]


def test_symbols_and_scripts_without_spaces_are_found_anywhere() -> None:
    matcher = Matcher(["🖕", "笨蛋"])
    assert found("well🖕 then", matcher) == [("🖕", "🖕")]
    assert found("你是笨蛋吗", matcher) == [("笨蛋", "笨蛋")]


HOLDING = [
    ("*ing", "singing", "singing"),
    ("*ing", "ringing, in spring", "ringing spring"),
    ("*coin", "coincoin", "coincoin"),
    ("*coin", "bitcoinbitcoin now", "bitcoinbitcoin"),
    ("*coin", "coincoins", ""),
    ("ana*", "banana ananas", "ananas"),
    ("*ana", "banana ananas", "banana"),
    ("*ana*", "banana ananas", "banana ananas"),
    ("*abab", "abababab ababaab", "abababab"),
    ("*a-ba", "ba-ba-bab a-ba-ba", "ba-ba a-ba"),
    ("a-ba*", "ba-ba-ba a-bab", "a-bab"),
    ("a-b", "a-b-ab xa-b", ""),
]


@pytest.mark.parametrize(("entry", "text", "places"), HOLDING)
def test_a_part_that_a_word_holds_twice_is_found(entry: str, text: str, places: str) -> None:
    assert " ".join(place for _, place in found(text, Matcher([entry]))) == places


@settings(max_examples=300, deadline=None)
@given(
    st.text("ab", min_size=2, max_size=4),
    st.sampled_from(("{}*", "*{}", "*{}*")),
    st.lists(st.text("ab", min_size=2, max_size=9), max_size=6),
)
def test_parts_are_found_in_the_words_that_have_them(
    part: str, kind: str, words: list[str]
) -> None:
    has = {"{}*": str.startswith, "*{}": str.endswith, "*{}*": str.__contains__}[kind]
    places = [place for _, place in found(" ".join(words), Matcher([kind.format(part)]))]
    assert places == [word for word in words if has(word, part)]


MARKED = [
    ("#loaf", "a #Loaf!", ["#Loaf"]),
    ("#loaf", "#loaves and rye#loaf", []),
    (".bun", "made in .BUN, you see", [".BUN"]),
    (".bun", "crumb.bun", []),
    ("--rye", "use --rye here", ["--rye"]),
    ("#rye19", "#rye19, not rye19", ["#rye19"]),
    ("-x9", "-x9", ["-x9"]),
    ("crumb.example", "http://crumb.example/", ["crumb.example"]),
    (
        "crumb.example",
        "see www.crumb.example/a?b, CRUMB.example",
        ["crumb.example", "CRUMB.example"],
    ),
    ("crumb.example", "breadcrumb.example and crumb.examples", []),
    ("http://crumb.example/x", "[so](http://crumb.example/x?y=1)", ["http://crumb.example/x"]),
    ("t.co", "https://t.co/abc", ["t.co"]),
    ("t.co", "reddit.com", []),
    ("a.b", "http://a.b/", []),
]


@pytest.mark.parametrize(("entry", "text", "places"), MARKED)
def test_entries_with_marks_are_found_by_themselves_and_in_addresses(
    entry: str, text: str, places: list[str]
) -> None:
    assert [place for _, place in found(text, Matcher([entry]))] == places


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("so stale\nbread it is", "stale\nbread"),
        ("so stale\n\nbread it is", None),
        ("so stale.\nBread it is", None),
    ],
)
def test_a_phrase_may_go_over_the_end_of_a_line_and_of_no_sentence(
    text: str, place: str | None
) -> None:
    matcher = Matcher(["stale bread"], over_lines=True)
    assert found(text, matcher) == ([("stale bread", place)] if place else [])


UNMASKED = [
    ("st4le bre4d", "st4le bre4d"),
    ("so st@le, bread!", "st@le, bread"),
    ("stale br*ad now", "stale br*ad"),
    ("stale  b r e a d", "stale  b r e a d"),
    ("the s-t-a-l-e bread", "s-t-a-l-e bread"),
    ("staaaale breeeead", "staaaale breeeead"),
    ("s t a l e b r e a d", "s t a l e b r e a d"),
    ("s t a l e  b r e a d", "s t a l e  b r e a d"),
    ("stale bread or st4le bread", "stale bread|st4le bread"),
    ("old stale s t a l e br3ad", "s t a l e br3ad"),
    ("not st4le. Bread", ""),
    ("not staale bread", ""),
    ("st4le\nbread", ""),
    ("sta1e https://x.example/br3ad", ""),
    ("br3ad st4le", ""),
    ("st4le old bread", ""),
    ("0ld bread b1n", ""),
    ("g00d bread", ""),
]


@pytest.mark.parametrize(("text", "places"), UNMASKED)
def test_phrases_are_read_through_disguises_unless_they_are_steady(text: str, places: str) -> None:
    entries = ["stale bread", "old bread bin", "good bread"]
    matcher = Matcher(entries, ORDINARY, steady={"old bread bin", "good bread"})
    assert "|".join(place for _, place in found(text, matcher)) == places


def test_only_what_was_read_through_a_disguise_is_told_as_such() -> None:
    matches = Matcher(["stale bread"]).find(Passage("body", "stale bread, st4le bread"))
    assert [(m.disguised, is_disguised_phrase(m)) for m in matches] == [
        (False, False),
        (True, True),
    ]
    (word,) = Matcher(["bread"]).find(Passage("body", "br3ad"))
    assert word.disguised
    assert not is_disguised_phrase(word)


def test_plain_texts_cost_no_search_for_disguised_phrases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Passage] = []

    def find_read(_: Phrases, passage: Passage, _read: object) -> list[object]:
        asked.append(passage)
        return []

    monkeypatch.setattr(Phrases, "find_read", find_read)
    matcher = Matcher(["stale bread"])
    for text in (
        "It is 2024, isn't it? 50% of co-op bread!",
        "sooo nice",
        "f*cking w0w",
        "p h e w !",
    ):
        matcher.find(Passage("body", text))
    assert not asked
    matcher.find(Passage("body", "br3ad"))
    assert asked


def test_phrases_in_disguise_cost_what_the_text_is_long() -> None:
    matcher = Matcher(["a b c d e f g h i j", "you you you you x", "kill yourself"])
    for unit in ("y0u ", "y0u you ", "yoooou ", "y o u ", "y*ur y0u k1ll ", "k*ll y0ur5elf. "):
        texts = [Passage("body", (unit * 5_000)[:length]) for length in (1_000, 10_000)]
        for passage in texts:
            matcher.find(passage)
        few, many = (steps_of(lambda p=passage: matcher.find(p)) for passage in texts)  # type: ignore[misc]
        assert many <= 12 * few + 2_000


def test_the_longest_phrase_is_meant() -> None:
    matcher = Matcher(["old bread", "old bread bin"])
    assert found("an old bread bin", matcher) == [("old bread bin", "old bread bin")]


def test_matches_are_bounded() -> None:
    assert len(MATCHER.find(Passage("body", "tart " * 2_000))) == MAX_MATCHES


def test_words_that_mean_nothing_are_looked_at_once() -> None:
    matcher = Matcher(["idiot"])
    text = " ".join(f"bookkeeper{letter}s" for letter in "abcdefghijklmnopqrstuvwxyz")
    first, again = Passage("body", text), Passage("body", text)
    assert (first.forms, first.oddities) == (again.forms, again.oddities)
    costs = [steps_of(lambda p=passage: matcher.find(p)) for passage in (first, again)]  # type: ignore[misc]
    assert costs[1] < costs[0] / 2


@pytest.mark.parametrize(("text", "term", "place"), FOUND)
def test_what_was_read_before_changes_nothing(text: str, term: str, place: str) -> None:
    matcher = Matcher(LIST, ORDINARY)
    for before in (*NOT_TOLD, text, *NOT_TOLD):
        matcher.find(Passage("body", before))
    assert found(text, matcher) == [(term, place)]


def test_long_words_are_not_remembered() -> None:
    matcher = Matcher(LIST, ORDINARY)
    tracemalloc.start()
    for number in range(200):
        matcher.find(Passage("body", f"{number:010}" * 1_000))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 200_000
