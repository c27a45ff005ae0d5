"""Indexes of a word list: phrases and parts of words; made once, searched often.

What a search costs grows with the text, and hardly with the list: a site may list thousands of
entries, and whoever writes them must not slow down its readers.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from comments_service.text.arrays import np
from comments_service.text.ngrams import Codes
from comments_service.text.reading import Passage, Word
from comments_service.text.windows import Piece, find_many

if TYPE_CHECKING:
    import numpy.typing as npt

Place: TypeAlias = tuple[str, int, int]
"""An entry, and [at, until) in the folded text."""

Read: TypeAlias = tuple[tuple[str, ...], int, int]
"""What a piece may be read as, and [at, until) of it in the folded text."""

_SENTENCE_END: Final = re.compile(r"[.!?;\n]")
_PARAGRAPH_END: Final = re.compile(r"[.!?;]|\n\s*\n")
"""Readers see a single break of a line as a space."""
_WITHIN_WORD: Final = re.compile(r"[^\W_]+")
LONGEST: Final = 10
"""Words of a phrase that is read through a disguise, and the most that a site's phrase has."""
_READINGS: Final = 4
"""Beginnings of phrases that are followed at a time."""
_FEW: Final = 256
"""Parts up to which each is simply searched for: that costs less than cutting the text in keys."""
_TRIED: Final = 4_096
"""Pairs of a part and a word that are tried; where there are more, any word may hold a part."""
_SEARCHED: Final = 500
"""Parts, and places of theirs in a text, beyond which all are looked for at once."""
_KEY_SIZES: Final = (6, 3, 2, 1)
_SHORT: Final = 60
"""Characters up to which it costs less to cut the keys out one by one than to use arrays."""
_FACTOR: Final = 0x9E3779B1
_HALF: Final = 15
_SEEN_BITS: Final = 14
"""Bits of a hash that a first look asks for: 16 kB for each size of keys."""
_SHIFT: Final = 32 - _SEEN_BITS


