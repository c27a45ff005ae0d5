"""Words by their shape: which of a list a masked or a stretched word may be.

What one word costs does not grow with the list, whoever wrote it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from comments_service.text.disguise import is_stretched_from, respelled, runs, shown, squeeze

_ALIKE: Final = 6
"""Words that differ in doubled letters alone, of which a stretched one may be any; our own lists
have no more than five."""


class Masks:
    """Words to be found by some of their letters: `f*ck`, `s**t`."""

    def __init__(self, words: Iterable[str]) -> None:
        self._alike: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        for word in words:
            self._alike[len(word), word[0]].append(word)
        # Few of these are ever asked for, and all at once would be a tenth of what loading costs.
        self._by_letters = lru_cache(maxsize=None)(self._index)

    def find(self, piece: str) -> str | None:
        """The first word of that length which agrees with a masked piece in all letters it shows.

        The piece must show its first letter and another.
        """
        return next(self.find_all(piece), None)

    def find_all(self, piece: str) -> Iterator[str]:
        """All such words, in the order of the list."""
        alike = self._alike.get((len(piece), piece[0]))
        if alike is None:
            return
        by_letters = self._by_letters(len(piece), piece[0])
        fitting = -1
        for letter in shown(piece)[1:]:
            fitting &= by_letters.get(letter, 0)
        while fitting:
            last = fitting & -fitting
            yield alike[last.bit_length() - 1]
            fitting ^= last

    def _index(self, length: int, first: str) -> Mapping[tuple[int, str], int]:
        """For each letter and its place, which words of that length and first letter have it.

        These are the bits of a great number: however many words there are, what is asked of all of
        them at once is a step for each letter.
        """
        numbers: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for number, word in enumerate(self._alike[length, first]):
            for place in enumerate(word[1:], 1):
                numbers[place].append(number)
        return {place: _bits(those) for place, those in numbers.items()}


def _bits(numbers: Sequence[int]) -> int:
    """A number with these bits, which ascend."""
    flags = bytearray(numbers[-1] // 8 + 1)
    for number in numbers:
        flags[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(flags, "little")


class Stretched:
    """Words to be found with letters held longer: `fuuuck`.

    One letter at least is held `least` times in a row; of `steady` words, three times.
    """

    def __init__(
        self, words: Iterable[str], least: int, steady: Collection[str] = frozenset()
    ) -> None:
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        for word in words:
            alike = self._alike[squeeze(word)]
            if len(alike) < _ALIKE:
                alike.append(word)
        self._least = least
        self._steady = steady

    def add_like(self, words: Iterable[str]) -> None:
        """Take in further words that squeeze to the same letters as one that is there."""
        for word in words:
            if (alike := self._alike.get(squeeze(word))) is not None:
                alike.append(word)

    def find_all(self, word: str) -> list[str]:
        """The words that it may be, in the order of the list; it must have a doubled letter."""
        alike = self._alike.get(squeeze(word))
        if not alike:
            return []
        held = runs(word)
        return [
            base
            for base in alike
            if is_stretched_from(held, base, 3 if base in self._steady else self._least)
        ]


def respellings(words: Collection[str], taken: Collection[str]) -> dict[str, str]:
    """Other spellings of the words that are no words themselves, each with the word it means."""
    spelled = ((form, word) for word in sorted(words) for form in sorted(respelled(word)))
    return {form: word for form, word in spelled if form not in taken}
