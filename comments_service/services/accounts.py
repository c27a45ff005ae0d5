"""Who may do what: moderators, their sessions, API tokens."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.errors import InvalidFields, NotAllowed, NotFound, NotSignedIn, Raced
from comments_service.domain.ids import new_id
from comments_service.services.keys import hash_address, hash_secret
from comments_service.services.limits import bucket, pass_limits
from comments_service.storage import read, write
from comments_service.storage.queries.people import (
    ModeratorRow,
    TokenRow,
    add_moderator,
    add_session,
    add_token,
    change_moderator,
    delete_moderator,
    end_sessions,
    find_moderator,
    find_session,
    find_token,
    list_moderators,
    list_tokens,
    revoke_token,
)
from comments_service.storage.queries.sites import find_site
from comments_service.storage.standing import Actor

OWNER: Final = "owner"
MODERATOR: Final = "moderator"
ROLES: Final = (OWNER, MODERATOR)
SCOPES: Final = ("moderate", "comments:write")
TOKEN_PREFIX: Final = "cst_"  # noqa: S105  What every token begins with.
MAX_TOKEN_NAME: Final = 100
MIN_PASSWORD: Final = 12
"""Characters. NIST SP 800-63B (5.1.1.2) asks for at least 8, and for a throttle (`sign_in`)."""
MAX_PASSWORD: Final = 200


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who may moderate: a signed-in moderator or a program with a token."""

    actor: Actor
    role: str
    site_ids: tuple[int, ...] | None
    """None means every site."""
    scope: str = "moderate"
    shortcuts: bool = True
    must_change_password: bool = False

    def may_see(self, site_id: int) -> bool:
        """Whether the site is one of theirs."""
        return self.site_ids is None or site_id in self.site_ids

    @property
    def is_owner(self) -> bool:
        """Whether settings and people are theirs to change."""
        return self.role == OWNER


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    # The library's default is RFC 9106's second recommendation: argon2id, 64 MiB, three passes.
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _principal(row: ModeratorRow) -> Principal:
    return Principal(
        actor=Actor("moderator", row.email, row.id),
        role=row.role,
        site_ids=None if row.all_sites else row.site_ids,
        shortcuts=row.shortcuts,
        must_change_password=row.password_is_one_time,
    )


def create_moderator(email: str, role: str, sites: Sequence[str], now: datetime) -> str:
    """A new moderator, limited to sites where any are named; returns the one-time password.

    Raises:
        InvalidFields: the address is none or is taken, or there is no such role.
        NotFound: no such site.
    """
    email = email.strip().lower()
    if email.count("@") != 1 or not all(email.split("@")) or not email.isprintable():
        raise InvalidFields.one("email", f"{email!r} is no e-mail address.")
    if role not in ROLES:
        raise InvalidFields.one("role", f"A role is one of: {', '.join(ROLES)}.")
    password = secrets.token_urlsafe(12)
    hashed = _hasher().hash(password)
    site_ids = tuple(_site_id(slug) for slug in dict.fromkeys(sites))
    row = ModeratorRow(new_id(now), email, role, not site_ids, site_ids, hashed, True, True)
    try:
        write(lambda conn: add_moderator(conn, row, now))
    except Raced:
        raise InvalidFields.one("email", f"{email} is a moderator already.") from None
    return password


def _site_id(slug: str) -> int:
    with read() as conn:
        site = find_site(conn, slug)
    if site is None:
        raise NotFound(f"site: {slug}")
    return site.id


def all_moderators() -> list[ModeratorRow]:
    """Everybody who may sign in."""
    with read() as conn:
        return list_moderators(conn)


def remove_moderator(email: str) -> None:
    """End a moderator's access; what they decided stays, under their name."""
    row = _moderator(email)
    write(lambda conn: delete_moderator(conn, row.id))


def renew_password(email: str) -> str:
    """A new one-time password; every session of the moderator ends."""
    row = _moderator(email)
    password = secrets.token_urlsafe(12)
    hashed = _hasher().hash(password)

    def work(conn: Connection) -> None:
        change_moderator(conn, row.id, password_hash=hashed, password_is_one_time=True)
        end_sessions(conn, row.id)

    write(work)
    return password


def _moderator(email: str) -> ModeratorRow:
    with read() as conn:
        row = find_moderator(conn, email.strip())
    if row is None:
        raise NotFound(f"moderator: {email}")
    return row


