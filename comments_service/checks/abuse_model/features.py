"""What the abuse model sees of a passage: hashed pieces, and a few figures about words and manner.

Training and service both read texts through this file, so that weights mean the same in both. Who
changes anything here must train anew (`make train-abuse`).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from comments_service.checks.abuse_model.tone import tone_of
from comments_service.checks.lexicon.hits import Hit
from comments_service.domain.verdict import Category
from comments_service.text.arrays import np
from comments_service.text.ngrams import Grams
from comments_service.text.reading import GRAM_BITS, Passage

if TYPE_CHECKING:
    import numpy.typing as npt

BITS: Final = GRAM_BITS
"""2**BITS buckets of pieces."""
SCALE: Final = 0.5
"""Weight of the figures beside the pieces, whose vector has about length 1."""
CATEGORIES: Final = (
    Category.PROFANITY,
    Category.SLUR,
    Category.SEXUAL,
    Category.INSULT,
    Category.THREAT,
)
_STEPS: Final = (0.45, 0.6, 0.8, 0.9)
"""Severities from which a category's worst hit counts once more."""
_YOU: Final = frozenset("you your yours u ur yourself youre ya".split())
_OTHERS: Final = frozenset("he she him her his hers they them their theirs".split())

NAMES: Final = (
    *(
        f"{category.value}: {what}"
        for category in CATEGORIES
        for what in ("severity", *(f"severity of {step} or more" for step in _STEPS), "sum")
    ),
    "worst severity",
    "number of hits",
    "worst severity said to the reader",
    "something is said to the reader",
    "severity for the text's length",
    "a disguised word",
    "speaks to the reader",
    "share of words to the reader",
    "speaks to the reader, and the lexicon objects",
    "mostly capitals",
    "exclamation marks",
    "question marks",
    "number of words",
    "words of scorn for the text's length",
    "words of goodwill for the text's length",
    "words of care for the text's length",
    "different words of scorn",
    "scorn",
    "goodwill without scorn",
    "scorn without goodwill or care",
    "speaks to the reader without scorn",
    "words about others for the text's length",
)
"""What each figure tells, in their order."""

_NO_HITS: Final = [0.0] * (len(CATEGORIES) * (len(_STEPS) + 2))
_NO_HIT_AT_ALL: Final = (0.0,) * 6


def pieces(passage: Passage) -> Grams:
    """The passage's pieces, which all models share; each counts 1 / sqrt(number of pieces)."""
    return passage.grams


def figures(passage: Passage, hits: Sequence[Hit]) -> "npt.NDArray[np.float64]":
    """float64 of shape (len(NAMES),), each from 0 to about 2, times `SCALE`."""
    told = _by_category(hits) + _overall(passage, hits) + _of_tone(passage)
    return SCALE * np.array(told)


def _by_category(hits: Sequence[Hit]) -> list[float]:
    if not hits:
        return _NO_HITS
    told: list[float] = []
    for category in CATEGORIES:
        severities = [h.severity for h in hits if h.category is category]
        worst = max(severities, default=0.0)
        told += [worst, *(float(worst >= step) for step in _STEPS), min(sum(severities), 3.0) / 3]
    return told


def _overall(passage: Passage, hits: Sequence[Hit]) -> list[float]:
    text, count = passage.folded.text, max(1, len(passage.wording))
    of_hits = _of_hits(hits, count)
    you = 0
    if not _YOU.isdisjoint(passage.forms):
        you = sum([word in _YOU for word in passage.wording])
    return [
        *of_hits,
        float(you > 0),
        min(5 * you / count, 1.0),
        float(you > 0 and of_hits[0] >= _STEPS[0]),
        float(passage.letters > 10 and 2 * passage.capitals > passage.letters),
        min(text.count("!"), 5) / 5,
        min(text.count("?"), 5) / 5,
        math.log1p(count) / 5,
    ]


def _of_hits(hits: Sequence[Hit], count: int) -> Sequence[float]:
    if not hits:
        return _NO_HIT_AT_ALL
    severities = [h.severity for h in hits]
    aimed = max((h.severity for h in hits if h.aimed), default=0.0)
    return (
        max(severities),
        min(len(hits), 5) / 5,
        aimed,
        float(aimed > 0),
        min(5 * sum(severities) / count, 2.0),
        float(any(h.match.disguised for h in hits)),
    )


def _of_tone(passage: Passage) -> list[float]:
    tone, root = tone_of(passage), max(1, len(passage.wording)) ** 0.5
    others = 0
    if not _OTHERS.isdisjoint(passage.forms):
        others = sum([word in _OTHERS for word in passage.wording])
    scorn, goodwill, care = tone.scorn > 0, tone.goodwill > 0, tone.care > 0
    return [
        min(tone.scorn / root, 2.0),
        min(tone.goodwill / root, 2.0),
        min(tone.care / root, 2.0),
        min(tone.scornful, 6) / 6,
        float(scorn),
        float(goodwill and not scorn),
        float(scorn and not goodwill and not care),
        float(not scorn and not _YOU.isdisjoint(passage.forms)),
        min(others / root, 2.0),
    ]
