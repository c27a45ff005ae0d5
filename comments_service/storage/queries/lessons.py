"""Lessons: what decisions taught the spam filter, numbered within their site without a gap.

A number is given under a lock on the site's row of `spam_course`, which lasts until the commit. So
whoever sees a number sees all before it, in whatever order the transactions' ids were made.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    Connection,
    Select,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
)

from comments_service.domain.ids import SECOND
from comments_service.storage.queries.sites import origins_of
from comments_service.storage.tables import (
    comment,
    site,
    spam_course,
    spam_lesson,
    spam_snapshot,
)
from comments_service.storage.upserts import insert_on

AT_ONCE: Final = 100
"""Rows held while lessons are read: a process that slept long needs no more memory for it."""
COPIES: Final = 3
"""Copies of a text that are counted."""
_DAY: Final = int(timedelta(days=1).total_seconds()) * SECOND
_earlier: Final = comment.alias("earlier")


class TaughtText(Struct, frozen=True):
    """The text of a comment that a decision is about, with what else its features need."""

    comment_id: int
    version: int
    author_name: str
    body: str
    copies: int
    """Comments of the same folded text within the day before; `COPIES` at most."""
    origins: tuple[str, ...]


def load_taught_texts(conn: Connection, ids: Collection[int]) -> list[TaughtText]:
    """The texts that decisions on these comments would be about: of a waiting edit, the edit's."""
    same = (
        select(_earlier.c.id)
        .where(
            _earlier.c.site_id == comment.c.site_id,
            _earlier.c.fingerprint == comment.c.fingerprint,
            _earlier.c.id < comment.c.id,
            _earlier.c.id >= comment.c.id - _DAY,
        )
        .limit(COPIES)
        .correlate(comment)
        .subquery()
    )
    rows = conn.execute(
        select(
            comment.c.id,
            comment.c.version,
            comment.c.author_name,
            func.coalesce(comment.c.edit_body, comment.c.body).label("body"),
            select(func.count()).select_from(same).scalar_subquery().label("copies"),
            origins_of(site.c.id).label("origins"),
        )
        .join(site, site.c.id == comment.c.site_id)
        .where(comment.c.id.in_(ids))
    )
    return [
        TaughtText(
            row.id,
            row.version,
            row.author_name,
            row.body,
            row.copies,
            tuple(sorted((row.origins or "").split())),
        )
        for row in rows
    ]


class LessonRow(Struct, frozen=True):
    """A lesson, or the news that an earlier one holds no longer."""

    number: int
    is_spam: bool | None
    holds: bool
    since: int
    version: int
    features: bytes
    phrases: bytes


class SnapshotRow(Struct, frozen=True):
    """A stored memory."""

    number: int
    memory: bytes


_LESSON: Final = tuple(spam_lesson.c[name] for name in LessonRow.__struct_fields__)


def _lessons_after(site_id: int, number: Any) -> Select[Any]:
    return select(*_LESSON).where(spam_lesson.c.site_id == site_id, spam_lesson.c.number > number)


def lessons_after(conn: Connection, site_id: int, number: int) -> Generator[LessonRow, None, None]:
    """A site's lessons from a number on, in order, a few at a time."""
    statement = _lessons_after(site_id, number).order_by(spam_lesson.c.number)
    with conn.execute(statement.execution_options(yield_per=AT_ONCE)) as rows:
        for row in rows:
            yield LessonRow(*row)


def snapshot_and_lessons(
    conn: Connection, site_id: int, below: int
) -> Generator[SnapshotRow | LessonRow, None, None]:
    """The newest snapshot with a number below, if there is one, and every lesson after it.

    One statement, a few rows at a time.
    """
    newest = (
        select(func.max(spam_snapshot.c.number))
        .where(spam_snapshot.c.site_id == site_id, spam_snapshot.c.number < below)
        .scalar_subquery()
    )
    snapshot = select(
        spam_snapshot.c.number,
        cast(null(), Boolean).label("is_spam"),
        literal(True).label("holds"),
        literal(0).label("since"),
        literal(-1).label("version"),
        spam_snapshot.c.memory.label("features"),
        spam_snapshot.c.memory.label("phrases"),
    ).where(spam_snapshot.c.site_id == site_id, spam_snapshot.c.number == newest)
    both = union_all(snapshot, _lessons_after(site_id, func.coalesce(newest, 0)))
    statement = both.order_by("number").execution_options(yield_per=AT_ONCE)
    with conn.execute(statement) as rows:
        for row in rows:
            if row.version == -1:
                yield SnapshotRow(row.number, row.features)
            else:
                yield LessonRow(*row)


def course_number(conn: Connection, site_id: int) -> int:
    """The number of the site's last lesson; 0 where there is none."""
    found = select(spam_course.c.number).where(spam_course.c.site_id == site_id)
    return conn.scalar(found) or 0


def next_numbers(conn: Connection, site_id: int, count: int) -> range:
    """The next numbers of a site, which nobody else can have until this transaction has ended."""
    insert_course = insert_on(conn.dialect.name, spam_course)
    statement = insert_course.values(site_id=site_id, number=count)
    last: int = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[spam_course.c.site_id],
            set_={"number": spam_course.c.number + statement.excluded.number},
        ).returning(spam_course.c.number)
    ).scalar_one()
    return range(last - count + 1, last + 1)


