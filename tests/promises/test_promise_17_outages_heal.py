"""Promise 17: in an outage nothing is acknowledged falsely, and after it all heals by itself.

It is made under a running service: every write is refused with a time to come back, reading
goes on, and when it ends the same processes go on.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from comments_service.domain.policy import PolicyMode
from tests.cast import Cast
from tests.promises.outages import PAGE, Service, running, wait_until

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


def suffer(service: Service, begin: Begin, end: End) -> None:
    """One outage from beginning to end."""
    for number in range(3):
        assert service.post(f"before-{number}").status in (201, 202)
    for _ in range(20):  # Each request has its own connection: both workers come to know the page.
        assert service.read().status == 200
    workers = service.workers()
    begin()
    try:
        wait_until(lambda: refuses(service, f"during-{service.number}"), "it never refused")
        for number in range(4):
            assert refuses(service, f"lost-{number}")
            # Reading needs no room, of what is known as of what is not.
        assert service.read().status == 200
        assert service.read(f"{PAGE}-unknown").status == 200
    finally:
        end()
    wait_until(lambda: service.post("lost-0").status in (201, 202), "writing did not heal")
    for number in range(1, 4):
        assert service.post(f"lost-{number}").status in (201, 202)
    wait_until(
        lambda: sorted(service.listed()) == sorted(service.kept), "what is kept is not shown"
    )
    assert service.workers() == workers, "it was restarted"


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
