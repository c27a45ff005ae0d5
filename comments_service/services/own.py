"""What commenters see and change of their own: waiting comments, edits, withdrawals."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.comment import Status, Submission
from comments_service.domain.errors import (
    EditWindowOver,
    NotAllowed,
    NotFound,
    Raced,
    Refused,
)
from comments_service.domain.ids import decode_id, id_at
from comments_service.domain.policy import Action
from comments_service.services.bans import Bans, Sent, assert_welcome
from comments_service.services.examine import Judged, Sender, judge, load_facts
from comments_service.services.keys import hash_secret
from comments_service.services.limits import bucket, pass_limits
from comments_service.services.memories import with_lessons
from comments_service.services.pages import PageRef, site_of, thread_name
from comments_service.services.reword import wish_to_reword
from comments_service.storage import read, write
from comments_service.storage.counted import Standing
from comments_service.storage.queries.bans import salts_of
from comments_service.storage.queries.commenters import find_commenter
from comments_service.storage.queries.display import OwnComment, find_own, list_own
from comments_service.storage.queries.moderation import add_verdicts
from comments_service.storage.queries.sites import (
    SiteRow,
    find_site_by_id,
)
from comments_service.storage.queries.threads import (
    find_thread,
    find_thread_by_id,
)
from comments_service.storage.standing import (
    Actor,
    Entry,
    Placed,
    load_placed,
    set_standing,
    without_edit,
)
from comments_service.storage.types import from_ms
from comments_service.text.reading import Reading

MOST_OWN: Final = 100
TRIES: Final = 3
"""How often an edit is decided anew when a moderator decided meanwhile."""
COMMENTER: Final = Actor("commenter", "commenter")
_NOBODYS: Final = 0
"""An id that no row has."""


class OwnList(Struct, frozen=True):
    """A commenter's comments on a page of the site."""

    site: SiteRow
    comments: Sequence[OwnComment] = ()


def list_own_comments(
    settings: Settings, page: PageRef, commenter_key: str, now: datetime
) -> OwnList:
    """A commenter's comments of the last days on a page, whatever their status.

    Raises:
        NotFound: no such site.
    """
    name = thread_name(page, settings)
    oldest = id_at(now - timedelta(days=settings.own_comments_days))
    with read() as conn:
        site = site_of(conn, page)
        commenter = find_commenter(conn, site.id, hash_secret(commenter_key))
        thread = find_thread(conn, site.id, name) if commenter else None
        if commenter is None or thread is None:
            return OwnList(site)
        return OwnList(site, list_own(conn, commenter[0], thread.id, oldest, MOST_OWN))


class Seen(Struct, frozen=True):
    """One comment, and whether it is the caller's own."""

    comment: OwnComment
    is_own: bool
    site: SiteRow


def read_comment(comment_id: str, commenter_key: str | None) -> Seen:
    """One comment as the caller may see it.

    Raises:
        NotFound: there is none, or it is neither published nor the caller's.
    """
    with read() as conn:
        found, known = _find(conn, comment_id, commenter_key)
        own = known is not None
        if found is None or (not own and found.status is not Status.APPROVED):
            raise NotFound("comment")
        site = find_site_by_id(conn, found.site_id)
    if site is None:
        raise NotFound("comment")
    return Seen(found, own, site)


def _find(
    conn: Connection, comment_id: str, commenter_key: str | None
) -> tuple[OwnComment | None, tuple[int, int] | None]:
    """The comment unless it is deleted, and its commenter as `find_commenter` if the key is theirs.

    The same is asked whether there is such a comment or not, so that no time tells.
    """
    number = decode_id(comment_id)
    found = find_own(conn, number if number is not None else _NOBODYS)
    known = None
    if commenter_key is not None:
        site_id = _NOBODYS if found is None else found.site_id
        known = find_commenter(conn, site_id, hash_secret(commenter_key))
    if found is None or found.deleted:
        return None, None
    mine = known is not None and known[0] == found.commenter_id
    return found, known if mine else None


def editable_until(settings: Settings, own: OwnComment) -> datetime:
    """Until when its commenter may change or withdraw a comment."""
    return from_ms(own.shown.created_ms) + timedelta(seconds=settings.edit_window)


class _Mine(Struct, frozen=True):
    """A comment that was shown to be the caller's, with its site, and who the caller is."""

    own: OwnComment
    site: SiteRow
    sender: Sender


def _mine(
    settings: Settings,
    comment_id: str,
    commenter_key: str | None,
    origin: str | None,
    now: datetime,
) -> _Mine:
    with read() as conn:
        own, known = _find(conn, comment_id, commenter_key)
        if own is None or known is None:
            raise NotFound("comment of yours")
        site = find_site_by_id(conn, own.site_id)
    if site is None:
        raise NotFound("comment of yours")
    if origin not in site.origins:
        raise NotAllowed("Comments of this site cannot be changed from that origin.")
    if now > editable_until(settings, own):
        raise EditWindowOver("The time to change this comment is over.")
    return _Mine(own, site, Sender(known[0], True, known[1], None))


def withdraw_comment(
    settings: Settings,
    comment_id: str,
    commenter_key: str | None,
    origin: str | None,
    now: datetime,
) -> None:
    """Delete one's own comment within the edit window; replies to it stay, under a tombstone.

    Raises:
        NotFound: not a comment of this commenter's.
        NotAllowed, EditWindowOver.
    """
    mine = _mine(settings, comment_id, commenter_key, origin, now)

    def work(conn: Connection) -> None:
        placed = load_placed(conn, mine.own.shown.id)
        if placed is None or placed.standing.deleted_at is not None:
            return
        after = structs.replace(placed.standing, deleted_at=now)
        set_standing(conn, placed, after, Entry(COMMENTER, "withdraw", now), {})

    write(work)


