"""Who may do what: moderators, their passwords, API tokens.

How somebody comes in is `sessions.py`'s question, and what they prove it with besides a password is
`factors.py`'s.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.domain.errors import InvalidFields, NotAllowed, NotFound, Raced
from comments_service.domain.ids import new_id
from comments_service.services import passwords
from comments_service.services.keys import hash_secret
from comments_service.storage import read, write
from comments_service.storage.queries.people import (
    ModeratorRow,
    TokenRow,
    add_moderator,
    add_token,
    change_moderator,
    delete_moderator,
    end_sessions,
    find_moderator,
    find_token,
    list_moderators,
    list_tokens,
    lock_password,
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
_NOT_PRESENT: Final = "This is not your present password."


class Principal(Struct, frozen=True):
    """Somebody who may moderate: a signed-in moderator or a program with a token."""

    actor: Actor
    role: str
    site_ids: tuple[int, ...] | None
    """None means every site."""
    scope: str = "moderate"
    shortcuts: bool = True
    must_change_password: bool = False
    factor_due: bool = False
    """The password was right, the second factor is still to come."""
    must_add_factor: bool = False
    """One of their sites asks for a second factor and they have none."""
    confirmed_at: datetime | None = None
    """When this browser last showed who uses it; None for programs."""

    def may_see(self, site_id: int) -> bool:
        """Whether the site is one of theirs."""
        return self.site_ids is None or site_id in self.site_ids

    @property
    def may_enter(self) -> bool:
        """Whether nothing has to be done before the console opens."""
        return not (self.factor_due or self.must_change_password or self.must_add_factor)

    @property
    def is_owner(self) -> bool:
        """Whether settings and people are theirs to change."""
        return self.role == OWNER


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
    password = passwords.one_time_password()
    hashed = passwords.hasher().hash(password)
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
    row = moderator_named(email)
    write(lambda conn: delete_moderator(conn, row.id))


def renew_password(email: str) -> str:
    """A new one-time password; every session of the moderator ends."""
    row = moderator_named(email)
    password = passwords.one_time_password()
    hashed = passwords.hasher().hash(password)

    def work(conn: Connection) -> None:
        change_moderator(conn, row.id, password_hash=hashed, password_is_one_time=True)
        end_sessions(conn, row.id)

    write(work)
    return password


def moderator_named(email: str) -> ModeratorRow:
    """The moderator with that address.

    Raises:
        NotFound
    """
    with read() as conn:
        row = find_moderator(conn, email.strip())
    if row is None:
        raise NotFound(f"moderator: {email}")
    return row


def own_id(principal: Principal) -> int:
    """The moderator that a principal is.

    Raises:
        NotAllowed: it is a program.
    """
    if principal.actor.kind != "moderator" or principal.actor.id is None:
        raise NotAllowed("Only a signed-in moderator can do this.")
    return principal.actor.id


def change_password(principal: Principal, old: str, new: str, secret: str) -> None:
    """Set one's own password; every other session of this moderator ends.

    Raises:
        InvalidFields: the old one does not fit, or the new one is too short or the same.
    """
    row = moderator_named(principal.actor.name)
    if not passwords.fits(row.password_hash, old):
        raise InvalidFields.one("old_password", _NOT_PRESENT)
    passwords.require_good(new, old, row.email)
    hashed = passwords.hasher().hash(new)

    def work(conn: Connection) -> None:
        if lock_password(conn, row.id) != row.password_hash:
            # It was reset meanwhile, by who found out that others know it.
            raise InvalidFields.one("old_password", _NOT_PRESENT)
        change_moderator(conn, row.id, password_hash=hashed, password_is_one_time=False)
        end_sessions(conn, row.id, but=hash_secret(secret))

    write(work)


def set_shortcuts(principal: Principal, on: bool) -> None:
    """Switch single-key shortcuts for this moderator, on every machine they use."""
    moderator_id = own_id(principal)
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
        return principal_of_token(conn, secret)


def principal_of_token(conn: Connection, secret: str) -> Principal | None:
    """As `token_principal`, for who has a connection."""
    row = find_token(conn, hash_secret(secret))
    if row is None:
        return None
    return Principal(
        actor=Actor("token", row.name, row.id),
        role=MODERATOR,
        site_ids=None if row.site_id is None else (row.site_id,),
        scope=row.scope,
    )
