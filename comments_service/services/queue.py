"""The moderators' queue: comments in their tabs, with every verdict and the author's past."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from comments_service.domain.errors import InvalidFields, NotAllowed, NotFound
from comments_service.domain.ids import decode_id, encode_id
from comments_service.domain.precision import Fate
from comments_service.domain.verdict import Verdict
from comments_service.services.accounts import Principal
from comments_service.services.names import author_key
from comments_service.storage import read
from comments_service.storage.counted import Standing
from comments_service.storage.queries.every_site import list_sites
from comments_service.storage.queries.looking import QueuePosition, QueueSort
from comments_service.storage.queries.moderation import (
    LogRow,
    list_log,
    messages_of,
    oldest_in,
    tallies_of,
    verdicts_of,
)
from comments_service.storage.queries.queue import (
    QueueFilter,
    QueueRow,
    find_in_queue,
    list_queue,
)
from comments_service.storage.queries.sites import SiteRow, find_site

TABS: Final = ("pending", "spam", "rejected", "approved", "all")
DEFAULT_SORT: Final[Mapping[str, QueueSort]] = {"pending": "oldest"}
"""Who waits longest comes first; elsewhere the newest does."""


class QueueQuestion(Struct, frozen=True):
    """What a moderator asks for, still as typed."""

    tab: str = "pending"
    sort: QueueSort | None = None
    check: str | None = None
    reason: str | None = None
    author: str | None = None
    commenter: str | None = None
    words: str | None = None
    cursor: str | None = None
    limit: int = 50


class QueueItem(Struct, frozen=True):
    """One card. `history` counts this commenter's comments by status; None without a key."""

    comment: QueueRow
    verdicts: Sequence[Verdict]
    history: Mapping[str, int] | None

    @property
    def fate(self) -> Fate:
        """What became of its present text: unseen where policy alone has decided on it."""
        row = self.comment
        waits = row.edit_body is not None
        standing = Standing(row.status, row.deleted_at, row.judged_by_person, waits)
        return standing.judged(row.version, row.examined_version).fate


class QueueCounts(Struct, frozen=True):
    """What waits on a site."""

    pending: int
    spam: int
    rejected: int
    approved: int
    oldest_pending_at: datetime | None


class QueueView(Struct, frozen=True):
    """One page of a tab."""

    site: SiteRow
    items: Sequence[QueueItem]
    next: str | None
    tallies: Mapping[str, int]


def site_for(principal: Principal, slug: str | None) -> SiteRow:
    """The site a moderator means: the named one, else the first of theirs.

    Raises:
        NotFound: there is no such site among theirs.
    """
    if slug is not None:
        with read() as conn:
            site = find_site(conn, slug)
        if site is not None and principal.may_see(site.id):
            return site
        raise NotFound("site")
    sites = sites_of(principal)
    if not sites:
        raise NotFound("site")
    return sites[0]


def sites_of(principal: Principal) -> list[SiteRow]:
    """The sites a moderator may see, in the order they were made."""
    with read() as conn:
        return [site for site in list_sites(conn) if principal.may_see(site.id)]


def read_queue(site: SiteRow, question: QueueQuestion) -> QueueView:
    """One page of a tab; three statements beside those that found the site.

    With filters that no index serves together there are three more at most, and a page may hold
    fewer than it could although there are further ones: see `queries.looking`. How many a search
    takes on PostgreSQL depends on where the words stand: see `queries.search`.

    Raises:
        InvalidFields: an unknown tab, or a cursor of another order.
    """
    if question.tab not in TABS:
        raise InvalidFields.one("status", f"A status is one of: {', '.join(TABS)}.")
    sort = question.sort or DEFAULT_SORT.get(question.tab, "newest")
    wanted = QueueFilter(
        tab=question.tab,
        check=question.check or None,
        reason=question.reason or None,
        author_key=author_key(question.author) if question.author else None,
        commenter_id=_commenter(question.commenter),
        words=question.words or None,
    )
    after = _read_cursor(question.cursor, sort)
    with read() as conn:
        found = list_queue(conn, site.id, wanted, sort=sort, after=after, limit=question.limit)
        page = found.rows
        verdicts = verdicts_of(conn, [row.id for row in page]) if page else {}
        commenters = {row.commenter_id for row in page if row.commenter_id is not None}
        owners = [("site", site.id), *(("commenter", c) for c in sorted(commenters))]
        tallies = tallies_of(conn, owners)
    items = [
        QueueItem(
            row,
            verdicts.get(row.id, ()),
            tallies["commenter", row.commenter_id] if row.commenter_id is not None else None,
        )
        for row in page
    ]
    more = _write_cursor(found.after, sort) if found.after is not None else None
    return QueueView(site, items, more, tallies["site", site.id])


