"""Cards: a comment as a moderator reads it, with what was found marked and said in words.

Nothing here makes HTML: the template escapes every part of a text.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from comments_service.domain.comment import Status
from comments_service.domain.ids import encode_id
from comments_service.domain.policy import INSISTED, Action
from comments_service.domain.precision import Fate
from comments_service.domain.verdict import Category, Mode, Signal, Verdict
from comments_service.services.queue import QueueItem
from comments_service.services.views import QueueRow
from comments_service.web.marks import Mark, Part, Weight, cut

LONG_TEXT: Final = 1_500
"""Characters beyond which a card's text scrolls, so that the next card stays in reach."""
LONG_LINES: Final = 20
_NAMES_OF_SIGNALS: Final = {
    Signal.CLEAR: "seen",
    Signal.SUSPECT: "suspect",
    Signal.BAD: "bad",
    Signal.ERRORED: "not checked",
}
_PLACES: Final = {"author_name": "in the name", "email": "in the e-mail", "website": "hidden field"}


class Saying(Struct, frozen=True):
    """A verdict in words."""

    check: str
    reason: str
    message: str
    strength: str
    signal: str
    recorded_only: bool


class Button(NamedTuple):
    """A decision that makes sense for a card."""

    action: str
    label: str
    key: str


class Card(Struct, frozen=True):
    """Everything a card shows."""

    row: QueueRow
    id: str
    name: Sequence[Part]
    text: Sequence[Part]
    """The text that is to be judged: of an edit that waits, or the comment's own."""
    was: str | None
    """The approved text in public, where an edit of it waits."""
    is_long: bool
    sayings: Sequence[Saying]
    why: Sequence[str]
    """Policy's own reasons to let it wait."""
    insisted: str | None
    """That its commenter was asked to reword, where so."""
    history: Mapping[str, int] | None
    buttons: Sequence[Button]
    can_reject: bool
    confirms: str | None
    """The decision that would confirm what policy alone decided."""

    @property
    def status(self) -> str:
        """Where it stands, in a word."""
        return "deleted" if self.row.deleted_at else self.row.status.value

    @property
    def seen(self) -> str:
        """What goes back with a decision: which comment, at which version."""
        return f"{self.id}:{self.row.version}"


def card(item: QueueItem) -> Card:
    """A card out of a queue's item."""
    row = item.comment
    text = row.edit_body if row.edit_body is not None else row.body
    own = [v for v in item.verdicts if v.check == "policy"]
    return Card(
        row=row,
        id=encode_id(row.id),
        name=cut(row.author_name, _marks(item.verdicts, "author_name")),
        text=cut(text, _marks(item.verdicts, "body")),
        was=row.body if row.edit_body is not None else None,
        is_long=len(text) > LONG_TEXT or text.count("\n") > LONG_LINES,
        sayings=[_saying(v) for v in item.verdicts if v.check != "policy"],
        why=[v.message for v in own if v.reason != INSISTED],
        insisted=next((v.message for v in own if v.reason == INSISTED), None),
        history=item.history,
        buttons=_buttons(item),
        can_reject=row.deleted_at is None and not _is_settled(item, Status.REJECTED),
        confirms=_confirms(item),
    )


def _marks(verdicts: Sequence[Verdict], field: str) -> list[Mark]:
    return [
        Mark(*span, _label(v), _weight(v)) for v in verdicts if v.field == field for span in v.spans
    ]


def _label(verdict: Verdict) -> str:
    """What was found, in a few words: `profanity: insult`."""
    return verdict.reason.replace(".", ": ").replace("_", " ")


def _weight(verdict: Verdict) -> Weight:
    if verdict.mode is Mode.SHADOW or verdict.category is Category.MANNER:
        return Weight.NOTED
    return Weight.BAD if verdict.signal is Signal.BAD else Weight.SUSPECT


def _saying(verdict: Verdict) -> Saying:
    place = _PLACES.get(verdict.field)
    return Saying(
        check=verdict.check,
        reason=verdict.reason,
        message=verdict.message + (f" ({place})" if place else ""),
        strength=_strength(verdict),
        signal=verdict.signal.name.lower(),
        recorded_only=verdict.mode is Mode.SHADOW,
    )


def _strength(verdict: Verdict) -> str:
    word = _NAMES_OF_SIGNALS[verdict.signal]
    if verdict.signal in (Signal.CLEAR, Signal.ERRORED):
        return word
    degree = "weak" if verdict.score < 0.4 else "strong" if verdict.score >= 0.75 else "medium"
    return f"{word}, {degree}"


def _is_settled(item: QueueItem, status: Status) -> bool:
    """Whether a decision for that status would change nothing."""
    row = item.comment
    return row.status is status and row.edit_body is None and item.fate is not Fate.UNSEEN


def _confirms(item: QueueItem) -> str | None:
    """The decision that would confirm what policy alone decided."""
    row = item.comment
    if row.deleted_at is not None or item.fate is not Fate.UNSEEN:
        return None
    return next(action.value for action in Action if action.status is row.status)


_CONFIRM: Final = {"approve": "Confirm approval", "spam": "Confirm spam"}


def _buttons(item: QueueItem) -> list[Button]:
    """Every decision but to reject, which asks for a reason and has a form of its own."""
    row, confirms = item.comment, _confirms(item)
    if row.deleted_at is not None:
        return []
    approve = "Approve" if row.edit_body is None else "Approve the edit"
    known = (
        (Status.APPROVED, Button("approve", approve, "f")),
        (Status.SPAM, Button("spam", "Spam", "s")),
        (Status.PENDING, Button("hold", "Back to pending", "")),
    )
    # An edit waits already, so there is nothing to hold.
    waits = row.edit_body is not None
    useful = (b for s, b in known if not _is_settled(item, s))
    return [
        b._replace(label=_CONFIRM[b.action]) if b.action == confirms else b
        for b in useful
        if not (waits and b.action == "hold")
    ]
