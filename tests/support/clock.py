"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Called, it tells the time; the application gets it in place of the wall clock."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        """Move on by a `timedelta`'s arguments: `clock.advance(minutes=5)`."""
        self.now += timedelta(**by)
        return self.now
