"""Promise 17: in an outage nothing is acknowledged falsely, and after it all heals by itself.

It is made under a running service: every write is refused with a time to come back, reading
goes on, and when it ends the same processes go on.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from comments_service.domain.policy import PolicyMode
from tests.cast import Cast
from tests.promises.outages import Service, running, wait_until

Begin: TypeAlias = Callable[[], object]
End: TypeAlias = Callable[[], object]


def refuses(service: Service, key: str) -> bool:
    """Whether a write is refused as it should be; one that is stored is remembered as kept."""
    answer = service.post(key)
    if answer.status in (201, 202):
        return False
    assert answer.status in (503, 507), answer.said
    assert int(answer.headers["Retry-After"]) >= 1
    return True


def suffer(
    service: Service, begin: Begin, end: End, reads: AbstractSet[int] = frozenset({200})
) -> None:
    """One outage from beginning to end; `reads` are the answers about a page that nobody keeps."""
    for number in range(3):
        assert service.post(f"before-{number}").status in (201, 202)
    workers = service.come_to_be_known()
    begin()
    try:
        wait_until(lambda: refuses(service, f"during-{service.number}"), "it never refused")
        with ThreadPoolExecutor(16) as pool:  # Some outages take their time to refuse anybody.
            assert all(pool.map(lambda number: refuses(service, f"lost-{number}"), range(4)))
            # What each of these opens to read is of no use to writers afterwards.
            unknown = pool.map(lambda n: service.read(f"{service.page}-unknown-{n}"), range(20))
            assert {answer.status for answer in unknown} <= reads
        # Reading what is known needs nothing.
        assert service.read().status == 200
    finally:
        end()
    wait_until(lambda: not refuses(service, "lost-0"), "writing did not heal")
    for number in range(1, 4):
        wait_until(lambda: not refuses(service, f"lost-{number}"), "writing did not heal")  # noqa: B023
    # Each worker finds out for itself that it is over.
    service.come_to_be_written()
    wait_until(service.shows_what_it_kept, "what is kept is not shown")
    assert service.workers() >= workers, "it was restarted"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 8 MiB; where none may be mounted, the test is skipped."""
    folder.mkdir()
    size = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(size, capture_output=True, check=False).returncode
    ):
        pytest.skip("Nothing may be mounted here.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_promise_17_a_full_disk_heals(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        ballast = disk / "ballast"

        def fill() -> None:
            with ballast.open("wb", buffering=0) as file:
                for size in (65_536, 512):
                    try:
                        while True:
                            file.write(b"x" * size)
                    except OSError:
                        continue

        env = {"COMMENTS_HOME": str(disk / "instance")}
        with running(env, tmp_path / "log") as service:
            suffer(service, fill, ballast.unlink)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outages") / "instance"


@pytest.fixture(scope="module")
def everywhere(instance: Path) -> Iterator[Service]:
    with running({"COMMENTS_HOME": str(instance)}, instance.parent / "log") as service:
        yield service


@pytest.mark.slow
def test_promise_17_a_folder_that_vanishes_heals(everywhere: Service, instance: Path) -> None:
    """As when a volume is gone and mounted again. New connections fail; those that rest go on."""
    aside = instance.with_name("aside")
    suffer(
        everywhere.on("vanished"),
        lambda: instance.rename(aside),
        lambda: aside.rename(instance),
        reads={200, 503},
    )


@pytest.mark.slow
def test_promise_17_a_folder_for_reading_only_heals(everywhere: Service, instance: Path) -> None:
    suffer(
        everywhere.on("read-only"),
        lambda: for_reading_only(instance),
        lambda: for_writing_again(instance),
        reads={200, 503},
    )


@pytest.mark.slow
def test_promise_17_a_file_that_somebody_else_locks_heals(
    everywhere: Service, instance: Path
) -> None:
    """As a tool at the database does that was left open in a transaction."""
    with closing(sqlite3.connect(instance / "comments.db", isolation_level=None)) as other:
        suffer(
            everywhere.on("locked"),
            lambda: other.execute("BEGIN EXCLUSIVE"),
            lambda: other.execute("ROLLBACK"),
        )


def for_reading_only(folder: Path) -> None:
    """Let nobody write into a folder; root may write wherever the mount does not forbid it."""
    if os.geteuid():
        folder.chmod(0o500)
        return
    for options in ("bind", "remount,ro,bind"):
        done = subprocess.run(
            ["mount", "-o", options, str(folder), str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("Nothing may be mounted here.")


def for_writing_again(folder: Path) -> None:
    if os.geteuid():
        folder.chmod(0o700)
    else:
        # Files that are open keep nobody from it: they stay what they were opened for.
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_promise_17_a_clock_that_jumps_loses_nothing(days: int, fresh_cast: Cast) -> None:
    fresh_cast.set_site(mode=PolicyMode.POST)
    said = [fresh_cast.reader().says("Before the jump.")]
    fresh_cast.clock.advance(days=days)
    said += [fresh_cast.reader().says(f"After it, {number}.") for number in range(3)]
    fresh_cast.clock.advance(days=-days)
    said.append(fresh_cast.reader().says("And back."))
    assert sorted(row["id"] for row in fresh_cast.paged()) == sorted(said)
    assert fresh_cast.count() == len(said)
    assert fresh_cast.broken() == []
