"""Checks, findings and verdicts: one named question asked of a submission, and its answer.

A check reports what it saw and where. It never decides: `policy.py` does.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

Field: TypeAlias = Literal["body", "author_name", "email", "website"]


class Signal(IntEnum):
    """How strongly a check speaks. ERRORED: it could not look, which holds the comment."""

    CLEAR = 0
    SUSPECT = 1
    BAD = 2
    ERRORED = 3


class Category(StrEnum):
    """What kind of trouble a finding is. `MANNER` alone never changes a decision."""

    PROFANITY = "profanity"
    SLUR = "slur"
    SEXUAL = "sexual"
    INSULT = "insult"
    THREAT = "threat"
    SPAM = "spam"
    MANNER = "manner"


class Mode(StrEnum):
    """Whether a check counts (`on`), is recorded only (`shadow`), or does not run (`off`)."""

    ON = "on"
    SHADOW = "shadow"
    OFF = "off"


Span: TypeAlias = tuple[int, int]
"""[start, end) in the field's original text, counted in Unicode code points."""


class Finding(Struct, frozen=True):
    """One thing a check saw. `reason` is a key of the check's `reasons`, without its name."""

    signal: Signal
    score: float
    """Strength within the signal, 0 to 1."""
    reason: str
    category: Category
    spans: tuple[Span, ...] = ()
    field: Field = "body"
    values: Mapping[str, str | int] = msgspec.field(default_factory=dict)
    """Fills the reason's sentence: `{"count": 3}` for "{count} links"."""


class Check(Struct, frozen=True):
    """A check file exposes exactly one of these, named `check`.

    `examine` gets what `text.reading.Reading` read off the submission, the facts and an instance of
    `settings_type`; it returns what it found, an empty sequence when there is nothing. It is pure,
    and its work is bounded by the text's length, never by the clock.
    """

    name: str
    version: int
    """Rises with any change of behaviour: every stored verdict says what judged it."""
    summary: str
    """One sentence for the docs and the settings page."""
    reasons: Mapping[str, str]
    """Reason code to a sentence for moderators, with `{placeholders}` for `Finding.values`."""
    examine: Callable[[Any, Any, Any], Sequence[Finding]]
    settings_type: type[Any]
    """A frozen struct whose defaults are the check's default settings."""
    ascending: Sequence[tuple[str, str]] = ()
    """Pairs of settings of which the first may not be above the second: from the one on a finding
    counts, and from the other on it is bad."""
    needs_history: bool = False
    """True where the answer depends on `Facts` beyond the submission itself."""
    not_kept: Literal["", "website", "address", "model"] = ""
    """What it looks at and a stored comment no longer has: the hidden field; the address, after a
    while; a model that has since learned from this very comment. A replay leaves such verdicts."""
    regrade: "Callable[[Verdict, Any, Any], Signal] | None" = None
    """Of a check whose stored verdicts a replay leaves: the signal that such a verdict would have
    under other settings, as far as its score tells; given the verdict, the settings and the others.
    What passed then has left no score."""
    to_commenter: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Reason code to what its commenter is told when asked to reword, without placeholders; where
    there is none, `services/reword.py` tells it by the finding's category."""


class Verdict(Struct, frozen=True):
    """What one check said of one submission; stored as it is."""

    check: str
    version: int
    mode: Mode
    signal: Signal
    score: float
    reason: str
    """Namespaced: `links.too_many`."""
    message: str
    """The reason's sentence, filled: what a moderator reads."""
    category: Category | None = None
    spans: tuple[Span, ...] = ()
    field: Field = "body"


class Examination(Struct, frozen=True):
    """All that the checks said of one submission."""

    verdicts: tuple[Verdict, ...] = ()
    """Every finding and every check that could not look; checks that saw nothing leave none."""
    examined_by: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Name and version of every check that ran, those that saw nothing included."""
