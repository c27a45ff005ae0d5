"""N-grams: which pieces a text has, where they stand, and that their buckets never change."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comments_service.text.ngrams import Grams
from tests.support.steps import steps_of

BITS = 18
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=80) | st.text(
    "ab .\ud800é日\U0001f600", max_size=80
)


def pieces(text: str) -> list[str]:
    places = Grams(text, BITS).places()
    return [text[a:b] for a, b in zip(places.starts, places.ends, strict=True)]


def test_a_text_has_pieces_of_letters_words_and_pairs_of_words() -> None:
    assert pieces("ab cde") == [
        *("a", "ab", "b", "c", "cd", "de", "e"),
        *("ab", "ab", "cd", "cde", "de"),
        *("ab", "cde", "cde"),
        "cde",
        *("ab", "cde"),
        "ab cde",
    ]


SAME = [
    pytest.param("a  b\n\n c", "a b c", id="white space of any length"),
    pytest.param(" a b ", "a b", id="space around"),
    pytest.param("sooooooo good", "soo good", id="a letter held long"),
    pytest.param("a\x00b", "a b", id="control characters"),
]


@pytest.mark.parametrize(("text", "like"), SAME)
def test_what_makes_no_difference(text: str, like: str) -> None:
    assert Grams(text, BITS).buckets.tolist() == Grams(like, BITS).buckets.tolist()


def test_buckets_are_those_that_weights_were_trained_for() -> None:
    """Whoever changes the arithmetic must train every model anew."""
    kinds = Grams("you é 日本 \U0001f600!", 32).buckets
    assert [int(kinds[i]) for i in (0, 1, -4, -1)] == [
        1234405829,
        48430157,
        2928680569,
        2744087043,
    ]
    assert Grams("you é 日本 \U0001f600!", 10).buckets.tolist() == (kinds >> 22).tolist()


def test_another_process_finds_the_same_buckets() -> None:
    program = (
        "from comments_service.text.ngrams import Grams\n"
        "print(Grams('so it goes', 20).buckets.sum())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert int(told.stdout) == Grams("so it goes", 20).buckets.sum()


@given(ANY_TEXT, st.integers(1, 32))
@settings(max_examples=300, deadline=None)
def test_shapes_and_places_hold_for_any_text(text: str, bits: int) -> None:
    grams = Grams(text, bits)
    places = grams.places()
    assert grams.buckets.dtype == np.uint32
    assert grams.buckets.shape == places.starts.shape == places.ends.shape
    assert all(b < 1 << bits for b in grams.buckets.tolist())
    for start, end in zip(places.starts.tolist(), places.ends.tolist(), strict=True):
        assert 0 <= start < end <= len(text)


@given(st.text(max_size=60) | st.text("ab.1_'- \n", max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_short_text_is_cut_like_a_long_one(text: str) -> None:
    """Spaces that are not kept make it long, and so do the arrays that are for long ones."""
    short, long = Grams(text, BITS), Grams(text + " " * 1_000, BITS)
    assert short.words == long.words
    assert short.buckets.tolist() == long.buckets.tolist()
    assert short.places().starts.tolist() == long.places().starts.tolist()
    assert short.places().ends.tolist() == long.places().ends.tolist()


@given(st.lists(st.text("abcdeé", min_size=1, max_size=8), max_size=12))
@settings(deadline=None)
def test_the_same_piece_has_the_same_bucket_wherever_it_stands(words: list[str]) -> None:
    text = " ".join(words)
    grams = Grams(text, 32)
    assert grams.words == len(words)
    singles = grams.buckets[len(grams.buckets) - 2 * len(words) + bool(words) :][: len(words)]
    alone = [Grams(word, 32).buckets[-1] for word in words]
    assert singles.tolist() == alone
    inside = set(grams.buckets.tolist())
    for word in words:
        assert set(Grams(word, 32).buckets.tolist()) <= inside


def test_different_pieces_share_few_buckets() -> None:
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
    alone = {int(Grams(word, 32).buckets[-1]) for word in words}
    assert len(alone) == len(words)


def test_other_sizes_of_buckets_are_refused() -> None:
    for bits in (0, 33):
        with pytest.raises(ValueError, match="bits"):
            Grams("a", bits)


def test_its_work_is_done_on_whole_arrays() -> None:
    """Python's own steps stay the same, however long the text is."""

    def steps(times: int) -> int:
        return steps_of(lambda: Grams("some words " * times, BITS).places())

    few, many = min(steps(2) for _ in range(2)), min(steps(2_000) for _ in range(2))
    assert many <= few + 20
