"""Where spans may begin and end."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.text.graphemes import whole_characters

WIDENED = [
    # Plain letters are whole.
    ("you idiot", "idiot", "idiot"),
    ("ünïcode", "nï", "nï"),
    # Marks belong to their letter, however many, before and after the span.
    ("i\u0301d\u0323iot\u0327 go", "i\u0301d\u0323iot", "i\u0301d\u0323iot\u0327"),
    ("t\u0313\u0314\u0315 go", "t", "t\u0313\u0314\u0315"),
    ("e\u0301x", "\u0301x", "e\u0301x"),
    # Joiners and what they join, skin, keycaps.
    ("f👩\u200d👧 x", "f👩", "f👩\u200d👧"),
    ("👩\u200d👧k", "👧k", "👩\u200d👧k"),
    ("👍\U0001f3fd!", "👍", "👍\U0001f3fd"),
    ("1\ufe0f\u20e3d", "1", "1\ufe0f\u20e3"),
    # Hangul's parts are one syllable.
    ("\u1112\u1161\u11ab!", "\u1112", "\u1112\u1161\u11ab"),
    # The two ends of a line are one; a mark on a space is the space's own affair.
    ("a\r\nb", "a\r", "a\r\n"),
    ("idiot \u0301x", "idiot", "idiot"),
]


@pytest.mark.parametrize(("text", "found", "whole"), WIDENED)
def test_a_span_takes_in_whole_characters(text: str, found: str, whole: str) -> None:
    start = text.index(found)
    ((begin, end),) = whole_characters(text, [(start, start + len(found))])
    assert text[begin:end] == whole


@given(
    st.text(
        alphabet="ai\u0301\u0489\u200d👩👧\U0001f3fd\r\n \u1112\u1161\u11ab\ufe0f", max_size=12
    ),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_a_span_only_grows_stays_inside_and_is_whole_at_once(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    ((begin, stop),) = whole_characters(text, [(start, end)])
    assert 0 <= begin <= start <= end <= stop <= len(text)
    assert whole_characters(text, [(begin, stop)]) == ((begin, stop),)
    for edge in (begin, stop):
        if 0 < edge < len(text) and unicodedata.combining(text[edge]):
            assert text[edge - 1].isspace()
