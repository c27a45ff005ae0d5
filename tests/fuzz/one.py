"""One target under atheris, until libFuzzer ends the process: `python -m tests.fuzz.one NAME ...`.

What follows the name are libFuzzer's own words. `python -m tests.fuzz` starts this.
"""

import sys
from typing import Final

import atheris

PACKAGES: Final = ["comments_service", "markdown_it"]
"""Whose branches lead the search."""

with atheris.instrument_imports(include=PACKAGES):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()
