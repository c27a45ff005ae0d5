"""Passwords: hashing, checking, and what a good one must be. Knows no moderator and no session."""

import secrets
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from comments_service.domain.errors import InvalidFields

MIN_PASSWORD: Final = 12
"""Characters. NIST SP 800-63B (5.1.1.2) asks for at least 8, and for a throttle (`sessions`)."""
MAX_PASSWORD: Final = 200


@lru_cache(maxsize=1)
def hasher() -> PasswordHasher:
    """The library's default, RFC 9106's second recommendation: argon2id, 64 MiB, three passes."""
    return PasswordHasher()


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """What an unknown name's password is compared with, so that it takes as long as a known one."""
    return hasher().hash(secrets.token_urlsafe(16))


def one_time_password() -> str:
    """96 random bits, to be typed once."""
    return secrets.token_urlsafe(12)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is the hash's; as slow where there is no hash."""
    try:
        hasher().verify(password_hash or nobodys_hash(), password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def require_good(new: str, old: str, email: str) -> None:
    """A new password is long enough, and neither the old one nor the address.

    Raises:
        InvalidFields: on `new_password`.
    """
    if not MIN_PASSWORD <= len(new) <= MAX_PASSWORD:
        message = f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters."
        raise InvalidFields.one("new_password", message)
    if new == old or email in new.lower():
        raise InvalidFields.one("new_password", "Choose one that is new and not your address.")
