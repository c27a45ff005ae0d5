"""Whether the lessons of the spam filter add up: numbers without a gap, each with its decision."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from comments_service.domain.ids import encode_id
from comments_service.storage.queries.lessons import AT_ONCE, courses
from comments_service.storage.tables import comment, log, spam_lesson


def breaks_in_courses(conn: Connection) -> Iterator[str]:
    """Each gap among a site's lessons, and each lesson that its decisions do not account for."""
    rows = conn.execute(
        select(
            spam_lesson.c.site_id,
            spam_lesson.c.number,
            spam_lesson.c.decision_id,
            spam_lesson.c.holds,
            spam_lesson.c.takes_back,
            spam_lesson.c.undoes,
            comment.c.id.label("comment_id"),
            log.c.id.label("entry_id"),
        )
        .outerjoin(comment, comment.c.id == spam_lesson.c.comment_id)
        .outerjoin(log, log.c.id == spam_lesson.c.decision_id)
        .order_by(spam_lesson.c.site_id, spam_lesson.c.number)
        .execution_options(yield_per=AT_ONCE)
    )
    last = {site_id: number for site_id, number, _ in courses(conn)}
    for site_id, lessons in groupby(rows, key=lambda row: row.site_id):
        name = f"site {encode_id(site_id)}"
        yield from (f"{name}: {what}" for what in _breaks(lessons, last.pop(site_id, 0)))
    for site_id, number in last.items():
        yield f"site {encode_id(site_id)}: all of {number} lessons are missing"


@dataclass
class _Course:
    """What a site's rows say, taken together, of which lessons hold."""

    holds: dict[int, bool] = field(default_factory=dict)
    takes_back: dict[int, int | None] = field(default_factory=dict)

    def go_on(self, row: Any) -> None:
        self.holds[row.number], self.takes_back[row.number] = True, row.takes_back
        for ended in (row.takes_back, row.undoes):
            if ended is not None:
                self.holds[ended] = False
        again = self.takes_back.get(row.undoes)
        if again is not None:
            self.holds[again] = True


def _breaks(lessons: Iterable[Any], last: int) -> Iterator[str]:
    seen = 0
    course = _Course()
    stored: dict[int, bool] = {}
    for row in lessons:
        if row.number != seen + 1:
            yield f"a lesson is missing before {row.number}"
        # An erased comment took its log with it, and an imported lesson never had a decision.
        if row.comment_id is not None and row.decision_id is not None and row.entry_id is None:
            yield f"lesson {row.number} has no decision"
        seen, stored[row.number] = row.number, row.holds
        course.go_on(row)
    for number, holds in stored.items():
        if holds != course.holds[number]:
            yield f"lesson {number} says of itself wrongly whether it holds"
    if seen != last:
        yield f"{last} lessons were given, and the last one is {seen}"
