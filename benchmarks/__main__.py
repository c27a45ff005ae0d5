"""All benchmarks, or parts of them, into a dated page.

    python -m benchmarks [reads] [flat] [light] [posts] [comments] [checks] [--write]

Without a name every part runs, unattended, in less than a quarter of an hour on two quiet
processors. `--write` puts a page and its pictures into `benchmarks/results/`. It ends with 1 where
something asserted does not hold; a bound that is missed is told and does not end it, since a busy
machine misses some.
"""

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from benchmarks import examine_cost, flat, light, posts, reads, real_comments
from benchmarks.record import Record
from benchmarks.service import Failed


def told(main: Callable[[Sequence[str]], int], *arguments: str) -> Callable[[Record], None]:
    """A part that prints by itself; what it prints goes into the page as it is."""

    def run(record: Record) -> None:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = main(list(arguments))
        record.head((main.__module__).rpartition(".")[2])
        record.quote(said.getvalue())
        if status:
            raise Failed(f"{main.__module__} ended with {status}")

    return run


def measured(
    part: Callable[[Record, argparse.Namespace], None], **options: object
) -> Callable[[Record], None]:
    """A part that records by itself."""
    return lambda record: part(record, argparse.Namespace(**options))


PARTS: Final[dict[str, Callable[[Record], None]]] = {
    "reads": measured(reads.measure, seconds=2, rounds=3, workers=2),
    "flat": measured(flat.measure, few=10_000, many=1_000_000, database="both"),
    "light": measured(light.measure, workers=2),
    "posts": measured(
        posts.measure, seconds=4, rounds=3, workers=2, connections=[4, 16], flush_ms=4.0
    ),
    "comments": told(real_comments.main),
    "checks": told(examine_cost.main),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help=", ".join(PARTS))
    parser.add_argument("--write", action="store_true", help="into benchmarks/results/")
    options = parser.parse_args(arguments)
    record, failed = Record(datetime.now(UTC)), []
    for name in options.parts or PARTS:
        began = time.monotonic()
        try:
            PARTS[name](record)
        except Failed as problem:
            failed.append(name)
            record.head(name, f"FAILED: {problem}")
        record.note(f"\n({name}: {time.monotonic() - began:.0f} s)")
    if options.write:
        print(f"Written: {record.write()}")
    print("Missed: " + ("; ".join(record.missed) or "none"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
