"""Folding: what each disguise reads as, where it stood, and what must be left alone."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comments_service.text.fold import fingerprint, fold
from comments_service.text.plain import _INERT, PLAIN_FORMS, _plain
from tests.support.hostile import Row, cases
from tests.support.steps import steps_of

DISGUISES = [
    pytest.param("Hello", "hello", id="capitals"),
    pytest.param("ｈｅｌｌｏ", "hello", id="full width"),
    pytest.param("𝓱𝓮𝓵𝓵𝓸 𝕳𝖊𝖑𝖑𝖔", "hello hello", id="mathematical letters"),
    pytest.param("ⓗⓔⓛⓛⓞ 🅗🅔🅛🅛🅞 🄷🄴🄻🄻🄾 ⒣⒠⒧⒧⒪", "hello hello hello hello", id="circled and squared"),
    pytest.param("ʜᴇʟʟᴏ ʰᵉˡˡᵒ", "hello hello", id="small capitals and raised letters"),
    pytest.param("hĕļłø ħéĺľõ", "hello hello", id="accents and strokes"),
    pytest.param(
        "h\u0336e\u0336l\u0336l\u0336o\u0336", "hello", id="struck through by combining marks"
    ),
    pytest.param("h\u200be\u00adl\u2060l\ufeffo", "hello", id="invisible characters"),
    pytest.param("he\U000e0061\U000e0062llo", "hello", id="tag characters"),
    pytest.param("hеllо", "hello", id="Cyrillic letters in a Latin word"),
    pytest.param("hεllο", "hello", id="Greek letters in a Latin word"),
    pytest.param("say ѕоре now", "say sope now", id="a word of nothing but Cyrillic twins"),
    pytest.param("тԝат", "twat", id="a Cyrillic letter that no language in use has"),
    pytest.param("\u202eolleh\u202c you", "hello you", id="right-to-left override"),
    pytest.param("ʎɐp pɹɐɥ", "hard day", id="upside down"),
    pytest.param("he<b></b>llo <i>you</i>", "hello you", id="inline tags"),
    pytest.param("one<br>two", "one two", id="a tag that breaks the line"),
    pytest.param("h<!-- x -->ello", "hello", id="an HTML comment"),
    pytest.param("h&#101;llo &eacute;", "hello e", id="entities"),
    pytest.param("he**l**lo hell__o__ h`e`llo h~~e~~llo", "hello hello hello hello", id="markup"),
    pytest.param("[h](x)ello he[l](x)lo [hel](x)[lo](y)", "hello hello hello", id="links inside"),
    pytest.param(
        "he![](x)llo he![l](http://x.example/l.png)lo", "hello helo", id="pictures inside"
    ),
    pytest.param("“it’s” – so…", '"it\'s" - so...', id="typographers' punctuation"),
    pytest.param("a\u00a0b\u2003c", "a b c", id="spaces of all widths"),
    pytest.param("Straße ﬁne", "strasse fine", id="letters that become two"),
]


@pytest.mark.parametrize(("typed", "read"), DISGUISES)
def test_disguises_are_read_as_what_they_show(typed: str, read: str) -> None:
    assert fold(typed).text == read


LEFT_ALONE = [
    pytest.param("он сказал: хорошо, сосед", id="Russian"),
    pytest.param("в сок и рис", id="Russian words of letters that look Latin"),
    pytest.param("το νερο ρεει", id="Greek"),
    pytest.param("日本語のコメントです。ガ", id="Japanese"),
    pytest.param("한국어 댓글", id="Korean"),
    pytest.param("हिन्दी में टिप्पणी", id="Hindi, whose vowel signs are marks"),
    pytest.param("هذا تعليق عادي", id="Arabic"),
    pytest.param("f**k", id="a mask of two stars"),
    pytest.param("a < b and c > d & e", id="signs that are no markup"),
    pytest.param("snake_case __init__", id="underscores of programmers"),
    pytest.param("\ufdfa", id="an Arabic ligature of eighteen letters"),
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_disguise_stays(text: str) -> None:
    assert fold(text).text == text


SPANS = [
    pytest.param("so Bad here", "bad", "Bad", id="plain text is its own map"),
    pytest.param("so b\u200ba\u200bd here", "bad", "b\u200ba\u200bd", id="what was dropped inside"),
    pytest.param("so ｂａｄ here", "bad", "ｂａｄ", id="full width"),
    pytest.param("so b<b>a</b>d here", "bad", "b<b>a</b>d", id="tags inside"),
    pytest.param("so &#98;ad here", "bad", "&#98;ad", id="an entity counts whole"),
    pytest.param("so \u202edab\u202c here", "bad", "dab", id="reversed text"),
    pytest.param("ʞɔɐq sı", "back", "ʞɔɐq", id="upside-down text"),
    pytest.param("the straße", "strasse", "straße", id="a letter that became two"),
    pytest.param("𝓫𝓪𝓭", "bad", "𝓫𝓪𝓭", id="letters beyond 16 bits are one code point each"),
]


@pytest.mark.parametrize(("typed", "found", "original"), SPANS)
def test_a_span_leads_back_to_what_was_typed(typed: str, found: str, original: str) -> None:
    folded = fold(typed)
    at = folded.text.index(found)
    start, end = folded.span(at, at + len(found))
    assert typed[start:end] == original


def test_an_empty_span_is_empty_in_the_original() -> None:
    folded = fold("h\u200bi")
    assert folded.span(1, 1) == (2, 2)
    assert folded.span(2, 2) == (3, 3)


# Made of what the steps of folding act on, so that the steps meet each other.
TRICKY = st.text(
    st.sampled_from(list("ab o*_~`[]()<>&;#/!bx1лсоѕǝɔnuｂ＜＆\u202e\u202c\u200b\u0301\n\r𝓪é"))
)
ANY = st.text(st.characters()) | TRICKY


@settings(max_examples=300, deadline=None)
@given(ANY)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@settings(max_examples=300, deadline=None)
@given(ANY)
def test_spans_lie_inside_the_text_and_hold_something(text: str) -> None:
    folded = fold(text)
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)
    assert len(folded.text) <= 4 * len(text)


@pytest.mark.parametrize(
    "unit",
    [
        "[a](b)",
        "x![](",
        "[[",
        "](",
        "½",
        "\u202eab",
        "**__",
        "a**b",
        "<a ",
        "<!--",
        "&amp;",
        "ɐ ",
        "o ",
        "𝓪",
        "a\u0301",
        "ﬃ",
        "лa",
    ],
)
def test_the_number_of_steps_grows_with_the_length_alone(unit: str) -> None:
    """Ten times the text may take about ten times the Python steps, whatever the text."""
    fold(unit * 200)  # Plain forms are worked out once.
    short, long = (steps_of(lambda n=n: fold(unit * n)) for n in (200, 2_000))  # type: ignore[misc]
    assert long <= 12 * short + 2_000


@pytest.mark.parametrize("text", ["Say “Straße” – or Łódź ’n’ Ελλάδα", "É" * 50, "“A” " * 50])
def test_letters_that_change_one_for_one_stay_where_they_are(text: str) -> None:
    """No map is made, which would cost more than all else in a long text."""
    folded = fold(text.replace("ß", "s"))
    assert folded._starts is None
    assert len(folded.text) == len(text)


@cases("text")
def test_hostile_texts_fold(row: Row) -> None:
    text = row["payload"]
    folded = fold(text)
    assert fold(folded.text).text == folded.text
    assert all(0 <= a < b <= len(text) for a, b in map(folded.span, *_steps_of(folded.text)))


def _steps_of(text: str) -> tuple[range, range]:
    return range(len(text)), range(1, len(text) + 1)


def test_what_is_remembered_of_characters_is_bounded() -> None:
    before = len(PLAIN_FORMS)
    for code in range(0x80, 0x110000):
        assert PLAIN_FORMS[chr(code)] is not None
    assert before <= len(PLAIN_FORMS) < 50_000


def test_scripts_of_many_signs_have_no_plainer_forms() -> None:
    signs = [chr(c) for c in range(0x3400, 0x30000) if _INERT.match(chr(c))]
    assert [sign for sign in signs if _plain(sign) != sign] == []


def test_the_plain_form_of_a_plain_form_is_itself() -> None:
    assigned = [chr(c) for c in range(0x20000) if unicodedata.category(chr(c)) != "Cn"]
    forms = {char: PLAIN_FORMS[char] for char in assigned}
    again = {char: "".join(PLAIN_FORMS[c] for c in form) for char, form in forms.items()}
    assert again == forms


SAME = [
    pytest.param("Buy now!", "B U Y  n.o.w", id="spacing and punctuation"),
    pytest.param("Buy now!", "ｂｕｙ ｎｏｗ", id="full width"),
    pytest.param("Buy now!", "b\u200buy nоw", id="invisible characters and look-alikes"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_fingerprint_sees_through_disguise(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(("one", "other"), [("buy now", "buy 2 now"), ("👍", "👎"), ("", "!")])
def test_different_texts_have_different_fingerprints(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_a_fingerprint_is_short_and_stays_the_same() -> None:
    # Stored with comments: another value here would make every stored one useless.
    assert fingerprint("Thank you, neighbours!") == fingerprint("thank you neighbours")
    assert len(fingerprint("x" * 10_000)) == 16
    assert fingerprint("hello") == "a7b6eda801e5347d"
