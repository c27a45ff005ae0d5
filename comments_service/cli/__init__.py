"""The `comments-service` command: one file per kind of task, errors in a sentence, exit statuses.

0 done; 1 it looked and found something wrong (`verify`); 2 it could not be done, and standard error
says why and what to do next.
"""

import sys

import click

from comments_service import __version__
from comments_service.cli import people, serving, sites, texts, upkeep
from comments_service.config import ConfigError
from comments_service.domain.errors import CommentsError, InvalidFields, Unavailable


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="comments-service")
def cli() -> None:
    """Comments for people who publish articles.

    Settings are environment variables (COMMENTS_...), explained in docs/configure.md.
    """


for command in (
    upkeep.init,
    serving.run,
    serving.demo,
    serving.jobs,
    serving.newspaper,
    sites.site,
    people.moderator,
    people.token,
    texts.check,
    upkeep.verify,
):
    cli.add_command(command)


def main() -> None:
    """Run the command and turn what can go wrong into a sentence and a status."""
    try:
        cli.main(prog_name="comments-service", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code if problem.exit_code != 1 else 2)
    except click.Abort:
        sys.exit(130)
    except InvalidFields as problem:
        for error in problem.errors:
            click.echo(f"Error: {error.field}: {error.message}", err=True)
        sys.exit(2)
    except Unavailable as problem:
        click.echo(f"Error: The database cannot be used: {problem.__cause__}", err=True)
        sys.exit(2)
    except (ConfigError, CommentsError) as problem:
        click.echo(f"Error: {problem}", err=True)
        sys.exit(2)
