"""The tables of publishers: sites, what they set, and their pages' threads."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.storage.models.base import Base
from comments_service.storage.types import SortedText


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


class Flood(Base):
    """A thread on which everything waits for a while, because very many wrote there at once."""

    __tablename__ = "flood"
    thread_id: Mapped[int] = mapped_column(
        ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    site_id: Mapped[int] = mapped_column(index=True)
    since_at: Mapped[datetime]
    until_at: Mapped[datetime] = mapped_column(index=True)
    """Moved on while it lasts; from then on nobody waits, whether a job has seen it or not."""
