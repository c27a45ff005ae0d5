"""Killing processes for good: who is under one, and waiting until the kernel has cleared up."""

import os
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

GONE_WITHIN: Final = 60.0
"""Seconds that the kernel, and processes whose parent was killed, may take on a busy machine."""


def children(pid: int) -> list[int]:
    """The children of every thread of a process; none of one that has ended."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, task.read_text().split())
    return found


def at_home_in(folder: Path) -> list[int]:
    """The processes whose working folder this is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


@contextmanager
def gone_after(pids: Sequence[int]) -> Iterator[None]:
    """The block kills these processes; leaving it waits until none is left."""
    handles = []
    for pid in pids:
        with suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    try:
        yield
        deadline = time.monotonic() + GONE_WITHIN
        for handle in handles:
            ended, _, _ = select.select([handle], (), (), max(0.0, deadline - time.monotonic()))
            assert ended, "a process outlived its -9"
    finally:
        for handle in handles:
            os.close(handle)
