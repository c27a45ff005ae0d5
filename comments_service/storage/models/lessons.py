"""The tables of a site's spam filter."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.storage.models.base import Base


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
