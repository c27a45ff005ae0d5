"""The tables that running processes share: limits, keys' marks, notes of changes, the lease."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from comments_service.storage.models.base import PASSING, Base


class RateLimit(Base):
    """One bucket of one limit (`services.limits`): when it will be full again."""

    __tablename__ = "rate_limit"
    bucket: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[int] = mapped_column(index=True)
    """Milliseconds since 1970: the theoretical arrival time of the generic cell rate algorithm."""
    period: Mapped[int]
    """Milliseconds in which the bucket fills."""


class AddressKey(Base):
    """One half of the key that addresses are hashed under; the other is the instance's secret.

    The newest is in use. When a row has gone, nobody can tell whose hashes were made with it.
    """

    __tablename__ = "address_key"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3 ... in the order of their use."""
    salt: Mapped[str]
    """128 random bits, hex."""
    made_at: Mapped[datetime]


class KeyFingerprint(Base):
    """A mark of a secret key that the database was used with; the key itself is never in it.

    A keyed hash that says which key it is of to who has the key, and nothing to anybody else: keys
    are long and random, so no list of guesses holds one.
    """

    __tablename__ = "key_fingerprint"
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    """128 bits of `services.keys.fingerprint_of`, hex."""
    known_since: Mapped[datetime]


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
