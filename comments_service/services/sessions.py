"""Sessions: how a moderator comes in, shows once more who they are, and leaves.

A session is a row; the browser holds its secret and the database the secret's hash. What somebody
proves with, besides a password, is `factors.py`'s and `passkeys.py`'s.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.errors import InvalidFields, NotSignedIn
from comments_service.services import passwords
from comments_service.services.accounts import Principal, moderator_named, own_id
from comments_service.services.keys import hash_address, hash_secret
from comments_service.services.limits import bucket, pass_limits
from comments_service.storage import read, write
from comments_service.storage.queries.factors import has_factor
from comments_service.storage.queries.people import (
    OpenSession,
    add_session,
    change_session,
    end_sessions,
    find_moderator,
    find_session,
    list_sessions,
    lock_password,
)
from comments_service.storage.standing import Actor

CONFIRMED_FOR: Final = timedelta(minutes=15)
"""How long after showing who uses it a browser may do dangerous things."""
MAX_AGENT: Final = 200
"""Characters kept of what a browser calls itself."""
_NO_FIT: Final = "Address and password do not fit."
_TOO_MANY: Final = "Too many attempts to sign in. Please wait."


class Browser(Struct, frozen=True):
    """Where a sign-in comes from."""

    address: str | None
    agent: str | None


def sign_in(settings: Settings, email: str, password: str, browser: Browser, now: datetime) -> str:
    """Check a password and begin a session; returns the session's secret.

    Where the moderator has a second factor, nothing opens before that came too. The throttle counts
    every try, by account, by address and over all, before the password is looked at; an unknown
    name takes as long as a known one.

    Raises:
        TooMany, NotSignedIn.
    """
    email = email.strip().lower()
    throttle(settings, email, browser.address, now)
    with read() as conn:
        row = find_moderator(conn, email)
    if not passwords.fits(row.password_hash if row else None, password) or row is None:
        raise NotSignedIn(_NO_FIT)
    known = row
    secret, opened = _opened(settings, browser, now)

    def work(conn: Connection) -> None:
        # Hashing takes long: a password that was changed meanwhile opens nothing any more.
        if lock_password(conn, known.id) != known.password_hash:
            raise NotSignedIn(_NO_FIT)
        due = has_factor(conn, known.id)
        add_session(conn, known.id, replace(opened, factor_due=due))

    write(work)
    return secret


def throttle(settings: Settings, account: str | None, address: str | None, now: datetime) -> None:
    """Count a try to prove who somebody is, whatever it is proved with.

    Without an account where none is named before it is proved: if strangers' tries counted
    together, a few of them would keep everybody out.

    Raises:
        TooMany
    """
    limit = settings.limit_sign_in
    over_all = type(limit)(limit.burst * 20, limit.seconds)
    buckets = [bucket("sign-in", "all", over_all)]
    if account is not None:
        buckets.append(bucket("sign-in-account", hash_secret(account)[:32], limit))
    if (source := hash_address(settings, address)) is not None:
        buckets.append(bucket("sign-in-address", source, limit))
    write(lambda conn: pass_limits(conn, buckets, now, _TOO_MANY))


def begin(settings: Settings, moderator_id: int, browser: Browser, now: datetime) -> str:
    """A new session for somebody who has shown who they are; returns its secret."""
    secret, opened = _opened(settings, browser, now)
    write(lambda conn: add_session(conn, moderator_id, opened))
    return secret


def _opened(settings: Settings, browser: Browser, now: datetime) -> tuple[str, OpenSession]:
    """A session's secret, and its row."""
    secret = secrets.token_urlsafe(32)
    return secret, OpenSession(
        token_hash=hash_secret(secret),
        created_at=now,
        expires_at=now + timedelta(hours=settings.session_hours),
        confirmed_at=now,
        factor_due=False,
        agent=_printable(browser.agent),
    )


