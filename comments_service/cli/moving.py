"""Moving a whole instance to another database, as from SQLite to PostgreSQL."""

import dataclasses
import hashlib
import sys
from pathlib import Path

import click
from flask import Flask
from sqlalchemy.engine import make_url

from comments_service.app import create_app
from comments_service.cli.common import now
from comments_service.config import checked_database_url, load_settings
from comments_service.services.copy import (
    Progress,
    compare_databases,
    copy_database,
    finish_copy,
    may_be_brought_up_to_date,
)
from comments_service.services.ready import bring_up_to_date, found_schema, is_up_to_date
from comments_service.services.verify import verify
from comments_service.storage.db import db

_EVERY = 20_000
"""Rows between two lines of progress."""


@click.command("migrate-database")
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
def migrate_database(old: str, new: str) -> None:
    """Copy a whole instance into an empty database: FROM and TO are as in COMMENTS_DATABASE_URL.

    Stop the service first. Interrupted, the same command goes on where it was. At the end every
    table is compared and the copy verified; exits with 1 and a list if something is wrong.
    """
    source, target = _application(old), _application(new)
    name = _name(old)
    if name == _name(new):
        raise click.ClickException("FROM and TO are the same database.")
    try:
        _prepare(source, target)
        for step in copy_database(source.app_context, target.app_context, name, now()):
            _tell(step)
        click.echo("Comparing every row ...", err=True)
        differences = list(compare_databases(source.app_context, target.app_context))
        if differences:
            _give_up(differences)
        finish_copy(target.app_context, name)
        _verify(target)
    finally:
        for app in (source, target):
            with app.app_context():
                db.engine.dispose()
    click.echo("Copied and compared. Next: name the new database in COMMENTS_DATABASE_URL, start.")


def _application(url: str) -> Flask:
    settings = load_settings()
    url = checked_database_url(url)
    return create_app(dataclasses.replace(settings, database_url=url, read_database_url=None))


def _name(url: str) -> str:
    """What stands for a database in the unfinished copy of it; a password is no part of it."""
    parsed = make_url(url)
    place = parsed.database or ""
    if parsed.drivername == "sqlite":
        place = str(Path(place).resolve())
    said = f"{parsed.drivername[:6]} {parsed.host} {parsed.port} {parsed.query.get('host')} {place}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _prepare(source: Flask, target: Flask) -> None:
    """See that both have this code's schema; an empty new database is given it."""
    migrations = source.config["COMMENTS_MIGRATIONS"]
    with source.app_context():
        if not is_up_to_date(migrations):
            raise click.ClickException(
                f"The old database has schema {found_schema()}, which is not this code's. Run "
                "`comments-service init` with it, by the version that is to be moved."
            )
    with target.app_context():
        found = found_schema()
        if is_up_to_date(migrations):
            return
        if found != "none" and not may_be_brought_up_to_date(target.app_context, migrations):
            raise click.ClickException(
                f"The new database has schema {found}, which is not this code's. Name an empty one."
            )
        bring_up_to_date(migrations)


def _tell(step: Progress) -> None:
    if step.done == step.total or step.done % _EVERY == 0:
        click.echo(f"{step.table}: {step.done:,} of {step.total:,}", err=True)


def _verify(target: Flask) -> None:
    """As `verify` would on the new database: its rows are those of the old, so are its faults."""
    with target.app_context():
        faults = verify(target.config["COMMENTS"].home)
    for fault in faults:
        click.echo(fault)
    if faults:
        click.echo(
            f"{len(faults)} found. The copy is whole, and may be used: this was so in the old "
            "database, too.",
            err=True,
        )
        sys.exit(1)


def _give_up(differences: list[str]) -> None:
    for difference in differences:
        click.echo(difference)
    click.echo(
        f"{len(differences)} found. The old database is as it was; was the service running on it "
        "since the copy began? Empty the new one and copy again.",
        err=True,
    )
    sys.exit(1)
