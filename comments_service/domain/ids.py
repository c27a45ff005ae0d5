"""Identifiers: time-ordered, unguessable enough not to tell how many came between two of them.

An id is a 63-bit integer, 42 bits of milliseconds since 2020 and 21 random bits, so that it fits a
signed 64-bit column, sorts by time, and is made before the row is (nobody reads `MAX(id)` back).
Outside the database it is 13 characters of lower-case base32hex, whose order as text is that of the
numbers. Two in one millisecond collide once in two million; the primary key refuses the second.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

WIDTH: Final = 13
_EPOCH_MS: Final = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
_RANDOM_BITS: Final = 21
SECOND: Final = 1_000 << _RANDOM_BITS
"""By how much an id grows in a second."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_PAIRS: Final = [a + b for a in _DIGITS for b in _DIGITS]
"""Two digits for ten bits: a page of comments has a hundred ids to write."""
_VALUES: Final = {c: i for i, c in enumerate(_DIGITS)}
_MAX: Final = (1 << 63) - 1


def new_id(now: datetime, randbits: Callable[[int], int] = secrets.randbits) -> int:
    """An id for something made at `now`."""
    ms = int(now.timestamp() * 1000) - _EPOCH_MS
    return (ms << _RANDOM_BITS) | randbits(_RANDOM_BITS)


def id_at(moment: datetime) -> int:
    """The smallest id of that moment: what is older is below it, what is newer above."""
    return new_id(moment, lambda _bits: 0)


def encode_id(number: int) -> str:
    """13 characters that sort as the numbers do."""
    pairs = _PAIRS
    return (
        f"{_DIGITS[number >> 60]}{pairs[(number >> 50) & 1023]}{pairs[(number >> 40) & 1023]}"
        f"{pairs[(number >> 30) & 1023]}{pairs[(number >> 20) & 1023]}"
        f"{pairs[(number >> 10) & 1023]}{pairs[number & 1023]}"
    )


def decode_id(text: str) -> int | None:
    """The number, or None where the text cannot be an id; the caller answers "no such ..."."""
    if len(text) != WIDTH:
        return None
    number = 0
    for c in text:
        value = _VALUES.get(c)
        if value is None:
            return None
        number = number << 5 | value
    return number if number <= _MAX else None
