"""Whether the database can be served from. This loads no more of the service than it takes.

It asks the database, so it is done in a process of its own (`processes.apart`).
"""

from datetime import UTC, datetime

import click
from flask import Flask

from comments_service.cli.problems import LOOK_AT_DATABASE
from comments_service.config import bundled, load_settings
from comments_service.services.ready import why_not_startable
from comments_service.storage.db import init_db


def require_ready() -> None:
    """Refuse a database that is away, has another schema, or was used with other secret keys.

    Raises:
        click.ClickException: what is the matter, and what to do.
        ForeignKeys: somebody who has other keys began at the same time.
        ConfigError: a setting is missing or makes no sense.
    """
    settings = load_settings()
    app = Flask(__name__, static_folder=None)
    init_db(app, settings.database_url, settings.writes_together)
    with app.app_context():
        why = why_not_startable(settings, bundled("migrations"), datetime.now(UTC))
    if why is not None:
        raise not_ready(why)


def not_ready(why: str) -> click.ClickException:
    """What is the matter, with what to do where that is not said yet."""
    return click.ClickException(why if "`" in why else f"{why} {LOOK_AT_DATABASE}")
