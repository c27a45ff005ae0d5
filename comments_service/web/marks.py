"""Texts with places marked in them, for templates to draw.

Nothing here makes HTML: a text is cut into parts, and the template escapes every one of them.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Part(NamedTuple):
    """A stretch of text; `found` names the checks that marked it, and is empty where none did."""

    text: str
    found: str = ""


class Mark(NamedTuple):
    """[start, end) in code points, and who marked it."""

    start: int
    end: int
    by: str


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
        parts.append(Part(text[start:end], ", ".join(dict.fromkeys(m.by for m in covering))))
    return parts
