"""Our checks beside other filters, on the same labelled texts, in one run.

    python -m benchmarks.checks [--only NAME ...] [--rows N] [--page FILE]

Every filter is a command that reads and writes JSON Lines; ours is `comments-service check` with
its default settings. Quality is measured on the labelled texts beside the project, cost on comments
cut to a length. What is not installed is named and left out. A filter that takes tens of
milliseconds for one comment gets a part of each set, chosen by a hash; the last row says how many
texts.
"""

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.checks.figures import weigh
from benchmarks.checks.measure import cpu_us, run, start_cost
from benchmarks.checks.report import Measured, draw_cost, draw_precision_recall, table
from benchmarks.checks.rivals import RIVALS
from benchmarks.checks.sets import DATA, Sets, read_sets, thin
from comments_service import __version__
from comments_service.domain.comment import MAX_BODY

OURS: Final = "comments-service"
LENGTHS: Final = (20, 60, 165, 500, 1_500, 5_000, 10_000)
NEAR: Final = 0.15
"""How far a comment's own length may be from a length it is measured at."""
BEGIN: Final = "<!-- measured: `make bench-checks` writes what stands between these marks -->"
END: Final = "<!-- end of what was measured -->"
PICTURES: Final = """\
![Precision and recall on six sets of comments](measured/precision-recall.svg)

![CPU time by length of the text](measured/cost-by-length.svg)
"""


def texts_of(length: int, comments: Sequence[str]) -> Sequence[str]:
    """Real comments of about that length, or many of them joined and cut where few are so long."""
    near = [c for c in comments if abs(len(c) - length) <= NEAR * length]
    if len(near) >= 200:
        return near
    joined = "\n\n".join(comments)
    joined *= length // len(joined) + 2
    return [joined[at : at + length] for at in range(0, len(joined) - length, length)][:200]


def measure(
    name: str,
    version: str,
    command: Sequence[str],
    sets: Sets,
    by_length: Mapping[int, Sequence[str]],
) -> Measured:
    """Ask one filter about every text, then time it at each length."""
    print(f"... {name}", file=sys.stderr, flush=True)
    texts = {text.id: text.text[:MAX_BODY] for each in sets.values() for text in each}
    asked = run(command, texts)
    start = start_cost(command)
    cpu = {length: cpu_us(command, some, start) for length, some in by_length.items()}
    quality = weigh(sets, asked.answers)
    return Measured(name, version, quality, asked.answers, sets, cpu, start * 1000, asked.peak_mib)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--only", nargs="*", help="of the others, these alone")
    parser.add_argument("--rows", type=int, help="of each set, at most")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    parser.add_argument(
        "--page", type=Path, help="a page with the marks that the result goes between"
    )
    options = parser.parse_args(arguments)
    try:
        every = read_sets(options.data)
    except FileNotFoundError as missing:
        print(f"Skipped: there is no {missing.args[0]}.")
        return 0
    comments = [text.text.strip() for text in every["wiki-talk"]]
    by_length = {length: texts_of(length, comments) for length in LENGTHS}
    sets = thin(every, options.rows)
    command = (sys.executable, "-m", "comments_service.cli", "check")
    measured = [measure(OURS, __version__, command, sets, by_length)]
    left_out: list[str] = []
    for rival in RIVALS:
        if options.only is not None and rival.name not in options.only:
            continue
        if not rival.is_here:
            left_out.append(f"{rival.name}: not installed")
            continue
        some = thin(sets, rival.sample)
        measured.append(measure(rival.name, rival.version, rival.command, some, by_length))
    page = _page(measured, left_out)
    print(page)
    if options.page:
        _publish(options.page, page, measured)
    return 0


def _page(measured: Sequence[Measured], left_out: Sequence[str]) -> str:
    now = datetime.now(UTC)
    lines = [
        f"Measured on {now:%Y-%m-%d}, Python {platform.python_version()}.",
        "",
        table(measured),
    ]
    if left_out:
        lines.append(f"Left out: {'; '.join(left_out)}.")
    return "\n".join(lines)


def _publish(page: Path, result: str, measured: Sequence[Measured]) -> None:
    """Put the result between the page's marks, and the pictures beside the page."""
    pictures = page.parent / "measured"
    draw_precision_recall(measured, pictures / "precision-recall.svg")
    draw_cost(measured, pictures / "cost-by-length.svg")
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{result}\n{PICTURES}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
