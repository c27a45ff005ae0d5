"""Disguises that people think of, beside those of the shared set, and ordinary words in them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from comments_service.checks.lexicon import SEVERE, load
from comments_service.domain.verdict import Signal
from comments_service.text.fold import fold
from comments_service.text.shapes import respellings
from tests.checks.asking import reasons, verdicts

BAD = """
    fuck fucking motherfucker shit shitty bullshit asshole bitch cunt dickhead whore
    slut bastard nigger faggot wanker twat dumbass pussy dildo
""".split()
PLAIN = """
    class assess therapist cocktail document analysis grape peacock dickens butterfly
    basement hello shutter shirt sheet fork witch title glass compass button pencil
    picnic shipping
""".split()
CARRIER = "well {} then"
CAUGHT = 0.95
"""Of the words in one disguise."""


def alphabet(first: str) -> Callable[[str], str]:
    """The word in an alphabet that Unicode keeps in one run."""
    return lambda word: "".join(chr(ord(first) + ord(c) - ord("a")) for c in word)


def between(mark: str) -> Callable[[str], str]:
    return mark.join


def instead(**letters: str) -> Callable[[str], str]:
    return lambda word: "".join(letters.get(c, c) for c in word)


def inside(text: str) -> Callable[[str], str]:
    return lambda word: word[:2] + text + word[2:]


DISGUISES: dict[str, Callable[[str], str]] = {
    "mathematical bold": alphabet("𝐚"),
    "mathematical script": alphabet("𝓪"),
    "double-struck": alphabet("𝕒"),
    "monospaced": alphabet("𝚊"),
    "circled": alphabet("ⓐ"),
    "in parentheses": alphabet("⒜"),
    "squared on black": alphabet("🅰"),
    "small capitals": instead(a="ᴀ", c="ᴄ", e="ᴇ", h="ʜ", i="ɪ", k="ᴋ", n="ɴ", t="ᴛ", u="ᴜ"),
    "raised letters": instead(a="ᵃ", c="ᶜ", e="ᵉ", f="ᶠ", h="ʰ", i="ⁱ", k="ᵏ", t="ᵗ", u="ᵘ"),
    "hooks": instead(f="ƒ", c="ƈ", k="ƙ", t="ƫ", d="ɗ"),
    "dots below": instead(u="ụ", i="ị", a="ạ", o="ọ", e="ẹ"),
    "struck through": between("\u0336"),
    "Greek letters": instead(a="α", o="ο", u="υ", i="ι", k="κ", t="τ", n="η"),
    "Armenian letters": instead(u="ս", o="օ", h="հ", n="ո"),
    "Cherokee letters": instead(a="Ꭺ", s="Ꮪ", c="Ꮯ", k="Ꮶ", t="Ꭲ"),
    "one letter a line": between("\n"),
    "spaces that do not break": between("\u00a0"),
    "thin spaces": between("\u2009"),
    "spaces and nothing": between(" \u200b"),
    "empty Braille": between("\u2800"),
    "Hangul filler": between("\u3164"),
    "soft hyphens": between("\u00ad"),
    "variation selectors": between("\ufe0f"),
    "tag characters": inside("\U000e0061\U000e0062"),
    "emoji between": between("🙂"),
    "underscores": between("_"),
    "hyphens": between("-"),
    "slashes": between("/"),
    "bars": between("|"),
    "commas": between(","),
    "bullets": between("•"),
    "backslashes": between("\\"),
    "doubled letters": lambda word: "".join(c * 2 for c in word),
    "entities": lambda word: "".join(f"&#{ord(c)};" for c in word),
    "a comment of HTML": inside("<!-- x -->"),
    "a break that need not be": inside("<wbr>"),
    "a link on its first letter": lambda word: f"[{word[0]}](x){word[1:]}",
    "a link inside": lambda word: f"{word[:2]}[{word[2]}](http://x.example){word[3:]}",
    "a picture inside": inside("![](x)"),
    "a hash before": lambda word: "#" + word,
}


@pytest.mark.parametrize("name", DISGUISES)
def test_disguised_words_are_found_and_ordinary_ones_pass(name: str) -> None:
    disguise = DISGUISES[name]
    missed = [w for w in BAD if not reasons("profanity", CARRIER.format(disguise(w)))]
    assert len(missed) <= (1 - CAUGHT) * len(BAD), missed
    assert [w for w in PLAIN if reasons("profanity", CARRIER.format(disguise(w)))] == []


@pytest.mark.parametrize(
    "text",
    ["cl@$$", "b@$$oon", "[cl](x)ass", "c\nl\na\ns\ns", "a\nb\nc\nd", "[shi](a) take", "½ cup"],
)
def test_what_a_disguise_leaves_ordinary_passes(text: str) -> None:
    assert reasons("profanity", f"well {text} then") == []


THREATS = [
    "k1ll y0urs3lf",
    "go k!ll yours\u20aclf",
    "kill  y o u r s e l f",
    "k i l l y o u r s e l f",
    "h@ng yourself",
    "go d!e",
    "I said go kiiiill yourseeeelf right now",
    "so ki11 yourself.",
    "so k*ll yourself...",
]


@pytest.mark.parametrize("text", THREATS)
def test_threats_in_disguise_wait_and_are_not_refused(text: str) -> None:
    found = [v for v in verdicts("profanity", text) if v.reason == "profanity.threat"]
    assert [v.signal for v in found] == [Signal.SUSPECT]


def test_a_mark_beside_a_threat_is_no_disguise() -> None:
    assert [v.signal for v in verdicts("profanity", "go kill yourself\U0001f602")] == [Signal.BAD]


@pytest.mark.parametrize(
    "text",
    [
        "I k1nd 0f like y0ur s3lf-portrait",
        "sp1c and sp@n",
        "y0u should g0 h0me",
        "2 d!e 4 cast d!es",
    ],
)
def test_other_words_in_disguise_are_no_threats(text: str) -> None:
    assert "threat" not in reasons("profanity", text)


def test_what_excuses_does_not_do_so_in_disguise() -> None:
    assert reasons("profanity", "spic and span") == []
    assert reasons("profanity", "spic @nd span") == ["slur"]


SEEN_THROUGH = [
    ("you a s s h o l e", "letters apart, the first of which is a word"),
    ("sIut", "a capital I for an l"),
    ("you dlckhead", "an l for an i"),
    ("niqqer", "q for g"),
    ("phaggot", "ph for f"),
    ("cvnt", "v for u"),
    ("azzhole", "z for s"),
    ("k\u00a1ke", "a turned mark"),
    ("pr\u00a1ck", "a turned mark"),
    ("\u00a9unt", "a sign for its first letter"),
    ("re\u2020ard", "a dagger"),
    ("c\u222ant", "a sign of sets"),
    ("c|_|nt", "a letter drawn of signs"),
    ("|\\|igger", "a letter drawn of signs"),
    ("c\u2b50nt", "a picture of a star for a mask"),
    ("n----r", "dashes for all but the ends"),
    ("\u20a3\u20b3\u20b2\u20b2\u00d8\u20ae", "signs of money"),
    ("\u20b5\u0244\u20a6\u20ae", "signs of money"),
    ("\ua4dd\ua4ee\ua4d6\ua4d6\ua4f3\ua4d4", "Lisu letters alone"),
    ("\u15b4\u15e9GGOT", "Canadian syllabics"),
    ("f\u13aa\u13c0\u13c0\u13be\u13a2", "Cherokee letters"),
    ("\u0192\u0105\u0260\u0260\u01a1\u026c", "letters with hooks"),
    ("\u0445*\u0439 \u0442\u0435\u0431\u0435", "a masked Russian word"),
    ("\u0431\u043b9\u0434\u044c", "a digit in a Russian word"),
]


@pytest.mark.parametrize(("text", "why"), SEEN_THROUGH, ids=[text for text, _ in SEEN_THROUGH])
def test_words_are_seen_through_other_disguises(text: str, why: str) -> None:
    assert reasons("profanity", text), why


@pytest.mark.parametrize(
    "text",
    [
        "Read the FAQ and the FAQs of the SPLC.",
        "Put a muzzle on that dog.",
        "\u20a6500 or \u20b1200, \u20b9300 and \u20a93,000",
        "\u00a9 2026 News\u00ae, \u00a1hola! and John\u2020",
        "Pham Van Phuc met the Puzzi family.",
        "the well---as I said---is dry, a---b",
        "\u2b50\u2b50\u2b50\u2b50\u2b50 great, 5\u2b50",
        "Liebe Leser*innen, Sch\u00fcler*innen",
        "\u1403\u14c4\u1483\u144e\u1450\u1466 \u14c4\u14c7\u1557\u1466",
        "\u13e3\u13b3\u13a9 \u13a6\u13ec\u13c2\u13af\u13cd\u13d7",
    ],
)
def test_signs_and_scripts_that_hide_nothing_pass(text: str) -> None:
    assert reasons("profanity", text) == []


def test_no_respelling_is_a_word_of_the_dictionaries() -> None:
    path = Path("../shared/data/moderation/dictionary.jsonl.gz")
    if not path.exists():
        pytest.skip(f"{path} is not there.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        known = {fold(json.loads(line)["text"]).text for line in lines}
    lexicon = load()
    severe = {
        term
        for term, entry in lexicon.entries.items()
        if entry.severity >= SEVERE and entry.language == "en"
    }
    forms = respellings(severe, lexicon.entries.keys())
    assert forms
    assert known & forms.keys() == set()
