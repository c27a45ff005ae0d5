"""The tables. Nothing but their shape: queries are in `queries`, changes of standing in `standing`.

Ids are made by `domain.ids` before the row is. Danger is stated at the column.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from comments_service.storage.types import Moment, SortedText

PASSING: Final = "passing"
"""Marks, in a table's `info`, what tells of running processes: no copy of an instance has it."""


class Base(DeclarativeBase):
    """The one metadata that migrations are compared with."""

    type_annotation_map = {datetime: Moment, str: Text, int: BigInteger}  # noqa: RUF012  Plain to SQLAlchemy.


class Site(Base):
    """A publisher's property: its allowed origins, its policy, its moderators."""

    __tablename__ = "site"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    policy: Mapped[str]
    """JSON of `domain.policy.Policy`."""
    version: Mapped[int] = mapped_column(Integer)
    """Rises with every change of settings, so that a stale settings page is refused."""
    second_factor: Mapped[str] = mapped_column(server_default="optional")
    """Who must sign in with a second factor to moderate here: `services.factors.RULES`."""
    words_version: Mapped[int] = mapped_column(Integer, server_default="0")
    """Rises with every change of the site's words; 0 where it never listed one."""
    created_at: Mapped[datetime]


class SiteOrigin(Base):
    """One origin of a site, as browsers spell it in the Origin header."""

    __tablename__ = "site_origin"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    origin: Mapped[str] = mapped_column(primary_key=True, index=True)
    host_port: Mapped[str] = mapped_column(index=True)
    """The origin less its scheme: what a page's URL must match."""


class Word(Base):
    """An entry of a site's own list of words."""

    __tablename__ = "word"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(SortedText, primary_key=True)
    """The term folded: two terms of one key would find the same."""
    term: Mapped[str]
    severity: Mapped[float]
    category: Mapped[str]
    note: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    """A name for people to read; the log says more."""


class Thread(Base):
    """The comments of one page."""

    __tablename__ = "thread"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    url: Mapped[str | None]
    """As first seen, for display; never for identity."""
    title: Mapped[str | None]
    title_verified: Mapped[bool] = mapped_column(Boolean)
    """False where only a reader said so: such a title is shown to moderators as unverified."""
    mode: Mapped[str | None]
    """A policy mode of the thread's own, instead of its site's."""
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ThreadKey(Base):
    """A name of a thread: a page's canonical URL (`u:`) or the publisher's own id (`i:`)."""

    __tablename__ = "thread_key"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)


