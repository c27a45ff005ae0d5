"""Tone: what is counted, and that the list says of each word one thing."""

import pytest

from comments_service.checks.abuse_model.tone import KINDS, Tone, load, tone_of
from comments_service.text.fold import fold
from comments_service.text.reading import Passage

COUNTED = [
    ("", Tone(0, 0, 0, 0, 0)),
    ("The train leaves at nine.", Tone(0, 0, 0, 0, 0)),
    ("A liar, a liar and a fraud", Tone(3, 0, 0, 0, 2)),
    ("What a splendid, helpful answer", Tone(0, 1, 2, 0, 0)),
    ("Perhaps it is p\u0430thetic", Tone(1, 0, 0, 1, 1)),
]


@pytest.mark.parametrize(("body", "expected"), COUNTED)
def test_words_are_counted_by_kind(body: str, expected: Tone) -> None:
    assert tone_of(Passage("body", body)) == expected


def test_the_list_is_of_folded_single_words_of_every_kind() -> None:
    assert set(load().values()) == set(KINDS)
    assert [word for word in load() if fold(word).text != word or not word.isalpha()] == []


GROUPS = """black white asian african muslim jewish christian gay lesbian trans woman women man
    immigrant immigrants refugee refugees disabled blind deaf old young mexican chinese""".split()


def test_no_group_of_people_has_a_tone() -> None:
    assert set(GROUPS).isdisjoint(load())
