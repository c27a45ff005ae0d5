"""A site's own words, compiled: what it blocks, and what it calls harmless.

Kept for the lists that were asked about last, so that no comment waits for a list to be compiled
twice. Nothing here knows where lists come from.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from comments_service.domain.words import SiteWord, WordList
from comments_service.text.match import Match, Matcher, is_disguised_phrase
from comments_service.text.reading import Passage

COMPILED: Final = 8
"""Lists that a process keeps compiled; one of 5,000 entries takes some 5 MB."""


class OwnWords(Struct, frozen=True):
    """The entries of a list that say something is wrong, and those that say it is not."""

    entries: dict[str, SiteWord]
    matcher: Matcher | None
    harmless: Matcher | None

    def find(self, passage: Passage) -> list[tuple[Match, SiteWord]]:
        """What stands in the passage, less what lies inside something harmless."""
        if self.matcher is None:
            return []
        excused = self.excused(passage)
        return [
            (match, self.entries[match.term])
            for match in self.matcher.find(passage)
            if not any(a <= match.start and match.end <= b for a, b in excused)
        ]

    def excused(self, passage: Passage) -> Sequence[tuple[int, int]]:
        """The places that the site calls harmless, in the original text; no phrase in disguise."""
        if self.harmless is None:
            return ()
        return [
            (match.start, match.end)
            for match in self.harmless.find(passage)
            if not is_disguised_phrase(match)
        ]


@lru_cache(maxsize=COMPILED)
def compiled(words: WordList) -> OwnWords:
    """The list as it is asked about comments."""
    bad = {word.term: word for word in words.words if word.severity}
    good = [word.term for word in words.words if not word.severity]
    worst_first = sorted(bad, key=lambda term: -bad[term].severity)
    matcher = Matcher(worst_first, over_lines=True) if bad else None
    return OwnWords(bad, matcher, Matcher(good, over_lines=True) if good else None)
