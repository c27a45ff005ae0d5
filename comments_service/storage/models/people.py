"""The tables of who moderates, and what proves it."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.storage.models.base import Base


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
