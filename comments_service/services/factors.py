"""Second factors: one-time codes of an authenticator, recovery codes, and who must have one.

Passkeys are `passkeys.py`'s. A code proves; what it opens is `sessions.py`'s question.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.domain.errors import InvalidFields, NotAllowed
from comments_service.services.accounts import Principal, moderator_named, own_id
from comments_service.services.keys import hash_secret
from comments_service.services.sites import log_site
from comments_service.services.views import SiteRow
from comments_service.storage import read, write
from comments_service.storage.queries import factors as queries
from comments_service.storage.queries.people import change_moderator, end_sessions
from comments_service.storage.standing import Entry

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

RULES: Final = ("optional", queries.OWNERS, queries.EVERYONE)
"""Whom a site may ask for a second factor."""
RECOVERY_CODES: Final = 10
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that are taken for each other."""
_GROUPS: Final = 4
_GROUP: Final = 4
_PERIOD: Final = 30
"""Seconds of a code, as RFC 6238 proposes and every authenticator supposes."""
_DRIFT: Final = 1
"""Periods that a clock may be wrong by, either way."""


class FactorsView(Struct, frozen=True):
    """What a moderator has to prove with, besides the password."""

    has_codes: bool
    passkeys: Sequence[queries.PasskeyRow]
    recovery_codes_left: int

    @property
    def has_any(self) -> bool:
        """Whether signing in takes more than the password."""
        return self.has_codes or bool(self.passkeys)


def own_factors(principal: Principal) -> FactorsView:
    """What a moderator has to prove with."""
    moderator_id = own_id(principal)
    with read() as conn:
        return FactorsView(
            has_codes=queries.find_totp(conn, moderator_id).secret is not None,
            passkeys=queries.list_passkeys(conn, moderator_id),
            recovery_codes_left=queries.count_recovery_codes(conn, moderator_id),
        )


def new_secret() -> str:
    """A secret for an authenticator, 160 bits in Base32; nothing is stored yet."""
    import pyotp  # noqa: PLC0415 - a rare visitor's; it would cost every process its memory.

    return str(pyotp.random_base32())


def authenticator_link(secret: str, email: str, issuer: str) -> str:
    """The `otpauth:` address that an authenticator reads out of a picture."""
    import pyotp  # noqa: PLC0415 - see `new_secret`.

    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer))


def add_codes(
    settings: Settings, principal: Principal, secret: str, code: str, now: datetime
) -> Sequence[str]:
    """Turn one-time codes on, once the authenticator has shown that it knows the secret.

    Returns:
        New recovery codes where there were none, to be shown this once; else nothing.

    Raises:
        InvalidFields: the code is not the secret's.
    """
    moderator_id = own_id(principal)
    step = _step_of(secret, code, now)
    if step is None:
        raise InvalidFields.one("code", "This is not the code that fits now. Is the clock right?")
    kept = _cipher(settings).encrypt(secret.encode()).decode()

    def work(conn: Connection) -> Sequence[str]:
        change_moderator(conn, moderator_id, totp_secret=kept, totp_step=step)
        return first_recovery_codes(conn, moderator_id)

    return write(work)


def remove_codes(principal: Principal) -> None:
    """Turn one-time codes off."""
    moderator_id = own_id(principal)
    require_another(principal, codes=True)
    write(lambda conn: change_moderator(conn, moderator_id, totp_secret=None, totp_step=None))


def require_another(
    principal: Principal, *, codes: bool = False, passkey: int | None = None
) -> None:
    """A factor may go only where the rules of the moderator's sites still hold without it.

    Raises:
        InvalidFields: it is the last one, and a site asks for one.
    """
    own = own_factors(principal)
    left = [own.has_codes and not codes, *(p.id != passkey for p in own.passkeys)]
    if not any(left) and is_required(principal):
        message = "One of your sites asks for a second factor: add another before this one goes."
        raise InvalidFields.one("factor", message)


def is_required(principal: Principal) -> bool:
    """Whether one of the moderator's sites asks them for a second factor."""
    moderator_id = own_id(principal)
    with read() as conn:
        return queries.rule_applies(conn, moderator_id)


