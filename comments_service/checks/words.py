"""Words: does the comment hold a word or phrase of the site's own list?"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from comments_service.checks.lexicon.own import compiled
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal
from comments_service.domain.words import SiteWord
from comments_service.text.match import Match, is_disguised_phrase
from comments_service.text.reading import Passage, Reading

_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

_ADDS: Final = 0.15
"""The part of its severity that each further entry adds to the worst one, as for `profanity`."""
_MAX_NAMED: Final = 3
"""Entries that a reason repeats."""


class Settings(Struct, frozen=True):
    """From which severity on the site's own entries count."""

    suspect: _Share = 0.45
    """A comment whose entries reach this waits."""
    bad: _Share = 0.9
    """A comment with an entry of this severity is refused."""


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding for each category and field whose entries reach the severity that counts."""
    if not facts.words.words:
        return ()
    own = compiled(facts.words)
    found: list[Finding] = []
    for passage in reading.passages:
        kinds: defaultdict[Category, list[tuple[Match, SiteWord]]] = defaultdict(list)
        for match, word in own.find(passage):
            kinds[word.category].append((match, word))
        for category, hits in kinds.items():
            found += _findings(passage, category, hits, settings)
    return found


def _findings(
    passage: Passage,
    category: Category,
    hits: Sequence[tuple[Match, SiteWord]],
    settings: Settings,
) -> Sequence[Finding]:
    words = {word.term: word.severity for _, word in hits}
    worst = max(words.values())
    # Milder words beside it add to the suspicion, and never make a refusal.
    more = min(worst + _ADDS * (sum(words.values()) - worst), settings.bad - 0.01)
    score = max(worst, more)
    if score < settings.suspect:
        return ()
    # A phrase that was read through a disguise is a guess.
    sure = [word.severity for match, word in hits if not is_disguised_phrase(match)]
    is_bad = max(sure, default=0.0) >= settings.bad
    return (
        Finding(
            signal=Signal.BAD if is_bad else Signal.SUSPECT,
            score=score,
            reason="blocked" if is_bad else "listed",
            category=category,
            spans=tuple((match.start, match.end) for match, _ in hits),
            field=passage.field,
            values={"found": ", ".join(f"'{term}'" for term in list(words)[:_MAX_NAMED])},
        ),
    )


check = Check(
    name="words",
    version=3,
    summary="Does the comment or the name hold a word or phrase of this site's own list?",
    reasons={
        "blocked": "This site blocks {found}.",
        "listed": "This site wants to see {found} first.",
    },
    to_commenter={
        "blocked": "This is not published here.",
        "listed": "A moderator reads this first.",
    },
    examine=examine,
    settings_type=Settings,
    ascending=(("suspect", "bad"),),
)
