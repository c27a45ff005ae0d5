"""Everything that is signed or hashed, each bound to its one purpose.

One secret makes many keys: a token signed for a form can never serve as a receipt, and a hash of an
address cannot be compared with a hash of anything else.
"""

import hashlib
import hmac
import ipaddress
import re
from datetime import datetime
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeSerializer
from msgspec import Struct

from comments_service.config import Settings
from comments_service.storage.types import from_ms, to_ms

COMMENTER_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
"""At least 128 bits as base64url, as the widget makes it."""
IDEMPOTENCY_KEY: Final = re.compile(r"[ -~]{1,200}")
"""Printable ASCII; a UUID has 36 characters."""
_FORM: Final = "form-token"
_RECEIPT: Final = "receipt"


class FormToken(Struct, frozen=True):
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


class Receipt(Struct, frozen=True):
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


def fingerprint_of(key: str) -> str:
    """What the database may know of a secret key: 128 bits of a keyed hash, hex.

    Who has it learns nothing of the key, and could at most try keys; with 256 random bits in each
    (`config.make_secret_keys`, and what `domain.weak_keys` lets pass) there are none to try.
    """
    return hmac.digest(key.encode(), b"comments key fingerprint", "sha256")[:16].hex()


def prefixes_of(address: str | None) -> tuple[bytes, bytes] | None:
    """An address as one sender's and as a network's: IPv4 /32 and /24, IPv6 /64 and /48.

    None where it is no address. An IPv4 address in IPv6's clothes counts as what it is.
    """
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    own, around = (32, 24) if ip.version == 4 else (64, 48)
    return _prefix(ip, own), _prefix(ip, around)


def _prefix(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> bytes:
    return ipaddress.ip_network((ip, bits), strict=False).network_address.packed


def hash_address(settings: Settings, address: str | None) -> str | None:
    """A keyed hash of an address for limits: IPv4 whole, IPv6 by its /64."""
    prefixes = prefixes_of(address)
    if prefixes is None:
        return None
    key = hmac.digest(settings.secret_keys[0].encode(), b"comments address", "sha256")
    return hmac.new(key, prefixes[0], "sha256").hexdigest()[:32]


def address_digest(secret: str, salt: str, prefix: bytes) -> str:
    """The hash of one sender's address, under a secret and a salt that will be forgotten."""
    return _salted(secret, salt, b"address ", prefix)


def network_digest(secret: str, salt: str, prefix: bytes) -> str:
    """The hash of a network, comparable with those of other networks alone."""
    return _salted(secret, salt, b"network ", prefix)


def _salted(secret: str, salt: str, what: bytes, prefix: bytes) -> str:
    key = hmac.digest(secret.encode(), f"comments salted address {salt}".encode(), "sha256")
    return hmac.new(key, what + prefix, "sha256").hexdigest()[:32]
