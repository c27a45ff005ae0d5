"""A long random walk: whatever readers and moderators do, the counts are what the thread lists."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from tests.cast import OTHER_PAGE, PAGE, Cast, Reader

LINKS = "See https://one.example and https://two.example for more."
SHOUTED = "WHO WOULD HAVE THOUGHT OF THAT?"
STEPS = 200
MOVED = "SELECT what FROM tally WHERE scope = 'verdict'"
EVERY = 15
"""Steps between two looks at everything; counts are looked at after each."""


@dataclass
class Walk:
    """What has happened so far, as far as the next step needs to know."""

    cast: Cast
    chance: random.Random
    readers: list[Reader] = field(default_factory=list)
    written: list[tuple[Reader, str, str]] = field(default_factory=list)
    """Who wrote which comment on which page, newest last."""
    decided: list[str] = field(default_factory=list)
    said: int = 0

    def some(self) -> tuple[Reader, str, str]:
        """A comment, rather a late one: most of them can still be changed."""
        return self.chance.choice(self.written[-12:])

    def words(self) -> str:
        self.said += 1
        more = self.chance.choice(("", "", "", LINKS, "You idiot!", SHOUTED))
        return f"Remark number {self.said}. {more}".strip()

    def post(self) -> None:
        self._write(self.chance.choice((PAGE, OTHER_PAGE)))

    def reply(self) -> None:
        _, parent, url = self.some()
        self._write(url, parent_id=parent)

    def _write(self, url: str, **members: Any) -> None:
        reader = self.chance.choice(self.readers)
        answer = reader.post(self.words(), url, **members)
        assert answer.status_code in (201, 202, 404, 409), answer.get_data(as_text=True)
        if answer.status_code < 300:
            self.written.append((reader, answer.get_json()["comment"]["id"], url))

    def decide(self) -> None:
        action = self.chance.choice(("approve", "approve", "reject", "spam", "hold"))
        result = self.cast.decide(self.some()[1], action)
        if result.get("decision_id"):
            self.decided.append(result["decision_id"])

    def decide_many(self) -> None:
        chosen = self.chance.sample(self.written, min(4, len(self.written)))
        wishes: list[dict[str, Any]] = [
            {
                "comment_id": comment,
                "version": self.cast.row(comment)["version"],
                "action": self.chance.choice(("approve", "reject")),
            }
            for _, comment, _ in chosen
        ]
        self.cast.alice.decide(*wishes)

    def undo(self) -> None:
        if self.decided:
            answer = self.cast.alice.undo(self.chance.choice(self.decided[-5:]))
            assert answer.status_code in (200, 409)

    def edit(self) -> None:
        reader, comment, _ = self.some()
        body = self.chance.choice((self.words(), self.cast.row(comment)["body"]))
        answer = reader.call("PATCH", f"/api/v1/comments/{comment}", json={"body": body})
        assert answer.status_code in (200, 403, 404, 429)

    def withdraw(self) -> None:
        reader, comment, _ = self.some()
        answer = reader.call("DELETE", f"/api/v1/comments/{comment}")
        assert answer.status_code in (204, 403, 404)

    def close_or_open(self) -> None:
        self.cast.execute(
            "UPDATE thread SET closed_at = CASE WHEN closed_at IS NULL THEN 1 END WHERE url = :url",
            url=OTHER_PAGE,
        )

    def change_mode(self) -> None:
        self.cast.set_site(mode=self.chance.choice(list(PolicyMode)))

    def change_checks(self) -> None:
        modes = {name: self.chance.choice(list(Mode)) for name in ("links", "profanity")}
        self.cast.set_site(check_modes=modes)


def test_counts_are_always_what_the_thread_lists(cast: Cast, backend: str) -> None:
    walk = Walk(cast, random.Random(backend))
    walk.readers = [cast.reader(f"Reader {n}") for n in range(3)]
    cast.publish_all()
    walk.post()
    steps: dict[Callable[[], None], int] = {
        walk.post: 4,
        walk.reply: 8,
        walk.decide: 7,
        walk.decide_many: 1,
        walk.undo: 3,
        walk.edit: 4,
        walk.withdraw: 2,
        walk.close_or_open: 1,
        walk.change_mode: 1,
        walk.change_checks: 1,
    }
    for n in range(STEPS):
        (step,) = walk.chance.choices(list(steps), list(steps.values()))
        cast.clock.advance(seconds=20)
        step()
        for url in (PAGE, OTHER_PAGE):
            listed = cast.thread(url, limit=100)
            shown = [c for c in listed["comments"] if not c["removed"]]
            assert cast.count(url) == listed["thread"]["count"] == len(shown), (n, step)
        if n % EVERY == 0:
            assert cast.broken() == [], (n, step)
            for url in (PAGE, OTHER_PAGE):
                whole = cast.paged(url, limit=100, sort="oldest")
                assert cast.paged(url, limit=3, sort="oldest") == whole
    assert cast.broken() == []
    told = {row["what"].split(" ")[3] for row in cast.rows(MOVED)}
    assert told >= {"agreed", "overruled", "otherwise", "waiting", "unseen"}
    passed = {row["new_status"] for row in cast.rows("SELECT new_status FROM log")}
    assert passed >= {"pending", "approved", "rejected", "spam"}
