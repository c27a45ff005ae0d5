"""Tone: how many words of scorn, delight, goodwill and care a passage has.

The list is `tone.txt`, sorted by hand. What is rare in the labelled texts ("pompous", "splendid")
is told to the model together with its like. No word holds a comment by standing there.
"""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from comments_service.text.listed import read_list
from comments_service.text.reading import Passage

KINDS: Final = ("scorn", "delight", "goodwill", "care")


class Tone(NamedTuple):
    """How many of a passage's words are of each kind; a word that comes twice counts twice."""

    scorn: int
    delight: int
    goodwill: int
    """Delight included."""
    care: int
    scornful: int
    """Different words of scorn."""


_NEUTRAL: Final = Tone(0, 0, 0, 0, 0)


@cache
def load() -> dict[str, str]:
    """The kind of each folded word.

    Raises:
        OSError: there is no list.
        ValueError: the list is damaged, has a word twice, or a kind that nobody knows, or lacks
            one: without its heading its words would be taken for the kind above.
    """
    kinds: dict[str, str] = {}
    kind = ""
    for line in read_list(files(__package__), "tone.txt"):
        if line.startswith("## "):
            kind = line[3:]
        elif not line.startswith("#"):
            for word in line.split():
                if kind not in KINDS or kinds.setdefault(word, kind) != kind:
                    raise ValueError(f"tone.txt: '{word}' is listed as {kind or 'nothing'}.")
    if missing := set(KINDS).difference(kinds.values()):
        raise ValueError(f"tone.txt: nothing is listed as {', '.join(sorted(missing))}.")
    return kinds


def tone_of(passage: Passage) -> Tone:
    """Worked out once for a passage; a look-up for each word."""
    return passage.once(_tone)


def _tone(passage: Passage) -> Tone:
    kinds = load()
    listed = kinds.keys() & passage.forms
    if not listed:
        return _NEUTRAL
    sums = dict.fromkeys(KINDS, 0)
    for word in passage.wording:
        if word in listed:
            sums[kinds[word]] += 1
    return Tone(
        scorn=sums["scorn"],
        delight=sums["delight"],
        goodwill=sums["goodwill"] + sums["delight"],
        care=sums["care"],
        scornful=[kinds[word] for word in listed].count("scorn"),
    )
