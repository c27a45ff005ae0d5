"""JSON Lines: one object a line on standard input, as programs of any kind write them.

What another program breaks in a text is no reason to leave the texts after it without an answer. A
line that says nothing at all ends the command.
"""

import codecs
import json
from typing import Any, TypeVar

import click
import msgspec

from comments_service.domain.comment import is_broken

T = TypeVar("T")


def read_line(number: int, line: bytes, shape: type[T]) -> T:
    """One line as a struct; its strings may hold lone surrogates, which JSON can write.

    A byte order mark before it is passed over: Windows' programs begin files with one.

    Raises:
        click.ClickException: it is no JSON, or of another shape; the message names the line.
    """
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        return msgspec.json.decode(line, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        broken = _with_surrogates(line)
        if broken is None:
            raise click.ClickException(f"line {number}: {problem}") from None
    try:
        return msgspec.convert(broken, shape)
    except msgspec.ValidationError as problem:
        raise click.ClickException(f"line {number}: {problem}") from None


def _with_surrogates(line: bytes) -> Any:
    r"""The object, where only lone surrogates were wrong with it: `\ud800`, or its bytes."""
    try:
        text = line.decode("utf-8", "surrogatepass")
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if is_broken(json.dumps(found, ensure_ascii=False)) else None


def write_line(answer: dict[str, Any]) -> bytes:
    """An answer as a line; a lone surrogate in the caller's own id goes back as it came."""
    try:
        return msgspec.json.encode(answer) + b"\n"
    except UnicodeEncodeError:
        return json.dumps(answer, separators=(",", ":")).encode() + b"\n"
