"""The past as it was when a stored comment came: trust by the log, earlier comments by their order.

For replays alone. What cannot be known any more is left out; docs/moderate.md says what that is.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.domain.comment import Status
from comments_service.domain.facts import Earlier, History
from comments_service.domain.ids import id_at
from comments_service.domain.policy import LOOK_BACK as LAST_STATUSES
from comments_service.services.examine import LOOK_BACK, MOST_EARLIER
from comments_service.storage.queries.context import EARLIER_EACH
from comments_service.storage.queries.replay import (
    PAST_EACH,
    PastRow,
    ReplayRow,
    SeenRow,
    StepRow,
    list_pasts,
    list_seen,
    list_steps,
    vouched_before,
)

MOST_BEFORE: Final = 20_000
"""Comments of the day before the first replayed one that are read ahead."""
_DECIDES: Final = frozenset({"approve", "approve_edit", "hold", "reject", "spam"})
_REMOVES: Final = frozenset({"withdraw", "erase"})


class Moment(Struct, frozen=True):
    """From when on a comment stood so."""

    at: datetime
    status: Status
    by_person: bool = False
    deleted: bool = False

    @property
    def vouched(self) -> bool:
        """Published, and by a person's decision."""
        return self.status is Status.APPROVED and self.by_person and not self.deleted


@dataclass(slots=True)
class Pasts:
    """What each commenter had written when one of their comments came."""

    timelines: dict[int, list[tuple[int, list[Moment]]]]
    """Of each commenter: comment id and how it stood since when, in the order of ids."""
    older: dict[int, int]
    """Approved by a person among what is too old to be looked at one by one."""

    @classmethod
    def load(cls, conn: Connection, rows: Sequence[ReplayRow]) -> "Pasts":
        """The pasts of all who wrote some comments, in a few statements.

        One more for each commenter of `PAST_EACH` comments or more.
        """
        commenters = sorted({r.commenter_id for r in rows if r.commenter_id is not None})
        if not commenters:
            return cls({}, {})
        own = [r for r in rows if r.commenter_id is not None]
        past = list_pasts(conn, commenters, rows[0].id)
        past += [
            PastRow(r.id, r.commenter_id or 0, r.arrived_as, r.version, r.created_at) for r in own
        ]
        steps = list_steps(conn, [row.id for row in past if row.version > 1])
        by_comment = {i: list(g) for i, g in groupby(steps, key=lambda s: s.comment_id)}
        timelines: dict[int, list[tuple[int, list[Moment]]]] = defaultdict(list)
        for row in past:
            timelines[row.commenter_id].append((row.id, _timeline(row, by_comment.get(row.id, ()))))
        older = {
            commenter: vouched_before(conn, commenter, line[0][0])
            for commenter, line in timelines.items()
            if sum(comment_id < rows[0].id for comment_id, _ in line) >= PAST_EACH
        }
        return cls(timelines, older)

    def history_at(self, row: ReplayRow) -> History:
        """What was known of its commenter when the comment came."""
        if row.commenter_id is None:
            return History()
        stood = [
            _at(moments, row.created_at)
            for comment_id, moments in self.timelines.get(row.commenter_id, ())
            if comment_id < row.id
        ]
        vouched = self.older.get(row.commenter_id, 0) + sum(m.vouched for m in stood)
        last = tuple(m.status for m in reversed(stood[-LAST_STATUSES:]))
        return History(True, vouched, last)


def _at(moments: Sequence[Moment], at: datetime) -> Moment:
    return next((m for m in reversed(moments) if m.at <= at), moments[0])


def _timeline(row: PastRow, steps: Iterable[StepRow]) -> list[Moment]:
    """How a comment stood since when, by its log; one that never changed needs none."""
    stands = Moment(row.created_at, row.arrived_as)
    moments = [stands]
    before: dict[int, Moment] = {}
    for step in steps:
        before[step.id] = stands
        stands = _after(stands, step, before)
        moments.append(stands)
    return moments


def _after(stands: Moment, step: StepRow, before: Mapping[int, Moment]) -> Moment:
    status = Status(step.new_status) if step.new_status else stands.status
    was = before.get(step.undoes) if step.undoes is not None else None
    if was is not None:
        return Moment(step.at, status, was.by_person, was.deleted)
    if step.action in _DECIDES and step.actor_kind != "policy":
        return Moment(step.at, status, by_person=True)
    gone = stands.deleted or step.action in _REMOVES
    return Moment(step.at, status, stands.by_person, gone)


class Recent:
    """The comments of the last day, as far as repeats and floods need them.

    By text, commenter and address the newest `EARLIER_EACH`, as a post finds them.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._all: deque[SeenRow] = deque()
        self._by: dict[tuple[str, str | int], deque[SeenRow]] = {}

    @classmethod
    def before(cls, conn: Connection, site_id: int, first: ReplayRow) -> "Recent":
        """What came in the day before a comment; of a very busy day the newest `MOST_BEFORE`."""
        recent = cls()
        since = id_at(first.created_at - LOOK_BACK)
        for row in list_seen(conn, site_id, since, first.id, MOST_BEFORE):
            recent.add(row)
        return recent

    def add(self, row: SeenRow) -> None:
        """One more has come; what is older than a day goes."""
        while self._all and self._all[0].created_at < row.created_at - LOOK_BACK:
            self._drop(self._all.popleft())
        self._all.append(row)
        for key in _keys(row):
            self._by.setdefault(key, deque(maxlen=EARLIER_EACH)).append(row)

    def _drop(self, row: SeenRow) -> None:
        for key in _keys(row):
            same = self._by.get(key)
            if same and same[0].id == row.id:
                same.popleft()
            if not same:
                self._by.pop(key, None)

    def earlier_than(self, row: SeenRow) -> tuple[Earlier, ...]:
        """What a post of that kind finds, newest first."""
        since = row.created_at - LOOK_BACK
        found = {
            seen.id: seen
            for key in _keys(row)
            for seen in self._by.get(key, ())
            if seen.created_at >= since
        }
        newest = [found[i] for i in sorted(found, reverse=True)][:MOST_EARLIER]
        return tuple(
            Earlier(
                created_at=seen.created_at,
                fingerprint=seen.fingerprint,
                same_commenter=None is not row.commenter_id == seen.commenter_id,
                same_address=None is not row.address_hash == seen.address_hash,
                same_thread=seen.thread_id == row.thread_id,
            )
            for seen in newest
        )


def _keys(row: SeenRow) -> Iterator[tuple[str, str | int]]:
    yield "text", row.fingerprint
    if row.commenter_id is not None:
        yield "commenter", row.commenter_id
    if row.address_hash is not None:
        yield "address", row.address_hash
