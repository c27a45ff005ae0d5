"""What a comment's fate says of a finding, and when a check is called mostly overruled."""

import pytest

from comments_service.domain.comment import Status
from comments_service.domain.precision import (
    Fate,
    Figures,
    Outcome,
    Weight,
    fate_of,
    outcome_of,
    stops,
    weight_of,
    wilson,
)
from comments_service.domain.verdict import Category, Mode, Signal, Verdict

P, A, R, S = Status.PENDING, Status.APPROVED, Status.REJECTED, Status.SPAM


@pytest.mark.parametrize(
    ("status", "by_person", "edit_waits", "deleted", "fate"),
    [
        # A person's last standing decision counts, also of a comment withdrawn since.
        (A, True, False, False, Fate.APPROVED),
        (R, True, False, False, Fate.REJECTED),
        (S, True, False, False, Fate.SPAM),
        (R, True, False, True, Fate.REJECTED),
        # What waits waits, and so does what a person put back.
        (P, False, False, False, Fate.WAITING),
        (P, True, False, False, Fate.WAITING),
        # The edit is what is judged, and nobody has.
        (A, True, True, False, Fate.WAITING),
        (A, True, True, True, Fate.UNSEEN),
        # Policy alone decided, or the author took it away first.
        (A, False, False, False, Fate.UNSEEN),
        (R, False, False, False, Fate.UNSEEN),
        (S, False, False, False, Fate.UNSEEN),
        (P, False, False, True, Fate.UNSEEN),
    ],
)
def test_fates(
    status: Status, *, by_person: bool, edit_waits: bool, deleted: bool, fate: Fate
) -> None:
    assert fate_of(status, by_person=by_person, edit_waits=edit_waits, deleted=deleted) is fate


@pytest.mark.parametrize(
    ("fate", "categories", "outcome"),
    [
        (Fate.SPAM, [Category.SPAM], Outcome.AGREED),
        (Fate.REJECTED, [Category.INSULT], Outcome.AGREED),
        # Right to stop it, wrong about why.
        (Fate.REJECTED, [Category.SPAM], Outcome.OTHERWISE),
        (Fate.SPAM, [Category.THREAT], Outcome.OTHERWISE),
        # A check that found both kinds was right about one of them.
        (Fate.SPAM, [Category.INSULT, Category.SPAM], Outcome.AGREED),
        (Fate.REJECTED, [Category.INSULT, Category.SPAM], Outcome.AGREED),
        # Manner claims neither.
        (Fate.SPAM, [Category.MANNER], Outcome.AGREED),
        (Fate.REJECTED, [Category.MANNER], Outcome.AGREED),
        (Fate.APPROVED, [Category.SPAM], Outcome.OVERRULED),
        (Fate.APPROVED, [Category.MANNER], Outcome.OVERRULED),
        (Fate.WAITING, [Category.SPAM], Outcome.WAITING),
        (Fate.UNSEEN, [Category.SPAM], Outcome.UNSEEN),
    ],
)
def test_outcomes(fate: Fate, categories: list[Category], outcome: Outcome) -> None:
    assert outcome_of(fate, categories) is outcome


def verdict(
    check: str = "links",
    mode: Mode = Mode.ON,
    signal: Signal = Signal.SUSPECT,
    category: Category | None = Category.SPAM,
) -> Verdict:
    return Verdict(check, 1, mode, signal, 0.5, f"{check}.x", "", category)


@pytest.mark.parametrize(
    ("said", "does"),
    [
        (verdict(), True),
        (verdict(signal=Signal.ERRORED, category=None), True),
        (verdict("policy", signal=Signal.CLEAR, category=None), True),
        (verdict(mode=Mode.SHADOW), False),
        (verdict("shouting", category=Category.MANNER), False),
        (verdict(signal=Signal.CLEAR), False),
    ],
)
def test_what_keeps_a_comment_from_being_published(said: Verdict, *, does: bool) -> None:
    assert stops(said) is does


def test_weights() -> None:
    shadow, manner = verdict(mode=Mode.SHADOW), verdict(category=Category.MANNER)
    assert weight_of([verdict()]) is Weight.ON
    assert weight_of([shadow]) is Weight.SHADOW
    assert weight_of([manner]) is Weight.MANNER
    assert weight_of([verdict(), manner]) is Weight.ON


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Computed from Wilson's formula with z = 1.959964.
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (20, 100, 0.1334, 0.2888),
        (0, 0, 0.0, 1.0),
    ],
)
def test_intervals(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=0.0001)


@pytest.mark.parametrize(
    ("put_away", "approved", "is_said"),
    [
        (0, 9, False),  # Too few, whatever they say.
        (0, 10, True),
        (1, 9, True),
        (4, 6, False),  # The interval reaches beyond a half.
        (41, 59, False),
        (40, 60, True),
        (60, 40, False),
    ],
)
def test_when_a_check_is_mostly_overruled(put_away: int, approved: int, *, is_said: bool) -> None:
    assert Figures(agreed=put_away, overruled=approved).mostly_overruled is is_said
    as_other = Figures(otherwise=put_away, overruled=approved, waiting=900, unseen=900)
    assert as_other.mostly_overruled is is_said
