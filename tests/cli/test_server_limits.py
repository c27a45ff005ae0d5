"""What the server itself bounds, as docs/limits.md tells it: measured on a running one."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from comments_service.cli.serving import HEADERS_WITHIN_MS, MAX_HEAD
from tests.promises.outages import Service, running

pytestmark = pytest.mark.slow
HOST: Final = b"Host: x\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("limits")
    with running({"COMMENTS_HOME": str(folder / "instance")}, folder / "log") as found:
        yield found


def connect(service: Service) -> socket.socket:
    where = urlsplit(service.url)
    return socket.create_connection((where.hostname, where.port), timeout=60)


def answer(service: Service, sent: bytes) -> int:
    """The status that a request is answered with, whatever becomes of the connection."""
    with connect(service) as client:
        # Where it is answered before all of it was sent, the rest cannot be sent any more.
        with suppress(OSError):
            client.sendall(sent)
        said = client.recv(64)
        assert said.startswith(b"HTTP/1.1 "), said
        return int(said.split()[1])


def test_a_head_may_have_its_length_and_no_more(service: Service) -> None:
    def head(size: int) -> bytes:
        return b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-Long: " + b"a" * size + b"\r\n\r\n"

    assert answer(service, head(MAX_HEAD // 2)) == 200
    assert answer(service, head(2 * MAX_HEAD)) == 431


def test_a_head_has_so_many_lines_at_most(service: Service) -> None:
    def head(lines: int) -> bytes:
        more = b"".join(b"X-%d: a\r\n" % n for n in range(lines))
        return b"GET /healthz HTTP/1.1\r\n" + HOST + more + b"\r\n"

    assert answer(service, head(90)) == 200
    assert answer(service, head(200)) == 431


def test_whoever_sends_no_head_is_left_after_a_while(service: Service) -> None:
    for sent in (b"", b"GET /healthz HTTP/1.1\r\n" + HOST):
        with connect(service) as client:
            client.sendall(sent)
            client.settimeout(HEADERS_WITHIN_MS / 1_000 + 50)
            # The server says 408 or nothing at all, and closes.
            while client.recv(1_024):
                continue


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/api/v1/comments", 128 * 1024 + 1, 413),
        ("/api/v1/counts", 4 * 1024 * 1024 + 1, 413),
        ("/embed/thread", 4 * 1024 * 1024 + 1, 413),
        ("/moderate/sign-in", 4 * 1024 * 1024 + 1, 413),
    ],
)
def test_a_body_that_is_too_long_is_refused(
    path: str, length: int, status: int, service: Service
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    whole = f"{head}Content-Length: {length}\r\n\r\n".encode() + b" " * length
    assert answer(service, whole) == status


def test_a_body_that_ends_too_soon_is_none(service: Service) -> None:
    with connect(service) as client:
        client.sendall(
            b"POST /api/v1/comments HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
        client.shutdown(socket.SHUT_WR)
        said = client.recv(64)
        assert not said or said.split()[1] in (b"400", b"408")
    assert service.read().status == 200
