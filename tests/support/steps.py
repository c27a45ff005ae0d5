"""Counting Python's steps: what work costs, told without a clock."""

import gc
import sys
from collections.abc import Callable


def steps_of(work: Callable[[], object]) -> int:
    """How many calls and returns, of Python's functions and of C's, the work makes."""
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    gc.disable()  # Others' callbacks on a collection are no steps of ours.
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return steps
