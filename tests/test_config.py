"""Settings out of the environment: what is read, and what refuses to start."""

import hashlib
import stat
from pathlib import Path

import pytest

from comments_service.config import (
    KEY_FILE,
    PREFIX,
    VARIABLES,
    ConfigError,
    Limit,
    Settings,
    load_settings,
    make_secret_keys,
)

KEY, OTHER = (hashlib.sha256(name).hexdigest() for name in (b"a key", b"another"))
"""The same in every process of a run, whose tests are named by them; they stand nowhere."""


def load(home: Path, **variables: str) -> Settings:
    environ = {PREFIX + "HOME": str(home), PREFIX + "SECRET_KEYS": KEY}
    environ |= {PREFIX + name: value for name, value in variables.items()}
    return load_settings({name: value for name, value in environ.items() if value})


def test_with_nothing_set_there_are_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'comments.db'}"
    assert settings.secret_keys == (KEY,)
    assert settings.limit_address == Limit(5, 60)
    assert (settings.token_min_seconds, settings.edit_window) == (2, 900)


READ = [
    ("DATABASE_URL", "postgresql://me@db/comments", "database_url", "postgresql://me@db/comments"),
    ("SECRET_KEYS", f"{KEY} {OTHER}", "secret_keys", (KEY, OTHER)),
    ("PUBLIC_URL", "https://c.example/", "public_url", "https://c.example"),
    ("SHARED_MAX_AGE", "0", "shared_max_age", 0),
    ("STALE_IF_ERROR", "60", "stale_if_error", 60),
    ("CACHE_MB", "0", "cache_mb", 0),
    ("EDIT_WINDOW", "0", "edit_window", 0),
    ("TOKEN_MIN_SECONDS", "0", "token_min_seconds", 0),
    ("TOKEN_MAX_SECONDS", "60", "token_max_seconds", 60),
    ("OWN_COMMENTS_DAYS", "1", "own_comments_days", 1),
    ("LIMIT_ADDRESS", "10/30", "limit_address", Limit(10, 30)),
    ("LIMIT_THREAD", "1/1", "limit_thread", Limit(1, 1)),
    ("THREAD_SIZE", "9", "thread_size", 9),
    ("LIMIT_SIGN_IN", "3/600", "limit_sign_in", Limit(3, 600)),
    ("SESSION_HOURS", "1", "session_hours", 1),
    ("ADDRESS_DAYS", "7", "address_days", 7),
    ("METRICS_TOKEN", " secret ", "metrics_token", "secret"),
    ("LOG_REQUESTS", "none", "log_requests", "none"),
    ("WRITES_TOGETHER", "1", "writes_together", 1),
    ("TRACKING_PARAMETERS", "Ref src_*", "extra_tracking", ("ref", "src_*")),
]


@pytest.mark.parametrize(("name", "text", "field", "value"), READ, ids=lambda v: str(v)[:20])
def test_each_setting_is_read(
    tmp_path: Path, name: str, text: str, field: str, value: object
) -> None:
    assert getattr(load(tmp_path, **{name: text}), field) == value


def test_networks_are_read(tmp_path: Path) -> None:
    settings = load(tmp_path, TRUSTED_PROXIES="10.0.0.0/8 ::1")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_a_replica_is_one_of_a_postgresql_that_is_named(tmp_path: Path) -> None:
    replica, primary = "postgresql://me@replica/comments", "postgresql://me@db/comments"
    read = load(tmp_path, DATABASE_URL=primary, READ_DATABASE_URL=replica)
    assert read.read_database_url == replica
    for url, of in ((replica, ""), ("sqlite:////a.db", primary), (replica, "sqlite:////a.db")):
        with pytest.raises(ConfigError, match="READ_DATABASE_URL"):
            load(tmp_path, DATABASE_URL=of, READ_DATABASE_URL=url)


def test_every_setting_is_in_the_table_above(tmp_path: Path) -> None:
    others = {"HOME", "TRUSTED_PROXIES", "NEWSPAPER_URL", "READ_DATABASE_URL"}
    read = {name for name, *_ in READ} | others
    assert read == set(VARIABLES)


REFUSED = [
    ("DATABASE_URL", "mysql://db/comments"),
    ("SECRET_KEYS", "short"),
    ("SECRET_KEYS", "a" * 64),
    ("SECRET_KEYS", f"{KEY} short"),
    ("EDIT_WINDOW", "-1"),
    ("EDIT_WINDOW", "1.5"),
    ("EDIT_WINDOW", "²"),
    ("TOKEN_MAX_SECONDS", "59"),
    ("SESSION_HOURS", "0"),
    ("LIMIT_ADDRESS", "5"),
    ("LIMIT_ADDRESS", "0/60"),
    ("LIMIT_ADDRESS", "5/0"),
    ("LIMIT_ADDRESS", "5/60/2"),
    ("LIMIT_ADDRESS", "²/60"),
    ("LIMIT_ADDRESS", "five/60"),
    ("LOG_REQUESTS", "some"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TRUSTED_PROXIES", "proxy.example"),
    ("TRUSTED_PROXIES", "10.0.0.0/8 0.0.0.0/0"),
    ("TRUSTED_PROXIES", "::/0"),
    ("SECRET_KEY", KEY),
    ("EDIT_WINDOWS", "60"),
]


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_what_makes_no_sense_is_refused_by_its_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{PREFIX}{name}|secret key") as refused:
        load(tmp_path, **{name: text})
    assert KEY not in str(refused.value)


def test_without_a_key_it_refuses_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="comments-service init"):
        load(tmp_path, SECRET_KEYS="")


def test_the_folders_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "instance"
    assert make_secret_keys(home)
    made = load(home, SECRET_KEYS="").secret_keys
    assert not make_secret_keys(home)
    assert load(home, SECRET_KEYS="").secret_keys == made
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_given_key_goes_before_the_folders(tmp_path: Path) -> None:
    make_secret_keys(tmp_path)
    assert load(tmp_path).secret_keys == (KEY,)


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"short", "ümlaut-0123456789-0123456789-abcdef".encode()]
)
def test_a_broken_key_file_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(text)
    with pytest.raises(ConfigError, match="secret key"):
        load(tmp_path, SECRET_KEYS="")


def test_the_tests_own_variables_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, TEST_CHROMIUM="/usr/bin/chromium") == load(tmp_path)
