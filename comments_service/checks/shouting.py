"""Shouting: is the comment written in capitals? A question of manner; it decides nothing."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Struct

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import Reading


class Settings(Struct, frozen=True):
    """When capitals are shouting."""

    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.7
    """Capitals among the letters, from which it is shouting."""
    min_letters: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 20
    """Shorter texts are left alone: initials and cries are no shouting."""


def examine(reading: Reading, _facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding when most letters are capitals. Scripts without capitals are never shouting."""
    letters, capitals = reading.body.letters, reading.body.capitals
    if letters < settings.min_letters or capitals < settings.share * letters:
        return ()
    share = capitals / letters
    return (
        Finding(
            signal=Signal.SUSPECT,
            score=share,
            reason="capitals",
            category=Category.MANNER,
            spans=((0, len(reading.body.original)),),
            values={"percent": round(100 * share)},
        ),
    )


check = Check(
    name="shouting",
    version=1,
    summary="Is most of the comment written in capitals?",
    reasons={"capitals": "{percent} % of the letters are capitals."},
    examine=examine,
    settings_type=Settings,
)
