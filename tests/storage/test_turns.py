"""Writers on SQLite take turns and share commits: who waits comes along, and who fails fails alone.

Time is never measured: a test holds the turn itself until everybody waits.
"""

import contextvars
import dataclasses
import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

from comments_service.config import Settings
from comments_service.domain.errors import Raced, Unavailable
from comments_service.storage import turns, write
from comments_service.storage.db import db

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

Work = Callable[[Connection], Any]


def lease(name: str) -> Work:
    """A write that everybody can tell from others."""

    def work(conn: Connection) -> str:
        conn.execute(text("INSERT INTO lease VALUES (:name, 'somebody', 1)"), {"name": name})
        return name

    return work


@dataclass
class Stage:
    """An application on a SQLite file, and what stands in it."""

    app: Flask
    path: Path
    commits: int = 0

    def leases(self) -> set[str]:
        """What anybody else would read now."""
        with sqlite3.connect(self.path) as connection:
            found = {name for (name,) in connection.execute("SELECT name FROM lease")}
        connection.close()
        return found

    @contextmanager
    def turn_taken(self) -> Iterator[None]:
        """Nobody gets a turn while the block lasts, as if another process had it."""
        with Path(f"{self.path}.turn").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def write(self, work: Work) -> Any:
        with self.app.app_context():
            return write(work)

    def together(self, *works: Work) -> list[Future[Any]]:
        """Let all of them wait for one turn: the first leads, the others follow in any order."""
        with ThreadPoolExecutor(len(works)) as pool:
            with self.turn_taken():
                first = pool.submit(self.write, works[0])
                wait_until(lambda: self.turns._is_led)
                others = [pool.submit(self.write, work) for work in works[1:]]
                wait_until(lambda: len(self.turns._waiting) == len(others))
            return [first, *others]

    @property
    def turns(self) -> turns.Turns:
        found: turns.Turns = self.app.extensions["comments_storage"].turns
        return found


def wait_until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(2_000):
        if true():
            return
        pause.wait(0.005)
    raise AssertionError("It never came true.")


@pytest.fixture
def stage(app: Flask, database_url: str) -> Iterator[Stage]:
    found = Stage(app, Path(database_url.removeprefix("sqlite:///")))
    with app.app_context():
        engine = db.engine

    def count(_conn: Connection) -> None:
        found.commits += 1

    event.listen(engine, "commit", count)
    yield found
    event.remove(engine, "commit", count)


def test_who_waits_for_a_turn_shares_one_commit(stage: Stage) -> None:
    names = [f"writer {n}" for n in range(16)]
    done = stage.together(*map(lease, names))
    assert [future.result() for future in done] == names
    assert stage.commits == 1
    assert stage.leases() == set(names)


def test_who_comes_alone_commits_alone(stage: Stage) -> None:
    for n in range(3):
        stage.write(lease(f"writer {n}"))
        assert stage.commits == n + 1


class TestOneTogether:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, writes_together=1)

    def test_where_the_setting_says_so_nobody_shares(self, stage: Stage) -> None:
        done = stage.together(*(lease(f"writer {n}") for n in range(5)))
        assert len({future.result() for future in done}) == 5
        assert stage.commits == 5


def test_nobody_is_answered_before_it_is_stored(stage: Stage) -> None:
    seen: dict[str, bool] = {}

    def write_and_look(name: str) -> None:
        stage.write(lease(name))
        seen[name] = name in stage.leases()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_and_look, [f"writer {n}" for n in range(64)]))
    assert len(seen) == 64
    assert all(seen.values())


def failing(name: str, problem: type[Exception]) -> Work:
    """A write that fails after it has written."""

    def work(conn: Connection) -> None:
        lease(name)(conn)
        raise problem

    return work


@pytest.mark.parametrize("leads", [True, False])
def test_who_fails_fails_alone(stage: Stage, leads: bool) -> None:
    stage.write(lease("known"))
    works = [failing("an error", KeyError), lease("known"), *(lease(f"writer {n}") for n in "abc")]
    if not leads:
        works.reverse()
    errors = [future.exception() for future in stage.together(*works)]
    told = errors if leads else errors[::-1]
    assert [type(error) for error in told[:2]] == [KeyError, Raced]
    assert told[2:] == [None] * 3
    assert stage.leases() == {"known", "writer a", "writer b", "writer c"}


