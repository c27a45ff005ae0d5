"""A service in processes of its own, whose disk or database a test takes away and gives back."""

import http.client
import json
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tests.support.killing import children
from tests.support.server import clean_environment, free_ports, serve
from tests.support.sockets import who_answers

COMMAND: Final = [sys.executable, "-m", "comments_service.cli"]
SOON: Final = 60.0
"""Seconds for what should take five at most: a build machine may be busy with other things."""
_COMPANION: Final = "--companion"
PAGE: Final = "https://gazette.example/flood"
ANSWERED_WITHIN: Final = 30.0
"""Seconds for any answer at all, an outage's included."""
UNTIL_KEPT: Final = 3
"""Answers after which a worker has them in memory. After an outage it may not know yet that it is
over: the first answer tells it so, the second is kept, the third is sent from memory."""


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Message
    said: Any


def wait_until(
    what: Callable[[], object], why: str, within: float = SOON, pause: float = 0.05
) -> None:
    """Wait for a condition; it failing to come is the test's failure."""
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, why
        time.sleep(pause)


@dataclass
class Service:
    """A running service, and what it has promised to keep."""

    url: str
    token: str
    process: subprocess.Popen[bytes]
    page: str = PAGE
    kept: dict[str, str] = field(default_factory=dict)
    """What was acknowledged: ids by the keys they were sent under."""
    number: int = 0

    def on(self, page: str) -> "Service":
        """The same service, seen from another page on which nothing was said yet."""
        return replace(self, page=f"https://gazette.example/{page}", kept={})

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A request, answered within `ANSWERED_WITHIN` or the test fails."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWERED_WITHIN) as answer:
                return Answer(answer.status, answer.headers, json.loads(answer.read()))
        except urllib.error.HTTPError as problem:
            with problem:
                return Answer(problem.code, problem.headers, json.loads(problem.read()))

    def read(self, page: str | None = None, **more: str) -> Answer:
        return self.call("GET", self._thread(page, **more))

    def _thread(self, page: str | None = None, **more: str) -> str:
        query = {"site": "gazette", "url": page or self.page, "limit": 100, **more}
        return f"/api/v1/comments?{urlencode(query)}"

    def come_to_be_known(self) -> set[int]:
        """Read until each worker has the page in memory; the workers."""
        workers = self.settled_workers()
        answered = dict.fromkeys(workers, 0)

        def all_know() -> bool:
            answered[self._who_reads(workers)] += 1
            return min(answered.values()) >= UNTIL_KEPT

        wait_until(all_know, "not every worker answers", pause=0)
        return workers

    def _who_reads(self, workers: set[int]) -> int:
        """The worker that answered one more reading, on a connection of its own."""
        worker, status, said = self._asked_anew(workers, "GET", self._thread())
        assert status == 200, said
        return worker

    def come_to_be_written(self) -> None:
        """Write until each worker has stored something; nobody is refused by one that has."""
        workers = self.settled_workers()
        wrote: set[int] = set()

        def all_write() -> bool:
            key = f"after-{secrets.token_hex(4)}"
            body, headers = self._sent(key)
            sent = (json.dumps(body), {"Content-Type": "application/json", **headers})
            worker, status, said = self._asked_anew(workers, "POST", "/api/v1/comments", *sent)
            if status in (201, 202):
                self.kept[key] = json.loads(said)["comment"]["id"]
                wrote.add(worker)
            else:
                assert worker not in wrote, said
            return wrote == workers

        wait_until(all_write, "not every worker writes")

    def _asked_anew(
        self,
        workers: set[int],
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, int, bytes]:
        """Ask on a connection of its own: the worker that answered, its status and what it said."""
        port = int(self.url.rpartition(":")[2])
        with closing(
            http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERED_WITHIN)
        ) as line:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            said = answer.read()
            found = who_answers(workers, port, line.sock.getsockname()[1])
        assert found is not None, "somebody else answered"
        return found, answer.status, said

    def post(self, key: str) -> Answer:
        """A comment under an Idempotency-Key; if it is acknowledged, it must be kept, and once."""
        key = f"{key} of {self.page.rpartition('/')[2]}"
        answer = self.call("POST", "/api/v1/comments", *self._sent(key))
        if answer.status in (201, 202):
            said = answer.said["comment"]["id"]
            assert self.kept.setdefault(key, said) == said, "one key, two comments"
        return answer

    def _sent(self, key: str) -> tuple[dict[str, str], dict[str, str]]:
        """A comment and its headers."""
        # No two are the same: what is said again and again waits for a moderator.
        body = {"site": "gazette", "author_name": "Ida", "body": f"Said under {key}."}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return body | {"url": self.page}, headers

    def listed(self) -> list[str]:
        """The ids that the thread shows, all of them."""
        answer = self.read()
        assert answer.status == 200
        found = [comment["id"] for comment in answer.said["comments"]]
        count, cursor = answer.said["thread"]["count"], answer.said.get("next")
        while cursor:
            answer = self.read(cursor=cursor)
            found += [comment["id"] for comment in answer.said["comments"]]
            cursor = answer.said.get("next")
        return found if count == len(found) else []

    def shows_what_it_kept(self) -> bool:
        """Whether the thread is what was acknowledged: no less, no more, and nothing twice."""
        return sorted(self.listed()) == sorted(self.kept.values())

    def workers(self) -> set[int]:
        """The processes that answer requests, so that a restart would be seen."""
        return {pid for pid, words in self._children() if _COMPANION not in words}

    def settled_workers(self) -> set[int]:
        """The same, once the job runner has become another program than they are."""

        def has_begun() -> bool:
            return any(_COMPANION in words for _, words in self._children())

        wait_until(has_begun, "the job runner does not start")
        return self.workers()

    def _children(self) -> list[tuple[int, str]]:
        """Its processes, with the words that each was started with."""
        found = []
        for pid in children(self.process.pid):
            with suppress(OSError):
                found.append((pid, Path(f"/proc/{pid}/cmdline").read_text()))
        return found


def command(env: Mapping[str, str], *words: str) -> str:
    """What a command of the service prints."""
    done = subprocess.run(
        [*COMMAND, *words],
        env=clean_environment() | dict(env),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@contextmanager
def running(env: Mapping[str, str], log: Path) -> Iterator[Service]:
    """A new instance with one site that publishes at once, served by two workers."""
    command(env, "init")
    origin = ("--origin", "https://gazette.example")
    command(env, "site", "create", "gazette", "--name", "G", *origin, "--mode", "post")
    token = command(env, "token", "create", "--name", "paper", "--scope", "comments:write")
    port = free_ports()
    url = f"http://127.0.0.1:{port}"
    words = [*COMMAND, "run", "--port", str(port), "--workers", "2"]
    with serve(words, env, f"{url}/readyz", log) as process:
        yield Service(url, token, process)
