"""Starts the service many times, each time as a fork of one process that has loaded its code.

What a fork runs is the command itself, `comments-service run` with its workers and its job runner,
in a process group and session of its own; only the loading, most of a start's cost, is not done
again. A test that kills a thousand servers needs that. Nothing here knows what they are asked.
"""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from tests.support.killing import children, gone_after
from tests.support.server import clean_environment

ROOT: Final = Path(__file__).parents[2]
METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True)
class Server:
    """One running `comments-service run`: the leader of a process group of its own."""

    pid: int

    def workers(self) -> list[int]:
        """Its workers: forks of it, not the job runner, which is another program."""
        own = _words(self.pid)
        return [child for child in children(self.pid) if _words(child) == own]

    def everybody(self) -> list[int]:
        """Every process of the group, the job runner included."""
        return [self.pid, *children(self.pid)]

    def kill(self) -> None:
        """-9 for the whole group at once; returns when the kernel has cleared all of it away."""
        with gone_after(self.everybody()), suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def kill_worker(self, number: int) -> None:
        """-9 for one worker, of those that are there."""
        workers = self.workers()
        os.kill(workers[number % len(workers)], signal.SIGKILL)

    def signal_all(self, number: signal.Signals) -> None:
        """A signal for the whole group."""
        os.killpg(self.pid, number)

    def is_stopped(self) -> bool:
        """Whether every thread of every process stands still, after SIGSTOP."""
        return all(
            task.read_text().rpartition(")")[2].split()[0] in "TtZ"
            for pid in self.everybody()
            for task in Path(f"/proc/{pid}/task").glob("*/stat")
        )


@dataclass
class Launchpad:
    """The loaded process, and how to have it fork."""

    process: subprocess.Popen[str]

    def start(self, words: Sequence[str], env: Mapping[str, str], log: Path) -> Server:
        """Run a command of the service with these settings; its output goes to the end of `log`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"words": list(words), "env": clean_environment() | dict(env), "log": str(log)}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return Server(int(self.process.stdout.readline()))


@contextmanager
def launchpad(folder: Path, prelude: str = "") -> Iterator[Launchpad]:
    """A loaded process for the block. `prelude` is Python that it runs when all is loaded.

    The caller kills the servers that it started.
    """
    import pytest  # noqa: PLC0415 - the loaded process, which is this file, too, has no need of it.

    if not Path("/proc/self/task").exists():
        pytest.skip("Whom to kill is read from Linux's /proc.")
    metrics = folder / "launchpad-metrics"
    metrics.mkdir()
    # Killed servers leave their temporary folders behind; here they go with the test's own.
    env = clean_environment() | {METRICS: str(metrics), "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.launchpad", prelude],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Launchpad(process)
    finally:
        process.communicate()


def _words(pid: int) -> bytes:
    """A process's command line; nothing for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _serve_orders(prelude: str) -> None:
    """What the loaded process does: a fork for each line, until nobody sends any."""
    from comments_service.cli import main, readying  # noqa: F401, PLC0415 - loaded here, once.

    exec(prelude, {"__name__": "prelude"})
    gc.freeze()
    # Nobody waits for the forks here; their ends are watched by the kernel's handles on them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    started = []
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order["words"], order["env"], order["log"], main)
        started.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    # Whoever sent them is gone; who was killed with a server running has left it to this.
    for pid in started:
        if _words(pid) == _words(os.getpid()):
            os.killpg(pid, signal.SIGKILL)


def _become(words: list[str], env: dict[str, str], log: str, main: Callable[[], None]) -> NoReturn:
    """In the fork: leave everything of the loaded process, and be the command."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
            os.dup2(file, number)
        temporary = os.environ["TMPDIR"]
        os.environ.clear()
        os.environ.update(env | {"TMPDIR": temporary})
        sys.argv = ["comments-service", *words]
        main()
    finally:
        os._exit(1)


if __name__ == "__main__":
    _serve_orders(sys.argv[1])