class Phrases:
    """Runs of words, as a tree of words: reading on stops where no phrase goes on.

    Those of the `words` may also be read through a disguise.
    """

    def __init__(self, *, over_lines: bool) -> None:
        self._tree: dict[str, Any] = {}
        self._end = _PARAGRAPH_END if over_lines else _SENTENCE_END
        self._plain: set[str] = set()
        self.words: set[str] = set()

    def add(self, words: Sequence[str], entry: str, *, plain: bool) -> None:
        """Take in a phrase of at least two words; a plain one is in no disguise."""
        node = self._tree
        for word in words:
            node = node.setdefault(word, {})
        # No word is empty, so the empty key is free for the entry that ends here.
        node.setdefault("", entry)
        if plain:
            self._plain.add(entry)
        else:
            self.words.update(words)

    def begin_in(self, wording: Sequence[str]) -> list[int]:
        """Which of the words in a row begin a phrase, with the one that follows."""
        tree, last = self._tree, len(wording) - 1
        if not tree:
            return []
        firsts = [first for first, word in enumerate(wording) if word in tree and first < last]
        return [first for first in firsts if wording[first + 1] in tree[wording[first]]]

    def find(self, passage: Passage) -> Iterator[Place]:
        """The longest phrase from each word on, within one sentence."""
        for first in self.begin_in(passage.wording):
            longest = self._longest(passage.wording, first)
            if longest is None:
                continue
            entry, last = longest
            at, until = passage.words[first][1], passage.words[last][2]
            if not self._end.search(passage.folded.text, at, until):
                yield entry, at, until

    def find_read(self, passage: Passage, read: Sequence[Read]) -> Iterator[Place]:
        """The longest from each word on that has one of the places which read otherwise.

        The places are in order, and none lies in another.
        """
        tokens, disguised = _with_read(passage, read)
        begin = 0
        for place in disguised:
            for first in range(max(begin, place + 1 - LONGEST), place + 1):
                longest = self._longest_read(tokens, first, place, passage.folded.text)
                if longest is not None:
                    entry, last = longest
                    yield entry, tokens[first][1], tokens[last][2]
            begin = place + 1

    def glued(self) -> Mapping[str, str]:
        """The phrases that may be in disguise, without the spaces between their words."""
        return {"".join(words): entry for words, entry in self._under(self._tree, ())}

    def _under(
        self, node: dict[str, Any], words: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        for word, further in node.items():
            if word:
                yield from self._under(further, (*words, word))
            elif further not in self._plain:
                yield words, further

    def _longest(self, wording: Sequence[str], first: int) -> tuple[str, int] | None:
        node: dict[str, Any] | None = self._tree
        longest = None
        for i in range(first, len(wording)):
            node = node.get(wording[i]) if node else None
            if node is None:
                break
            if "" in node:
                longest = node[""], i
        return longest

    def _longest_read(
        self, tokens: Sequence[Read], first: int, least: int, text: str
    ) -> tuple[str, int] | None:
        nodes, longest = [self._tree], None
        for last, (words, at, _) in enumerate(tokens[first : first + LONGEST], first):
            nodes = [node[word] for node in nodes for word in words if word in node][:_READINGS]
            # What stands inside a piece is a letter, and ends no sentence.
            if not nodes or (last > first and self._end.search(text, tokens[last - 1][2], at)):
                break
            ended = [node[""] for node in nodes if "" in node and node[""] not in self._plain]
            if ended and last >= least:
                longest = ended[0], last
        return longest


def _with_read(passage: Passage, read: Sequence[Read]) -> tuple[list[Read], list[int]]:
    """The words of a passage with what is read otherwise in its place, and where the latter are."""
    tokens: list[Read] = []
    disguised: list[int] = []
    waiting = [*read, ((), len(passage.folded.text) + 1, 0)]
    until, following = 0, 0
    for word, at, end in passage.words:
        while end > waiting[following][1]:
            disguised.append(len(tokens))
            tokens.append(waiting[following])
            until = waiting[following][2]
            following += 1
        if at >= until:
            tokens.append(((word,), at, end))
    return tokens, disguised


class Parts:
    """Beginnings, ends and insides of words."""

    def __init__(self) -> None:
        self._all: list[Piece] = []
        self._by_key: defaultdict[str, list[int]] = defaultdict(list)
        self._keys: defaultdict[int, defaultdict[int, list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._seen: dict[int, npt.NDArray[np.bool_]] = {}
        self.stay_in_words = True
        """Whether no part has a space or a mark inside, so that each lies within one word."""

    def add(
        self, text: str, open_left: bool, open_right: bool, entry: str, *, widens: bool = True
    ) -> None:
        """Take in a part; open sides are those where its word may go on.

        What `widens` is found with its whole word. In a script without spaces that would be all
        from one mark to the next.
        """
        size = next(size for size in _KEY_SIZES if size <= len(text))
        key = text[:size]
        if key not in self._by_key:
            hashed = int(_hashes(_codes(key), size)[0])
            self._keys[size][hashed].append(key)
            seen = self._seen.setdefault(size, np.zeros(1 << _SEEN_BITS, np.bool_))
            seen[hashed >> _SHIFT] = True
        self._by_key[key].append(len(self._all))
        self._all.append(Piece(text, open_left, open_right, widens, entry))
        self.stay_in_words &= _WITHIN_WORD.fullmatch(text) is not None

    def find(self, text: str, words: Sequence[Word]) -> Iterator[Place]:
        """Each part in the text, mostly widened to its whole word; once in a word is enough."""
        candidates = self._candidates(text)
        if len(candidates) > _SEARCHED:
            yield from find_many(text, words, candidates)
            return
        left = _SEARCHED
        starts: list[int] = []
        for number, piece in enumerate(candidates):
            if piece[0] not in text:
                continue
            starts = starts or [start for _, start, _ in words]
            for place in _each_place(piece, text, words, starts):
                if not left:
                    yield from find_many(text, words, candidates[number:])
                    return
                left -= 1
                if place is not None:
                    yield piece.entry, *place

    def may_stand_in(self, text: str) -> bool:
        """Whether one of them is in the text, in a word or not."""
        candidates = self._candidates(text)
        return len(candidates) > _FEW or any(piece.text in text for piece in candidates)

    def held_by(self, words: Collection[str]) -> Collection[str]:
        """Those of the words that may hold a part, open or not."""
        text = " ".join(words)
        candidates = self._candidates(text)
        if len(candidates) > _FEW:
            return words
        parts = [piece.text for piece in candidates if piece.text in text]
        if len(parts) * len(words) > _TRIED:
            return words
        return [word for word in words if any(part in word for part in parts)] if parts else ()

    def _candidates(self, text: str) -> Sequence[Piece]:
        """The parts whose first letters stand somewhere in the text."""
        if len(self._all) <= _FEW:
            return self._all
        keys = self._keys_short(text) if len(text) <= _SHORT else self._keys_long(text)
        return [
            self._all[number] for number in sorted(n for key in keys for n in self._by_key[key])
        ]

    def _keys_short(self, text: str) -> Collection[str]:
        windows = {text[at : at + size] for size in self._keys for at in range(len(text))}
        return windows & self._by_key.keys()

    def _keys_long(self, text: str) -> Collection[str]:
        found: set[str] = set()
        codes = _codes(text)
        for size, keys in self._keys.items():
            hashes = _hashes(codes, size)
            # Few windows of a text begin a part; only these become Python's numbers.
            known = self._seen[size][hashes >> _SHIFT]
            for hashed in keys.keys() & set(hashes[known].tolist()):
                found.update(keys[hashed])
        return found


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def _hashes(codes: Codes, size: int) -> Codes:
    """A number for each `size` characters in a row: equal for equal ones, and seldom for others."""
    count = max(0, len(codes) + 1 - size)
    hashes = np.zeros(count, np.uint32)
    for at in range(size):
        hashes = (hashes + codes[at : at + count]) * _FACTOR
    return hashes ^ (hashes >> np.uint32(_HALF))


def _each_place(
    piece: Piece, text: str, words: Sequence[Word], starts: list[int]
) -> Iterator[tuple[int, int] | None]:
    """Where a part stands, with its word or not; None for a place that it may not stand at."""
    part, open_left, open_right, widens, _ = piece
    at = text.find(part)
    while at >= 0:
        end = until = at + len(part)
        start, after = _word_at(words, starts, at) if widens else (at, until)
        if widens:
            _, end = _word_at(words, starts, until - 1)
        if not open_left and start < at:
            yield None
            at = text.find(part, after)
        elif not open_right and end > until:
            yield None
            # The same word may end with the part that it also holds: "singing".
            at = text.find(part, max(at + 1, end - len(part)))
        else:
            yield start, end
            at = text.find(part, end)


def _word_at(words: Sequence[Word], starts: list[int], at: int) -> tuple[int, int]:
    """[start, end) of the word that a place lies in; of no word, only the place itself."""
    _, start, end = words[max(0, bisect_right(starts, at) - 1)] if words else ("", at, at)
    return (start, end) if start <= at < end else (at, at + 1)
