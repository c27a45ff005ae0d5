"""The contract's shapes. What is decoded, encoded and described in OpenAPI are these very structs.

Limits come from `domain.comment`; a field that a later feature will bring is absent here.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from comments_service.domain.comment import MAX_BODY, MAX_NAME


class Schema(msgspec.Struct, frozen=True):
    """Base of every shape; unknown members of a request are ignored."""


Slug = Annotated[str, Meta(description="The site's slug; left out: the site of the page's host.")]
Url = Annotated[str, Meta(description="The page's address, absolute.")]
PageId = Annotated[str, Meta(description="The publisher's own id of the article; wins over url.")]
Insist = Annotated[bool, Meta(description="Send it as it is: an answer to a problem `reword`.")]
Limit = Annotated[int, Meta(ge=1, le=100)]
Cursor = Annotated[str, Meta(description="`next` of the page before.", max_length=3000)]


class PageQuery(Schema, frozen=True, kw_only=True):
    """Which page."""

    site: Slug | None = None
    url: Url | None = None
    id: PageId | None = None


class ThreadQuery(PageQuery, frozen=True, kw_only=True):
    """A page of a thread."""

    sort: Literal["newest", "oldest"] = "newest"
    limit: Limit = 50
    cursor: Cursor | None = None


class CountsQuery(Schema, frozen=True, kw_only=True):
    """Up to 200 pages, in any mixture of `url` and `id`; answered in the order asked."""

    site: Slug | None = None
    url: list[Url] = []
    id: list[PageId] = []


class CountsBody(Schema, frozen=True, kw_only=True):
    """Up to 1,000 pages: the urls are answered first, then the ids."""

    site: Slug | None = None
    urls: list[Url] = []
    ids: list[PageId] = []


class Count(Schema, frozen=True, kw_only=True):
    """Published comments of one page, the key as it was sent."""

    url: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    count: int


class Counts(Schema, frozen=True):
    """One entry per key, in the order asked."""

    counts: list[Count]


class Author(Schema, frozen=True):
    """The name a commenter chose."""

    name: str


class Comment(Schema, frozen=True, kw_only=True):
    """A comment as readers see it. A removed one is a tombstone: no author, no text."""

    id: str
    parent_id: str | None
    depth: int
    author: Author | None
    body_html: str | None
    created_at: datetime
    edited_at: datetime | None
    reply_count: int
    removed: bool


class OwnComment(Comment, frozen=True, kw_only=True):
    """A comment as its own author sees it; spam reads as pending."""

    status: Literal["pending", "approved", "rejected"]
    body: str
    edit_pending: bool
    editable_until: datetime


class Thread(Schema, frozen=True, kw_only=True):
    """The comments of one page. `id` and `title` are null while none is published."""

    id: str | None
    url: str | None
    title: str | None
    state: Literal["open", "closed"]
    count: int


class ThreadPage(Schema, frozen=True, kw_only=True):
    """Comments in display order; `ancestors` lead to a first row inside a branch."""

    thread: Thread
    comments: list[Comment]
    ancestors: list[Comment] | UnsetType = UNSET
    next: str | None


class FormToken(Schema, frozen=True, kw_only=True):
    """Send `token` with the comment, no sooner than `min_seconds` from now."""

    token: str
    min_seconds: int
    expires_at: datetime


class NewComment(Schema, frozen=True, kw_only=True):
    """A comment to be stored."""

    site: Slug | None = None
    url: Url | None = None
    id: PageId | None = None
    title: str | None = None
    author_name: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_NAME})] = ""
    email: str | None = None
    body: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_BODY})] = ""
    parent_id: str | None = None
    token: str | None = None
    website: Annotated[str, Meta(description="A honeypot: people leave it empty.")] | None = None
    insist: Insist | None = None


class ChangedComment(Schema, frozen=True, kw_only=True):
    """A new text for one's own comment."""

    body: Annotated[str, Meta(extra_json_schema={"maxLength": MAX_BODY})] = ""
    insist: Insist | None = None


class OneComment(Schema, frozen=True):
    """One comment as its author sees it."""

    comment: OwnComment


class ReadComment(Comment, frozen=True, kw_only=True):
    """One comment; the last four are there for its author alone."""

    status: Literal["pending", "approved", "rejected"] | UnsetType = UNSET
    body: str | UnsetType = UNSET
    edit_pending: bool | UnsetType = UNSET
    editable_until: datetime | UnsetType = UNSET


class SeenComment(Schema, frozen=True):
    """One comment: with status and text only for its author."""

    comment: ReadComment


class OwnComments(Schema, frozen=True):
    """One's own comments on a page, oldest first."""

    comments: list[OwnComment]


