"""How much one address or one thread may send; the rows are `storage.queries.limits`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from comments_service.config import Limit
from comments_service.domain.errors import TooMany
from comments_service.storage.queries.limits import Bucket, take


def bucket(kind: str, owner: str | int, limit: Limit) -> Bucket:
    """The bucket of one owner under one limit."""
    return Bucket(f"{kind}:{owner}", limit.burst, limit.seconds * 1000)


def pass_limits(conn: Connection, buckets: Sequence[Bucket], now: datetime, message: str) -> None:
    """Take one from every bucket, inside the caller's transaction.

    Raises:
        TooMany: one of them is empty; the caller's transaction rolls back and takes nothing.
    """
    refused = take(conn, buckets, now) if buckets else []
    if refused:
        longest = max(wait_ms for _, wait_ms in refused)
        raise TooMany(message, retry_after=-(-longest // 1000))
