"""Spam: does the comment look like what this site's moderators marked as spam?

A learner per site, taught by each decision (`learning`), stands on a prior that came with the
release. It only holds comments until enough was decided here; after that what is plainly the same
as spam marked before may go to spam by itself.
"""

from collections.abc import Sequence
from math import exp
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Struct

from comments_service.checks.learning.features import SCALE, Features, features_of
from comments_service.checks.learning.learner import ONE
from comments_service.checks.learning.memory import Recollection
from comments_service.checks.learning.phrases import phrases_of
from comments_service.checks.learning.prior import Prior, shipped_prior
from comments_service.checks.learning.telling import MOST_SPANS, Piece, heaviest_pieces
from comments_service.domain.facts import Facts
from comments_service.domain.verdict import Category, Check, Finding, Signal, Verdict
from comments_service.text.arrays import np
from comments_service.text.reading import Reading

HOLDS_ONLY: Final = 50
"""Decisions of persons before which nothing is called spam outright."""
FEW: Final = 10
"""Of either kind, before which the same holds: who saw one kind cannot tell it from the other."""
_STEEP: Final = 2.5
"""A margin of 1 is a score of .92."""
_TOLD: Final = 40
"""Characters of a piece that are quoted."""


class Settings(Struct, frozen=True):
    """From which score on something is suspect, and when it is spam outright."""

    suspect: Annotated[float, msgspec.Meta(ge=0.05, le=1)] = 0.5
    """The score from which a comment is held."""
    bad: Annotated[float, msgspec.Meta(ge=0.5, le=1)] = 0.9
    """The score from which it is spam outright, if spam marked before held the same pieces."""
    bad_after: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 3
    """How often a piece must have stood in what was marked as spam before, for that."""


class _Judgement(NamedTuple):
    prior: Prior
    features: Features
    known: Recollection | None
    margin: float

    @property
    def score(self) -> float:
        return 1 / (1 + exp(-_STEEP * max(-50.0, min(50.0, self.margin))))


def examine(reading: Reading, facts: Facts, settings: Settings) -> Sequence[Finding]:
    """One finding, always: what passes is CLEAR, with its score.

    Raises:
        ValueError, OSError: the prior is damaged or gone.
    """
    judged = _judge(reading, facts)
    score, again = judged.score, False
    if score < settings.suspect and _is_marked(reading, judged.known):
        score, again = settings.suspect, True
    if score < settings.suspect or not reading.body.wording:
        return (Finding(Signal.CLEAR, min(score, 0.999), "passed", Category.SPAM),)
    pieces = heaviest_pieces(reading, judged.features, _weights(judged))
    counts = judged.known.times([p.phrase for p in pieces]) if judged.known else [0] * len(pieces)
    telling = [n for n, piece in zip(counts, pieces, strict=True) if piece.tells]
    signal, reason = _told(judged, telling, settings)
    if again:
        reason = "marked_before"
    spans = tuple(span for piece in pieces for span in piece.spans)[:MOST_SPANS]
    said = _in_words(reading, pieces, counts)
    values = {"pieces": said or "the whole of it"}
    return (Finding(signal, score, reason, Category.SPAM, spans, values=values),)


def _is_marked(reading: Reading, known: Recollection | None) -> bool:
    """Whether it is word for word what was marked as spam, and no approval has outweighed that.

    Caution and the prior may outweigh a single lesson, but not about the very text of the lesson.
    """
    return known is not None and known.margin > 0 and known.has_heard(phrases_of(reading))


def _judge(reading: Reading, facts: Facts) -> _Judgement:
    known = facts.taught
    if isinstance(known, Recollection):
        margin = known.margin + known.prior_share * known.prior.margin(known.features)
        return _Judgement(known.prior, known.features, known, margin - known.caution)
    prior = shipped_prior()
    copies = facts.copies_of(reading.fingerprint) if facts.earlier else 0
    features = features_of(reading, copies=copies, site_hosts=facts.site_hosts)
    return _Judgement(prior, features, None, prior.margin(features))


def _weights(judged: _Judgement) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    prior, features, known = judged.prior, judged.features, judged.known
    share = known.prior_share if known else 1.0
    weights = prior.weights[features.buckets] * (share * prior.unit)
    if known:
        weights = weights + known.weights / ONE
    return weights * (features.scales / SCALE)


def _told(judged: _Judgement, counts: Sequence[int], settings: Settings) -> tuple[Signal, str]:
    known = judged.known
    if known is None or not any(counts):
        return Signal.SUSPECT, "looks_like"
    enough = known.lessons >= HOLDS_ONLY and min(known.spam, known.lessons - known.spam) >= FEW
    sure = 1 / (1 + exp(-_STEEP * known.margin)) >= settings.bad <= judged.score
    if enough and sure and max(counts) >= settings.bad_after:
        return Signal.BAD, "again_and_again"
    return Signal.SUSPECT, "marked_before"


def _in_words(reading: Reading, pieces: Sequence[Piece], counts: Sequence[int]) -> str:
    """`bit.ly (14 times), "work from home" (9 times)`: as typed, hosts alone without quotes."""
    told = []
    for piece, count in zip(pieces, counts, strict=True):
        name = piece.phrase
        if not piece.is_host:
            start, end = piece.spans[0] if piece.spans else (0, 0)
            name = f'"{" ".join(reading.body.original[start:end].split())[:_TOLD]}"'
        times = "" if not count else " (once)" if count == 1 else f" ({count} times)"
        told.append(f"{name[: _TOLD + 2]}{times}")
    return ", ".join(told)


def regrade(verdict: Verdict, settings: Settings, others: Settings) -> Signal:
    """The signal of a stored verdict under other thresholds; they can only lower it.

    What waited word for word, at the threshold itself, waits at any.
    """
    if settings.suspect < verdict.score < others.suspect:
        return Signal.CLEAR
    if verdict.signal is Signal.BAD and verdict.score < others.bad:
        return Signal.SUSPECT
    return verdict.signal


check = Check(
    name="spam",
    version=1,
    summary="Does the comment look like what moderators of this site marked as spam?",
    reasons={
        "passed": "No sign of spam.",
        "looks_like": "Reads like spam: {pieces}.",
        "marked_before": "Looks like spam that moderators marked before: {pieces}.",
        "again_and_again": "The same as spam that moderators marked again and again: {pieces}.",
    },
    examine=examine,
    settings_type=Settings,
    ascending=(("suspect", "bad"),),
    needs_history=True,
    not_kept="model",
    regrade=regrade,
)
