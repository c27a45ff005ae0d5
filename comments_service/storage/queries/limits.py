"""Rate limits as rows, so that they hold over threads, processes and machines.

The generic cell rate algorithm: a bucket remembers when it would be free of all that passed it. One
conditional upsert both asks and takes; what was refused takes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, String, bindparam, delete, select, text

from comments_service.storage.prepared import Prepared
from comments_service.storage.tables import rate_limit
from comments_service.storage.types import to_ms

CLOCKS_APART_MS: Final = 60_000
"""How far the clocks of two machines may be apart. No bucket is full for longer than its period;
one that is, by more than this, was filled before the clock was set back, and limits nobody."""


class Bucket(Struct, frozen=True):
    """`burst` at once and `burst` again in every `period_ms`, for whoever `name` stands for."""

    name: str
    burst: int
    period_ms: int

    @property
    def spacing_ms(self) -> int:
        """What one passage takes."""
        return max(1, self.period_ms // self.burst)


@cache
def _taking(buckets: int) -> Prepared:
    """The upsert of so many buckets, built once; written out, for it reads alike on both databases.

    What was refused is no row of the answer.
    """
    rows = ", ".join(f"(:bucket_{n}, :free_at_{n}, :period_{n})" for n in range(buckets))
    taking = text(
        f"INSERT INTO rate_limit (bucket, free_at, period) VALUES {rows} "  # noqa: S608  Numbers alone.
        "ON CONFLICT (bucket) DO UPDATE SET period = excluded.period, free_at = excluded.free_at"
        " + CASE WHEN rate_limit.free_at > :now_ms"
        f" AND rate_limit.free_at <= rate_limit.period + {CLOCKS_APART_MS} + :now_ms"
        " THEN rate_limit.free_at - :now_ms ELSE 0 END "
        "WHERE rate_limit.free_at <= excluded.period - excluded.free_at + :now_ms + :now_ms"
        f" OR rate_limit.free_at > rate_limit.period + {CLOCKS_APART_MS} + :now_ms "
        "RETURNING bucket"
    )
    return Prepared(taking)


def take(conn: Connection, buckets: Sequence[Bucket], now: datetime) -> list[tuple[Bucket, int]]:
    """Pass through all buckets; returns those that refused, each with the ms until it would not.

    Where any refuses, the caller rolls back, and so nothing was taken from the others.
    """
    now_ms = to_ms(now)
    values: dict[str, Any] = {"now_ms": now_ms}
    for n, b in enumerate(sorted(buckets, key=lambda b: b.name)):
        values |= {f"bucket_{n}": b.name, f"period_{n}": b.period_ms}
        values[f"free_at_{n}"] = now_ms + b.spacing_ms
    admitted = {name for (name,) in _taking(len(buckets)).rows(conn, values)}
    refused = [b for b in buckets if b.name not in admitted]
    return [(b, _wait(conn, b, now_ms)) for b in refused]


_FREE_AT: Final = select(rate_limit.c.free_at).where(
    rate_limit.c.bucket == bindparam("of_bucket", type_=String)
)


def _wait(conn: Connection, bucket: Bucket, now_ms: int) -> int:
    free_at = conn.scalar(_FREE_AT, {"of_bucket": bucket.name})
    return max(1, (free_at or now_ms) - (bucket.period_ms - bucket.spacing_ms) - now_ms)


def forget_free_buckets(conn: Connection, now: datetime) -> int:
    """Delete buckets that have been free for a minute: they limit nobody. Returns how many."""
    done = delete(rate_limit).where(rate_limit.c.free_at < to_ms(now - timedelta(minutes=1)))
    return conn.execute(done).rowcount
