"""The spam filter from the command line: replaying what it was taught, and measuring it."""

import sys
from typing import Literal

import click
import msgspec

from comments_service.checks.learning.prior import shipped_prior
from comments_service.cli.common import application
from comments_service.cli.lines import read_line, write_line
from comments_service.services.evaluate import Evaluation
from comments_service.services.memories import rebuild_memory
from comments_service.services.sites import all_sites, show_site


@click.group()
def spam() -> None:
    """Rebuild the spam filter from its lessons, or measure it on labelled texts."""


@spam.command("rebuild")
@click.option("--site", "slug", help="This site alone.")
def rebuild(slug: str | None) -> None:
    """Replay every lesson, compare with the stored snapshots, and store the result.

    Exits with 1 if a snapshot said something else; it is replaced.
    """
    _require_prior()
    is_different = False
    with application():
        for site in [show_site(slug)] if slug is not None else all_sites():
            found = rebuild_memory(site.id)
            click.echo(
                f"{site.slug}\t{found.lessons} lessons, {found.spam} of spam\t"
                f"weights {found.digest}\t{_compared(found.snapshots, found.differing)}"
            )
            is_different = is_different or bool(found.differing)
    if is_different:
        sys.exit(1)


def _compared(snapshots: int, differing: tuple[int, ...]) -> str:
    if differing:
        return f"snapshots made anew: {', '.join(map(str, differing))}"
    return f"{snapshots} snapshots say the same" if snapshots else "no snapshot yet"


def _require_prior() -> None:
    try:
        shipped_prior()
    except (ValueError, OSError) as problem:
        raise click.ClickException(
            f"What ships of the spam filter cannot be read: {problem}"
        ) from None


class _Line(msgspec.Struct, frozen=True):
    id: str | int
    text: str
    label: Literal[0, 1] | bool
    author_name: str = ""


@spam.command("evaluate")
@click.option("--learn", "most", type=click.IntRange(min=0), help="Learn from so many alone.")
def evaluate(most: int | None) -> None:
    """Predict, then learn: {"id", "text", "label", "author_name"?} in, a prediction a line out.

    `label` is 1 for spam and 0 for anything else. It needs no instance and begins with what ships.
    A text that could not be checked counts as held. Exits with 2 at a malformed line.
    """
    _require_prior()
    out = sys.stdout.buffer
    evaluation = Evaluation()
    seen = unchecked = 0
    try:
        for number, line in enumerate(sys.stdin.buffer, start=1):
            if not line.strip():
                continue
            asked = read_line(number, line, _Line)
            said, reading = evaluation.predict(asked.text, asked.author_name)
            answer = {"id": asked.id, "label": int(asked.label), **said}
            out.write(write_line(answer))
            out.flush()
            seen += 1
            unchecked += reading is None
            if most is None or seen <= most:
                evaluation.learn(reading, is_spam=bool(asked.label))
    except BrokenPipeError:
        # The reader has seen enough; nothing more can be told to it.
        sys.stderr.close()
        return
    if unchecked:
        held = f"{unchecked} of {seen} texts could not be checked: they count as held"
        click.echo(f"{held}, and taught nothing.", err=True)
