"""What every command needs: the application, its database up to date, and the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from flask import Flask

from comments_service.app import create_app
from comments_service.services.ready import why_not_ready


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@contextmanager
def application() -> Iterator[Flask]:
    """The application with its context, once the database has this code's schema.

    Raises:
        click.ClickException: the database is away or has another schema.
    """
    app = create_app()
    with app.app_context():
        why = why_not_ready(app.config["COMMENTS_MIGRATIONS"])
        if why is not None:
            raise click.ClickException(why)
        yield app
