"""A post as it is asked for and, once everything is decided, as it is stored: one transaction.

What a race can break is asserted again here. `submit` reads, examines and decides before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.comment import Status, Submission, tidy_title
from comments_service.domain.errors import Raced
from comments_service.domain.ids import new_id
from comments_service.domain.policy import Action
from comments_service.domain.urls import display_url
from comments_service.services.addresses import AddressHashes
from comments_service.services.examine import Judged
from comments_service.services.floods import watch
from comments_service.services.keys import hash_secret
from comments_service.services.limits import bucket, pass_limits
from comments_service.services.names import author_key
from comments_service.services.pages import PageRef, tracking_of
from comments_service.storage.counted import Standing
from comments_service.storage.queries.commenters import add_commenter
from comments_service.storage.queries.context import Context, lock_parent
from comments_service.storage.queries.display import OwnComment, ShownComment, path_below
from comments_service.storage.queries.limits import Bucket
from comments_service.storage.queries.moderation import add_verdicts
from comments_service.storage.queries.threads import (
    add_thread,
    change_thread,
)
from comments_service.storage.standing import Actor, Entry, set_standing
from comments_service.storage.tallies import Moves, move_tallies
from comments_service.storage.types import to_ms

POLICY: Final = Actor("policy", "policy")
TOO_MANY: Final = "Too many comments at once. Please wait a moment."


class Post(Struct, frozen=True):
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
    program_token: str | None = None
    """The API token that came along; whose it is, `submit` asks."""
    from_program: bool = False
    """That token has the scope `comments:write`: no form token, no origin needed."""
    only_sites: tuple[int, ...] | None = None
    """Ids of the sites that the program's token is limited to; None where it is not."""

    @property
    def request_hash(self) -> str:
        """What must be equal for a repeated Idempotency-Key to mean the same request."""
        s = self.submission
        said = [self.page.site, self.page.url, self.page.id, self.parent_id, self.commenter_key]
        said += [s.author_name, s.email, s.body]
        return hash_secret(msgspec.json.encode(said).decode())


class Stored(Struct, frozen=True):
    """The answer to a post: the comment as its author sees it, and the status it arrived with."""

    comment: OwnComment
    status: Status
    origins: Sequence[str] = ()
    """Of the site: whose pages may read the answer."""


def of_address(settings: Settings, hashes: AddressHashes | None) -> list[Bucket]:
    """The bucket of who posts; none where that is a program, or not known."""
    return [bucket("address", hashes.for_limits, settings.limit_address)] if hashes else []


class Draft(Struct, frozen=True):
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
        if self.hashes is not None and self.context.thread is not None:
            watch(conn, self.context, thread_id, self.now)
        move_tallies(conn, moves)
        return Stored(_as_own(row, status), status, self.context.site.origins)

    def _pass_limits(self, conn: Connection) -> None:
        if self.post.from_program:
            return
        thread = f"{self.context.site.id}:{hash_secret(self.name)[:32]}"
        of_thread = bucket("thread", thread, self.settings.limit_thread)
        buckets = [of_thread, *of_address(self.settings, self.hashes)]
        pass_limits(conn, buckets, self.now, TOO_MANY)

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
