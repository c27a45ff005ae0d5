"""The learner: adaptive regularisation of weights (AROW), one lesson at a time.

Each bucket has a weight and a doubt; a mistake moves the doubtful ones most (Crammer, Kulesza and
Dredze, 2009). Weights are whole numbers of fixed point and sums are of whole numbers, so no
processor's way of adding floats can show: the same lessons in the same order give the same bytes.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from comments_service.checks.learning.features import BUCKETS, SCALE, Features
from comments_service.text.arrays import np

ONE: Final = 1 << 20
"""A weight of 1."""
SURE: Final = 1 << 30
"""A doubt of 1, where every bucket begins."""
REGULARISER: Final = 5.0
"""AROW's r: how little a single lesson may move."""
REHEARSED: Final = 32
"""Latest lessons that are gone over again ..."""
REHEARSALS: Final = 8
"""... so many of them after each lesson. Fifty then teach as much as seventy did without."""
STAND_INS: Final = 8
"""Harmless texts gone over after a lesson of spam, where moderators marked little but spam. Without
them, a hundred lessons of spam and none of other comments hold every comment there is."""
CAUTION: Final = 0.4
"""By how much more a comment must look like spam where moderators marked little else. After a
hundred lessons of spam alone it holds 1 % of clean comments, and 5 % without."""
CAUTIOUS_FROM: Final = 20
"""Lessons of spam from which all of that is asked; less before."""
PRIOR_LESSONS: Final = 10
"""The prior counts for as much as so many lessons: after n it has the share 10 / (10 + n)."""
_SPREAD: Final = 2_654_435_761
"""Knuth's multiplier picks what is gone over again: anything, and the same everywhere."""


class Lesson(Struct, frozen=True, eq=False):
    """One decision as the learner needs it."""

    features: Features
    prior: float
    """The margin of the shipped prior."""
    is_spam: bool


class Weights:
    """A weight and a doubt for every bucket, and for the bias."""

    def __init__(self, regulariser: float = REGULARISER) -> None:
        self.weights = np.zeros(BUCKETS, np.int32)
        self.doubts = np.full(BUCKETS, SURE, np.int32)
        self.bias = 0
        self.bias_doubt = SURE
        self._regulariser: Final = regulariser

    def margin(self, features: Features) -> float:
        """Positive where it looks like spam; from 1 on there is nothing to learn."""
        return features.weighed(self.weights) / (ONE * SCALE) + self.bias / ONE

    def learn(self, features: Features, *, is_spam: bool, beside: float = 0.0) -> None:
        """Move the weights until they, with the margin `beside` them, say so; if they do not."""
        wanted = 1.0 if is_spam else -1.0
        lacking = 1.0 - wanted * (self.margin(features) + beside)
        if lacking <= 0:
            return
        buckets, scales = features.buckets, features.scales
        doubts = self.doubts[buckets].astype(np.int64)
        doubt = int((doubts * (scales * scales)).sum()) / (SURE * SCALE * SCALE)
        beta = 1.0 / (doubt + self.bias_doubt / SURE + self._regulariser)
        pulled = doubts * scales
        step = lacking * beta * wanted * ONE / SURE
        self.weights[buckets] += np.rint(pulled * (step / SCALE)).astype(np.int32)
        self.bias += round(self.bias_doubt * step)
        shrink = beta / SURE
        less = np.rint(pulled * (pulled * (shrink / (SCALE * SCALE))))
        self.doubts[buckets] = doubts - less.astype(np.int64)
        self.bias_doubt -= round(self.bias_doubt * (self.bias_doubt * shrink))


class Learner:
    """Weights, how many lessons made them, and the latest of these for going over again."""

    def __init__(self, stand_ins: Sequence[Lesson] = ()) -> None:
        self.weights = Weights()
        self.count = 0
        self.spam = 0
        self.latest: deque[Lesson] = deque(maxlen=REHEARSED)
        self._stand_ins: Final = stand_ins

    @property
    def prior_share(self) -> float:
        """What of the prior's margin still counts, from 1 down.

        n is twice the rarer kind: who marked nothing but spam has not learnt what is none.
        """
        return PRIOR_LESSONS / (PRIOR_LESSONS + 2 * min(self.spam, self.count - self.spam))

    @property
    def caution(self) -> float:
        """What is taken off the margin: nothing where a third of the lessons are no spam."""
        if not self._is_lopsided:
            return 0.0
        missing = 1 - 2 * (self.count - self.spam) / self.spam
        return CAUTION * missing * min(1.0, self.spam / CAUTIOUS_FROM)

    @property
    def _is_lopsided(self) -> bool:
        return self.spam > 2 * (self.count - self.spam)

    def margin(self, features: Features, prior: float) -> float:
        """The weights' margin with the prior's share, less caution."""
        return self.weights.margin(features) + self.prior_share * prior - self.caution

    def learn(self, lesson: Lesson) -> None:
        """One lesson, a few of the latest again, and stand-ins where one kind is missing."""
        share = self.prior_share
        self._learn(lesson, share)
        self.latest.append(lesson)
        self.count += 1
        self.spam += lesson.is_spam
        for turn in range(1, REHEARSALS + 1):
            self._learn(self.latest[(self.count * _SPREAD * turn >> 7) % len(self.latest)], share)
        if lesson.is_spam and self._is_lopsided and self._stand_ins:
            share = self.prior_share
            for turn in range(STAND_INS):
                number = (self.spam * STAND_INS + turn) % len(self._stand_ins)
                self._learn(self._stand_ins[number], share)

    def _learn(self, lesson: Lesson, share: float) -> None:
        beside = share * lesson.prior
        self.weights.learn(lesson.features, is_spam=lesson.is_spam, beside=beside)
