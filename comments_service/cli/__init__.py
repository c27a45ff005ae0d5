"""The `comments-service` command: one file per kind of task, errors in a sentence, exit statuses.

0 done; 1 it looked and found something wrong (`verify`); 2 it could not be done, and standard error
says why and what to do next.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

from comments_service import __version__
from comments_service.cli.problems import status_of

COMMANDS: Final[Mapping[str, str]] = {
    "init": "upkeep",
    "run": "serving",
    "demo": "serving",
    "jobs": "running",
    "newspaper": "serving",
    "site": "sites",
    "words": "words",
    "moderator": "people",
    "token": "people",  # nosec B105 - a command's file, no password.
    "ban": "ban",
    "privacy": "privacy",
    "keys": "keys",
    "policy": "policy",
    "check": "texts",
    "spam": "spam",
    "verify": "upkeep",
    "migrate-database": "moving",
    "backup": "backups",
    "restore": "backups",
}
"""Each command's file; the function has the command's name."""


class LateCommands(click.Group):
    """Loads a command's file when the command is asked for: most load the whole service."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        file = COMMANDS.get(cmd_name)
        if file is None:
            return None
        module = import_module(f"{__name__}.{file}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(
    cls=LateCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="comments-service")
def cli() -> None:
    """Comments for people who publish articles.

    Settings are environment variables (COMMENTS_...), explained in docs/configure.md.
    """


def main() -> None:
    """Run the command and turn what can go wrong into a sentence and a status."""
    # Where it is installed, structlog loads it for coloured tracebacks, which no log of ours has: a
    # tenth of a start.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None: it is not to be found.
    status = status_of(lambda: cli.main(prog_name="comments-service", standalone_mode=False))
    sys.exit(status)
