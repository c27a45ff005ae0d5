"""The command line as a person uses it: words in; a status, standard output and error out."""

import io
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from comments_service.cli import main
from comments_service.config import load_settings, make_secret_keys
from tests.support.clock import Clock
from tests.support.service import close_app, make_app

PAGE = "https://gazette.example/article"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class CommandLine:
    """Runs a command in this process."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capture = capfdbinary

    def __call__(self, *words: str, typed: bytes = b"") -> Said:
        self._capture.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["comments-service", *words])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
        status: str | int | None = 0
        try:
            main()
        except SystemExit as end:
            status = end.code
        out, err = self._capture.readouterr()
        assert isinstance(status, int)
        return Said(status, out.decode(), err.decode())


@pytest.fixture
def comments_service(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[CommandLine]:
    """The command, without any setting of the developer's."""
    for name in [n for n in os.environ if re.match("COMMENTS_(?!TEST_)", n)]:
        monkeypatch.delenv(name)
    # `jobs` turns all logging of its process to JSON on standard error.
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield CommandLine(monkeypatch, capfdbinary)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comments_service: CommandLine) -> Path:
    """An instance folder that is not there yet; the developer's settings are out of the way."""
    path = tmp_path / "instance"
    monkeypatch.setenv("COMMENTS_HOME", str(path))
    return path


@pytest.fixture
def instance(home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same after `init`, on both databases, without running the migrations each time."""
    make_secret_keys(home)
    monkeypatch.setenv("COMMENTS_DATABASE_URL", database_url)
    return home


@pytest.fixture
def gazette(instance: Path, comments_service: CommandLine) -> str:
    """A site that publishes at once."""
    said = comments_service(
        *("site", "create", "gazette", "--name", "The Gazette"),
        *("--origin", "https://gazette.example", "--mode", "post"),
    )
    assert said.status == 0, said.err
    return "gazette"


@dataclass(frozen=True)
class Publisher:
    """The publisher's own program, which posts comments with its token."""

    client: FlaskClient
    token: str

    def post(self, body: str, **more: Any) -> dict[str, Any]:
        fields = {"site": "gazette", "url": PAGE, "author_name": "Ada", "body": body, **more}
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.client.post("/api/v1/comments", json=fields, headers=headers)
        assert answer.status_code in (201, 202), answer.text
        found: dict[str, Any] = json.loads(answer.data)["comment"]
        return found

    def count(self) -> int:
        answer = self.client.get("/api/v1/counts", query_string={"site": "gazette", "url": PAGE})
        number: int = json.loads(answer.data)["counts"][0]["count"]
        return number


@pytest.fixture
def service(instance: Path, clock: Clock) -> Iterator[Flask]:
    """The service that the instance's settings make, beside the commands."""
    app = make_app(load_settings(), clock)
    yield app
    close_app(app)


@pytest.fixture
def publisher(gazette: str, service: Flask, comments_service: CommandLine) -> Publisher:
    words = ("token", "create", "--name", "paper", "--scope", "comments:write", "--site", gazette)
    said = comments_service(*words)
    assert said.status == 0, said.err
    return Publisher(service.test_client(), said.out.strip())
