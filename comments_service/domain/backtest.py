"""The sums of a replay: what two policies decide on the same comments, beside what persons did.

Pure counting. One small table, (before, after, fate) to a number, holds all that is told of it.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from comments_service.domain.policy import Action
from comments_service.domain.precision import Fate

PUT_AWAY: Final = frozenset({Fate.REJECTED, Fate.SPAM})
_DECIDED: Final = PUT_AWAY | {Fate.APPROVED}


class Turn(Struct, frozen=True):
    """Comments on which the two policies differ in one way, by what persons made of them."""

    before: Action
    after: Action
    approved: int
    rejected: int
    spam: int
    undecided: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.approved + self.rejected + self.spam + self.undecided


class Quality(Struct, frozen=True):
    """How a policy's stops fare against persons' decisions."""

    stopped_right: int
    """Stopped, and a person put it away."""
    stopped_wrong: int
    """Stopped, and a person approved it."""
    missed: int
    """Published at once, and a person put it away."""

    @property
    def precision(self) -> float | None:
        """The share put away of what was stopped and persons decided on."""
        stopped = self.stopped_right + self.stopped_wrong
        return self.stopped_right / stopped if stopped else None

    @property
    def recall(self) -> float | None:
        """The share stopped of what persons put away."""
        wrong = self.stopped_right + self.missed
        return self.stopped_right / wrong if wrong else None


@dataclass(slots=True)
class Sums:
    """Of the comments looked at so far."""

    decided: Counter[tuple[Action, Action, Fate]] = field(default_factory=Counter)
    """Before, after, and what became of it."""
    other_reasons: int = 0
    """Decided alike, for other reasons."""
    came_otherwise: int = 0
    """Decided otherwise by today's code and settings than when the comment came."""
    as_stored: Counter[str] = field(default_factory=Counter)
    """By check: comments on which its stored verdict had to do."""
    older_code: Counter[str] = field(default_factory=Counter)
    """By check: comments that an older version of it had examined."""
    found_otherwise: Counter[str] = field(default_factory=Counter)
    """By check: of these, those in which today's code finds other reasons."""

    @property
    def looked_at(self) -> int:
        """All comments replayed."""
        return self.decided.total()

    @property
    def changed(self) -> int:
        """Comments on which the two policies differ."""
        return sum(turn.total for turn in self.turns)

    @property
    def turns(self) -> list[Turn]:
        """Each way in which they differ, the most frequent first."""
        ways = {(b, a) for b, a, _ in self.decided if b is not a}
        turns = [self._turn(before, after) for before, after in ways]
        return sorted((t for t in turns if t.total), key=lambda t: (-t.total, t.before, t.after))

    def _turn(self, before: Action, after: Action) -> Turn:
        def of(*fates: Fate) -> int:
            return sum(self.decided[before, after, fate] for fate in fates)

        undecided = of(Fate.WAITING, Fate.UNSEEN)
        return Turn(before, after, of(Fate.APPROVED), of(Fate.REJECTED), of(Fate.SPAM), undecided)

    @property
    def quality_before(self) -> Quality:
        """Of the present policy."""
        return self._quality(0)

    @property
    def quality_after(self) -> Quality:
        """Of the changed one."""
        return self._quality(1)

    def _quality(self, which: int) -> Quality:
        cells: Counter[tuple[bool, bool]] = Counter()
        for key, number in self.decided.items():
            if key[2] in _DECIDED:
                cells[key[which] is not Action.APPROVE, key[2] in PUT_AWAY] += number
        return Quality(cells[True, True], cells[True, False], cells[False, True])

    def add(self, other: "Sums") -> None:
        """Count what another part of the replay saw, too."""
        self.decided.update(other.decided)
        self.as_stored.update(other.as_stored)
        self.older_code.update(other.older_code)
        self.found_otherwise.update(other.found_otherwise)
        self.other_reasons += other.other_reasons
        self.came_otherwise += other.came_otherwise
