"""N-grams: pieces of letters and words of a folded text, hashed into buckets, for models to weigh.

Which bucket matters is a model's question. The hash is our own arithmetic on code points, the same
on every machine and in every process, because trained weights are stored by bucket. Everything is
done on whole arrays; the time grows with the text's length alone.
"""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.uint32]
Indexes: TypeAlias = npt.NDArray[np.intp]
Number = TypeVar("Number", np.uint32, np.int32)

SIZES: Final = (2, 3, 4, 5)
"""Letters of the pieces. A space before and after each word counts as a letter of its pieces."""
WORD_SIZES: Final = (1, 2)
"""Words of the word pieces."""

_KEPT_RUN: Final = 2
"""Letters that are left of one that is held for longer ("sooooo")."""
_SPACE: Final = 0x20
# An odd factor whose powers are well spread, its inverse modulo 2**32, and the finishing steps of
# MurmurHash3, which make every bit of the sum matter to every bit of the bucket.
_BASE: Final = 0x9E3779B1
_INVERSE: Final = pow(_BASE, -1, 1 << 32)
_MIX_1: Final = np.uint32(0x85EBCA6B)
_MIX_2: Final = np.uint32(0xC2B2AE35)
_WORD_SALT: Final = np.uint32(0x27D4EB2F)
_PAIR_FACTOR: Final = np.uint32(0x165667B1)
# What is no letter, by ranges rather than by Python's tables, which change with Unicode's versions.
_NO_LETTERS: Final = (
    (0x00, 0x30), (0x3A, 0x41), (0x5B, 0x61), (0x7B, 0xAA), (0xAB, 0xB5), (0xB6, 0xBA),
    (0xBB, 0xC0), (0xD7, 0xD8), (0xF7, 0xF8), (0x2000, 0x2C00), (0x3000, 0x3040), (0xD800, 0xF900),
    (0xFE00, 0xFE70), (0xFF00, 0xFF10), (0xFFE0, 0x10000),
)  # fmt: skip
_PICTURES: Final = range(0x1F000, 0x20000)


@dataclass(frozen=True, slots=True)
class Places:
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
        self._codes, self._kept = _squeezed(text)
        self._firsts, self._ends = _words(self._codes, has_high=not text.isascii())
        self._bits: Final = bits

    @property
    def words(self) -> int:
        """How many words the text has."""
        return len(self._firsts)

    @cached_property
    def buckets(self) -> Codes:
        """uint32 of shape (number of pieces,), each below 2**bits."""
        codes = self._codes
        last = len(codes) - 1
        inverses, powers = _powers(_rounded_up(len(codes)))
        # Sums of every beginning of the text: any piece's polynomial is a difference of two.
        sums = np.zeros(len(codes) + SIZES[-1], np.uint32)
        np.cumsum(codes * inverses[: len(codes)], dtype=np.uint32, out=sums[1 : len(codes) + 1])
        letters = (_rows(sums, SIZES[0], last) - sums[:last]) * powers[:last]
        words = (sums[self._ends] - sums[self._firsts]) * powers[self._firsts] + _WORD_SALT
        pairs = words[:-1] * _PAIR_FACTOR ^ words[1:]
        pieces = np.concatenate([letters[self._letter_pieces], words, pairs])
        return _mixed(pieces) >> np.uint32(32 - self._bits)

    def places(self) -> Places:
        """Where the pieces stand; the spaces around a word are no part of its place."""
        starts, ends = [self._firsts, self._firsts[:-1]], [self._ends, self._ends[1:]]
        spaces = self._codes == _SPACE
        for at, (n, kept) in enumerate(zip(SIZES, self._letter_pieces, strict=True)):
            first = np.flatnonzero(kept)
            starts.insert(at, first + spaces[first])
            ends.insert(at, first + n - spaces[first + n - 1])
        last = np.concatenate(ends) - 1
        return Places(self._kept[np.concatenate(starts)], self._kept[last] + 1)

    @cached_property
    def _letter_pieces(self) -> npt.NDArray[np.bool_]:
        """For each size, which places begin a piece: one that has no space but at its ends."""
        last = len(self._codes) - 1
        counts = np.empty(len(self._codes) + SIZES[-1], np.int32)
        np.cumsum(self._codes == _SPACE, dtype=np.int32, out=counts[: last + 1])
        # The text ends with a space, so that no piece that would go on beyond it has none inside.
        counts[last + 1 :] = counts[last]
        kept: npt.NDArray[np.bool_] = _rows(counts, SIZES[0] - 2, last) == counts[:last]
        return kept


def _rows(values: npt.NDArray[Number], first: int, count: int) -> npt.NDArray[Number]:
    """`count` values from `first` on, and the same from one further on, for each of `SIZES`."""
    size = values.itemsize
    shape = (len(SIZES), count)
    return np.ndarray(shape, values.dtype, values, first * size, (size, size))


def _squeezed(text: str) -> tuple[Codes, Indexes]:
    """The code points that are left, a space at either end, and where each stood in the text."""
    raw = f" {text} ".encode("utf-32-le", "surrogatepass")
    codes = np.maximum(np.frombuffer(raw, np.dtype("<u4")), np.uint32(_SPACE))
    same = codes[1:] == codes[:-1]
    dropped = np.zeros(len(codes), np.bool_)
    dropped[1:] = same & (codes[1:] == _SPACE)
    dropped[_KEPT_RUN:] |= same[1:] & same[:-1]
    kept = np.flatnonzero(~dropped)
    return codes[kept], kept - 1


def _words(codes: Codes, *, has_high: bool) -> tuple[Indexes, Indexes]:
    """Where runs of letters and digits begin and end. There is a space at either end of `codes`."""
    is_letter = _letter_table().take(codes, mode="clip")
    if has_high:
        high = codes > 0xFFFF
        is_letter[high] = (codes[high] < _PICTURES.start) | (codes[high] >= _PICTURES.stop)
    edges = np.flatnonzero(is_letter[1:] != is_letter[:-1]) + 1
    return edges[::2], edges[1::2]


@cache
def _letter_table() -> npt.NDArray[np.bool_]:
    table = np.ones(0x10000, np.bool_)
    for start, end in _NO_LETTERS:
        table[start:end] = False
    return table


def _rounded_up(length: int) -> int:
    """The power of two from `length` on: few sizes of tables are asked for."""
    return 1 << max(10, length.bit_length())


@lru_cache(maxsize=4)
def _powers(count: int) -> tuple[Codes, Codes]:
    """`_INVERSE ** i` and `_BASE ** i` for i below `count`, modulo 2**32."""
    bases = np.full((2, count), [[_INVERSE], [_BASE]], np.uint32)
    bases[:, 0] = 1
    inverses, powers = np.multiply.accumulate(bases, axis=1, dtype=np.uint32)
    return inverses, powers


def _mixed(codes: Codes) -> Codes:
    codes ^= codes >> np.uint32(16)
    codes *= _MIX_1
    codes ^= codes >> np.uint32(13)
    codes *= _MIX_2
    codes ^= codes >> np.uint32(16)
    return codes
