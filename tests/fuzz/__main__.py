"""`make fuzz`: every target, or those that are named, for so many minutes each.

Inputs that lead to new branches are kept in `.venv/fuzz/NAME`, and the next run begins with them.
One that breaks something is written to `.venv/fuzz/found-NAME-...` and ends the target: it belongs
into the table of `test_targets.py`.
"""

import argparse
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.fuzz.kept import hostile_inputs_for, inputs_for
from tests.fuzz.targets import TARGETS

KEPT: Final = Path(sys.prefix) / "fuzz"
LONGEST: Final = 4_096
"""Bytes of an input."""
STUCK: Final = 20
"""Seconds after which an input counts as found, because nothing came of it."""


def fuzz(name: str, minutes: float) -> bool:
    """Whether the target withstood."""
    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for data in (*inputs_for(name), *hostile_inputs_for(name)):
        (corpus / sha256(data).hexdigest()).write_bytes(data)
    words = [
        f"-max_total_time={round(60 * minutes)}",
        f"-max_len={LONGEST}",
        f"-timeout={STUCK}",
        f"-artifact_prefix={KEPT}/found-{name}-",
    ]
    command = [sys.executable, "-m", "tests.fuzz.one", name, *words, str(corpus)]
    return subprocess.run(command, check=False).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=5)
    asked = parser.parse_args()
    broken = [name for name in asked.targets or TARGETS if not fuzz(name, asked.minutes)]
    if broken:
        sys.exit(f"Broken: {', '.join(broken)}. What broke them is in {KEPT}.")


if __name__ == "__main__":
    main()
