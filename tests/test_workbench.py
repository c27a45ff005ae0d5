"""The ground that the other tests stand on: a shut network, a real PostgreSQL, real servers."""

import socket
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest
from pytest_socket import SocketConnectBlockedError

from tests.support.server import ServerFailed, free_ports, serve


def test_nobody_outside_this_machine_can_be_reached() -> None:
    # The address is reserved for documentation (RFC 5737); nothing would answer there anyway.
    with (
        pytest.warns(UserWarning, match="socket"),
        pytest.raises(SocketConnectBlockedError),
        socket.create_connection(("192.0.2.1", 80), timeout=1),
    ):
        pass


@pytest.mark.postgres
@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_has_a_database_of_its_own(empty_postgres: str, turn: str) -> None:
    with psycopg.connect(empty_postgres) as connection:
        connection.execute("CREATE TABLE note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", (turn,))
        assert connection.execute("SELECT text FROM note").fetchall() == [(turn,)]


def test_a_server_runs_as_long_as_its_block(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{(port := free_ports())}/"
    with (
        serve(web_server(port), {}, url, tmp_path / "log") as process,
        urllib.request.urlopen(url, timeout=5) as answer,
    ):
        assert answer.status == 200
        assert process.poll() is None
    assert process.returncode is not None


def test_a_server_that_ends_at_once_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no secret key')"]
    with (
        pytest.raises(ServerFailed, match="no secret key"),
        serve(command, {}, f"http://127.0.0.1:{free_ports()}/", tmp_path / "log"),
    ):
        pass


def test_a_server_sees_no_setting_of_the_developer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMENTS_DATABASE_URL", "postgresql://precious.example/production")
    command = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    log = tmp_path / "log"
    with (
        pytest.raises(ServerFailed),
        serve(command, {"COMMENTS_HOME": "/nowhere"}, "http://127.0.0.1:9/", log),
    ):
        pass
    assert "COMMENTS_HOME" in log.read_text()
    assert "COMMENTS_DATABASE_URL" not in log.read_text()


def web_server(port: int) -> list[str]:
    return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
