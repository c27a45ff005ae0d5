"""How posts share commits: a real service on SQLite, posted to by many at once.

    python -m benchmarks.posts [--seconds 6] [--workers 2] [--connections 1 4 16 64] [--flush-ms 4]

The same load goes in turns, in the same rounds, to a service whose waiting writers share commits
and to one that commits each post alone (`COMMENTS_WRITES_TOGETHER=1`). Printed are posts a second,
the median and the 99th percentile of an answer, commits for each post (of `/metrics`) and the CPU
time of all the server's processes for each post. With `--flush-ms` every fsync and fdatasync of the
server takes that much longer: `slow_disk.c`, compiled with the system's compiler and preloaded,
sleeps before each of them. Needs wrk, and a C compiler for `--flush-ms`; the load's own CPU time is
not counted. Only loopback is used, and only what was started here is stopped.
"""

import argparse
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.record import Record
from benchmarks.service import Failed, Service, new_instance, running

HERE: Final = Path(__file__).parent
PAGES: Final = 200
LONGEST: Final = 5
"""How many times longer a load may last on a machine that is busy with other things."""
KINDS: Final[Mapping[str, str]] = {"together": "32", "alone": "1"}
_RESULT: Final = re.compile(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Round:
    """What one load of some seconds met."""

    posts: int
    seconds: float
    failures: int
    median_ms: float
    p99_ms: float
    commits: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.posts / self.seconds


def load(service: Service, token: str, connections: int, seconds: int) -> Round:
    """Post for some seconds over so many connections; for longer where nobody was answered yet.

    Raises:
        Failed: nobody was answered in `LONGEST` times the seconds either, or wrk did not run.
    """
    for times in range(1, LONGEST + 1):
        found = _load(service, token, connections, times * seconds)
        if found.posts:
            return found
    raise Failed(f"No post was answered within {LONGEST * seconds} s.")


def _load(service: Service, token: str, connections: int, seconds: int) -> Round:
    before, cpu = _commits(service), service.cpu_seconds() or 0.0
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    script = ["-s", str(HERE / "posts.lua"), f"http://127.0.0.1:{service.port}"]
    said = subprocess.run(
        [*command, *script, "--", token, str(PAGES)], capture_output=True, text=True, check=False
    )
    found = _RESULT.search(said.stdout)
    if found is None:
        raise Failed(f"wrk said:\n{said.stdout}{said.stderr}")
    posts, us, failures, half, most = map(int, found.groups())
    return Round(
        posts=posts,
        seconds=us / 1e6,
        failures=failures,
        median_ms=half / 1000,
        p99_ms=most / 1000,
        commits=(_commits(service) - before) / max(1, posts),
        cpu=((service.cpu_seconds() or 0.0) - cpu) / max(1, posts),
    )


def _commits(service: Service) -> float:
    said = service.text("/metrics")
    found = re.search(r"^comments_commits_total (\S+)$", said, re.MULTILINE)
    return float(found[1]) if found else 0.0


@contextlib.contextmanager
def slow_disk(flush_ms: float) -> Iterator[dict[str, str]]:
    """The variables that make every flush of a process take so much longer; none for 0."""
    if not flush_ms:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="comments-bench-disk-") as folder:
        library = Path(folder) / "slow_disk.so"
        source = str(HERE / "slow_disk.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
        yield {"LD_PRELOAD": str(library), "SLOW_DISK_US": str(round(flush_ms * 1000))}


@contextlib.contextmanager
def service_for(
    kind: str, variables: Mapping[str, str], workers: int
) -> Iterator[tuple[Service, str]]:
    """A service that commits as its kind says, with a site, and a program's token for it."""
    settings = {"COMMENTS_WRITES_TOGETHER": KINDS[kind], "COMMENTS_LOG_REQUESTS": "none"}
    with new_instance(None, **settings, **variables) as instance:
        origin = ["--origin", "https://bench.example"]
        instance.command("site", "create", "bench", "--name", "Bench", *origin, "--mode", "post")
        scope = ["--scope", "comments:write"]
        token = instance.command("token", "create", "--name", "load", *scope).strip()
        with running(instance, workers) as service:
            yield service, token


def compare(options: argparse.Namespace) -> dict[tuple[str, int], list[Round]]:
    """Every kind and number of connections in turn, several rounds over."""
    found: dict[tuple[str, int], list[Round]] = {}
    with contextlib.ExitStack() as stack:
        variables = stack.enter_context(slow_disk(options.flush_ms))
        services = {
            kind: stack.enter_context(service_for(kind, variables, options.workers))
            for kind in KINDS
        }
        for service, token in services.values():
            load(service, token, 4, 1)
        for _ in range(options.rounds):
            for connections in options.connections:
                for kind, (service, token) in services.items():
                    done = load(service, token, connections, options.seconds)
                    found.setdefault((kind, connections), []).append(done)
    return found


def print_table(found: Mapping[tuple[str, int], Sequence[Round]]) -> None:
    print(f"{'':10}{'connections':>12}{'posts/s':>10}{'p50 ms':>9}{'p99 ms':>9}", end="")
    print(f"{'commits/post':>14}{'CPU us/post':>13}{'failed':>8}")
    for (kind, connections), rounds in found.items():
        rate, half, most, commits, cpu = _told(rounds)
        print(f"{kind:10}{connections:12}{rate:>10}{half:>9}{most:>9}", end="")
        print(f"{commits:>14}{cpu:>13}{sum(r.failures for r in rounds):8}")
    for connections in dict.fromkeys(c for _, c in found):
        rates = [median(r.rate for r in found[kind, connections]) for kind in KINDS]
        print(
            f"{connections} connections: {rates[0] / rates[1]:.2f} times the rate of commits alone"
        )


def hold(record: Record, found: Mapping[tuple[str, int], Sequence[Round]]) -> None:
    """What must be true with 16 connections, of services whose flush takes 4 ms."""
    together, alone = found["together", 16], found["alone", 16]
    rates = median(r.rate for r in together) / median(r.rate for r in alone)
    record.bound("posts beside one commit for each, 16 connections", rates, 3, least=True)
    record.bound("commits for each post", median(r.commits for r in together), 0.4)
    record.bound("ms, p99 of a post", median(r.p99_ms for r in together), 150)
    record.bound("answers that failed", sum(r.failures for r in together), 0)


def measure(record: Record, options: argparse.Namespace) -> None:
    """The part of `make bench`: every flush takes 4 ms longer."""
    found = compare(options)
    record.head("Posts that share commits", "On SQLite; every flush takes 4 ms longer.")
    record.table(
        ("commits", "connections", "posts/s", "p50 ms", "p99 ms", "commits/post", "CPU us/post"),
        [[kind, str(connections), *_told(r)] for (kind, connections), r in found.items()],
    )
    hold(record, found)


def _told(rounds: Sequence[Round]) -> list[str]:
    return [
        f"{median(r.rate for r in rounds):.0f}",
        f"{median(r.median_ms for r in rounds):.1f}",
        f"{median(r.p99_ms for r in rounds):.1f}",
        f"{median(r.commits for r in rounds):.2f}",
        f"{median(r.cpu for r in rounds) * 1e6:,.0f}",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="How posts share commits.")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--flush-ms", type=float, default=0.0)
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        print("Skipped: wrk is not on this machine.")
        return 0
    try:
        found = compare(options)
    except Failed as problem:
        print(f"FAILED: {problem}")
        return 1
    print(f"{options.workers} workers, {options.rounds} rounds of {options.seconds} s", end="")
    print(f", every flush {options.flush_ms:g} ms longer" if options.flush_ms else "")
    print_table(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
