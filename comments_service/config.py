"""Settings: read once from the environment, frozen, explained in docs/configure.md.

Every setting is an environment variable with the prefix `COMMENTS_`. Nothing here has a default
that is a secret: keys come from the environment or from the instance folder, and without them
`load_settings` refuses.
"""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from comments_service.domain.weak_keys import why_weak

PREFIX: Final = "COMMENTS_"
KEY_FILE: Final = "secret_keys"

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """A setting is missing or makes no sense; the message says which and what to do."""


class Limit(Struct, frozen=True):
    """At most `burst` at once, and `burst` again in every `seconds`."""

    burst: int
    seconds: int


@dataclass(frozen=True)  # No slots: `load_settings` reads the defaults off the class.
class Settings:
    """One process's settings. Durations are whole seconds unless the name says otherwise."""

    home: Path
    database_url: str
    secret_keys: tuple[str, ...]
    """Newest first: the first signs, all are accepted."""
    read_database_url: str | None = None
    """A replica for public reads."""
    public_url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    shared_max_age: int = 2
    stale_if_error: int = 600
    cache_mb: int = 32
    """MiB of whole public answers that a worker keeps at most; 0 keeps none."""
    edit_window: int = 900
    token_min_seconds: int = 2
    token_max_seconds: int = 43_200
    own_comments_days: int = 7
    limit_address: Limit = Limit(5, 60)
    limit_thread: Limit = Limit(120, 60)
    limit_sign_in: Limit = Limit(10, 900)
    thread_size: int = 50_000
    """Comments, published and waiting, beyond which a page takes no more."""
    session_hours: int = 12
    address_days: int = 30
    metrics_token: str | None = None
    log_requests: str = "writes"
    writes_together: int = 32
    extra_tracking: tuple[str, ...] = ()
    newspaper_url: str | None = None
    """Set by the `demo` command alone: where `/demo/` leads."""


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The instance folder, absolute."""
    return Path(environ.get(PREFIX + "HOME") or "instance").absolute()


def make_secret_keys(home: Path) -> bool:
    """Write a new key into the instance folder unless one is there; tells whether it did."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(home / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    return True


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings out of the environment and the instance folder.

    Raises:
        ConfigError: a value that cannot be read, or no usable secret key.
    """
    known = {PREFIX + name for name in VARIABLES}
    unknown = sorted(n for n in environ if n.startswith(PREFIX) and n not in known)
    unknown = [n for n in unknown if not n.startswith(PREFIX + "TEST_")]
    if unknown:
        raise ConfigError(f"{unknown[0]} is no setting of this service; see docs/configure.md.")
    home = home_folder(environ)
    read = _Reader(environ)
    return Settings(
        home=home,
        database_url=_database_url(read.text("DATABASE_URL"), home),
        secret_keys=_secret_keys(read.text("SECRET_KEYS"), home),
        read_database_url=_read_database_url(
            read.text("READ_DATABASE_URL"), read.text("DATABASE_URL")
        ),
        public_url=(read.text("PUBLIC_URL") or "").rstrip("/") or None,
        trusted_proxies=read.networks("TRUSTED_PROXIES"),
        shared_max_age=read.number("SHARED_MAX_AGE", Settings.shared_max_age, 0),
        stale_if_error=read.number("STALE_IF_ERROR", Settings.stale_if_error, 0),
        cache_mb=read.number("CACHE_MB", Settings.cache_mb, 0),
        edit_window=read.number("EDIT_WINDOW", Settings.edit_window, 0),
        token_min_seconds=read.number("TOKEN_MIN_SECONDS", Settings.token_min_seconds, 0),
        token_max_seconds=read.number("TOKEN_MAX_SECONDS", Settings.token_max_seconds, 60),
        own_comments_days=read.number("OWN_COMMENTS_DAYS", Settings.own_comments_days, 1),
        limit_address=read.limit("LIMIT_ADDRESS", Settings.limit_address),
        limit_thread=read.limit("LIMIT_THREAD", Settings.limit_thread),
        limit_sign_in=read.limit("LIMIT_SIGN_IN", Settings.limit_sign_in),
        thread_size=read.number("THREAD_SIZE", Settings.thread_size, 1),
        session_hours=read.number("SESSION_HOURS", Settings.session_hours, 1),
        address_days=read.number("ADDRESS_DAYS", Settings.address_days, 1),
        metrics_token=read.text("METRICS_TOKEN"),
        log_requests=read.choice("LOG_REQUESTS", Settings.log_requests, ("none", "writes", "all")),
        writes_together=read.number("WRITES_TOGETHER", Settings.writes_together, 1),
        extra_tracking=tuple((read.text("TRACKING_PARAMETERS") or "").lower().split()),
        newspaper_url=read.text("NEWSPAPER_URL"),
    )


VARIABLES: Final = (
    "HOME",
    "DATABASE_URL",
    "READ_DATABASE_URL",
    "SECRET_KEYS",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "SHARED_MAX_AGE",
    "STALE_IF_ERROR",
    "CACHE_MB",
    "EDIT_WINDOW",
    "TOKEN_MIN_SECONDS",
    "TOKEN_MAX_SECONDS",
    "OWN_COMMENTS_DAYS",
    "LIMIT_ADDRESS",
    "LIMIT_THREAD",
    "LIMIT_SIGN_IN",
    "THREAD_SIZE",
    "SESSION_HOURS",
    "ADDRESS_DAYS",
    "METRICS_TOKEN",
    "LOG_REQUESTS",
    "WRITES_TOGETHER",
    "TRACKING_PARAMETERS",
    "NEWSPAPER_URL",
)
"""Every setting's name without its prefix; each has its heading in docs/configure.md."""


