"""What decisions teach the spam filter: each decision's lesson, written in its own transaction.

Approving teaches "no spam", spam and a rejection as advertisement teach "spam". Any other
rejection, and putting back, teach nothing of their own. Whatever a comment's earlier decision
taught holds no longer then: of one comment one lesson holds at most, the latest. Policy teaches
nothing.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, TypeAlias

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.checks.learning.features import VERSION, features_of
from comments_service.checks.learning.phrases import encode_phrases, phrases_of
from comments_service.domain.comment import Submission
from comments_service.services.examine import site_hosts
from comments_service.storage import read
from comments_service.storage.queries.lessons import (
    TaughtText,
    add_lessons,
    drop_snapshots,
    drop_words,
    lesson_of_decision,
    lessons_that_hold,
    load_taught_texts,
    next_numbers,
    set_holds,
)
from comments_service.text.reading import Reading

_log: Final = logging.getLogger(__name__)
ADVERTISEMENT: Final = "advertisement"
"""The reason for a rejection that teaches spam as well."""
_TEACHES: Final[Mapping[str, bool]] = {"approve": False, "approve_edit": False, "spam": True}
_TAKES_BACK: Final = frozenset({"hold", "reject"})


class Decided(Struct, frozen=True):
    """A decision that was carried out."""

    site_id: int
    comment_id: int
    version: int
    """Of the comment when it was decided: its text is what is taught."""
    action: str
    """The log's word for it."""
    reason: str | None
    decision_id: int

    @property
    def is_spam(self) -> bool | None:
        """What it teaches; None where it teaches nothing."""
        if self.action.startswith("reject"):
            return True if self.reason == ADVERTISEMENT else None
        return _TEACHES.get(self.action)

    @property
    def counts(self) -> bool:
        """Whether it teaches something, or ends what was taught before."""
        return self.is_spam is not None or self.action in _TAKES_BACK


class _Hashes(Struct, frozen=True):
    features: bytes
    phrases: bytes


Hashed: TypeAlias = Mapping[tuple[int, int], _Hashes]
"""Features and phrases of texts, by comment and version."""


def hash_texts(ids: Collection[int]) -> Hashed:
    """Fold and hash the texts of comments that will be decided on, before the transaction."""
    with read() as conn:
        return _hashed(load_taught_texts(conn, ids))


def _hashed(texts: Sequence[TaughtText]) -> Hashed:
    found = {(text.comment_id, text.version): _hashes_of(text) for text in texts}
    return {place: hashes for place, hashes in found.items() if hashes is not None}


def _hashes_of(text: TaughtText) -> _Hashes | None:
    """None where the text cannot be read: the decision is carried out, and teaches nothing."""
    try:
        reading = Reading(Submission(text.author_name, text.body))
        features = features_of(reading, copies=text.copies, site_hosts=site_hosts(text.origins))
        return _Hashes(features.encode(), encode_phrases(phrases_of(reading)))
    except Exception as problem:  # noqa: BLE001 - nothing about spam may keep a moderator from deciding.
        _log.error("a decision teaches nothing: %s", type(problem).__name__)
        return None


def teach(conn: Connection, decided: Sequence[Decided], hashed: Hashed, now: datetime) -> None:
    """Write the lessons of decisions; comments are locked by now, and counts not yet.

    `hashed` is before the comments were locked: what was changed since is hashed here.
    """
    counting = [decision for decision in decided if decision.counts]
    if not counting:
        return
    ids = {decision.comment_id for decision in counting if decision.version > 1}
    held = lessons_that_hold(conn, ids) if ids else {}
    missing = [
        decision.comment_id
        for decision in counting
        if decision.is_spam is not None and (decision.comment_id, decision.version) not in hashed
    ]
    if missing:
        hashed = {**hashed, **_hashed_now(conn, counting, missing)}
    by_site = sorted(counting, key=lambda decision: decision.site_id)
    for _, group in groupby(by_site, key=lambda decision: decision.site_id):
        changing = _that_change(group, held)
        if changing:
            _store(conn, _rows(conn, changing, held, hashed, now))


