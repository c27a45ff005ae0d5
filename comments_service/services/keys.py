"""Everything that is signed or hashed, each bound to its one purpose.

One secret makes many keys: a token signed for a form can never serve as a receipt, and a hash of an
address cannot be compared with a hash of anything else.
"""

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeSerializer

from comments_service.config import Settings
from comments_service.storage.types import from_ms, to_ms

COMMENTER_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
"""At least 128 bits as base64url, as the widget makes it."""
IDEMPOTENCY_KEY: Final = re.compile(r"[ -~]{1,200}")
"""Printable ASCII; a UUID has 36 characters."""
_FORM: Final = "form-token"
_RECEIPT: Final = "receipt"


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a form token says: for which thread, since when."""

    site: str
    thread: str
    issued_at: datetime


def _signer(settings: Settings, purpose: str) -> URLSafeSerializer:
    # The library signs with the last key and accepts all; our list has the newest first.
    return URLSafeSerializer(list(reversed(settings.secret_keys)), salt=f"comments {purpose}")


def sign_form_token(settings: Settings, site: str, thread: str, now: datetime) -> str:
    """A token for one thread, issued now."""
    return str(_signer(settings, _FORM).dumps([site, thread, to_ms(now)]))


def read_form_token(settings: Settings, token: str) -> FormToken | None:
    """What the token says, or None where it is not ours."""
    said = _read(settings, _FORM, token)
    match said:
        case [str(site), str(thread), int(ms)]:
            return FormToken(site, thread, from_ms(ms))
    return None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says: which comment arrived, and whether it was published at once."""

    comment_id: str
    published: bool


def sign_receipt(settings: Settings, comment_id: str, published: bool) -> str:
    """A receipt for the page without JavaScript, to be shown after the comment was stored."""
    return str(_signer(settings, _RECEIPT).dumps([comment_id, published]))


def read_receipt(settings: Settings, receipt: str) -> Receipt | None:
    """What the receipt says, or None where it is not ours."""
    match _read(settings, _RECEIPT, receipt):
        case [str(comment_id), bool(published)]:
            return Receipt(comment_id, published)
    return None


def _read(settings: Settings, purpose: str, signed: str) -> Any:
    try:
        return _signer(settings, purpose).loads(signed)
    except BadSignature:
        return None


def hash_secret(secret: str) -> str:
    """SHA-256, hex: for secrets of 128 bits and more, which need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def hash_address(settings: Settings, address: str | None) -> str | None:
    """A keyed hash of an address: IPv4 whole, IPv6 by its /64, which is what one household gets."""
    if address is None:
        return None
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        else:
            ip = ipaddress.ip_network((ip, 64), strict=False).network_address
    key = hmac.digest(settings.secret_keys[0].encode(), b"comments address", "sha256")
    return hmac.new(key, ip.packed, "sha256").hexdigest()[:32]
