"""Profanity: swearing, slurs, insults and threats, by a lexicon with a severity for each entry."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from comments_service.checks.lexicon.hits import Hit, find_hits
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal, Span
from comments_service.text.reading import Passage, Reading

_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

_ADDS: Final = 0.15
"""The part of its severity that each further word adds to the worst one."""
_MAX_QUOTED: Final = 40
"""Characters of the found text that a reason repeats."""
_MAX_NAMED: Final = 3
"""Found texts that a reason repeats."""
_FEW_WORDS: Final = 3
"""Words below which a text is too short for the abuse model."""


class Settings(Struct, frozen=True):
    """From which severity on the lexicon's entries count."""

    suspect: _Share = 0.6
    """A comment whose words reach this waits."""
    doubtful: _Share = 0.45
    """The same for words in disguise, texts of fewer than three words, and other languages."""
    bad: _Share = 0.9
    """A comment with a word of this severity, not disguised, is refused."""


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding for each category and field whose words reach the severity that counts."""
    found: list[Finding] = []
    for passage in reading.passages:
        by_category: defaultdict[Category, list[Hit]] = defaultdict(list)
        for hit in find_hits(passage, facts.words):
            by_category[hit.category].append(hit)
        for category, hits in by_category.items():
            found += _findings(passage, category, hits, settings)
    return found


def _findings(
    passage: Passage, category: Category, hits: Sequence[Hit], settings: Settings
) -> Sequence[Finding]:
    severities: dict[str, float] = {}
    for hit in hits:
        severities[hit.match.term] = max(hit.severity, severities.get(hit.match.term, 0))
    worst = max(severities.values())
    # Milder words beside it add to the suspicion, and never make a refusal.
    score = max(worst, min(worst + _ADDS * (sum(severities.values()) - worst), settings.bad - 0.01))
    # Elsewhere the abuse model, which reads English, weighs the milder words in their context.
    alone = len(passage.wording) < _FEW_WORDS or any(
        h.match.disguised or h.language != "en" for h in hits
    )
    if score < (settings.doubtful if alone else settings.suspect):
        return ()
    spans = _outermost((h.match.start, h.match.end) for h in hits)
    quoted = dict.fromkeys(passage.original[a:b][:_MAX_QUOTED] for a, b in spans)
    refused = any(h.severity >= settings.bad and h.certain for h in hits)
    return (
        Finding(
            signal=Signal.BAD if refused else Signal.SUSPECT,
            score=score,
            reason=category.value,
            category=category,
            spans=tuple(spans),
            field=passage.field,
            values={"found": ", ".join(f"'{text}'" for text in list(quoted)[:_MAX_NAMED])},
        ),
    )


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Those that lie in no other, in the order of places: a threat is told whole."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or span[1] > found[-1][1]:
            found.append(span)
    return found


check = Check(
    name="profanity",
    version=5,
    summary="Does the comment or the name swear, insult or threaten?",
    reasons={
        "profanity": "Swearing: {found}.",
        "slur": "A slur: {found}.",
        "sexual": "Sexual language: {found}.",
        "insult": "An insult: {found}.",
        "threat": "A threat: {found}.",
    },
    examine=examine,
    settings_type=Settings,
    ascending=(("suspect", "bad"), ("doubtful", "bad")),
)
