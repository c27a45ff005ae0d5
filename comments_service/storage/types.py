"""Column types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The moment of `to_ms`, aware and in UTC."""
    # Exact: a float keeps these seconds to a fraction of the microsecond it is rounded to.
    return datetime.fromtimestamp(ms / 1000, UTC)


def moment_or_none(ms: int | None) -> datetime | None:
    """As `from_ms`, of a column that may be empty."""
    return None if ms is None else from_ms(ms)


class Moment(TypeDecorator[datetime]):
    """A time in UTC, kept as whole milliseconds: compares and sorts alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_ms(value)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        # Straight to the function: a page reads three times of each comment.
        return moment_or_none


SortedText: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text whose order is that of its code points, whatever the database's locale."""
