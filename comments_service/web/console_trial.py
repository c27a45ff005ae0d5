"""Trying a site's unsaved settings on the comments that came, before they are switched on.

The page holds the form it was given and carries it on, with the sums so far: nothing is stored.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from flask import Response, request
from msgspec import Struct

from comments_service import checks
from comments_service.domain.backtest import Sums
from comments_service.domain.errors import InvalidFields
from comments_service.domain.ids import decode_id, encode_id
from comments_service.domain.policy import POLICY_REASONS, Action, Decision
from comments_service.domain.precision import Fate
from comments_service.services import queue, sites
from comments_service.services.backtest import PART, Replayed, Trial, plan_trial, replay_part
from comments_service.services.desk import Desk
from comments_service.web.access import Access, allow, now, principal, settings
from comments_service.web.console_forms import show_faults, site_form
from comments_service.web.console_page import desk, show
from comments_service.web.console_settings import site_page

AGAIN: Final = "again"
"""The button that leads back to the form as it was typed."""
DAYS: Final = 30
MOST_LISTED: Final = 100
"""Changed comments of a part that the page lists; the command lists all."""
_EXCERPT: Final = 240
_MAX_SUMS: Final = 20_000
"""Characters of the sums carried along."""
_NOT_CARRIED: Final = frozenset({"csrf_token", "sums", "before", "do", "password"})
DONE: Final = {
    Action.APPROVE: "published at once",
    Action.HOLD: "held",
    Action.REJECT: "refused",
    Action.SPAM: "taken for spam",
}
_FATES: Final = {
    Fate.APPROVED: "a moderator approved it",
    Fate.REJECTED: "a moderator rejected it",
    Fate.SPAM: "a moderator marked it as spam",
    Fate.WAITING: "it waits",
    Fate.UNSEEN: "nobody looked at it",
}

_Number = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class _Carried(msgspec.Struct, forbid_unknown_fields=True):
    """`Sums` as the page carries them from part to part; who changes them fools nobody else."""

    decided: list[tuple[Action, Action, Fate, _Number]] = []
    other_reasons: _Number = 0
    came_otherwise: _Number = 0
    as_stored: dict[str, _Number] = {}
    older_code: dict[str, _Number] = {}
    found_otherwise: dict[str, _Number] = {}


# Made as this file is loaded: two threads that first use a type at the same time end the process.
_CARRIED: Final = msgspec.json.Decoder(_Carried)


class Line(Struct, frozen=True):
    """A comment that is decided otherwise, in words."""

    id: str
    one: Replayed
    excerpt: str
    before: str
    after: str
    why: str
    fate: str


@allow(Access.CONSOLE)
def try_site() -> Response:
    """Replay a part of the last month under the settings as typed; an owner's to ask for."""
    at = desk()
    queue.owner_only(principal())
    form = site_form(tuple(checks.discover()))()
    if not form.validate():
        return site_page(at, form, 422)
    try:
        after = sites.policy_after(at.site, form.change(checks.discover()))
    except InvalidFields as problem:
        show_faults(form, problem)
        return site_page(at, form, 422)
    if AGAIN in request.form:
        return site_page(at, form)
    trial = plan_trial(at.site, after, addresses_since())
    return trial_page(at, trial, "console.try_site", "console.change_site")


def addresses_since() -> datetime:
    """From when on the addresses of comments are known."""
    return now() - timedelta(days=settings().address_days)


def trial_page(at: Desk, trial: Trial, tries: str, saves: str) -> Response:
    """What a part of the last month would have come to; the form goes back to these two views."""
    end = decode_id(request.form.get("before", ""))
    part = replay_part(trial, now() - timedelta(days=DAYS), end, now())
    sums = _unpacked(request.form.get("sums", "")) if end is not None else Sums()
    sums.add(part.sums)
    return show(
        "dashboard/trial.html",
        at,
        tries=tries,
        saves=saves,
        again=AGAIN,
        sums=sums,
        turns=sums.turns,
        done=DONE,
        qualities=[("Now", sums.quality_before), ("Changed", sums.quality_after)],
        percent=_percent,
        same=trial.changes_nothing,
        told_in_part=trial.told_in_part,
        days=DAYS,
        part=PART,
        lines=[_line(one) for one in part.changed[:MOST_LISTED]],
        unlisted=max(0, len(part.changed) - MOST_LISTED),
        next=encode_id(part.next) if part.next is not None else None,
        packed=_packed(sums),
        carried=[(n, v) for n, v in request.form.items(multi=True) if n not in _NOT_CARRIED],
    )


def _line(one: Replayed) -> Line:
    text = " ".join(one.row.text.split())
    return Line(
        id=encode_id(one.row.id),
        one=one,
        excerpt=text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…",
        before=DONE[one.before.action],
        after=DONE[one.after.action],
        why=_why(one.after) or _why(one.before),
        fate=_FATES[one.fate],
    )


def _why(decision: Decision) -> str:
    return " ".join(_reason(code) for code in decision.reasons)


def _reason(code: str) -> str:
    return POLICY_REASONS.get(code, code)


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"


def _packed(sums: Sums) -> str:
    carried = _Carried(
        decided=[(*key, number) for key, number in sums.decided.items()],
        other_reasons=sums.other_reasons,
        came_otherwise=sums.came_otherwise,
        as_stored=dict(sums.as_stored),
        older_code=dict(sums.older_code),
        found_otherwise=dict(sums.found_otherwise),
    )
    return msgspec.json.encode(carried).decode()


def _unpacked(text: str) -> Sums:
    """The sums carried along; what cannot be read begins anew."""
    sums = Sums()
    try:
        carried = _CARRIED.decode(text[:_MAX_SUMS])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return sums
    for before, after, fate, number in carried.decided:
        sums.decided[before, after, fate] += number
    sums.other_reasons, sums.came_otherwise = carried.other_reasons, carried.came_otherwise
    sums.as_stored.update(carried.as_stored)
    sums.older_code.update(carried.older_code)
    sums.found_otherwise.update(carried.found_otherwise)
    return sums
