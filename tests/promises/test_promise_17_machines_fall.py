"""Promise 17 on several machines: a node is killed, then the database, and its standby takes over.

On loopback: PostgreSQL with a synchronous standby, two nodes without state of their own, and nginx
with the files of `deploy/nginx`. All the while readers read and writers write through nginx.
"""

import json
import os
import secrets
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from comments_service.checks import discover
from tests.promises.outages import ANSWERED_WITHIN, COMMAND, Answer, command, wait_until
from tests.support.cluster import Server, end, own_server
from tests.support.killing import children, gone_after
from tests.support.proxy import proxied
from tests.support.server import free_ports, serve

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(900)]
ORIGIN: Final = "https://gazette.example"
LIMIT: Final = 3
"""Comments from one address: so many, whichever node is asked, and for as long as this lasts."""
ADDRESS: Final = "198.51.100.7"
BUSY: Final = frozenset({429, 502, 503, 504})
"""What a writer is told who must come again."""
AT_ONCE: Final = 60
"""Seconds of `Retry-After` that say nothing of the limit, whose next place is free in hours. Who
took the time before another one, and comes after it, is told to wait for what lies between."""


def call(url: str, body: object = None, **headers: str) -> Answer:
    """What is said of a request; a problem as the text that it is."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(url, data, sent)
    try:
        with urllib.request.urlopen(request, timeout=ANSWERED_WITHIN) as answer:
            return Answer(answer.status, answer.headers, json.loads(answer.read()))
    except urllib.error.HTTPError as problem:
        with problem:
            return Answer(problem.code, problem.headers, problem.read().decode())


@dataclass
class Crowd:
    """Those who read and write through one address, and what they were told."""

    url: str
    token: str
    kept: dict[str, str] = field(default_factory=dict)
    read: int = 0
    failed: list[Answer] = field(default_factory=list)
    """Answers to readers that were none."""
    stop: threading.Event = field(default_factory=threading.Event)

    def page(self, number: int) -> str:
        return f"{ORIGIN}/article-{number}"

    def write(self, name: int) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            key = f"writer {name}, comment {number}"
            wait_until(lambda: self.is_taken(name, key), f"{key} was never taken")  # noqa: B023

    def is_taken(self, page: int, key: str) -> bool:
        body = {"site": "gazette", "url": self.page(page), "author_name": "Ida", "body": key}
        bearer = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        answer = call(f"{self.url}/api/v1/comments", body, **bearer)
        if answer.status == 201:
            comment = answer.said["comment"]["id"]
            assert self.kept.setdefault(key, comment) == comment, "one key, two comments"
            return True
        assert answer.status in BUSY, answer
        return False

    def look(self, page: int) -> None:
        query = urlencode({"site": "gazette", "url": self.page(page)})
        while not self.stop.is_set():
            for path in ("counts", "comments"):
                answer = call(f"{self.url}/api/v1/{path}?{query}")
                self.read += 1
                if answer.status != 200:
                    self.failed.append(answer)

    def goes_on(self, comments: int, reads: int) -> None:
        """Wait until so many more were written and read."""
        kept, read = len(self.kept) + comments, self.read + reads
        wait_until(lambda: len(self.kept) >= kept and self.read >= read, "nothing goes on")

    def listed(self) -> list[str]:
        """The ids on all pages."""
        found: list[str] = []
        for page in range(3):
            cursor: str | None = ""
            while cursor is not None:
                query = {"site": "gazette", "url": self.page(page), "limit": 100}
                query |= {"cursor": cursor} if cursor else {}
                answer = call(f"{self.url}/api/v1/comments?{urlencode(query)}")
                assert answer.status == 200
                found += [comment["id"] for comment in answer.said["comments"]]
                cursor = answer.said["next"]
        return found


@contextmanager
def crowd(url: str, token: str) -> Iterator[Crowd]:
    """Three who write and three who read, until the block ends."""
    found = Crowd(url, token)
    with ThreadPoolExecutor(6) as pool:
        busy = [pool.submit(act, n) for act in (found.write, found.look) for n in range(3)]
        try:
            yield found
        finally:
            found.stop.set()
        for each in busy:
            each.result()


def from_one_address(url: str, tries: int) -> int:
    """How many comments are taken of a browser's that come from one address, all at once."""
    page = f"{ORIGIN}/limited"
    query = urlencode({"site": "gazette", "url": page})
    form = call(f"{url}/api/v1/form-token?{query}", Origin=ORIGIN)
    assert form.status == 200, form

    def send(said: str) -> Answer:
        body = {"site": "gazette", "url": page, "author_name": "Mallory", "body": said}
        headers = {"Origin": ORIGIN, "X-Forwarded-For": ADDRESS, "Idempotency-Key": said}
        return call(f"{url}/api/v1/comments", body | {"token": form.said["token"]}, **headers)

    def post(_: int) -> bool:
        said, answers = f"From one address: {secrets.token_hex(8)}.", list[Answer]()

        def is_final() -> bool:
            answers.append(send(said))
            return answers[-1].status in (201, 202) or is_over_the_limit(answers[-1])

        wait_until(is_final, "it is told to come again, and again")
        return answers[-1].status in (201, 202)

    with ThreadPoolExecutor(tries) as pool:
        return sum(pool.map(post, range(tries)))


