"""Words of phrases in disguise: which of them a piece of text may be.

`match.py` asks, and looks for whole phrases among the answers. Nothing is worked out for a text
without disguises.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Final

from comments_service.text import disguise
from comments_service.text.index import Phrases, Read
from comments_service.text.shapes import Masks, Stretched

_LONG_HELD: Final = re.compile(r"(.)\1\1")
_HELD: Final = 3
"""How often a letter stands in a row where a word is held long: "too" is not "to"."""
_MAX_HELD: Final = 40
"""Characters beyond which a word is none that is held long."""
_MOST: Final = 3
"""Words that one masked piece is taken for."""
_LEAST_GLUED: Final = 6
"""Letters of a phrase that may be spelled without spaces between its words."""
_GAP: Final = re.compile(r"(\s{2,})")


class PhraseWords:
    """The words of the phrases that may be in disguise, and how they are found again."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._words = phrases.words

    def read(self, piece: str) -> tuple[str, ...]:
        """What a piece with marks or digits may be: `y0urs3lf`, `k*ll`."""
        if not self._words or disguise.is_address(piece):
            return ()
        # A word that stands there plainly beside a mark ("hell-") is found as it is.
        unmarked = (disguise.joined(piece), *disguise.unleeted(piece))
        read = {word: None for word in unmarked if word in self._words and word not in piece}
        if not read and disguise.is_masked(piece):
            read = dict.fromkeys(islice(self._masked.find_all(piece), _MOST))
        return tuple(read)

    def held(self, word: str) -> tuple[str, ...]:
        """What a word may be with letters that are held long: `kiiiill`."""
        if len(word) > _MAX_HELD or not self._words or not _LONG_HELD.search(word):
            return ()
        return () if word in self._words else tuple(self._stretched.find_all(word)[:_MOST])

    def spelled(self, run: str, at: int) -> Iterator[Read]:
        """The words of a run of letters apart, wider gaps being those between words."""
        for piece in _GAP.split(run):
            words = tuple(w for w in disguise.letters_apart(piece) if w in self._words)
            if words:
                yield words, at, at + len(piece)
            at += len(piece)

    def glued(self, run: str) -> str | None:
        """The phrase that a run of letters apart is as a whole: `k i l l y o u`."""
        found = map(self._glued.get, disguise.letters_apart(run))
        return next(filter(None, found), None)

    @cached_property
    def _masked(self) -> Masks:
        return Masks(sorted(self._words))

    @cached_property
    def _stretched(self) -> Stretched:
        return Stretched(sorted(self._words), _HELD)

    @cached_property
    def _glued(self) -> Mapping[str, str]:
        glued = self._phrases.glued()
        return {words: entry for words, entry in glued.items() if len(words) >= _LEAST_GLUED}
