"""Whose database it is: other secret keys are refused, new ones beside old ones taken."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection

from comments_service.config import load_settings
from comments_service.services import known_keys
from comments_service.services.keys import fingerprint_of
from comments_service.storage import write
from tests.cli.conftest import CommandLine, Publisher
from tests.support.clock import Clock
from tests.support.service import close_app, make_app

Keys = Callable[..., None]
OLD, NEW, OTHER = (secrets.token_urlsafe(32) for _ in range(3))
WITH_A_DATABASE = (
    ["site", "list"],
    ["token", "list"],
    ["verify"],
    ["jobs", "--once"],
    ["backup", "/nowhere/at/all"],
    ["run", "--port", "8765"],
    ["init"],
)


@pytest.fixture
def keys_are(instance: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Start the next command with these, as on another machine or after a change."""
    return lambda *keys: monkeypatch.setenv("COMMENTS_SECRET_KEYS", " ".join(keys))


@pytest.fixture
def known(keys_are: Keys, comments_service: CommandLine) -> Keys:
    """The same, on a database that was used with OLD."""
    keys_are(OLD)
    assert comments_service("init").status == 0
    return keys_are


def listed(comments_service: CommandLine) -> list[tuple[str, str]]:
    """Fingerprints as they are shown, and where the keys are."""
    rows = [line.split("\t") for line in comments_service("keys", "list").lines]
    return [(shown, "not known" if since == "not known" else here) for shown, since, here in rows]


def shown(key: str) -> str:
    return fingerprint_of(key)[:8]


@pytest.mark.parametrize("words", WITH_A_DATABASE, ids=" ".join)
def test_with_another_machines_key_nothing_starts(
    words: list[str], known: Keys, instance: Path, comments_service: CommandLine
) -> None:
    known(NEW)
    said = comments_service(*words)
    assert (said.status, said.out) == (2, "")
    assert f"it knows {shown(OLD)}, and here is {shown(NEW)}" in said.err
    assert str(instance / "secret_keys") in said.err
    assert "`comments-service keys adopt`" in said.err
    assert NEW not in said.err
    known(OLD)
    assert listed(comments_service) == [(shown(OLD), "here")]


def test_on_an_empty_disk_no_key_is_made_beside_a_database_that_has_another(
    known: Keys, home: Path, monkeypatch: pytest.MonkeyPatch, comments_service: CommandLine
) -> None:
    (home / "secret_keys").unlink()
    monkeypatch.delenv("COMMENTS_SECRET_KEYS")
    said = comments_service("init")
    assert said.status == 2
    assert f"it knows {shown(OLD)}" in said.err
    assert not (home / "secret_keys").exists()
    (home / "secret_keys").write_text(OLD)
    assert comments_service("init").status == 0
    (home / "secret_keys").write_text(NEW)
    assert comments_service("init").status == 2
    assert (home / "secret_keys").read_text() == NEW, "what somebody put there stays"


def test_a_key_is_changed_step_by_step(known: Keys, comments_service: CommandLine) -> None:
    known(NEW, OLD, NEW)
    assert comments_service("site", "list").status == 0
    assert listed(comments_service) == [(shown(OLD), "here"), (shown(NEW), "not known")]
    assert comments_service("init").status == 0
    assert listed(comments_service)[1] == (shown(NEW), "here")
    known(OLD)
    assert comments_service("verify").status == 0, "a machine that was not told yet"
    known(NEW)
    assert comments_service("verify").status == 0
    assert listed(comments_service) == [(shown(OLD), "not here"), (shown(NEW), "here")]
    assert comments_service("keys", "adopt", "--yes").out == "Forgotten: 1 keys.\n"
    known(OLD)
    assert comments_service("verify").status == 2, "an old machine that comes back"


def test_a_lost_key_is_given_up_by_who_says_so(known: Keys, comments_service: CommandLine) -> None:
    known(NEW)
    asked = comments_service("keys", "adopt")
    assert asked.status == 130
    for lost in ("signed in", "one-time\ncodes", "bans by address", "forms that are open"):
        assert lost in asked.err
    assert f"Forget {shown(OLD)}?" in asked.err
    assert comments_service("verify").status == 2
    assert comments_service("keys", "adopt", typed=b"y\n").out == "Forgotten: 1 keys.\n"
    assert comments_service("verify").status == 0
    again = comments_service("keys", "adopt")
    assert (again.status, again.out, again.err) == (0, "Forgotten: 0 keys.\n", "")


def test_a_database_that_knows_no_key_is_the_first_ones(
    keys_are: Keys, comments_service: CommandLine
) -> None:
    """As after an update from a release without fingerprints, which `init` brings to this one."""
    keys_are(NEW, OTHER)
    assert comments_service("verify").status == 0
    assert comments_service("init").status == 0
    keys_are(OLD)
    assert comments_service("verify").status == 2


def test_of_two_that_begin_at_once_one_is_refused(
    keys_are: Keys, clock: Clock, monkeypatch: pytest.MonkeyPatch, instance: Path
) -> None:
    keys_are(OLD)
    app = make_app(load_settings(), clock)
    keys_are(NEW)
    other = load_settings()

    def write_late(work: Callable[[Connection], None]) -> None:
        monkeypatch.setattr(known_keys, "write", write)
        known_keys.make_known(app.config["COMMENTS"], clock.now)
        write(work)

    monkeypatch.setattr(known_keys, "write", write_late)
    with app.app_context(), pytest.raises(known_keys.ForeignKeys, match=shown(OLD)):
        known_keys.make_known(other, clock.now)
    close_app(app)


def test_the_database_learns_nothing_of_a_key(known: Keys, service: Flask) -> None:
    with service.app_context():
        (key,) = known_keys.list_keys(service.config["COMMENTS"])
    whole = fingerprint_of(OLD)
    assert key.shown == whole[:8]
    assert len(whole) == 32
    assert whole not in {OLD.encode().hex(), OLD}
    assert fingerprint_of(OLD[:-1] + "x") != whole


def test_a_process_whose_keys_were_given_up_is_not_ready_any_more(
    known: Keys, service: Flask, comments_service: CommandLine
) -> None:
    client = service.test_client()
    assert client.get("/readyz").status_code == 200
    known(NEW)
    assert comments_service("keys", "adopt", "--yes").status == 0
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "other secret keys" in answer.text


def test_a_backup_brings_its_keys_and_says_so_where_they_are_not_here(
    known: Keys, publisher: Publisher, comments_service: CommandLine, tmp_path: Path
) -> None:
    publisher.post("The bridge is open again.")
    file = str(tmp_path / "one.backup")
    assert comments_service("backup", file).status == 0
    known(NEW)
    assert comments_service("keys", "adopt", "--yes").status == 0
    said = comments_service("restore", "--replace", file)
    assert said.status == 0, said.err
    assert said.lines[0] == "Restored 1 comments of 1 sites."
    assert said.lines[1].startswith("Next: its secret keys. The database was used with other")
    assert comments_service("verify").status == 2
    known(OLD)
    assert comments_service("verify").status == 0
