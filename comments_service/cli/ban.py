"""Bans from the command line: who may not comment on a site for a while."""

from typing import Any, Final

import click

from comments_service.cli.common import application, now
from comments_service.domain.ids import encode_id
from comments_service.services import bans, sites
from comments_service.services.accounts import OWNER, Principal
from comments_service.services.bans import WishedBan
from comments_service.services.moderate import REJECT_REASONS
from comments_service.services.sites import SYSTEM

HERE: Final = Principal(SYSTEM, OWNER, None)
"""Whoever may run commands on the machine."""


@click.group()
def ban() -> None:
    """Show, make and lift bans."""


@ban.command("list")
@click.option("--site", "slug", required=True, help="Whose bans.")
def list_bans(slug: str) -> None:
    """List a site's bans, a line each: id, kind, end, reason, name or comment."""
    with application():
        site, cursor = sites.show_site(slug), None
        while True:
            view = bans.read_bans(site, cursor, now())
            for row in view.bans:
                of = row.name or (encode_id(row.comment_id) if row.comment_id else "")
                end = f"{row.ends_at:%Y-%m-%dT%H:%M:%SZ}"
                click.echo("\t".join((encode_id(row.id), row.kind, end, row.reason, of)))
            cursor = view.next
            if cursor is None:
                break


@ban.command("add")
@click.option("--site", "slug", required=True, help="From where.")
@click.option("--comment", help="Who wrote the comment of this id.")
@click.option("--who", help="A name, an address or a network, written out.")
@click.option(
    "--kind",
    type=click.Choice(bans.KINDS),
    default="commenter",
    show_default=True,
    help="What of them; what --who says.",
)
@click.option("--days", type=int, default=7, show_default=True, help="For how long.")
@click.option(
    "--reason", type=click.Choice(list(REJECT_REASONS)), default="other", show_default=True
)
@click.option("--note", help="Why, for moderators.")
def add(slug: str, comment: str | None, who: str | None, **wanted: Any) -> None:
    """Ban one commenter, name, address or network for some days; prints the ban's id."""
    if (comment is None) == (who is None):
        raise click.UsageError("Give either --comment or --who.")
    with application() as app:
        wish = WishedBan(comment_id=comment, who=who, **wanted)
        row = bans.ban(app.config["COMMENTS"], HERE, sites.show_site(slug), wish, now())
        click.echo(encode_id(row.id))


@ban.command("lift")
@click.argument("ban")
def lift(ban: str) -> None:
    """Lift the ban of an id, as `ban list` shows it."""
    with application():
        row = bans.lift(HERE, ban, now())
        click.echo(f"Lifted: {row.kind}.")
