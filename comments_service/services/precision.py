"""How often moderators agreed with each check and reason, out of stored tallies."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from comments_service import checks
from comments_service.domain.errors import InvalidFields
from comments_service.domain.precision import NO_FIGURES, Figures, Outcome, Weight
from comments_service.domain.verdict import Mode
from comments_service.services.views import SiteRow
from comments_service.storage import read
from comments_service.storage.queries.precision import judgement_sums

DAYS: Final = 30
MAX_DAYS: Final = 365


class Line(Struct, frozen=True):
    """Figures of one check, or of one of its reasons, where its findings counted alike."""

    check: str
    reason: str | None
    """Namespaced; None for the whole check, which counts a comment once."""
    weight: Weight
    figures: Figures = NO_FIGURES
    alone: Figures = NO_FIGURES
    """Of a whole check: comments that neither another check nor policy would have stopped."""

    @property
    def mostly_overruled(self) -> bool:
        """Worth pointing out; manner never is, for it stops nothing."""
        return self.weight is not Weight.MANNER and self.figures.mostly_overruled

    @property
    def stopped_without(self) -> int:
        """Comments that would have been stopped without this check, too."""
        return self.figures.found - self.alone.found


class CheckLines(Struct, frozen=True):
    """One check: how it is used now, its own line for each weight, and its reasons' lines."""

    name: str
    mode: Mode
    summary: str
    whole: Sequence[Line]
    reasons: Sequence[Line]


class PrecisionView(Struct, frozen=True):
    """All checks of a site; counted are comments that came on `since` (UTC) or later."""

    site: SiteRow
    days: int
    since: date
    checks: Sequence[CheckLines]


def read_precision(site: SiteRow, days: int, now: datetime) -> PrecisionView:
    """What moderators made of the comments of the last days; one statement.

    Raises:
        InvalidFields: not 1 to `MAX_DAYS` days.
    """
    if not 1 <= days <= MAX_DAYS:
        raise InvalidFields.one("days", f"Days are 1 to {MAX_DAYS}.")
    since = (now - timedelta(days=days - 1)).date()
    with read() as conn:
        sums = judgement_sums(conn, site.id, since)
    lines: dict[tuple[str, Weight], Line] = {}
    for name, weight, outcome, alone, number in sums:
        line = lines.get((name, weight)) or _line(name, weight)
        lines[name, weight] = _with(line, outcome, alone=alone, number=number)
    names = dict.fromkeys([*checks.discover(), *sorted(line.check for line in lines.values())])
    return PrecisionView(site, days, since, [_check(site, name, lines) for name in names])


def _line(name: str, weight: Weight) -> Line:
    check, dot, _ = name.partition(".")
    return Line(check, name if dot else None, weight)


def _with(line: Line, outcome: Outcome, *, alone: bool, number: int) -> Line:
    line = replace(line, figures=line.figures.plus(outcome, number))
    return replace(line, alone=line.alone.plus(outcome, number)) if alone else line


def _check(site: SiteRow, name: str, lines: dict[tuple[str, Weight], Line]) -> CheckLines:
    own = [line for _, line in sorted(lines.items()) if line.check == name]
    known = checks.discover().get(name)
    return CheckLines(
        name,
        site.policy.of(name).mode if known else Mode.OFF,
        known.summary if known else "This version of the service has no such check any more.",
        [line for line in own if line.reason is None],
        [line for line in own if line.reason is not None],
    )
