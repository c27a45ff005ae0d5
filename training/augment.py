"""Rows made from rows: toxic comments without their toxic words, and the same said of others."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from training.sets import Row, fold_of

GROUPS: Final = {
    "race": """black white asian african american latino latina hispanic indian chinese
        mexican""".split(),
    "faith": "muslim christian jewish catholic buddhist hindu atheist sikh".split(),
    "gender": "woman man girl boy female male trans transgender nonbinary".split(),
    "love": "gay lesbian bisexual straight heterosexual homosexual queer".split(),
    "body": "disabled blind deaf elderly old young".split(),
    "plural": """muslims christians jews catholics women men girls boys gays lesbians immigrants
        refugees americans mexicans africans blacks whites""".split(),
}
"""Words that say who somebody is; those of one kind stand for each other."""
KINDS: Final = {word: kind for kind, words in GROUPS.items() for word in words}
_WORDS: Final = re.compile(rf"\b({'|'.join(KINDS)})\b", re.IGNORECASE)
WEIGHT: Final = 0.5
"""What a row counts that only changes whom or what another speaks of."""


_PEOPLE: Final = """person man woman friend neighbour teacher nurse student doctor driver family
    couple colleague artist voter writer""".split()
_CALM: Final = """
I am a {w} {p}.
I am {w}.
I'm a {w} {p} and I live here.
My {p} is {w}.
She is a {w} {p}.
He is {w} and works as a teacher.
They are {w}.
We are a {w} family.
As a {w} {p} I know what this is like.
I grew up as a {w} {p} in this town.
My {w} {p} said hello.
The {w} {p} next door helped us move.
A {w} {p} wrote this book.
There was a {w} {p} on the bus.
The {w} community has asked for this for years.
{w} people live here, too.
{w} people vote, too.
Many {w} people came to the meeting.
Some of my best friends are {w} people.
It is not easy to be {w} in this country.
Being {w} is nothing to be ashamed of.
I married a {w} {p}.
I love my {w} {p}.
I have a {w} {p} and three children.
Our new mayor is a {w} {p}.
The film is about a {w} {p} and a dog.
A {w} {p} was elected for the first time.
Are there any {w} people on the council?
How many {w} people live in the city?
The report says that {w} people wait longer.
{w} rights are human rights.
The study asked {w} people about their health.
I interviewed a {w} {p} for the paper.
Is the author a {w} {p}?
You are a {w} {p}, so you would know.
You must be proud of your {w} {p}.
Thank you for writing about {w} people.
The {w} vote decided the election.
My {p}, who is {w}, disagrees with you.
More {w} people should read this.
A {w} {p} was attacked on the way home.
Police say that the {w} {p} was murdered.
The man who killed a {w} {p} was sentenced today.
He was convicted of raping a {w} {p}.
{w} people were persecuted and murdered for who they were.
The regime murdered thousands of {w} people. We must never forget.
Attacks on {w} people have doubled, says the report.
Somebody shouted abuse at a {w} {p} on the train.
Nobody should be hated for being {w}.
Hatred of {w} people has risen in every country.
""".strip().split("\n")
"""Sentences that mention who somebody is, and what was done to them, and nothing against them."""
_FOOLISH: Final = "stupid dumb idiotic silly foolish ridiculous crazy".split()
_THINGS: Final = """policy rule tackle decision plan law idea tax design name headline question
    mistake timetable""".split()
_HARD: Final = """
What a {w} {t}.
That was a {w} {t}.
The {t} is {w}, and it will cost millions.
I think the {t} is {w}.
This {w} {t} has to go.
That {t} was {w}, he deserved the red card.
It was {w} of me to forget the {t}.
I was {w} to believe that {t}.
I made a {w} {t} and learned from it.
I feel {w} for asking, but what does the {t} mean?
""".strip().split("\n")
"""Hard words about things, and about the writer: nobody is abused."""
_ONESELF: Final = "idiot fool moron dummy clown".split()
_OWN: Final = """
I'm an {w}, I left the oven on.
I am such an {w}, I forgot my keys.
I felt like an {w} when I saw it.
What an {w} I was.
Call me an {w}, but I liked it.
""".strip().split("\n")
"""The same about oneself."""


def calm_mentions() -> Iterator[Row]:
    """Every sentence about every group's name, so that a name by itself tells nothing."""
    words = [word for kind, listed in GROUPS.items() if kind != "plural" for word in listed]
    for at, sentence in enumerate(_CALM):
        for nth, word in enumerate(words):
            text = sentence.format(w=word, p=_PEOPLE[(7 * at + nth) % len(_PEOPLE)])
            text = text[0].upper() + text[1:]
            yield _calm("calm mentions", text, sentence)


def calm_complaints() -> Iterator[Row]:
    """Hard words that are said of things and of oneself, which abuse nobody."""
    for at, sentence in enumerate(_HARD):
        for nth, word in enumerate(_FOOLISH):
            for step in range(3):
                thing = _THINGS[(5 * at + 3 * nth + step) % len(_THINGS)]
                text = sentence.format(w=word, t=thing).replace(" a i", " an i")
                yield _calm("calm complaints", text, sentence, WEIGHT)
    for sentence in _OWN:
        for word in _ONESELF:
            told = sentence.format(w=word)
            if word != "idiot":
                told = told.replace(" an ", " a ")
            yield _calm("calm complaints", told, sentence, WEIGHT)


def _calm(name: str, text: str, sentence: str, weight: float = 1.0) -> Row:
    return Row(name, text, abusive=False, swears=False, fold=fold_of(sentence), weight=weight)


def without_spans(row: Row) -> Iterator[Row]:
    """A toxic comment less the words that its annotators marked: what is left is not abusive."""
    spans = (row.raw or {}).get("spans")
    if spans:
        text = row.text
        for start, end in sorted(spans, reverse=True):
            text = f"{text[:start]} {text[end:]}"
        yield replace(row, text=text, abusive=False, raw=None)


def of_others(row: Row) -> Iterator[Row]:
    """The row said of another group, so that no group's name tells abusive from not."""
    found = list(_WORDS.finditer(row.text))
    if found:
        chosen = hashlib.blake2b(row.text.encode("utf-8", "replace"), digest_size=8).digest()

        def other(m: re.Match[str]) -> str:
            kind = GROUPS[KINDS[m[0].lower()]]
            return kind[(kind.index(m[0].lower()) + 1 + chosen[0] % (len(kind) - 1)) % len(kind)]

        yield replace(row, text=_WORDS.sub(other, row.text), weight=row.weight * WEIGHT, raw=None)
