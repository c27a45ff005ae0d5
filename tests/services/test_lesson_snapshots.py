"""Snapshots of what was taught: the same as all lessons, few, and never used when damaged."""

from collections.abc import Callable

import pytest

from comments_service.services import memories
from comments_service.services.memories import (
    Memories,
    keep_snapshots,
)
from comments_service.services.sites import show_site
from comments_service.storage import read
from comments_service.storage.queries.lessons import (
    snapshot_numbers,
)
from tests.cast import Cast
from tests.services.test_lessons import recalled, teach_some


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> Callable[[Cast], list[int]]:
    """Snapshots after two lessons; asks the job for them."""
    monkeypatch.setattr(memories, "EVERY", 2)
    monkeypatch.setattr(memories, "MEMORIES", Memories())

    def keep(cast: Cast) -> list[int]:
        with cast.app.app_context():
            keep_snapshots()
            with read() as conn:
                return snapshot_numbers(conn, show_site("gazette").id)

    return keep


def test_snapshots_say_the_same_as_all_lessons(
    cast: Cast, often: Callable[[Cast], list[int]]
) -> None:
    teach_some(cast, 3)
    assert often(cast) == [3]
    assert often(cast) == [3]
    teach_some(cast, 3, 3)
    assert often(cast) == [3, 6]
    teach_some(cast, 1, 6)
    known = recalled(cast.app)
    cast.execute("DELETE FROM spam_snapshot")
    again = recalled(cast.app)
    assert (known.margin, known.weights.tobytes()) == (again.margin, again.weights.tobytes())
    assert known.times(["cheap pills", "from home"]) == again.times(["cheap pills", "from home"])


def test_an_undo_forgets_the_snapshots_it_made_untrue(
    cast: Cast, often: Callable[[Cast], list[int]]
) -> None:
    decisions: list[str] = []
    for n in range(3):
        decisions += teach_some(cast, 2, 2 * n)
        often(cast)
    assert often(cast) == [2, 4, 6]
    process = Memories()
    recalled(cast.app, process=process)
    assert cast.alice.undo(decisions[3]).status_code == 200
    with cast.app.app_context(), read() as conn:
        assert snapshot_numbers(conn, show_site("gazette").id) == [2]
    known = recalled(cast.app, process=process)
    cast.execute("DELETE FROM spam_snapshot")
    assert known.margin == recalled(cast.app).margin
    assert known.lessons == 5


def test_a_snapshot_of_before_an_undo_is_not_stored_after_it(cast: Cast) -> None:
    decisions = teach_some(cast, 4)
    with cast.app.app_context():
        site = show_site("gazette")
        with read() as conn:
            number, data = Memories().encoded(conn, site.id, site.lessons)
        cast.alice.undo(decisions[1])
        assert memories.store_snapshot(site.id, number, data) is False


def test_a_damaged_snapshot_is_not_used(cast: Cast, often: Callable[[Cast], list[int]]) -> None:
    teach_some(cast, 2)
    often(cast)
    teach_some(cast, 2, 2)
    assert often(cast) == [2, 4]
    teach_some(cast, 1, 4)
    known = recalled(cast.app)
    for damaged in (b"", b"spam-memory\n" + bytes(99)):
        for number in (4, 2):
            cast.execute(
                "UPDATE spam_snapshot SET memory = :memory WHERE number = :number",
                memory=damaged,
                number=number,
            )
            found = recalled(cast.app)
            assert (found.lessons, found.margin) == (5, known.margin)


def test_few_snapshots_are_kept(cast: Cast, often: Callable[[Cast], list[int]]) -> None:
    for n in range(12):
        teach_some(cast, 2, 2 * n)
        often(cast)
    assert often(cast) == [2, 4, 10, 12, 18, 20, 22, 24] or len(often(cast)) <= 8


def test_a_damaged_lesson_teaches_nothing_and_is_named(cast: Cast) -> None:
    teach_some(cast, 3)
    cast.execute("UPDATE spam_lesson SET features = :data WHERE number = 1", data=b"\1\2")
    assert recalled(cast.app).lessons == 2
    assert any("lesson 1 cannot be read" in fault for fault in cast.broken())


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM spam_lesson WHERE number = 2", "a lesson is missing before 3"),
        ("UPDATE spam_course SET number = 9", "9 lessons were given, and the last one is 4"),
        ("DELETE FROM spam_lesson", "all of 4 lessons are missing"),
        ("UPDATE spam_lesson SET decision_id = 5 WHERE number = 1", "lesson 1 has no decision"),
        ("UPDATE spam_lesson SET holds = :no WHERE number = 3", "lesson 3 says of itself wrongly"),
    ],
)
def test_breaks_are_named(cast: Cast, damage: str, told: str) -> None:
    teach_some(cast, 4)
    assert cast.broken() == []
    cast.execute(damage, **({"no": False} if ":no" in damage else {}))
    assert any(told in fault for fault in cast.broken()), cast.broken()
