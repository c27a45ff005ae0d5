"""What a person may ask of the publisher about what they wrote."""

import click

from comments_service.cli.common import application, now
from comments_service.services.privacy import erase_commenter
from comments_service.services.sites import SYSTEM


@click.group()
def privacy() -> None:
    """Erase what one person wrote."""


@privacy.command("erase")
@click.argument("comment")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(comment: str, yes: bool) -> None:
    """Erase every comment, on its site, of whoever wrote COMMENT. There is no way back.

    COMMENT is the comment's id, as in the console's address of it.
    """
    with application():
        if not yes:
            click.confirm(f"Erase all that the author of {comment} wrote?", abort=True, err=True)
        click.echo(f"Erased: {erase_commenter(comment, SYSTEM, now())} comments.")
