"""Whatever happens, in any order: two processes with memory answer as one without it does."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from comments_service.domain.policy import PolicyMode
from comments_service.storage.db import db
from comments_service.web.edge import edge_of
from tests.cast import GAZETTE, HERALD, Cast
from tests.support.clock import Clock
from tests.support.service import close_app, make_app

PAGES: Final = 3
HEADERS: Final[tuple[dict[str, str], ...]] = ({}, {"Accept-Encoding": "gzip"})
_runs: Final = itertools.count(1)


@pytest.fixture
def apps(cast: Cast, clock: Clock) -> Iterator[list[Flask]]:
    """The process that writes, another one, and one that keeps nothing."""
    conf = cast.app.config["COMMENTS"]
    others = [make_app(dataclasses.replace(conf, cache_mb=mb), clock) for mb in (1, 0)]
    yield [cast.app, *others]
    for app in others:
        close_app(app)


numbers = st.integers(0, 1_000)


class Walk(RuleBasedStateMachine):
    """Readers, moderators and owners at work on pages that nobody has seen before."""

    cast: Cast
    apps: list[Flask]

    def __init__(self) -> None:
        super().__init__()
        run = next(_runs)
        self.pages = [f"{GAZETTE}/{run}/{n}" for n in range(PAGES)]
        self.written: list[str] = []
        self.decided: list[str] = []
        self.cast.publish_all()

    def some(self, number: int) -> str | None:
        return self.written[-1 - number % len(self.written)] if self.written else None

    @rule(page=numbers, reply=st.booleans(), number=numbers)
    def post(self, page: int, reply: bool, number: int) -> None:
        parent = self.some(number) if reply else None
        url = self.pages[page % PAGES]
        answer = self.cast.bob.post(f"Remark {len(self.written)}.", url, parent_id=parent)
        if answer.status_code in (201, 202):
            self.written.append(answer.get_json()["comment"]["id"])

    @rule(number=numbers, action=st.sampled_from(("approve", "reject", "spam", "hold")))
    def decide(self, number: int, action: str) -> None:
        comment = self.some(number)
        if comment is not None:
            done = self.cast.decide(comment, action)
            if done.get("decision_id"):
                self.decided.append(done["decision_id"])

    @rule(number=numbers)
    def undo(self, number: int) -> None:
        if self.decided:
            self.cast.alice.undo(self.decided[-1 - number % len(self.decided)])

    @rule(number=numbers, withdraw=st.booleans())
    def edit(self, number: int, withdraw: bool) -> None:
        comment = self.some(number)
        if comment is not None:
            method = "DELETE" if withdraw else "PATCH"
            body = None if withdraw else {"body": f"Otherwise {number}."}
            self.cast.bob.call(method, f"/api/v1/comments/{comment}", json=body)

    @rule(page=numbers, title=st.text("abc", min_size=1, max_size=3))
    def set_thread(self, page: int, title: str) -> None:
        """As the console does; the statement alone, without what the console adds."""
        self._execute(
            "UPDATE thread SET title = %(title)s, title_verified = true, closed_at = "
            "CASE WHEN closed_at IS NULL THEN 1 END WHERE url = %(url)s",
            title=title,
            url=self.pages[page % PAGES],
        )

    @rule(page=numbers, other=numbers)
    def alias(self, page: int, other: int) -> None:
        """One page gets the other's thread, where it has none."""
        self._execute(
            "INSERT INTO thread_key (site_id, key, thread_id) SELECT site_id, %(key)s, thread_id "
            "FROM thread_key WHERE key = %(other)s ON CONFLICT DO NOTHING",
            key="u:" + self.pages[page % PAGES].removeprefix("https:"),
            other="u:" + self.pages[other % PAGES].removeprefix("https:"),
        )

    @rule(mode=st.sampled_from(list(PolicyMode)), name=st.text("xyz", min_size=1, max_size=2))
    def set_site(self, mode: PolicyMode, name: str) -> None:
        self.cast.set_site(mode=mode, name=name)

    def _execute(self, statement: str, **values: str) -> None:
        with self.cast.app.app_context(), db.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                for name in values:
                    statement = statement.replace(f"%({name})s", f":{name}")
            connection.exec_driver_sql(statement, values)
        for app in self.apps:
            edge_of(app).watch.wrote()

    @rule(
        chosen=st.lists(numbers, min_size=1, max_size=4),
        sort=st.sampled_from(("newest", "oldest")),
        limit=st.integers(1, 3),
        headers=st.sampled_from(HEADERS),
    )
    def read(self, chosen: list[int], sort: str, limit: int, headers: dict[str, str]) -> None:
        """Everybody tells the same, at once in the process that wrote, and in others by and by."""
        urls = [("url", self.pages[n % PAGES]) for n in chosen]
        urls += [("url", f"{HERALD}/none")] * (limit == 3)
        thread = {"url": urls[0][1], "sort": sort, "limit": limit}
        paths = [
            "/api/v1/counts?" + urlencode(urls),
            "/api/v1/comments?" + urlencode(thread),
            "/api/v1/feed.atom?" + urlencode(urls[:1]),
        ]
        made = self.apps[2].test_client().get(paths[1], headers=headers)
        if made.status_code == 200 and not headers and made.json["next"]:  # type: ignore[index]
            paths.append(paths[1] + "&" + urlencode({"cursor": made.json["next"]}))  # type: ignore[index]
        edge_of(self.apps[1]).watch.due = 0.0  # Twenty milliseconds have passed.
        for path in paths:
            answers = [self._told(app, path, headers) for app in self.apps]
            assert answers[0] == answers[2], path
            assert answers[1] == answers[2], path

    @staticmethod
    def _told(app: Flask, path: str, headers: dict[str, str]) -> Any:
        answer = app.test_client().get(path, headers=headers)
        return answer.status_code, answer.data, sorted(answer.headers)


def test_memory_changes_no_answer(cast: Cast, apps: list[Flask]) -> None:
    machine = type("ThisWalk", (Walk,), {"cast": cast, "apps": apps})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    hits = sum(len(edge_of(app).kept.answers) for app in apps[:2])
    assert hits > 0, "something was kept, and so was compared"
