"""The learner and its memory: the same lessons in the same order, the same bytes."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comments_service.checks.learning.features import (
    BUCKETS,
    MOST,
    decode_features,
    features_of,
)
from comments_service.checks.learning.learner import SURE, Learner, Lesson
from comments_service.checks.learning.memory import (
    REMEMBERED,
    DamagedMemory,
    Memory,
    decode_memory,
)
from comments_service.checks.learning.phrases import decode_phrases, encode_phrases, phrases_of
from comments_service.checks.learning.prior import FILE, shipped_prior
from comments_service.domain.comment import MAX_BODY, Submission
from comments_service.text.reading import Reading

TEXTS = st.text(max_size=120)
COURSES = st.lists(st.tuples(TEXTS, st.booleans()), max_size=40)


def reading(body: str, name: str = "") -> Reading:
    return Reading(Submission(name, body))


def after(course: Sequence[tuple[str, bool]], memory: Memory | None = None) -> Memory:
    memory = memory or Memory(shipped_prior())
    for body, is_spam in course:
        read = reading(body)
        memory.number += 1
        memory.learn(features_of(read), is_spam=is_spam, phrases=phrases_of(read))
    return memory


@given(st.text(max_size=400), st.text(max_size=40), st.integers(0, 5))
def test_features_are_kept_as_they_are(body: str, name: str, copies: int) -> None:
    features = features_of(reading(body, name), copies=copies)
    again = decode_features(features.encode())
    assert np.array_equal(features.buckets, again.buckets)
    assert np.array_equal(features.scales, again.scales)
    assert features.buckets.min() >= 0
    assert features.buckets.max() < BUCKETS
    assert len(features.letters) <= MOST >= len(features.words)
    assert not body or body not in features.encode().decode("latin-1") or len(body) < 3


def test_a_text_has_so_many_features_at_most() -> None:
    body = "".join(chr(0x4E00 + n % 9_000) for n in range(MAX_BODY))
    assert len(features_of(reading(body)).encode()) < 20_000


@pytest.mark.parametrize("data", [b"", b"\0" * 12, b"\1\0\0\0" * 3 + b"xyz", b"\xff" * 40])
def test_what_are_no_features_is_said(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_features(data)


@given(TEXTS)
def test_phrases_are_kept_as_they_are(body: str) -> None:
    phrases = phrases_of(reading(body))
    assert np.array_equal(decode_phrases(encode_phrases(phrases)), phrases)
    assert len(set(phrases.tolist())) == len(phrases)


@settings(max_examples=30)
@given(COURSES, st.integers(0, 40))
def test_a_snapshot_goes_on_where_it_stands(course: list[tuple[str, bool]], cut: int) -> None:
    whole = after(course)
    begun = decode_memory(after(course[:cut]).encode(), shipped_prior())
    assert after(course[cut:], begun).digest() == whole.digest()


@settings(max_examples=30)
@given(COURSES)
def test_the_same_lessons_give_the_same_bytes(course: list[tuple[str, bool]]) -> None:
    first, second = after(course), after(list(course))
    assert first.digest() == second.digest()
    assert first.learner.weights.weights.tobytes() == second.learner.weights.weights.tobytes()
    assert first.learner.count == len(course)


COURSE = [(f"buy {n} pills at http://p{n % 7}.example", True) for n in range(120)] + [
    (f"the {n} swans on the lake were fed by {n % 9} children", False) for n in range(150)
]
MIXED = sorted(COURSE, key=lambda lesson: hashlib.blake2b(lesson[0].encode()).digest())


def test_a_course_gives_the_weights_that_it_always_gave() -> None:
    """Written down: other weights on another machine or release would be found here.

    Whoever changes the learner, the features or the prior raises their versions, and this.
    """
    weights = after(MIXED).learner.weights
    digest = hashlib.blake2b(weights.weights.tobytes() + weights.doubts.tobytes(), digest_size=8)
    assert digest.hexdigest() == "1e6758a44fa1468a"


def test_doubts_only_fall_and_stay_above_nothing() -> None:
    doubts = after(MIXED).learner.weights.doubts
    assert doubts.min() > 0
    assert doubts.max() == SURE


def test_a_memory_has_a_bounded_size() -> None:
    memory = after(MIXED * 3)
    weights = memory.learner.weights
    assert weights.weights.nbytes + weights.doubts.nbytes == 2 << 20
    assert len(memory.learner.latest) == 32
    assert len(memory.recall(features_of(reading("x"))).heard) == REMEMBERED


def test_a_recollection_stays_as_it_was() -> None:
    memory = after(MIXED[:50])
    known = memory.recall(features_of(reading(MIXED[60][0])))
    before = (known.margin, known.weights.tobytes(), known.times(["pills"]))
    after(MIXED[50:], memory)
    assert (known.margin, known.weights.tobytes(), known.times(["pills"])) == before


def test_damage_of_any_byte_is_seen() -> None:
    data = after(MIXED[:40]).encode()
    for at in range(0, len(data), len(data) // 40):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(DamagedMemory):
            decode_memory(damaged, shipped_prior())
    for cut in (0, 5, 30, len(data) - 1):
        with pytest.raises(DamagedMemory):
            decode_memory(data[:cut], shipped_prior())


def test_learning_makes_a_lesson_true() -> None:
    learner = Learner()
    features = features_of(reading("a rather plain remark"))
    for _ in range(5):
        learner.learn(Lesson(features, 0.0, is_spam=True))
    assert learner.margin(features, 0.0) > 0.5


def test_what_ships_is_small() -> None:
    assert len(FILE.read_bytes()) < 300_000


@pytest.mark.parametrize("body", ["", "Buy now!", "Visit www.shop.example for $5 a day. " * 30])
def test_sums_by_part_are_those_by_bucket(body: str) -> None:
    features = features_of(reading(body))
    weights = np.arange(BUCKETS, dtype=np.int32) * 7_919 % 104_729 - 50_000
    assert features.weighed(weights) == (weights[features.buckets] * features.scales).sum()