class Commenter(Base):
    """A reader's browser on one site, recognised by the hash of the key it keeps."""

    __tablename__ = "commenter"
    __table_args__ = (UniqueConstraint("site_id", "key_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    key_hash: Mapped[str]
    """SHA-256, hex; the key itself is never stored."""
    created_at: Mapped[datetime]


def _where(condition: str) -> dict[str, Any]:
    """What makes an index hold the rows of a condition only."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _kept_for_a_while(name: str, column: str) -> Index:
    """Finds the oldest rows that still have what the jobs will clear, and holds no others."""
    return Index(name, "id", **_where(f"{column} IS NOT NULL"))


class Comment(Base):
    """A stored submission. Status, deletion and visibility are written by `standing` alone."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("site_id", "idempotency_key"),
        Index("comment_display_oldest", "thread_id", "shown", "root_id", "path"),
        Index("comment_display_newest", "thread_id", "shown", "root_rank", "path"),
        Index("comment_feed", "thread_id", "shown", "id"),
        Index("comment_queue", "site_id", "queue", "id"),
        Index("comment_queue_risk", "site_id", "queue", "risk", "id"),
        Index("comment_site", "site_id", "id"),
        Index("comment_site_risk", "site_id", "risk", "id"),
        Index("comment_commenter", "commenter_id", "id"),
        Index("comment_author", "site_id", "author_key", "id"),
        Index("comment_address", "address_hash", "id"),
        Index("comment_fingerprint", "site_id", "fingerprint", "id"),
        _kept_for_a_while("comment_address_kept", "address_hash"),
        _kept_for_a_while("comment_key_kept", "idempotency_key"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    """Without a cascade: a site's comments go all at once, and SQLite follows no chain for long."""
    root_id: Mapped[int]
    root_rank: Mapped[int]
    """Minus `root_id`: newest first reads an index forwards, and a position is one row value."""
    path: Mapped[str] = mapped_column(SortedText)
    """Ids from the root's reply down to this comment, encoded; empty for a root. Bounded by
    `queries.display.MAX_PATH`: PostgreSQL's index rows hold 2,700 bytes."""
    depth: Mapped[int] = mapped_column(Integer)
    commenter_id: Mapped[int | None] = mapped_column(ForeignKey("commenter.id"))
    author_name: Mapped[str]
    author_key: Mapped[str]
    """The name folded for search by author."""
    email: Mapped[str | None]
    """Shown to moderators only; in no public answer."""
    body: Mapped[str]
    body_html: Mapped[str]
    """Rendered and sanitised at write; reads never render."""
    edit_body: Mapped[str | None]
    """An edit of an approved comment that waits: never public before it is judged."""
    edit_body_html: Mapped[str | None]
    fingerprint: Mapped[str]
    status: Mapped[str]
    queue: Mapped[str]
    """The console tab it stands in: its status, or `pending` where an edit waits, or `deleted`."""
    arrived_as: Mapped[str]
    """The status policy first gave it: what a repeated request is answered with."""
    judged_by_person: Mapped[bool] = mapped_column(Boolean)
    risk: Mapped[int] = mapped_column(Integer)
    """Strongest counted finding: signal times 1,000 plus score in thousandths."""
    version: Mapped[int] = mapped_column(Integer)
    """Rises with every change of standing or text; a decision names the one it saw."""
    examined_by: Mapped[str]
    """JSON: name and version of every check that ran on the present text."""
    examined_version: Mapped[int] = mapped_column(Integer)
    """The version whose text the checks last looked at: its verdicts are the present ones."""
    before_edit: Mapped[str | None]
    """JSON of `standing.EXAMINATION` as it was for the approved text, while an edit of it waits."""
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    shown: Mapped[bool] = mapped_column(Boolean)
    """Published, or a tombstone that still has visible replies."""
    reply_count: Mapped[int] = mapped_column(Integer)
    """Published direct replies."""
    shown_replies: Mapped[int] = mapped_column(Integer)
    """Shown direct replies, tombstones included."""
    address_hash: Mapped[str | None]
    """Keyed hash of the poster's address; the retention job clears it."""
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str | None]


class VerdictRow(Base):
    """What one check said of one version of a comment."""

    __tablename__ = "verdict"
    __table_args__ = (
        Index("verdict_reason", "site_id", "reason", "comment_id"),
        Index("verdict_check", "site_id", "check_name", "comment_id"),
    )
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    comment_version: Mapped[int] = mapped_column(Integer, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    site_id: Mapped[int]
    check_name: Mapped[str]
    check_version: Mapped[int] = mapped_column(Integer)
    mode: Mapped[str]
    signal: Mapped[str]
    score: Mapped[float]
    reason: Mapped[str]
    message: Mapped[str]
    category: Mapped[str | None]
    field: Mapped[str]
    spans: Mapped[str]
    """JSON list of [start, end) in code points of `field`."""


class LogEntry(Base):
    """One change: of a comment's standing or text, of a thread, of a site's settings."""

    __tablename__ = "log"
    __table_args__ = (
        Index("log_site", "site_id", "id"),
        Index("log_comment", "comment_id", "id"),
        Index("log_number", "site_id", "number", unique=True, **_where("number IS NOT NULL")),
        Index("log_unsealed", "id", **_where("number IS NULL")),
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    thread_id: Mapped[int | None]
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    old_status: Mapped[str | None]
    new_status: Mapped[str | None]
    version: Mapped[int | None] = mapped_column(Integer)
    """The comment's version after this entry; 1, 2, 3 ... without a gap (`verify` looks)."""
    reason: Mapped[str | None]
    note: Mapped[str | None]
    detail: Mapped[str | None]
    """JSON: what undo needs, or what a setting was and became."""
    undoes: Mapped[int | None] = mapped_column(ForeignKey("log.id"), unique=True)
    """The entry this one takes back; unique, so that nothing is undone twice."""
    salt: Mapped[str | None]
    """Of the two hashes below; erasing a person deletes it with the text."""
    said_hash: Mapped[str | None]
    """`domain.seal.hash_said` of note and detail."""
    text_hash: Mapped[str | None]
    """`domain.seal.hash_text` of the comment's text after this entry."""
    number: Mapped[int | None]
    """Its place in the site's chain: 1, 2, 3 ... in the order of sealing; none until sealed."""
    seal: Mapped[str | None]
    """`domain.seal.seal_entry`: covers this entry and the seal of the one before."""


class Chain(Base):
    """The end of a site's chain of log entries; moved by the sealing alone."""

    __tablename__ = "chain"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int]
    seal: Mapped[str]
    sealed_at: Mapped[datetime]


class Tally(Base):
    """Every stored count, in one table, so that one statement moves all that a change touches."""

    __tablename__ = "tally"
    scope: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class RateLimit(Base):
    """One bucket of one limit (`services.limits`): when it will be full again."""

    __tablename__ = "rate_limit"
    bucket: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[int] = mapped_column(index=True)
    """Milliseconds since 1970: the theoretical arrival time of the generic cell rate algorithm."""
    period: Mapped[int]
    """Milliseconds in which the bucket fills."""


class Moderator(Base):
    """A person who may sign in to the console."""

    __tablename__ = "moderator"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    all_sites: Mapped[bool] = mapped_column(Boolean)
    """Said outright: losing one's last site must never mean gaining every other."""
    password_hash: Mapped[str]
    password_is_one_time: Mapped[bool] = mapped_column(Boolean)
    shortcuts: Mapped[bool] = mapped_column(Boolean)
    """Whether single-key shortcuts are on for this person (WCAG 2.1.4)."""
    totp_secret: Mapped[str | None]
    """The secret of one-time codes, encrypted under a key of the instance's secrets."""
    totp_step: Mapped[int | None]
    """The last time step a code was taken of: a code is good once."""
    created_at: Mapped[datetime]


class ModeratorSite(Base):
    """A site that a moderator may moderate; not read for one with `all_sites`."""

    __tablename__ = "moderator_site"
    moderator_id: Mapped[int] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )


class SessionRow(Base):
    """A signed-in browser. Born at sign-in, ended by deleting the row."""

    __tablename__ = "session"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    moderator_id: Mapped[int] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime | None]
    """When this browser last showed who uses it; None on sessions from before this was kept."""
    factor_due: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """The password was right and the second factor is still to come: nothing is open yet."""
    agent: Mapped[str | None]
    """What the browser called itself, cut; for its owner's list of sessions alone."""


class Passkey(Base):
    """A WebAuthn credential: the public half of a key in somebody's device."""

    __tablename__ = "passkey"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    moderator_id: Mapped[int] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    credential_id: Mapped[str] = mapped_column(unique=True)
    """Base64url, as the device names it."""
    public_key: Mapped[str]
    """Base64url of the COSE key."""
    sign_count: Mapped[int]
    """What the device counted last; 0 always where it does not count."""
    name: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands for a lost device, once: using it deletes the row."""

    __tablename__ = "recovery_code"
    moderator_id: Mapped[int] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(primary_key=True)


class ApiToken(Base):
    """A program's key; only its hash is stored."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    scope: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    revoked: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]


class Change(Base):
    """That something changed which answers may have been made from; of what, or of everything.

    Triggers write it, so that no statement can forget to; jobs delete it after a while.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("change_txid", "txid", sqlite_where=text("txid IS NOT NULL")),
        # Numbers are never used again, not even that of the last row when it has gone.
        {"sqlite_autoincrement": True, "info": {PASSING: True}},
    )
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    thread_id: Mapped[int | None]
    page: Mapped[str | None]
    """Site and name of a page that now has a thread, as in `changes.page_name`."""
    txid: Mapped[int | None]
    """PostgreSQL's number of the transaction: rows become visible in another order than they are
    numbered in, and this tells who may still be on the way."""
    at: Mapped[datetime]


class Lease(Base):
    """Which process runs the jobs now, and until when without renewing."""

    __tablename__ = "lease"
    __table_args__ = {"info": {PASSING: True}}  # noqa: RUF012  Plain to SQLAlchemy.
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


class SpamLesson(Base):
    """What one decision taught the spam filter, or that one no longer holds. No text: hashes."""

    __tablename__ = "spam_lesson"
    __table_args__ = (
        Index("spam_lesson_comment", "comment_id", "number"),
        Index("spam_lesson_decision", "decision_id"),
    )
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3, ... within the site, in the order of commits."""
    comment_id: Mapped[int | None]
    """Without a foreign key: the lesson stays when a comment is erased."""
    decision_id: Mapped[int | None]
    """The entry of the log that taught it, or took it back; None for what was imported."""
    at: Mapped[datetime]
    is_spam: Mapped[bool | None] = mapped_column(Boolean)
    """None where nothing is taught: the row only says that an earlier one holds no longer."""
    holds: Mapped[bool] = mapped_column(Boolean)
    """False once a later decision on the comment, or an undo, took it back."""
    takes_back: Mapped[int | None]
    """The number of the earlier lesson of the comment that this one stands instead of."""
    undoes: Mapped[int | None]
    """The number of the row that an undo made ineffective, whose `takes_back` holds again."""
    since: Mapped[int]
    """The lowest number whose meaning this row changed: what was learnt before it stays learnt."""
    version: Mapped[int] = mapped_column(Integer)
    """Of `checks.learning.features`: buckets of another are not read."""
    features: Mapped[bytes] = mapped_column(LargeBinary)
    phrases: Mapped[bytes] = mapped_column(LargeBinary)
    """8 bytes each, of spam alone."""


class SpamCourse(Base):
    """How many lessons a site has had: the number of its last one."""

    __tablename__ = "spam_course"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int]


class SpamSnapshot(Base):
    """What was learnt up to a lesson, so that nobody has to begin at the first. May be lost."""

    __tablename__ = "spam_snapshot"
    site_id: Mapped[int] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    memory: Mapped[bytes] = mapped_column(LargeBinary)
    """`checks.learning.memory.Memory.encode`, with a digest of its own."""
