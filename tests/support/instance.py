"""An instance that a test's own process may look into while real processes serve it."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import text

from comments_service.app import create_app
from comments_service.checks import discover
from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from comments_service.services.accounts import create_token
from comments_service.services.sites import SiteChange, create_site
from comments_service.services.verify import verify
from comments_service.storage.db import db
from tests.support.service import SECRET, close_app, settings_for

ORIGIN: Final = "https://gazette.example"
SITE: Final = "gazette"


@dataclass(frozen=True)
class Instance:
    """One site that publishes at once, a program that posts there, and one that decides."""

    app: Flask
    writer: str
    moderator: str

    @property
    def home(self) -> Path:
        home: Path = self.app.config["COMMENTS"].home
        return home

    @property
    def env(self) -> Mapping[str, str]:
        """The settings of a process that serves it."""
        return {
            "COMMENTS_HOME": str(self.home),
            "COMMENTS_DATABASE_URL": self.app.config["COMMENTS"].database_url,
            "COMMENTS_SECRET_KEYS": SECRET,
            "COMMENTS_LOG_REQUESTS": "none",
        }

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What stands in the database."""
        with self.app.app_context(), db.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def change(self, statement: str, **values: Any) -> None:
        """Change what stands in the database, and commit it."""
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(text(statement), values)

    def broken(self) -> list[str]:
        """What `comments-service verify` would say."""
        with self.app.app_context():
            return verify(self.home)


@contextmanager
def instance(home: Path, database_url: str) -> Iterator[Instance]:
    """An instance in a folder, on a migrated database with nothing in it."""
    home.mkdir(exist_ok=True)
    app = create_app(settings_for(home, database_url))
    with app.app_context():
        now = datetime.now(UTC)
        # What is found in a text is not what these tests are about, and they post thousands.
        checks_off = dict.fromkeys(discover(), Mode.OFF)
        wanted = SiteChange(
            name="G", origins=[ORIGIN], mode=PolicyMode.POST, check_modes=checks_off
        )
        create_site(SITE, wanted, now)
        writer = create_token("paper", "comments:write", SITE, now)
        moderator = create_token("alice", "moderate", SITE, now)
    try:
        yield Instance(app, writer, moderator)
    finally:
        close_app(app)


@contextmanager
def seen_again(home: Path, database_url: str) -> Iterator[Instance]:
    """What stands in a folder and its database, to be looked at; its tokens are not known here."""
    app = create_app(settings_for(home, database_url))
    try:
        yield Instance(app, "", "")
    finally:
        close_app(app)


def new_key() -> str:
    """A key as a browser makes it, for a commenter or for one request."""
    return secrets.token_urlsafe(16)
