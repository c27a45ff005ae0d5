"""What can go wrong in a command, as a sentence on standard error and an exit status."""

from collections.abc import Callable
from typing import Final

import click

from comments_service.config import ConfigError
from comments_service.domain.errors import (
    CommentsError,
    InvalidFields,
    NotFound,
    Raced,
    Unavailable,
)

LOOK_AT_DATABASE: Final = "Is it running, and is COMMENTS_DATABASE_URL right?"


def status_of(work: Callable[[], object]) -> int:
    """Do it, tell what went wrong, and give the exit status that says so."""
    try:
        work()
    except click.ClickException as problem:
        problem.show()
        return 2
    except click.Abort:
        # What a shell says of a program that Ctrl-C ended.
        return 130
    except (ConfigError, CommentsError) as problem:
        for sentence in _sentences(problem):
            click.echo(f"Error: {sentence}", err=True)
        return 2
    return 0


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