def take_code(settings: Settings, principal: Principal, code: str, now: datetime) -> None:
    """Prove with a one-time code or a recovery code; either is good once.

    Raises:
        InvalidFields: it is neither, or was used before.
    """
    moderator_id = own_id(principal)
    typed = "".join(code.split()).lower()

    def work(conn: Connection) -> bool:
        if typed.isascii() and typed.isdigit():
            return _take_one_time(conn, settings, moderator_id, typed, now)
        return queries.use_recovery_code(conn, moderator_id, _hash_code(typed))

    if not write(work):
        raise InvalidFields.one("code", "This code does not fit, or was used before.")


def _take_one_time(
    conn: Connection, settings: Settings, moderator_id: int, code: str, now: datetime
) -> bool:
    kept = queries.find_totp(conn, moderator_id)
    if kept.secret is None:
        return False
    secret = _decrypted(settings, kept.secret)
    step = None if secret is None else _step_of(secret, code, now)
    return step is not None and queries.use_step(conn, moderator_id, step)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is, near enough to now."""
    import pyotp  # noqa: PLC0415 - see `new_secret`.

    totp = pyotp.TOTP(secret, interval=_PERIOD)
    present = int(now.timestamp()) // _PERIOD
    steps = range(present - _DRIFT, present + _DRIFT + 1)
    typed = "".join(code.split())
    found = [s for s in steps if hmac.compare_digest(totp.at(s * _PERIOD), typed)]
    return found[-1] if found else None


def renew_recovery_codes(principal: Principal) -> Sequence[str]:
    """New recovery codes in place of whatever was left; shown this once."""
    moderator_id = own_id(principal)
    codes = _new_codes()
    hashes = [_hash_code(code) for code in codes]
    write(lambda conn: queries.renew_recovery_codes(conn, moderator_id, hashes))
    return codes


def first_recovery_codes(conn: Connection, moderator_id: int) -> Sequence[str]:
    """Recovery codes with the first factor; a later one leaves those there are."""
    if queries.count_recovery_codes(conn, moderator_id):
        return ()
    codes = _new_codes()
    queries.renew_recovery_codes(conn, moderator_id, [_hash_code(code) for code in codes])
    return codes


def _new_codes() -> Sequence[str]:
    """79 random bits each: enough that a fast hash of one cannot be searched for."""
    return ["-".join(_random_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def _random_group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))


def _hash_code(code: str) -> str:
    return hash_secret("recovery code " + code.replace("-", ""))


def reset_factors(email: str) -> None:
    """Take away whatever a moderator proves with but the password, and end their sessions.

    Raises:
        NotFound: no such moderator.
    """
    row = moderator_named(email)

    def work(conn: Connection) -> None:
        queries.delete_factors(conn, row.id)
        end_sessions(conn, row.id)

    write(work)


def rule_of(site: SiteRow) -> str:
    """Whom a site asks for a second factor."""
    with read() as conn:
        return queries.second_factor_rule(conn, site.id)


def set_rule(site: SiteRow, principal: Principal, rule: str, now: datetime) -> None:
    """Ask a site's owners, everybody who moderates it, or nobody for a second factor.

    Raises:
        NotAllowed: somebody who is no owner.
        InvalidFields: no such rule.
    """
    if not principal.is_owner:
        raise NotAllowed("Only an owner can change this.")
    if rule not in RULES:
        raise InvalidFields.one("rule", f"A rule is one of: {', '.join(RULES)}.")

    def work(conn: Connection) -> None:
        before = queries.second_factor_rule(conn, site.id)
        if before == rule:
            return
        queries.set_second_factor_rule(conn, site.id, rule)
        detail = {"second_factor": [before, rule]}
        log_site(conn, site.id, Entry(principal.actor, "site_settings", now, detail=detail))

    write(work)


def _cipher(settings: Settings) -> "MultiFernet":
    """Encrypts under the newest of the instance's secrets, and reads what any of them wrote."""
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - see `new_secret`.

    keys = [
        hmac.digest(secret.encode(), b"comments one-time codes", "sha256")
        for secret in settings.secret_keys
    ]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])


def _decrypted(settings: Settings, kept: str) -> str | None:
    """None where none of these secret keys is what it was encrypted under: those are lost."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see `new_secret`.

    try:
        return _cipher(settings).decrypt(kept.encode()).decode()
    except InvalidToken:
        return None
