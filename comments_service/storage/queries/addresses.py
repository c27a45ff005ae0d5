"""The keys that addresses are hashed under: which one is in use, a new one, old ones gone."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, func, select

from comments_service.storage.tables import address_key
from comments_service.storage.upserts import insert_on


class AddressKey(Struct, frozen=True):
    """A key by its number, and the half of it that the database keeps."""

    number: int
    salt: str
    made_at: datetime


KEY_COLUMNS: Final = (address_key.c.number, address_key.c.salt, address_key.c.made_at)
_later: Final = address_key.alias("later")
IS_NEWEST: Final[ColumnElement[bool]] = (
    address_key.c.number == select(func.max(_later.c.number)).scalar_subquery()
)
"""True of the key in use."""
_NEWEST: Final = select(*KEY_COLUMNS).where(IS_NEWEST)


def newest_key(conn: Connection) -> AddressKey | None:
    """The key in use; none before there was a first one."""
    row = conn.execute(_NEWEST).one_or_none()
    return None if row is None else AddressKey(*row)


def add_key(conn: Connection, key: AddressKey) -> bool:
    """Take a key into use; False where another came first and has its number."""
    values = {"number": key.number, "salt": key.salt, "made_at": key.made_at}
    insert = insert_on(conn.dialect.name, address_key)
    statement = insert.values(values).on_conflict_do_nothing()
    return conn.execute(statement).rowcount == 1


def forget_keys(conn: Connection, before: datetime) -> int:
    """Delete the keys whose next one was taken into use before a moment; how many they were."""
    following = select(_later.c.number).where(
        _later.c.number == address_key.c.number + 1, _later.c.made_at < before
    )
    return conn.execute(delete(address_key).where(following.exists())).rowcount
