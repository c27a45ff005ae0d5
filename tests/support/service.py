"""The application as tests start it: the real one, on a database of the test's own."""

import secrets
from pathlib import Path
from typing import Final

from flask import Flask

from comments_service.app import create_app
from comments_service.config import Settings
from comments_service.storage.db import close_db
from comments_service.storage.schema import migrate
from comments_service.web.edge import edge_of
from tests.support.clock import Clock

SECRET: Final = secrets.token_urlsafe(32)
"""New in each run: a key that stands in a repository is one that the service refuses."""


def settings_for(home: Path, database_url: str) -> Settings:
    """The defaults, as after `comments-service init`."""
    return Settings(home=home, database_url=database_url, secret_keys=(SECRET,))


def make_app(settings: Settings, clock: Clock) -> Flask:
    """The application, with the test's clock; what a view raises unhandled reaches the test."""
    app = create_app(settings, clock)
    app.testing = True
    return app


def close_app(app: Flask) -> None:
    """Leave the database."""
    edge_of(app).close()
    close_db(app)


def migrate_database(url: str) -> None:
    """Bring a database up to date as `comments-service init` does."""
    app = make_app(settings_for(Path("/nonexistent"), url), Clock())
    with app.app_context():
        migrate(app.config["COMMENTS_MIGRATIONS"])
    close_app(app)
