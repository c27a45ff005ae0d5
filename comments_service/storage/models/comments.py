"""The tables of what readers write, what was found in it, and what became of it."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.storage.models.base import Base, kept_for_a_while, where
from comments_service.storage.types import SortedText


class Commenter(Base):
    """A reader's browser on one site, recognised by the hash of the key it keeps."""

    __tablename__ = "commenter"
    __table_args__ = (UniqueConstraint("site_id", "key_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    key_hash: Mapped[str]
    """SHA-256, hex; the key itself is never stored."""
    created_at: Mapped[datetime]


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
        # What a site may want to forget, as `queries.upkeep.FORGETTABLE` says it.
        Index(
            "comment_forgettable",
            "site_id",
            "id",
            **where("queue IN ('rejected', 'spam', 'deleted') AND body <> ''"),
        ),
        kept_for_a_while("comment_address_kept", "address_hash"),
        kept_for_a_while("comment_key_kept", "idempotency_key"),
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
    """Keyed hash of the poster's IPv4 address or IPv6 /64; the retention job clears it."""
    network_hash: Mapped[str | None]
    """The same of the /24 or /48 around it."""
    address_key: Mapped[int | None]
    """Number of the key that both were made with; none on comments from before it was kept."""
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
        Index("log_number", "site_id", "number", unique=True, **where("number IS NOT NULL")),
        Index("log_unsealed", "id", **where("number IS NULL")),
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
