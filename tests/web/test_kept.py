"""What is kept stays within its bound, goes when it is old, and is made by one at a time."""

import tracemalloc

import pytest

from comments_service.web.kept import MOST_OF_ALL, Kept
from comments_service.web.whole import Whole, accepts_gzip, is_known


def whole(*depends: int, length: int = 1_000) -> Whole:
    return Whole(bytes(length), [("Content-Type", "text/plain")], frozenset(depends))


def keep(kept: Kept, key: str, answer: Whole) -> None:
    making, is_ours = kept.begin(key)
    assert is_ours
    kept.end(key, making, answer)


def ask(kept: Kept, key: str) -> bool:
    """As the layer before Flask does; keeps an answer where there was none."""
    found = kept.answers.get(key)
    if found is None:
        keep(kept, key, whole(1))
        return False
    found.asked += 1
    return True


@pytest.mark.parametrize("length", [100, 5_000])
def test_no_more_is_kept_than_may_be(length: int) -> None:
    """By its own reckoning, and by Python's: every byte that keeping costs."""
    kept = Kept(1024 * 1024)
    tracemalloc.start()
    for number in range(3_000):
        answer = Whole(bytes(length), [("Content-Type", "text/plain")], frozenset(range(20)))
        answer.form_for("gzip")
        keep(kept, f"/api/v1/counts?url={number}", answer)
        assert kept.size <= kept.capacity
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken <= kept.capacity
    assert kept.size > kept.capacity / 2


def test_what_would_take_too_much_of_it_is_not_kept() -> None:
    kept = Kept(1024 * 1024)
    keep(kept, "large", whole(length=kept.capacity // MOST_OF_ALL))
    assert (len(kept.answers), kept.size) == (0, 0)


def test_who_asks_for_ever_other_pages_pushes_out_none_that_many_ask_for() -> None:
    kept = Kept(200_000)
    hot = [f"hot {n}" for n in range(10)]
    for key in hot:
        ask(kept, key)
    missed = 0
    for number in range(4_000):
        for _ in range(2 if number % 5 == 0 else 1):
            ask(kept, f"hostile {number}")
        missed += not ask(kept, hot[number % len(hot)])
    assert missed == 0


def test_what_nobody_asks_for_any_more_goes() -> None:
    kept = Kept(200_000)
    for _ in range(100):
        ask(kept, "once hot")
    for number in range(1_000):
        ask(kept, f"other {number}")
    assert "once hot" not in kept.answers


def test_only_what_depends_on_a_change_goes() -> None:
    kept = Kept(1024 * 1024)
    for key, depends in (("a", (1,)), ("b", (2,)), ("both", (1, 2)), ("none", ())):
        keep(kept, key, whole(*depends))
    kept.forget(frozenset({1, 99}))
    assert set(kept.answers) == {"b", "none"}
    kept.forget(None)
    assert (len(kept.answers), kept.size, kept._dependents) == (0, 0, {})


def test_taking_an_answers_place_takes_its_room() -> None:
    kept = Kept(1024 * 1024)
    keep(kept, "a", whole(1, length=5_000))
    keep(kept, "a", whole(2))
    assert kept.size == kept.answers["a"].size
    kept.forget(frozenset({1}))
    assert set(kept.answers) == {"a"}


@pytest.mark.parametrize("change", [frozenset({1}), None])
def test_what_changes_while_an_answer_is_made_is_not_kept(change: frozenset[int] | None) -> None:
    kept = Kept(1024 * 1024)
    making, _ = kept.begin("a")
    kept.forget(change)
    kept.end("a", making, whole(1))
    assert "a" not in kept.answers
    making, _ = kept.begin("a")
    kept.forget(frozenset({2}))
    kept.end("a", making, whole(1))
    assert "a" in kept.answers, "another thread's change is no matter"


def test_one_makes_it_and_the_others_wait() -> None:
    kept = Kept(1024 * 1024)
    making, is_ours = kept.begin("a")
    other, is_theirs = kept.begin("a")
    assert (is_ours, is_theirs) == (True, False)
    assert other is making
    assert not making.done.is_set()
    kept.end("a", making, None)
    assert making.done.is_set()
    assert kept.begin("a")[1], "nothing was kept, so the next one makes it"


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", True),
        ("deflate , gzip ;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("identity", False),
        ("", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzipped", False),
        ("br", False),
        ("gzip;q=much", False),
        ("gzip;level=9", True),
    ],
)
def test_gzip_is_for_who_takes_it(accepted: str, taken: bool) -> None:
    assert accepts_gzip(accepted) is taken


@pytest.mark.parametrize(
    ("known", "holds"),
    [
        ('"a-1"', True),
        ('W/"a-1"', True),
        ('"b", W/"a-1" , "c"', True),
        ("*", True),
        ('"b"', False),
        ('"a-1-gzip"', False),
        ('"xa-1"', False),
        ("a-1", False),
        ("", False),
        ('"', False),
    ],
)
def test_a_tag_is_known_or_not(known: str, holds: bool) -> None:
    assert is_known(known, '"a-1"') is holds


def test_one_answer_goes_however_often_all_are_asked_for() -> None:
    kept = Kept(2_000_000)
    number = 0
    while kept.size + 6_000 < kept.capacity:
        ask(kept, f"hot {number}")
        kept.answers[f"hot {number}"].asked = 10**9
        number += 1
    before = len(kept.answers)
    keep(kept, "new", whole(length=2_000))
    assert "new" in kept.answers
    assert len(kept.answers) <= before
