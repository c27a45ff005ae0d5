"""Telling: which pieces of a text made it look like spam, as moderators can read them.

Weights belong to hashed buckets; here they are laid back over the characters whose pieces fell into
them, and summed by word. Words that weigh together are told together.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from comments_service.checks.learning.features import BUCKETS, Features, Integers
from comments_service.checks.learning.phrases import LONGEST, host_name
from comments_service.domain.verdict import Span
from comments_service.text.arrays import np
from comments_service.text.reading import Reading, Word

if TYPE_CHECKING:
    import numpy.typing as npt

MOST: Final = 3
"""Pieces that are told."""
MOST_SPANS: Final = 12
"""Places that are marked: the pieces, wherever they stand."""
_TELLING: Final = 5
"""Letters of a single word that can be told from others."""
_TRIED: Final = 24
"""Words looked at, the heaviest first: many of them may be told by one piece."""
_LOOKED_UP: Final = 10_000
"""Pieces of a text from which on a table of all buckets costs less than looking for each."""
_WORTH: Final = 0.3
"""What a further piece must weigh of the heaviest, and a word of its neighbour, to be told."""


class Piece(Struct, frozen=True):
    """Something that weighed: how it is counted, and where it stands in the original."""

    phrase: str
    """Folded words with single spaces between, or a host: as `phrases.phrases_of` has them."""
    spans: tuple[Span, ...]
    is_host: bool

    @property
    def tells(self) -> bool:
        """Whether it says something by itself: "if" and "com" stand in any text."""
        return self.is_host or " " in self.phrase or len(self.phrase) >= _TELLING


def heaviest_pieces(
    reading: Reading, features: Features, weights: "npt.NDArray[np.float64]"
) -> list[Piece]:
    """Up to `MOST` pieces, the heaviest first; none where no word weighs towards spam.

    `weights` are of the features' buckets, scales included, positive for spam.
    """
    words = reading.body.words
    if not words:
        return []
    heights = _of_words(words, _over_text(reading, features, weights))
    told: dict[str, Piece] = {}
    taken = np.zeros(len(words), np.bool_)
    bound = _WORTH * float(heights.max())
    for at in np.argsort(-heights, kind="stable")[:_TRIED]:
        if len(told) == MOST or heights[at] <= max(0.0, bound):
            break
        if not taken[at]:
            first, last = _neighbours(heights, taken, int(at))
            piece, used = _piece(reading, words, first, last)
            taken[list(used)] = True
            told.setdefault(piece.phrase, piece)
    return [piece for piece in told.values() if piece.tells] or list(told.values())[:1]


def _over_text(
    reading: Reading, features: Features, weights: "npt.NDArray[np.float64]"
) -> "npt.NDArray[np.float64]":
    """For each character of the folded text, and one beyond, the sum of all before it."""
    grams, places = reading.body.grams, reading.body.grams.places()
    buckets = grams.buckets
    letters = len(buckets) - max(0, 2 * grams.words - 1)
    each = np.zeros(len(buckets))
    begin = 0
    for part, at in ((features.letters, slice(0, letters)), (features.words, slice(letters, None))):
        if len(part):
            found, held = _looked_up(buckets[at], part)
            often = np.bincount(found[held], minlength=len(part))
            share = weights[begin : begin + len(part)] / np.maximum(1, often)
            each[at] = np.where(held, share[found], 0.0)
        begin += len(part)
    each /= np.maximum(1, places.ends - places.starts)
    size = len(reading.body.folded.text) + 2
    slopes = np.bincount(places.starts, each, size) - np.bincount(places.ends, each, size)
    return np.concatenate([[0.0], np.cumsum(np.cumsum(slopes))])


def _looked_up(
    buckets: "npt.NDArray[np.uint32]", part: Integers
) -> "tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]":
    """Where each of the buckets stands in the ascending part, and whether it does."""
    if len(buckets) < _LOOKED_UP:
        found = np.minimum(np.searchsorted(part, buckets), len(part) - 1)
        return found, part[found] == buckets
    table = np.zeros(BUCKETS, np.intp)
    table[part] = np.arange(1, len(part) + 1)
    found = table[buckets]
    return np.maximum(found - 1, 0), found > 0


def _of_words(words: Sequence[Word], sums: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
    starts = np.array([start for _, start, _ in words])
    ends = np.array([end for _, _, end in words])
    heights: npt.NDArray[np.float64] = sums[ends] - sums[starts]
    return heights


def _neighbours(
    heights: "npt.NDArray[np.float64]", taken: "npt.NDArray[np.bool_]", at: int
) -> tuple[int, int]:
    """The run of words around the heaviest that weigh with it, `LONGEST` at most."""
    first = last = at
    least = _WORTH * heights[at]
    while last - first + 1 < LONGEST:
        beside = [
            (heights[other], other)
            for other in (first - 1, last + 1)
            if 0 <= other < len(heights) and not taken[other] and heights[other] >= least
        ]
        if not beside:
            break
        _, other = max(beside)
        first, last = min(first, other), max(last, other)
    return first, last


def _piece(
    reading: Reading, words: Sequence[Word], first: int, last: int
) -> tuple[Piece, Sequence[int]]:
    folded = reading.body.folded
    where = folded.span(words[first][1], words[last][2])
    link = next((k for k in reading.body.links if k.host and _overlap(k.span, where)), None)
    if link is not None:
        while first and _overlap(folded.span(*words[first - 1][1:]), link.span):
            first -= 1
        while last + 1 < len(words) and _overlap(folded.span(*words[last + 1][1:]), link.span):
            last += 1
        host = host_name(link.host)
        same = (k.span for k in reading.body.links if host_name(k.host) == host)
        spans = tuple(islice(same, MOST_SPANS))
        return Piece(host, spans, is_host=True), range(first, last + 1)
    phrase = " ".join(word for word, _, _ in words[first : last + 1])
    places = (folded.span(*place) for place in _places(words, phrase, last - first + 1))
    spans = tuple(islice((place for place in places if place[0] < place[1]), MOST_SPANS))
    return Piece(phrase, spans, is_host=False), range(first, last + 1)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _places(words: Sequence[Word], phrase: str, size: int) -> Iterator[Span]:
    first = phrase.partition(" ")[0]
    for at, (word, start, _) in enumerate(words[: len(words) + 1 - size]):
        if word == first and " ".join(w for w, _, _ in words[at : at + size]) == phrase:
            yield start, words[at + size - 1][2]