class QueueQuery(Schema, frozen=True, kw_only=True):
    """Which comments wait, in which order."""

    site: Slug | None = None
    status: Literal["pending", "spam", "rejected", "approved", "all"] = "pending"
    check: str | None = None
    reason: str | None = None
    author: str | None = None
    commenter: str | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    sort: Literal["oldest", "newest", "risk"] | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class QueueVerdict(Schema, frozen=True, kw_only=True):
    """What one check said. Spans are [start, end) in code points of `field`."""

    check: str
    version: int
    mode: Literal["on", "shadow", "off"]
    signal: Literal["clear", "suspect", "bad", "errored"]
    score: float
    reason: str
    message: str
    category: str | None
    field: str
    spans: list[tuple[int, int]]


class QueueThread(Schema, frozen=True, kw_only=True):
    """The page a comment stands on; a title sent by a reader is not verified."""

    id: str
    url: str | None
    title: str | None
    title_verified: bool


class QueueHistory(Schema, frozen=True, kw_only=True):
    """The commenter's comments on this site, by what became of them."""

    approved: int
    pending: int
    rejected: int
    spam: int


class QueueItem(Schema, frozen=True, kw_only=True):
    """A comment as moderators see it. `version` goes back with the decision."""

    id: str
    version: int
    status: Literal["pending", "approved", "rejected", "spam"]
    parent_id: str | None
    depth: int
    author: Author
    email: str | None
    body: str
    body_html: str
    edit: str | None
    """The text of an edit that waits."""
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    thread: QueueThread
    verdicts: list[QueueVerdict]
    commenter: str | None
    history: QueueHistory | None


class Queue(Schema, frozen=True):
    """One page of a tab."""

    items: list[QueueItem]
    next: str | None


class QueueCounts(Schema, frozen=True, kw_only=True):
    """What waits on a site."""

    pending: int
    spam: int
    rejected: int
    approved: int
    oldest_pending_at: datetime | None


class SiteQuery(Schema, frozen=True, kw_only=True):
    """Which site; left out: the first of the caller's."""

    site: Slug | None = None


class PrecisionQuery(SiteQuery, frozen=True, kw_only=True):
    """Comments that came within so many days, today's among them (UTC)."""

    days: Annotated[int, Meta(ge=1, le=365)] = 30


class PrecisionLine(Schema, frozen=True, kw_only=True):
    """What moderators made of the findings of one check, or of one of its reasons.

    `counted` is how they counted when they were made; one check has a line for each. `agreed` are
    those that a person put away, `otherwise` of these as something else than the check took them
    for, `overruled` those that a person approved. `precision` is agreed by agreed and overruled,
    with the ends of its 95 % interval.
    """

    check: str
    reason: str | None
    counted: Literal["on", "shadow", "manner"]
    found: int
    agreed: int
    otherwise: int
    overruled: int
    waiting: int
    not_looked_at: int
    precision: float | None
    precision_low: float
    precision_high: float
    mostly_overruled: bool
    stopped_without: int | UnsetType = UNSET
    """Of a whole check: these would have been stopped without it, too."""


class Precision(Schema, frozen=True, kw_only=True):
    """Every check and reason that found something in the comments of these days."""

    site: str
    since: date
    lines: list[PrecisionLine]


class WishedDecision(Schema, frozen=True, kw_only=True):
    """One decision, on the version that was seen."""

    comment_id: str
    version: int
    action: Literal["approve", "reject", "spam", "hold"]
    reason: str | None = None
    note: str | None = None


class WishedDecisions(Schema, frozen=True):
    """Up to 100 decisions."""

    decisions: Annotated[list[WishedDecision], Meta(min_length=1)]


class ConflictBody(Schema, frozen=True, kw_only=True):
    """How the comment stands, and who decided so."""

    status: str
    decided_by: str
    decided_at: datetime
    version: int


class Result(Schema, frozen=True, kw_only=True):
    """What became of one wish: carried out, in conflict, or `error`: no such comment.

    `decision_id` is null where a person had decided so before and nothing changed; confirming what
    policy alone had decided is a decision, and has one.
    """

    comment_id: str
    status: str | UnsetType = UNSET
    version: int | UnsetType = UNSET
    decision_id: str | UnsetType | None = UNSET
    conflict: ConflictBody | UnsetType = UNSET
    error: str | UnsetType = UNSET


class Results(Schema, frozen=True):
    """In the order asked."""

    results: list[Result]


class ProblemField(Schema, frozen=True):
    """A field at fault; with `reword`, where: [start, end) in code points of the field as sent."""

    field: str
    message: str
    spans: list[tuple[int, int]] | UnsetType = UNSET


class Problem(Schema, frozen=True, kw_only=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] | UnsetType = UNSET
    may_insist: bool | UnsetType = UNSET
    """With `reword`: whether `insist` brings the text to a moderator, or it would be refused."""


class Health(Schema, frozen=True):
    """`ok`, or what is wrong."""

    status: str
