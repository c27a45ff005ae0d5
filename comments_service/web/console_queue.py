"""The queue, one comment, decisions and undo, as pages and forms that need no JavaScript."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from flask import Response, flash, redirect, request
from msgspec import Struct
from werkzeug import Response as Redirect

from comments_service import checks
from comments_service.domain.errors import NotFound
from comments_service.domain.ids import decode_id, encode_id
from comments_service.domain.verdict import Mode
from comments_service.services import moderate, queue
from comments_service.services.floods import read_floods
from comments_service.services.moderate import Conflict, Decided, Missing, Result, Wish
from comments_service.web.access import Access, allow, now, principal
from comments_service.web.console_cards import card
from comments_service.web.console_forms import (
    REASON_CHOICES,
    DecisionForm,
    QueueForm,
    UndoForm,
    local_path,
    require_valid,
)
from comments_service.web.console_log import told
from comments_service.web.console_page import desk, show

PAGE: Final = 50
"""Cards on a page; a batch of decisions may be twice as long."""
LOG_OF_ONE: Final = 50
"""Lines of the log under a single comment."""
_FILTERS: Final = ("site", "status", "sort", "check", "reason", "q", "author", "commenter")
_DONE: Final = {
    "approve": "approved",
    "reject": "rejected",
    "spam": "marked as spam",
    "hold": "put back to pending",
}


def address(**changes: str | None) -> str:
    """The present queue's address with some filters changed; the place in the list is not kept."""
    kept = {name: request.args.get(name) for name in _FILTERS} | changes
    return "/moderate/?" + urlencode({k: v for k, v in kept.items() if v})


@allow(Access.CONSOLE)
def show_queue() -> Response:
    """A tab of a site's queue."""
    at = desk()
    form = QueueForm(request.args)
    view = queue.read_queue(at.site, form.question(PAGE))
    return show(
        "dashboard/queue.html",
        at,
        form=form,
        tab=form.status.data or "pending",
        tabs=queue.TABS,
        sort=form.sort.data or queue.DEFAULT_SORT.get(form.status.data or "pending", "newest"),
        view=view,
        cards=[card(item) for item in view.items],
        checks=[n for n in checks.discover() if at.site.policy.of(n).mode is not Mode.OFF],
        address=address,
        floods=read_floods(at.site, now()),
        reasons=REASON_CHOICES,
        back=request.full_path.rstrip("?"),
    )


@allow(Access.CONSOLE)
def show_comment(comment_id: str) -> Response:
    """One comment with its log, and what it answers."""
    at = desk()
    number = decode_id(comment_id)
    if number is None:
        raise NotFound("comment")
    item = queue.read_one(at.site, number)
    parent_id = item.comment.parent_id
    return show(
        "dashboard/comment.html",
        at,
        card=card(item),
        parent=card(queue.read_one(at.site, parent_id)) if parent_id is not None else None,
        entries=told(queue.read_log(at.site, None, LOG_OF_ONE, comment_id)),
        reasons=REASON_CHOICES,
        back=request.full_path.rstrip("?"),
    )


class Outcome(Struct, frozen=True):
    """What became of a batch."""

    decided: Sequence[Decided]
    conflicts: Sequence[Conflict]
    missing: Sequence[Missing]

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Outcome":
        """Sort results by their kind."""
        return cls(
            [r for r in results if isinstance(r, Decided)],
            [r for r in results if isinstance(r, Conflict)],
            [r for r in results if isinstance(r, Missing)],
        )

    @property
    def undoable(self) -> list[str]:
        """The decisions that changed something."""
        return [encode_id(d.decision_id) for d in self.decided if d.decision_id is not None]


@allow(Access.CONSOLE)
def decide() -> Response | Redirect:
    """Carry out one decision or a batch, and go back; where somebody came first, say who."""
    form = DecisionForm()
    wishes = form.wishes()
    outcome = Outcome.of(moderate.decide_comments(principal(), wishes, now()))
    back = local_path(form.next.data)
    said = _said(wishes, outcome)
    if outcome.conflicts or outcome.missing:
        return _conflict_page(outcome, said, back)
    flash({"text": said, "undo": outcome.undoable}, "undo")  # type: ignore[arg-type]  # Any JSON.
    return redirect(back, 303)


def _said(wishes: Sequence[Wish], outcome: Outcome) -> str:
    if not wishes:
        return "Nothing was selected."
    changed, confirmed = len(outcome.undoable), sum(d.is_confirmed for d in outcome.decided)
    done = _DONE[wishes[0].action]
    if not changed:
        return "" if outcome.conflicts or outcome.missing else f"Already {done}: nothing changed."
    if len(wishes) > 1:
        if confirmed == changed:
            return f"{changed} confirmed."
        return f"{changed} {done}" + (f", {confirmed} of them confirmed." if confirmed else ".")
    if confirmed:
        return "Confirmed."
    kept_text = wishes[0].action == "reject" and outcome.decided[0].status == "approved"
    return "Edit rejected: the approved text stays." if kept_text else f"{done.capitalize()}."


def _conflict_page(outcome: Outcome, said: str, back: str) -> Response:
    at = desk()
    one = outcome.conflicts[0] if len(outcome.conflicts) == 1 else None
    return show(
        "dashboard/conflict.html",
        at,
        status=409,
        outcome=outcome,
        said=said,
        card=card(queue.read_one(at.site, one.comment_id)) if one else None,
        reasons=REASON_CHOICES,
        back=back,
    )


@allow(Access.CONSOLE)
def undo() -> Response | Redirect:
    """Take decisions back, each once."""
    form = UndoForm()
    require_valid(form)
    numbers = [decode_id(text) for text in dict.fromkeys(form.decision.data or ())]
    if None in numbers:
        raise NotFound("decision")
    done = [moderate.undo_decision(principal(), n, now()) for n in numbers if n is not None]
    outcome = Outcome.of(done)
    back = local_path(form.next.data)
    said = "Taken back." if len(outcome.decided) == 1 else f"{len(outcome.decided)} taken back."
    if outcome.conflicts:
        return _conflict_page(outcome, said if outcome.decided else "", back)
    flash(said)
    return redirect(back, 303)
