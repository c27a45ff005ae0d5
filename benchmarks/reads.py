"""Reads beside nginx sending the same bytes as a file, and beside an empty Flask view.

    python -m benchmarks.reads [--seconds 2] [--rounds 3] [--workers 2]

One service with a hundred thousand comments, once with memory for its answers and once without,
nginx, and an empty Flask view on the same server, asked in turn by wrk in the same rounds. Only
loopback is used, and only what was started here is stopped.
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final
from urllib.parse import quote

from sqlalchemy import create_engine, text

from benchmarks.crowd import Place, Size, fill
from benchmarks.load import Round, Target, empty_view, load, nginx
from benchmarks.record import Record
from benchmarks.service import Failed, Instance, Service, new_instance, raw, running

ORIGIN: Final = "https://bench.example"
SITE: Final = "bench"
CONNECTIONS: Final = (16, 64)
THREADS_OF_SERVER: Final = 8
PAGES: Final = 20
"""Pages of fifty that readers of a long thread are on."""
TEXT: Final = "A remark about the park, as long as remarks on newspapers' pages usually are. " * 2
_HEAD: Final = ("what", "connections", "req/s", "of nginx", "p99", "of nginx", "CPU us", "of nginx")


@dataclass(frozen=True)
class Case:
    """Something to ask for, and what must hold beside nginx."""

    name: str
    paths: tuple[str, ...]
    file: str
    is_known: bool = False
    """Whether it is asked for with the tag of what is there: 304."""


def key(number: int) -> str:
    return "url=" + quote(f"{ORIGIN}/{number}", safe="")


def counts(number: int) -> str:
    pages = "&".join(key(n) for n in range(1, number + 1))
    return f"/api/v1/counts?site={SITE}&{pages}"


PAGE: Final = f"/api/v1/comments?site={SITE}&{key(1)}"


@contextlib.contextmanager
def crowded(**settings: str) -> Iterator[Instance]:
    """An instance on SQLite with a crowd in it."""
    with new_instance(None, COMMENTS_LOG_REQUESTS="none", **settings) as instance:
        words = ["--name", "Bench", "--origin", ORIGIN, "--mode", "post"]
        instance.command("site", "create", SITE, *words)
        engine = create_engine(f"sqlite:///{instance.environment['COMMENTS_HOME']}/comments.db")
        with engine.begin() as connection:
            site = connection.execute(text("SELECT id FROM site")).scalar_one()
            fill(connection, Place(site, ORIGIN, datetime.now(UTC), "nobody", TEXT), Size())
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
        engine.dispose()
        yield instance


def target_of(service: Service) -> Target:
    return Target(service.port, service.process.pid)


def pages_of(service: Service) -> list[str]:
    """The first pages of the longest thread, each after the one before."""
    paths = [PAGE]
    while len(paths) < PAGES:
        following = json.loads(raw(service.port, paths[-1])[0])["next"]
        paths.append(f"{PAGE}&cursor={following}")
    return paths


@dataclass(frozen=True)
class Stage:
    """Everybody who is asked."""

    kept: Service
    made: Service
    nginx: Target
    empty: Target
    pages: Sequence[str]
    tags: Mapping[str, str]
    """Of the page of fifty, by who sends it."""


@contextlib.contextmanager
def staged(workers: int) -> Iterator[Stage]:
    """Start all of them on the same data."""
    with contextlib.ExitStack() as stack:
        instance = stack.enter_context(crowded())
        kept = stack.enter_context(running(instance, workers))
        bare = Instance({**instance.environment, "COMMENTS_CACHE_MB": "0"})
        made = stack.enter_context(running(bare, workers))
        cases = {"one": counts(1), "twenty": counts(20), "fifty": counts(50), "page": PAGE}
        bodies = {name: raw(kept.port, path)[0] for name, path in cases.items()}
        files = stack.enter_context(nginx(bodies, workers))
        empty = stack.enter_context(empty_view(workers, THREADS_OF_SERVER))
        ports = {"nginx": (files.port, "/page"), "service": (kept.port, PAGE)}
        tags = {name: raw(*place)[1]["etag"] for name, place in ports.items()}
        yield Stage(kept, made, files, empty, pages_of(kept), tags)


CASES: Final = (
    Case("one count", (counts(1),), "/one"),
    Case("20 counts", (counts(20),), "/twenty"),
    Case("50 counts", (counts(50),), "/fifty"),
    Case("a page of 50 comments", (PAGE,), "/page"),
    Case("304 of that page", (PAGE,), "/page", is_known=True),
)


@dataclass(frozen=True)
class Pair:
    """The medians of one case, ours and nginx's."""

    ours: Round
    theirs: Round