def test_where_the_leader_fails_the_others_need_one_commit(stage: Stage) -> None:
    done = stage.together(failing("first", KeyError), *(lease(f"writer {n}") for n in "abc"))
    assert isinstance(done[0].exception(), KeyError)
    assert stage.commits == 1
    assert len(stage.leases()) == 3


def refused_at_commit(conn: Connection) -> None:
    """A write that SQLite refuses only when it is to be stored."""
    conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    conn.exec_driver_sql("INSERT INTO thread_key VALUES (1, 'u://nowhere', 1)")


def gives_up_everything(conn: Connection) -> None:
    """What SQLite does by itself where the disk is full."""
    conn.exec_driver_sql("ROLLBACK")
    raise KeyError


@pytest.mark.parametrize("work", [refused_at_commit, gives_up_everything])
@pytest.mark.parametrize("place", [0, 2])
def test_where_nothing_can_be_stored_nobody_is_told_otherwise(
    stage: Stage, work: Work, place: int
) -> None:
    works: list[Work] = [lease(f"writer {n}") for n in "abc"]
    works.insert(place, work)
    errors = [future.exception() for future in stage.together(*works)]
    names = [f"writer {n}" for n in "abc"]
    names.insert(place, "none")
    stored = {name for name, error in zip(names, errors, strict=True) if error is None}
    assert stage.leases() == stored
    assert {type(error) for error in errors} <= {Unavailable, KeyError, type(None)}
    assert errors[place] is not None
    stage.write(lease("afterwards"))


def test_connections_that_only_read_are_left_once_somebody_would_write(stage: Stage) -> None:
    """As they are for good where they were opened while the file was for reading only."""
    with stage.app.app_context(), ExitStack() as held:
        for _ in range(3):
            held.enter_context(db.engine.connect()).exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(Unavailable):
        stage.write(lease("lost"))

    def is_stored() -> bool:
        with suppress(Unavailable):  # For a moment nobody tries.
            stage.write(lease("a"))
        return stage.leases() == {"a"}

    wait_until(is_stored)


def test_a_work_runs_with_its_writers_own_context(stage: Stage) -> None:
    whose: contextvars.ContextVar[int] = contextvars.ContextVar("whose")

    def write_mine(number: int) -> tuple[int, int]:
        whose.set(number)
        return number, stage.write(lambda _conn: whose.get())

    with ThreadPoolExecutor(8) as pool:
        assert all(mine == seen for mine, seen in pool.map(write_mine, range(64)))


def test_who_waited_for_too_long_has_stored_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with ThreadPoolExecutor(2) as pool:
        with stage.turn_taken():
            leader = pool.submit(stage.write, lease("leader"))
            wait_until(lambda: stage.turns._is_led)
            with pytest.raises(Unavailable):
                stage.write(lease("impatient"))
        assert leader.result() == "leader"
    assert stage.leases() == {"leader"}


WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from comments_service.storage import write
from tests.storage.test_turns import lease
from tests.support.clock import Clock
from tests.support.service import make_app, settings_for

url, who, threads, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
app = make_app(settings_for(Path(), url), Clock())

def run(thread):
    for n in range(each):
        with app.app_context():
            name = write(lease(f"{who} {thread} {n}"))
        sys.stdout.write(name + "\\n")
        sys.stdout.flush()

with ThreadPoolExecutor(threads) as pool:
    list(pool.map(run, range(threads)))
"""


def writer(url: str, who: str, threads: int, each: int) -> subprocess.Popen[str]:
    """Another process that writes, and says each name when it was told that it is stored."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, who, str(threads), str(each)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": "."},
    )


@pytest.mark.slow
def test_two_processes_with_32_writers_never_find_it_locked(
    stage: Stage, database_url: str
) -> None:
    processes = [writer(database_url, who, 16, 12) for who in ("one", "two")]
    said = [process.communicate()[0].split("\n") for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert stage.leases() == {name for lines in said for name in lines if name}
    assert len(stage.leases()) == 2 * 16 * 12


@pytest.mark.slow
def test_killed_in_the_middle_it_has_stored_what_it_said_and_keeps_nobody_waiting(
    stage: Stage, database_url: str
) -> None:
    process = writer(database_url, "killed", 8, 100_000)
    assert process.stdout is not None
    said = [process.stdout.readline().strip() for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    said += process.stdout.read().split("\n")[:-1]
    process.wait()
    process.stdout.close()
    assert stage.write(lease("the next")) == "the next"
    assert {name for name in said if name} <= stage.leases()
