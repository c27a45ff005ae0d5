"""An examination in the few figures of the contract (`comments-service check`).

This file is no check, and it decides nothing.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from comments_service.domain.verdict import (
    Category,
    Examination,
    Mode,
    Signal,
    Span,
    Verdict,
)

ABUSE: Final = frozenset(Category) - {Category.SPAM, Category.MANNER}
"""The categories whose strongest finding is the score `abuse`."""
GRADED: Final = frozenset({"profanity", "words"})
"""Checks whose score says how grave a word is, and not how likely the text is abuse."""
AS_LIKELY: Final = 0.7
"""What a gravity counts for beside a likelihood in the score `abuse`. Measured on sets that nothing
was trained on: impermium's AUC .819 to .822, the mean of six sets .870 to .871; from .5 to .8 it
hardly matters (docs/abuse-model.md)."""


class Report(Struct, frozen=True):
    """What was found, summed up. Scores go from 0 to 1."""

    flag: bool
    """True when something SUSPECT or BAD was found that could change the decision."""
    score: float
    scores: dict[str, float]
    """How likely the text is `abuse` and `spam`: to rank texts by, not to decide by."""
    categories: list[Category]
    spans: list[Span]
    """Where in the body, in ascending order; overlapping ones are joined."""


def flag_and_scores(examination: Examination) -> Report:
    """Sum up an examination. Only verdicts that count do: shadow ones and manner are left out."""
    used = [v for v in examination.verdicts if v.mode is Mode.ON]
    counted = [v for v in used if _counts(v)]
    # A check that weighs gives its score where it found nothing, too: so that texts can be ranked.
    weighed = [*counted, *(v for v in used if v.signal is Signal.CLEAR)]
    scores = {
        "abuse": max(
            (likely(v.check, v.score) for v in weighed if v.category in ABUSE), default=0.0
        ),
        "spam": _strongest(v for v in weighed if v.category is Category.SPAM),
    }
    found = {v.category for v in used if v.category and v.signal is not Signal.CLEAR}
    return Report(
        flag=bool(counted),
        score=_strongest(counted),
        scores=scores,
        categories=[c for c in Category if c in found],
        spans=_joined(span for v in counted if v.field == "body" for span in v.spans),
    )


def likely(check: str, score: float) -> float:
    """A check's score as far as it tells how likely a text is abuse; 0 to 1."""
    return score * AS_LIKELY if check in GRADED else score


def _counts(verdict: Verdict) -> bool:
    suspect_or_bad = verdict.signal in (Signal.SUSPECT, Signal.BAD)
    return suspect_or_bad and verdict.category is not Category.MANNER


def _strongest(verdicts: Iterable[Verdict]) -> float:
    return max((v.score for v in verdicts), default=0.0)


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
