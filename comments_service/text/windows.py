"""Windows: which of many pieces stand where in a text, by a number for each stretch of a length.

What this costs grows with the text and with how many lengths the pieces have, whoever chose them;
searching for each piece by itself costs less where there are few. Nothing here knows what pieces
mean.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from comments_service.text.arrays import np

if TYPE_CHECKING:
    import numpy.typing as npt

_Hashes: TypeAlias = "npt.NDArray[np.uint64]"
_Places: TypeAlias = "npt.NDArray[np.intp]"

# A piece's number is a polynomial in its code points modulo 2**64; an odd base has an inverse.
_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_SEEN_BITS: Final = 16
_SHIFT: Final = 64 - _SEEN_BITS
_MOST: Final = 400
"""Places told of the pieces of one kind and length that are not widened to words."""


class Piece(NamedTuple):
    """A part of words, and how it may stand there."""

    text: str
    open_left: bool
    """Whether its word may begin before it."""
    open_right: bool
    widens: bool
    """Whether the whole of its word is meant."""
    entry: str


class _Kind(NamedTuple):
    """What pieces have in common that are looked for at once."""

    size: int
    open_left: bool
    open_right: bool
    widens: bool


class _Found(NamedTuple):
    """Places, and for each which piece stands there; parallel arrays."""

    starts: _Places
    ends: _Places
    pieces: _Places


def find_many(
    text: str, words: Sequence[tuple[str, int, int]], pieces: Sequence[Piece]
) -> Iterator[tuple[str, int, int]]:
    """The entry of the first piece for each place at which one stands, and the place.

    In the order of the pieces. Of pieces of one length and kind, none of which lies within one
    word, one is told for each word that they begin in.
    """
    found = [*_found(text, words, pieces)]
    if not found:
        return
    starts, ends, numbers = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((numbers, ends, starts))
    starts, ends, numbers = starts[order], ends[order], numbers[order]
    first = np.ones(len(starts), np.bool_)
    first[1:] = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])
    starts, ends, numbers = starts[first], ends[first], numbers[first]
    for at in np.argsort(numbers, kind="stable").tolist():
        piece, start, end = pieces[numbers[at]], int(starts[at]), int(ends[at])
        # Two pieces of one number are next to impossible, and would only be taken for each other.
        if piece.text in text[start:end]:
            yield piece.entry, start, end


def _found(
    text: str, words: Sequence[tuple[str, int, int]], pieces: Sequence[Piece]
) -> Iterator[_Found]:
    kinds: defaultdict[tuple[int, bool, bool, bool], list[int]] = defaultdict(list)
    for number, (part, open_left, open_right, widens, _) in enumerate(pieces):
        kinds[len(part), open_left, open_right, widens].append(number)
    windows = _Windows(text, words)
    for kind in (_Kind(*kind) for kind in sorted(kinds) if kind[0] <= len(text)):
        found = windows.find(kind, [pieces[number].text for number in kinds[kind]])
        numbers = np.array(kinds[kind], np.intp)[found.pieces]
        found = found._replace(pieces=numbers)
        if len(numbers):
            yield _first_of_each(found) if kind.widens else _fewest(found)


class _Windows:
    """A text's stretches of each length, as numbers."""

    def __init__(self, text: str, words: Sequence[tuple[str, int, int]]) -> None:
        codes = _codes(text)
        bases = np.full((2, len(codes) + 1), [[_BASE], [_INVERSE]], np.uint64)
        bases[:, 0] = 1
        self._powers, self._inverses = np.multiply.accumulate(bases, axis=1)
        self._sums = np.zeros(len(codes) + 1, np.uint64)
        np.add.accumulate(codes * self._inverses[:-1], out=self._sums[1:])
        self._begins, self._ends = _word_edges(words, len(codes))
        self._size, self._windows = 0, self._sums

    def find(self, kind: "_Kind", texts: Sequence[str]) -> _Found:
        """Where pieces of one kind stand, in order; told by their index among the texts."""
        if kind.size != self._size:
            self._size, count = kind.size, len(self._sums) - kind.size
            self._windows = self._sums[kind.size :] - self._sums[:count]
            self._windows *= self._powers[:count]
        joined = _codes("".join(texts)).reshape(-1, kind.size) * self._inverses[: kind.size]
        hashes = joined.sum(axis=1, dtype=np.uint64)
        at = self._allowed(kind, _perhaps(self._windows, hashes))
        at, which = _matching(at, self._windows, hashes)
        if not kind.widens:
            return _Found(at, at + kind.size, which)
        return _Found(self._begins[at], self._ends[at + (kind.size - 1)], which)

    def _allowed(self, kind: "_Kind", at: _Places) -> _Places:
        if not kind.open_left:
            at = at[self._begins[at] == at]
        if not kind.open_right:
            at = at[self._ends[at + (kind.size - 1)] == at + kind.size]
        if kind.widens and kind.open_left and kind.open_right:
            at = _changing(at, self._windows, self._begins)
        return at


def _codes(text: str) -> _Hashes:
    raw = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(raw, np.dtype("<u4")).astype(np.uint64)


def _word_edges(words: Sequence[tuple[str, int, int]], size: int) -> tuple[_Places, _Places]:
    """Where the word begins and ends that each character is of; others are words of their own."""
    begins = np.arange(size)
    ends = begins + 1
    if words:
        starts, untils = np.array([place for _, *place in words], np.intp).T
        lengths = untils - starts
        inside = np.arange(lengths.sum()) + np.repeat(
            starts - (lengths.cumsum() - lengths), lengths
        )
        begins[inside], ends[inside] = np.repeat(starts, lengths), np.repeat(untils, lengths)
    return begins, ends


def _perhaps(windows: _Hashes, hashes: _Hashes) -> _Places:
    """Which windows may have one of the numbers, in order: few of them, mostly."""
    seen = np.zeros(1 << _SEEN_BITS, np.bool_)
    seen[(hashes >> np.uint64(_SHIFT)).astype(np.intp)] = True
    return np.flatnonzero(seen[(windows >> np.uint64(_SHIFT)).astype(np.intp)])


def _changing(at: _Places, windows: _Hashes, begins: _Places) -> _Places:
    """Those windows that are not the same as one or two before in their word: "aaaa", "abab"."""
    for back in (1, 2):
        if len(at) < _MOST:
            break
        before = np.maximum(at - back, 0)
        same = (windows[at] == windows[before]) & (begins[at] == begins[before])
        at = at[~same | (at < back)]
    return at


def _matching(at: _Places, windows: _Hashes, hashes: _Hashes) -> tuple[_Places, _Places]:
    """Which of the windows have one of the numbers, in order, and which number each has."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    asked = windows[at]
    near = np.minimum(np.searchsorted(ordered, asked), len(ordered) - 1)
    same = ordered[near] == asked
    return at[same], order[near[same]]


def _first_of_each(found: _Found) -> _Found:
    """For each start the first of the pieces; starts ascend."""
    starts, ends, pieces = found
    edges = np.flatnonzero(np.concatenate(([True], starts[1:] != starts[:-1])))
    size: Any = int(ends.max()) + 1
    least = np.minimum.reduceat(pieces * size + ends, edges)
    return _Found(starts[edges], least % size, least // size)


def _fewest(found: _Found) -> _Found:
    """The places of the first pieces, no more than are ever told."""
    if len(found.starts) <= _MOST:
        return found
    first = np.argpartition(found.pieces, _MOST)[:_MOST]
    return _Found(*(part[first] for part in found))
