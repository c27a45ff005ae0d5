"""Sites from the command line."""

import json

import click

from comments_service.cli.common import application, now
from comments_service.domain.policy import PolicyMode
from comments_service.domain.verdict import Mode
from comments_service.services import sites as service
from comments_service.services.seal import forget_witness
from comments_service.services.sites import SYSTEM, SiteChange
from comments_service.services.views import SiteRow

MODES = click.Choice([m.value for m in PolicyMode])


@click.group()
def site() -> None:
    """Make, list, show, change and delete sites."""


@site.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="The site's name, as moderators read it.")
@click.option("--origin", "origins", multiple=True, required=True, help="https://www.example.com")
@click.option("--mode", type=MODES, help="pre: all wait; first (default); post: publish at once.")
def create(slug: str, name: str, origins: tuple[str, ...], mode: str | None) -> None:
    """Make a site. Its pages are those of its origins."""
    change = SiteChange(name=name, origins=origins, mode=PolicyMode(mode) if mode else None)
    with application():
        made = service.create_site(slug, change, now())
    click.echo(f"Site {made.slug} is made. Embed it with:\n")
    click.echo(f'  <div id="comments" data-site="{made.slug}"></div>')
    click.echo('  <script async src="https://THIS-SERVICE/embed.js"></script>')


@site.command("list")
def list_all() -> None:
    """List the sites, a line each: slug, mode, name, origins."""
    with application():
        for found in service.all_sites():
            mode = found.policy.mode.value
            click.echo(f"{found.slug}\t{mode}\t{found.name}\t{' '.join(found.origins)}")


@site.command("show")
@click.argument("slug")
def show(slug: str) -> None:
    """Show a site's settings as JSON."""
    with application():
        found = service.show_site(slug)
    click.echo(json.dumps(_settings(found), ensure_ascii=False, indent=2))


def _settings(found: SiteRow) -> dict[str, object]:
    return {
        "slug": found.slug,
        "name": found.name,
        "origins": list(found.origins),
        "mode": found.policy.mode.value,
        "asks_to_reword": found.policy.asks_to_reword,
        "flood_addresses": found.policy.flood_addresses,
        "forget_days": found.policy.forget_days,
        "checks": {
            name: {"mode": used.mode.value, "settings": dict(used.settings)}
            for name, used in sorted(found.policy.checks.items())
        },
    }


@site.command("set")
@click.argument("slug")
@click.option("--name", help="A new name.")
@click.option("--origin", "origins", multiple=True, help="All origins from now on.")
@click.option("--mode", type=MODES, help="When comments are published.")
@click.option(
    "--reword/--no-reword", default=None, help="Ask who wrote words that would be held, or not."
)
@click.option(
    "--flood",
    "flood_addresses",
    type=int,
    help="Addresses that write on a page within five minutes, at which all waits; 0 for never.",
)
@click.option(
    "--forget-after",
    "forget_days",
    type=int,
    help="Days after which the text of what is not public goes; 0 keeps it.",
)
@click.option("--check", "checks", multiple=True, help="CHECK=on, CHECK=shadow or CHECK=off.")
@click.option(
    "--setting",
    "settings",
    multiple=True,
    help="CHECK.NAME=VALUE, the value as JSON; null for the default.",
)
def change(
    slug: str,
    *,
    name: str | None,
    origins: tuple[str, ...],
    mode: str | None,
    reword: bool | None,
    flood_addresses: int | None,
    forget_days: int | None,
    checks: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Change a site's settings; what is not named stays."""
    wishes = (origins, mode, checks, settings)
    if {name, reword, flood_addresses, forget_days} == {None} and not any(wishes):
        raise click.UsageError("Say what to change; --help lists what can be.")
    wanted = SiteChange(
        name=name,
        origins=origins or None,
        mode=PolicyMode(mode) if mode else None,
        check_modes=dict(check_mode(text) for text in checks),
        check_settings=check_settings(settings),
        asks_to_reword=reword,
        flood_addresses=flood_addresses,
        forget_days=forget_days,
    )
    with application():
        before = service.show_site(slug)
        after = service.change_site_settings(before, wanted, SYSTEM, now())
    same = before.version == after.version
    click.echo(f"Site {slug} {'was so already' if same else 'is changed'}.")


def check_mode(text: str) -> tuple[str, Mode]:
    """`CHECK=on` as the check's name and its mode.

    Raises:
        click.UsageError: it is not written so.
    """
    name, _, mode = text.partition("=")
    if mode not in tuple(Mode):
        raise click.UsageError(f"{text!r}: write CHECK=on, CHECK=shadow or CHECK=off.")
    return name, Mode(mode)


def check_settings(texts: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Each `CHECK.NAME=VALUE` as a check's settings.

    Raises:
        click.UsageError: one is not written so.
    """
    wanted: dict[str, dict[str, object]] = {}
    for text in texts:
        place, _, value = text.partition("=")
        check, _, name = place.partition(".")
        try:
            wanted.setdefault(check, {})[name] = json.loads(value)
        except ValueError:
            message = f"{text!r}: write CHECK.NAME=VALUE, the value as JSON, like links.max=2."
            raise click.UsageError(message) from None
    return wanted


def _confirmed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        # Nobody is there to answer, as in a script.
        click.echo(err=True)
        return False


@site.command("delete")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(slug: str, yes: bool) -> None:
    """Delete a site with all its comments and its log. There is no way back."""
    with application() as app:
        found = service.show_site(slug)
        if not (yes or _confirmed(f"Delete {found.name} with all its comments?")):
            raise click.ClickException("Nothing was deleted. With --yes it does not ask.")
        service.remove_site(slug)
        forget_witness(app.config["COMMENTS"].home, found.id)
    click.echo(f"Site {slug} is deleted.")
