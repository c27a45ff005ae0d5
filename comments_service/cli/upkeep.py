"""Setting an instance up, and asking whether it still adds up."""

import os
import sys

import click

from comments_service.cli.common import application, now, unready_application
from comments_service.config import KEY_FILE, PREFIX, home_folder, make_secret_keys
from comments_service.services.known_keys import ForeignKeys, make_known
from comments_service.services.ready import bring_up_to_date
from comments_service.services.verify import unsealed
from comments_service.services.verify import verify as find_faults


def prepare() -> bool:
    """Secrets and a migrated database that knows them; tells whether a secret was made.

    Raises:
        ForeignKeys: the database was used with other secrets; one that was made just now is gone.
    """
    home = home_folder()
    try:
        made = PREFIX + "SECRET_KEYS" not in os.environ and make_secret_keys(home)
    except OSError as problem:
        raise click.ClickException(
            f"Cannot write into {home}: {problem.strerror}. Name another folder in {PREFIX}HOME."
        ) from None
    try:
        with unready_application() as app:
            bring_up_to_date(app.config["COMMENTS_MIGRATIONS"])
            make_known(app.config["COMMENTS"], now())
    except ForeignKeys:
        if made:
            # It is of no use here, and would be taken for the one that is missing.
            (home / KEY_FILE).unlink()
        raise
    return made


@click.command()
def init() -> None:
    """Make the instance folder's secret and a migrated database; safe to repeat."""
    made = prepare()
    home = home_folder()
    click.echo(f"Secret key: {'made' if made else 'kept'} ({home}).")
    click.echo("Database: up to date.")
    click.echo(
        "Next: comments-service site create SLUG --name NAME --origin https://www.example.com"
    )


@click.command()
def verify() -> None:
    """Compare every count with its comments, and the log with them, its seals and its heads.

    Exits with 1 and a list if something does not add up.
    """
    with application() as app:
        faults = find_faults(app.config["COMMENTS"].home)
        waiting = unsealed()
    for fault in faults:
        click.echo(fault)
    if faults:
        click.echo(f"{len(faults)} found.", err=True)
        sys.exit(1)
    click.echo("All counts equal their threads, and the log is unbroken.")
    if waiting:
        click.echo(f"{waiting} log entries wait for their seal; the job runner gives it.")