def _commenter(text: str | None) -> int | None:
    if not text:
        return None
    number = decode_id(text)
    if number is None:
        raise InvalidFields.one("commenter", "There is no such commenter.")
    return number


def _write_cursor(last: QueuePosition, sort: QueueSort) -> str:
    return f"{sort[0]}{encode_id(last.id)}{last.risk if sort == 'risk' else ''}"


def _read_cursor(cursor: str | None, sort: QueueSort) -> QueuePosition | None:
    if not cursor:
        return None
    number, risk = decode_id(cursor[1:14]), cursor[14:] or "0"
    risk_is_plain = risk.isascii() and risk.isdigit() and len(risk) <= 6
    if cursor[0] != sort[0] or number is None or not risk_is_plain:
        raise InvalidFields.one("cursor", "This is not a cursor of this list.")
    return QueuePosition(number, int(risk))


def read_one(site: SiteRow, comment_id: int) -> QueueItem:
    """One comment as a card.

    Raises:
        NotFound: not on this site.
    """
    with read() as conn:
        row = find_in_queue(conn, site.id, [comment_id]).get(comment_id)
        if row is None:
            raise NotFound("comment")
        verdicts = verdicts_of(conn, [comment_id]).get(comment_id, ())
        owner = ("commenter", row.commenter_id) if row.commenter_id is not None else None
        history = tallies_of(conn, [owner])[owner] if owner else None
    return QueueItem(row, verdicts, history)


def queue_counts(site: SiteRow) -> QueueCounts:
    """How much waits on a site, and since when."""
    with read() as conn:
        tallies = tallies_of(conn, [("site", site.id)])["site", site.id]
        oldest = oldest_in(conn, site.id, "pending") if tallies.get("pending") else None
    return QueueCounts(
        pending=tallies.get("pending", 0),
        spam=tallies.get("spam", 0),
        rejected=tallies.get("rejected", 0),
        approved=tallies.get("approved", 0),
        oldest_pending_at=oldest,
    )


class LogView(Struct, frozen=True):
    """A page of a site's log, newest first."""

    site: SiteRow
    entries: Sequence[LogRow]
    next: str | None
    messages: Mapping[tuple[int, int, str], Sequence[str]]
    """What the checks said, by comment, version and reason."""


def read_log(site: SiteRow, cursor: str | None, limit: int, comment: str | None = None) -> LogView:
    """The site's log, or that of one comment.

    Raises:
        InvalidFields: a cursor or comment that is none.
    """
    before = _number("cursor", cursor)
    comment_id = _number("comment", comment)
    with read() as conn:
        rows = list_log(conn, site.id, before, limit + 1, comment_id)
        examined = {r.comment_id for r in rows if r.comment_id is not None and r.reason}
        messages = messages_of(conn, sorted(examined)) if examined else {}
    more = encode_id(rows[limit - 1].id) if len(rows) > limit else None
    return LogView(site, rows[:limit], more, messages)


def _number(field: str, text: str | None) -> int | None:
    if not text:
        return None
    number = decode_id(text)
    if number is None:
        raise InvalidFields.one(field, f"There is no such {field}.")
    return number


def owner_only(principal: Principal) -> None:
    """Settings of a site are an owner's.

    Raises:
        NotAllowed
    """
    if not principal.is_owner:
        raise NotAllowed("Only an owner can change a site's settings.")
