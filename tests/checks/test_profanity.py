"""Profanity: what is found and called what; what must be left alone; how strongly it is said."""

import pytest

from comments_service.domain.verdict import Signal
from tests.checks.asking import reasons, verdicts

FOUND = [
    ("what a load of shit", ["profanity"], "swearing"),
    ("this is bullshit.", ["profanity"], "a compound"),
    ("fucking idiots", ["insult", "profanity"], "two kinds at once"),
    ("mother-fucking", ["insult"], "a longer word is not also the one inside"),
    ("you are such an asshole", ["insult"], "an insult"),
    ("the whore of the town", ["slur"], "a slur"),
    ("suck my dick", ["insult"], "a phrase"),
    ("nice tits though", ["sexual"], "of a body"),
    ("pussy", ["sexual"], "sexual language"),
    ("go kill yourself", ["threat"], "a threat"),
    ("I hope you get cancer", ["threat"], "a wish"),
    ("Motherfucker's coming", ["insult"], "a possessive"),
    ('a "fuck" here', ["profanity"], "in quotes"),
    ("f u c k this", ["profanity"], "letters apart"),
    ("fuuuuuck", ["profanity"], "held long"),
    ("f**k and sh*t", ["profanity"], "masked"),
    ("5h1t happens, @sshole", ["insult", "profanity"], "digits and symbols"),
    ("ｆｕｃｋ, fսck, fц\u200bck", ["profanity"], "look-alikes"),
    ("TotalWanker", ["insult"], "glued by capitals"),
    ("unfuckingbelievable", ["profanity"], "inside a longer word"),
]


@pytest.mark.parametrize(("body", "expected", "why"), FOUND, ids=[why for *_, why in FOUND])
def test_what_is_found(body: str, expected: list[str], why: str) -> None:
    assert sorted(reasons("profanity", body)) == expected


HARMLESS = [
    ("Please assess the basement before the class.", "words that hold others"),
    ("cl-ass a.s.s.e.s.s GlAss", "the same, taken apart"),
    ("Scunthorpe United beat Penistone.", "places"),
    ("Mr Matsushita and Mrs Dickinson", "names"),
    ("spic and span", "a phrase excuses the word inside"),
    ("a chink in the armour", "another"),
    ("The rape crisis centre needs volunteers.", "a serious matter"),
    ("I am gay and Jewish.", "who somebody is"),
    ("Sex education reduces pregnancies.", "plain language"),
    ("bus hit, gas hitch, his lute", "over a space"),
    ("he'll say who're you", "contractions"),
    ("Rate it 1-5: *****", "stars"),
    ("the A55 and $455", "roads and prices"),
    ("P!nk, Ke$ha, A$AP Rocky", "artists"),
    ("What the hell, damn it's hot", "mild swearing"),
    ("The Shi'ite minority", "a faith"),
    ("That is a foolish policy.", "a hard word about a thing"),
    ("Thank you. Idiosyncratic, though.", "a longer word"),
]


@pytest.mark.parametrize(("body", "why"), HARMLESS, ids=[why for _, why in HARMLESS])
def test_what_is_left_alone(body: str, why: str) -> None:
    assert reasons("profanity", body) == []


AIMED = [
    ("The clown makes children laugh.", [], "about a third"),
    ("You clown!", ["insult"], "to the reader"),
    ("You are such a complete clown", ["insult"], "with words between"),
    ("youre a clown", ["insult"], "misspelt"),
    ("your a clown", ["insult"], "misspelt otherwise"),
    ("What a clown you are.", ["insult"], "turned round"),
    ("Your clown was funny.", [], "what belongs to the reader"),
    ("Thank you. Clown of the year!", [], "over the end of a sentence"),
    ("You are not a clown.", [], "denied"),
]


@pytest.mark.parametrize(("body", "expected", "why"), AIMED, ids=[why for *_, why in AIMED])
def test_milder_words_count_when_aimed(body: str, expected: list[str], why: str) -> None:
    assert reasons("profanity", body) == expected


def test_milder_words_add_up_to_a_suspicion_and_no_further() -> None:
    assert reasons("profanity", "a clown") == []
    assert reasons("profanity", "a clown and a liar") == []
    assert reasons("profanity", "a clown, a liar, a coward, a creep and a fool") == ["insult"]
    many = "clown liar fool coward troll loser traitor pig hypocrite lunatic creep vermin " * 9
    (verdict,) = verdicts("profanity", many)
    assert verdict.signal is Signal.SUSPECT


def test_severe_slurs_are_bad_and_swearing_is_suspect() -> None:
    assert [v.signal for v in verdicts("profanity", "faggot")] == [Signal.BAD]
    assert [v.signal for v in verdicts("profanity", "fucking")] == [Signal.SUSPECT]


def test_the_site_says_from_where_on_words_count() -> None:
    assert reasons("profanity", "damn", settings={"doubtful": 0.3}) == ["profanity"]
    assert reasons("profanity", "some shit this is", settings={"suspect": 0.7}) == []
    (verdict,) = verdicts("profanity", "shit", settings={"bad": 0.6})
    assert verdict.signal is Signal.BAD


WEIGHED = [
    ("He is stupid, I think.", [], "a milder word among others is the abuse model's to weigh"),
    ("Stupid.", ["insult"], "alone it has no context that could excuse it"),
    ("He is st*pid, I think.", ["insult"], "nobody disguises what is harmless"),
    ("There is a hole in the wall.", [], "not a masked word taken apart"),
    ("A fag break and a packet of fags.", [], "a cigarette"),
    ("Our bitch had puppies.", [], "a dog"),
    ("Our bitch had it coming.", ["insult"], "no dog"),
    ("That pack of fags.", ["slur"], "no cigarettes"),
    ("Blue tits on the feeder.", [], "birds"),
]


@pytest.mark.parametrize(("body", "expected", "why"), WEIGHED, ids=[why for *_, why in WEIGHED])
def test_where_milder_words_count(body: str, expected: list[str], why: str) -> None:
    assert reasons("profanity", body) == expected


REFUSED = [
    ("faggot", True, "the word itself"),
    ("f@ggot", False, "a disguise is a guess, and holds"),
    ("f****t", False, "a mask is"),
    ("niggerism", False, "a part of another word is"),
]


@pytest.mark.parametrize(("body", "refused", "why"), REFUSED, ids=[why for *_, why in REFUSED])
def test_only_what_certainly_stands_there_is_refused(body: str, refused: bool, why: str) -> None:
    (verdict,) = verdicts("profanity", body)
    assert verdict.signal is (Signal.BAD if refused else Signal.SUSPECT)


def test_it_shows_the_words_as_they_were_typed() -> None:
    (verdict,) = verdicts("profanity", "Well, f.u.c.k and <b>sh</b>it and FUCK")
    assert verdict.message == "Swearing: 'f.u.c.k', 'sh</b>it', 'FUCK'."
    assert verdict.spans == ((6, 13), (21, 29), (34, 38))


def test_names_are_looked_at_too() -> None:
    (verdict,) = verdicts("profanity", "Hello", author_name="Mr Sh1thead")
    assert (verdict.field, verdict.spans, verdict.reason) == (
        "author_name",
        ((3, 11),),
        "profanity.insult",
    )
