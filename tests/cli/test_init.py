"""Setting an instance up, and every way in which its settings can refuse to start."""

import os
import secrets
import stat
from pathlib import Path

import pytest

from comments_service.cli import COMMANDS
from tests.cli.conftest import CommandLine

NEEDS_DATABASE = [
    ["site", "list"],
    ["moderator", "list"],
    ["token", "list"],
    ["spam", "rebuild"],
    ["verify"],
    ["keys", "list"],
    ["words", "list", "--site", "gazette"],
    ["ban", "list", "--site", "gazette"],
    ["policy", "backtest", "--site", "gazette"],
    ["backup", "/nowhere/at/all"],
    ["privacy", "erase", "0000000000000", "--yes"],
    ["jobs", "--once"],
    ["run", "--port", "1"],
]


def test_init_makes_a_secret_that_only_its_user_reads(
    home: Path, comments_service: CommandLine
) -> None:
    said = comments_service("init")
    assert said.status == 0
    key = home / "secret_keys"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert key.read_text().strip() not in said.out + said.err
    assert "Secret key: made" in said.out
    assert "site create" in said.out, "it says what comes next"


def test_init_is_safe_to_repeat(home: Path, comments_service: CommandLine) -> None:
    comments_service("init")
    key = (home / "secret_keys").read_text()
    origin = ("--origin", "https://gazette.example")
    comments_service("site", "create", "gazette", "--name", "The Gazette", *origin)
    again = comments_service("init")
    assert again.status == 0
    assert "Secret key: kept" in again.out
    assert (home / "secret_keys").read_text() == key
    assert comments_service("site", "show", "gazette").status == 0


@pytest.mark.postgres
def test_init_migrates_an_empty_postgresql(
    home: Path,
    empty_postgres: str,
    comments_service: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMMENTS_DATABASE_URL", empty_postgres)
    assert comments_service("init").status == 0
    assert comments_service("init").status == 0
    assert comments_service("verify").status == 0
    assert not list(home.glob("*.db"))


def test_init_writes_no_secret_where_the_environment_gives_it(
    home: Path, comments_service: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMENTS_SECRET_KEYS", secrets.token_urlsafe(32))
    home.mkdir()
    assert comments_service("init").status == 0
    assert not (home / "secret_keys").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_init_names_a_folder_that_cannot_be_written(
    home: Path, comments_service: CommandLine
) -> None:
    home.parent.chmod(0o500)
    said = comments_service("init")
    home.parent.chmod(0o700)
    assert said.status == 2
    assert str(home) in said.err
    assert "COMMENTS_HOME" in said.err


def test_init_names_a_folder_that_is_none(home: Path, comments_service: CommandLine) -> None:
    home.write_text("a file")
    said = comments_service("init")
    assert said.status == 2
    assert str(home) in said.err
    assert "COMMENTS_HOME" in said.err


@pytest.mark.parametrize("words", NEEDS_DATABASE, ids=" ".join)
def test_without_a_secret_nothing_starts(
    words: list[str], home: Path, comments_service: CommandLine
) -> None:
    said = comments_service(*words)
    assert (said.status, said.out) == (2, "")
    assert "comments-service init" in said.err
    assert not home.exists()


@pytest.mark.parametrize("words", [["init"], *NEEDS_DATABASE], ids=" ".join)
@pytest.mark.parametrize("key", ["", "short", "a" * 64, "Zr8-kQ2vTn5xWb7mYc3pLd9sHj4fGe6Au1 short"])
def test_with_a_bad_secret_nothing_starts(
    words: list[str], key: str, home: Path, comments_service: CommandLine
) -> None:
    home.mkdir()
    (home / "secret_keys").write_text(key)
    said = comments_service(*words)
    assert said.status == 2
    assert "at least 32 random characters" in said.err
    assert "Traceback" not in said.err


def test_a_secret_that_is_no_text_is_named(home: Path, comments_service: CommandLine) -> None:
    home.mkdir()
    (home / "secret_keys").write_bytes(b"\xff" * 50)
    said = comments_service("verify")
    assert said.status == 2
    assert str(home / "secret_keys") in said.err


@pytest.mark.parametrize("words", NEEDS_DATABASE, ids=" ".join)
def test_before_the_migrations_nothing_starts(
    words: list[str], home: Path, comments_service: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    monkeypatch.setenv("COMMENTS_SECRET_KEYS", secrets.token_urlsafe(32))
    if words[0] == "run":
        words = ["run", "--port", "8765"]
    said = comments_service(*words)
    assert (said.status, said.out) == (2, "")
    assert "run `comments-service init`" in said.err


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "comments.db", "sqlite:////"),
        ("DATABASE_URL", "mysql://user:hunter2@host/db", "postgresql://"),
        ("DATABASE_URL", "sqlite://", "sqlite:////"),
        ("DATABASE_URL", "sqlite:///:memory:", "sqlite:////"),
        ("DATABASE_URL", "postgresql://host:port/db", "postgresql://"),
        ("EDIT_WINDOW", "soon", "EDIT_WINDOW must be a whole number of at least 0"),
        ("EDIT_WINDOW", "-1", "EDIT_WINDOW"),
        ("TOKEN_MAX_SECONDS", "59", "at least 60"),
        ("LIMIT_ADDRESS", "5", "LIMIT_ADDRESS must look like 5/60"),
        ("LIMIT_ADDRESS", "0/60", "LIMIT_ADDRESS must look like 5/60"),
        ("LOG_REQUESTS", "some", "none, writes, all"),
        ("TRUSTED_PROXIES", "proxy.example", "TRUSTED_PROXIES must hold networks"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES must hold networks"),
        ("EDIT_WINDWO", "5", "COMMENTS_EDIT_WINDWO is no setting"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    *,
    name: str,
    value: str,
    told: str,
    home: Path,
    comments_service: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"COMMENTS_{name}", value)
    said = comments_service("init")
    assert said.status == 2
    assert f"COMMENTS_{name}" in said.err
    assert told in said.err
    assert "hunter2" not in said.err, "an address may hold a password"


@pytest.mark.parametrize("words", [["init"], ["verify"], ["site", "list"]], ids=" ".join)
def test_a_database_that_is_away_is_named(
    words: list[str],
    home: Path,
    comments_service: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMMENTS_SECRET_KEYS", secrets.token_urlsafe(32))
    monkeypatch.setenv("COMMENTS_DATABASE_URL", f"sqlite:///{home}/nowhere/comments.db")
    said = comments_service(*words)
    assert said.status == 2
    assert "COMMENTS_DATABASE_URL" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_file_that_is_no_database_is_named(home: Path, comments_service: CommandLine) -> None:
    home.mkdir()
    (home / "comments.db").write_text("Dear diary, " * 500)
    said = comments_service("init")
    assert said.status == 2
    assert "not a database" in said.err


def test_every_command_that_needs_the_database_is_in_the_list_above() -> None:
    # Restoring and moving make their own schema.
    without = {"init", "demo", "check", "newspaper", "restore", "migrate-database"}
    assert {words[0] for words in NEEDS_DATABASE} == set(COMMANDS) - without
