"""Saving a whole instance into one file, and putting one back."""

from pathlib import Path

import click

from comments_service.cli.common import application, now, unready_application
from comments_service.config import KEY_FILE
from comments_service.services import backup as service
from comments_service.services.archive import check_file
from comments_service.services.known_keys import ForeignKeys, make_known

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_FILE
def backup(file: Path) -> None:
    """Write everything that is stored into a new FILE, while the service serves.

    The secret keys are not in it, nor who is signed in.
    """
    with application() as app:
        done = service.back_up(file, now())
        home = app.config["COMMENTS"].home
    size = file.stat().st_size / 1e6
    click.echo(
        f"Saved {done.rows['comment']} comments of {done.rows['site']} sites to {file} "
        f"({size:.1f} MB, schema {done.schema})."
    )
    click.echo(f"The secret keys are not in it: keep {home / KEY_FILE}, or what you set instead.")


@click.command()
@_FILE
@click.option("--replace", is_flag=True, help="Delete what is stored here now.")
@click.option("--check", is_flag=True, help="Only look whether the file is whole.")
def restore(file: Path, replace: bool, check: bool) -> None:
    """Put what FILE holds into this instance, in one step or not at all.

    Moderators sign in again afterwards. Run `verify` next.
    """
    if check:
        said = check_file(file)
        click.echo(f"Whole: {said.rows['comment']} comments, {said.made_at}, schema {said.schema}.")
        return
    with unready_application() as app:
        settings, migrations = app.config["COMMENTS"], app.config["COMMENTS_MIGRATIONS"]
        done = service.restore(file, settings.home, migrations, now(), replace=replace)
        click.echo(f"Restored {done.rows['comment']} comments of {done.rows['site']} sites.")
        try:
            # A backup of a release without fingerprints is whoever's restores it.
            make_known(settings, now())
        except ForeignKeys as others:
            click.echo(f"Next: its secret keys. {others}")
            return
    click.echo("Next: comments-service verify")
