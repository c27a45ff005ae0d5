"""The cast of the tests, on one stage: two newspapers, and the people who come to them.

Alice moderates the gazette, carol the herald, bob comments, and mallory attacks from a site of her
own. Everybody acts over HTTP; what stands in the database can be looked up beside it. Whatever any
of them is answered must be declared in OpenAPI: `Cast.undeclared` collects what is not.
"""

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from flask import Flask, Response, current_app
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from comments_service.domain.ids import decode_id, new_id
from comments_service.domain.policy import PolicyMode
from comments_service.domain.words import SiteWord
from comments_service.services.accounts import create_token
from comments_service.services.jobs import run_jobs
from comments_service.services.keys import hash_secret, sign_form_token
from comments_service.services.pages import PageRef, thread_name
from comments_service.services.sites import SiteChange, change_site_settings, create_site, show_site
from comments_service.services.verify import verify
from comments_service.services.words import put
from comments_service.storage.db import db, write
from comments_service.storage.queries.people import (
    ModeratorRow,
    OpenSession,
    add_moderator,
    add_session,
)
from comments_service.storage.standing import Actor
from comments_service.web.access import SESSION_KEY
from tests.contract import undeclared_in
from tests.support.clock import Clock

GAZETTE: Final = "https://gazette.example"
HERALD: Final = "https://herald.example"
EVIL: Final = "https://evil.example"
PAGE: Final = f"{GAZETTE}/a-walk-in-the-park"
OTHER_PAGE: Final = f"{GAZETTE}/rain-on-sunday"
HERALD_PAGE: Final = f"{HERALD}/rain-on-sunday"
HERE: Final = "tests.cast"
"""Where an application keeps whose test it is in."""
AGE: Final = 30
"""Seconds that a form has been open when its reader sends it."""
one_database: Final = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what is decided before any database is asked, or after."""
_addresses: Final = itertools.count(1)


def new_address() -> str:
    """An address nobody wrote from yet: limits are about addresses, and most tests are not."""
    n = next(_addresses)
    return f"198.18.{n // 250 % 250}.{n % 250 + 1}"


def assert_problem(answer: TestResponse, status: int, kind: str, *fields: str) -> dict[str, Any]:
    """That the answer is an RFC 9457 problem of this kind, with these fields at fault."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    said: dict[str, Any] = answer.get_json()
    assert said["type"] == f"urn:comments:{kind}"
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]
    assert [error["field"] for error in said.get("errors", [])] == list(fields)
    return said


@dataclass
class Reader:
    """Somebody with a browser that keeps a commenter key, on pages of one origin."""

    app: Flask
    clock: Clock
    name: str
    origin: str = GAZETTE
    site: str = "gazette"
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.origin, "Commenter-Key": self.key}

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        """A request from this reader's browser; `headers` come on top, None takes one away."""
        merged: dict[str, str | None] = {**self.headers, **request.pop("headers", {})}
        headers = {name: value for name, value in merged.items() if value is not None}
        address = request.pop("address", None) or new_address()
        return self.app.test_client(use_cookies=False).open(
            path,
            method=method,
            headers=headers,
            environ_overrides={"REMOTE_ADDR": address},
            **request,
        )

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.call("GET", path, **request)

    def token(self, url: str = PAGE, *, age: float = AGE, page_id: str | None = None) -> str:
        """The token of a form that was opened `age` seconds ago."""
        settings = self.app.config["COMMENTS"]
        name = thread_name(PageRef(self.site, url, page_id), settings)
        return sign_form_token(settings, self.site, name, self.clock.now - timedelta(seconds=age))

    def form(self, body: str = "Well said.", url: str = PAGE, **members: Any) -> dict[str, Any]:
        """What the widget sends: `members` come on top, None takes one away."""
        sent = {"site": self.site, "url": url, "author_name": self.name, "body": body}
        if "token" not in members:
            sent["token"] = self.token(url, page_id=members.get("id"))
        return {name: value for name, value in (sent | members).items() if value is not None}

    def post(
        self,
        body: str = "Well said.",
        url: str = PAGE,
        *,
        headers: dict[str, str | None] | None = None,
        address: str | None = None,
        **members: Any,
    ) -> TestResponse:
        """A comment, a second after whatever came before it."""
        self.clock.advance(seconds=1)
        form = self.form(body, url, **members)
        return self.call(
            "POST", "/api/v1/comments", json=form, headers=headers or {}, address=address
        )

    def says(self, body: str = "Well said.", url: str = PAGE, **members: Any) -> str:
        """A comment that is taken; its id."""
        answer = self.post(body, url, **members)
        assert answer.status_code in (201, 202), answer.get_data(as_text=True)
        said: str = answer.json["comment"]["id"]  # type: ignore[index]  # JSON, as asserted.
        return said


