"""Tallies of what moderators made of each check's findings: which a comment is in, and their moves.

They are rows of `tally` under the scope `verdict`, one for each site, day, name and outcome. They
move with a comment's standing in `set_standing`, and `verify` counts them anew by the same rule.
Nothing here writes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, Integer, bindparam, select

from comments_service.domain.precision import (
    Fate,
    Outcome,
    Weight,
    is_finding,
    outcome_of,
    stops,
    weight_of,
)
from comments_service.domain.verdict import Category, Mode, Signal, Verdict
from comments_service.storage.tables import verdict as verdicts

SCOPE: Final = "verdict"
DAY: Final = "%Y%m%d"
"""Digits alone: their order is the same in every collation."""
ALONE: Final = "alone"
"""Marks a check's tally of comments that nothing else would have stopped."""

COLUMNS: Final = tuple(
    verdicts.c[name] for name in ("check_name", "mode", "signal", "reason", "category")
)
"""What of a stored verdict the tallies depend on."""


def bare_verdict(row: Any) -> Verdict:
    """`COLUMNS` as a verdict without its words and spans."""
    return Verdict(
        check=row.check_name,
        version=0,
        mode=Mode(row.mode),
        signal=Signal[row.signal.upper()],
        score=0.0,
        reason=row.reason,
        message="",
        category=Category(row.category) if row.category else None,
    )


class Told(Struct, frozen=True):
    """A comment, as far as its tallies name it."""

    site_id: int
    id: int
    created_at: datetime


class Judged(NamedTuple):
    """What became of a text, and the version under which its verdicts are stored."""

    fate: Fate
    examined_version: int


def judgement_moves(
    conn: Connection,
    comment: Told,
    was: Judged | None,
    now: Judged,
    verdicts: Sequence[Verdict] | None,
) -> Counter[tuple[str, int, str]]:
    """How the tallies change with a comment's standing or text; `was` is None for a new comment.

    `verdicts` are those of a new text, not stored yet. What is stored is read only where it counts.
    """
    if was == now:
        return Counter()
    said: dict[int, Sequence[Verdict]] = {}
    if was is not None:
        said |= verdicts_by_version(conn, comment.id, {was.examined_version, now.examined_version})
    if verdicts is not None:
        said[now.examined_version] = verdicts
    moves: Counter[tuple[str, int, str]] = Counter()
    for sign, judged in ((-1, was), (+1, now)):
        if judged is not None:
            known = said.get(judged.examined_version, ())
            for what in judged_as(known, judged.fate, comment.created_at):
                moves[SCOPE, comment.site_id, what] += sign
    return moves


_SAID: Final = select(verdicts.c.comment_version, *COLUMNS).where(
    verdicts.c.comment_id == bindparam("this_id", type_=BigInteger),
    verdicts.c.comment_version.in_(bindparam("versions", type_=Integer, expanding=True)),
)


def verdicts_by_version(
    conn: Connection, comment_id: int, versions: Iterable[int]
) -> dict[int, list[Verdict]]:
    """What the tallies depend on, of some versions of one comment."""
    rows = conn.execute(_SAID, {"this_id": comment_id, "versions": sorted(versions)})
    found: dict[int, list[Verdict]] = {}
    for row in rows:
        found.setdefault(row.comment_version, []).append(bare_verdict(row))
    return found


def first_day(day: date) -> str:
    """Where the tallies of a day, and of those after it, begin."""
    return day.strftime(DAY)


def judged_as(said: Sequence[Verdict], fate: Fate, created_at: datetime) -> Counter[str]:
    """Which of a site's tallies a comment is in, by what was said of its text and became of it.

    One for each reason, and one for each check, which says whether it alone stopped the comment.
    The day is that on which the comment came (UTC): it never changes, so undoing a decision finds
    the same rows again.
    """
    found = sorted((v for v in said if is_finding(v)), key=lambda v: v.check)
    day = created_at.strftime(DAY)
    places: Counter[str] = Counter()
    for check, group in groupby(found, key=lambda v: v.check):
        own = list(group)
        alone = not any(stops(v) for v in said if v.check != check)
        whole = (day, check, weight_of(own), outcome_of(fate, (v.category for v in own)))
        places[" ".join((*whole, ALONE) if alone else whole)] = 1
        for reason in {v.reason for v in own}:
            same = [v for v in own if v.reason == reason]
            outcome = outcome_of(fate, (v.category for v in same))
            places[" ".join((day, reason, weight_of(same), outcome))] = 1
    return places


def read_place(what: str) -> tuple[str, Weight, Outcome, bool]:
    """Name of a check or reason, weight, outcome and "alone" of a tally, the day cut off."""
    name, weight, outcome, *alone = what.split(" ")
    return name, Weight(weight), Outcome(outcome), bool(alone)