def _database_url(given: str | None, home: Path) -> str:
    return f"sqlite:///{home / 'comments.db'}" if given is None else checked_database_url(given)


def _read_database_url(given: str | None, primary: str | None) -> str | None:
    if given is None:
        return None
    both = [url for url in (given, primary) if url and url.startswith(("postgresql:", "postgres:"))]
    if len(both) < 2:
        raise ConfigError(
            f"{PREFIX}READ_DATABASE_URL names a replica of the PostgreSQL database in "
            f"{PREFIX}DATABASE_URL, as postgresql://user:password@host/database."
        )
    return checked_database_url(given)


def checked_database_url(given: str) -> str:
    """The address of a database, if it is one that the service can use.

    Raises:
        ConfigError: it is not.
    """
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        url = None
    kinds = ("sqlite", "postgresql", "postgres")
    # Without a name SQLite keeps its tables in memory, each process its own.
    if url is None or url.drivername not in kinds or url.database in (None, "", ":memory:"):
        # The address itself is not repeated: it may hold a password.
        raise ConfigError(
            f"{PREFIX}DATABASE_URL must look like sqlite:////var/lib/comments/comments.db "
            "or postgresql://user:password@host/database."
        )
    return given


def _secret_keys(given: str | None, home: Path) -> tuple[str, ...]:
    path = home / KEY_FILE
    if given is None and not path.exists():
        raise ConfigError(
            f"There is no secret key: run `comments-service init` (it writes {path}), "
            f"or set {PREFIX}SECRET_KEYS."
        )
    try:
        keys = tuple((given if given is not None else path.read_text("ascii")).split())
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"The secret keys in {path} cannot be read: {problem}") from None
    for key in keys or ("",):
        why = why_weak(key)
        if why is not None:
            raise ConfigError(
                f"A secret key {why}; "
                "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))'` makes one."
            )
    return keys


class _Reader:
    """Reads one variable at a time and names it when it makes no sense."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        return self._environ.get(PREFIX + name, "").strip() or None

    def number(self, name: str, default: int, least: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise ConfigError(f"{PREFIX}{name} must be a whole number of at least {least}.")
        return int(text)

    def limit(self, name: str, default: Limit) -> Limit:
        text = self.text(name)
        if text is None:
            return default
        burst, slash, seconds = text.partition("/")
        # ASCII: to Python a raised two is a digit, too, and yet no number.
        plain = text.isascii() and burst.isdigit() and seconds.isdigit()
        if not (slash and plain and int(burst) and int(seconds)):
            raise ConfigError(f"{PREFIX}{name} must look like 5/60: five in sixty seconds.")
        return Limit(int(burst), int(seconds))

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self.text(name) or default
        if text not in allowed:
            raise ConfigError(f"{PREFIX}{name} must be one of: {', '.join(allowed)}.")
        return text

    def networks(self, name: str) -> tuple[Network, ...]:
        try:
            found = tuple(ipaddress.ip_network(n) for n in (self.text(name) or "").split())
        except ValueError as problem:
            raise ConfigError(
                f"{PREFIX}{name} must hold networks like 10.0.0.0/8: {problem}"
            ) from None
        if any(network.prefixlen == 0 for network in found):
            # The address furthest from us would count, which the sender makes up.
            raise ConfigError(f"{PREFIX}{name} must not hold everybody: name your own proxies.")
        return found


def bundled(name: str) -> Path:
    """`templates` or `migrations`: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