@dataclass
class Program:
    """Whoever holds an API token: a moderator's script, or a publisher's server."""

    app: Flask
    clock: Clock
    secret: str

    def call(self, method: str, path: str, **request: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **request.pop("headers", {})}
        return self.app.test_client(use_cookies=False).open(
            path, method=method, headers=headers, **request
        )

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.call("GET", path, **request)

    def queue(self, **query: Any) -> list[dict[str, Any]]:
        """One page of the queue."""
        page = _json(self.get("/api/v1/moderation/queue", query_string=query))
        items: list[dict[str, Any]] = page["items"]
        return items

    def decide(self, *wishes: dict[str, Any]) -> list[dict[str, Any]]:
        """Decisions, a second after whatever came before them."""
        self.clock.advance(seconds=1)
        answer = self.call("POST", "/api/v1/moderation/decisions", json={"decisions": wishes})
        results: list[dict[str, Any]] = _json(answer)["results"]
        return results

    def undo(self, decision_id: str) -> TestResponse:
        self.clock.advance(seconds=1)
        return self.call("POST", f"/api/v1/moderation/decisions/{decision_id}/undo")


def _json(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


@dataclass
class Cast:
    """Everybody, and what a test may look up behind their backs."""

    app: Flask
    clock: Clock
    undeclared: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # An application that is kept for the next test has its listener already.
        if HERE not in self.app.extensions:
            self.app.after_request(_listen)
        self.app.extensions[HERE] = self
        with self.app.app_context():
            for slug, origin in (("gazette", GAZETTE), ("herald", HERALD)):
                wanted = SiteChange(name=slug.title(), origins=[origin])
                create_site(slug, wanted, self.clock.advance(seconds=1))
        self.alice = self.program("moderate", "gazette")
        self.carol = self.program("moderate", "herald")
        self.bob = Reader(self.app, self.clock, "Bob")
        self.mallory = Reader(self.app, self.clock, "Mallory", origin=EVIL)
        self.herald_reader = Reader(self.app, self.clock, "Hera", HERALD, "herald")

    def program(self, scope: str, site: str | None) -> Program:
        """A new API token, in somebody's hands."""
        with self.app.app_context():
            secret = create_token(f"{scope} {site}", scope, site, self.clock.advance(seconds=1))
        return Program(self.app, self.clock, secret)

    def signed_in(self, email: str, role: str, sites: list[str]) -> FlaskClient:
        """The browser of a new moderator with a session, without the cost of a password."""
        now = self.clock.advance(seconds=1)
        secret = secrets.token_urlsafe(32)
        with self.app.app_context():
            site_ids = tuple(show_site(slug).id for slug in sites)
            row = ModeratorRow(
                new_id(now), email, role, not sites, site_ids, "no hash at all", False, True
            )
            write(lambda conn: add_moderator(conn, row, now))
            ends = now + timedelta(hours=12)
            opened = OpenSession(hash_secret(secret), now, ends, now, factor_due=False, agent=None)
            write(lambda conn: add_session(conn, row.id, opened))
        client = self.app.test_client()
        with client.session_transaction() as session:
            session[SESSION_KEY] = secret
        return client

    def reader(self, name: str = "Somebody", **changes: Any) -> Reader:
        """One more reader, with a key of their own."""
        return Reader(self.app, self.clock, name, **changes)

    def mallory_at_the_gazette(self) -> Reader:
        """Mallory with a browser, on the gazette's own page like anybody."""
        return self.reader("Mallory")

    def set_site(self, slug: str = "gazette", **change: Any) -> None:
        """Change a site's settings, as `SiteChange` names them; `words` are all it blocks."""
        words = change.pop("words", None)
        with self.app.app_context():
            actor = Actor("system", "the test")
            wanted = SiteChange(**change)
            site = change_site_settings(show_site(slug), wanted, actor, self.clock.now)
            if words is not None:
                listed = [SiteWord(term, 1.0) for term in words]
                put(site, listed, actor, self.clock.now, instead=True)

    def publish_all(self, slug: str = "gazette") -> None:
        """From here on the site publishes what nothing was found in."""
        self.set_site(slug, mode=PolicyMode.POST)

    def publish(self, body: str = "Well said.", url: str = PAGE, **members: Any) -> str:
        """A comment of bob's that alice has approved; its id."""
        comment = self.bob.says(body, url, **members)
        self.decide(comment, "approve")
        return comment

    def decide(self, comment: str, action: str, **more: Any) -> dict[str, Any]:
        """Alice decides on a comment as it stands now."""
        wish = {"comment_id": comment, "version": self.row(comment)["version"], "action": action}
        return self.alice.decide(wish | more)[0]

    def close(self, url: str = PAGE) -> None:
        """The page's thread takes no more comments."""
        self.execute("UPDATE thread SET closed_at = 1 WHERE url = :url", url=url)

    def run_jobs(self, now: datetime | None = None) -> dict[str, int]:
        """What the job runner did: rows by job. It looks now, by the clock, if not told when."""
        with self.app.app_context():
            done = run_jobs(self.app.config["COMMENTS"], "the cast", now or self.clock.now)
        assert done is not None, "somebody else runs the jobs"
        return done

    def row(self, comment: str) -> dict[str, Any]:
        """A comment as stored."""
        (found,) = self.rows("SELECT * FROM comment WHERE id = :id", id=decode_id(comment))
        return found

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        with self.app.app_context(), db.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(text(statement), values)]

    def one(self, statement: str, **values: Any) -> Any:
        """The single value of a statement."""
        ((value,),) = (row.values() for row in self.rows(statement, **values))
        return value

    def execute(self, statement: str, **values: Any) -> None:
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(text(statement), values)
            # Whatever was changed, and by whatever statement: nobody may go on with what he knew.
            connection.execute(text("UPDATE site SET version = version"))

    def thread(self, url: str = PAGE, **query: Any) -> dict[str, Any]:
        """A page of a thread, as anybody reads it."""
        answer = self.app.test_client().get("/api/v1/comments", query_string={"url": url, **query})
        page: dict[str, Any] = _json(answer)
        return page

    def paged(self, url: str = PAGE, **query: Any) -> list[dict[str, Any]]:
        """The whole thread, page by page."""
        page = self.thread(url, **query)
        comments: list[dict[str, Any]] = page["comments"]
        while page["next"]:
            page = self.thread(url, **query, cursor=page["next"])
            comments += page["comments"]
        return comments

    def count(self, url: str = PAGE) -> int:
        """The page's count, as other pages show it."""
        answer = self.app.test_client().get("/api/v1/counts", query_string={"url": url})
        number: int = _json(answer)["counts"][0]["count"]
        return number

    def broken(self) -> list[str]:
        """What `comments-service verify` would say."""
        with self.app.app_context():
            return verify(self.app.config["COMMENTS"].home)


def _listen(response: Response) -> Response:
    here: Cast = current_app.extensions[HERE]
    here.undeclared += undeclared_in(response)
    return response


def _played(app: Flask, clock: Clock) -> Iterator[Cast]:
    found = Cast(app, clock)
    yield found
    assert not found.undeclared


@pytest.fixture
def fresh_cast(app: Flask, clock: Clock) -> Iterator[Cast]:
    """Everybody in an application of this test's own, for who changes it or its settings."""
    yield from _played(app, clock)


@pytest.fixture
def cast(kept_app: Flask, clock: Clock) -> Iterator[Cast]:
    """Everybody in place; at the end, nothing undeclared may have been answered."""
    yield from _played(kept_app, clock)
