"""Clients that hold a connection and hardly send anything on it."""

import resource
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from tests.promises.outages import Service

_POST: Final = "Host: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
SLOW: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "half a body": f"POST /api/v1/comments HTTP/1.1\r\n{_POST}".encode(),
    "half a form": f"POST /embed/thread?site=gazette HTTP/1.1\r\n{_POST}".encode(),
}
"""What each kind of them sends at once, to go on with a byte now and then."""


@contextmanager
def slow_clients(service: Service, sent: bytes, number: int) -> Iterator[list[socket.socket]]:
    """So many connections on which no request is ever complete."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number + 256:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, number + 1_024), hard))
    where = urlsplit(service.url)
    open_sockets = []
    try:
        for _ in range(number):
            client = socket.create_connection((where.hostname, where.port), timeout=30)
            open_sockets.append(client)
            client.sendall(sent)
        yield open_sockets
    finally:
        for client in open_sockets:
            client.close()


def drip(clients: list[socket.socket]) -> None:
    """Each sends one byte more, if it still can."""
    for client in clients:
        try:
            client.send(b"a")
        except OSError:
            continue
