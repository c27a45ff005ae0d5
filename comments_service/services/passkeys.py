"""Passkeys: keys of devices that somebody signs in with, checked by the `webauthn` library.

A passkey here always asks its device for a fingerprint, a face or a PIN, so it proves by itself
what password and code prove together.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from comments_service.config import Limit
from comments_service.domain.errors import InvalidFields, NotSignedIn, Raced
from comments_service.domain.ids import new_id
from comments_service.services.accounts import Principal, own_id
from comments_service.services.factors import first_recovery_codes, require_another
from comments_service.services.keys import hash_secret
from comments_service.services.limits import bucket
from comments_service.storage import read, write
from comments_service.storage.queries import factors as queries
from comments_service.storage.queries.limits import take

MOST_PASSKEYS: Final = 20
MAX_NAME: Final = 60
TIMEOUT_MS: Final = 120_000
"""How long a browser waits for its user."""
CHALLENGE_GOOD_FOR: Final = timedelta(minutes=10)
"""How long a challenge may be answered; whoever keeps it makes sure of that."""
_ONCE: Final = Limit(1, int(CHALLENGE_GOOD_FOR.total_seconds()))
ISSUER: Final = "Comments"
_CREDENTIAL_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,1364}")
"""Up to 1,023 bytes (WebAuthn, 4: Credential ID) as base64url."""
_NOT_IT: Final = "This passkey is not known here, or did not answer what it was asked."


class Relying(Struct, frozen=True):
    """The console as browsers know it."""

    host: str
    """Its name without a port: what passkeys are bound to."""
    origin: str


class Answer(Struct, frozen=True):
    """What a browser answered, and the challenge that it had been given."""

    challenge: str
    credential: str
    """JSON of the WebAuthn standard."""


def new_challenge() -> str:
    """256 random bits that a device is to sign; base64url."""
    return secrets.token_urlsafe(32)


def questions(relying: Relying, challenge: str, known: Sequence[str] = ()) -> dict[str, Any]:
    """What a browser is asked for to prove with a passkey: JSON of the WebAuthn standard.

    Without `known` credentials it offers whichever it has for this host.
    """
    return {
        "challenge": challenge,
        "rpId": relying.host,
        "timeout": TIMEOUT_MS,
        "userVerification": "required",
        "allowCredentials": [{"type": "public-key", "id": credential} for credential in known],
    }


def offer(relying: Relying, principal: Principal, challenge: str) -> dict[str, Any]:
    """What a browser is asked for to make a passkey: JSON of the WebAuthn standard."""
    moderator_id = own_id(principal)
    with read() as conn:
        known = queries.list_passkeys(conn, moderator_id)
    return {
        "challenge": challenge,
        "rp": {"id": relying.host, "name": ISSUER},
        "user": {
            "id": _encoded(str(moderator_id).encode()),
            "name": principal.actor.name,
            "displayName": principal.actor.name,
        },
        # EdDSA, then the two that every device has: P-256 and RSA (IANA's COSE numbers).
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (-8, -7, -257)],
        "timeout": TIMEOUT_MS,
        "attestation": "none",
        "authenticatorSelection": {
            "residentKey": "preferred",
            "userVerification": "required",
        },
        "excludeCredentials": [{"type": "public-key", "id": p.credential_id} for p in known],
    }


def add_passkey(
    relying: Relying, principal: Principal, answer: Answer, name: str, now: datetime
) -> Sequence[str]:
    """Keep the passkey that a browser made.

    Returns:
        New recovery codes where there were none, to be shown this once; else nothing.

    Raises:
        InvalidFields: the answer is not to this challenge, the passkey is known already, or there
            are too many.
    """
    import webauthn  # noqa: PLC0415 - a rare visitor's; it would cost every process 17 MiB.
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - see above.

    moderator_id = own_id(principal)
    try:
        made = webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=_decoded(answer.challenge),
            expected_rp_id=relying.host,
            expected_origin=relying.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        message = "The browser's answer could not be verified. Please try again."
        raise InvalidFields.one("passkey", message) from None
    values = {
        "id": new_id(now),
        "moderator_id": moderator_id,
        "credential_id": _encoded(made.credential_id),
        "public_key": _encoded(made.credential_public_key),
        "sign_count": made.sign_count,
        "name": _tidy(name),
        "created_at": now,
        "used_at": None,
    }

    def work(conn: Connection) -> Sequence[str]:
        if len(queries.list_passkeys(conn, moderator_id)) >= MOST_PASSKEYS:
            message = f"That would be more than {MOST_PASSKEYS} passkeys."
            raise InvalidFields.one("passkey", message)
        queries.add_passkey(conn, values)
        return first_recovery_codes(conn, moderator_id)

    try:
        return write(work)
    except Raced:
        raise InvalidFields.one("passkey", "This passkey is known already.") from None


def _tidy(name: str) -> str:
    kept = " ".join("".join(c for c in name if c.isprintable()).split())[:MAX_NAME]
    return kept or "Passkey"


def remove_passkey(principal: Principal, passkey_id: int) -> bool:
    """Forget a passkey; False where it is gone already.

    Raises:
        InvalidFields: it is the last factor, and a site asks for one.
    """
    moderator_id = own_id(principal)
    require_another(principal, passkey=passkey_id)
    return write(lambda conn: queries.delete_passkey(conn, moderator_id, passkey_id))


def prove(relying: Relying, answer: Answer, now: datetime) -> int:
    """Whose passkey answered the challenge: the moderator's id.

    Raises:
        NotSignedIn: no passkey of anybody here, not an answer to this, or answered before.
    """
    import webauthn  # noqa: PLC0415 - see `add_passkey`.
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - see above.

    credential_id = _credential_id(answer.credential)
    with read() as conn:
        known = queries.find_passkey(conn, credential_id)
    if known is None:
        raise NotSignedIn(_NOT_IT)
    try:
        proved = webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=_decoded(answer.challenge),
            expected_rp_id=relying.host,
            expected_origin=relying.origin,
            credential_public_key=_decoded(known.public_key),
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        raise NotSignedIn(_NOT_IT) from None

    def work(conn: Connection) -> bool:
        # The challenge lies in a cookie, of which somebody may have kept a copy with the answer.
        if take(conn, [bucket("challenge", hash_secret(answer.challenge)[:32], _ONCE)], now):
            return False
        return queries.use_passkey(conn, known, proved.new_sign_count, now)

    if not write(work):
        raise NotSignedIn(_NOT_IT)
    return known.moderator_id


def _credential_id(answer: str) -> str:
    try:
        said = msgspec.json.decode(answer, type=dict[str, Any])
    except msgspec.DecodeError:
        raise NotSignedIn(_NOT_IT) from None
    number = said.get("id")
    if not isinstance(number, str) or not _CREDENTIAL_ID.fullmatch(number):
        raise NotSignedIn(_NOT_IT)
    return number


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
