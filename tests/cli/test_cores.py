"""Workers that are as many as the cores stay on one each; others go where the system sends them."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

import pytest

from comments_service.cli.cores import Cores, cores_for


@pytest.mark.parametrize(
    ("workers", "allowed", "cores"),
    [
        pytest.param(2, {0, 1}, (0, 1), id="one each"),
        pytest.param(2, {5, 3}, (3, 5), id="the cores that the process may use, not the first"),
        pytest.param(5, {0, 1}, (0, 1, 0, 1, 0), id="several on each, as evenly as it goes"),
        pytest.param(2, {0, 1, 2, 3}, (), id="with cores to spare the system chooses"),
        pytest.param(1, {0, 1}, (), id="one worker may be wherever it is quiet"),
        pytest.param(4, {0}, (), id="of one core there is nothing to choose"),
    ],
)
def test_which_cores(workers: int, allowed: set[int], cores: tuple[int, ...]) -> None:
    assert cores_for(workers, allowed) == cores


def stay(cores: Cores, tell: Connection) -> None:
    cores.take()
    tell.send(os.sched_getaffinity(0))
    signal.pause()


class Worker:
    """A fork that took a core, and holds it until it is killed."""

    def __init__(self, cores: Cores) -> None:
        forks = multiprocessing.get_context("fork")
        heard, tell = forks.Pipe(duplex=False)
        self._process = forks.Process(target=stay, args=(cores, tell), daemon=True)
        self._process.start()
        self.allowed: set[int] = heard.recv()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


@pytest.fixture
def two_cores() -> set[int]:
    allowed = os.sched_getaffinity(0)
    if len(allowed) != 2:
        pytest.skip("This needs two cores: with more, two workers are given none.")
    return allowed


def test_no_two_workers_are_given_one_core_and_a_new_one_takes_the_place_of_a_dead_one(
    two_cores: set[int],
) -> None:
    cores = Cores()
    with cores.offered(2):
        first, second = Worker(cores), Worker(cores)
        assert [len(first.allowed), len(second.allowed)] == [1, 1]
        assert first.allowed | second.allowed == two_cores
        first.kill()
        third = Worker(cores)
        assert third.allowed == first.allowed
        third.kill()
        second.kill()
    assert os.sched_getaffinity(0) == two_cores, "who offers stays where it was"


def test_who_finds_no_place_goes_where_the_system_sends_it(two_cores: set[int]) -> None:
    cores = Cores()
    with cores.offered(2):
        workers = [Worker(cores) for _ in range(3)]
        for worker in workers:
            worker.kill()
    assert workers[2].allowed == two_cores


def test_where_a_sandbox_forbids_to_choose_nobody_minds(
    two_cores: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(_pid: int, _cores: set[int]) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", forbid)
    cores = Cores()
    with cores.offered(2):
        cores.take()
    assert os.sched_getaffinity(0) == two_cores