def middle(rounds: Sequence[Round]) -> Round:
    return Round(
        median(r.rate for r in rounds),
        median(r.p99_ms for r in rounds),
        median(r.cpu_us for r in rounds),
    )


def beside_nginx(stage: Stage, options: argparse.Namespace) -> dict[tuple[Case, int], Pair]:
    """Every case at every number of connections, ours and nginx's in turn."""
    found = {}
    for case in CASES:
        for connections in CONNECTIONS:
            ours, theirs = [], []
            for _ in range(options.rounds):
                tags = stage.tags if case.is_known else {"nginx": "", "service": ""}
                asked = (connections, options.seconds)
                ours.append(load(target_of(stage.kept), case.paths, *asked, tags["service"]))
                theirs.append(load(stage.nginx, [case.file], *asked, tags["nginx"]))
            found[case, connections] = Pair(middle(ours), middle(theirs))
    return found


def tell_beside_nginx(record: Record, found: Mapping[tuple[Case, int], Pair]) -> None:
    record.head("Reads beside nginx", "nginx sends the same bytes as a file, without a log.")
    rows = []
    for (case, connections), pair in found.items():
        ours, theirs = pair.ours, pair.theirs
        rows.append(
            [
                case.name,
                str(connections),
                f"{ours.rate:,.0f}",
                f"{ours.rate / theirs.rate:.2f}",
                f"{ours.p99_ms:.2f}",
                f"{ours.p99_ms / theirs.p99_ms:.1f}",
                f"{ours.cpu_us:.1f}",
                f"{ours.cpu_us / theirs.cpu_us:.1f}",
            ]
        )
    record.table(_HEAD, rows)
    for (case, connections), pair in found.items():
        name = f"{case.name}, {connections} connections"
        ours, theirs = pair.ours, pair.theirs
        if case.is_known:
            # 20 us where nginx takes 8, on whatever machine.
            record.bound(f"{name}: CPU beside nginx", ours.cpu_us / theirs.cpu_us, 2.5)
            continue
        record.bound(f"{name}: rate beside nginx", ours.rate / theirs.rate, 0.5, least=True)
        record.bound(f"{name}: CPU beside nginx", ours.cpu_us / theirs.cpu_us, 3)
        record.bound(f"{name}: p99 beside nginx", ours.p99_ms / theirs.p99_ms, 4)
    rates = {f"{c.name}, {n}": p.ours.rate / p.theirs.rate for (c, n), p in found.items()}
    record.bars("reads", "Requests a second, as a part of nginx's", rates, "1 is nginx")


def without_memory(record: Record, stage: Stage, options: argparse.Namespace) -> None:
    """What an answer costs that nobody asked for before."""
    asked = {
        "an empty Flask view": (stage.empty, ["/"]),
        "one count, made": (target_of(stage.made), [counts(1)]),
        "20 counts, made": (target_of(stage.made), [counts(20)]),
        "every page of a long thread, made": (target_of(stage.made), stage.pages),
        "every page of a long thread, seen before": (target_of(stage.kept), stage.pages),
        "its first page, seen before": (target_of(stage.kept), [PAGE]),
    }
    rounds: dict[str, list[Round]] = {name: [] for name in asked}
    for _ in range(options.rounds):
        for name, (target, paths) in asked.items():
            rounds[name].append(load(target, paths, 16, options.seconds))
    found = {name: middle(each) for name, each in rounds.items()}
    record.head("Answers that are made, and long threads", "16 connections.")
    empty = found["an empty Flask view"]
    record.table(
        ("what", "req/s", "CPU us", "of an empty view"),
        [
            [name, f"{r.rate:,.0f}", f"{r.cpu_us:.1f}", f"{r.cpu_us / empty.cpu_us:.2f}"]
            for name, r in found.items()
        ],
    )
    made = found["every page of a long thread, made"].cpu_us / empty.cpu_us
    record.bound("a page's first view, in empty Flask views of CPU", made, 5)
    one = found["one count, made"].cpu_us / empty.cpu_us
    record.bound("one count without memory, in empty Flask views of CPU", one, 6)
    seen = found["every page of a long thread, seen before"].rate
    hot = found["its first page, seen before"].rate
    record.bound("every page of a long thread beside its first", seen / hot, 1 / 3, least=True)


def measure(record: Record, options: argparse.Namespace) -> None:
    """Everything of this part."""
    with staged(options.workers) as stage:
        for target in (target_of(stage.kept), target_of(stage.made), stage.empty):
            load(target, [PAGE] if target is not stage.empty else ["/"], 16, 1)
        tell_beside_nginx(record, beside_nginx(stage, options))
        without_memory(record, stage, options)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=2, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    record = Record(datetime.now(UTC))
    try:
        measure(record, parser.parse_args(arguments))
    except Failed as problem:
        print(f"FAILED: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
