"""Moderators decide, and take it back. The one door by which a person changes a status.

A decision names the version it saw: where somebody else decided meanwhile, it is refused and told
who, unless what it wishes already holds by a person. What policy alone decided is confirmed: the
status stays, and that a person looked is logged, learnt and counted. A batch is one commit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from comments_service.domain.comment import Status
from comments_service.domain.errors import InvalidFields, NotFound, Raced
from comments_service.domain.policy import Action
from comments_service.domain.precision import Fate
from comments_service.services import lessons
from comments_service.services.accounts import Principal
from comments_service.services.lessons import hash_texts, teach, unteach
from comments_service.storage import write
from comments_service.storage.counted import Standing
from comments_service.storage.locks import lock_comments
from comments_service.storage.queries.moderation import (
    LogRow,
    find_entry,
    last_decision,
    repeat_verdicts,
)
from comments_service.storage.standing import (
    EXAMINATION,
    EXAMINED,
    Entry,
    Placed,
    load_placed,
    set_standing,
    without_edit,
)
from comments_service.storage.tallies import Moves, move_tallies
from comments_service.storage.types import from_ms, to_ms

MAX_DECISIONS: Final = 100
"""Decisions in one request."""
TRIES: Final = 3
"""How often decisions are written: of a hundred ids of one millisecond two may be the same."""
MAX_NOTE: Final = 1_000
"""Characters of a moderator's note."""
REJECT_REASONS: Final[Mapping[str, str]] = {
    "offensive": "Offensive language",
    "abusive": "Abusive towards somebody",
    "hate": "Hate against a group",
    "harassment": "Harassment",
    "personal": "Gives away personal data",
    "misinformation": "Misinformation",
    "advertisement": "Advertisement",
    "illegal": "Illegal content",
    "irrelevant": "Off the topic",
    "other": "Another reason",
}
"""A moderator's reasons: stored as `moderator.<code>`, shown as the sentence."""
DECISIONS: Final = frozenset({"approve", "approve_edit", "hold", "reject", "spam", "reject_edit"})
"""Actions of the log that can be undone."""


class Wish(Struct, frozen=True):
    """One decision as asked: on which comment, at which version seen, what and why."""

    comment_id: int
    version: int
    action: Action
    reason: str | None = None
    note: str | None = None


class Decided(Struct, frozen=True):
    """It holds now; `decision_id` is None when a person had decided so and nothing changed."""

    comment_id: int
    status: Status
    version: int
    decision_id: int | None
    is_confirmed: bool = False
    """Policy had decided so, and by this decision a person has, too."""


class Conflict(Struct, frozen=True):
    """Somebody else came first; nothing was changed."""

    comment_id: int
    status: str
    decided_by: str
    decided_at: datetime
    version: int


class Missing(Struct, frozen=True):
    """No comment of that id on a site of the caller's."""

    comment_id: int


Result = Decided | Conflict | Missing


def decide_comments(principal: Principal, wishes: Sequence[Wish], now: datetime) -> list[Result]:
    """Carry out decisions, each by itself; results in the order asked.

    Raises:
        InvalidFields: too many, an unknown reason, a note too long; nothing was changed.
    """
    if len(wishes) > MAX_DECISIONS:
        message = f"At most {MAX_DECISIONS} decisions can be sent at once."
        raise InvalidFields.one("decisions", message)
    for wish in wishes:
        _check(wish)

    hashed = hash_texts({wish.comment_id for wish in wishes})

    def work(conn: Connection) -> list[Result]:
        if len(wishes) > 1:
            lock_comments(conn, {wish.comment_id for wish in wishes})
        moves = Moves()
        decided: list[lessons.Decided] = []
        done = [
            _decide(conn, principal, wish, now, moves=moves, decided=decided) for wish in wishes
        ]
        teach(conn, decided, hashed, now)
        move_tallies(conn, moves)
        return done

    for _ in range(TRIES):
        try:
            return write(work)
        except Raced:
            continue
    raise Raced


def _check(wish: Wish) -> None:
    if wish.reason is not None and wish.reason not in REJECT_REASONS:
        known = ", ".join(REJECT_REASONS)
        raise InvalidFields.one("reason", f"A reason is one of: {known}.")
    if wish.note is not None and (len(wish.note) > MAX_NOTE or "\x00" in wish.note):
        raise InvalidFields.one("note", f"A note has at most {MAX_NOTE} characters.")


def _decide(
    conn: Connection,
    principal: Principal,
    wish: Wish,
    now: datetime,
    *,
    moves: Moves,
    decided: list[lessons.Decided],
) -> Result:
    placed = load_placed(conn, wish.comment_id)
    if placed is None or not principal.may_see(placed.site_id):
        return Missing(wish.comment_id)
    if _holds(placed, wish):
        return Decided(placed.id, placed.standing.status, placed.version, None)
    if placed.version != wish.version or placed.standing.deleted_at is not None:
        return _conflict(conn, placed)
    after, columns, action = _outcome(placed, wish, now)
    entry = Entry(
        principal.actor,
        action,
        now,
        reason=f"moderator.{wish.reason}" if wish.reason else None,
        note=wish.note or None,
        detail=_remembered(placed, columns),
    )
    decision_id = set_standing(conn, placed, after, entry, columns, moves=moves)
    decided.append(
        lessons.Decided(placed.site_id, placed.id, placed.version, action, wish.reason, decision_id)
    )
    is_confirmed = _stands(placed, wish)
    return Decided(placed.id, after.status, placed.version + 1, decision_id, is_confirmed)


