"""Examining texts from standard input, without a database."""

import sys
from typing import Any, BinaryIO

import click
import msgspec

from comments_service.domain.errors import InvalidFields
from comments_service.services.examine import UnknownCheck, examine_text


class _Line(msgspec.Struct, frozen=True):
    id: str | int
    text: str
    author_name: str = ""


@click.command()
@click.option("--only", help="Run these checks alone, separated by commas.")
def check(only: str | None) -> None:
    """Examine JSON Lines: {"id", "text", "author_name"?} in, one answer a line out, in order.

    The decision is that of mode `post`, with no history. Exits with 2 at a malformed line.
    """
    names = frozenset(n.strip() for n in only.split(",")) if only is not None else None
    out = sys.stdout.buffer
    try:
        for number, line in enumerate(sys.stdin.buffer, start=1):
            if line.strip():
                _answer(out, number, line, names)
                out.flush()
    except BrokenPipeError:
        # The reader has seen enough; nothing more can be told to it.
        sys.stderr.close()


def _answer(out: BinaryIO, number: int, line: bytes, names: frozenset[str] | None) -> None:
    try:
        asked = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise click.UsageError(f"line {number}: {problem}") from None
    try:
        examined: dict[str, Any] = examine_text(asked.text, asked.author_name, names)
    except UnknownCheck as problem:
        raise click.UsageError(str(problem)) from None
    except InvalidFields as problem:
        raise click.UsageError(f"line {number}: {problem}") from None
    out.write(msgspec.json.encode({"id": asked.id, **examined}) + b"\n")
