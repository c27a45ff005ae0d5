"""What every command needs: the application, its database up to date, and the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import Flask

from comments_service.app import create_app
from comments_service.cli.database import not_ready
from comments_service.services.ready import why_not_ready
from comments_service.storage.db import db


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@contextmanager
def unready_application() -> Iterator[Flask]:
    """The application with its context, whatever its database; its connections end with it."""
    app = create_app()
    with app.app_context():
        try:
            yield app
        finally:
            db.engine.dispose()


@contextmanager
def application() -> Iterator[Flask]:
    """The same, once the database has this code's schema and was used with these secret keys.

    Raises:
        click.ClickException: the database is away, has another schema, or is another instance's.
    """
    with unready_application() as app:
        why = why_not_ready(app.config["COMMENTS"], app.config["COMMENTS_MIGRATIONS"])
        if why is not None:
            raise not_ready(why)
        yield app
