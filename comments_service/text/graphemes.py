"""Spans widened to what a person sees as whole characters, so that no mark cuts one in two.

What follows Unicode TR 29 as far as text in disguise needs it: marks, joiners, emoji with their
skin and tags, Hangul's parts, and a line's two ends. Flags of two letters may be cut: each of the
letters is a sign that somebody spelled with.
"""

import unicodedata
from collections.abc import Sequence

from comments_service.domain.verdict import Span

_JOINER = "\u200d"


def whole_characters(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans, each as wide as it must be to begin and end between characters."""
    if text.isascii() and "\r" not in text:
        return tuple(spans)
    return tuple(_whole(text, start, end) for start, end in spans)


def _whole(text: str, start: int, end: int) -> Span:
    while 0 < start < len(text) and _is_inside(text, start):
        start -= 1
    while 0 < end < len(text) and _is_inside(text, end):
        end += 1
    return start, end


def _is_inside(text: str, at: int) -> bool:
    """Whether what stands before and after the place is seen as one."""
    before, after = text[at - 1], text[at]
    if before.isspace() or after.isspace():
        return before == "\r" and after == "\n"
    if before == _JOINER and unicodedata.category(after) == "So":
        return True
    return _clings(after)


def _clings(c: str) -> bool:
    """Whether a character is drawn on, or belongs to, the one before it."""
    if c <= "\u02ff":
        return False
    if unicodedata.category(c) in ("Mn", "Me", "Mc"):
        return True
    return (
        c in "\u200c\u200d\uff9e\uff9f"
        or "\U0001f3fb" <= c <= "\U0001f3ff"
        or "\U000e0020" <= c <= "\U000e007f"
        or "\u1160" <= c <= "\u11ff"
    )
