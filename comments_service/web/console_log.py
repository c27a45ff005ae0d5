"""The log: who did what, when and why, newest first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from flask import Response, request
from msgspec import Struct

from comments_service.domain.policy import POLICY_REASONS
from comments_service.services import queue
from comments_service.services.moderate import REJECT_REASONS
from comments_service.services.queue import LogView
from comments_service.services.views import LogRow
from comments_service.web.access import Access, allow
from comments_service.web.console_page import desk, show

PAGE: Final = 100
MOST_NAMED: Final = 5
"""Entries of a list that a line of the log names; the rest is counted."""
_ACTIONS: Final = {
    "approve": "approved",
    "approve_edit": "approved an edit of",
    "hold": "held",
    "reject": "rejected",
    "spam": "marked as spam",
    "reject_edit": "rejected an edit of",
    "undo": "took back a decision on",
    "edit": "changed the text of",
    "withdraw": "withdrew",
    "site_created": "made the site",
    "site_settings": "changed the site's settings",
    "thread_settings": "changed a page's settings",
    "flood": "let everything wait: very many wrote at once",
    "flood_over": "let comments through again: it is quiet",
    "ban": "banned somebody",
    "ban_lifted": "lifted a ban",
    "words": "changed the list of words",
}


_CONFIRMED: Final = {
    "approve": "confirmed the approval of",
    "reject": "confirmed the rejection of",
    "spam": "confirmed as spam",
}
"""What a decision is called that left the status as policy had it."""


class Line(Struct, frozen=True):
    """One entry in words."""

    row: LogRow
    action: str
    reasons: Sequence[str]
    changes: Sequence[str]


@allow(Access.CONSOLE)
def show_log() -> Response:
    """A page of a site's log, or of one comment's."""
    at = desk()
    comment = request.args.get("comment") or None
    view = queue.read_log(at.site, request.args.get("cursor"), PAGE, comment)
    return show("dashboard/log.html", at, entries=told(view), next=view.next, comment=comment)


def told(view: LogView) -> list[Line]:
    """A page of the log in words."""
    return [Line(row, _action(row), _reasons(row, view), _changes(row)) for row in view.entries]


def _action(row: LogRow) -> str:
    if row.action in _CONFIRMED and row.old_status == row.new_status:
        return _CONFIRMED[row.action]
    return _ACTIONS.get(row.action, row.action)


def _reasons(row: LogRow, view: LogView) -> list[str]:
    """Codes as sentences: the checks' as they stood on the card at that time."""
    return [said for code in (row.reason or "").split() for said in _sentences(code, row, view)]


def _sentences(code: str, row: LogRow, view: LogView) -> Sequence[str]:
    room, _, name = code.partition(".")
    if room == "moderator":
        return [REJECT_REASONS.get(name, name)]
    if code in POLICY_REASONS:
        return [POLICY_REASONS[code]]
    return view.messages.get((row.comment_id or 0, row.version or 0, code), [code])


def _changes(row: LogRow) -> list[str]:
    """What settings were and became."""
    if row.detail is None or row.comment_id is not None:
        return []
    detail = msgspec.json.decode(row.detail, type=dict[str, Any])
    if row.action == "words":
        return _word_changes(detail["words"])
    return [said for name, value in detail.items() for said in _change(name, value)]


def _word_changes(moves: Sequence[Sequence[Sequence[Any] | None]]) -> list[str]:
    """Entries that came, changed and went; the first ones are named, the rest is counted."""
    said = [_word_change(before, after) for before, after in moves[:MOST_NAMED]]
    more = len(moves) - MOST_NAMED
    return [*said, f"and {more} more"] if more > 0 else said


def _word_change(before: Sequence[Any] | None, after: Sequence[Any] | None) -> str:
    if before is None or after is None:
        sign, (term, severity, category, _) = ("+", after) if after else ("−", before or ())
        return f"{sign}{term} ({severity:g}, {category})"
    return f"{after[0]}: {_told_word(before)} → {_told_word(after)}"


def _told_word(word: Sequence[Any]) -> str:
    term, severity, category, note = word
    return f"{term} ({severity:g}, {category})" + (f" “{note}”" if note else "")


def _change(name: str, value: Any) -> list[str]:
    label = name.replace("_", " ")
    if not isinstance(value, list) or len(value) != 2 or (name == "origins" and not _pair(value)):
        return [f"{label}: {_plain(value)}"]
    before, after = value
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [k for k in {**before, **after} if before.get(k) != after.get(k)]
        named = {k: name if k == name else f"{name} {k}" for k in keys}
        return [s for k in keys for s in _change(named[k], [before.get(k), after.get(k)])]
    if isinstance(before, list) or isinstance(after, list):
        return [f"{label}: {_list_change(before or [], after or [])}"]
    return [f"{label}: {_plain(before)} → {_plain(after)}"]


def _pair(value: list[Any]) -> bool:
    """A change says what was and what became; a new site's origins are one plain list."""
    return all(isinstance(side, list) for side in value)


def _list_change(before: list[Any], after: list[Any]) -> str:
    added = [f"+{x}" for x in after if x not in before]
    gone = [f"−{x}" for x in before if x not in after]
    return _plain(added + gone)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        more = len(value) - MOST_NAMED
        named = ", ".join(str(x) for x in value[:MOST_NAMED])
        return named + (f" and {more} more" if more > 0 else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
