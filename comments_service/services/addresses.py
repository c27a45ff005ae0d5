"""Where a post came from, without its address: hashes under keys that are thrown away.

A hash is made under a key of two halves, the instance's secret and a salt out of the database. A
new salt comes every thirty days, by the job runner; an old one goes when the last hash that was
made with it has gone. From then on not even who has everything that is stored can tell whether two
hashes were of one address, or of which.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from comments_service.config import Settings
from comments_service.services.keys import (
    address_digest,
    hash_address,
    network_digest,
    prefixes_of,
)
from comments_service.storage.queries.addresses import (
    AddressKey,
    add_key,
    forget_keys,
    newest_key,
)

KEY_LIFE: Final = timedelta(days=30)
"""How long a key is in use."""


class AddressHashes(Struct, frozen=True):
    """An address as it may be kept."""

    key: int
    """The number of the key that the next two were made with."""
    address: str
    """Of an IPv4 address, or of the IPv6 /64 around one, which is what a household gets."""
    network: str
    """Of the IPv4 /24 or the IPv6 /48, which is what a small provider or an office gets."""
    for_limits: str
    """The first again, under a key that does not change: rows of limits go within minutes."""


def hashes_of(settings: Settings, key: AddressKey, address: str | None) -> AddressHashes | None:
    """What may be kept of an address; None where it is none."""
    prefixes = prefixes_of(address)
    if prefixes is None:
        return None
    secret = settings.secret_keys[0]
    return AddressHashes(
        key.number,
        address_digest(secret, key.salt, prefixes[0]),
        network_digest(secret, key.salt, prefixes[1]),
        hash_address(settings, address) or "",
    )


def make_first_key(conn: Connection, now: datetime) -> None:
    """Make the first key of an instance, unless there is one."""
    if newest_key(conn) is None:
        add_key(conn, _new_key(1, now))


def renew_key(conn: Connection, now: datetime) -> None:
    """Make a new key where the present one is thirty days old, or from a future clock."""
    found = newest_key(conn)
    if found is None:
        make_first_key(conn, now)
    elif not found.made_at <= now < found.made_at + KEY_LIFE:
        add_key(conn, _new_key(found.number + 1, now))


def forget_old_keys(conn: Connection, settings: Settings, now: datetime) -> int:
    """Delete the keys that nothing is left of; how many they were."""
    return forget_keys(conn, now - timedelta(days=settings.address_days))


def _new_key(number: int, now: datetime) -> AddressKey:
    return AddressKey(number, secrets.token_hex(16), now)
