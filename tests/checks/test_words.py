"""Words: what a site's own list blocks, holds and excuses, by itself and over the shipped words."""

import pytest

from comments_service.checks.lexicon.own import COMPILED, compiled
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Signal
from comments_service.domain.words import SiteWord, WordList, level_of
from comments_service.text.terms import BadTerm, key_of, tidy_term
from tests.checks.asking import reasons, verdicts

BLOCKED = Facts(
    words=WordList(
        tuple(
            SiteWord(term, 1.0)
            for term in (
                "gazpacho",
                "cold soup",
                "casino*",
                "*bet*",
                "*coin",
                "笨蛋",
                "Žluťoučký",
                "🖕",
            )
        )
    )
)

TABLE = [
    ("I like soup.", [], "nothing of the list"),
    ("I like Gazpacho!", ["blocked"], "a word"),
    ("gazpachos", [], "a word is whole"),
    ("g a z p a c h o and g4zp4ch0", ["blocked"], "in disguise"),
    ("a cold soup", ["blocked"], "a phrase"),
    ("It is cold. Soup?", [], "a phrase is of one sentence"),
    ("a c0ld s0up", ["listed"], "a phrase in disguise waits: it is a guess"),
    ("cold soup, c0ld s0up", ["blocked"], "what stands there plainly is none"),
    ("casinos and casino-goers", ["blocked"], "a beginning"),
    ("the alphabet", ["blocked"], "a part, as the site wanted it"),
    ("bitcoin", ["blocked"], "an end"),
    ("coined", [], "an end is no beginning"),
    ("你是笨蛋", ["blocked"], "a script without spaces"),
    ("zlutoucky kun", ["blocked"], "accents left out"),
    ("well 🖕🏽 then", ["blocked"], "a picture"),
]


@pytest.mark.parametrize(("body", "expected", "why"), TABLE, ids=[why for *_, why in TABLE])
def test_blocked_words(body: str, expected: list[str], why: str) -> None:
    assert reasons("words", body, facts=BLOCKED) == expected


def test_without_a_list_nothing_is_blocked() -> None:
    assert reasons("words", "gazpacho") == []


def test_it_refuses_and_shows_the_entry_and_the_places() -> None:
    (verdict,) = verdicts("words", "Gazpacho, g.a.z.p.a.c.h.o", facts=BLOCKED)
    assert (verdict.signal, verdict.category) == (Signal.BAD, Category.PROFANITY)
    assert verdict.message == "This site blocks 'gazpacho'."
    assert verdict.spans == ((0, 8), (10, 25))


def test_names_are_looked_at_too() -> None:
    (verdict,) = verdicts("words", "Hello", author_name="Mr Gazpacho", facts=BLOCKED)
    assert (verdict.field, verdict.spans) == ("author_name", ((3, 11),))


def listed(*words: tuple[str, float]) -> Facts:
    return Facts(words=WordList(tuple(SiteWord(term, severity) for term, severity in words)))


SEVERE = [
    ("a casino", [("casino", 1.0)], ["blocked"], "what is severe is refused"),
    ("a casino", [("casino", 0.6)], ["listed"], "what is less severe waits"),
    ("a casino", [("casino", 0.3)], [], "what is mild says nothing alone"),
    ("a casino, a bet", [("casino", 0.44), ("bet", 0.3)], ["listed"], "and adds to others"),
    ("a casino", [("casino", 0.0)], [], "what is harmless says nothing"),
    ("the Casino Royale", [("casino", 1.0), ("casino royale", 0.0)], [], "a phrase excuses"),
    ("Casino Royale, a casino", [("casino", 1.0), ("casino royale", 0.0)], ["blocked"], "not all"),
]


@pytest.mark.parametrize(("body", "words", "expected", "why"), SEVERE, ids=[w for *_, w in SEVERE])
def test_each_entry_has_its_severity(
    body: str, words: list[tuple[str, float]], expected: list[str], why: str
) -> None:
    assert reasons("words", body, facts=listed(*words)) == expected


def test_each_entry_has_its_kind() -> None:
    words = WordList((SiteWord("toad", 1.0, Category.INSULT), SiteWord("ducats", 0.6)))
    found = verdicts("words", "You toad with your ducats", facts=Facts(words=words))
    assert [(v.category, v.signal) for v in found] == [
        (Category.INSULT, Signal.BAD),
        (Category.PROFANITY, Signal.SUSPECT),
    ]


def test_the_site_says_from_where_on_severities_count() -> None:
    facts = listed(("casino", 0.6))
    assert reasons("words", "casino", facts=facts, settings={"suspect": 0.7}) == []
    assert reasons("words", "casino", facts=facts, settings={"bad": 0.5}) == ["blocked"]


