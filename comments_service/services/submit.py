"""A reader's comment comes in: facts, checks, policy, one transaction, an answer.

The four rooms of docs/architecture.md, in order. What a race can break is asserted again inside the
transaction; where it did break, everything is read and decided anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.comment import Status, Submission, tidy_title
from comments_service.domain.errors import (
    InvalidFields,
    KeyReused,
    NotAllowed,
    NotFound,
    Raced,
    Refused,
    ThreadClosed,
)
from comments_service.domain.ids import decode_id, new_id
from comments_service.domain.policy import Action
from comments_service.domain.urls import display_url
from comments_service.services.addresses import AddressHashes, hashes_of, make_first_key
from comments_service.services.examine import Judged, Sender, judge, load_facts
from comments_service.services.keys import hash_secret, read_form_token
from comments_service.services.limits import bucket, pass_limits
from comments_service.services.memories import with_lessons
from comments_service.services.names import author_key
from comments_service.services.pages import PageRef, host_of, is_inside, thread_name, tracking_of
from comments_service.services.reword import wish_to_reword
from comments_service.storage import read, write
from comments_service.storage.queries.commenters import add_commenter
from comments_service.storage.queries.context import Context, load_context, lock_parent
from comments_service.storage.queries.display import (
    OwnComment,
    ShownComment,
    find_own,
    path_below,
)
from comments_service.storage.queries.limits import Bucket
from comments_service.storage.queries.moderation import add_verdicts
from comments_service.storage.queries.sites import SiteRow, add_thread, change_thread
from comments_service.storage.standing import Actor, Entry, Standing, set_standing
from comments_service.storage.tallies import Moves, move_tallies
from comments_service.storage.types import to_ms
from comments_service.text.markup import render
from comments_service.text.reading import Reading

TRIES: Final = 5
"""How often a post is decided anew when others came between: each time one of them got through."""
POLICY: Final = Actor("policy", "policy")
TOO_MANY: Final = "Too many comments at once. Please wait a moment."


@dataclass(frozen=True, slots=True)
class Post:
    """One request to store a comment, everything in it still as the caller said it."""

    page: PageRef
    submission: Submission
    parent_id: str | None = None
    title: str | None = None
    token: str | None = None
    commenter_key: str | None = None
    idempotency_key: str | None = None
    address: str | None = None
    origin: str | None = None
    insists: bool = False
    """The commenter was asked to reword and wants it sent as it is."""
    from_own_page: bool = False
    """Posted from the service's own page without JavaScript."""
    from_program: bool = False
    """An API token with the scope `comments:write` came along: no form token, no origin needed."""
    only_sites: tuple[int, ...] | None = None
    """Ids of the sites that the program's token is limited to; None where it is not."""

    @property
    def request_hash(self) -> str:
        """What must be equal for a repeated Idempotency-Key to mean the same request."""
        s = self.submission
        said = [self.page.site, self.page.url, self.page.id, self.parent_id, self.commenter_key]
        said += [s.author_name, s.email, s.body]
        return hash_secret(msgspec.json.encode(said).decode())


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer to a post: the comment as its author sees it, and the status it arrived with."""

    comment: OwnComment
    status: Status
    origins: Sequence[str] = ()
    """Of the site: whose pages may read the answer."""


def submit_comment(settings: Settings, post: Post, now: datetime) -> Stored:
    """Store a comment, or answer a repeated request as the first time.

    Raises:
        NotFound: no such site, or no such published comment to reply to.
        NotAllowed: the origin is not the site's.
        InvalidFields: the page is not the site's, or the form token does not fit.
        ThreadClosed, TooMany, KeyReused, Unavailable.
        Reword: the site asks before it holds or refuses these words; nothing is stored.
        Refused: policy refused it; it is stored as rejected.
    """
    for _ in range(TRIES):
        try:
            return _submit_once(settings, post, now)
        except Raced:
            continue
    raise Raced


def _submit_once(settings: Settings, post: Post, now: datetime) -> Stored:
    name = thread_name(post.page, settings)
    parent_id = _parent_number(post.parent_id)
    key_hash = hash_secret(post.commenter_key) if post.commenter_key else None
    reading = Reading(post.submission)
    mark = reading.fingerprint
    with read() as conn:
        context = load_context(
            conn,
            slug=post.page.site,
            host_port=host_of(post.page),
            key=name,
            key_hash=key_hash,
            parent_id=parent_id,
            idempotency_key=post.idempotency_key,
        )
        if context is None or not _may_write(post, context.site):
            raise NotFound("site")
        _assert_origin(post, context.site)
        if context.replay is not None:
            return _replayed(conn, post, context)
        _assert_token(settings, post, context.site, name, now)
        _assert_page(post, context.site)
        _assert_open(context, parent_id)
        hashes = _hashes(settings, post, context, now)
        sender = Sender(
            context.commenter_id,
            key_hash is not None,
            context.approved_by_person,
            hashes.address if hashes else None,
        )
        thread_id = context.thread.id if context.thread else None
        facts = load_facts(
            conn, context.site, sender, thread_id=thread_id, fingerprint=mark, now=now
        )
        facts = with_lessons(conn, context.site, reading, facts)
    mode = context.thread.mode if context.thread else None
    judged = judge(reading, facts, context.site.policy, mode, insisted=post.insists)
    asked = None if post.insists else wish_to_reword(context.site.policy, judged, reading)
    if asked is not None:
        _pay_for_question(_of_address(settings, hashes), now)
        raise asked
    html = render(post.submission.body)
    draft = _Draft(settings, post, context, judged, name, key_hash, hashes, mark, html, now)
    stored = write(draft.store)
    if judged.decision.action is Action.REJECT:
        raise Refused(judged.refusals)
    return stored


def _parent_number(parent_id: str | None) -> int | None:
    if parent_id is None:
        return None
    number = decode_id(parent_id)
    if number is None:
        raise NotFound("comment to reply to")
    return number


def _may_write(post: Post, site: SiteRow) -> bool:
    return post.only_sites is None or site.id in post.only_sites


def _assert_origin(post: Post, site: SiteRow) -> None:
    if post.from_program or post.from_own_page:
        return
    if post.origin not in site.origins:
        raise NotAllowed("Comments for this site cannot be posted from that origin.")


def _replayed(conn: Connection, post: Post, context: Context) -> Stored:
    assert context.replay is not None
    if context.replay.request_hash != post.request_hash:
        raise KeyReused("This Idempotency-Key was used for another comment.")
    found = find_own(conn, context.replay.id)
    if found is None:
        raise Raced
    return Stored(found, context.replay.arrived_as, context.site.origins)


def _assert_token(settings: Settings, post: Post, site: SiteRow, name: str, now: datetime) -> None:
    if post.from_program:
        return
    token = read_form_token(settings, post.token or "")
    if token is None or (token.site, token.thread) != (site.slug, name):
        raise InvalidFields.one("token", "The form's token is missing or of another page.")
    age = now - token.issued_at
    if age < timedelta(seconds=settings.token_min_seconds):
        raise InvalidFields.one("token", "That was faster than a person types; wait a moment.")
    if age > timedelta(seconds=settings.token_max_seconds):
        raise InvalidFields.one("token", "The form has been open for too long; send it again.")


def _hashes(
    settings: Settings, post: Post, context: Context, now: datetime
) -> AddressHashes | None:
    if post.from_program:
        # It posts for its readers: its own address says nothing of any of them.
        return None
    if context.address_key is None:
        write(lambda conn: make_first_key(conn, now))
        raise Raced
    return hashes_of(settings, context.address_key, post.address)


def _of_address(settings: Settings, hashes: AddressHashes | None) -> list[Bucket]:
    return [bucket("address", hashes.for_limits, settings.limit_address)] if hashes else []


def _pay_for_question(buckets: list[Bucket], now: datetime) -> None:
    """The list of words can be sounded out no faster than by posting."""
    if buckets:
        write(lambda conn: pass_limits(conn, buckets, now, TOO_MANY))


def _assert_page(post: Post, site: SiteRow) -> None:
    if post.page.url is not None and not is_inside(site, post.page.url):
        raise InvalidFields.one("url", "This page is not one of the site's.")


def _assert_open(context: Context, parent_id: int | None) -> None:
    if context.thread is not None and context.thread.closed_at is not None:
        raise ThreadClosed("This thread takes no new comments.")
    if parent_id is not None and (context.parent is None or not context.parent.published):
        raise NotFound("comment to reply to")


@dataclass(frozen=True, slots=True)
class _Draft:
    """Everything decided, ready to be written; `store` may run more than once."""

    settings: Settings
    post: Post
    context: Context
    judged: Judged
    name: str
    key_hash: str | None
    hashes: AddressHashes | None
    fingerprint: str
    body_html: str
    now: datetime

    def store(self, conn: Connection) -> Stored:
        thread_id = self._thread(conn)
        commenter_id = self._commenter(conn)
        row = self._row(thread_id, commenter_id)
        status = self.judged.decision.action.status
        verdicts = self.judged.verdicts
        reason = " ".join(self.judged.decision.reasons) or None
        entry = Entry(POLICY, self.judged.decision.action.value, self.now, reason)
        moves = Moves()
        set_standing(conn, None, Standing(status), entry, row, verdicts=verdicts, moves=moves)
        add_verdicts(conn, self.context.site.id, row["id"], 1, verdicts)
        # Last: who writes to the same page waits for these rows, from here to the commit.
        self._pass_limits(conn)
        move_tallies(conn, moves)
        return Stored(_as_own(row, status), status, self.context.site.origins)

    def _pass_limits(self, conn: Connection) -> None:
        if self.post.from_program:
            return
        thread = f"{self.context.site.id}:{hash_secret(self.name)[:32]}"
        of_thread = bucket("thread", thread, self.settings.limit_thread)
        of_address = _of_address(self.settings, self.hashes)
        pass_limits(conn, [of_thread, *of_address], self.now, TOO_MANY)

    def _thread(self, conn: Connection) -> int:
        known = self.context.thread
        if known is not None:
            parent = self.context.parent
            if not lock_parent(conn, known.id, parent.id if parent else None):
                raise Raced
            if self._publisher_says_otherwise():
                title = {"title": tidy_title(self.post.title), "title_verified": True}
                change_thread(conn, known.id, title)
            return known.id
        thread_id = new_id(self.now)
        url = self.post.page.url
        values: dict[str, Any] = {
            "id": thread_id,
            "site_id": self.context.site.id,
            "url": display_url(url, tracking_of(self.settings)) if url is not None else None,
            "title": tidy_title(self.post.title),
            "title_verified": self.post.from_program,
            "mode": None,
            "closed_at": None,
            "created_at": self.now,
        }
        add_thread(conn, values, self.name)
        return thread_id

    def _publisher_says_otherwise(self) -> bool:
        """Whether the publisher's server gives the thread another title than a reader did.

        It does so with a new comment of its own, not with each reply: a reply needs every one of
        the statements that a post may have.
        """
        known, title = self.context.thread, tidy_title(self.post.title)
        if known is None or title is None or not self.post.from_program or self.context.parent:
            return False
        return not known.title_verified or known.title != title

    def _commenter(self, conn: Connection) -> int | None:
        if self.key_hash is None or self.context.commenter_id is not None:
            return self.context.commenter_id
        commenter_id = new_id(self.now)
        add_commenter(conn, commenter_id, self.context.site.id, self.key_hash, self.now)
        return commenter_id

    def _row(self, thread_id: int, commenter_id: int | None) -> dict[str, Any]:
        submission, parent = self.post.submission, self.context.parent
        comment_id = new_id(self.now)
        root_id = parent.root_id if parent else comment_id
        refused = self.judged.decision.action is Action.REJECT
        key = None if refused else self.post.idempotency_key
        return {
            "id": comment_id,
            "site_id": self.context.site.id,
            "thread_id": thread_id,
            "parent_id": parent.id if parent else None,
            "root_id": root_id,
            "root_rank": -root_id,
            "path": path_below(parent.path, comment_id) if parent else "",
            "depth": parent.depth + 1 if parent else 0,
            "commenter_id": commenter_id,
            "author_name": submission.author_name,
            "author_key": author_key(submission.author_name),
            "email": submission.email,
            "body": submission.body,
            "body_html": self.body_html,
            "edit_body": None,
            "edit_body_html": None,
            "fingerprint": self.fingerprint,
            "risk": self.judged.risk,
            "examined_by": self.judged.examined_by,
            "examined_version": 1,
            "created_at": self.now,
            "edited_at": None,
            "address_hash": self.hashes.address if self.hashes else None,
            "network_hash": self.hashes.network if self.hashes else None,
            "address_key": self.hashes.key if self.hashes else None,
            "idempotency_key": key,
            "request_hash": self.post.request_hash if key else None,
        }


def _as_own(row: dict[str, Any], status: Status) -> OwnComment:
    return OwnComment(
        shown=ShownComment(
            id=row["id"],
            parent_id=row["parent_id"],
            root_id=row["root_id"],
            path=row["path"],
            depth=row["depth"],
            author_name=row["author_name"],
            body_html=row["body_html"],
            created_ms=to_ms(row["created_at"]),
            edited_ms=None,
            reply_count=0,
        ),
        status=status,
        deleted=False,
        body=row["body"],
        edit_body=None,
        edit_body_html=None,
        commenter_id=row["commenter_id"],
        site_id=row["site_id"],
        thread_id=row["thread_id"],
    )
