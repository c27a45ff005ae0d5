"""When to look for changes, who looks, and what is forgotten: on a clock of the test's own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from comments_service.services import changes
from comments_service.services.changes import EVERY, PATIENCE, PAUSE, SLEPT, Known, Watch
from comments_service.storage.changes import EVERYTHING

NOTHING: frozenset[int] = frozenset()


@dataclass
class Stage:
    """A database that tells what the test says, and a memory that notes what it must forget."""

    now: float = 1_000.0
    wall: float = 1_700_000_000.0
    news: list[frozenset[int]] = field(default_factory=list)
    looks: int = 0
    opened: int = 0
    away: bool = False
    forgotten: list[frozenset[int] | None] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.watch = Watch(self.open, self.forgotten.append, lambda: self.now, lambda: self.wall)

    def open(self) -> "Stage":
        if self.away:
            raise OSError
        self.opened += 1
        return self

    def changed(self) -> frozenset[int]:
        self.looks += 1
        self.meanwhile()
        if self.away:
            raise OSError
        return self.news.pop(0) if self.news else NOTHING

    def close(self) -> None:
        """A reader is closed."""

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    def ask(self) -> Known:
        """As the layer before Flask asks."""
        return self.watch.look() if self.now >= self.watch.due else Known.TRUE


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(changes, "LATE", 0.05)
    found = Stage()
    assert found.ask() is Known.TRUE
    assert (found.looks, found.forgotten) == (1, [None]), "it begins with nothing"
    found.forgotten.clear()
    return found


def test_one_look_is_enough_for_a_while(stage: Stage) -> None:
    for _ in range(5):
        stage.ask()
    assert stage.looks == 1
    stage.passes(EVERY)
    stage.news = [frozenset({7, 8})]
    for _ in range(5):
        stage.ask()
    assert (stage.looks, stage.forgotten) == (2, [frozenset({7, 8})])


def test_after_a_write_of_ones_own_the_next_one_looks(stage: Stage) -> None:
    stage.watch.wrote()
    stage.ask()
    stage.ask()
    assert stage.looks == 2


def test_a_write_during_a_look_makes_another_look_due(stage: Stage) -> None:
    stage.passes(EVERY)
    stage.meanwhile = stage.watch.wrote
    stage.ask()
    stage.meanwhile = lambda: None
    stage.ask()
    stage.ask()
    assert stage.looks == 3


def test_everything_is_forgotten_where_everything_may_have_changed(stage: Stage) -> None:
    stage.passes(EVERY)
    stage.news = [frozenset({7, EVERYTHING})]
    stage.ask()
    assert stage.forgotten == [None]


@pytest.mark.parametrize("clock", ["now", "wall"])
def test_who_slept_too_long_begins_anew(stage: Stage, clock: str) -> None:
    """Also on a machine that was suspended, where one of the clocks stood still."""
    stage.passes(EVERY)
    setattr(stage, clock, getattr(stage, clock) + SLEPT)
    stage.now += EVERY
    stage.ask()
    assert (stage.opened, stage.forgotten) == (2, [None])


def test_a_database_that_is_away_is_tried_again_after_a_pause(stage: Stage) -> None:
    known_at = stage.watch.known_at
    stage.passes(EVERY)
    stage.away = True
    assert [stage.ask() for _ in range(4)] == [Known.AWAY] * 4
    assert (stage.looks, stage.forgotten) == (2, []), "nothing is forgotten yet"
    stage.watch.wrote()
    assert stage.ask() is Known.AWAY
    assert stage.watch.known_at == known_at
    stage.passes(PAUSE)
    assert stage.ask() is Known.AWAY
    stage.passes(PAUSE)
    stage.away = False
    assert stage.ask() is Known.TRUE
    assert stage.forgotten == [None], "it may be another database than before"
    assert stage.watch.known_at == stage.now


def test_who_was_answered_after_all_has_the_next_one_look_at_once(stage: Stage) -> None:
    stage.passes(EVERY)
    stage.away = True
    assert stage.ask() is Known.AWAY
    stage.away = False
    assert stage.ask() is Known.AWAY, "the pause is not over"
    stage.watch.found()
    assert stage.ask() is Known.TRUE


def test_who_was_bidden_to_leave_opens_anew_and_forgets(stage: Stage) -> None:
    stage.watch.leave()
    assert (stage.opened, stage.forgotten) == (1, []), "until somebody asks"
    assert stage.ask() is Known.TRUE
    assert (stage.opened, stage.forgotten) == (2, [None])


def test_others_go_on_while_somebody_looks_but_not_for_long(stage: Stage) -> None:
    """They wait a moment then, and take a database that answers so late for one that is away."""
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go.wait(10)

    stage.passes(EVERY)
    stage.meanwhile = slow
    looker = threading.Thread(target=stage.ask)
    looker.start()
    assert begun.wait(10)
    assert stage.ask() is Known.TRUE, "what was known 20 ms ago"
    stage.passes(2 * PATIENCE)
    assert stage.ask() is Known.AWAY
    assert stage.ask() is Known.AWAY
    go.set()
    looker.join(10)
    stage.meanwhile = lambda: None
    assert stage.ask() is Known.TRUE


def test_after_a_write_of_ones_own_nobody_goes_on_with_the_look_before(stage: Stage) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go.wait(10)

    stage.passes(EVERY)
    stage.meanwhile = slow
    looker = threading.Thread(target=stage.ask)
    looker.start()
    assert begun.wait(10)
    stage.watch.wrote()
    assert stage.ask() is Known.AWAY, "rather old and said to be so than old in silence"
    go.set()
    looker.join(10)
    stage.meanwhile = lambda: None
    assert stage.ask() is Known.TRUE
    assert stage.looks == 3


def test_closing_begins_anew(stage: Stage) -> None:
    stage.watch.close()
    stage.ask()
    assert (stage.opened, stage.forgotten) == (2, [None, None])
