"""What a stranger sees first: help on everything, and a plain word about what is wrong."""

from collections.abc import Iterator

import click
import pytest

from comments_service import __version__
from comments_service.cli import COMMANDS, cli
from tests.cli.conftest import CommandLine

# The list of docs/api.md, section "Commands": others may be added, none of these may go.
PROMISED = {
    *("init", "run", "demo", "jobs", "check", "verify"),
    *("site create", "site list", "site show", "site set", "site delete"),
    *("moderator create", "token create"),
}


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")


EVERY = dict(commands(cli))


def test_every_promised_command_is_there() -> None:
    assert set(EVERY) >= PROMISED


@pytest.mark.parametrize("name", EVERY)
def test_every_command_explains_itself(name: str, comments_service: CommandLine) -> None:
    said = comments_service(*name.split(), "--help")
    assert said.status == 0
    assert said.out.startswith(f"Usage: comments-service {name}")
    assert EVERY[name].get_short_help_str(), f"{name} does not say what it is for"
    assert said.err == ""


@pytest.mark.parametrize("name", EVERY)
def test_every_option_explains_itself(name: str) -> None:
    options = [p for p in EVERY[name].params if isinstance(p, click.Option) and not p.hidden]
    silent = [o.name for o in options if not o.help and not o.show_default]
    assert silent == []


def test_the_whole_command_explains_itself(comments_service: CommandLine) -> None:
    said = comments_service("--help")
    assert said.status == 0
    listed = {line.split()[0] for line in said.lines if line.startswith("  ") and line.split()}
    shown = {name for name in COMMANDS if not EVERY[name].hidden}
    assert listed >= shown
    assert "newspaper" not in listed, "only `demo` starts it"


def test_it_knows_its_version(comments_service: CommandLine) -> None:
    assert __version__ in comments_service("--version").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["site", "frobnicate"], "No such command 'frobnicate'"),
        (["site", "create"], "Missing argument 'SLUG'"),
        (["run", "--port", "99999"], "'--port'"),
        (["run", "--workers", "0"], "'--workers'"),
        (["demo", "--port", "65535"], "'--port'"),
        (["token", "create", "--name", "x", "--scope", "everything"], "'--scope'"),
    ],
)
def test_what_cannot_be_understood_ends_with_2(
    words: list[str], told: str, comments_service: CommandLine
) -> None:
    said = comments_service(*words)
    assert said.status == 2
    assert told in said.err
    assert "--help" in said.err
    assert said.out == ""
