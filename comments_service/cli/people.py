"""Moderators and API tokens from the command line."""

import click

from comments_service.cli.common import application, now
from comments_service.domain.errors import NotFound
from comments_service.domain.ids import decode_id, encode_id
from comments_service.services import accounts, factors
from comments_service.services.sites import all_sites


@click.group()
def moderator() -> None:
    """Make, list and remove moderators."""


@moderator.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(accounts.ROLES), required=True, help="What they may do.")
@click.option("--site", "sites", multiple=True, help="Limit them to this site; may be repeated.")
def create(email: str, role: str, sites: tuple[str, ...]) -> None:
    """Make a moderator and print a one-time password: the first sign-in asks for another."""
    with application():
        click.echo(accounts.create_moderator(email, role, sites, now()))


@moderator.command("list")
def list_all() -> None:
    """List the moderators, a line each: e-mail, role, all sites or which."""
    with application():
        slugs = {site.id: site.slug for site in all_sites()}
        for row in accounts.all_moderators():
            where = "all sites" if row.all_sites else " ".join(slugs[i] for i in row.site_ids)
            click.echo(f"{row.email}\t{row.role}\t{where}")


@moderator.command("password")
@click.argument("email")
def password(email: str) -> None:
    """Print a new one-time password; every session of the moderator ends."""
    with application():
        click.echo(accounts.renew_password(email))


@moderator.command("reset-factors")
@click.argument("email")
def reset_factors(email: str) -> None:
    """Forget a moderator's passkeys and codes, for a lost device; every session of theirs ends."""
    with application():
        factors.reset_factors(email)
    click.echo(f"{email} signs in with the password alone now.")


@moderator.command("remove")
@click.argument("email")
def remove(email: str) -> None:
    """End a moderator's access; the log keeps what they decided."""
    with application():
        accounts.remove_moderator(email)
    click.echo(f"{email} is no moderator any more.")


@click.group()
def token() -> None:
    """Make, list and revoke API tokens."""


@token.command("create")
@click.option("--name", required=True, help="Who uses it; the log names it.")
@click.option("--scope", type=click.Choice(accounts.SCOPES), required=True, help="What it may do.")
@click.option("--site", help="Limit it to this site.")
def create_token(name: str, scope: str, site: str | None) -> None:
    """Make an API token and print it, alone: it is shown this once."""
    with application():
        click.echo(accounts.create_token(name, scope, site, now()))


@token.command("list")
def list_tokens() -> None:
    """List the tokens, a line each: id, scope, state, name. The secrets are not stored."""
    with application():
        for row in accounts.all_tokens():
            state = "revoked" if row.revoked else "valid"
            click.echo(f"{encode_id(row.id)}\t{row.scope}\t{state}\t{row.name}")


@token.command("revoke")
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """End a token at once, by the id that `token list` shows."""
    number = decode_id(token_id)
    with application():
        if number is None:
            raise NotFound("token")
        accounts.end_token(number)
    click.echo(f"Token {token_id} is revoked.")