def _hashed_now(
    conn: Connection, decided: Sequence[Decided], missing: Collection[int]
) -> dict[tuple[int, int], _Hashes]:
    """By the version decided on, though the row says the one after it: the text is the same."""
    versions = {decision.comment_id: decision.version for decision in decided}
    hashed = _hashed(load_taught_texts(conn, missing))
    return {(comment, versions[comment]): hashes for (comment, _), hashes in hashed.items()}


def _that_change(decided: Iterable[Decided], held: Mapping[int, int]) -> list[Decided]:
    """Decisions that teach, or end what was taught; a batch may decide twice on one comment."""
    taught = dict.fromkeys(held, True)
    found = []
    for decision in decided:
        if decision.is_spam is not None or taught.get(decision.comment_id):
            found.append(decision)
            taught[decision.comment_id] = decision.is_spam is not None
    return found


def _rows(
    conn: Connection,
    decided: Sequence[Decided],
    held: Mapping[int, int],
    hashed: Hashed,
    now: datetime,
) -> list[dict[str, Any]]:
    """The rows that decisions on one site leave, numbered."""
    site_id, standing = decided[0].site_id, dict(held)
    rows = []
    for number, decision in zip(next_numbers(conn, site_id, len(decided)), decided, strict=True):
        taken = standing.pop(decision.comment_id, None)
        row = _row(site_id, number, now) | {
            "comment_id": decision.comment_id,
            "decision_id": decision.decision_id,
            "takes_back": taken,
            "since": number if taken is None else taken,
        }
        hashes = hashed.get((decision.comment_id, decision.version))
        if decision.is_spam is not None and hashes is not None:
            standing[decision.comment_id] = number
            row |= {"is_spam": decision.is_spam, "features": hashes.features}
            row["phrases"] = hashes.phrases if decision.is_spam else b""
        rows.append(row)
    return rows


def _store(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    site_id = rows[0]["site_id"]
    add_lessons(conn, rows)
    taken_back = [row["takes_back"] for row in rows if row["takes_back"] is not None]
    if taken_back:
        set_holds(conn, site_id, taken_back, holds=False)
        drop_snapshots(conn, site_id, min(taken_back))


def _row(site_id: int, number: int, now: datetime) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "number": number,
        "comment_id": None,
        "decision_id": None,
        "at": now,
        "is_spam": None,
        "holds": True,
        "takes_back": None,
        "undoes": None,
        "since": number,
        "version": VERSION,
        "features": b"",
        "phrases": b"",
    }


def forget_words(conn: Connection, comment_ids: Collection[int], now: datetime) -> None:
    """The words of erased comments go from their lessons; the weights that they made stay.

    Phrases stand there as hashes, in the text's order: whoever tries words out could read it in
    them. What remembers them, on any process and in snapshots, is folded anew without them.
    """
    for site_id, first in drop_words(conn, comment_ids).items():
        (number,) = next_numbers(conn, site_id, 1)
        add_lessons(conn, [_row(site_id, number, now) | {"since": first}])
        drop_snapshots(conn, site_id, first)


def unteach(conn: Connection, site_id: int, decision_id: int, now: datetime) -> None:
    """A decision is undone: its lesson holds no longer; the one that it took back does again."""
    taught = lesson_of_decision(conn, site_id, decision_id)
    if taught is None:
        return
    (number,) = next_numbers(conn, site_id, 1)
    row = _row(site_id, number, now) | {"undoes": taught.number, "since": taught.since}
    add_lessons(conn, [row])
    set_holds(conn, site_id, [taught.number], holds=False)
    if taught.takes_back is not None:
        set_holds(conn, site_id, [taught.takes_back], holds=True)
    drop_snapshots(conn, site_id, taught.since)
