"""What one site's decisions have taught: the learner's weights, and the phrases of spam.

A memory is the fold of its lessons in order, and nothing else; where and when they come from is the
services' question.
"""

import hashlib
import struct
import zlib
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from comments_service.checks.learning.features import VERSION, Features, decode_features
from comments_service.checks.learning.learner import SURE, Learner, Lesson
from comments_service.checks.learning.phrases import (
    Phrases,
    decode_phrases,
    encode_phrases,
    hash_phrase,
)
from comments_service.checks.learning.prior import Prior
from comments_service.text.arrays import np

if TYPE_CHECKING:
    import numpy.typing as npt

LEARNER: Final = 1
"""Rises when the same lessons would give other weights: snapshots of before are then made anew."""
REMEMBERED: Final = 256
"""Latest spam whose phrases are counted."""
_MAGIC: Final = b"spam-memory\n"
_DIGEST: Final = 16
_HEADER: Final = struct.Struct("<II32sQIIqqIII")
_LENGTH: Final = struct.Struct("<IdI")


class DamagedMemory(ValueError):
    """A stored memory that cannot be used: it has to be made anew from its lessons."""


class Recollection(Struct, frozen=True, eq=False):
    """What a memory says of one text, at one moment; it does not change when the memory does."""

    prior: Prior
    features: Features
    lessons: int
    spam: int
    margin: float
    """Of the learnt weights alone."""
    prior_share: float
    caution: float
    """Taken off, where moderators marked little but spam."""
    weights: "npt.NDArray[np.int32]"
    """Of the features' buckets, parallel to them; 1 is `learner.ONE`."""
    heard: Sequence[Phrases]

    def times(self, phrases: Sequence[str]) -> list[int]:
        """How many of the spam remembered held each phrase (folded words, single spaces)."""
        wanted = np.array([hash_phrase(phrase) for phrase in phrases], np.uint64)
        known = np.concatenate([np.zeros(0, np.uint64), *self.heard])
        # Each spam has a phrase once at most, so occurrences are decisions.
        return [int(np.count_nonzero(known == phrase)) for phrase in wanted]

    def has_heard(self, phrases: Phrases) -> bool:
        """Whether a spam remembered has just these phrases, as the same words in order have."""
        return len(phrases) > 0 and any(np.array_equal(phrases, heard) for heard in self.heard)


class Memory:
    """One site's learnt weights up to a number of its lessons."""

    def __init__(self, prior: Prior) -> None:
        self.prior: Final = prior
        self.number = 0
        """Of the last lesson that it has seen."""
        self.learner = Learner(prior.stand_ins)
        self._heard: deque[Phrases] = deque(maxlen=REMEMBERED)

    def learn(self, features: Features, *, is_spam: bool, phrases: Phrases) -> None:
        """One more lesson; those of spam bring their phrases."""
        self.learner.learn(Lesson(features, self.prior.margin(features), is_spam))
        if is_spam:
            self._heard.append(phrases)

    def recall(self, features: Features) -> Recollection:
        """What is known of a text of these features."""
        weights = self.learner.weights
        return Recollection(
            self.prior,
            features,
            self.learner.count,
            self.learner.spam,
            weights.margin(features),
            self.learner.prior_share,
            self.learner.caution,
            weights.weights[features.buckets],
            tuple(self._heard),
        )

    def digest(self) -> str:
        """A name for every bit of what was learnt: equal for equal lessons in equal order."""
        return hashlib.blake2b(self._plain(), digest_size=_DIGEST).hexdigest()

    def encode(self) -> bytes:
        """Everything, so that `decode_memory` goes on where this one stands; a digest in front."""
        body = zlib.compress(self._plain(), 3)
        return _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest() + body

    def _plain(self) -> bytes:
        weights, latest = self.learner.weights, self.learner.latest
        touched = np.flatnonzero((weights.weights != 0) | (weights.doubts != SURE))
        lessons = [(lesson, lesson.features.encode()) for lesson in latest]
        head = _HEADER.pack(
            VERSION,
            LEARNER,
            self.prior.name.encode(),
            self.number,
            self.learner.count,
            self.learner.spam,
            weights.bias,
            weights.bias_doubt,
            len(touched),
            len(lessons),
            len(self._heard),
        )
        parts = [
            head,
            np.diff(touched, prepend=0).astype("<u4").tobytes(),
            weights.weights[touched].astype("<i4").tobytes(),
            weights.doubts[touched].astype("<i4").tobytes(),
        ]
        for lesson, data in lessons:
            parts += (_LENGTH.pack(len(data), lesson.prior, lesson.is_spam), data)
        for phrases in self._heard:
            parts += (_LENGTH.pack(8 * len(phrases), 0.0, 1), encode_phrases(phrases))
        return b"".join(parts)


def decode_memory(data: bytes, prior: Prior) -> Memory:
    """What `Memory.encode` wrote.

    Raises:
        DamagedMemory: it is damaged, or of another learner, prior or features.
    """
    digest, body = data[len(_MAGIC) :][:_DIGEST], data[len(_MAGIC) + _DIGEST :]
    if not data.startswith(_MAGIC) or hashlib.blake2b(body, digest_size=_DIGEST).digest() != digest:
        raise DamagedMemory("It is damaged.")
    plain = zlib.decompress(body)
    version, learner, name, *rest = _HEADER.unpack_from(plain)
    if (version, learner, name.decode()) != (VERSION, LEARNER, prior.name):
        raise DamagedMemory("It was learnt by another release.")
    return _decoded(plain, rest, prior)


def _decoded(plain: bytes, header: Sequence[int], prior: Prior) -> Memory:
    number, count, spam, bias, bias_doubt, touched, lessons, heard = header
    memory = Memory(prior)
    memory.number = number
    memory.learner.count, memory.learner.spam = count, spam
    weights = memory.learner.weights
    weights.bias, weights.bias_doubt = bias, bias_doubt
    at = _HEADER.size
    size = 4 * touched
    buckets = np.cumsum(np.frombuffer(plain[at : at + size], "<u4").astype(np.int64))
    weights.weights[buckets] = np.frombuffer(plain[at + size : at + 2 * size], "<i4")
    weights.doubts[buckets] = np.frombuffer(plain[at + 2 * size : at + 3 * size], "<i4")
    at += 3 * size
    for turn in range(lessons + heard):
        length, margin, is_spam = _LENGTH.unpack_from(plain, at)
        at += _LENGTH.size + length
        part = plain[at - length : at]
        if turn < lessons:
            lesson = Lesson(decode_features(part), margin, bool(is_spam))
            memory.learner.latest.append(lesson)
        else:
            memory._heard.append(decode_phrases(part))  # noqa: SLF001 - it is this file's own.
    return memory