def complete(
    settings: Settings, principal: Principal, secret: str, browser: Browser, now: datetime
) -> str:
    """The second factor came: the half-open session ends and a whole one begins; its secret.

    Raises:
        NotSignedIn: somebody has ended the half-open one meanwhile.
    """
    moderator_id = own_id(principal)
    renewed, opened = _opened(settings, browser, now)

    def work(conn: Connection) -> None:
        if not end_sessions(conn, moderator_id, only=hash_secret(secret)):
            raise NotSignedIn("Your session has ended. Sign in again.")
        add_session(conn, moderator_id, opened)

    write(work)
    return renewed


def session_principal(secret: str, now: datetime) -> Principal | None:
    """Whose session this is, unless it has ended."""
    with read() as conn:
        found = find_session(conn, hash_secret(secret), now)
    if found is None:
        return None
    row = found.moderator
    return Principal(
        actor=Actor("moderator", row.email, row.id),
        role=row.role,
        site_ids=None if row.all_sites else row.site_ids,
        shortcuts=row.shortcuts,
        must_change_password=row.password_is_one_time,
        factor_due=found.session.factor_due,
        must_add_factor=found.rule_applies and not found.has_factor,
        confirmed_at=found.session.confirmed_at or found.session.created_at,
    )


def sign_out(principal: Principal, secret: str) -> None:
    """End one session."""
    moderator_id = own_id(principal)
    write(lambda conn: end_sessions(conn, moderator_id, only=hash_secret(secret)))


def is_confirmed(principal: Principal, now: datetime) -> bool:
    """Whether this browser showed who uses it lately enough for dangerous things."""
    at = principal.confirmed_at
    return at is not None and now - at < CONFIRMED_FOR


def confirm_by_password(
    settings: Settings,
    principal: Principal,
    secret: str,
    password: str,
    *,
    browser: Browser,
    now: datetime,
) -> None:
    """Somebody signed in shows once more who they are.

    Raises:
        TooMany
        InvalidFields: the password is not theirs.
    """
    throttle(settings, principal.actor.name, browser.address, now)
    row = moderator_named(principal.actor.name)
    if not passwords.fits(row.password_hash, password):
        raise InvalidFields.one("password", "This is not your password.")
    confirm(principal, secret, now)


def confirm(principal: Principal, secret: str, now: datetime) -> None:
    """Note that this browser has just shown who uses it."""
    own_id(principal)
    write(lambda conn: change_session(conn, hash_secret(secret), confirmed_at=now))


class SessionView(Struct, frozen=True):
    """One of a moderator's sessions, as they see it."""

    handle: str
    """Names it in a form; says nothing of its secret."""
    agent: str
    created_at: datetime
    expires_at: datetime
    is_this: bool


def own_sessions(principal: Principal, secret: str, now: datetime) -> Sequence[SessionView]:
    """A moderator's sessions that have not ended, the newest first."""
    moderator_id = own_id(principal)
    with read() as conn:
        found = list_sessions(conn, moderator_id, now)
    mine = hash_secret(secret)
    return [
        SessionView(
            handle=_handle(s.token_hash),
            agent=s.agent or "",
            created_at=s.created_at,
            expires_at=s.expires_at,
            is_this=s.token_hash == mine,
        )
        for s in found
    ]


def end_own_session(principal: Principal, handle: str, now: datetime) -> bool:
    """End the session of that handle; False where it has ended already."""
    moderator_id = own_id(principal)

    def work(conn: Connection) -> bool:
        for found in list_sessions(conn, moderator_id, now):
            if _handle(found.token_hash) == handle:
                end_sessions(conn, moderator_id, only=found.token_hash)
                return True
        return False

    return write(work)


def end_other_sessions(principal: Principal, secret: str) -> None:
    """End every session of this moderator but the one at hand."""
    moderator_id = own_id(principal)
    write(lambda conn: end_sessions(conn, moderator_id, but=hash_secret(secret)))


def _handle(token_hash: str) -> str:
    return hash_secret(token_hash)[:16]


def _printable(agent: str | None) -> str | None:
    return "".join(filter(str.isprintable, agent))[:MAX_AGENT] if agent else None
