"""Clients under whom a service is killed, what they were told, and whether it is all there."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, Self
from urllib.parse import quote

from comments_service.domain.ids import decode_id, encode_id, id_at
from tests.support.instance import ORIGIN, SITE, Instance, new_key
from tests.support.line import Line, wait_until

PAGES: Final = tuple(f"{ORIGIN}/{number}" for number in range(3))
CLIENTS: Final = 6
STANDINGS: Final = {"approve": "approved", "reject": "rejected", "spam": "spam", "hold": "pending"}


@dataclass
class Said:
    """A comment that was acknowledged, and the decision on it that was acknowledged last."""

    id: str
    body: str
    page: str
    standing: str = "approved"
    """Its status: as it was answered, or as somebody decided."""
    version: int = 1


@dataclass
class Client:
    """Somebody who posts, and decides on what they posted, and asks again until answered."""

    number: int
    line: Line
    instance: Instance
    random: Random
    said: list[Said] = field(default_factory=list)
    asked_again: list[str] = field(default_factory=list)
    """The ids of comments whose post had to be sent more than once."""
    deciding: Said | None = None
    """What a decision is under way on: it may be stored and not yet answered."""

    def talk(self, over: threading.Event) -> None:
        """Post and decide until it is over; what was begun is brought to its end."""
        try:
            while not over.is_set():
                if self.said and self.random.random() < 0.3:
                    self.decide(self.random.choice(self.said))
                else:
                    self.post()
                if self.random.random() < 0.1:
                    self.line.close()  # The next connection may be to the other worker.
        finally:
            self.line.close()

    def post(self) -> None:
        """One comment under a key of its own, now and then an answer to an earlier one."""
        body = f"Client {self.number} says number {len(self.said)}, {self.random.random()}."
        sent = {"site": SITE, "url": self.random.choice(PAGES), "author_name": "Ida", "body": body}
        shown = [said for said in self.said[-9:] if said.standing == "approved"]
        if shown and self.random.random() < 0.3:
            parent = self.random.choice(shown)
            sent |= {"parent_id": parent.id, "url": parent.page}
        headers = {
            "Authorization": f"Bearer {self.instance.writer}",
            "Commenter-Key": f"{self.instance.writer}-{self.number}",
            "Idempotency-Key": new_key(),
        }
        status, said, times = self.line.insist("POST", "/api/v1/comments", sent, headers)
        assert status == 201, said
        id_ = said["comment"]["id"]
        self.said.append(Said(id_, body, sent["url"]))
        if times > 1:
            self.asked_again.append(id_)

    def decide(self, said: Said) -> None:
        """One decision, on a comment as it was last seen."""
        action = self.random.choice(sorted(STANDINGS))
        wish = {"comment_id": said.id, "version": said.version, "action": action}
        headers = {"Authorization": f"Bearer {self.instance.moderator}"}
        path = "/api/v1/moderation/decisions"
        self.deciding = said
        status, answer, times = self.line.insist("POST", path, {"decisions": [wish]}, headers)
        assert status == 200, answer
        (result,) = answer["results"]
        if "conflict" in result:
            # Only an earlier sending of the same decision can have come before.
            assert times > 1, result
            result = result["conflict"]
        assert result["status"] == STANDINGS[action], result
        said.standing, said.version = result["status"], result["version"]
        self.deciding = None


@dataclass
class Crowd:
    """All clients of one instance."""

    instance: Instance
    line: Line
    clients: list[Client]

    @property
    def said(self) -> list[Said]:
        return [said for client in self.clients for said in client.said]

    def acknowledged(self) -> int:
        """How many comments so far."""
        return sum(len(client.said) for client in self.clients)

    def asked_again(self, killed_at: datetime) -> tuple[int, int]:
        """Since the last call: posts that were sent again, and those of them that were stored.

        Stored before the kill, that is: their answer was lost on its way.
        """
        ids = [id_ for client in self.clients for id_ in client.asked_again]
        for client in self.clients:
            client.asked_again.clear()
        before = [id_ for id_ in ids if (decode_id(id_) or 0) < id_at(killed_at)]
        return len(ids), len(before)


def crowd(instance: Instance, port: int, random: Random) -> Crowd:
    """Clients of an instance, each with a line of its own."""
    clients = [
        Client(number, Line(port), instance, Random(random.random())) for number in range(CLIENTS)
    ]
    return Crowd(instance, Line(port), clients)


@dataclass
class Talk:
    """The clients at work, until told that it is over."""

    crowd: Crowd
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.pool = ThreadPoolExecutor(len(self.crowd.clients))
        self.work = [self.pool.submit(client.talk, self.over) for client in self.crowd.clients]
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with self.pool:
            for work in self.work:
                work.result()

    def until_acknowledged(self, more: int) -> None:
        """Wait until so many more comments have been acknowledged."""
        wanted = self.crowd.acknowledged() + more
        wait_until(
            lambda: self.crowd.acknowledged() >= wanted or any(w.done() for w in self.work),
            "nothing was acknowledged",
        )


def assert_all_is_there(crowd: Crowd) -> None:
    """Every comment that was acknowledged, once; every decision; every count; the log unbroken."""
    said = {comment.id: comment for comment in crowd.said}
    rows = crowd.instance.rows("SELECT id, body, status, parent_id FROM comment")
    stored = {encode_id(row.id): row for row in rows}
    lost = [comment for id_, comment in said.items() if id_ not in stored]
    assert not lost, f"{len(lost)} acknowledged and lost: {lost}"
    doubled = [row for id_, row in stored.items() if id_ not in said]
    assert not doubled, f"{len(doubled)} stored beside those acknowledged: {doubled}"
    for id_, comment in said.items():
        assert stored[id_].body == comment.body
        assert stored[id_].status == comment.standing, comment
    assert crowd.instance.broken() == []
    approved = Counter(c.page for c in said.values() if c.standing == "approved")
    for page in PAGES:
        wait_until(
            lambda page=page: listed(crowd.line, page) == (approved[page], approved[page]),  # type: ignore[misc]  # mypy sees no default in a lambda.
            f"the count of {page} is not what its thread lists",
        )
    crowd.line.close()


def listed(line: Line, page: str) -> tuple[int, int]:
    """A page's count as other pages show it, and how many comments its thread shows."""
    place = f"site={SITE}&url={quote(page, safe='')}"
    _, said, _ = line.insist("GET", f"/api/v1/counts?{place}")
    return said["counts"][0]["count"], len(shown(line, place))


def shown(line: Line, place: str) -> list[dict[str, Any]]:
    """The comments that a thread shows, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/api/v1/comments?{place}&limit=100{cursor}"
        _, said, _ = line.insist("GET", path)
        found += [comment for comment in said["comments"] if not comment["removed"]]
        if not said["next"]:
            return found
        cursor = f"&cursor={quote(said['next'], safe='')}"


def now() -> datetime:
    """The wall clock, which the service under test runs by."""
    return datetime.now(UTC)
