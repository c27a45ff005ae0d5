"""Texts with places marked in them, for templates to draw.

Nothing here makes HTML: a text is cut into parts, and the template escapes every one of them.
"""

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple


class Weight(IntEnum):
    """How much a mark matters: seen and not counted, suspect, or bad."""

    NOTED = 0
    SUSPECT = 1
    BAD = 2


class Mark(NamedTuple):
    """[start, end) in code points, what was found there, and how much that matters."""

    start: int
    end: int
    by: str
    weight: Weight = Weight.SUSPECT


class Part(NamedTuple):
    """A stretch of text; `found` says what was found in it, and is empty where nothing was."""

    text: str
    found: str = ""
    weight: Weight = Weight.SUSPECT
    """That of the heaviest mark over it."""

    @property
    def name(self) -> str:
        """The weight as style sheets call it."""
        return self.weight.name.lower()


def cut(text: str, marks: Sequence[Mark]) -> list[Part]:
    """Cut a text where marks begin and end; what several of them cover is one part, naming all."""
    inside = [m for m in marks if 0 <= m.start < m.end <= len(text)]
    edges = sorted({0, len(text)}.union(*((m.start, m.end) for m in inside)))
    opening = sorted(inside)
    covering: list[Mark] = []
    parts: list[Part] = []
    for start, end in pairwise(edges):
        while opening and opening[0].start <= start:
            covering.append(opening.pop(0))
        covering = [m for m in covering if m.end > start]
        found = ", ".join(dict.fromkeys(m.by for m in covering))
        weight = max((m.weight for m in covering), default=Weight.SUSPECT)
        parts.append(Part(text[start:end], found, weight))
    return parts
