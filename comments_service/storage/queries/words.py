"""Sites' own words: the list as a whole, a page of it, one entry, and its changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from comments_service.domain.verdict import Category
from comments_service.domain.words import SiteWord
from comments_service.storage.tables import site, word

_IN_ONE_STATEMENT: Final = 500
"""Keys named in one statement; SQLite takes 32,766 values, PostgreSQL 65,535."""


class WordRow(Struct, frozen=True):
    """An entry, its key, and who set it last."""

    key: str
    word: SiteWord
    changed_at: datetime
    changed_by: str


def load_words(conn: Connection, site_id: int) -> tuple[SiteWord, ...]:
    """A site's whole list, in the order of keys."""
    rows = conn.execute(_columns().where(word.c.site_id == site_id).order_by(word.c.key))
    return tuple(_row(row).word for row in rows)


def page_of_words(
    conn: Connection, site_id: int, *, wanted: str, after: str, limit: int
) -> list[WordRow]:
    """The next entries after a key; `wanted` stands in the key, or in the note."""
    statement = _columns().where(word.c.site_id == site_id, word.c.key > after)
    if wanted:
        statement = statement.where(
            word.c.key.contains(wanted, autoescape=True)
            | func.lower(word.c.note).contains(wanted, autoescape=True)
        )
    return [_row(row) for row in conn.execute(statement.order_by(word.c.key).limit(limit))]


def find_words(conn: Connection, site_id: int, keys: Collection[str]) -> dict[str, WordRow]:
    """The entries of those keys."""
    found: dict[str, WordRow] = {}
    # No key has a NUL, with which PostgreSQL does not even compare.
    for some in _batches([key for key in keys if "\x00" not in key]):
        statement = _columns().where(word.c.site_id == site_id, word.c.key.in_(some))
        found.update((row.key, row) for row in map(_row, conn.execute(statement)))
    return found


def all_keys(conn: Connection, site_id: int) -> set[str]:
    """The keys of a site's whole list."""
    return set(conn.scalars(select(word.c.key).where(word.c.site_id == site_id)))


def count_words(conn: Connection, site_id: int) -> int:
    """How many entries a site has."""
    counted = select(func.count()).select_from(word).where(word.c.site_id == site_id)
    return conn.execute(counted).scalar_one()


def claim_words(conn: Connection, site_id: int) -> bool:
    """Say that the list changes, and keep others from changing it until the transaction ends.

    False where the site is gone.
    """
    moved = conn.execute(
        update(site).where(site.c.id == site_id).values(words_version=site.c.words_version + 1)
    )
    return moved.rowcount == 1


def put_words(conn: Connection, site_id: int, rows: Sequence[WordRow]) -> None:
    """Write entries, in place of those of the same keys."""
    drop_words(conn, site_id, [row.key for row in rows])
    if rows:
        conn.execute(insert(word), [_values(site_id, row) for row in rows])


def drop_words(conn: Connection, site_id: int, keys: Collection[str]) -> None:
    """Take entries away."""
    for some in _batches(keys):
        conn.execute(delete(word).where(word.c.site_id == site_id, word.c.key.in_(some)))


def _columns() -> Any:
    return select(
        word.c.key,
        word.c.term,
        word.c.severity,
        word.c.category,
        word.c.note,
        word.c.changed_at,
        word.c.changed_by,
    )


def _row(row: Any) -> WordRow:
    entry = SiteWord(row.term, row.severity, Category(row.category), row.note)
    return WordRow(row.key, entry, row.changed_at, row.changed_by)


def _values(site_id: int, row: WordRow) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "key": row.key,
        "term": row.word.term,
        "severity": row.word.severity,
        "category": row.word.category.value,
        "note": row.word.note,
        "changed_at": row.changed_at,
        "changed_by": row.changed_by,
    }


def _batches(keys: Collection[str]) -> list[list[str]]:
    every = list(keys)
    return [every[i : i + _IN_ONE_STATEMENT] for i in range(0, len(every), _IN_ONE_STATEMENT)]
