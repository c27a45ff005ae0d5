"""Honeypot: was the field filled in that no person sees?"""

from collections.abc import Sequence

from msgspec import Struct

from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.text.reading import Reading


class Settings(Struct, frozen=True):
    """There is nothing to set."""


def examine(reading: Reading, _facts: Facts, _settings: Settings) -> Sequence[Finding]:
    """One finding when `website` holds anything but white space."""
    website = reading.submission.website
    if not website.strip():
        return ()
    spans = ((0, len(website)),)
    return (Finding(Signal.BAD, 1.0, "filled_in", Category.SPAM, spans, field="website"),)


check = Check(
    name="honeypot",
    version=1,
    summary="Was the form field filled in that is hidden from people?",
    reasons={"filled_in": "A field was filled in that people cannot see."},
    examine=examine,
    settings_type=Settings,
    not_kept="website",
)
