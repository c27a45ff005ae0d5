"""What `demo` and `run` do before they serve; `test_serving.py` starts them for real."""

import json
import os
import socket
from pathlib import Path

import pytest

from comments_service.cli import serving
from comments_service.cli.processes import Companion
from tests.cli.conftest import CommandLine, Said
from tests.support.server import free_ports

EDITOR = "editor@gazette.example"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, home: Path) -> list[tuple[str, int]]:
    """Where would have been served; nothing is, and no companion starts."""
    places: list[tuple[str, int]] = []
    monkeypatch.setattr(serving, "_serve", lambda _, host, port, __: places.append((host, port)))
    monkeypatch.setattr(Companion, "keep_running", lambda _self: None)
    # The command sets these for the processes it starts; the next test must not have them.
    for name in ("COMMENTS_NEWSPAPER_URL", "COMMENTS_PUBLIC_URL", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return places


def origins(comments_service: CommandLine) -> list[str]:
    found: list[str] = json.loads(comments_service("site", "show", "gazette").out)["origins"]
    return found


def password_in(said: Said) -> str:
    lines = [line.strip() for line in said.lines]
    return lines[lines.index(EDITOR) + 1].split()[0]


def test_it_prepares_everything_and_tells_where(
    served: list[tuple[str, int]], comments_service: CommandLine
) -> None:
    port = free_ports(2)
    said = comments_service("demo", "--port", str(port))
    assert said.status == 0, said.err
    assert served == [("127.0.0.1", port)]
    assert f"The newspaper:  http://127.0.0.1:{port + 1}/demo/" in said.out
    assert f"The console:    http://127.0.0.1:{port}/moderate/" in said.out
    assert len(password_in(said)) >= 16
    assert os.environ["COMMENTS_NEWSPAPER_URL"] == f"http://127.0.0.1:{port + 1}/demo/"
    assert os.environ["COMMENTS_PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    assert origins(comments_service) == [
        f"http://127.0.0.1:{port + 1}",
        f"http://localhost:{port + 1}",
    ]
    assert comments_service("moderator", "list").lines == [f"{EDITOR}\towner\tall sites"]


def test_it_can_be_repeated_elsewhere(
    served: list[tuple[str, int]], comments_service: CommandLine
) -> None:
    said = []
    for _ in range(2):
        port = free_ports(2)
        said.append(comments_service("demo", "--port", str(port)))
        assert said[-1].status == 0, said[-1].err
        assert f"http://127.0.0.1:{port + 1}" in origins(comments_service)
        os.environ.pop("COMMENTS_PUBLIC_URL")
    assert password_in(said[0]) != password_in(said[1]), "until one is chosen, a new one is told"
    assert len(comments_service("moderator", "list").lines) == 1


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "http://localhost:"), ("::1", "http://[::1]:")]
)
def test_it_tells_an_address_that_a_browser_can_open(
    host: str, shown: str, served: list[tuple[str, int]], comments_service: CommandLine
) -> None:
    port = free_ports(2)
    said = comments_service("demo", "--host", host, "--port", str(port))
    assert said.status == 0, said.err
    assert served == [(host, port)]
    assert f"{shown}{port + 1}/demo/" in said.out
    assert f"{shown}{port + 1}" in origins(comments_service)


@pytest.mark.parametrize(("command", "offset"), [("run", 0), ("demo", 0), ("demo", -1)])
def test_a_port_that_is_taken_is_named(
    *, command: str, offset: int, served: list[tuple[str, int]], comments_service: CommandLine
) -> None:
    with socket.socket() as taken:
        # As the server itself listens, so that another could share the port without a word.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = comments_service(command, "--port", str(port + offset))
    assert (said.status, said.out) == (2, "")
    assert f"port {port}: Address already in use" in said.err
    assert "--port" in said.err
    assert served == []


def test_a_host_that_is_none_is_named(
    served: list[tuple[str, int]], comments_service: CommandLine
) -> None:
    said = comments_service("demo", "--host", "256.0.0.1")
    assert said.status == 2
    assert "Cannot listen on 256.0.0.1" in said.err
    assert served == []
