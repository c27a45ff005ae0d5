"""The `comments-service` command: one file per kind of task, errors in a sentence, exit statuses.

0 done; 1 it looked and found something wrong (`verify`); 2 it could not be done, and standard error
says why and what to do next.
"""

import sys

import click

from comments_service import __version__
from comments_service.cli import (
    backups,
    moving,
    people,
    policy,
    privacy,
    running,
    serving,
    sites,
    spam,
    texts,
    upkeep,
    words,
)
from comments_service.cli.common import LOOK_AT_DATABASE
from comments_service.config import ConfigError
from comments_service.domain.errors import (
    CommentsError,
    InvalidFields,
    NotFound,
    Raced,
    Unavailable,
)


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
    running.jobs,
    serving.newspaper,
    sites.site,
    words.words,
    people.moderator,
    people.token,
    privacy.privacy,
    policy.policy,
    texts.check,
    spam.spam,
    upkeep.verify,
    moving.migrate_database,
    backups.backup,
    backups.restore,
):
    cli.add_command(command)


def main() -> None:
    """Run the command and turn what can go wrong into a sentence and a status."""
    try:
        cli.main(prog_name="comments-service", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        sys.exit(2)
    except click.Abort:
        # What a shell says of a program that Ctrl-C ended.
        sys.exit(130)
    except (ConfigError, CommentsError) as problem:
        for sentence in _sentences(problem):
            click.echo(f"Error: {sentence}", err=True)
        sys.exit(2)


def _sentences(problem: ConfigError | CommentsError) -> list[str]:
    """What went wrong, and what to do next."""
    match problem:
        case InvalidFields():
            return [f"{error.field}: {error.message}" for error in problem.errors]
        case NotFound():
            group = problem.what.partition(":")[0]
            return [f"{problem} `comments-service {group} list` shows what there is."]
        case Unavailable():
            cause = getattr(problem.__cause__, "orig", None) or problem.__cause__
            return [f"The database cannot be used: {_first_line(cause)}. {LOOK_AT_DATABASE}"]
        case Raced():
            return ["Somebody else changed this meanwhile. Please try again."]
    return [str(problem)]


def _first_line(cause: object) -> str:
    return str(cause).partition("\n")[0].rstrip(".")
