"""Promise 1: acknowledged comments survive kill -9, and a client's retry doubles none.

A server with two workers is killed under clients that post and decide: all of it, or one worker, or
the PostgreSQL below it. It starts again, the clients ask again under their Idempotency-Keys, and
then everything that they were told must stand there, once.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.promises.crash import Crowd, Talk, assert_all_is_there, crowd, now
from tests.support.database import SqliteTemplate
from tests.support.instance import Instance, instance
from tests.support.launchpad import Launchpad, Server, launchpad
from tests.support.line import Line, wait_until
from tests.support.own_postgres import OwnPostgres, own_postgres
from tests.support.server import free_ports
from tests.support.service import migrate_database

SEED: Final = 1
CYCLES: Final = 1_000
TO_AN_INSTANCE: Final = 50
"""Cycles; the next begin with an empty instance, so that looking at everything stays quick."""
MOST_ACKNOWLEDGED: Final = 40
"""Comments between two kills, at most."""
log = logging.getLogger(__name__)


@dataclass
class Place:
    """Where instances come from: a database of one kind, and what kills it."""

    folder: Path
    template: SqliteTemplate
    postgres: OwnPostgres | None

    def new_instance(self, number: int) -> AbstractContextManager[Instance]:
        """An empty instance, for a block."""
        home = self.folder / f"instance-{number}"
        home.mkdir()
        if self.postgres is None:
            url = self.template.fresh(home)
        else:
            self.postgres.ensure_template("migrated", migrate_database)
            name = f"crash_{number}"
            self.postgres.create(name, "migrated")
            url = self.postgres.url(name)
        return instance(home, url)


@dataclass
class Loop:
    """Cycles of killing, and what was seen in them."""

    pad: Launchpad
    place: Place
    random: Random
    server: Server = field(init=False)
    seen: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    """Of the present instance, when its last cycle ended."""

    def run(self, cycles: int) -> None:
        for first in range(0, cycles, TO_AN_INSTANCE):
            with self.place.new_instance(first) as under_test:
                self.run_instance(under_test, min(TO_AN_INSTANCE, cycles - first))

    def run_instance(self, under_test: Instance, cycles: int) -> None:
        port = free_ports()
        everybody = crowd(under_test, port, self.random)
        self.acknowledged = 0
        try:
            self.start(under_test, port)
            for number in range(cycles):
                self.cycle(number, everybody)
        finally:
            self.server.kill()

    def start(self, under_test: Instance, port: int) -> None:
        """Have the server run, and answer."""
        words = ["run", "--port", str(port), "--workers", "2"]
        self.server = self.pad.start(words, under_test.env, self.place.folder / "log")
        line = Line(port)
        status, said, _ = line.insist("GET", "/readyz")
        line.close()
        assert status == 200, said

    def cycle(self, number: int, everybody: Crowd) -> None:
        """Talk, kill, start again, ask again, look."""
        what = self.choose(number)
        with Talk(everybody) as talk:
            talk.until_acknowledged(self.random.randint(1, MOST_ACKNOWLEDGED))
            if what == "all" and self.random.random() < 0.1:
                self.let_the_job_runner_work(everybody.instance)
            killed_at = now()
            if what == "worker":
                self.server.kill_worker(self.random.randrange(2))
            elif what == "all":
                self.server.kill()
                self.end_lease(everybody.instance)
                self.start(everybody.instance, everybody.line.port)
            else:
                self.kill_postgres(what)
            talk.until_acknowledged(1)
        self.note(what, everybody, killed_at)
        assert_all_is_there(everybody)

    def choose(self, number: int) -> str:
        """What is killed: in turns all and one worker, whom the server starts again; or below.

        A server whose worker ends twice within seconds gives up by itself, so each has it once.
        """
        if number % 2:
            return "all"
        if self.place.postgres is not None and number % 24 == 4:
            return self.random.choice(["postmaster", "postgres"])
        return "worker"

    def kill_postgres(self, what: str) -> None:
        """Kill it or have it stop at once, and start it again; the service is left alone."""
        assert self.place.postgres is not None
        if what == "postmaster":
            self.place.postgres.kill()
        else:
            self.place.postgres.stop_immediately()
        self.place.postgres.start()

    def end_lease(self, under_test: Instance) -> None:
        """Let the next job runner begin at once; that a lease runs out has tests of its own.

        For the 90 seconds of a killed one's lease nothing would be sealed, so that few job runners
        were killed at their work.
        """
        under_test.change("DELETE FROM lease")

    def let_the_job_runner_work(self, under_test: Instance) -> None:
        """Wait until it has sealed something once more, so that it is killed at its work, too."""
        heads = under_test.home / "log_heads.json"
        before = heads.read_bytes() if heads.exists() else b""
        wait_until(lambda: heads.exists() and heads.read_bytes() != before, "nothing was sealed")

    def note(self, what: str, everybody: Crowd, killed_at: datetime) -> None:
        """Remember what this cycle saw, for the run's last line."""
        asked_again, unheard = everybody.asked_again(killed_at)
        self.seen.update(
            {
                "cycles": 1,
                f"killed {what}": 1,
                "asked again": asked_again,
                "of these stored before": unheard,
                "acknowledged": everybody.acknowledged() - self.acknowledged,
            }
        )
        self.acknowledged = everybody.acknowledged()
        log.info("seen so far: %s", json.dumps(self.seen))


@pytest.fixture
def place(backend: str, sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Place]:
    """Where instances come from, on each database."""
    with ExitStack() as stack:
        own = stack.enter_context(own_postgres()) if backend == "postgres" else None
        yield Place(tmp_path, sqlite_template, own)


def kill_and_look(place: Place, cycles: int) -> None:
    """Run the loop; it must have interrupted somebody, or it has shown nothing."""
    with launchpad(place.folder) as pad:
        loop = Loop(pad, place, Random(SEED))
        loop.run(cycles)
    assert loop.seen["cycles"] == cycles
    assert loop.seen["asked again"] > 0, loop.seen


@pytest.mark.slow
def test_promise_01_killed_under_load_nothing_is_lost_or_doubled(place: Place) -> None:
    kill_and_look(place, 4)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_promise_01_killed_a_thousand_times_nothing_is_lost_or_doubled(place: Place) -> None:
    kill_and_look(place, CYCLES)
