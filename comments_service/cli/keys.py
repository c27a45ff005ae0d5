"""Which secret keys the database was used with, and taking others where those are lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from comments_service.cli.common import now, unready_application
from comments_service.cli.database import not_ready
from comments_service.config import Settings
from comments_service.services import known_keys
from comments_service.services.ready import why_not_migrated

LOST: Final = """\
What was made under a forgotten key that no machine has any more is lost: who is signed in, one-time
codes, forms that are open, bans by address or network, and which comments came from one address.
Comments, decisions, counts, passwords, passkeys, recovery codes and API tokens stay.
A machine that has none of the keys that remain is refused from now on."""


@click.group()
def keys() -> None:
    """List the secret keys that the database was used with, or have it take others."""


@contextmanager
def _migrated() -> Iterator[Settings]:
    """The settings, beside a database that may have been used with other keys.

    Raises:
        click.ClickException: the database is away or has another schema.
    """
    with unready_application() as app:
        why = why_not_migrated(app.config["COMMENTS_MIGRATIONS"])
        if why is not None:
            raise not_ready(why)
        yield app.config["COMMENTS"]


@keys.command("list")
def list_all() -> None:
    """List the keys, a line each: fingerprint, known since when, whether they are here.

    Of each fingerprint the beginning is shown. The keys themselves are not stored.
    """
    with _migrated() as settings:
        for key in known_keys.list_keys(settings):
            since = key.since.isoformat(timespec="seconds") if key.since else "not known"
            click.echo(f"{key.shown}\t{since}\t{'here' if key.is_here else 'not here'}")


@keys.command("adopt")
@click.option("--yes", is_flag=True, help="Do not ask.")
def adopt(yes: bool) -> None:
    """Have the database know this process's keys alone, where others are lost or were taken out.

    It says first what is lost with a key.
    """
    with _migrated() as settings:
        others = [key.shown for key in known_keys.list_keys(settings) if not key.is_here]
        if others and not yes:
            click.echo(LOST, err=True)
            click.confirm(f"Forget {' and '.join(others)}?", abort=True, err=True)
        click.echo(f"Forgotten: {known_keys.adopt(settings, now())} keys.")
