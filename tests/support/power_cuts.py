"""A disk whose power can be cut: a file system in an image, and copies of that image.

What a program has written but nobody has brought to the disk stands in the kernel's memory and not
in the image. So a copy of the image, made while every writer is stopped, is what a machine finds
that lost its power at that moment: the file system's own repair, then the program's.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

SIZE: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Disk:
    """A mounted image."""

    image: Path
    mounted: Path

    def bring_to_disk(self) -> None:
        """All that was written to it so far, once: where a test begins."""
        subprocess.run(["sync", "--file-system", str(self.mounted)], check=True)

    @contextmanager
    def after_a_cut(self, folder: Path) -> Iterator[Path]:
        """What a machine without power would find, mounted; every writer is stopped meanwhile."""
        copy = folder / "copy"
        copy.write_bytes(self._settled())
        with mounted(copy, folder / "after") as after:
            yield after
        copy.unlink()

    def _settled(self) -> bytes:
        """The image at one moment: two looks at it that are alike.

        The kernel may be writing on its own account while it is read.
        """
        before = b""
        while (now := self.image.read_bytes()) != before:
            before = now
        return now


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """A file system out of an image, for a block."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def new_disk(folder: Path) -> Iterator[Disk]:
    """An empty disk; where none can be made, the test is skipped."""
    folder.mkdir()
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    with mounted(image, folder / "disk") as disk:
        yield Disk(image, disk)
    shutil.rmtree(folder)


def require_loop_disks() -> None:
    """Skip a test where nobody may mount an image, or nothing can make a file system in one."""
    if os.geteuid() != 0:
        pytest.skip("Only root may mount the image of a disk.")
    if shutil.which("mkfs.ext4") is None or not Path("/dev/loop-control").exists():
        pytest.skip("There are no loop devices here, or no mkfs.ext4.")
