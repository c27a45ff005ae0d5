"""How often moderators agreed with each check, as a page."""

import re
from typing import Final

from flask import Response, request
from msgspec import Struct

from comments_service import checks
from comments_service.domain.precision import MIN_JUDGED, Figures, Weight
from comments_service.services import precision
from comments_service.services.precision import DAYS, Line
from comments_service.web.access import Access, allow, now
from comments_service.web.console_page import desk, show

PERIODS: Final = (7, 30, 90, 365)
_FILLED_IN: Final = re.compile(r"\{\w+\}")
_FILLED_IN_LAST: Final = re.compile(r":? \{\w+\}\.$")
_COUNTED: Final = {
    Weight.ON: "",
    Weight.SHADOW: "recorded only",
    Weight.MANNER: "changes nothing",
}


class Row(Struct, frozen=True):
    """A line of the table, in words."""

    line: Line
    name: str
    counted: str
    share: str
    """The share of agreement with the ends of its interval, or why there is none."""
    says: str
    """A sentence on a whole check; what a reason means, of a reason."""


@allow(Access.CONSOLE)
def show_checks() -> Response:
    """Every check with its figures, and those that are mostly overruled first."""
    at = desk()
    asked = request.args.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else DAYS
    view = precision.read_precision(at.site, days, now())
    return show(
        "dashboard/checks.html",
        at,
        view=view,
        periods=PERIODS,
        least=MIN_JUDGED,
        overruled=[
            _row(x) for c in view.checks for x in (*c.whole, *c.reasons) if x.mostly_overruled
        ],
        groups=[(c, [_row(x) for x in (*c.whole, *c.reasons)]) for c in view.checks],
        quiet=[c for c in view.checks if not c.whole],
    )


def _row(line: Line) -> Row:
    name = line.check if line.reason is None else line.reason
    says = _on_check(line) if line.reason is None else _meaning(line)
    return Row(line, name, _COUNTED[line.weight], _share(line.figures), says)


def _share(figures: Figures) -> str:
    if figures.precision is None:
        return "nobody decided yet"
    low, high = figures.interval
    return f"{figures.precision:.0%} ({low:.0%} to {high:.0%})"


def _on_check(line: Line) -> str:
    """One plain sentence on a check."""
    figures, without = line.figures, line.stopped_without
    if line.weight is Weight.MANNER:
        return "A question of manner: it is shown on the card and stops nothing."
    if line.weight is Weight.SHADOW:
        alone = line.alone
        return (
            f"On trial. Switched on, it would stop {_number(alone.found, 'comment')} more; of "
            f"these, moderators approved {alone.overruled} and put away {alone.put_away}."
        )
    told = (
        f"Of {_number(figures.found, 'comment')} it found something in, {without} would have been "
        f"stopped without it, too."
    )
    if not line.alone.found:
        return told
    rest = f"Of the others, moderators approved {line.alone.overruled}"
    return f"{told} {rest} and put away {line.alone.put_away}."


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _meaning(line: Line) -> str:
    """A reason's sentence, with an ellipsis where a finding's own numbers and words would stand."""
    known = checks.discover().get(line.check)
    code = (line.reason or "").partition(".")[2]
    sentence = known.reasons.get(code, "") if known else ""
    return _FILLED_IN.sub("…", _FILLED_IN_LAST.sub(".", sentence))
