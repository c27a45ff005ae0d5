"""Many writers for long on SQLite: is the database ever locked, and is everything right after?

    python -m benchmarks.soak [--minutes 10] [--connections 32] [--workers 2]

A publisher's program posts over so many connections, each post to one of two hundred pages, while
nothing else is asked. Told is how often which status was answered. It ends with 1 where anything
but 201 or 202 was answered, where the service's log tells of a locked database, where a count
differs from its thread or the log is broken (`verify`). Needs wrk. Only loopback is used, and only
what was started here is stopped.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Final

from benchmarks.posts import HERE, PAGES
from benchmarks.service import Failed, new_instance, running

STORED: Final = frozenset({201, 202})
_STATUS: Final = re.compile(r"^STATUS (\d+) (\d+)$", re.MULTILINE)
_REFUSED: Final = re.compile(r"^REFUSED (.+)$", re.MULTILINE)
_ERROR: Final = re.compile(r"^ERROR (\w+) (\d+)$", re.MULTILINE)


def posted(port: int, token: str, connections: int, seconds: int) -> tuple[Counter[int], list[str]]:
    """How often each status was answered, what failed without one, and the first errors of ours."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s"]
    script = ["-s", str(HERE / "posts.lua"), f"http://127.0.0.1:{port}"]
    said = subprocess.run(
        [*command, *script, "--", token, str(PAGES)], capture_output=True, text=True, check=True
    ).stdout
    statuses: Counter[int] = Counter()
    for status, count in _STATUS.findall(said):
        statuses[int(status)] += int(count)
    failures = [f"{count} times {kind}" for kind, count in _ERROR.findall(said)]
    return statuses, failures + _REFUSED.findall(said)


def soak(minutes: float, connections: int, workers: int) -> list[str]:
    """Post, look at everything, print what was found, and return what is wrong."""
    wrong: list[str] = []
    with new_instance(None, COMMENTS_LOG_REQUESTS="none") as instance:
        origin = ["--origin", "https://bench.example"]
        instance.command("site", "create", "bench", "--name", "Bench", *origin, "--mode", "post")
        scope = ["--scope", "comments:write"]
        token = instance.command("token", "create", "--name", "load", *scope).strip()
        with running(instance, workers) as service:
            statuses, failures = posted(service.port, token, connections, round(60 * minutes))
            log = service.log.read_text(errors="replace")
        print(f"{minutes:g} minutes, {connections} connections, {workers} workers")
        for status, count in sorted(statuses.items()):
            print(f"{status:6}{count:10,}")
        wrong += failures
        wrong += [f"{n} answers {s}" for s, n in statuses.items() if s not in STORED]
        wrong += sorted({line for line in log.splitlines() if "locked" in line})
        if not statuses.keys() & STORED:
            wrong.append("Nothing was stored.")
        print(instance.command("verify").rstrip())
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        print("Skipped: wrk is not on this machine.")
        return 0
    try:
        wrong = soak(options.minutes, options.connections, options.workers)
    except Failed as problem:
        wrong = [str(problem)]
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
