"""Who holds which socket, as the kernel tells, also where several processes listen at one port."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

TABLES: Final = ("tcp", "tcp6")
"""What `/proc/net` calls them."""


def rows(table: str) -> Iterable[list[str]]:
    """One of the kernel's tables: 1 our address, 2 theirs, 3 the state, 9 the socket's inode."""
    for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
        yield line.split()


def port_of(address: str) -> int:
    """The port of an address in the kernel's own form."""
    return int(address.rpartition(":")[2], 16)


def sockets_of(process: int) -> set[str]:
    """The inodes of the sockets that a process holds."""
    found = set()
    for file in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # Closed in the meantime.
            link = str(file.readlink())
            if link.startswith("socket:["):
                found.add(link[8:-1])
    return found


def who_answers(processes: Iterable[int], port: int, client: int) -> int | None:
    """Which of these holds the connection to `port` that comes from the port `client`."""
    for row in rows("tcp"):
        if (port_of(row[1]), port_of(row[2])) == (port, client):
            return next((pid for pid in processes if row[9] in sockets_of(pid)), None)
    return None
