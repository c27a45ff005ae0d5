"""Stored things as the contract shows them. Every field that leaves the service is named here."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from msgspec import UNSET

from comments_service.config import Settings
from comments_service.domain.comment import Status
from comments_service.domain.ids import WIDTH, encode_id
from comments_service.domain.urls import display_url
from comments_service.services.moderate import Conflict, Decided, Missing
from comments_service.services.own import editable_until
from comments_service.services.precision import Line, PrecisionView
from comments_service.services.queue import QueueItem
from comments_service.services.threads import PageView
from comments_service.services.views import OwnComment, ShownComment
from comments_service.web import schemas


def second(moment: datetime) -> datetime:
    """Whole seconds: what the contract promises."""
    return moment.replace(microsecond=0) if moment.microsecond else moment


def _second(moment: datetime | None) -> datetime | None:
    return None if moment is None else second(moment)


def _id(number: int | None) -> str | None:
    return None if number is None else encode_id(number)


def _at(ms: int) -> datetime:
    """A stored time in whole seconds; to take a fraction off later costs three times as much."""
    return datetime.fromtimestamp(ms // 1000, UTC)


_root = lru_cache(maxsize=256)(encode_id)
"""Of a root, whose branch stands together on a page."""


def _own_and_parent(row: ShownComment) -> tuple[str, str | None]:
    """Both ids as they are sent: the way down to a comment has them written already."""
    way = _root(row.root_id) + row.path
    if row.parent_id is None:
        return way, None
    # Far below, a path leaves out steps (`path_below`), but never its own.
    is_whole = len(row.path) == WIDTH * row.depth
    return way[-WIDTH:], way[-2 * WIDTH : -WIDTH] if is_whole else encode_id(row.parent_id)


def comment(row: ShownComment) -> schemas.Comment:
    """A comment, or the tombstone of one."""
    name, edited = row.author_name, row.edited_ms
    own, parent = _own_and_parent(row)
    return schemas.Comment(
        id=own,
        parent_id=parent,
        depth=row.depth,
        author=None if name is None else schemas.Author(name),
        body_html=row.body_html,
        created_at=_at(row.created_ms),
        edited_at=None if edited is None else _at(edited),
        reply_count=row.reply_count,
        removed=name is None,
    )


def own_comment(
    settings: Settings, own: OwnComment, status: Status | None = None
) -> schemas.OwnComment:
    """A comment to its author, an edit that waits in place of the text; spam reads as pending."""
    shown = own.shown
    seen = (status or own.status).value
    return schemas.OwnComment(
        id=encode_id(shown.id),
        parent_id=_id(shown.parent_id),
        depth=shown.depth,
        author=schemas.Author(shown.author_name or ""),
        body_html=own.edit_body_html or shown.body_html,
        created_at=_at(shown.created_ms),
        edited_at=None if shown.edited_ms is None else _at(shown.edited_ms),
        reply_count=shown.reply_count,
        removed=False,
        status="pending" if seen == "spam" else seen,  # type: ignore[arg-type]  # The other three.
        body=own.edit_body or own.body,
        edit_pending=own.edit_body is not None,
        editable_until=second(editable_until(settings, own)),
    )


def thread(view: PageView) -> schemas.Thread:
    """The thread itself; where nothing is published, what the caller already knows of the page.

    A thread is made by its first comment, and that one may wait: nothing may tell that it is there.
    """
    found = view.thread
    state: Literal["open", "closed"] = "closed" if found and found.closed_at is not None else "open"
    if found is None or found.count == 0:
        url = display_url(view.page.url) if view.page.url is not None else None
        return schemas.Thread(id=None, url=url, title=None, state=state, count=0)
    return schemas.Thread(
        id=encode_id(found.id),
        url=found.url,
        title=found.title if found.title_verified else None,
        state=state,
        count=found.count,
    )


def thread_page(view: PageView) -> schemas.ThreadPage:
    """A page of a thread."""
    return schemas.ThreadPage(
        thread=thread(view),
        comments=[comment(row) for row in view.comments],
        ancestors=[comment(row) for row in view.ancestors] or UNSET,
        next=view.next,
    )


def queue_item(item: QueueItem) -> schemas.QueueItem:
    """A card."""
    row = item.comment
    history = item.history
    return schemas.QueueItem(
        id=encode_id(row.id),
        version=row.version,
        status=row.status.value,
        parent_id=_id(row.parent_id),
        depth=row.depth,
        author=schemas.Author(row.author_name),
        email=row.email,
        body=row.body,
        body_html=row.body_html,
        edit=row.edit_body,
        created_at=second(row.created_at),
        edited_at=_second(row.edited_at),
        deleted_at=_second(row.deleted_at),
        thread=schemas.QueueThread(
            id=encode_id(row.thread_id),
            url=row.thread_url,
            title=row.thread_title,
            title_verified=row.thread_title_verified,
        ),
        verdicts=[
            schemas.QueueVerdict(
                check=v.check,
                version=v.version,
                mode=v.mode.value,
                signal=v.signal.name.lower(),  # type: ignore[arg-type]  # The four names.
                score=round(v.score, 3),
                reason=v.reason,
                message=v.message,
                category=v.category.value if v.category else None,
                field=v.field,
                spans=list(v.spans),
            )
            for v in item.verdicts
        ],
        commenter=_id(row.commenter_id),
        history=None
        if history is None
        else schemas.QueueHistory(
            approved=history.get("approved", 0),
            pending=history.get("pending", 0),
            rejected=history.get("rejected", 0),
            spam=history.get("spam", 0),
        ),
    )


def precision(view: PrecisionView) -> schemas.Precision:
    """Each check's lines, and below it those of its reasons."""
    lines = [line for check in view.checks for line in (*check.whole, *check.reasons)]
    return schemas.Precision(
        site=view.site.slug, since=view.since, lines=[_precision_line(line) for line in lines]
    )


def _precision_line(line: Line) -> schemas.PrecisionLine:
    figures = line.figures
    low, high = figures.interval
    return schemas.PrecisionLine(
        check=line.check,
        reason=line.reason,
        counted=line.weight.value,
        found=figures.found,
        agreed=figures.put_away,
        otherwise=figures.otherwise,
        overruled=figures.overruled,
        waiting=figures.waiting,
        not_looked_at=figures.unseen,
        precision=None if figures.precision is None else round(figures.precision, 4),
        precision_low=round(low, 4),
        precision_high=round(high, 4),
        mostly_overruled=line.mostly_overruled,
        stopped_without=line.stopped_without if line.reason is None else UNSET,
    )


def result(done: Decided | Conflict | Missing) -> schemas.Result:
    """What became of one decision."""
    number = encode_id(done.comment_id)
    match done:
        case Decided():
            return schemas.Result(
                comment_id=number,
                status=done.status.value,
                version=done.version,
                decision_id=_id(done.decision_id),
            )
        case Conflict():
            return schemas.Result(
                comment_id=number,
                conflict=schemas.ConflictBody(
                    status=done.status,
                    decided_by=done.decided_by,
                    decided_at=second(done.decided_at),
                    version=done.version,
                ),
            )
        case Missing():
            return schemas.Result(comment_id=number, error="There is no such comment.")
