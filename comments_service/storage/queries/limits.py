"""Rate limits as rows, so that they hold over threads, processes and machines.

The generic cell rate algorithm: a bucket remembers when it would be free of all that passed it. One
conditional upsert both asks and takes; what was refused takes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from comments_service.storage.tables import rate_limit
from comments_service.storage.types import to_ms


@dataclass(frozen=True, slots=True)
class Bucket:
    """`burst` at once and `burst` again in every `period_ms`, for whoever `name` stands for."""

    name: str
    burst: int
    period_ms: int

    @property
    def spacing_ms(self) -> int:
        """What one passage takes."""
        return max(1, self.period_ms // self.burst)


def take(conn: Connection, buckets: Sequence[Bucket], now: datetime) -> list[tuple[Bucket, int]]:
    """Pass through all buckets; returns those that refused, each with the ms until it would not.

    Where any refuses, the caller rolls back, and so nothing was taken from the others.
    """
    now_ms = to_ms(now)
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    rows = [
        {"bucket": b.name, "free_at": now_ms + b.spacing_ms, "period": b.period_ms}
        for b in sorted(buckets, key=lambda b: b.name)
    ]
    insert = dialect.insert(rate_limit).values(rows)
    spacing = insert.excluded.free_at - now_ms
    start = case((rate_limit.c.free_at > now_ms, rate_limit.c.free_at), else_=now_ms)
    statement = insert.on_conflict_do_update(
        index_elements=[rate_limit.c.bucket],
        set_={"free_at": start + spacing, "period": insert.excluded.period},
        where=rate_limit.c.free_at <= now_ms + insert.excluded.period - spacing,
    ).returning(rate_limit.c.bucket)
    admitted = set(conn.scalars(statement))
    refused = [b for b in buckets if b.name not in admitted]
    return [(b, _wait(conn, b, now_ms)) for b in refused]


def _wait(conn: Connection, bucket: Bucket, now_ms: int) -> int:
    free_at = conn.scalar(select(rate_limit.c.free_at).where(rate_limit.c.bucket == bucket.name))
    return max(1, (free_at or now_ms) - (bucket.period_ms - bucket.spacing_ms) - now_ms)


def forget_free_buckets(conn: Connection, now: datetime) -> int:
    """Delete buckets that have been free for a minute: they limit nobody. Returns how many."""
    done = delete(rate_limit).where(rate_limit.c.free_at < to_ms(now - timedelta(minutes=1)))
    return conn.execute(done).rowcount
