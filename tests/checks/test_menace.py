"""Menace: threats and wishes of harm that no listed phrase holds, and what is near them."""

import re

import pytest

from comments_service.checks.lexicon.menace import MOST, _by_harm, _harm_in, menaces
from comments_service.domain.verdict import Signal
from comments_service.text.reading import Passage
from tests.checks.asking import verdicts

FOUND = [
    "I'm going to find you and cut your tongue out.",
    "Keep talking and I will come round and break your legs.",
    "I swear I'll smash your teeth in if you post this again.",
    "We will burn your mosque to the ground.",
    "i will fucking stab you",
    "I'll rape your daughter",
    "I'm going to beat the crap out of you",
    "I know which school your daughter goes to.",
    "I own three guns and I know your address.",
    "gonna come to your house tonight with a hammer",
    "Next time I see you in town you're getting stabbed.",
    "ur dead m8",
    "You will pay for this with blood.",
    "I hope someone rapes you",
    "hope ur whole family gets cancer lol",
    "He needs to be dragged out and shot like a dog.",
    "Muslims should be shot at the border",
    "Somebody shoot him already",
    "Someone should put a bullet in that judge's skull.",
    "You deserve a bullet.",
    "gas them all",
    "bring back the ovens",
    "The only good Arab is a dead Arab.",
    "rope yourself",
    "drink some bleach and do us all a favour",
]
NEAR = [
    "The film should be shot in black and white.",
    "No gay person ought to be executed.",
    "The police shot a man who had threatened to kill them.",
    "You will break your legs on that ice.",
    "I hope you get well and live long.",
    "She was stabbed in the neck and died on the bus.",
    "We should hang the pictures lower.",
    "There is a gas leak under their house.",
    "I will never walk to school again.",
    "He knows where the noose of debt tightens.",
    "I will cut the cake and you the bread.",
]


@pytest.mark.parametrize("body", FOUND)
def test_what_is_found_waits(body: str) -> None:
    found = [v for v in verdicts("profanity", body) if v.reason == "profanity.threat"]
    assert [v.signal for v in found] == [Signal.SUSPECT]


@pytest.mark.parametrize("body", NEAR)
def test_what_is_near_is_left_alone(body: str) -> None:
    assert list(menaces(Passage("body", body))) == []


@pytest.mark.parametrize("pattern", _by_harm(), ids=lambda pair: pair[0].pattern[:40])
def test_no_pattern_is_looked_for_without_a_word_of_harm_that_it_needs(
    pattern: tuple[re.Pattern[str], frozenset[str]],
) -> None:
    """One that needed none would never be looked for."""
    assert pattern[1]


def test_each_is_told_once_and_where_it_stands() -> None:
    body = "Well: I hope you get hit by a bus! And I know where you live, you know."
    found = [body[at:until] for at, until in menaces(Passage("body", body))]
    assert found == ["hope you get hit by a bus", "I know where you live"]


def test_what_lies_in_a_menace_is_not_told_again() -> None:
    (verdict,) = verdicts("profanity", "I will find you and cut your tongue out.")
    assert verdict.message == "A threat: 'I will find you and cut your tongue out'."
    assert verdict.spans == ((0, 39),)


def test_of_very_many_words_of_harm_the_first_are_read() -> None:
    calm = "The kill. " * MOST
    assert list(menaces(Passage("body", "I will kill you. " + calm))) == [(0, 15)]
    assert list(menaces(Passage("body", calm + "I will kill you."))) == []


def test_what_a_pattern_may_leave_out_is_spelt_both_ways() -> None:
    assert _harm_in(r"(?:a favou?r|knees?|shoo)\b(?! \w+)") == {"favour", "favor", "knees"}
