"""Abuse: what the model holds and lets pass, what is refused, what it tells, and a broken file."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from comments_service import checks
from comments_service.checks.abuse_model import weights
from comments_service.checks.abuse_model.features import BITS, NAMES
from comments_service.domain.comment import Submission
from comments_service.domain.facts import NO_HISTORY, History
from comments_service.domain.policy import Action, Policy, PolicyMode, decide
from comments_service.domain.verdict import Signal, Verdict
from tests.checks.asking import verdicts

HELD = [
    "You are a pathetic excuse for a human being and nobody here likes you.",
    "Only an idiot like you could believe such garbage.",
    "Shut your mouth, you ignorant little troll.",
    "People like you are the scum of the earth.",
    "Women are too stupid to vote, simple as that.",
    "These immigrants are vermin and should all be shot.",
    "You are a disgrace and a coward, get lost.",
]


@pytest.mark.parametrize("body", HELD)
def test_abuse_waits(body: str) -> None:
    (verdict,) = verdicts("abuse", body)
    assert verdict.signal is Signal.SUSPECT
    assert verdict.score >= 0.5


CALM = [
    "Thank you for this article, I learned a lot.",
    "I disagree with the author: the figures of 2019 say something else.",
    "Could somebody explain how the new tax works for pensioners?",
    "My grandmother was a Muslim and my grandfather was Jewish.",
    "As a gay man I found this moving.",
    "The black community has asked for this bridge for years.",
    "There is a hole in the wall behind the garage.",
    "We killed off the old bus line, and nobody misses it.",
    "The mayor's plan is a mess, and the council knows it.",
    "What the hell happened to the weather this week?",
    "This is not a good idea, in my humble opinion.",
    "Old people should get their own lane at the pool.",
]


@pytest.mark.parametrize("body", CALM)
def test_calm_comments_pass(body: str) -> None:
    (verdict,) = verdicts("abuse", body)
    assert verdict.signal is Signal.CLEAR
    assert verdict.message == "Reads calm."


GROUPS = "gay straight black white Muslim Christian Jewish disabled transgender female".split()


@pytest.mark.parametrize("group", GROUPS)
def test_who_somebody_is_holds_nothing(group: str) -> None:
    for sentence in ("I am a {} person.", "My {} neighbour said hello.", "{} people vote, too."):
        (verdict,) = verdicts("abuse", sentence.format(group))
        assert verdict.signal is Signal.CLEAR


def test_a_strong_word_and_the_model_together_refuse() -> None:
    (verdict,) = verdicts("abuse", "Go away, you fucking moron, nobody asked you.")
    assert verdict.signal is Signal.BAD
    assert decide([verdict], PolicyMode.POST, History()).action is Action.REJECT
    assert "'fucking'" in verdict.message


NOT_REFUSED = [
    ("You are a pathetic, worthless loser and everybody knows it.", "no strong word"),
    ("Go away, you f*cking moron, nobody asked you.", "a disguised word is a guess"),
    ("Holy fuck, what a goal!", "swearing in delight"),
]


@pytest.mark.parametrize(("body", "why"), NOT_REFUSED, ids=[why for _, why in NOT_REFUSED])
def test_the_model_alone_only_holds(body: str, why: str) -> None:
    (verdict,) = verdicts("abuse", body)
    assert verdict.signal is Signal.SUSPECT


SILENT = [("You idiot", "two words"), ("", "nothing"), ("!!! ???", "no words"), ("\ud800", "none")]


@pytest.mark.parametrize(("body", "why"), SILENT, ids=[why for _, why in SILENT])
def test_it_says_nothing_of_less_than_three_words(body: str, why: str) -> None:
    only = {"abuse": checks.discover()["abuse"]}
    assert checks.run(Submission("", body), NO_HISTORY, Policy(), checks=only).verdicts == ()


def test_it_says_nothing_of_other_languages() -> None:
    assert verdicts("abuse", "Das ist ein dummer Fehler, und die Stadt ist schuld.") == ()


def test_it_shows_what_weighed_most_as_it_was_typed() -> None:
    body = "Well, <b>you</b> are a pa\u0301thetic W\u00d8RM and a disgrace."
    (verdict,) = verdicts("abuse", body)
    shown = [body[start:end] for start, end in verdict.spans]
    assert 1 <= len(shown) <= 3
    assert "pa\u0301thetic" in shown
    for text in shown:
        assert f"'{text}'" in verdict.message


def test_a_name_is_looked_at_too() -> None:
    found = verdicts("abuse", "A lovely day it was.", author_name="You are all stupid idiots")
    assert [(v.field, v.signal) for v in found] == [
        ("body", Signal.CLEAR),
        ("author_name", Signal.SUSPECT),
    ]


def test_the_site_says_from_where_on_it_counts() -> None:
    body = "Only an idiot like you could believe such garbage."
    (verdict,) = verdicts("abuse", body)
    (stricter,) = verdicts("abuse", body, settings={"suspect": 1.0})
    assert (verdict.signal, stricter.signal) == (Signal.SUSPECT, Signal.CLEAR)


SHIPPED = Path(weights.__file__).parent / weights.FILE
DAMAGE = {
    "missing": None,
    "empty": b"",
    "cut short": SHIPPED.read_bytes()[:-1],
    "longer": SHIPPED.read_bytes() + b"\0",
    "one bit flipped": bytes([*SHIPPED.read_bytes()[:5000], SHIPPED.read_bytes()[5000] ^ 1])
    + SHIPPED.read_bytes()[5001:],
    "something else": b"PK\x03\x04" * 65_638,
}


@pytest.fixture
def shipped_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that the weights are read from instead."""
    monkeypatch.setattr(weights, "files", lambda _: tmp_path)
    weights.load.cache_clear()
    yield tmp_path / weights.FILE
    weights.load.cache_clear()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_model_holds_the_comment(damage: str, shipped_elsewhere: Path) -> None:
    content = DAMAGE[damage]
    if content is not None:
        shipped_elsewhere.write_bytes(content)
    (verdict,) = verdicts("abuse", "A lovely day, is it not?")
    assert (verdict.signal, verdict.message) == (Signal.ERRORED, "could not be checked")
    assert decide([verdict], PolicyMode.POST, History()).action is Action.HOLD
    shipped_elsewhere.write_bytes(SHIPPED.read_bytes())
    assert [v.signal for v in verdicts("abuse", "A lovely day, is it not?")] == [Signal.CLEAR]


def test_what_is_written_is_read_and_other_features_are_refused() -> None:
    made = weights.Weights(
        -1.5, 0.25, np.arange(len(NAMES), dtype=np.float64), np.full(1 << BITS, -3, np.int8)
    )
    read = weights.decode(weights.encode(made))
    assert (read.bias, read.unit) == (made.bias, made.unit)
    assert read.figure.tolist() == made.figure.tolist()
    assert read.piece.tolist() == made.piece.tolist()
    fewer = structs.replace(made, figure=made.figure[:-1])
    with pytest.raises(weights.BadModel):
        weights.decode(weights.encode(fewer))


def test_the_shipped_model_is_small() -> None:
    assert SHIPPED.stat().st_size < 1_000_000


def strongest(found: tuple[Verdict, ...]) -> float:
    return max((v.score for v in found), default=0.0)


def test_another_spelling_of_the_same_is_weighed_the_same() -> None:
    plain = "You are a worthless loser and a coward."
    disguised = "Y\u043eu are a w\u043erthless l\u200boser and a ｃｏｗａｒｄ."
    assert strongest(verdicts("abuse", plain)) == strongest(verdicts("abuse", disguised))