def _stands(placed: Placed, wish: Wish) -> bool:
    """Whether the comment is already what is wished, by whoever."""
    standing = placed.standing
    # An edit that waits is there to be judged; holding the comment leaves it waiting.
    settled = wish.action is Action.HOLD or not standing.edit_waits
    return settled and standing.deleted_at is None and standing.status is wish.action.status


def _holds(placed: Placed, wish: Wish) -> bool:
    """Whether nothing would change: it stands so, and a person looked, or it waits for one."""
    return _stands(placed, wish) and placed.judged.fate is not Fate.UNSEEN


def _conflict(conn: Connection, placed: Placed) -> Conflict:
    last = last_decision(conn, placed.id)
    if last is None:
        raise Raced
    status = "deleted" if placed.standing.deleted_at else placed.standing.status.value
    return Conflict(placed.id, status, last.actor_name, last.at, placed.version)


_EDIT: Final = ("edit_body", "edit_body_html", "before_edit")
_KEPT: Final = ("body", "body_html", *_EDIT)


def _outcome(placed: Placed, wish: Wish, now: datetime) -> tuple[Standing, dict[str, Any], str]:
    """What becomes of the comment, its text columns, and the log's word for it.

    Where an edit waits, the edit is what is judged: approving takes it over, rejecting drops it and
    leaves the approved text; spam takes the whole comment away.
    """
    waiting = placed.edit_body
    status = wish.action.status
    if waiting is None:
        return Standing(status, None, judged_by_person=True), {}, wish.action.value
    kept, dropped = without_edit(placed)
    if wish.action is Action.APPROVE:
        taken: dict[str, Any] = dict.fromkeys(_EDIT)
        taken |= {"body": waiting, "body_html": placed.edit_body_html, "edited_at": now}
        return Standing(status, None, judged_by_person=True), taken, "approve_edit"
    if wish.action is Action.HOLD:
        held = Standing(status, None, judged_by_person=True, edit_waits=True)
        return held, {}, wish.action.value
    if wish.action is Action.REJECT and placed.standing.status is Status.APPROVED:
        return kept, dropped, "reject_edit"
    return Standing(status, None, judged_by_person=True), dropped, wish.action.value


def _remembered(placed: Placed, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What undo needs to restore: who judged before, and text that the decision replaced."""
    before: dict[str, Any] = {"judged_by_person": placed.standing.judged_by_person}
    before |= {name: getattr(placed, name) for name in _KEPT if name in columns}
    before |= {name: value for name, value in placed.examination.items() if name in columns}
    if "edited_at" in columns:
        before["edited_at"] = to_ms(placed.edited_at) if placed.edited_at else None
    return {"before": before}


def undo_decision(principal: Principal, decision_id: int, now: datetime) -> Decided | Conflict:
    """Restore the status (and text) before a decision, once, as a new entry of the log.

    Raises:
        NotFound: no such decision on a site of the caller's, or not one that can be undone.
    """

    def work(conn: Connection) -> Decided | Conflict:
        entry = find_entry(conn, decision_id)
        # Of a decision that is not the caller's business no more is asked than of none.
        if entry is None or not principal.may_see(entry.site_id):
            raise NotFound("decision")
        if entry.action not in DECISIONS or entry.actor_kind == "policy":
            raise NotFound("decision")
        placed = load_placed(conn, entry.comment_id) if entry.comment_id is not None else None
        if placed is None:
            raise NotFound("decision")
        if placed.version != entry.version:
            return _conflict(conn, placed)
        after, columns = _restored(entry, placed)
        columns |= _unseen_again(conn, placed, after, columns)
        undo = Entry(principal.actor, "undo", now, undoes=entry.id)
        moves = Moves()
        entry_id = set_standing(conn, placed, after, undo, columns, moves=moves)
        unteach(conn, placed.site_id, entry.id, now)
        move_tallies(conn, moves)
        return Decided(placed.id, after.status, placed.version + 1, entry_id)

    return write(work)


def _restored(entry: LogRow, placed: Placed) -> tuple[Standing, dict[str, Any]]:
    before = msgspec.json.decode(entry.detail or "{}", type=dict[str, Any]).get("before", {})
    columns = {name: before[name] for name in (*_KEPT, *EXAMINATION) if name in before}
    if "edited_at" in before:
        columns["edited_at"] = from_ms(before["edited_at"]) if before["edited_at"] else None
    standing = Standing(
        Status(entry.old_status or Status.PENDING),
        None,
        judged_by_person=before.get("judged_by_person", False),
        edit_waits=columns.get("edit_body", placed.edit_body) is not None,
    )
    return standing, columns


def _unseen_again(
    conn: Connection, placed: Placed, after: Standing, columns: Mapping[str, Any]
) -> dict[str, Any]:
    """Column and verdicts that make a text unseen which nobody had looked at before the decision.

    Somebody approved an earlier text of the comment and policy this one: that they vouched for it
    stays, and the undo's version must not look like that of a decision on this text. So the text
    counts as examined with the undo, by the same verdicts.
    """
    examined = columns.get(EXAMINED, placed.examination[EXAMINED])
    version = placed.version + 1
    if after.judged(placed.version - 1, examined) == after.judged(version, examined):
        return {}
    repeat_verdicts(conn, placed.id, examined, version)
    return {EXAMINED: version}