def sign_in(
    settings: Settings, email: str, password: str, address: str | None, now: datetime
) -> str:
    """Check a password and begin a session; returns the session's secret.

    The throttle counts every try, by account, by address and over all, before the password is
    looked at; an unknown name takes as long as a known one.

    Raises:
        TooMany, NotSignedIn.
    """
    email = email.strip().lower()
    limit = settings.limit_sign_in
    over_all = type(limit)(limit.burst * 20, limit.seconds)
    buckets = [
        bucket("sign-in-account", hash_secret(email)[:32], limit),
        bucket("sign-in", "all", over_all),
    ]
    if (source := hash_address(settings, address)) is not None:
        buckets.append(bucket("sign-in-address", source, limit))
    message = "Too many attempts to sign in. Please wait."
    write(lambda conn: pass_limits(conn, buckets, now, message))
    with read() as conn:
        row = find_moderator(conn, email)
    if not _password_fits(row, password) or row is None:
        raise NotSignedIn("Address and password do not fit.")
    secret = secrets.token_urlsafe(32)
    ends = now + timedelta(hours=settings.session_hours)
    write(lambda conn: add_session(conn, hash_secret(secret), row.id, now, ends))
    return secret


def _password_fits(row: ModeratorRow | None, password: str) -> bool:
    try:
        return _hasher().verify(
            row.password_hash if row else _nobodys_hash(), password[:MAX_PASSWORD]
        )
    except (VerificationError, InvalidHashError):
        return False


def session_principal(secret: str, now: datetime) -> Principal | None:
    """Whose session this is, unless it has ended."""
    with read() as conn:
        row = find_session(conn, hash_secret(secret), now)
    return None if row is None else _principal(row)


def sign_out(principal: Principal, secret: str) -> None:
    """End one session."""
    moderator_id = _own_id(principal)
    write(lambda conn: end_sessions(conn, moderator_id, only=hash_secret(secret)))


def _own_id(principal: Principal) -> int:
    if principal.actor.kind != "moderator" or principal.actor.id is None:
        raise NotAllowed("Only a signed-in moderator can do this.")
    return principal.actor.id


def change_password(principal: Principal, old: str, new: str, secret: str) -> None:
    """Set one's own password; every other session of this moderator ends.

    Raises:
        InvalidFields: the old one does not fit, or the new one is too short or the same.
    """
    row = _moderator(principal.actor.name)
    if not _password_fits(row, old):
        raise InvalidFields.one("old_password", "This is not your present password.")
    if not MIN_PASSWORD <= len(new) <= MAX_PASSWORD:
        message = f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters."
        raise InvalidFields.one("new_password", message)
    if new == old or row.email in new.lower():
        raise InvalidFields.one("new_password", "Choose one that is new and not your address.")
    hashed = _hasher().hash(new)

    def work(conn: Connection) -> None:
        change_moderator(conn, row.id, password_hash=hashed, password_is_one_time=False)
        end_sessions(conn, row.id, but=hash_secret(secret))

    write(work)


def set_shortcuts(principal: Principal, on: bool) -> None:
    """Switch single-key shortcuts for this moderator, on every machine they use."""
    moderator_id = _own_id(principal)
    write(lambda conn: change_moderator(conn, moderator_id, shortcuts=on))


def create_token(name: str, scope: str, site: str | None, now: datetime) -> str:
    """A new API token; the returned secret is shown once and stored as a hash.

    Raises:
        InvalidFields: no name, or no such scope.
        NotFound: no such site.
    """
    if not name.strip():
        raise InvalidFields.one("name", "Give the token a name that says who uses it.")
    if len(name) > MAX_TOKEN_NAME or not name.isprintable():
        message = f"A name is one line of at most {MAX_TOKEN_NAME} characters."
        raise InvalidFields.one("name", message)
    if scope not in SCOPES:
        raise InvalidFields.one("scope", f"A scope is one of: {', '.join(SCOPES)}.")
    site_id = _site_id(site) if site is not None else None
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(new_id(now), name.strip(), scope, site_id, False, now)
    write(lambda conn: add_token(conn, row, hash_secret(secret)))
    return secret


def all_tokens() -> Sequence[TokenRow]:
    """Every token, without its secret."""
    with read() as conn:
        return list_tokens(conn)


def end_token(token_id: int) -> None:
    """Revoke a token at once.

    Raises:
        NotFound: no token of that id.
    """
    if not write(lambda conn: revoke_token(conn, token_id)):
        raise NotFound("token")


def token_principal(secret: str) -> Principal | None:
    """The program behind a token, unless it was revoked."""
    with read() as conn:
        row = find_token(conn, hash_secret(secret))
    if row is None:
        return None
    return Principal(
        actor=Actor("token", row.name, row.id),
        role=MODERATOR,
        site_ids=None if row.site_id is None else (row.site_id,),
        scope=row.scope,
    )
