"""Flood: did this commenter, or this address, write very many comments just now?"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Struct

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import Reading


class Settings(Struct, frozen=True):
    """How fast a person writes."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)] = 5
    """How far back to look."""
    by_commenter: Annotated[int, msgspec.Meta(ge=1, le=50)] = 6
    """Comments of one commenter in that time that may pass."""
    by_address: Annotated[int, msgspec.Meta(ge=1, le=50)] = 15
    """The same for one address, which an office or a school may share."""


def examine(_reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding when the commenter, or else the address, wrote more than may pass.

    The comment in question counts, so with 6 allowed the seventh is suspect.
    """
    if not facts.earlier:
        return ()
    since = facts.now - timedelta(minutes=settings.minutes)
    recent = [e for e in facts.earlier if since <= e.created_at <= facts.now]
    for reason, count, most in (
        ("by_commenter", 1 + sum(e.same_commenter for e in recent), settings.by_commenter),
        ("by_address", 1 + sum(e.same_address for e in recent), settings.by_address),
    ):
        if count > most:
            values = {"count": count, "minutes": settings.minutes}
            score = 1 - most / count
            return (Finding(Signal.SUSPECT, score, reason, Category.SPAM, values=values),)
    return ()


check = Check(
    name="flood",
    version=1,
    summary="Did the same commenter or address write very many comments just now?",
    reasons={
        "by_commenter": "The commenter's comments within {minutes} minutes: {count}.",
        "by_address": "Comments from the same address within {minutes} minutes: {count}.",
    },
    examine=examine,
    settings_type=Settings,
    not_kept="address",
    needs_history=True,
)
