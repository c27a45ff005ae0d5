"""Hits: what the lexicon finds in a passage, and how severe each find is where it stands.

Several checks ask for them; they are worked out once for a passage (`Passage.once`). What a hit
means for the comment is the checks' question.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from comments_service.checks import lexicon
from comments_service.checks.lexicon.aim import is_aimed
from comments_service.checks.lexicon.menace import menaces
from comments_service.checks.lexicon.other import may_mean_other
from comments_service.checks.lexicon.own import compiled
from comments_service.checks.lexicon.sense import Sense, sense_of
from comments_service.domain.verdict import Category, Span
from comments_service.domain.words import NO_WORDS, WordList
from comments_service.text.match import Match
from comments_service.text.reading import Passage

NOT_USED: Final = 0.4
"""The most that a slur weighs which is objected to, told as suffered, or the writer's own name."""
MENACE: Final = "menace"
"""The term of a threat that was told by the order of its words (`menace`)."""
MENACING: Final = 0.7
"""Its severity: such a comment waits."""
MOST_ASKED: Final = 20
"""Words of a text whose sense is asked; it costs, and who writes more of them uses them."""


class Hit(Struct, frozen=True):
    """One word or phrase of the lexicon in a passage."""

    match: Match
    category: Category
    severity: float
    """What it weighs here, 0 to 1: more when it is aimed, little when it is not used."""
    plain: float
    """What it weighs wherever it stands, nobody being aimed at."""
    aimed: bool
    """Whether it is said to the reader; asked of words that weigh more then."""
    language: str
    certain: bool
    """Whether the very word stands there and is meant: no disguise, mask or part of another, and
    nothing around it that hints at its being spoken of; all these are guesses."""


def find_hits(passage: Passage, own: WordList = NO_WORDS) -> tuple[Hit, ...]:
    """The hits in the order of places, without harmless ones and those inside a longer one.

    What the site's own list calls harmless excuses what lies inside it, too.
    """
    hits = passage.once(_hits)
    excused = compiled(own).excused(passage) if hits and own.words else ()
    return tuple(h for h in hits if not _is_inside(h.match, excused)) if excused else hits


def _hits(passage: Passage) -> tuple[Hit, ...]:
    found = lexicon.load().find(passage)
    harmless = [(match.start, match.end) for match, entry in found if not entry.severity]
    asked = sum(entry.severity > NOT_USED for _, entry in found)
    hits: list[Hit] = []
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
        hits.append(_hit(match, entry, passage, ask=asked <= MOST_ASKED))
    threats = [h for h in hits if h.category is Category.THREAT and h.severity >= MENACING]
    if told := [*_menaces(passage, threats)]:
        hits = sorted(hits + told, key=lambda hit: hit.match.start)
    return tuple(hits)


def _menaces(passage: Passage, threats: Sequence[Hit]) -> Iterator[Hit]:
    """Threats that no entry holds; beside those that one does, they would say nothing new."""
    for at, until in menaces(passage):
        match = Match(MENACE, *passage.folded.span(at, until), at, until, disguised=False)
        if not any(match.start < hit.match.end and hit.match.start < match.end for hit in threats):
            yield Hit(match, Category.THREAT, MENACING, MENACING, False, "en", certain=False)


def _hit(match: Match, entry: lexicon.Entry, passage: Passage, *, ask: bool) -> Hit:
    aimed = entry.aimed > entry.severity and is_aimed(match, passage, entry.language)
    severity, plain = entry.aimed if aimed else entry.severity, entry.severity
    sense = Sense.USED
    if ask and severity > NOT_USED and entry.language == "en":
        sense = sense_of(match, passage)
    if sense is Sense.NOT_USED and entry.category is Category.SLUR:
        severity = plain = NOT_USED
    typed = passage.original[match.start : match.end].replace(" ", "")
    certain = typed.isalpha() and not match.disguised and "*" not in match.term
    certain = certain and sense is Sense.USED and not may_mean_other(match, passage)
    return Hit(match, entry.category, severity, plain, aimed, entry.language, certain)


def _is_inside(match: Match, places: Iterable[Span]) -> bool:
    return any(start <= match.start and match.end <= end for start, end in places)
