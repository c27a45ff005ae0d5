"""Disguises that people think of, beside those of the shared set, and ordinary words in them."""

from collections.abc import Callable

import pytest

from comments_service.domain.verdict import Signal
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
