"""Promise 2: acknowledged comments survive a power cut.

The database of a running service stands on a disk of its own. Under clients that post and decide
every process is stopped, the disk's image is copied as it is, and they go on. In the copy, after
the file system's and SQLite's own repairs, everything must stand that had been acknowledged. With a
database that does not wait for the disk, the same test finds losses: it can fail.
"""

import logging
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pytest

from comments_service.domain.ids import encode_id
from tests.promises.crash import Crowd, Said, Talk, crowd
from tests.support.database import SqliteTemplate, sqlite_url
from tests.support.instance import Instance, instance, seen_again
from tests.support.launchpad import Launchpad, Server, launchpad
from tests.support.line import Line, wait_until
from tests.support.power_cuts import Disk, new_disk, require_loop_disks
from tests.support.server import free_ports

SEED: Final = 2
CUTS: Final = 100
AT_LEAST: Final = 100
"""Comments acknowledged between two cuts."""
TO_A_DISK: Final = 10
"""Cuts; the next begin with an empty disk."""
CARELESS: Final = """
from comments_service.storage import begin
careful = begin._configure_sqlite
def careless(connection, record):
    careful(connection, record)
    connection.execute("PRAGMA synchronous=NORMAL")
begin._configure_sqlite = careless
"""
"""What many recommend with a write-ahead log: a commit does not wait for the disk."""
log = logging.getLogger(__name__)


@dataclass
class Seen:
    """What the cuts came to."""

    cuts: int = 0
    acknowledged: int = 0
    lost: list[Said] = field(default_factory=list)


@dataclass
class Cuts:
    """Power cuts, disk after disk."""

    pad: Launchpad
    template: SqliteTemplate
    folder: Path
    random: Random
    at_least: int
    seen: Seen = field(default_factory=Seen)
    before: int = 0
    """Comments that had been acknowledged when this disk's power was last cut."""

    def run(self, cuts: int) -> None:
        for first in range(0, cuts, TO_A_DISK):
            with new_disk(self.folder / f"disk-{first}") as disk:
                home = disk.mounted / "instance"
                home.mkdir()
                url = self.template.fresh(home)
                with instance(home, url) as under_test:
                    disk.bring_to_disk()
                    self.run_disk(disk, under_test, min(TO_A_DISK, cuts - first))

    def run_disk(self, disk: Disk, under_test: Instance, cuts: int) -> None:
        port = free_ports()
        everybody = crowd(under_test, port, self.random)
        self.before = 0
        words = ["run", "--port", str(port), "--workers", "2"]
        server = self.pad.start(words, under_test.env, self.folder / "log")
        try:
            line = Line(port)
            line.insist("GET", "/readyz")
            line.close()
            with Talk(everybody) as talk:
                for _ in range(cuts):
                    talk.until_acknowledged(self.at_least + self.random.randrange(20))
                    self.cut(disk, everybody, server)
        finally:
            server.kill()

    def cut(self, disk: Disk, everybody: Crowd, server: Server) -> None:
        server.signal_all(signal.SIGSTOP)
        try:
            wait_until(server.is_stopped, "a process went on after SIGSTOP")
            with disk.after_a_cut(self.folder) as found:
                # Whatever a client has heard by now was sent before the cut.
                self.look(found / "instance", everybody)
        finally:
            server.signal_all(signal.SIGCONT)

    def look(self, home: Path, everybody: Crowd) -> None:
        deciding = [client.deciding for client in everybody.clients]
        said = everybody.said
        standing = {comment.id: comment.standing for comment in said}
        with seen_again(home, sqlite_url(home / "comments.db")) as after:
            assert after.rows("PRAGMA integrity_check") == [("ok",)]
            rows = after.rows("SELECT id, body, status FROM comment")
            stored = {encode_id(row.id): row for row in rows}
            self.seen.lost += [
                comment
                for comment in said
                if comment.id not in stored
                or (stored[comment.id].status != standing[comment.id] and comment not in deciding)
            ]
            bodies = [row.body for row in rows]
            assert len(set(bodies)) == len(bodies), "something is there twice"
            assert after.broken() == []
        assert len(said) - self.before >= self.at_least
        self.seen.cuts += 1
        self.seen.acknowledged += len(said) - self.before
        self.before = len(said)
        log.info(
            "%s cuts, %s acknowledged, %s lost",
            self.seen.cuts,
            self.seen.acknowledged,
            len(self.seen.lost),
        )


def cut_the_power(
    template: SqliteTemplate, folder: Path, cuts: int, at_least: int, prelude: str = ""
) -> Seen:
    """So many cuts under load."""
    require_loop_disks()
    with launchpad(folder, prelude) as pad:
        cutting = Cuts(pad, template, folder, Random(SEED), at_least)
        cutting.run(cuts)
    return cutting.seen


@pytest.mark.slow
def test_promise_02_a_power_cut_loses_nothing(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    seen = cut_the_power(sqlite_template, tmp_path, 3, 20)
    assert seen.cuts == 3
    assert seen.lost == []


@pytest.mark.slow
def test_promise_02_the_test_would_see_a_loss(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    assert cut_the_power(sqlite_template, tmp_path, 3, 20, CARELESS).lost


@pytest.mark.long
@pytest.mark.timeout(0)
def test_promise_02_a_hundred_power_cuts_lose_nothing(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    seen = cut_the_power(sqlite_template, tmp_path, CUTS, AT_LEAST)
    assert seen.cuts == CUTS
    assert seen.lost == []
