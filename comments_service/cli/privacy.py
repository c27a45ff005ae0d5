"""What a person may ask of the publisher about what they wrote."""

import click

from comments_service.cli.common import application, now
from comments_service.services.privacy import (
    as_json,
    clean_files,
    erase_commenter,
    export_commenter,
)
from comments_service.services.sites import SYSTEM


@click.group()
def privacy() -> None:
    """Export or erase what one person wrote."""


@privacy.command("export")
@click.argument("comment")
def export(comment: str) -> None:
    """Write all that is kept of whoever wrote COMMENT, on its site, as JSON.

    COMMENT is the comment's id, as in the console's address of it.
    """
    with application():
        click.echo(as_json(export_commenter(comment)))


@privacy.command("erase")
@click.argument("comment")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(comment: str, yes: bool) -> None:
    """Erase every comment, on its site, of whoever wrote COMMENT. There is no way back.

    COMMENT is the comment's id, as in the console's address of it. Afterwards the database's files
    are cleaned of what they still hold of it, which takes about as long as copying them.
    """
    with application():
        if not yes:
            click.confirm(f"Erase all that the author of {comment} wrote?", abort=True, err=True)
        click.echo(f"Erased: {erase_commenter(comment, SYSTEM, now())} comments.")
        clean_files()
        click.echo("Cleaned: the database's files.")
