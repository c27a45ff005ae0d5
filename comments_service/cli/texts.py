"""Examining texts from standard input, without a database."""

import sys
from collections.abc import Mapping
from typing import BinaryIO

import click
import msgspec

from comments_service.cli.lines import read_line, write_line
from comments_service.domain.verdict import Check
from comments_service.services.examine import UnknownCheck, examine_text, wanted_checks


class _Line(msgspec.Struct, frozen=True):
    id: str | int
    text: str
    author_name: str = ""


@click.command()
@click.option("--only", help="Run these checks alone, separated by commas.")
def check(only: str | None) -> None:
    """Examine JSON Lines: {"id", "text", "author_name"?} in, one answer a line out, in order.

    The decision is that of mode `post`, with no history. A text that no comment can be is held, for
    it could not be checked. Exits with 2 at a malformed line.
    """
    try:
        wanted = wanted_checks(None if only is None else [n.strip() for n in only.split(",")])
    except UnknownCheck as problem:
        raise click.UsageError(str(problem)) from None
    out = sys.stdout.buffer
    try:
        for number, line in enumerate(sys.stdin.buffer, start=1):
            if line.strip():
                _answer(out, number, line, wanted)
                out.flush()
    except BrokenPipeError:
        # The reader has seen enough; nothing more can be told to it.
        sys.stderr.close()


def _answer(out: BinaryIO, number: int, line: bytes, wanted: Mapping[str, Check]) -> None:
    asked = read_line(number, line, _Line)
    examined = examine_text(asked.text, asked.author_name, wanted)
    out.write(write_line({"id": asked.id, **examined}))
