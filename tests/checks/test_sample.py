"""A small sample of hand-written comments that always runs: what passes, waits and is refused.

`test_quality.py` asks the same of the labelled texts beside the project, where they are.
"""

import pytest

from comments_service import checks
from comments_service.services.examine import examine_text

WANTED = checks.discover()


def decided(body: str) -> str:
    """What mode `post` decides on a stranger's comment."""
    return str(examine_text(body, "Reader", WANTED)["decision"])


PASS = [
    "Thank you for the article, I did not know that the station was that old.",
    "I think the figures in the second table are wrong, could you check them?",
    "We moved here in 2011 and the bus has been late ever since.",
    "The council should publish the report before it votes.",
    "My daughter loved the zoo, even in the rain.",
    "I disagree: a lower speed limit would not hurt the shops.",
    "Is there a recipe for the soup somewhere?",
    "The film was boring, and the ending made no sense.",
    "He was a terrible mayor, but the park was his idea.",
    "The referee made a mistake, as anybody can see on the video.",
    "What a waste of money this bridge is.",
    "Nobody asked the people who live in the street.",
    "I am sorry for your loss, she was a wonderful teacher.",
    "That is not what the law says, see paragraph four.",
    "The dog next door barks all night, does anybody know whom to call?",
    "I hate it when trains are cancelled without notice.",
    "This makes me angry, and I do not know what to do about it.",
    "The killer was found by a retired police officer.",
    "We shot the whole series with an old camera.",
    "The Muslim community invited the whole street to dinner.",
    "As a lesbian mother of two I found this article fair.",
    "Black and white photographs were taken until 1968.",
    "Old people cannot get up those stairs.",
    "It is a scandal that the swimming pool is still closed.",
    "You are right, I had not thought of that.",
    "You did not read the second page, did you?",
    "Your numbers are old, the new ones came out in May.",
    "Could you please stop posting the same link everywhere?",
    "The cat killed three mice this week.",
    "I would kill for a good coffee right now.",
    "The match was a massacre, seven to nothing.",
    "Such nonsense: the lake is 40 metres deep, not 400.",
    "That joke about the vicar was a bit silly.",
    "A sick joke of fate: the fire station burned down.",
    "Somebody should be ashamed of this timetable.",
    "The government lies to us about the costs.",
    "Stupid question perhaps, but where is the entrance?",
    "I was such an idiot to sell that house.",
    "Let us agree to disagree and talk about the weather.",
    "The soup is cold, the beer is warm, the service is slow.",
]

WAIT = [
    "You are a pathetic excuse for a human being.",
    "Nobody likes you, you miserable little troll.",
    "You must be the dumbest person on this site.",
    "Shut up, you ignorant fool.",
    "Only an idiot like you could write that.",
    "You are a liar and a coward, and everybody knows it.",
    "Go back to school, moron, and learn to spell.",
    "You people are vermin.",
    "These immigrants are parasites and should be drowned.",
    "Women are too stupid to drive.",
    "Gays are disgusting and should be locked up.",
    "You are a disgrace to your family.",
    "What a bunch of brainless sheep you all are.",
    "The author is an incompetent hack and a fraud.",
    "I hope you get hit by a bus, you worthless loser.",
    "Someone should smash your ugly face in.",
    "You are too stupid to understand the article.",
    "Crawl back under your rock, you slimy toad.",
    "You sick, twisted freak.",
    "Take your medicine, you deranged lunatic.",
]

DELIGHT = [
    "this is fucking great news everybody",
    "holy shit that was brilliant",
    "Fuck yes, finally somebody says it!",
    "This is the best fucking article I have read all year.",
    "Holy fuck, what a goal!",
    "I fucking love this band.",
    "The pictures are fucking beautiful, thank you.",
    "You are fucking awesome, thanks for the help!",
    "You absolute fucking legend, that fixed it.",
    "This shit is hilarious, I cried laughing.",
    "Holy crap, that is one hell of a recipe.",
    "Best damn pizza in the city, no bullshit.",
    "Congratulations, you lucky bastard!",
    "Thanks for the fucking amazing tutorial, it saved my week.",
    "I was scared shitless, but the crew was wonderful.",
    "What a fucking fantastic concert, loved every minute.",
    "Wow, holy shit, the bridge is finally open.",
    "Fuck me, that cake was delicious.",
    "So fucking proud of our girls tonight!",
    "Shit, this is a perfect summary, bravo.",
    "Damn, those photos are gorgeous.",
    "Fucking excellent work by the volunteers.",
    "That was one hell of a fun ride, holy shit.",
    "Super fucking happy for you both!",
    "No shit, the new library is stunning.",
    "Goddamn, I am impressed by this kid.",
    "Yeah, the ending was fucking perfect.",
    "Hell yes, the damn tram is back, fantastic!",
    "You lovely bastards, thanks for the birthday cards.",
    "Bloody brilliant, you magnificent bastards.",
]

REFUSED = [
    "Go away, you fucking moron, nobody asked you.",
    "You are a piece of shit and everybody here knows it.",
    "Fuck you and everything you stand for.",
    "Shut the fuck up, you stupid bitch.",
    "Eat shit and die, you worthless cunt.",
    "You fucking idiot, learn to read before you post.",
    "The author is a fucking retard and should be fired.",
    "What a stupid cunt this woman is.",
    "Go fuck yourself, you lying bastard.",
    "You are all a bunch of dumb fucks.",
    "Suck my dick, loser.",
    "Kill yourself, you pathetic piece of shit.",
    "I will find you and kill you, bitch.",
    "Fuck off back to your own country, you dirty bastard.",
    "Stupid faggot, nobody wants you here.",
    "These niggers should all go back to Africa.",
    "Your mother is a whore and you are a son of a bitch.",
    "Only a complete asshole would write such bullshit.",
    "Shut your whore mouth, slut.",
    "You dumb motherfucker, you know nothing about this.",
    "All of them are filthy cocksuckers and traitors.",
    "You are a fucking disgrace to this town.",
    "Die in a fire, asshole.",
    "Get fucked, you ignorant prick.",
    "You little shit, I hope you choke.",
    "The mayor is a corrupt fucking pig.",
    "No one likes you, you ugly bitch.",
    "Lick my balls, you fucking clown.",
    "Great job, you fucking moron, now it is broken.",
    "Thanks for nothing, you stupid cunt.",
]


@pytest.mark.parametrize("body", DELIGHT)
def test_sweary_praise_is_never_refused(body: str) -> None:
    assert decided(body) in ("approve", "hold")


@pytest.mark.parametrize("body", REFUSED)
def test_strong_words_at_somebody_are_refused(body: str) -> None:
    assert decided(body) == "reject"


@pytest.mark.parametrize("body", WAIT)
def test_abuse_without_strong_words_only_waits(body: str) -> None:
    assert decided(body) != "reject"


def test_nearly_all_abuse_without_strong_words_waits() -> None:
    passed = [body for body in WAIT if decided(body) == "approve"]
    assert len(passed) <= 4, passed


def test_nearly_all_clean_comments_pass() -> None:
    stopped = [body for body in PASS if decided(body) != "approve"]
    assert len(stopped) <= 2, stopped


def test_nearly_all_sweary_praise_waits() -> None:
    passed = [body for body in DELIGHT if decided(body) == "approve"]
    assert len(passed) <= 5, passed
