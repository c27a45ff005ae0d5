"""What time triggers: forgetting what must not be kept. Idempotent, under a database lease."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.ids import id_at
from comments_service.services.addresses import forget_old_keys, renew_key
from comments_service.services.floods import end_floods
from comments_service.services.memories import keep_snapshots
from comments_service.services.privacy import forget_texts
from comments_service.storage import write
from comments_service.storage.queries.bans import forget_ended_bans
from comments_service.storage.queries.chain import adopt_entries
from comments_service.storage.queries.limits import forget_free_buckets
from comments_service.storage.queries.people import forget_ended_sessions
from comments_service.storage.queries.upkeep import (
    BATCH,
    forget_addresses,
    forget_changes,
    forget_idempotency_keys,
    release_lease,
    take_lease,
)

EVERY: Final = timedelta(seconds=30)
"""How often the runner looks."""
LEASE: Final = timedelta(seconds=90)
"""How long a runner that vanished keeps others out."""
_LEASE_NAME: Final = "jobs"
KEEP_CHANGES: Final = timedelta(minutes=10)
"""How long notes of changes stay, by the database's clock; `services.changes` relies on it."""
KEEP_KEYS: Final = timedelta(hours=48)
"""How long an Idempotency-Key is remembered, as docs/api.md promises."""


def run_jobs(settings: Settings, holder: str, now: datetime) -> dict[str, int] | None:
    """Run every job once; rows touched by job, or None while another runner has the lease."""
    if not write(lambda conn: take_lease(conn, _LEASE_NAME, holder, now, now + LEASE)):
        return None
    old_addresses = id_at(now - timedelta(days=settings.address_days))
    old_keys = id_at(now - KEEP_KEYS)
    keep_snapshots()
    write(lambda conn: renew_key(conn, now))
    return {
        "adopted_entries": _in_batches(adopt_entries),
        "changes": _in_batches(lambda conn: forget_changes(conn, KEEP_CHANGES)),
        "addresses": _in_batches(lambda conn: forget_addresses(conn, old_addresses)),
        "address_keys": write(lambda conn: forget_old_keys(conn, settings, now)),
        "texts": forget_texts(now),
        "floods": write(lambda conn: end_floods(conn, now)),
        "bans": write(lambda conn: forget_ended_bans(conn, now)),
        "idempotency_keys": _in_batches(lambda conn: forget_idempotency_keys(conn, old_keys)),
        "limits": write(lambda conn: forget_free_buckets(conn, now)),
        "sessions": write(lambda conn: forget_ended_sessions(conn, now)),
    }


def leave_jobs(holder: str) -> None:
    """Let the next runner begin at once, instead of when the lease runs out."""
    write(lambda conn: release_lease(conn, _LEASE_NAME, holder))


def _in_batches(forget: Callable[[Connection], int]) -> int:
    """Clear batch by batch, each in a transaction of its own, so that writers come between."""
    total = 0
    while True:
        done = write(forget)
        total += done
        if done < BATCH:
            return total
