"""N-grams: pieces of letters and words of a folded text, hashed into buckets, for models to weigh.

Which bucket matters is a model's question. The hash is our own arithmetic on code points, the same
on every machine and in every process, because trained weights are stored by bucket. Everything is
done on whole arrays; the time grows with the text's length alone.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from comments_service.text.arrays import np
from comments_service.text.lazy import lazy

if TYPE_CHECKING:
    import numpy.typing as npt

Codes: TypeAlias = "npt.NDArray[np.uint32]"
Indexes: TypeAlias = "npt.NDArray[np.intp]"

SIZES: Final = (2, 3, 4, 5)
"""Letters of the pieces. A space before and after each word counts as a letter of its pieces."""
WORD_SIZES: Final = (1, 2)
"""Words of the word pieces."""

_KEPT_RUN: Final = 2
"""Letters that are left of one that is held for longer ("sooooo")."""
_SPACE: Final = 0x20
_SHORT: Final = 500
"""Characters up to which great numbers are faster than arrays."""
_BEYOND: Final = SIZES[-1] - 1
"""Places beyond a text's last that a piece may reach for, and find nothing."""
# An odd factor whose powers are well spread, its inverse modulo 2**32, and the finishing steps of
# MurmurHash3, which make every bit of the sum matter to every bit of the bucket.
_BASE: Final = 0x9E3779B1
_INVERSE: Final = pow(_BASE, -1, 1 << 32)
_MIX_1: Final = 0x85EBCA6B
_MIX_2: Final = 0xC2B2AE35
_HALF: Final = 16
_LESS: Final = 13
_WORD_SALT: Final = 0x27D4EB2F
_PAIR_FACTOR: Final = 0x165667B1
# What is no letter, by ranges rather than by Python's tables, which change with Unicode's versions.
_NO_LETTERS: Final = (
    (0x00, 0x30), (0x3A, 0x41), (0x5B, 0x61), (0x7B, 0xAA), (0xAB, 0xB5), (0xB6, 0xBA),
    (0xBB, 0xC0), (0xD7, 0xD8), (0xF7, 0xF8), (0x2000, 0x2C00), (0x3000, 0x3040), (0xD800, 0xF900),
    (0xFE00, 0xFE70), (0xFF00, 0xFF10), (0xFFE0, 0x10000),
)  # fmt: skip
_PICTURES: Final = range(0x1F000, 0x20000)

_ASCII: Final = range(0x80)
_AS_SPACES: Final = bytes(max(code, 0x20) for code in _ASCII).ljust(0x100)
_SOLID_BYTES: Final = bytes(code > 0x20 for code in _ASCII).ljust(0x100)
_LETTER_BYTES: Final = bytes(
    not any(start <= code < end for start, end in _NO_LETTERS) for code in _ASCII
).ljust(0x100)
_HELD: Final = re.compile(rb"(.)\1{2,}", re.DOTALL)


class Places(Struct, frozen=True):
    """Where each bucket's piece stands in the folded text: [start, end), parallel to `buckets`."""

    starts: Indexes
    ends: Indexes


class Grams:
    """The pieces of one folded text, in a fixed order: letters by `SIZES`, single words, pairs.

    Any string will do. White space of any length counts as one space, and of a letter that is held
    long two are left. A piece that stands in the text twice is there twice.

    Raises:
        ValueError: `bits` is not from 1 to 32.
    """

    def __init__(self, text: str, bits: int) -> None:
        if not 1 <= bits <= 32:
            raise ValueError(f"Buckets have 1 to 32 bits, not {bits}.")
        self._text: Final = text
        self._bits: Final = bits
        self._codes, self._edges, self._letter_pieces = (
            _cut_short(text) if len(text) <= _SHORT and text.isascii() else _cut(_codes(text))
        )

    @property
    def words(self) -> int:
        """How many words the text has."""
        return len(self._edges) // 2

    @lazy
    def buckets(self) -> Codes:
        """uint32 of shape (number of pieces,), each below 2**bits."""
        size = len(self._codes)
        last = size - 2 - _BEYOND
        inverses, powers = _powers(_rounded_up(size))
        # Sums of every beginning of the text: any piece's polynomial is a difference of two.
        sums = np.add.accumulate(self._codes * inverses[:size], dtype=np.uint32)
        letters = _rows(sums, last) - sums[:last]
        letters *= powers[:last]
        before = sums.take(self._edges)
        words = before[1::2] - before[::2]
        words *= powers.take(self._edges[::2])
        words += _WORD_SALT
        pairs = words[:-1] * _PAIR_FACTOR
        pairs ^= words[1:]
        pieces = np.concatenate((letters[self._letter_pieces], words, pairs))
        return _mixed(pieces) >> np.uint32(32 - self._bits)

    def places(self) -> Places:
        """Where the pieces stand; the spaces around a word are no part of its place."""
        firsts, afters = self._edges[::2], self._edges[1::2]
        starts, ends = [firsts, firsts[:-1]], [afters, afters[1:]]
        spaces = self._codes[1:] == _SPACE
        for at, (n, kept) in enumerate(zip(SIZES, self._letter_pieces, strict=True)):
            first = np.flatnonzero(kept)
            starts.insert(at, first + spaces[first])
            ends.insert(at, first + n - spaces[first + n - 1])
        last = np.concatenate(ends) - 1
        # The text was given a space in front.
        stood = np.flatnonzero(_are_kept(_codes(self._text))) - 1
        return Places(stood[np.concatenate(starts)], stood[last] + 1)


