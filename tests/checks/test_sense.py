"""Sense: slurs that are claimed, told as suffered, objected to or named, and what only looks so."""

import pytest

from comments_service.checks.lexicon.hits import MOST_ASKED
from comments_service.domain.verdict import Signal
from tests.checks.asking import verdicts

NOT_USED = [
    ("We are proud faggots.", "claimed"),
    ("I'm a faggot.", "claimed by one"),
    ("we're faggots and you know it", "claimed before others"),
    ("Proud to be a faggot.", "claimed with pride"),
    ("I call myself a faggot, so what?", "what the writer calls the writer"),
    ("Happy Pride to all my faggots", "for one's own"),
    ("Today is for my fellow faggots.", "of one's fellows"),
    ("They called me a faggot at school and it hurt.", "told as done to the writer"),
    ("Why do you call me a faggot?", "asked of who said it"),
    ("We were called faggots.", "told as suffered"),
    ("I have often been called a faggot here", "told as suffered often"),
    ("Stop calling people faggots.", "objected to"),
    ("Please stop calling my son a faggot.", "objected to for another"),
    ("It's not okay to call people faggots.", "called not okay"),
    ("It is so wrong to call him a faggot.", "called wrong"),
    ("Calling people faggots is not funny.", "judged afterwards"),
    ("Nobody should be called a faggot.", "what nobody should be called"),
    ('Saying "all those faggots" is not okay.', "quoted to object to it"),
    ('He wrote "faggots again", which shows how bigoted he is.', "quoted to judge who wrote it"),
    ("Faggot is a slur, says the dictionary.", "named as a slur"),
    ("Faggot is a hateful word.", "named as a hateful word"),
    ("The racist slur nigger was sprayed on a wall.", "reported as a slur"),
]
UNCLEAR = [
    ("The word faggot stands there twice.", "spoken of as a word, or it fits"),
    ("The slur faggot is too good for him.", "named, and used"),
    ("She was called a whore by her teacher.", "told of a third person"),
    ("He was fired for calling a colleague a faggot.", "told of somebody's deed"),
    ("My faggots are late.", "one's own, or owned"),
    ('As they say, "faggots everywhere".', "quoted, and nobody objects"),
    ('He said "faggots burn", which shows how racist the media is.', "judged is somebody else"),
    ("Nobody thinks the slur faggot is that bad", "a doubt turns it round"),
]
USED = [
    ("I called him a faggot.", "the writer's own deed"),
    ("Faggots are the word for it.", "said of people"),
    ("You are faggots.", "said to somebody"),
    ("I hate faggots.", "said by the writer of others"),
    ("We must stop the faggots.", "an objection to the people"),
    ('"Faggots", all of them.', "in quotes, and nobody speaks"),
    ("Mark my words, nigger", "words of another kind"),
    ("In other words, niggers are ruining this.", "and another"),
    ("Niggers are a waste of words.", "and one behind it"),
    ("You faggot. Is a word enough for you?", "and one in the next sentence"),
    ("The word faggot suits you", "a word that suits the reader"),
    ("You were called a nigger because you are one", "told of the reader"),
    ("Faggot is a word of praise compared to that.", "worse than the word"),
    ("Niggers are a slur on humanity", "a slur on somebody"),
    ("Our kike overlords want it", "the word describes another"),
    ("My faggot neighbour should die", "who is the writer's only by place"),
    ("I am a proud nigger hater", "what the writer hates"),
    ("We are the kike hunters", "what the writer hunts"),
    ("We are sick of niggers", "what the writer is sick of"),
    ("I am, faggots are not", "over a comma"),
    ("We are proud. Niggers die", "over a full stop"),
    ("I am not a faggot like the rest", "denied, and said of the rest"),
    ("It is not okay to call niggers human", "it names who is called"),
    ("Stop calling niggers people", "it names who is called, again"),
    ("I will never stop calling them faggots", "never stopping"),
    ("No one should stop calling them niggers", "nobody stopping"),
    ("It's not okay to stop calling them niggers", "an objection to stopping"),
    ("It's wrong to ban calling them niggers", "an objection to a ban"),
    ("It is wrong that I can't call them niggers", "an objection to being stopped"),
    ("It's not racist to call them niggers", "an objection denied"),
    ("Nobody thinks it is wrong to call them faggots", "an objection doubted"),
    ("Calling people faggots is not wrong", "an objection denied afterwards"),
    ("I hate them and call them faggots", "hatred is no objection"),
    ("No joke, kill faggots", "a joke is none"),
    ("Stop calling people black, they are niggers", "another clause"),
    ("It is racist when they call us, niggers", "over a comma, again"),
    ("They called me racist for calling niggers niggers", "what the writer was called is another"),
]
TOLD = [
    (body, signal, why)
    for signal, rows in (
        (Signal.CLEAR, NOT_USED),
        (Signal.SUSPECT, UNCLEAR),
        (Signal.BAD, USED),
    )
    for body, why in rows
]


@pytest.mark.parametrize(("body", "signal", "why"), TOLD, ids=[why for *_, why in TOLD])
def test_how_a_slur_is_meant(body: str, signal: Signal, why: str) -> None:
    found = [v.signal for v in verdicts("profanity", body)]
    assert max(found, default=Signal.CLEAR) is signal


@pytest.mark.parametrize("name", ["Word Nigger", "My Faggot", "I am Nigger", "The slur Kike"])
def test_a_name_is_always_meant(name: str) -> None:
    (verdict,) = verdicts("profanity", "Hello there.", author_name=name)
    assert (verdict.field, verdict.signal) == ("author_name", Signal.BAD)


def test_who_writes_very_many_slurs_uses_them() -> None:
    (verdict,) = verdicts("profanity", "They called me a faggot. " * (MOST_ASKED + 1))
    assert verdict.signal is Signal.BAD
    assert verdicts("profanity", "They called me a faggot. " * MOST_ASKED) == ()