EXCUSED = [
    ("Well, shit.", [("shit", 0.0)], [], "a shipped word is taken off"),
    ("Well, sh1t.", [("shit", 0.0)], [], "in disguise, too"),
    ("Well, shitty.", [("shit", 0.0)], ["profanity"], "another stays"),
    ("Well, shitty.", [("shit*", 0.0)], [], "unless it is meant"),
    ("Dick Turpin", [("dick turpin", 0.0)], [], "a name"),
    ("A sh1t show", [("shit show", 0.0)], ["profanity"], "but no phrase in disguise"),
    ("fuck Dick Turpin", [("dick turpin", 0.0)], ["profanity"], "and nothing beside it"),
]


@pytest.mark.parametrize(
    ("body", "words", "expected", "why"), EXCUSED, ids=[w for *_, w in EXCUSED]
)
def test_a_harmless_entry_excuses_shipped_words(
    body: str, words: list[tuple[str, float]], expected: list[str], why: str
) -> None:
    assert reasons("profanity", body, facts=listed(*words)) == expected


REFUSED = [
    ("", "Please write"),
    (" \n\t ", "Please write"),
    ("*", "no letters"),
    ("**", "no letters"),
    ("*" * 100, "star counts only"),
    ("*" * 10_000, "at most 100"),
    ("x" * 101, "at most 100"),
    ("x" * 100_000, "at most 100"),
    ("ca*no", "star counts only"),
    ("*a*", "at least 3 letters"),
    ("*as*", "at least 3 letters"),
    ("a*", "at least 3 letters"),
    ("a", "single letter"),
    ("é", "single letter"),
    ("!!!", "no letters"),
    ("$", "no letters"),
    (".*", "no letters"),
    ("\u200b\u200d\u2060", "no letters"),
    ("\u0301" * 50, "no letters"),
    ("\ufe0f", "no letters"),
    ("\ud83d", "half a character"),
    ("ab\x00cd", "control"),
    ("ab\x1bcd", "control"),
    ("bi\u202edi", "direction of text"),
    ("a\u2066b", "direction of text"),
    ("a b c d e f g h i j k", "at most 10 words"),
]


@pytest.mark.parametrize(("term", "told"), REFUSED)
def test_what_can_be_no_entry_is_refused_in_a_sentence(term: str, told: str) -> None:
    with pytest.raises(BadTerm, match=told) as raised:
        tidy_term(term)
    assert len(str(raised.value)) < 250


TAKEN = [
    ("  snake   oil ", "snake oil", "snake oil"),
    ("Casino*", "Casino*", "casino*"),
    ("Z\u030c", None, None),
    ("Žluťoučký", "Žluťoučký", "zlutoucky"),
    ("(a+)+$", "(a+)+$", "(a+)+$"),
    ("[a-z]{2,}", "[a-z]{2,}", "[a-z]{2,}"),
    ("שלום", "שלום", "שלום"),
    ("笨", "笨", "笨"),
    ("*笨*", "*笨*", "*笨*"),
    ("🖕", "🖕", "🖕"),
    ("ﬃ" * 100, "ﬃ" * 100, "ffi" * 100),
    ("МУДАК", "МУДАК", "мудак"),
]


@pytest.mark.parametrize(("written", "term", "key"), TAKEN)
def test_an_entry_is_kept_as_written_and_known_by_what_it_finds(
    written: str, term: str | None, key: str | None
) -> None:
    if term is None or key is None:
        with pytest.raises(BadTerm):
            tidy_term(written)
        return
    assert tidy_term(written) == term
    assert key_of(term) == key


@pytest.mark.parametrize(
    "term", ["(a+)+$" * 16, "[" * 50 + "ab", "a\\" * 50, "ﬃ" * 100, "a " * 10, "ab*", "\u202eabc"]
)
def test_hostile_entries_are_taken_or_refused_and_never_fail(term: str) -> None:
    try:
        word = SiteWord(tidy_term(term), 1.0)
    except BadTerm:
        return
    for body in ("a " * 4_000, "ab" * 4_000, "(a+)+$" * 1_000, term * 50):
        found = reasons("words", body[:10_000], facts=Facts(words=WordList((word,))))
        assert found in ([], ["blocked"])


def test_a_list_is_compiled_once_and_few_are_kept() -> None:
    compiled.cache_clear()
    facts = listed(("casino", 1.0))
    for _ in range(3):
        reasons("words", "casino", facts=facts)
    assert compiled.cache_info().misses == 1
    for n in range(COMPILED + 5):
        compiled(WordList((SiteWord(f"word{n}", 1.0),)))
    assert compiled.cache_info().currsize == COMPILED


def test_severities_have_names() -> None:
    assert [level_of(s) for s in (0, 0.1, 0.3, 0.45, 0.6, 0.99, 1)] == [
        "harmless",
        "mild",
        "mild",
        "mild",
        "hold",
        "hold",
        "refuse",
    ]