class Change(Struct, frozen=True):
    """A new text for one's own comment, everything in it as the caller said it."""

    comment_id: str
    submission: Submission
    commenter_key: str | None
    origin: str | None
    insists: bool = False
    """The commenter was asked to reword and wants it changed to just this."""
    address: str | None = None


def edit_comment(settings: Settings, change: Change, now: datetime) -> OwnComment:
    """Change one's own comment within the edit window; the new text is examined like a new comment.

    A comment that waits gets the new text. An approved one keeps its approved text in public until
    the new text is approved, by policy at once or by a person later.

    Raises:
        NotFound, NotAllowed, Banned, EditWindowOver, TooMany.
        Reword: the site asks before it holds or refuses these words; everything stays as it was.
        Refused: policy refuses the new text; everything stays as it was.
    """
    for _ in range(TRIES):
        try:
            return _edit_once(settings, change, now)
        except Raced:
            continue
    raise Raced


def _edit_once(settings: Settings, change: Change, now: datetime) -> OwnComment:
    mine = _mine(settings, change.comment_id, change.commenter_key, change.origin, now)
    own, body = mine.own, change.submission.body
    if own.status is Status.REJECTED:
        raise NotAllowed("A rejected comment cannot be changed.")
    if body == (own.edit_body or own.body):
        return own
    reading = Reading(change.submission)
    mark = reading.fingerprint
    with read() as conn:
        salts = salts_of(conn, mine.site.id, now)
        if salts is not None:
            sent = Sent(own.shown.author_name or "", own.commenter_id, change.address)
            assert_welcome(conn, settings, Bans(mine.site.id, salts), sent, now)
        thread = find_thread_by_id(conn, mine.site.id, own.thread_id)
        facts = load_facts(
            conn,
            mine.site,
            mine.sender,
            thread_id=own.thread_id,
            fingerprint=mark,
            now=now,
            but_comment=own.shown.id,
        )
        facts = with_lessons(conn, mine.site, reading, facts)
    mode = thread.mode if thread else None
    judged = judge(reading, facts, mine.site.policy, mode, insisted=change.insists)
    if body != own.body:
        asked = None if change.insists else wish_to_reword(mine.site.policy, judged, reading)
        if asked is not None:
            write(lambda conn: _pass_limit(conn, settings, mine, now))
            raise asked
        if judged.decision.action is Action.REJECT:
            raise Refused(judged.refusals)
    from comments_service.text.markup import render  # noqa: PLC0415 - no start waits for Markdown.

    write(_Edit(settings, mine, body, render(body), mark, judged, now).store)
    with read() as conn:
        found = find_own(conn, own.shown.id)
    if found is None:
        raise NotFound("comment of yours")
    return found


def _pass_limit(conn: Connection, settings: Settings, mine: _Mine, now: datetime) -> None:
    limit = bucket("edit", mine.sender.commenter_id or 0, settings.limit_address)
    pass_limits(conn, [limit], now, "Too many changes at once. Please wait a moment.")


class _Edit(Struct, frozen=True):
    """An edit decided, ready to be written; `store` may run more than once."""

    settings: Settings
    mine: _Mine
    body: str
    body_html: str
    fingerprint: str
    judged: Judged
    now: datetime

    def store(self, conn: Connection) -> None:
        _pass_limit(conn, self.settings, self.mine, self.now)
        placed = load_placed(conn, self.mine.own.shown.id)
        if placed is None or placed.standing.deleted_at is not None:
            raise NotFound("comment of yours")
        if placed.standing.status is not self.mine.own.status:
            raise Raced
        if self.body == placed.body:
            if placed.edit_body is not None:
                after, columns = without_edit(placed)
                set_standing(conn, placed, after, Entry(COMMENTER, "edit", self.now), columns)
            return
        after, columns = _edited(placed, self.body, self.body_html, self.judged, self.now)
        examined = placed.version + 1
        columns |= {
            "fingerprint": self.fingerprint,
            "risk": self.judged.risk,
            "examined_by": self.judged.examined_by,
            "examined_version": examined,
        }
        reason = " ".join(self.judged.decision.reasons) or None
        detail = {"was": placed.body} if "body" in columns else None
        entry = Entry(COMMENTER, "edit", self.now, reason, None, detail)
        verdicts = self.judged.verdicts
        set_standing(conn, placed, after, entry, columns, verdicts=verdicts)
        add_verdicts(conn, placed.site_id, placed.id, examined, verdicts)


def _edited(
    placed: Placed, body: str, html: str, judged: Judged, now: datetime
) -> tuple[Standing, dict[str, Any]]:
    standing = placed.standing
    taken: dict[str, Any] = {
        "body": body,
        "body_html": html,
        "edit_body": None,
        "edit_body_html": None,
        "before_edit": None,
        "edited_at": now,
    }
    if standing.status is Status.APPROVED:
        if judged.decision.action is Action.APPROVE:
            return Standing(Status.APPROVED, None, standing.judged_by_person), taken
        kept = Standing(Status.APPROVED, None, standing.judged_by_person, edit_waits=True)
        before = placed.before_edit or msgspec.json.encode(placed.examination).decode()
        return kept, {"edit_body": body, "edit_body_html": html, "before_edit": before}
    # What a person put back, or what was found to be spam, no edit brings out again.
    stays = standing.status is Status.SPAM or standing.judged_by_person
    status = standing.status if stays else judged.decision.action.status
    return Standing(status, None, standing.judged_by_person), taken
