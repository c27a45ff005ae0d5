"""A newsroom with two sites and its people, for tests of the console.

olga owns everything; rosa moderates the gazette; hugo moderates the herald and nothing else. bob
comments under a key of his own. Passwords are hashed as cheaply as argon2 can: what it costs is not
what these tests are about.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from werkzeug.test import TestResponse

from comments_service.config import Settings
from comments_service.domain.comment import make_submission
from comments_service.domain.errors import Refused
from comments_service.domain.ids import encode_id
from comments_service.domain.policy import PolicyMode
from comments_service.domain.words import SiteWord
from comments_service.services import accounts, drafts, own, passwords, sites, submit
from comments_service.services.pages import PageRef
from comments_service.services.queue import QueueQuestion, read_queue
from comments_service.services.sites import SiteChange
from comments_service.services.words import put
from comments_service.storage.db import db, write
from comments_service.storage.queries.people import change_moderator
from tests.support.clock import Clock

OLGA: Final = "olga@example.org"
ROSA: Final = "rosa@example.org"
HUGO: Final = "hugo@example.org"
PASSWORD: Final = "correct horse battery"
GAZETTE: Final = "https://gazette.example"
HERALD: Final = "https://herald.example"
BOB: Final = "bobs-key-0123456789abcdef"
PAGE: Final = f"{GAZETTE}/night-bus"


@dataclass
class Newsroom:
    """The application with people in it."""

    app: Flask
    clock: Clock
    one_time: dict[str, str] = field(default_factory=dict)
    """The passwords as `moderator create` printed them."""

    @property
    def settings(self) -> Settings:
        settings: Settings = self.app.config["COMMENTS"]
        return settings

    def open(self) -> None:
        """Make both sites and all three people, who have chosen their passwords."""
        with self.app.app_context():
            for slug, origin in (("gazette", GAZETTE), ("herald", HERALD)):
                change = SiteChange(name=f"The {slug.title()}", origins=[origin])
                sites.create_site(slug, change, self.clock.advance(seconds=1))
        self.hire(OLGA, "owner")
        self.hire(ROSA, "moderator", "gazette")
        self.hire(HUGO, "moderator", "herald")

    def hire(self, email: str, role: str, *on: str, settle: bool = True) -> str:
        """Make a moderator; returns the one-time password."""
        with self.app.app_context():
            password = accounts.create_moderator(email, role, on, self.clock())
            self.one_time[email] = password
            if settle:
                hashed = passwords.hasher().hash(PASSWORD)
                change = {"password_hash": hashed, "password_is_one_time": False}
                moderator = accounts.moderator_named(email)
                write(lambda conn: change_moderator(conn, moderator.id, **change))
        return password

    def sign_in(self, email: str, password: str = PASSWORD) -> "Desk":
        """Somebody's browser, signed in through the form."""
        browser = Desk(self.app.test_client(), self.clock)
        answer = browser.post("/moderate/sign-in", {"email": email, "password": password})
        assert answer.status_code == 303, answer.text
        return browser

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL of a block."""
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        yield seen
        event.remove(engine, "before_cursor_execute", note)

    def comment(
        self,
        body: str,
        name: str = "Bob",
        *,
        key: str | None = None,
        url: str = PAGE,
        site: str = "gazette",
        title: str | None = "The night bus",
        email: str | None = None,
        parent: str | None = None,
        verified: bool = True,
        insists: bool = False,
    ) -> str:
        """Post a comment, a second later than the last; returns its id, also of a refused one."""
        now = self.clock.advance(seconds=1)
        with self.app.app_context():
            post = drafts.Post(
                page=PageRef(site, url),
                submission=make_submission(author_name=name, body=body, email=email),
                parent_id=parent,
                title=title,
                commenter_key=key,
                insists=insists,
                from_program=verified,
            )
            try:
                return encode_id(submit.submit_comment(self.settings, post, now).comment.shown.id)
            except Refused:
                newest = QueueQuestion(tab="all", sort="newest", limit=1)
                return encode_id(read_queue(sites.show_site(site), newest).items[0].comment.id)

    def edit(self, comment_id: str, body: str, key: str = BOB, *, insists: bool = False) -> None:
        """Bob thinks again."""
        submission = make_submission(author_name="-", body=body)
        with self.app.app_context():
            change = own.Change(comment_id, submission, key, GAZETTE, insists)
            own.edit_comment(self.settings, change, self.clock.advance(seconds=1))

    def change_site(self, slug: str = "gazette", mode: str | None = None, **change: object) -> None:
        """Another owner changes a site's settings."""
        if mode is not None:
            change["mode"] = PolicyMode(mode)
        with self.app.app_context():
            wanted = SiteChange(**change)  # type: ignore[arg-type]  # As the test says.
            sites.change_site_settings(
                sites.show_site(slug), wanted, sites.SYSTEM, self.clock.advance(seconds=1)
            )

    def list_words(self, *words: SiteWord, slug: str = "gazette", instead: bool = False) -> None:
        """Another owner lists words."""
        with self.app.app_context():
            site, now = sites.show_site(slug), self.clock.advance(seconds=1)
            put(site, words, sites.SYSTEM, now, instead=instead)


@dataclass
class Desk:
    """A browser on the console: follows no redirect, sends the token of the form it last saw."""

    client: FlaskClient
    clock: Clock

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def token(self, path: str = "/moderate/sign-in") -> str:
        """A CSRF token out of a page."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found is not None, path
        return found[1]

    def post(
        self, path: str, data: Mapping[str, object] | None = None, *, page: str | None = None
    ) -> TestResponse:
        """Send a form as the page would; `page` is where the form stands, if not at `path`."""
        self.clock.advance(seconds=1)
        sent = {"csrf_token": self.token(page or _page(path)), **(data or {})}
        return self.client.post(path, data=sent)

    def decide(self, action: str, *comments: str, **more: object) -> TestResponse:
        """Press a card's button, or the bulk bar's; comments are `id:version`."""
        data = {"action": action, "comment": list(comments), **more}
        return self.post("/moderate/decide?site=gazette", data, page="/moderate/account")

    def seen(self, comment_id: str) -> str:
        """`id:version` as the comment's page says it."""
        page = self.get(f"/moderate/comment/{comment_id}").text
        found = re.search(rf'value="({comment_id}:\d+)"', page)
        assert found is not None
        return found[1]


def _page(path: str) -> str:
    """Where a form can be seen: pages that only take forms are asked for their neighbour."""
    hidden = path.startswith(("/moderate/undo", "/moderate/sign-out"))
    return "/moderate/account" if hidden else path


def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost next to nothing for this test."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: hasher)
    passwords.nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once a run, not once for each test's application."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def newsroom(
    app: Flask,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    compiled_templates: FileSystemBytecodeCache,
) -> Newsroom:
    """Sites and people, made cheaply."""
    cheap_hashes(monkeypatch)
    app.jinja_env.bytecode_cache = compiled_templates
    room = Newsroom(app, clock)
    room.open()
    return room