def lessons_that_hold(conn: Connection, comment_ids: Collection[int]) -> dict[int, int]:
    """For each comment that taught something, the number of the lesson that holds."""
    rows = conn.execute(
        select(spam_lesson.c.comment_id, spam_lesson.c.number).where(
            spam_lesson.c.comment_id.in_(comment_ids),
            spam_lesson.c.holds.is_(True),
            spam_lesson.c.is_spam.is_not(None),
        )
    )
    return {row.comment_id: row.number for row in rows}


class TaughtBy(Struct, frozen=True):
    """The row that a decision left."""

    number: int
    takes_back: int | None
    since: int


def lesson_of_decision(conn: Connection, site_id: int, decision_id: int) -> TaughtBy | None:
    """What a decision taught or took back; None where it did neither."""
    row = conn.execute(
        select(spam_lesson.c.number, spam_lesson.c.takes_back, spam_lesson.c.since).where(
            spam_lesson.c.decision_id == decision_id, spam_lesson.c.site_id == site_id
        )
    ).one_or_none()
    return None if row is None else TaughtBy(*row)


def add_lessons(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New lessons, whole rows."""
    conn.execute(insert(spam_lesson), list(rows))


def set_holds(conn: Connection, site_id: int, numbers: Collection[int], *, holds: bool) -> None:
    """Take lessons back, or let them hold again."""
    conn.execute(
        update(spam_lesson)
        .where(spam_lesson.c.site_id == site_id, spam_lesson.c.number.in_(numbers))
        .values(holds=holds)
    )


def drop_words(conn: Connection, comment_ids: Collection[int]) -> dict[int, int]:
    """Empty the phrases of these comments' lessons; the first number that had some, by site."""
    mine = (spam_lesson.c.comment_id.in_(comment_ids), spam_lesson.c.phrases != b"")
    first = select(spam_lesson.c.site_id, func.min(spam_lesson.c.number)).where(*mine)
    found = conn.execute(first.group_by(spam_lesson.c.site_id)).all()
    conn.execute(update(spam_lesson).where(*mine).values(phrases=b""))
    return {row[0]: row[1] for row in found}


def drop_snapshots(conn: Connection, site_id: int, since: int) -> None:
    """Forget the snapshots that a change of the lesson `since` made untrue."""
    conn.execute(
        delete(spam_snapshot).where(
            spam_snapshot.c.site_id == site_id, spam_snapshot.c.number >= since
        )
    )


def lock_course(conn: Connection, site_id: int) -> bool:
    """Let no lesson be added to the site before this transaction ends; False without any."""
    row = select(spam_course.c.number).where(spam_course.c.site_id == site_id).with_for_update()
    return conn.execute(row).one_or_none() is not None


def is_changed_since(conn: Connection, site_id: int, number: int) -> bool:
    """Whether a lesson up to that number was taken back, or holds again, by a later one."""
    later = select(spam_lesson.c.number).where(
        spam_lesson.c.site_id == site_id,
        spam_lesson.c.number > number,
        spam_lesson.c.since <= number,
    )
    return conn.execute(later.limit(1)).one_or_none() is not None


def put_snapshot(conn: Connection, site_id: int, number: int, memory: bytes) -> None:
    """Store a snapshot in place of whatever stood at its number."""
    at = (spam_snapshot.c.site_id == site_id, spam_snapshot.c.number == number)
    conn.execute(delete(spam_snapshot).where(*at))
    conn.execute(insert(spam_snapshot).values(site_id=site_id, number=number, memory=memory))


def snapshot_numbers(conn: Connection, site_id: int) -> list[int]:
    """Up to which lessons there are snapshots, in order."""
    found = select(spam_snapshot.c.number).where(spam_snapshot.c.site_id == site_id)
    return list(conn.scalars(found.order_by(spam_snapshot.c.number)))


def load_snapshot(conn: Connection, site_id: int, number: int) -> bytes | None:
    """The snapshot of that number."""
    found: bytes | None = conn.scalar(
        select(spam_snapshot.c.memory).where(
            spam_snapshot.c.site_id == site_id, spam_snapshot.c.number == number
        )
    )
    return found


def forget_snapshots(conn: Connection, site_id: int, numbers: Collection[int]) -> None:
    """Forget these snapshots."""
    conn.execute(
        delete(spam_snapshot).where(
            spam_snapshot.c.site_id == site_id, spam_snapshot.c.number.in_(numbers)
        )
    )


def courses(conn: Connection) -> list[tuple[int, int, int]]:
    """Of each site with lessons: its id, its last number, and its newest snapshot's (or 0)."""
    newest = (
        select(func.max(spam_snapshot.c.number))
        .where(spam_snapshot.c.site_id == spam_course.c.site_id)
        .correlate(spam_course)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(spam_course.c.site_id, spam_course.c.number, func.coalesce(newest, 0)).order_by(
            spam_course.c.site_id
        )
    )
    return [(row[0], row[1], row[2]) for row in rows]
