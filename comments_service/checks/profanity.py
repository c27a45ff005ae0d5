"""Profanity: swearing, slurs, insults and threats, by a lexicon with a severity for each entry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from comments_service.checks import lexicon
from comments_service.checks.lexicon.aim import is_aimed
from comments_service.checks.lexicon.own import OwnWords, compiled
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal, Span
from comments_service.text.match import Match
from comments_service.text.reading import Passage, Reading

_Share = Annotated[float, msgspec.Meta(gt=0, le=1)]

_ADDS: Final = 0.15
"""The part of its severity that each further word adds to the worst one."""
_MAX_QUOTED: Final = 40
"""Characters of the found text that a reason repeats."""
_MAX_NAMED: Final = 3
"""Found texts that a reason repeats."""


@dataclass(frozen=True, slots=True)
class Settings:
    """From which severity on the lexicon's entries count."""

    suspect: _Share = 0.45
    """A comment whose words reach this waits."""
    bad: _Share = 0.9
    """A comment with an entry of this severity is refused."""


@dataclass(frozen=True, slots=True)
class _Hit:
    match: Match
    severity: float


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding for each category and field whose words reach the severity that counts."""
    words = lexicon.load()
    found: list[Finding] = []
    for passage in reading.passages:
        for category, hits in _hits(words, passage, compiled(facts.words)).items():
            found += _findings(passage, category, hits, settings)
    return found


def _hits(words: lexicon.Lexicon, passage: Passage, own: OwnWords) -> Mapping[Category, list[_Hit]]:
    found = words.find(passage)
    harmless = [(match.start, match.end) for match, entry in found if not entry.severity]
    harmless += own.excused(passage)
    hits: defaultdict[Category, list[_Hit]] = defaultdict(list)
    last: lexicon.Found | None = None
    for match, entry in found:
        if not entry.severity or _is_inside(match, harmless):
            continue
        # Matches come in order, the longer first: "hell" in "the hell" is said already.
        if last and _is_inside(match, ((last.match.start, last.match.end),)):
            if entry.severity <= last.entry.severity:
                continue
        else:
            last = lexicon.Found(match, entry)
        aimed = entry.aimed > entry.severity and is_aimed(match, passage, entry.language)
        hits[entry.category].append(_Hit(match, entry.aimed if aimed else entry.severity))
    return hits


def _is_inside(match: Match, places: Iterable[Span]) -> bool:
    return any(start <= match.start and match.end <= end for start, end in places)


def _findings(
    passage: Passage, category: Category, hits: Sequence[_Hit], settings: Settings
) -> Sequence[Finding]:
    severities: dict[str, float] = {}
    for hit in hits:
        severities[hit.match.term] = max(hit.severity, severities.get(hit.match.term, 0))
    worst = max(severities.values())
    # Milder words beside it add to the suspicion, and never make a refusal.
    score = max(worst, min(worst + _ADDS * (sum(severities.values()) - worst), settings.bad - 0.01))
    if score < settings.suspect:
        return ()
    spans = [(h.match.start, h.match.end) for h in hits]
    quoted = dict.fromkeys(passage.original[a:b][:_MAX_QUOTED] for a, b in spans)
    return (
        Finding(
            signal=Signal.BAD if worst >= settings.bad else Signal.SUSPECT,
            score=score,
            reason=category.value,
            category=category,
            spans=tuple(spans),
            field=passage.field,
            values={"found": ", ".join(f"'{text}'" for text in list(quoted)[:_MAX_NAMED])},
        ),
    )


check = Check(
    name="profanity",
    version=2,
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
)
