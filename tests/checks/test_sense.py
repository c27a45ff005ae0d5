"""Sense: slurs that are claimed, told as suffered, objected to or named, and what only looks so."""

import pytest

from comments_service import checks
from comments_service.checks.lexicon.hits import MOST_ASKED
from comments_service.domain.comment import Submission
from comments_service.domain.facts import NO_HISTORY
from comments_service.domain.policy import Policy
from comments_service.domain.verdict import Signal
from tests.checks.asking import verdicts

NOT_USED = [
    ("We are proud faggots.", "claimed"),
    ("I'm a faggot.", "claimed by one"),
    ("we're faggots and you know it", "claimed before others"),
    ("Proud to be a faggot.", "claimed with pride"),
    ("I call myself a faggot, so what?", "what the writer calls the writer"),
    ("Happy Pride to all my faggots", "for one's own"),
    ("Here's to all my fellow faggots!", "for one's fellows"),
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
    ("Faggot is a slur.", "named as a slur"),
    ("Faggot is a hateful word.", "named as a hateful word"),
]
UNCLEAR = [
    ("The word faggot stands there twice.", "spoken of as a word, or it fits"),
    ("The slur faggot is too good for him.", "named, and used"),
    ("Faggot is a slur but it fits him.", "named, and used afterwards"),
    ("The racist slur nigger was sprayed on a wall.", "reported as a slur"),
    ("She was called a whore by her teacher.", "told of a third person"),
    ("He was fired for calling a colleague a faggot.", "told of somebody's deed"),
    ("Bullies shouted faggot at me for years.", "told of what was shouted"),
    ("Please don't say faggot to your brother.", "what a reader is asked not to say"),
    ('As they say, "faggots everywhere".', "quoted, and nobody objects"),
    ('He said "faggots burn", which shows how racist the media is.', "judged is somebody else"),
    ("Nobody thinks the slur faggot is that bad", "a doubt turns it round"),
    ("I will never stop calling them faggots", "never stopping"),
    ("It's not okay to stop calling them niggers", "an objection to stopping"),
    ("It's wrong to ban calling them niggers", "an objection to a ban"),
    ("It's not racist to call them niggers", "an objection denied"),
    ("Nobody thinks it is wrong to call them faggots", "an objection doubted"),
    ("Calling people faggots is not wrong", "an objection denied afterwards"),
    ("Stop calling black people niggers? I will when they stop.", "an objection asked about"),
    ("Stop calling everyone a nigger, only the black ones are.", "an objection that goes on"),
    ("It was wrong to call them niggers, they are worse", "an objection turned round"),
    ("No one should be called a kike, they should be gassed", "and worse"),
    ("They called us niggers but these are the real ones", "suffered, and turned on others"),
    ("Stop calling niggers people", "it names who is called"),
]
USED = [
    ("I called him a faggot.", "the writer's own deed"),
    ('I posted "faggots burn" and it was not okay to delete it', "quoted is the writer"),
    ("Faggots are the word for it.", "said of people"),
    ("You are faggots.", "said to somebody"),
    ("I hate faggots.", "said by the writer of others"),
    ("We must stop the faggots.", "an objection to the people"),
    ("Mark my words, nigger", "words of another kind"),
    ("In other words, niggers are ruining this.", "and another"),
    ("Niggers are a waste of words.", "and one behind it"),
    ("You faggot. Is a word enough for you?", "and one in the next sentence"),
    ("The word faggot suits you", "a word that suits the reader"),
    ("You were called a nigger because you are one", "told of the reader"),
    ("Niggers are a slur on humanity", "a slur on somebody"),
    ("Our kike overlords want it", "the word describes another"),
    ("Our fellow niggers should swing", "who is no fellow"),
    ("My lovely nigger, pick my cotton", "nor loved"),
    ("My faggot neighbour should die", "who is the writer's only by place"),
    ("I am a proud nigger hater", "what the writer hates"),
    ("I am proud niggers are not allowed in this pub", "what the writer is proud of"),
    ("We are the kike hunters", "what the writer hunts"),
    ("We are sick of niggers", "what the writer is sick of"),
    ("Heres to all my beautiful kikes in the ovens", "for others' death"),
    ("I am, faggots are not", "over a comma"),
    ("We are proud. Niggers die", "over a full stop"),
    ("I am not a faggot like the rest", "denied, and said of the rest"),
    ("No joke, kill faggots", "a joke is none"),
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


@pytest.mark.parametrize("name", ["Word Nigger", "My Faggot", "I am Nigger", "The slur Nigger"])
def test_a_name_is_always_meant(name: str) -> None:
    (verdict,) = verdicts("profanity", "Hello there.", author_name=name)
    assert (verdict.field, verdict.signal) == ("author_name", Signal.BAD)


OTHER = [
    ("Two dogs and three bitches left from the litter.", "a breeder's"),
    ("Faggots, mushy peas and gravy.", "a cook's"),
    ("Fags are fifteen quid a packet now.", "a smoker's"),
    ("A pair of tits nest in the box.", "a birder's"),
    ("The drug retards the growth of the tumour.", "a physician's"),
    ("Chinks of sunlight came through the shutters.", "of light"),
    ("The refugee camp on Lesbos burned down.", "an island"),
    ("FAG bearings last for decades.", "an abbreviation"),
    ("Then Kike Hernández hit three home runs.", "a name"),
    ('Conrad\'s "The Nigger of the Narcissus" is long.', "a title"),
]


@pytest.mark.parametrize(("body", "why"), OTHER, ids=[why for _, why in OTHER])
def test_a_word_that_means_something_else_refuses_nothing(body: str, why: str) -> None:
    every = checks.run(Submission("Bob", body), NO_HISTORY, Policy()).verdicts
    assert Signal.BAD not in [v.signal for v in every]


@pytest.mark.parametrize("name", ["Kike Hernández", "Peter Fagg"])
def test_a_name_that_people_bear_waits_at_most(name: str) -> None:
    every = checks.run(Submission(name, "Hello there."), NO_HISTORY, Policy()).verdicts
    assert Signal.BAD not in [v.signal for v in every]


def test_who_speaks_to_the_reader_means_it() -> None:
    (verdict,) = verdicts("profanity", "You faggot, go and smoke your cigarette.")
    assert verdict.signal is Signal.BAD


def test_who_writes_very_many_slurs_uses_them() -> None:
    (verdict,) = verdicts("profanity", "They called me a faggot. " * (MOST_ASKED + 1))
    assert verdict.signal is Signal.BAD
    assert verdicts("profanity", "They called me a faggot. " * MOST_ASKED) == ()
