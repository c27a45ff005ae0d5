"""What must be so before the demo is served: its database and its content.

Loading this loads the whole service, which is why `serving` does so late. It asks the database, so
it is done in a process of its own (`processes.apart`).
"""

from typing import Final

import click

from comments_service.cli.common import application, now
from comments_service.cli.upkeep import prepare
from comments_service.demo import SITE
from comments_service.domain.errors import NotFound
from comments_service.services import accounts, sites

EDITOR: Final = "editor@gazette.example"


def set_up_demo(service: str, paper: str) -> None:
    """A database with site and moderator, and where they are, in words."""
    prepare()
    with application():
        password = _demo_content(paper)
    click.echo(f"\n  The newspaper:  {paper}/demo/")
    click.echo(f"  The console:    {service}/moderate/")
    click.echo(f"                  {EDITOR}")
    click.echo(f"                  {password}\n")


def _demo_content(paper: str) -> str:
    """Site and moderator of the demo, unless they are there; what to sign in with, in words."""
    try:
        found = sites.show_site(SITE)
    except NotFound:
        found = sites.create_site(
            SITE, sites.SiteChange(name="The Estuary Gazette", origins=[paper]), now()
        )
    origins = {paper, paper.replace("//127.0.0.1:", "//localhost:")}
    if not origins <= set(found.origins):
        wanted = sites.SiteChange(origins=[*found.origins, *origins])
        sites.change_site_settings(found, wanted, sites.SYSTEM, now())
    known = {row.email: row for row in accounts.all_moderators()}
    if EDITOR not in known:
        password = accounts.create_moderator(EDITOR, accounts.OWNER, (), now())
    elif known[EDITOR].password_is_one_time:
        password = accounts.renew_password(EDITOR)
    else:
        return "(with the password you chose; `moderator password` makes a new one)"
    return f"{password}  (once: you choose your own at the first sign-in)"