def is_over_the_limit(answer: Answer) -> bool:
    """Whether a comment is refused for what its address sent already, and for nothing else."""
    assert answer.status in BUSY, answer
    return answer.status == 429 and int(answer.headers["Retry-After"]) > AT_ONCE


def kill(process: int) -> None:
    """-9 for a node: what `run` is, and all that it started."""
    everybody = [process, *children(process)]
    with gone_after(everybody):
        for pid in everybody:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def standby() -> Iterator[tuple[Server, Server]]:
    """A primary, and the standby without which it acknowledges nothing."""
    with own_server() as primary:
        second = primary.follower("second")
        try:
            primary.set(synchronous_standby_names="second")
            primary.wait_for("SELECT sync_state FROM pg_stat_replication", ("sync",))
            yield primary, second
        finally:
            end(second)


def settings(primary: Server, second: Server, home: Path) -> Mapping[str, str]:
    hosts = f"host=127.0.0.1:{primary.port}&host=127.0.0.1:{second.port}"
    return {
        "COMMENTS_HOME": str(home),
        "COMMENTS_DATABASE_URL": f"postgresql://postgres@/comments?{hosts}"
        "&target_session_attrs=read-write",
        "COMMENTS_READ_DATABASE_URL": second.url("comments"),
        "COMMENTS_SECRET_KEYS": secrets.token_urlsafe(32),
        "COMMENTS_TRUSTED_PROXIES": "127.0.0.1/32",
        "COMMENTS_LIMIT_ADDRESS": f"{LIMIT}/36000",
        "COMMENTS_TOKEN_MIN_SECONDS": "0",
        "COMMENTS_LOG_REQUESTS": "none",
    }


def set_up(env: Mapping[str, str]) -> str:
    """One site that publishes at once; the token of a program that posts there."""
    command(env, "init")
    command(env, "site", "create", "gazette", "--name", "G", "--origin", ORIGIN, "--mode", "post")
    # What is found in a text is not what this is about, and hundreds of these are much alike.
    off = [word for check in discover() for word in ("--check", f"{check}=off")]
    command(env, "site", "set", "gazette", *off)
    return command(env, "token", "create", "--name", "paper", "--scope", "comments:write")


def survive(standby: tuple[Server, Server], folder: Path, comments: int, reads: int) -> None:
    """Both falls; between them so much must be written and read."""
    primary, second = standby
    env = settings(primary, second, folder / "admin")
    token = set_up(env)
    ports = [free_ports(), free_ports()]
    with ExitStack() as stack:
        nodes = []
        for number, port in enumerate(ports):
            own = {**env, "COMMENTS_HOME": str(folder / f"node-{number}")}
            words = [*COMMAND, "run", "--port", str(port), "--workers", "2"]
            ready = f"http://127.0.0.1:{port}/readyz"
            log = folder / f"log-{number}"
            nodes.append(stack.enter_context(serve(words, own, ready, log)))
        url = stack.enter_context(proxied(ports, folder / "nginx"))
        assert from_one_address(url, 10) == LIMIT
        with crowd(url, token) as busy:
            busy.goes_on(comments, reads)
            kill(nodes[0].pid)
            busy.goes_on(comments, reads)
            primary.kill()
            began = len(busy.kept)
            busy.goes_on(0, reads)
            assert len(busy.kept) - began <= 3, "acknowledged without a database"
            second.promote()
            busy.goes_on(comments, reads)
        assert busy.failed == []
        wait_until(lambda: sorted(busy.listed()) == sorted(busy.kept.values()), "something is lost")
        assert from_one_address(url, 10) == 0, "the limit was forgotten"
    command(env, "verify")


def test_promise_17_a_node_and_the_primary_fall_and_nothing_is_lost(
    standby: tuple[Server, Server], tmp_path: Path
) -> None:
    survive(standby, tmp_path, 20, 100)


@pytest.mark.long
def test_promise_17_under_a_long_load_a_node_and_the_primary_fall(
    standby: tuple[Server, Server], tmp_path: Path
) -> None:
    survive(standby, tmp_path, 500, 5_000)
