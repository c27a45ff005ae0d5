"""Policy: a site's settings, and the one place that turns verdicts into a decision.

The rules are a table, read from top to bottom; the first that holds decides, and every rule that
holds for the same action lends its reasons. `tests/domain/test_policy.py` is the same table with
examples.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from comments_service.domain.comment import Status
from comments_service.domain.facts import History
from comments_service.domain.verdict import Category, Mode, Signal, Verdict

TRUSTED_AFTER: Final = 2
"""Comments a person must have approved before mode `first` publishes a commenter at once."""
LOOK_BACK: Final = 5
"""Latest comments among which one rejected or spam makes a commenter wait again."""


class PolicyMode(StrEnum):
    """When a comment that nothing was found in is published."""

    PRE = "pre"
    FIRST = "first"
    POST = "post"


class Action(StrEnum):
    """What is done with a comment; decisions are verbs, statuses participles."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"
    SPAM = "spam"

    @property
    def status(self) -> Status:
        """The status a comment has after this."""
        return _STATUS_AFTER[self]


_STATUS_AFTER: Final = {
    Action.APPROVE: Status.APPROVED,
    Action.HOLD: Status.PENDING,
    Action.REJECT: Status.REJECTED,
    Action.SPAM: Status.SPAM,
}


class CheckPolicy(Struct, frozen=True):
    """How one check is used on a site; `settings` holds only what differs from its defaults."""

    mode: Mode = Mode.ON
    settings: Mapping[str, Any] = field(default_factory=dict)


_AS_SHIPPED: Final = CheckPolicy()


class Policy(Struct, frozen=True):
    """A site's policy. A check that is not named runs as `CheckPolicy()` says."""

    mode: PolicyMode = PolicyMode.FIRST
    checks: Mapping[str, CheckPolicy] = field(default_factory=dict)
    asks_to_reword: bool = False
    """Whether who wrote words that would be held or refused is asked first, with nothing stored."""
    flood_addresses: int = 60
    """Addresses that write on one page within minutes, at which everything waits; 0 for never."""
    forget_days: int = 0
    """Days after which the text of what is rejected, spam or withdrawn is erased; 0 keeps it."""

    def of(self, check: str) -> CheckPolicy:
        """How the named check is used here."""
        return self.checks.get(check, _AS_SHIPPED)


class Decision(Struct, frozen=True):
    """What policy does with a submission, and the reason codes that led there, strongest first."""

    action: Action
    reasons: tuple[str, ...] = ()


class _Case(Struct, frozen=True):
    verdicts: Sequence[Verdict]
    mode: PolicyMode
    history: History
    insisted: bool
    flooded: bool


def _reasons(
    case: _Case, signal: Signal, where: Callable[[Verdict], bool] = lambda _: True
) -> tuple[str, ...]:
    found = [v for v in case.verdicts if v.signal is signal and where(v)]
    found.sort(key=lambda v: -v.score)
    return tuple(dict.fromkeys(v.reason for v in found))


def _is_spam(verdict: Verdict) -> bool:
    return verdict.category is Category.SPAM


def _is_abuse(verdict: Verdict) -> bool:
    return verdict.category not in (Category.SPAM, Category.MANNER)


def _matters(verdict: Verdict) -> bool:
    return verdict.category is not Category.MANNER


def _bad_words(case: _Case) -> tuple[str, ...]:
    return _reasons(case, Signal.BAD, _is_abuse)


def _insisted_on_bad(case: _Case) -> tuple[str, ...]:
    return _INSISTED if case.insisted and not _all_wait(case) and _bad_words(case) else ()


def _insisted(case: _Case) -> tuple[str, ...]:
    return _INSISTED if case.insisted and words_at_fault(case.verdicts) else ()


def _all_wait(case: _Case) -> bool:
    return case.mode is PolicyMode.PRE


def _is_stranger(case: _Case) -> tuple[str, ...]:
    return () if case.mode is not PolicyMode.FIRST else why_not_trusted(case.history)


_PRE: Final = ("policy.pre",)
_FLOOD: Final = ("policy.flood",)
INSISTED: Final = "policy.insisted"
_INSISTED: Final = (INSISTED,)
_RULES: Final[tuple[tuple[str, Callable[[_Case], tuple[str, ...]], Action], ...]] = (
    ("A program's work is spam.", lambda c: _reasons(c, Signal.BAD, _is_spam), Action.SPAM),
    ("Bad words are refused.", lambda c: () if _all_wait(c) else _bad_words(c), Action.REJECT),
    ("Insisting on them changes nothing.", _insisted_on_bad, Action.REJECT),
    ("In mode pre even they wait.", lambda c: _bad_words(c) if _all_wait(c) else (), Action.HOLD),
    ("What could not be checked waits.", lambda c: _reasons(c, Signal.ERRORED), Action.HOLD),
    ("What looks suspect waits.", lambda c: _reasons(c, Signal.SUSPECT, _matters), Action.HOLD),
    ("In mode pre everything waits.", lambda c: _PRE if _all_wait(c) else (), Action.HOLD),
    ("In a flood everything waits.", lambda c: _FLOOD if c.flooded else (), Action.HOLD),
    ("In mode first a stranger waits.", _is_stranger, Action.HOLD),
    ("Who insisted on suspect words waits with them.", _insisted, Action.HOLD),
)


def decide(
    verdicts: Sequence[Verdict],
    mode: PolicyMode,
    history: History,
    *,
    insisted: bool = False,
    flooded: bool = False,
) -> Decision:
    """Turn what the checks said into what happens.

    Verdicts in shadow mode are recorded and do not count; manner (shouting) never changes a
    decision. `insisted`, by who was asked to reword, is among the reasons and changes no action;
    `flooded` says that very many write on the page just now.
    What no rule stops is approved.
    """
    case = _Case([v for v in verdicts if v.mode is Mode.ON], mode, history, insisted, flooded)
    held = [(action, reasons) for _, rule, action in _RULES if (reasons := rule(case))]
    if not held:
        return Decision(Action.APPROVE)
    action = held[0][0]
    all_reasons = [r for a, rs in held if a is action for r in rs]
    return Decision(action, tuple(dict.fromkeys(all_reasons)))


def words_at_fault(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts for which a text is held or refused and that other words would undo.

    Not spam, not manner, not what was recorded only or could not be checked.
    """
    return tuple(
        v
        for v in verdicts
        if v.mode is Mode.ON and v.signal in (Signal.SUSPECT, Signal.BAD) and _is_abuse(v)
    )


def why_not_trusted(history: History) -> tuple[str, ...]:
    """Why mode `first` lets this commenter wait; empty for one who is trusted.

    Trusted is who has two comments on this site that a person approved, and none rejected or spam
    among the last five. Without a commenter key nobody can be told apart, so everybody waits.
    """
    if not history.has_key:
        return ("policy.no_key",)
    if any(s in (Status.REJECTED, Status.SPAM) for s in history.last_statuses[:LOOK_BACK]):
        return ("policy.recently_refused",)
    if history.approved_by_person < TRUSTED_AFTER:
        return ("policy.first",)
    return ()


POLICY_REASONS: Final[Mapping[str, str]] = {
    "policy.pre": "Everything waits on this page.",
    "policy.flood": "Very many wrote on this page just then.",
    "policy.first": "Fewer than two comments of this commenter were approved by a person.",
    "policy.no_key": "The commenter cannot be recognised: no commenter key came along.",
    "policy.recently_refused": "One of this commenter's last five comments was rejected or spam.",
    INSISTED: "The commenter was asked to reword and insisted.",
}
"""Policy's own reasons, in a moderator's words."""