def _rows(sums: Codes, count: int) -> Codes:
    """The sums before the ends of `count` pieces in a row, for each of `SIZES`."""
    size = sums.itemsize
    return np.ndarray((len(SIZES), count), sums.dtype, sums, SIZES[0] * size, (size, size))


def _codes(text: str) -> Codes:
    """The code points, white space and control characters made spaces, one more at either end."""
    raw = f" {text} ".encode("utf-32-le", "surrogatepass")
    return np.maximum(np.frombuffer(raw, np.dtype("<u4")), _SPACE)


def _are_kept(codes: Codes) -> "npt.NDArray[np.bool_]":
    """Which of the code points are left: one space of several, two of a letter held longer."""
    same = codes[1:] == codes[:-1]
    kept = np.ones(len(codes), np.bool_)
    kept[1:] = ~(same & (codes[1:] == _SPACE))
    kept[_KEPT_RUN:] &= ~(same[1:] & same[:-1])
    return kept


_Cut: TypeAlias = "tuple[npt.NDArray[Any], Indexes, npt.NDArray[np.bool_]]"
"""The code points that are left, a 0 in front and `_BEYOND` more behind; where words begin and end
in turn; and for each of `SIZES` which places begin a piece, that has no space but at its ends."""


def _cut(codes: Codes) -> _Cut:
    codes = codes[_are_kept(codes)]
    is_letter = _letter_table().take(codes, mode="clip")
    high = codes > 0xFFFF
    is_letter[high] = (codes[high] < _PICTURES.start) | (codes[high] >= _PICTURES.stop)
    last = len(codes) - 1
    # Beyond the text all is space, so that no piece goes on there.
    solid = np.zeros(last + SIZES[-1], np.bool_)
    solid[: last + 1] = codes != _SPACE
    kept = np.ones((len(SIZES), last), np.bool_)
    for row in range(1, len(SIZES)):
        kept[row] = kept[row - 1] & solid[row : row + last]
    padded = np.zeros(len(codes) + 1 + _BEYOND, np.uint32)
    padded[1 : last + 2] = codes
    return padded, np.flatnonzero(is_letter[1:] != is_letter[:-1]) + 1, kept


def _cut_short(text: str) -> _Cut:
    """The same of a short text of ASCII, whose bytes are compared at once, as a great number each.

    That is done before a dozen arrays would have begun.
    """
    raw = b" " + text.encode("ascii").translate(_AS_SPACES) + b" "
    if b"  " in raw:
        raw = b" ".join([b"", *raw.split(), b""])
    number = int.from_bytes(raw, "little")
    if b"\0\0" in (number ^ number >> 8).to_bytes(len(raw), "little"):
        raw = _HELD.sub(rb"\1\1", raw)
    last = len(raw) - 1
    letters = int.from_bytes(raw.translate(_LETTER_BYTES), "little")
    edges = (letters ^ letters << 8).to_bytes(last + 1, "little")
    row = number = int.from_bytes(raw.translate(_SOLID_BYTES), "little") >> 8
    rows = [b"\1" * last, row.to_bytes(last, "little")]
    while len(rows) < len(SIZES):
        number >>= 8
        row &= number
        rows.append(row.to_bytes(last, "little"))
    kept = np.frombuffer(b"".join(rows), np.bool_).reshape(len(SIZES), last)
    padded = np.frombuffer(b"\0" + raw + bytes(_BEYOND), np.uint8)
    return padded, np.frombuffer(edges, np.bool_).nonzero()[0], kept


@cache
def _letter_table() -> "npt.NDArray[np.bool_]":
    table = np.ones(0x10000, np.bool_)
    for start, end in _NO_LETTERS:
        table[start:end] = False
    return table


def _rounded_up(length: int) -> int:
    """The power of two from `length` on: few sizes of tables are asked for."""
    return 1 << max(10, length.bit_length())


@lru_cache(maxsize=4)
def _powers(count: int) -> tuple[Codes, Codes]:
    """`_INVERSE ** (i - 1)` and `_BASE ** i` for i below `count`, modulo 2**32."""
    bases = np.full((2, count), [[_INVERSE], [_BASE]], np.uint32)
    bases[:, 0] = _BASE, 1
    inverses, powers = np.multiply.accumulate(bases, axis=1, dtype=np.uint32)
    return inverses, powers


def _mixed(codes: Codes) -> Codes:
    high = codes >> _HALF
    codes ^= high
    codes *= _MIX_1
    codes ^= np.right_shift(codes, _LESS, out=high)
    codes *= _MIX_2
    codes ^= np.right_shift(codes, _HALF, out=high)
    return codes
