"""Precision of checks from life: did the moderators agree with what a check found?

Pure rules: what became of a comment, what that says of one finding, and when a check is so often
overruled that it must be said. Nothing here counts; `storage.judgements` does.
"""

from collections.abc import Iterable
from enum import StrEnum
from math import sqrt
from typing import Final

from msgspec import Struct

from comments_service.domain.comment import Status
from comments_service.domain.verdict import Category, Mode, Signal, Verdict

MIN_JUDGED: Final = 10
"""Comments that persons must have decided on before a check can be called mostly overruled."""
_Z: Final = 1.959964
"""The normal distribution's quantile for an interval of 95 %."""


class Fate(StrEnum):
    """What became of a comment, as far as it says something of what was found in it."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    WAITING = "waiting"
    """Nobody has decided yet, or somebody put it back."""
    UNSEEN = "unseen"
    """Decided by policy alone, or gone before anybody looked."""


class Outcome(StrEnum):
    """What a comment's fate says of one finding."""

    AGREED = "agreed"
    """A person put the comment away as what the check took it for."""
    OTHERWISE = "otherwise"
    """A person put it away, but as something else: spam where abuse was found, or the reverse."""
    OVERRULED = "overruled"
    """A person approved it."""
    WAITING = "waiting"
    UNSEEN = "unseen"


class Weight(StrEnum):
    """How much a finding counted when it was made."""

    ON = "on"
    SHADOW = "shadow"
    MANNER = "manner"
    """Of the category manner, which decides nothing in any mode."""


def fate_of(status: Status, *, by_person: bool, edit_waits: bool, deleted: bool) -> Fate:
    """What became of a comment; `by_person`: somebody decided on the text as it stands now."""
    if edit_waits:
        return Fate.UNSEEN if deleted else Fate.WAITING
    if by_person and status is not Status.PENDING:
        return Fate(status.value)
    return Fate.WAITING if status is Status.PENDING and not deleted else Fate.UNSEEN


def outcome_of(fate: Fate, categories: Iterable[Category | None]) -> Outcome:
    """What the fate says of findings of these categories.

    Rejected agrees with abuse, spam with spam, either with manner. A check was right to stop
    whatever a person put away; whether it knew why is the difference between agreed and otherwise.
    """
    match fate:
        case Fate.WAITING | Fate.UNSEEN:
            return Outcome(fate.value)
        case Fate.APPROVED:
            return Outcome.OVERRULED
    spam = fate is Fate.SPAM
    kinds = {c is Category.SPAM for c in categories if c is not Category.MANNER}
    return Outcome.AGREED if not kinds or spam in kinds else Outcome.OTHERWISE


def is_finding(verdict: Verdict) -> bool:
    """Whether a person can agree with it: a check found something suspect or bad."""
    return verdict.signal in (Signal.SUSPECT, Signal.BAD) and verdict.check != "policy"


def weight_of(verdicts: Iterable[Verdict]) -> Weight:
    """How much one check's findings counted."""
    found = list(verdicts)
    if all(v.category is Category.MANNER for v in found):
        return Weight.MANNER
    return Weight.SHADOW if all(v.mode is Mode.SHADOW for v in found) else Weight.ON


def stops(verdict: Verdict) -> bool:
    """Whether a verdict by itself keeps a comment from being published: a check's, or policy's."""
    if verdict.check == "policy":
        return True
    counts = verdict.mode is Mode.ON and verdict.category is not Category.MANNER
    return counts and verdict.signal is not Signal.CLEAR


class Figures(Struct, frozen=True):
    """Comments in which something was found, by what came of it."""

    agreed: int = 0
    otherwise: int = 0
    overruled: int = 0
    waiting: int = 0
    unseen: int = 0

    @property
    def found(self) -> int:
        """All of them."""
        return self.agreed + self.otherwise + self.overruled + self.waiting + self.unseen

    @property
    def put_away(self) -> int:
        """Persons rejected them or marked them as spam, for whatever reason."""
        return self.agreed + self.otherwise

    @property
    def judged(self) -> int:
        """Persons decided on them."""
        return self.put_away + self.overruled

    @property
    def precision(self) -> float | None:
        """The share put away of those that persons decided on; None of none."""
        return self.put_away / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share lies with 95 % confidence."""
        return wilson(self.put_away, self.judged)

    @property
    def mostly_overruled(self) -> bool:
        """At least `MIN_JUDGED` were decided on, and the interval's upper end is below half."""
        return self.judged >= MIN_JUDGED and self.interval[1] < 0.5

    def plus(self, outcome: Outcome, number: int) -> "Figures":
        """With so many more of one outcome."""
        values = {o.value: getattr(self, o.value) for o in Outcome}
        values[outcome.value] += number
        return Figures(**values)


NO_FIGURES: Final = Figures()


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, 1927); all of 0 to 1 without a trial.

    Unlike the textbook's interval it holds for small numbers and for shares near 0 and 1.
    """
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z * _Z
    middle = share + z2 / (2 * trials)
    half = _Z * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    whole = 1 + z2 / trials
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)
