"""Repeats: was the same text posted before, by the same hand or by several?"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Struct

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import Reading


class Settings(Struct, frozen=True):
    """When the same words are a repeat."""

    min_letters: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 15
    """Shorter texts may be said again, by anybody: "Thank you!", "I agree"."""
    spam_after: Annotated[int, msgspec.Meta(ge=1, le=50)] = 3
    """Earlier copies by the same hand within a day, from which it is spam."""
    by_anyone: Annotated[int, msgspec.Meta(ge=1, le=50)] = 3
    """Earlier copies by whomever within a day, from which the text is suspect."""


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding when the text, folded to letters and digits, was seen within the last day.

    Copies by the same commenter or address weigh more than copies by anybody.
    """
    copies = [e for e in facts.earlier if e.fingerprint == reading.fingerprint]
    if not copies or reading.body.letters < settings.min_letters:
        return ()
    own = sum(e.same_commenter or e.same_address for e in copies)
    if own >= settings.spam_after:
        return (_finding(Signal.BAD, "own_many", own),)
    if own:
        return (_finding(Signal.SUSPECT, "own", own),)
    if len(copies) >= settings.by_anyone:
        return (_finding(Signal.SUSPECT, "by_several", len(copies)),)
    return ()


def _finding(signal: Signal, reason: str, count: int) -> Finding:
    return Finding(signal, 1 - 0.5**count, reason, Category.SPAM, values={"count": count})


check = Check(
    name="repeats",
    version=1,
    summary="Was the same text posted before, by the same commenter or address or by several?",
    reasons={
        "own": "The same commenter or address posted this text before. Earlier copies: {count}.",
        "own_many": "The same commenter or address posts this text again and again: {count} times.",
        "by_several": "The same text came from several commenters. Earlier copies: {count}.",
    },
    examine=examine,
    settings_type=Settings,
    not_kept="address",
    needs_history=True,
)
