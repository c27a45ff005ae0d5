"""The table of who may not comment on a site for a while."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.storage.models.base import Base


class Ban(Base):
    """A commenter, a name, an address or a network whose comments are not taken until it ends.

    Deleted when it ends or is lifted: the log says that there was one.
    """

    __tablename__ = "ban"
    __table_args__ = (UniqueConstraint("site_id", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    subject: Mapped[str]
    """`commenter:`, `name:`, `address:` or `network:`, and an id, a skeleton or a keyed hash; an
    address itself is never stored."""
    salt: Mapped[str | None]
    """Of an address' hash: the ban's own copy, so that it holds when the key has been renewed."""
    name: Mapped[str]
    """Of a ban by name, the name as it was written; else empty."""
    comment_id: Mapped[int | None]
    """The comment that it was made from, without a foreign key: the ban may stay when it goes."""
    reason: Mapped[str]
    """A code of `services.moderate.REJECT_REASONS`."""
    note: Mapped[str]
    """For moderators. Here and not in the log: erasing a person must reach it."""
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ends_at: Mapped[datetime] = mapped_column(index=True)
